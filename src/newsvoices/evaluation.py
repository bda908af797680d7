"""A classifier on labelled pages: scores, predictions, and the tables that show them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsvoices.classifier import Classifier
from newsvoices.labels import LABEL2ID, LABELS
from newsvoices.metrics import score
from newsvoices.modeling import ModelError
from newsvoices.pages import Page


@dataclass(frozen=True)
class Evaluation:
    """What evaluating gives: the metrics, and one row for each paragraph."""

    metrics: dict[str, Any]
    rows: list[dict[str, Any]]

    def write(self, folder: Path) -> None:
        """Write `metrics.json` and `predictions.jsonl` into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        metrics = json.dumps(self.metrics, indent=2) + "\n"
        (folder / "metrics.json").write_text(metrics, encoding="utf-8")
        with (folder / "predictions.jsonl").open("w", encoding="utf-8") as stream:
            for row in self.rows:
                stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def evaluate_pages(classifier: Classifier, pages: Sequence[Page], *, source: str) -> Evaluation:
    """Classify labelled pages through the loader's own path and score the result.

    Args:
        source: where the pages come from; it is kept with the metrics.

    Raises:
        ModelError: the model has other labels than the pages.
    """
    if classifier.labels != list(LABELS):
        raise ModelError(
            f"{classifier.folder}: expected a model with the labels {list(LABELS)}, found "
            f"{classifier.labels}"
        )
    rows = [
        {
            "id": page.id,
            "index": index,
            "text": paragraph.text,
            "gold": paragraph.label,
            "label": prediction.label,
            "score": prediction.score,
            "scores": prediction.scores,
            "cut": prediction.cut,
        }
        for page, predictions in zip(pages, classifier.classify_pages(pages), strict=True)
        for index, (paragraph, prediction) in enumerate(
            zip(page.paragraphs, predictions, strict=True)
        )
    ]
    metrics = score(
        [LABEL2ID[str(row["label"])] for row in rows], [LABEL2ID[str(row["gold"])] for row in rows]
    )
    counts = {
        "source": source,
        "pages": len(pages),
        "paragraphs": len(rows),
        "cut": sum(bool(row["cut"]) for row in rows),
    }
    return Evaluation({**metrics, **counts}, rows)


def label_table(metrics: dict[str, Any]) -> str:
    """Per-label precision, recall, F1 and support, and the means, as text."""
    lines = [f"{'':<20}{'precision':>10}{'recall':>10}{'F1':>10}{'support':>10}"]
    for label, row in metrics["per_label"].items():
        figures = (row["precision"], row["recall"], row["f1"])
        cells = "".join(f"{figure:>10.3f}" for figure in figures)
        lines.append(f"{label:<20}{cells}{row['support']:>10}")
    lines.append("")
    for name, shown in (
        ("voices_macro_f1", "voices macro-F1"),
        ("macro_f1", "six-label macro-F1"),
        ("accuracy", "accuracy"),
    ):
        lines.append(f"{shown:<20}{metrics[name]:>30.3f}{metrics['paragraphs']:>10}")
    lines.append(f"{metrics['pages']} pages; {metrics['cut']} paragraphs cut to fit a window")
    return "\n".join(lines)


def confusion_table(metrics: dict[str, Any]) -> str:
    """The confusion matrix as text: gold labels down, predicted labels across."""
    short = [label.split("_")[-1][:11] for label in LABELS]
    lines = [f"{'gold / predicted':<20}" + "".join(f"{name:>12}" for name in short)]
    for label, row in zip(LABELS, metrics["confusion"], strict=True):
        lines.append(f"{label:<20}" + "".join(f"{count:>12}" for count in row))
    return "\n".join(lines)
