"""The model card: README.md in the model folder, written from what was measured."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from newsvoices.intervals import HEADLINES
from newsvoices.labels import LABELS
from newsvoices.rendering import render
from newsvoices.runs import RECORD
from newsvoices.tables import NAMES

CARD = "README.md"
CONFUSIONS = 5  # that are named as known failures
# Whose known failures are told: real pages before authored ones, held-out ones before the others.
ORDER = ("real", "test", "validation")


def write_card(run: Path) -> Path:
    """Write the card of a complete run's model from its record and all its evaluations."""
    record = json.loads((run / RECORD).read_text(encoding="utf-8"))
    evaluations = _evaluations(run)
    told = next(iter(evaluations))
    card = render(
        "model_card.md",
        title=run.name,
        record=record,
        evaluations=evaluations,
        headlines={key: NAMES[key] for key in HEADLINES},
        told=told,
        failures=_failures(evaluations[told]),
    )
    file = run / "model" / CARD
    file.write_text(card, encoding="utf-8")
    return file


def _evaluations(run: Path) -> dict[str, dict[str, Any]]:
    """The metrics of a run's evaluations as it was saved, by their names."""
    found = {
        file.parent.name: json.loads(file.read_text(encoding="utf-8"))
        for file in sorted((run / "evaluation").glob("*/metrics.json"))
        if not file.parent.name.endswith("-without-transitions")
    }
    return dict(sorted(found.items(), key=lambda item: (*_rank(item[0]), item[0])))


def _rank(name: str) -> tuple[int]:
    return (ORDER.index(name) if name in ORDER else len(ORDER),)


def _failures(metrics: dict[str, Any]) -> list[tuple[str, str, int, int]]:
    """The commonest confusions: gold label, predicted label, count, support of the gold label."""
    counts = np.array(metrics["confusion"])
    support = counts.sum(axis=1)
    np.fill_diagonal(counts, 0)
    order = np.argsort(-counts, axis=None, kind="stable")[:CONFUSIONS]
    pairs = [np.unravel_index(place, counts.shape) for place in order]
    return [
        (LABELS[gold], LABELS[label], int(counts[gold, label]), int(support[gold]))
        for gold, label in pairs
        if counts[gold, label]
    ]
