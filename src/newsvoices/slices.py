"""Parts of the labelled paragraphs that are alike in one respect, each with its own score."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsvoices.intervals import bootstrap, page_confusions, scores_of
from newsvoices.labels import COMMENT, LABEL2ID

Row = Mapping[str, Any]
QUOTES = '"“”„«»'
# An interval over few paragraphs is as wide as the scale; resampling them tells nothing.
SMALLEST = 30
FEWEST = 5  # pages, likewise
RESAMPLES = 1_000


@dataclass(frozen=True, slots=True)
class Slice:
    """One part: what it has in common, its size, its accuracy with its interval."""

    kind: str
    value: str
    pages: int
    paragraphs: int
    accuracy: float
    low: float
    high: float


def slices(rows: Sequence[Row], origins: Mapping[str, str]) -> list[Slice]:
    """Accuracy of every slice of at least 30 paragraphs on 5 pages, worst first.

    Accuracy, not macro-F1: many slices lack some label altogether.

    Args:
        rows: of an evaluation: id, index, text, gold, label; in page order.
        origins: where each page is from, by its id; pages without one are left out of that kind.
    """
    lengths: dict[str, int] = {}
    for row in rows:
        lengths[row["id"]] = max(lengths.get(row["id"], 0), row["index"] + 1)
    threads = _threads(rows)
    kinds: dict[str, Callable[[int, Row], str]] = {
        "origin": lambda _, row: origins.get(row["id"], ""),
        "place in the page": lambda _, row: _place(row["index"], lengths[row["id"]]),
        "words": lambda _, row: _length(len(row["text"].split())),
        "quotation marks": lambda _, row: "with" if set(QUOTES) & set(row["text"]) else "without",
        "comment thread": lambda number, _: "inside" if threads[number] else "outside",
        "place in the window": lambda _, row: row.get("window", ""),
        "gold label": lambda _, row: row["gold"],
    }
    found = []
    for kind, value_of in kinds.items():
        parts: dict[str, list[Row]] = {}
        for number, row in enumerate(rows):
            parts.setdefault(value_of(number, row), []).append(row)
        found += [
            _slice(kind, value, part)
            for value, part in parts.items()
            if value and len(part) >= SMALLEST and len({row["id"] for row in part}) >= FEWEST
        ]
    return sorted(found, key=lambda part: part.accuracy)


def _slice(kind: str, value: str, rows: Sequence[Row]) -> Slice:
    confusions = page_confusions(
        [row["id"] for row in rows],
        [LABEL2ID[row["gold"]] for row in rows],
        [LABEL2ID[row["label"]] for row in rows],
    )
    accuracy = float(scores_of(confusions.sum(axis=0))["accuracy"])
    low, high = bootstrap(confusions, RESAMPLES)["accuracy"]
    return Slice(kind, value, len(confusions), len(rows), accuracy, low, high)


def _threads(rows: Sequence[Row]) -> list[bool]:
    """Whether each paragraph stands between the first and the last comment of its page."""
    comments: dict[str, list[int]] = {}
    for row in rows:
        if row["gold"] == COMMENT:
            comments.setdefault(row["id"], []).append(row["index"])
    return [
        row["id"] in comments and comments[row["id"]][0] <= row["index"] <= comments[row["id"]][-1]
        for row in rows
    ]


def _place(index: int, length: int) -> str:
    if index in (0, length - 1):
        return "first paragraph" if index == 0 else "last paragraph"
    return ("first third", "middle third", "last third")[3 * index // length]


def _length(words: int) -> str:
    for most in (5, 20, 50, 100):
        if words <= most:
            return f"up to {most}"
    return "over 100"
