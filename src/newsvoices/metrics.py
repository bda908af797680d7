"""Scores as an `evaluate` module; scikit-learn does the arithmetic.

`evaluate.load` would fetch metric code from a hub. A subclass that is imported needs no network.
"""

from collections.abc import Sequence
from typing import Any

from datasets import Features, Value
from evaluate import Metric, MetricInfo  # type: ignore[attr-defined]  # mypy sees our script
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
)

from newsvoices.labels import LABEL2ID, LABELS, VOICES

_IDS = list(range(len(LABELS)))


class VoiceScores(Metric):  # type: ignore[misc]
    """Macro-F1 over the six labels and over the five voices, accuracy, per-label, confusion."""

    def _info(self) -> MetricInfo:
        return MetricInfo(
            description="Whose voice: scores of predicted label ids against gold label ids.",
            citation="",
            inputs_description="predictions and references: label ids, one for each paragraph.",
            features=Features({"predictions": Value("int64"), "references": Value("int64")}),
        )

    def _compute(self, predictions: Sequence[int], references: Sequence[int]) -> dict[str, Any]:
        # All labels always count: else the mean of a model that never predicts one would rise.
        voices = [LABEL2ID[name] for name in VOICES]
        columns = precision_recall_fscore_support(
            references, predictions, labels=_IDS, zero_division=0
        )
        names = ("precision", "recall", "f1", "support")
        return {
            "macro_f1": float(
                f1_score(references, predictions, labels=_IDS, average="macro", zero_division=0)
            ),
            "voices_macro_f1": float(
                f1_score(references, predictions, labels=voices, average="macro", zero_division=0)
            ),
            "accuracy": float(accuracy_score(references, predictions)),
            "per_label": {
                label: {
                    name: int(value[index]) if name == "support" else float(value[index])
                    for name, value in zip(names, columns, strict=True)
                }
                for index, label in enumerate(LABELS)
            },
            # Rows are gold labels, columns predicted ones, both in the order of LABELS.
            "confusion": confusion_matrix(references, predictions, labels=_IDS).tolist(),
        }


def score(predictions: Sequence[int], references: Sequence[int]) -> dict[str, Any]:
    """Score label ids: `macro_f1`, `voices_macro_f1`, `accuracy`, `per_label`, `confusion`."""
    metric = VoiceScores(keep_in_memory=True)
    return dict(metric.compute(predictions=predictions, references=references))
