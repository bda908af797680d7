"""How sure a score is: resampling whole pages, since paragraphs of one page err together.

Bootstrap intervals by percentile, and paired approximate randomisation, follow Berg-Kirkpatrick et
al. 2012 (https://aclanthology.org/D12-1091) and Yeh 2000 (https://aclanthology.org/C00-2137), with
pages as the units. All arithmetic is on confusion matrices, one a page.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from newsvoices.labels import LABEL2ID, LABELS, VOICES

RESAMPLES = 10_000
FEWEST = 5  # pages below which resampling says nothing of how pages vary
BLOCK = 1_000  # resamples at a time, to bound memory
CONFIDENCE = 0.95
SEED = 0  # of all resampling: the same predictions give the same intervals

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

HEADLINES = ("voices_macro_f1", "macro_f1", "accuracy")
_VOICES = [LABEL2ID[name] for name in VOICES]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A score of one run minus that of another on the same pages."""

    difference: float
    low: float
    high: float
    p_value: float
    """Share of the random exchanges of runs, page by page, with a difference as large as this."""


def page_confusions(
    pages: Sequence[object], gold: Sequence[int], predicted: Sequence[int]
) -> Counts:
    """Confusion matrices [pages, gold labels, predicted labels] of paragraphs.

    Args:
        pages: for each paragraph the page that it is of.
    """
    order = {page: index for index, page in enumerate(dict.fromkeys(pages))}
    counts = np.zeros((len(order), len(LABELS), len(LABELS)), dtype=np.int64)
    np.add.at(counts, ([order[page] for page in pages], list(gold), list(predicted)), 1)
    return counts


def scores_of(confusions: Counts | Floats) -> dict[str, Floats]:
    """Scores of confusion matrices [..., gold, predicted], each an array [...].

    The names of `HEADLINES`, and `f1 LABEL` for each label. A label that is neither gold nor
    predicted has an F1 of 0 and counts in the means, as in `metrics.score`.
    """
    right = np.diagonal(confusions, axis1=-2, axis2=-1).astype(np.float64)
    both = confusions.sum(axis=-1) + confusions.sum(axis=-2)
    f1 = 2 * right / np.maximum(both, 1)
    total = np.maximum(confusions.sum(axis=(-2, -1)), 1)
    means = {
        "voices_macro_f1": f1[..., _VOICES].mean(axis=-1),
        "macro_f1": f1.mean(axis=-1),
        "accuracy": right.sum(axis=-1) / total,
    }
    return means | {f"f1 {label}": f1[..., index] for index, label in enumerate(LABELS)}


def bootstrap(confusions: Counts, resamples: int = RESAMPLES) -> dict[str, tuple[float, float]]:
    """Interval (low, high) of every score of `scores_of`, pages drawn with replacement.

    Of fewer than five pages nothing is known: (0, 1).
    """
    scores = scores_of(_resampled(confusions, resamples))
    if len(confusions) < FEWEST:
        return {name: (0.0, 1.0) for name in scores}
    return {name: _interval(values) for name, values in scores.items()}


def compare(
    run: Counts, other: Counts, name: str = "voices_macro_f1", resamples: int = RESAMPLES
) -> Comparison:
    """Compare two runs on the same pages, in the same order.

    Args:
        run, other: from `page_confusions`.
        name: a score of `scores_of`.

    Raises:
        ValueError: they have not the same pages.
    """
    if run.shape != other.shape or not np.array_equal(run.sum(axis=2), other.sum(axis=2)):
        raise ValueError("compare: expected two runs on the same labelled pages")
    difference = _score(run.sum(axis=0), name) - _score(other.sum(axis=0), name)
    # Drawing both together keeps the pairs: the same pages are in both samples.
    drawn = _resampled(np.stack([run, other], axis=1), resamples)
    scores = scores_of(drawn)[name]
    low, high = _interval(scores[:, 0] - scores[:, 1]) if len(run) >= FEWEST else (-1.0, 1.0)

    swap = np.random.default_rng(SEED).random((resamples, len(run))) < 0.5
    moved = np.tensordot(swap, other - run, axes=1)
    exchanged = _score(run.sum(axis=0) + moved, name) - _score(other.sum(axis=0) - moved, name)
    as_large = np.abs(exchanged) >= abs(difference) - 1e-12
    p_value = (1 + as_large.sum()) / (1 + resamples)
    return Comparison(float(difference), low, high, float(p_value))


def _resampled(counts: Counts, resamples: int) -> Counts:
    """Sums of counts [pages, ...] over pages drawn with replacement: [resamples, ...]."""
    pages, rng = len(counts), np.random.default_rng(SEED)
    sizes = [min(BLOCK, resamples - done) for done in range(0, resamples, BLOCK)]
    draws = (rng.multinomial(pages, [1 / pages] * pages, size=size) for size in sizes)
    return np.concatenate([np.tensordot(draw, counts, axes=1) for draw in draws])


def _score(confusions: Counts, name: str) -> Floats:
    return scores_of(confusions)[name]


def _interval(values: Floats) -> tuple[float, float]:
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
