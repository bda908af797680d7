"""From a page's logits to its scores: temperature, transitions, marginals. Only arrays."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TEMPERATURES = np.geomspace(0.4, 4.0, 37)
WEIGHTS = np.linspace(0.0, 1.2, 13)


@dataclass(frozen=True)
class Decoding:
    """What is fitted after training and saved with the model."""

    temperature: float
    weight: float
    """Factor on `transitions`; 0 decodes every paragraph by itself."""
    transitions: Floats
    """[labels, labels]: score of a label (column) after the label before it (row)."""

    def scores(self, logits: Floats) -> Floats:
        """Scores [paragraphs, labels] of one page from its logits; every row sums to 1."""
        return marginals(log_softmax(logits / self.temperature), self.weight * self.transitions)


def log_softmax(logits: Floats) -> Floats:
    """Log-probabilities over the last axis, in float64."""
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def transition_scores(sequences: Iterable[Sequence[int]], labels: int) -> Floats:
    """Pointwise mutual information of neighbouring labels, log p(next | before) / p(next).

    Dividing by the label's share keeps the class prior out: the encoder has learnt it already.
    One is added to every count.

    Args:
        sequences: the label ids of each training page.
        labels: how many labels there are.
    """
    counts = np.ones((labels, labels))
    for sequence in sequences:
        np.add.at(counts, (sequence[:-1], sequence[1:]), 1)
    conditional = counts / counts.sum(axis=1, keepdims=True)
    return np.asarray(np.log(conditional / (counts.sum(axis=0) / counts.sum())))


def marginals(log_probabilities: Floats, transitions: Floats) -> Floats:
    """Forward-backward marginals of the chain p(y) ~ prod p_i(y_i) exp t(y_i-1, y_i).

    Args:
        log_probabilities: [paragraphs, labels] of one page, in order.
        transitions: [labels, labels].

    Returns:
        [paragraphs, labels]; each row sums to 1.
    """
    if len(log_probabilities) == 0:
        return np.zeros_like(log_probabilities)
    forward, backward = log_probabilities.copy(), np.zeros_like(log_probabilities)
    for i in range(1, len(forward)):
        forward[i] += np.logaddexp.reduce(forward[i - 1][:, None] + transitions, axis=0)
    for i in range(len(backward) - 2, -1, -1):
        ahead = transitions + log_probabilities[i + 1] + backward[i + 1]
        backward[i] = np.logaddexp.reduce(ahead, axis=1)
    return np.exp(log_softmax(forward + backward))


def fit_decoding(
    logits: Sequence[Floats], labels: Sequence[Sequence[int]], transitions: Floats
) -> Decoding:
    """Choose temperature and weight by the likelihood of the gold labels under the marginals.

    Likelihood rather than macro-F1: on some seventy pages F1 moves in jumps, and the likelihood
    makes the saved scores calibrated as well (Guo et al. 2017, https://arxiv.org/abs/1706.04599).
    Of the weights whose loss is within one standard error of the best, over pages and paired, the
    largest is taken (the one-standard-error rule of Breiman et al. 1984): pages from elsewhere are
    less like the training pages than the validation pages are, and there the chain helps more.

    Args:
        logits: [paragraphs, labels] of each validation page.
        labels: gold ids of each validation page.
        transitions: from `transition_scores`.
    """

    def losses(weight: float, temperature: float) -> Floats:
        decoding = Decoding(temperature, weight, transitions)
        return np.array(
            [
                -np.log(np.maximum(decoding.scores(page)[range(len(gold)), gold], 1e-300)).sum()
                for page, gold in zip(logits, labels, strict=True)
            ]
        )

    fitted = []
    temperature = 1.0
    for weight in WEIGHTS:
        temperature = _descend(TEMPERATURES, temperature, partial(losses, weight))
        fitted.append((float(weight), temperature, losses(weight, temperature)))
    best = min(fitted, key=lambda fit: fit[2].sum())[2]
    weight, temperature = next(
        (weight, temperature)
        for weight, temperature, loss in reversed(fitted)
        if (loss - best).sum() <= np.std(loss - best) * np.sqrt(len(best))
    )
    return Decoding(temperature, weight, transitions)


def _descend(grid: Floats, start: float, losses: Callable[[float], Floats]) -> float:
    """The grid point of least summed loss, walking down from `start`; there is one valley."""
    here = int(np.abs(grid - start).argmin())
    known = {here: losses(grid[here]).sum()}
    while True:
        for near in (here - 1, here + 1):
            if 0 <= near < len(grid) and near not in known:
                known[near] = losses(grid[near]).sum()
        lowest = min(known, key=lambda place: known[place])
        if lowest == here:
            return float(grid[here])
        here = lowest
