"""Scores of a classifier on labelled pages, and what is written."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from newsvoices import LABELS, Page, Paragraph, load
from newsvoices.checkpoints import ModelError
from newsvoices.decoding import Decoding
from newsvoices.evaluation import abstention, evaluate_pages, read_rows
from newsvoices.metrics import score
from newsvoices.modeling import build_model, save_model
from newsvoices.settings import save_settings
from newsvoices.windows import WindowSize


@pytest.fixture
def folder(tiny_base: Path, tmp_path: Path) -> Path:
    model, tokenizer = build_model(tiny_base, window=32, config={})
    save_model(model, tokenizer, tmp_path / "model")
    decoding = Decoding(1.0, 0.0, np.zeros((len(LABELS), len(LABELS))))
    save_settings(tmp_path / "model", WindowSize(32, 4, True, 1), decoding, LABELS)
    return tmp_path / "model"


PAGES = [
    Page((Paragraph("the police said", "reporting"), Paragraph("reply", "boilerplate")), id="a"),
    Page((Paragraph("said " * 50, "opinion"),), id="b"),
]


def test_every_paragraph_is_a_row_with_page_and_index(folder: Path) -> None:
    rows = evaluate_pages(load(folder), PAGES, source="test").rows
    assert [(row["id"], row["index"], row["gold"]) for row in rows] == [
        ("a", 0, "reporting"),
        ("a", 1, "boilerplate"),
        ("b", 0, "opinion"),
    ]


def test_metrics_are_those_of_the_rows(folder: Path) -> None:
    evaluation = evaluate_pages(load(folder), PAGES, source="test")
    ids = {name: i for i, name in enumerate(LABELS)}
    expected = score(
        [ids[row["label"]] for row in evaluation.rows],
        [ids[row["gold"]] for row in evaluation.rows],
    )
    assert {key: evaluation.metrics[key] for key in expected} == expected
    assert (evaluation.metrics["pages"], evaluation.metrics["paragraphs"]) == (2, 3)
    assert evaluation.metrics["source"] == "test"


def test_cut_paragraphs_are_counted(folder: Path) -> None:
    evaluation = evaluate_pages(load(folder), PAGES, source="test")
    assert evaluation.metrics["cut"] == 1
    assert [row["cut"] for row in evaluation.rows] == [False, False, True]


def test_metrics_and_predictions_are_written(folder: Path, tmp_path: Path) -> None:
    evaluation = evaluate_pages(load(folder), PAGES, source="test")
    evaluation.write(tmp_path / "out")
    assert json.loads((tmp_path / "out" / "metrics.json").read_text()) == evaluation.metrics
    lines = (tmp_path / "out" / "predictions.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == evaluation.rows


def test_a_model_with_other_labels_is_refused(folder: Path) -> None:
    classifier = load(folder)
    classifier.labels = ["this", "that"]
    with pytest.raises(ModelError, match="found \\['this', 'that'\\]"):
        evaluate_pages(classifier, PAGES, source="test")


def test_scores_have_intervals_and_calibration_with_and_without_the_temperature(
    folder: Path,
) -> None:
    settings = json.loads((folder / "newsvoices.json").read_text())
    (folder / "newsvoices.json").write_text(json.dumps({**settings, "temperature": 4.0}))
    metrics = evaluate_pages(load(folder), PAGES * 3, source="test").metrics
    low, high = metrics["intervals"]["macro_f1"]
    assert 0 <= low <= metrics["macro_f1"] <= high <= 1
    saved, plain = (metrics["calibration"][key] for key in ("as saved", "at temperature 1"))
    assert set(saved) == {"ece", "nll", "brier"}
    assert saved != plain


def test_rows_say_where_in_their_window_paragraphs_stand(folder: Path) -> None:
    rows = evaluate_pages(load(folder), PAGES, source="test").rows
    assert [row["window"] for row in rows] == ["first", "last", "alone"]


def test_written_rows_are_read_back(folder: Path, tmp_path: Path) -> None:
    odd = Page((Paragraph("line\u2028and\x85line", "opinion"),), id="c")
    evaluation = evaluate_pages(load(folder), [*PAGES, odd], source="test")
    evaluation.write(tmp_path / "out")
    assert read_rows(tmp_path / "out" / "predictions.jsonl") == evaluation.rows


def test_abstaining_takes_its_threshold_from_validation_pages_only() -> None:
    def rows(*scored: tuple[float, bool]) -> list[dict[str, Any]]:
        return [{"score": s, "gold": "a", "label": "a" if right else "b"} for s, right in scored]

    validation = rows((0.9, True), (0.8, True), (0.7, False), (0.6, True))
    here = rows((0.95, False), (0.85, True), (0.5, True), (0.4, False))
    assert abstention(here, validation, 1.0) == {
        "wanted": 1.0,
        "threshold": 0.8,
        "precision": 0.5,
        "coverage": 0.5,
    }
    never = abstention(here, rows((0.9, False)), 0.9)
    assert (never["threshold"], never["precision"], never["coverage"]) == (None, None, 0.0)
