"""Score a run on labelled pages: `python evaluate.py [run=NAME] [pages=FILE.jsonl]`."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

# The folder of this script holds this file, which would shadow the library `evaluate`.
_HERE = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != _HERE]

import hydra
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from newsvoices import tables
from newsvoices.arguments import ConfigError, Section, check_arguments
from newsvoices.card import write_card
from newsvoices.checkpoints import ModelError, base_folder
from newsvoices.classifier import Classifier, load
from newsvoices.dataset import SPLITS, DataError, load_splits, read_pages, to_pages
from newsvoices.evaluation import Evaluation, abstention, confusions, evaluate_pages, read_rows
from newsvoices.intervals import HEADLINES, compare
from newsvoices.pages import Page
from newsvoices.report import write_report
from newsvoices.runs import RunError, changed_files, evaluation_name, find_runs
from newsvoices.standoff import REAL_LABELS, rebuild
from newsvoices.suspects import frozen_states
from newsvoices.suspects import suspects as find_suspects

# What `pages` can say beside the name of a file.
KNOWN_PAGES = (*SPLITS, "real")


def evaluate(
    *,
    run: str | None,
    runs: str,
    pages: str,
    clones: str,
    against: str | None,
    precision: float,
    suspects: bool,
    transitions: bool,
    device: str | None,
    bfloat16: bool,
) -> Path:
    """Score one run, or all runs of a sweep, on one set of pages; returns the results' folder."""
    if not 0 < precision < 1:
        raise ConfigError(f"precision: expected a number between 0 and 1, found {precision}")
    settings: dict[str, Any] = {"pages": pages, "clones": clones, "transitions": transitions}
    settings |= {"precision": precision, "device": device, "bfloat16": bfloat16}
    folders = find_runs(Path(runs), run)
    done = [evaluate_run(folder, **settings) for folder in folders]
    name = evaluation_name(pages, KNOWN_PAGES) + ("" if transitions else "-without-transitions")
    results = folders[0] / "evaluation" / name
    if len(folders) == 1:
        print_run(folders[0].name, pages, done[0])
    else:
        metrics = [evaluation.metrics for evaluation in done]
        results = Path(runs) / str(run) / "evaluation" / name
        results.mkdir(parents=True, exist_ok=True)
        names = [folder.name for folder in folders]
        whole = json.dumps({"runs": names, **tables.summary(metrics)}, indent=2)
        (results / "metrics.json").write_text(whole + "\n", encoding="utf-8")
        print(f"Runs of {run} on {pages} pages\n\n{tables.sweep_table(names, metrics)}")
    if against is not None:
        others = [evaluate_run(folder, **settings) for folder in find_runs(Path(runs), against)]
        compare_runs(results, run or folders[0].name, against, done, others)
    if suspects:
        write_suspects(folders[0], labelled_pages(folders[0], pages, clones), results)
    print(f"\nWritten to {results}")
    return results


def evaluate_run(
    folder: Path,
    *,
    pages: str,
    clones: str,
    transitions: bool,
    precision: float,
    device: str | None,
    bfloat16: bool,
) -> Evaluation:
    """Score one run; write metrics, predictions, report and the model's card."""
    labelled = labelled_pages(folder, pages, clones)
    name = evaluation_name(pages, KNOWN_PAGES)
    classifier = load(folder / "model", device=device, bfloat16=bfloat16)
    if not transitions:
        if not isinstance(classifier, Classifier):
            raise ConfigError(f"transitions: {folder.name} is a baseline and has none to leave out")
        name += "-without-transitions"
        classifier.decoding = replace(classifier.decoding, weight=0.0)
    evaluation = evaluate_pages(classifier, labelled, source=pages)
    validation = read_rows(folder / "evaluation" / "validation" / "predictions.jsonl")
    if transitions:  # the validation pages were classified with them
        evaluation.metrics["abstention"] = abstention(evaluation.rows, validation, precision)
    evaluation.write(folder / "evaluation" / name)
    write_report(folder, name, evaluation)
    write_card(folder)
    return evaluation


