"""What a model says of a paragraph."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Prediction:
    """The voice of one paragraph."""

    text: str
    label: str | None
    """None where the best score is below the `min_score` that was asked for."""
    score: float
    """The best of `scores`, which is the label's own where there is a label."""
    scores: dict[str, float]
    """Calibrated probability of every label; they sum to 1."""
    cut: bool
    """True where the paragraph was longer than a window and only its beginning was read."""


def make_prediction(text: str, labels: Sequence[str], row: Any, *, cut: bool) -> Prediction:
    """The prediction of a paragraph from its scores, one for each label."""
    scores = dict(zip(labels, map(float, row), strict=True))
    label = max(scores, key=lambda name: scores[name])
    return Prediction(text, label, scores[label], scores, cut)


def abstain(prediction: Prediction, min_score: float) -> Prediction:
    """The prediction, without its label where its score is below `min_score`."""
    return prediction if prediction.score >= min_score else replace(prediction, label=None)
