"""Scores of confusion matrices, page bootstrap and paired comparison."""

import numpy as np
import pytest

from newsvoices.intervals import bootstrap, compare, page_confusions, scores_of
from newsvoices.labels import LABELS
from newsvoices.metrics import score


def labelled(seed: int, pages: int, right: float) -> tuple[list[str], list[int], list[int]]:
    """Page, gold id and predicted id of paragraphs, of which a share is right."""
    random = np.random.default_rng(seed)
    page, gold, predicted = [], [], []
    for number in range(pages):
        for _ in range(int(random.integers(3, 15))):
            page.append(f"p{number}")
            gold.append(int(random.integers(len(LABELS))))
            wrong = int(random.integers(len(LABELS)))
            predicted.append(gold[-1] if random.random() < right else wrong)
    return page, gold, predicted


@pytest.mark.parametrize("right", [0.0, 0.5, 1.0])
def test_scores_are_those_of_scikit_learn(right: float) -> None:
    page, gold, predicted = labelled(0, 20, right)
    mine = scores_of(page_confusions(page, gold, predicted).sum(axis=0))
    truth = score(predicted, gold)
    for name in ("macro_f1", "voices_macro_f1", "accuracy"):
        assert mine[name] == pytest.approx(truth[name])
    for label in LABELS:
        assert mine[f"f1 {label}"] == pytest.approx(truth["per_label"][label]["f1"])


def test_a_label_that_never_occurs_counts_as_zero() -> None:
    confusions = page_confusions(["a"] * 2, [0, 1], [0, 1])
    assert scores_of(confusions.sum(axis=0))["macro_f1"] == pytest.approx(2 / 6)


def test_pages_keep_their_paragraphs_together_and_their_order() -> None:
    confusions = page_confusions(["b", "a", "b"], [0, 1, 2], [0, 1, 3])
    assert confusions.sum(axis=(1, 2)).tolist() == [2, 1]
    assert confusions[0, 2, 3] == 1


def test_an_interval_holds_the_score_and_narrows_with_more_pages() -> None:
    widths = []
    for pages in (20, 320):
        page, gold, predicted = labelled(1, pages, 0.7)
        confusions = page_confusions(page, gold, predicted)
        low, high = bootstrap(confusions, 1000)["macro_f1"]
        assert low < scores_of(confusions.sum(axis=0))["macro_f1"] < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 2.5


def test_an_interval_holds_the_true_value_about_as_often_as_it_says() -> None:
    # Right with chance 0.6 + 0.4 / 6 in every paragraph.
    truth, held = 0.6 + 0.4 / 6, 0
    for seed in range(100):
        low, high = bootstrap(page_confusions(*labelled(seed, 40, 0.6)), 500)["accuracy"]
        held += low <= truth <= high
    assert 88 <= held <= 100


def test_of_few_pages_nothing_is_known() -> None:
    confusions = page_confusions(*labelled(2, 4, 0.7))
    assert set(bootstrap(confusions, 100).values()) == {(0.0, 1.0)}
    found = compare(confusions, confusions, resamples=100)
    assert (found.low, found.high) == (-1, 1)


def test_the_same_predictions_give_the_same_interval() -> None:
    confusions = page_confusions(*labelled(2, 30, 0.7))
    assert bootstrap(confusions, 200) == bootstrap(confusions, 200)


def test_a_run_does_not_differ_from_itself() -> None:
    confusions = page_confusions(*labelled(3, 30, 0.7))
    found = compare(confusions, confusions, resamples=200)
    assert (found.difference, found.low, found.high, found.p_value) == (0, 0, 0, 1)


def test_a_better_run_is_told_from_a_worse_one_and_the_sign_says_which() -> None:
    page, gold, worse = labelled(4, 60, 0.5)
    better = [g if i % 3 else p for i, (g, p) in enumerate(zip(gold, worse, strict=True))]
    a, b = page_confusions(page, gold, better), page_confusions(page, gold, worse)
    found, reversed_ = compare(a, b, resamples=1000), compare(b, a, resamples=1000)
    assert 0 < found.low < found.difference < found.high
    assert found.p_value < 0.01
    assert reversed_.difference == pytest.approx(-found.difference)


def test_pairing_sees_what_two_intervals_would_not() -> None:
    page, gold, one = labelled(5, 40, 0.7)
    # One paragraph more of every page is right: little beside how pages vary.
    other, seen = list(one), set()
    for index, name in enumerate(page):
        if name not in seen and one[index] != gold[index]:
            other[index] = gold[index]
            seen.add(name)
    a, b = page_confusions(page, gold, other), page_confusions(page, gold, one)
    separate = [bootstrap(counts, 1000)["accuracy"] for counts in (a, b)]
    paired = compare(a, b, "accuracy", resamples=1000)
    assert paired.high - paired.low < separate[0][1] - separate[0][0]
    assert paired.low > 0


def test_chance_differences_are_rarely_called_real() -> None:
    called = 0
    for seed in range(60):
        page, gold, one = labelled(seed, 30, 0.6)
        random = np.random.default_rng(1000 + seed)
        other = [g if random.random() < 0.6 else int(random.integers(len(LABELS))) for g in gold]
        a, b = page_confusions(page, gold, one), page_confusions(page, gold, other)
        called += compare(a, b, "accuracy", resamples=300).p_value < 0.05
    assert called <= 9


def test_runs_on_other_pages_are_not_compared() -> None:
    one, two = page_confusions(*labelled(6, 10, 0.7)), page_confusions(*labelled(7, 10, 0.7))
    with pytest.raises(ValueError, match="the same labelled pages"):
        compare(one, two)