def labelled_pages(run: Path, pages: str, clones: str) -> list[Page]:
    """The pages of a split of the run's own data, the real pages, or those of a file."""
    if pages == "real":
        return rebuild(REAL_LABELS, Path(clones))
    if pages not in SPLITS:
        return read_pages([pages])
    for file in changed_files(run):
        print(f"warning: {file} is not what the run was trained on", file=sys.stderr)
    data: Any = OmegaConf.to_container(OmegaConf.load(run / "config.yaml").data)
    if data.get("limit") is not None:
        print(f"The run saw at most {data['limit']} pages of each split, and so does this.\n")
    return to_pages(load_splits(**data)[pages])


def print_run(name: str, pages: str, evaluation: Evaluation) -> None:
    """The tables of one run."""
    metrics = evaluation.metrics
    print(f"Run {name} on {pages} pages\n\n{tables.label_table(metrics)}\n")
    print(f"{tables.confusion_table(metrics)}\n\n{tables.calibration_table(metrics)}\n")
    print(tables.slice_table(metrics))


def compare_runs(
    results: Path,
    run: str,
    other: str,
    mine: Sequence[Evaluation],
    theirs: Sequence[Evaluation],
) -> None:
    """Compare two runs, or two sweeps of as many runs; write where they differ."""
    if len(mine) != len(theirs):
        raise RunError(
            f"against: expected as many runs as {run} has, {len(mine)}, found {len(theirs)}"
        )
    seen = [[(row["id"], row["index"], row["gold"]) for row in e.rows] for e in (*mine, *theirs)]
    if any(rows != seen[0] for rows in seen):
        raise RunError(
            f"against: expected runs of the same data, but the pages of {run} and {other} differ; "
            "name the same file for both with pages=FILE.jsonl"
        )
    # The runs of a sweep count together: a page's confusions are summed over them.
    counts = [
        sum(
            (confusions(evaluation.rows) for evaluation in evaluations[1:]),
            confusions(evaluations[0].rows),
        )
        for evaluations in (mine, theirs)
    ]
    scores = {name: compare(counts[0], counts[1], name) for name in HEADLINES}
    print(f"\n{tables.comparison_table(run, other, scores)}")
    differ = [
        {
            "run": number,
            **{key: a[key] for key in ("id", "index", "text", "gold", "label")},
            "other_label": b["label"],
        }
        for number, (one, two) in enumerate(zip(mine, theirs, strict=True))
        for a, b in zip(one.rows, two.rows, strict=True)
        if a["label"] != b["label"]
    ]
    better = sum(row["label"] == row["gold"] for row in differ)
    worse = sum(row["other_label"] == row["gold"] for row in differ)
    print(f"{len(differ)} labels differ: {better} right only here, {worse} only in {other}")
    whole = {"scores": {name: asdict(compared) for name, compared in scores.items()}}
    (results / f"against-{other}.json").write_text(
        json.dumps({**whole, "paragraphs": differ}, indent=2, ensure_ascii=False) + "\n",
        encoding="utf-8",
    )


def write_suspects(run: Path, pages: Sequence[Page], results: Path) -> None:
    """Write the paragraphs whose labels look wrong to an encoder that was not trained on them."""
    model: Any = OmegaConf.to_container(OmegaConf.load(run / "config.yaml").model)
    base = model.get("base")
    if base is None:
        raise ConfigError(f"suspects: expected a run with a base checkpoint, {run.name} has none")
    check_arguments(Section("model.base", base, base_folder))  # the run may be of an older version
    found = find_suspects(pages, frozen_states(base_folder(**base), pages))
    with (results / "suspects.jsonl").open("w", encoding="utf-8") as stream:
        for row in found:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    total = sum(len(page.paragraphs) for page in pages)
    print(f"\n{len(found)} of {total} labels look wrong, the worst first in suspects.jsonl")


@hydra.main(version_base="1.3", config_path="configs", config_name="evaluate")
def main(config: DictConfig) -> None:
    """Compose the configuration, check it, evaluate."""
    try:
        plain: Any = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        check_config(plain)
        evaluate(**plain)
    except (ConfigError, DataError, ModelError, OmegaConfBaseException, RunError) as error:
        sys.exit(f"evaluate.py: {error}")


def check_config(config: Mapping[str, Any]) -> None:
    """Refuse keys and values that `evaluate` would not take."""
    check_arguments(Section("", config, evaluate))


if __name__ == "__main__":
    main()
