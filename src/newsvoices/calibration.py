"""Do scores mean what they say, and what is gained by leaving the unsure ones out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10
SMALLEST = 1e-12  # below it a probability counts as this much, as in scikit-learn's log loss

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reliability:
    """Paragraphs in bins of like score: how sure the model was and how often it was right."""

    confidence: Floats
    accuracy: Floats
    count: Ids


def reliability(scores: Floats, gold: Ids, bins: int = BINS) -> Reliability:
    """Bins of equal width over the score of the predicted label; empty ones are left out.

    Args:
        scores: probabilities [paragraphs, labels].
        gold: label ids [paragraphs].
    """
    confidence, right = scores.max(axis=1), scores.argmax(axis=1) == gold
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(places, minlength=bins)
    full = count > 0
    sums = [np.bincount(places, weights=x, minlength=bins)[full] for x in (confidence, right)]
    return Reliability(sums[0] / count[full], sums[1] / count[full], count[full])


def calibration_errors(scores: Floats, gold: Ids) -> dict[str, float]:
    """`ece`, `nll` and `brier` of probabilities [paragraphs, labels]; smaller is better.

    The expected calibration error is that of Guo et al. 2017 (https://arxiv.org/abs/1706.04599), in
    ten bins of equal width; the Brier score is the sum over labels, from 0 to 2.
    """
    bins = reliability(scores, gold)
    gaps = np.abs(bins.confidence - bins.accuracy)
    chosen = scores[np.arange(len(gold)), gold]
    truth = np.eye(scores.shape[1])[gold]
    return {
        "ece": float((gaps * bins.count).sum() / len(gold)),
        "nll": float(-np.log(np.maximum(chosen, SMALLEST)).mean()),
        "brier": float(((scores - truth) ** 2).sum(axis=1).mean()),
    }


def risk_coverage(confidence: Floats, right: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Share of wrong labels among the surest paragraphs, as more of them are labelled.

    Returns:
        Coverage (share labelled, ascending to 1) and risk (share of those that are wrong), one
        point for each score that could be the threshold.
    """
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    last = np.append(ranked[1:] != ranked[:-1], True)  # equal scores are taken together
    labelled = np.arange(1, len(order) + 1)
    wrong = np.cumsum(~right[order])
    return (labelled / len(order))[last], (wrong / labelled)[last]


def threshold_for(precision: float, confidence: Floats, right: NDArray[np.bool_]) -> float | None:
    """The lowest score from which on labels are right at least this often; None if there is none.

    Choose it on validation pages; on others the precision may be lower.
    """
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    precisions = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    last = np.append(ranked[1:] != ranked[:-1], True)
    fit = np.flatnonzero(last & (precisions >= precision))
    return float(ranked[fit[-1]]) if len(fit) else None
