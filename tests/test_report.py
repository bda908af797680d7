"""The report of an evaluation is complete, readable and safe in a browser."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page as Tab

from newsvoices.evaluation import Evaluation, confusions
from newsvoices.intervals import bootstrap
from newsvoices.labels import LABEL2ID, LABELS
from newsvoices.metrics import score
from newsvoices.report import comparable, write_report
from newsvoices.slices import slices

HOSTILE = "</style></details><script>document.title = 'owned'</script><img src=x onerror=alert(1)>"
CURVE = [{"loss": 1.2, "epoch": 0.5}, {"loss": 0.9, "epoch": 1}, {"eval_loss": 1.0, "epoch": 1}]


def make_evaluation() -> Evaluation:
    random = np.random.default_rng(0)
    rows: list[dict[str, Any]] = []
    for page in range(6):
        for index in range(12):
            scores = dict(zip(LABELS, map(float, random.dirichlet([0.3] * 6)), strict=True))
            label = max(scores, key=lambda name: scores[name])
            gold = LABELS[int(random.integers(6))] if random.random() < 0.5 else label
            row = {"id": f"p{page}{HOSTILE}", "index": index, "text": HOSTILE, "gold": gold}
            row |= {"label": label, "score": scores[label], "scores": scores}
            rows.append({**row, "cut": False, "window": "first"})
    errors = {"ece": 0.05, "nll": 0.9, "brier": 0.4}
    metrics = {
        **score([LABEL2ID[r["label"]] for r in rows], [LABEL2ID[r["gold"]] for r in rows]),
        **{"source": "test", "pages": 6, "paragraphs": 72, "cut": 0},
        "intervals": bootstrap(confusions(rows), 100),
        "calibration": {"as saved": errors},
        "abstention": {"wanted": 0.9, "threshold": 0.8, "precision": 0.9, "coverage": 0.5},
        "slices": [vars_of(part) for part in slices(rows, {})],
    }
    return Evaluation(metrics, rows)


def vars_of(part: Any) -> dict[str, Any]:
    return {name: getattr(part, name) for name in part.__slots__}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs that were evaluated on the same pages, and one on others."""
    runs = tmp_path_factory.mktemp("runs")
    evaluation = make_evaluation()
    for run, pages in (("mine", 6), ("other", 6), ("elsewhere", 7)):
        folder = runs / run / "evaluation" / "test"
        folder.mkdir(parents=True)
        metrics = {**evaluation.metrics, "pages": pages}
        (folder / "metrics.json").write_text(json.dumps(metrics))
    curve = "".join(json.dumps(point) + "\n" for point in CURVE)
    (runs / "mine" / "curve.jsonl").write_text(curve)
    write_report(runs / "mine", "test", evaluation)
    return runs


@pytest.fixture
def report(runs: Path, tab: Tab) -> Tab:
    tab.goto((runs / "mine" / "evaluation" / "test" / "report.html").as_uri())
    return tab


def test_runs_on_the_same_pages_are_compared(runs: Path) -> None:
    found = comparable(runs / "mine", "test", make_evaluation().metrics)
    assert list(found) == ["other"]


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_scrolls_sideways_with_everything_open(report: Tab, width: int) -> None:
    report.set_viewport_size({"width": width, "height": 844})
    report.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert report.evaluate("document.documentElement.scrollWidth") <= width


def test_all_pictures_are_drawn_and_described(report: Tab) -> None:
    pictures = report.locator("img")
    assert pictures.count() == 5
    assert all(pictures.evaluate_all("all => all.map(e => e.complete && e.naturalWidth > 100)"))
    assert all(pictures.evaluate_all("all => all.map(e => e.alt.length > 10)"))


def test_hostile_text_stays_text(report: Tab) -> None:
    assert report.title() == "mine on test"
    assert report.locator("script").count() == 0
    assert report.locator("details").last.locator(".paragraph p").first.inner_text() == ""
    report.locator("summary").last.click()
    assert report.locator(".paragraph p").last.inner_text() == HOSTILE


def test_paragraphs_show_their_gold_label_where_it_differs(report: Tab) -> None:
    wrong = sum(row["gold"] != row["label"] for row in make_evaluation().rows)
    shown = report.locator("details:has-text('12 paragraphs') .gold")
    assert shown.count() == wrong


def test_the_headline_stands_beside_the_other_run_with_intervals(report: Tab) -> None:
    rows = report.locator("table").first.locator("tbody tr")
    assert rows.count() == 2
    metrics = make_evaluation().metrics
    low, high = metrics["intervals"]["voices_macro_f1"]
    expected = f"{metrics['voices_macro_f1']:.3f} {low:.3f}–{high:.3f}"
    assert expected in rows.first.inner_text().replace("\n", " ")


def test_a_run_without_steps_has_no_learning_curve(runs: Path, tab: Tab) -> None:
    (runs / "other" / "curve.jsonl").write_text("")
    file = write_report(runs / "other", "test", make_evaluation())
    tab.goto(file.as_uri())
    assert "Learning curve" not in tab.locator("body").inner_text()
    assert tab.locator("img").count() == 4


def test_the_same_results_give_the_same_report(runs: Path) -> None:
    file = write_report(runs / "mine", "test", make_evaluation())
    before = file.read_bytes()
    write_report(runs / "mine", "test", make_evaluation())
    assert file.read_bytes() == before
