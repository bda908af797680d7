"""Scores are the marginals of the chain, and its two numbers can be found again."""

import itertools

import numpy as np
import pytest

from newsvoices.decoding import (
    TEMPERATURES,
    Decoding,
    Floats,
    fit_decoding,
    log_softmax,
    marginals,
    transition_scores,
)


def joint(log_probabilities: Floats, transitions: Floats) -> tuple[list[tuple[int, ...]], Floats]:
    """All label sequences of a page and their probabilities, by enumeration."""
    length, labels = log_probabilities.shape
    sequences = list(itertools.product(range(labels), repeat=length))
    weights = [
        np.exp(
            sum(log_probabilities[i, label] for i, label in enumerate(sequence))
            + sum(transitions[pair] for pair in itertools.pairwise(sequence))
        )
        for sequence in sequences
    ]
    return sequences, np.array(weights) / np.sum(weights)


def softmax(logits: Floats) -> Floats:
    weights = np.exp(logits)
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


@pytest.mark.parametrize("seed", range(10))
def test_marginals_are_those_of_all_sequences_enumerated(seed: int) -> None:
    random = np.random.default_rng(seed)
    length, labels = int(random.integers(1, 6)), int(random.integers(2, 5))
    log_probabilities = log_softmax(random.normal(scale=2, size=(length, labels)))
    transitions = random.normal(scale=2, size=(labels, labels))
    expected = np.zeros((length, labels))
    for sequence, probability in zip(*joint(log_probabilities, transitions), strict=True):
        expected[np.arange(length), sequence] += probability
    assert marginals(log_probabilities, transitions) == pytest.approx(expected, abs=1e-12)


def test_scores_are_the_marginals_of_scaled_logits_and_weighted_transitions() -> None:
    random = np.random.default_rng(0)
    logits, transitions = random.normal(size=(4, 3)), random.normal(size=(3, 3))
    scores = Decoding(2.5, 0.7, transitions).scores(logits)
    expected = np.zeros((4, 3))
    for sequence, probability in zip(*joint(logits / 2.5, 0.7 * transitions), strict=True):
        expected[np.arange(4), sequence] += probability
    assert scores == pytest.approx(expected, abs=1e-12)


def test_without_weight_every_paragraph_is_decoded_by_itself() -> None:
    random = np.random.default_rng(0)
    logits = random.normal(scale=3, size=(20, 6))
    decoding = Decoding(2.0, 0.0, random.normal(size=(6, 6)))
    assert decoding.scores(logits) == pytest.approx(softmax(logits / 2))


@pytest.mark.parametrize("scale", [1.0, 100.0, 10_000.0])
def test_scores_of_a_long_page_stay_finite_and_sum_to_one(scale: float) -> None:
    random = np.random.default_rng(0)
    logits = random.normal(scale=scale, size=(3000, 6)).astype(np.float32)
    scores = Decoding(0.4, 1.5, random.normal(scale=3, size=(6, 6))).scores(logits)
    assert np.isfinite(scores).all()
    assert scores.sum(axis=1) == pytest.approx(np.ones(3000), abs=1e-9)
    assert scores.dtype == np.float64


def test_an_empty_page_has_no_scores() -> None:
    assert Decoding(1.0, 1.0, np.zeros((6, 6))).scores(np.zeros((0, 6))).shape == (0, 6)


def test_neighbours_decide_an_undecided_paragraph() -> None:
    logits = np.array([[4.0, 0.0], [0.0, 0.1], [4.0, 0.0]])
    sticky = np.array([[1.0, -1.0], [-1.0, 1.0]])
    assert Decoding(1.0, 0.0, sticky).scores(logits).argmax(axis=1).tolist() == [0, 1, 0]
    assert Decoding(1.0, 1.0, sticky).scores(logits).argmax(axis=1).tolist() == [0, 0, 0]


def test_transitions_run_from_row_to_column() -> None:
    after_zero_comes_one = np.array([[0.0, 5.0], [0.0, 0.0]])
    scores = Decoding(1.0, 1.0, after_zero_comes_one).scores(np.zeros((2, 2)))
    assert scores.argmax(axis=1).tolist() == [0, 1]


