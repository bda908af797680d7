"""Calibration errors against scikit-learn and by hand; thresholds and risk."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss, precision_recall_curve

from newsvoices.calibration import calibration_errors, reliability, risk_coverage, threshold_for


def drawn(count: int = 2000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of six labels, and gold labels drawn from them: perfectly calibrated."""
    random = np.random.default_rng(seed)
    scores = random.dirichlet([0.3] * 6, size=count)
    gold = np.array([random.choice(6, p=row) for row in scores])
    return scores, gold


def test_log_likelihood_and_brier_are_those_of_scikit_learn() -> None:
    scores, gold = drawn()
    errors = calibration_errors(scores, gold)
    assert errors["nll"] == pytest.approx(log_loss(gold, scores, labels=range(6)))
    expected = brier_score_loss(gold, scores, labels=list(range(6)), scale_by_half=False)
    assert errors["brier"] == pytest.approx(expected)


def test_reliability_is_that_of_scikit_learn() -> None:
    scores, gold = drawn()
    bins = reliability(scores, gold)
    right = scores.argmax(axis=1) == gold
    accuracy, confidence = calibration_curve(right, scores.max(axis=1), n_bins=10)
    np.testing.assert_allclose(bins.accuracy, accuracy)
    np.testing.assert_allclose(bins.confidence, confidence)
    assert bins.count.sum() == len(gold)


def test_the_error_is_small_where_scores_are_chances_and_large_where_they_are_not() -> None:
    scores, gold = drawn(20_000)
    sharper = scores**3 / (scores**3).sum(axis=1, keepdims=True)
    assert calibration_errors(scores, gold)["ece"] < 0.01
    assert calibration_errors(sharper, gold)["ece"] > 0.1


def test_the_error_by_hand() -> None:
    scores = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    gold = np.array([0, 0, 0, 1])
    assert calibration_errors(scores, gold)["ece"] == pytest.approx((2 * 0.1 + 2 * 0.1) / 4)


def test_a_probability_of_zero_for_the_truth_is_finite() -> None:
    assert np.isfinite(calibration_errors(np.array([[1.0, 0.0]]), np.array([1]))["nll"])


def test_risk_and_coverage_by_hand_take_equal_scores_together() -> None:
    confidence = np.array([0.5, 0.9, 0.9, 0.7])
    right = np.array([False, True, False, True])
    coverage, risk = risk_coverage(confidence, right)
    np.testing.assert_allclose(coverage, [0.5, 0.75, 1.0])
    np.testing.assert_allclose(risk, [1 / 2, 1 / 3, 2 / 4])


@pytest.mark.parametrize("wanted", [0.6, 0.8, 0.9])
def test_a_threshold_reaches_the_precision_and_none_below_it_does(wanted: float) -> None:
    scores, gold = drawn()
    confidence, right = scores.max(axis=1), scores.argmax(axis=1) == gold
    threshold = threshold_for(wanted, confidence, right)
    precision, _, thresholds = precision_recall_curve(right, confidence)
    assert threshold == pytest.approx(thresholds[precision[:-1] >= wanted].min())
    assert right[confidence >= threshold].mean() >= wanted


def test_a_precision_that_no_threshold_gives_has_none() -> None:
    assert threshold_for(0.9, np.array([0.9, 0.8]), np.array([False, True])) is None
