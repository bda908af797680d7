"""Scores of a classifier on labelled pages, and what is written."""

import json
from pathlib import Path

import numpy as np
import pytest

from newsvoices import LABELS, Page, Paragraph, load
from newsvoices.classifier import save_settings
from newsvoices.decoding import Decoding
from newsvoices.evaluation import confusion_table, evaluate_pages, label_table
from newsvoices.metrics import score
from newsvoices.modeling import ModelError, build_model, save_model
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


def test_tables_show_every_label_and_figure() -> None:
    gold = [0, 0, 0, 1, 2, 3, 4, 5]
    metrics = {**score([0, 0, 1, 1, 2, 3, 4, 5], gold), "paragraphs": 8, "pages": 2, "cut": 1}
    table = label_table(metrics)
    assert table.splitlines()[1].split() == ["reporting", "1.000", "0.667", "0.800", "3"]
    assert "2 pages; 1 paragraphs cut" in table
    assert f"{metrics['voices_macro_f1']:.3f}" in table
    rows = [line.split() for line in confusion_table(metrics).splitlines()[1:]]
    assert [row[0] for row in rows] == list(LABELS)
    assert [[int(count) for count in row[1:]] for row in rows] == metrics["confusion"]