def test_log_softmax_ignores_a_shift_and_survives_large_logits() -> None:
    logits = np.array([[0.0, 1.0, 2.0], [-1.0, 0.0, -1.0]])
    assert np.exp(log_softmax(logits)) == pytest.approx(softmax(logits))
    assert log_softmax(logits + 10_000) == pytest.approx(log_softmax(logits))


def test_transition_scores_of_a_small_example_are_those_counted_by_hand() -> None:
    # Pairs 00, 00, 01, and one added to each: [[3, 2], [1, 1]].
    expected = np.log(
        [[(3 / 5) / (4 / 7), (2 / 5) / (3 / 7)], [(1 / 2) / (4 / 7), (1 / 2) / (3 / 7)]]
    )
    assert transition_scores([[0, 0, 0, 1]], 2) == pytest.approx(expected)


def test_transitions_are_not_counted_from_page_to_page() -> None:
    assert np.array_equal(transition_scores([[0], [1], [], [0]], 2), np.zeros((2, 2)))
    apart = transition_scores([[0, 0], [1, 1]], 2)
    assert apart == pytest.approx(np.log([[4 / 3, 2 / 3], [2 / 3, 4 / 3]]))


def test_transition_scores_keep_the_share_of_a_label_out() -> None:
    random = np.random.default_rng(0)
    independent = random.choice(3, size=100_000, p=[0.8, 0.15, 0.05]).tolist()
    assert np.abs(transition_scores([independent], 3)).max() < 0.1


def test_labels_that_keep_to_themselves_score_high_on_the_diagonal() -> None:
    scores = transition_scores([[0] * 50 + [1] * 50 + [2] * 50], 3)
    assert (np.diag(scores) > 0.5).all()
    assert (scores[~np.eye(3, dtype=bool)] < -1).all()


@pytest.mark.parametrize("index", [4, 30])
def test_fit_finds_a_known_temperature_again(index: int) -> None:
    random = np.random.default_rng(index)
    pages = [random.normal(scale=2, size=(20, 4)) for _ in range(50)]
    gold = [[int(random.choice(4, p=row)) for row in softmax(page)] for page in pages]
    logits = [page * TEMPERATURES[index] for page in pages]
    decoding = fit_decoding(logits, gold, np.zeros((4, 4)))
    assert TEMPERATURES[index - 2] <= decoding.temperature <= TEMPERATURES[index + 2]


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_fit_finds_a_known_weight_and_temperature_again(weight: float) -> None:
    random = np.random.default_rng(0)
    transitions = np.array([[1.0, -1.5, 0.0], [-0.5, 1.0, -1.0], [0.5, -1.0, 1.0]])
    logits, gold = [], []
    for _ in range(200):
        page = random.normal(size=(3, 3))
        sequences, probabilities = joint(page, weight * transitions)
        logits.append(page * 2)
        gold.append(sequences[random.choice(len(sequences), p=probabilities)])
    decoding = fit_decoding(logits, gold, transitions)
    # The largest weight within one standard error lies at or above the best.
    assert weight - 0.1 <= decoding.weight <= weight + 0.3
    assert decoding.temperature == pytest.approx(2.0, rel=0.2)


def test_fit_makes_overconfident_scores_calibrated() -> None:
    random = np.random.default_rng(0)
    page = random.normal(scale=2, size=(1000, 4))
    gold = [int(random.choice(4, p=row)) for row in softmax(page)]
    decoding = fit_decoding([page * 3], [gold], np.zeros((4, 4)))
    hits = decoding.scores(page * 3).argmax(axis=1) == gold
    assert decoding.scores(page * 3).max(axis=1).mean() == pytest.approx(hits.mean(), abs=0.04)
    assert softmax(page * 3).max(axis=1).mean() > hits.mean() + 0.1


def test_fit_takes_pages_of_one_paragraph_and_keeps_the_transitions() -> None:
    transitions = np.array([[1.0, 0.0], [0.0, 1.0]])
    decoding = fit_decoding(
        [np.array([[3.0, 0.0]]), np.array([[0.0, 3.0]])], [[0], [1]], transitions
    )
    assert decoding.temperature == TEMPERATURES[0]
    assert np.array_equal(decoding.transitions, transitions)
