"""Tables for the terminal show every label and figure."""

from typing import Any

import pytest

from newsvoices import tables
from newsvoices.intervals import Comparison, bootstrap, page_confusions
from newsvoices.labels import LABELS
from newsvoices.metrics import score

GOLD, PREDICTED = [0, 0, 0, 1, 2, 3, 4, 5], [0, 0, 1, 1, 2, 3, 4, 5]


@pytest.fixture(scope="module")
def metrics() -> dict[str, Any]:
    confusions = page_confusions([1, 1, 1, 1, 2, 2, 2, 2], GOLD, PREDICTED)
    errors = {"ece": 0.051, "nll": 0.4, "brier": 0.3}
    part = {"kind": "origin", "value": "web", "accuracy": 0.5, "low": 0.4, "high": 0.6}
    return {
        **score(PREDICTED, GOLD),
        **{"paragraphs": 8, "pages": 2, "cut": 1},
        "intervals": bootstrap(confusions, 100),
        "calibration": {"as saved": errors, "at temperature 1": errors},
        "abstention": {"wanted": 0.9, "threshold": 0.7, "precision": 0.88, "coverage": 0.6},
        "slices": [{**part, "paragraphs": 40, "pages": 3}] * 9,
    }


def test_labels_have_their_figures_and_headlines_their_intervals(metrics: dict[str, Any]) -> None:
    table = tables.label_table(metrics)
    assert table.splitlines()[1].split() == ["reporting", "1.000", "0.667", "0.800", "3"]
    low, high = metrics["intervals"]["voices_macro_f1"]
    assert f"[{low:.3f}, {high:.3f}]     {metrics['voices_macro_f1']:.3f}" in table
    assert "2 pages, 8 paragraphs, 1 of them cut" in table


def test_confusions_are_all_there(metrics: dict[str, Any]) -> None:
    rows = [line.split() for line in tables.confusion_table(metrics).splitlines()[1:]]
    assert [row[0] for row in rows] == list(LABELS)
    assert [[int(count) for count in row[1:]] for row in rows] == metrics["confusion"]


def test_calibration_and_the_price_of_precision_are_told(metrics: dict[str, Any]) -> None:
    table = tables.calibration_table(metrics)
    assert table.splitlines()[2].split() == ["as", "saved", "0.051", "0.400", "0.300"]
    assert "min_score=0.700; here 88.0% of 60% labelled" in table
    none = {"wanted": 0.9, "threshold": None, "precision": None, "coverage": 0.0}
    assert "No score gives 90% precision" in tables.calibration_table(
        {**metrics, "abstention": none}
    )


def test_the_worst_slices_are_shown(metrics: dict[str, Any]) -> None:
    lines = tables.slice_table(metrics).splitlines()
    assert len(lines) == 1 + tables.WORST
    assert lines[1].split() == ["origin:", "web", "0.500", "[0.400,", "0.600]", "40"]


def test_a_sweep_has_mean_and_sample_deviation(metrics: dict[str, Any]) -> None:
    runs = [{**metrics, "macro_f1": value} for value in (0.7, 0.8, 0.9)]
    assert tables.summary(runs)["macro_f1"] == pytest.approx({"mean": 0.8, "sd": 0.1})
    table = tables.sweep_table(["s.0", "s.1", "s.2"], runs)
    assert "0.800 ± 0.100" in table
    assert [line.split()[0] for line in table.splitlines()[1:4]] == ["s.0", "s.1", "s.2"]


def test_a_comparison_shows_difference_interval_and_chance() -> None:
    table = tables.comparison_table("a", "b", {"macro_f1": Comparison(-0.01, -0.02, 0.005, 0.3)})
    assert table.splitlines()[1].split() == [
        *("six-label", "macro-F1", "-0.010", "[-0.020,", "+0.005]", "0.300"),
    ]
