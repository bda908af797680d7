"""The results of evaluating as text for a terminal."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from newsvoices.intervals import HEADLINES, Comparison
from newsvoices.labels import LABELS

NAMES = {
    "voices_macro_f1": "voices macro-F1",
    "macro_f1": "six-label macro-F1",
    "accuracy": "accuracy",
}
WORST = 5  # slices that are shown; all are in metrics.json and the report
Metrics = Mapping[str, Any]


def label_table(metrics: Metrics) -> str:
    """Per-label precision, recall, F1 and support, and the means with their 95 % intervals."""
    lines = [f"{'':<20}{'precision':>10}{'recall':>10}{'F1':>10}{'support':>10}"]
    for label, row in metrics["per_label"].items():
        figures = (row["precision"], row["recall"], row["f1"])
        cells = "".join(f"{figure:>10.3f}" for figure in figures)
        lines.append(f"{label:<20}{cells}{row['support']:>10}")
    lines.append("")
    for name in HEADLINES:
        low, high = metrics["intervals"][name]
        interval = f"[{low:.3f}, {high:.3f}]"
        lines.append(f"{NAMES[name]:<20}{interval:>20}{metrics[name]:>10.3f}")
    counts = f"{metrics['pages']} pages, {metrics['paragraphs']} paragraphs"
    lines.append(f"{counts}, {metrics['cut']} of them cut to fit a window")
    return "\n".join(lines)


def confusion_table(metrics: Metrics) -> str:
    """The confusion matrix: gold labels down, predicted labels across."""
    short = [label.split("_")[-1][:11] for label in LABELS]
    lines = [f"{'gold / predicted':<20}" + "".join(f"{name:>12}" for name in short)]
    for label, row in zip(LABELS, metrics["confusion"], strict=True):
        lines.append(f"{label:<20}" + "".join(f"{count:>12}" for count in row))
    return "\n".join(lines)


def calibration_table(metrics: Metrics) -> str:
    """Calibration errors, at temperature 1 and as saved, and what abstaining gives."""
    lines = [f"{'calibration':<20}{'ECE':>10}{'NLL':>10}{'Brier':>10}"]
    for name, errors in sorted(metrics["calibration"].items(), reverse=True):
        cells = "".join(f"{errors[key]:>10.3f}" for key in ("ece", "nll", "brier"))
        lines.append(f"{name:<20}{cells}")
    if (kept := metrics.get("abstention")) is not None:
        if kept["threshold"] is None:
            lines.append(f"No score gives {kept['wanted']:.0%} precision on the validation pages.")
        else:
            reached = f"{kept['precision']:.1%}" if kept["precision"] is not None else "none"
            lines.append(
                f"For {kept['wanted']:.0%} precision, validation pages say min_score="
                f"{kept['threshold']:.3f}; here {reached} of {kept['coverage']:.0%} labelled."
            )
    return "\n".join(lines)


def slice_table(metrics: Metrics) -> str:
    """The slices with the lowest accuracy."""
    lines = [f"{'worst slices':<40}{'accuracy':>10}{'95 %':>18}{'paragraphs':>12}"]
    for part in metrics["slices"][:WORST]:
        interval = f"[{part['low']:.3f}, {part['high']:.3f}]"
        name = f"{part['kind']}: {part['value']}"
        lines.append(f"{name:<40}{part['accuracy']:>10.3f}{interval:>18}{part['paragraphs']:>12}")
    return "\n".join(lines)


def summary(metrics: Sequence[Metrics]) -> dict[str, dict[str, float]]:
    """Mean and standard deviation (of a sample) over runs, of each headline and label's F1."""
    values = {name: [run[name] for run in metrics] for name in HEADLINES}
    values |= {
        f"f1 {label}": [run["per_label"][label]["f1"] for run in metrics] for label in LABELS
    }
    return {
        name: {
            "mean": statistics.mean(figures),
            "sd": statistics.stdev(figures) if len(figures) > 1 else 0.0,
        }
        for name, figures in values.items()
    }


def sweep_table(names: Sequence[str], metrics: Sequence[Metrics]) -> str:
    """The headlines of each run of a sweep, and mean ± standard deviation of all."""
    lines = [f"{'':<28}" + "".join(f"{NAMES[name]:>20}" for name in HEADLINES)]
    for run, figures in zip(names, metrics, strict=True):
        lines.append(f"{run:<28}" + "".join(f"{figures[name]:>20.3f}" for name in HEADLINES))
    means = summary(metrics)
    cells = [f"{means[name]['mean']:.3f} ± {means[name]['sd']:.3f}" for name in HEADLINES]
    lines.append(f"{'mean ± standard deviation':<28}" + "".join(f"{cell:>20}" for cell in cells))
    lines.append("")
    for label in LABELS:
        figures = means[f"f1 {label}"]
        lines.append(f"F1 {label:<25}{figures['mean']:>13.3f} ± {figures['sd']:.3f}")
    return "\n".join(lines)


def comparison_table(run: str, other: str, scores: Mapping[str, Comparison]) -> str:
    """How two runs differ on the same pages; the runs of a sweep are pooled."""
    lines = [f"{f'{run} minus {other}':<40}{'difference':>12}{'95 %':>20}{'p':>8}"]
    for name, compared in scores.items():
        interval = f"[{compared.low:+.3f}, {compared.high:+.3f}]"
        lines.append(
            f"{NAMES[name]:<40}{compared.difference:>+12.3f}{interval:>20}{compared.p_value:>8.3f}"
        )
    return "\n".join(lines)
