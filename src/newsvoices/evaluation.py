"""A classifier on labelled pages: scores with their intervals, calibration, slices, predictions."""

import copy
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from newsvoices.baselines import Baseline
from newsvoices.calibration import calibration_errors, threshold_for
from newsvoices.checkpoints import ModelError
from newsvoices.classifier import Classifier
from newsvoices.intervals import Counts, bootstrap, page_confusions
from newsvoices.labels import LABEL2ID, LABELS
from newsvoices.metrics import score
from newsvoices.pages import Page
from newsvoices.predictions import Prediction
from newsvoices.slices import slices


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


def evaluate_pages(
    classifier: Classifier | Baseline, pages: Sequence[Page], *, source: str
) -> Evaluation:
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
    plain = None
    if isinstance(classifier, Classifier):
        logits = list(classifier.logits(pages))  # the network runs once, for both decodings
        predicted = list(map(classifier.decode, pages, logits))
        plain = copy.copy(classifier)
        plain.decoding = replace(classifier.decoding, temperature=1.0)
    else:
        predicted = list(classifier.classify_pages(pages))
    rows = _rows(classifier, pages, predicted)
    metrics: dict[str, Any] = score(
        [LABEL2ID[row["label"]] for row in rows], [LABEL2ID[row["gold"]] for row in rows]
    )
    metrics |= {
        "source": source,
        "pages": len(pages),
        "paragraphs": len(rows),
        "cut": sum(row["cut"] for row in rows),
        "intervals": {name: list(ends) for name, ends in bootstrap(confusions(rows)).items()},
        "calibration": {"as saved": _calibration(rows)},
    }
    if plain is not None:
        unscaled = _rows(plain, pages, list(map(plain.decode, pages, logits)))
        metrics["calibration"]["at temperature 1"] = _calibration(unscaled)
    origins = {page.id: str(page.metadata.get("origin", "")) for page in pages}
    metrics["slices"] = [asdict(part) for part in slices(rows, origins)]
    return Evaluation(metrics, rows)


def confusions(rows: Sequence[dict[str, Any]]) -> Counts:
    """Confusion matrices [pages, gold, predicted] of the rows of an evaluation."""
    return page_confusions(
        [row["id"] for row in rows],
        [LABEL2ID[row["gold"]] for row in rows],
        [LABEL2ID[row["label"]] for row in rows],
    )


def abstention(
    rows: Sequence[dict[str, Any]], validation: Sequence[dict[str, Any]], precision: float
) -> dict[str, float | None]:
    """What leaving out the unsure paragraphs gives, with the threshold that validation pages say.

    Args:
        validation: rows of the same model on its validation pages.
        precision: share of labels that shall be right among those that are given.

    Returns:
        `wanted`, `threshold` (None where no score is high enough), and on `rows` the `precision`
        and `coverage` (share of paragraphs that get a label).
    """
    threshold = threshold_for(precision, *_confidence(validation))
    confidence, right = _confidence(rows)
    kept = confidence >= (np.inf if threshold is None else threshold)
    return {
        "wanted": precision,
        "threshold": threshold,
        "precision": float(right[kept].mean()) if kept.any() else None,
        "coverage": float(kept.mean()),
    }


def read_rows(file: Path) -> list[dict[str, Any]]:
    """The rows of a `predictions.jsonl` that `Evaluation.write` wrote."""
    # Not splitlines: it would cut at U+2028 and its like, which text may hold.
    with file.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def _rows(
    classifier: Classifier | Baseline, pages: Sequence[Page], predicted: Sequence[list[Prediction]]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for page, predictions in zip(pages, predicted, strict=True):
        places = [""] * len(predictions)
        if predictions and isinstance(classifier, Classifier):
            places = classifier.window_places(page)
        rows += [
            {
                "id": page.id,
                "index": index,
                "text": paragraph.text,
                "gold": paragraph.label,
                "label": prediction.label,
                "score": prediction.score,
                "scores": prediction.scores,
                "cut": prediction.cut,
                "window": place,
            }
            for index, (paragraph, prediction, place) in enumerate(
                zip(page.paragraphs, predictions, places, strict=True)
            )
        ]
    return rows


def _calibration(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    scores = np.array([list(row["scores"].values()) for row in rows])
    return calibration_errors(scores, np.array([LABEL2ID[row["gold"]] for row in rows]))


def _confidence(rows: Sequence[dict[str, Any]]) -> tuple[Any, Any]:
    confidence = np.array([row["score"] for row in rows])
    return confidence, np.array([row["gold"] == row["label"] for row in rows])
