"""The model card says what was measured."""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from newsvoices.card import write_card
from newsvoices.labels import LABELS, SCHEME

RECORD = {
    "wall_seconds": 600,
    "seed": 3,
    "overrides": ["seed=3"],
    "git": {"commit": "c0ffee", "dirty": False},
    "packages": {"newsvoices": "0.1.0"},
    "data_sha256": {"data/news.jsonl": "abc"},
}


def metrics(macro_f1: float) -> dict[str, Any]:
    confusion = np.eye(6, dtype=int) * 10
    confusion[3, 0] = 4
    names = ["macro_f1", "voices_macro_f1", "accuracy", *(f"f1 {label}" for label in LABELS)]
    return {
        **{"macro_f1": macro_f1, "voices_macro_f1": 0.7, "accuracy": 0.8},
        **{"pages": 5, "paragraphs": 64, "confusion": confusion.tolist()},
        "per_label": {label: {"f1": 0.5} for label in LABELS},
        "intervals": {name: [0.4, 0.9] for name in names},
        "calibration": {"as saved": {"ece": 0.061, "nll": 0.7, "brier": 0.3}},
    }


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "run.json").write_text(json.dumps(RECORD))
    (tmp_path / "model").mkdir()
    for name, value in (("test", 0.812), ("validation", 0.834), ("real", 0.756)):
        folder = tmp_path / "evaluation" / name
        folder.mkdir(parents=True)
        (folder / "metrics.json").write_text(json.dumps(metrics(value)))
    return tmp_path


def test_the_card_has_every_evaluation_with_its_interval(run: Path) -> None:
    card = write_card(run).read_text()
    for name, value in (("test", "0.812"), ("validation", "0.834"), ("real", "0.756")):
        assert re.search(rf"^\| {name} \|.* {value} \(0\.400 to 0\.900\)", card, re.M)


def test_the_card_defines_the_labels_and_says_how_they_were_made(run: Path) -> None:
    card = write_card(run).read_text()
    for label in SCHEME:
        assert f"| `{label.name}` | {label.definition} |" in card
    assert "No person has checked them" in card
    assert "not a verdict on truth" in card


def test_failures_are_those_on_real_pages_where_there_are_any(run: Path) -> None:
    card = write_card(run).read_text()
    assert "commonest confusions on the pages called `real`" in card
    assert "- `opinion` taken for `reporting`: 4 of 14" in card
    assert card.count(" taken for ") == 1


def test_tables_are_whole(run: Path) -> None:
    lines = write_card(run).read_text().splitlines()
    tables = [line for line in lines if line.startswith("|")]
    assert all(line.rstrip().endswith("|") for line in tables)
    for before, line in pairwise(lines):
        if before.startswith("|") and line.startswith("|"):
            assert before.count("|") == line.count("|")


def test_evaluations_without_transitions_are_not_of_the_model_as_saved(run: Path) -> None:
    folder = run / "evaluation" / "test-without-transitions"
    folder.mkdir()
    (folder / "metrics.json").write_text(json.dumps(metrics(0.1)))
    assert "without-transitions" not in write_card(run).read_text()


def test_text_of_the_run_is_not_escaped(run: Path) -> None:
    record = {**RECORD, "overrides": ["a=<b>&'c'"]}
    (run / "run.json").write_text(json.dumps(record))
    assert "settings `a=<b>&'c'`" in write_card(run).read_text()
