"""What goes wrong: confusions with their most confident cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
CASES = 5  # of each confusion


@dataclass(frozen=True, slots=True)
class Case:
    """A wrong paragraph between its neighbours, where it has them."""

    row: Row
    before: Row | None
    after: Row | None


@dataclass(frozen=True, slots=True)
class Confusion:
    """All paragraphs of one gold label that got the same other label."""

    gold: str
    label: str
    count: int
    support: int
    """Paragraphs with that gold label."""
    cases: list[Case]
    """The most confident ones, surest first."""


def ranked_confusions(rows: Sequence[Row]) -> list[Confusion]:
    """Confusions, the most frequent first.

    Args:
        rows: of an evaluation: id, gold, label, score; in page order.
    """
    wrong: dict[tuple[str, str], list[int]] = {}
    for number, row in enumerate(rows):
        if row["gold"] != row["label"]:
            wrong.setdefault((row["gold"], row["label"]), []).append(number)
    support = [row["gold"] for row in rows]
    return [
        Confusion(
            gold,
            label,
            len(numbers),
            support.count(gold),
            [
                Case(rows[number], _neighbour(rows, number, -1), _neighbour(rows, number, 1))
                for number in sorted(numbers, key=lambda number: -rows[number]["score"])[:CASES]
            ],
        )
        for (gold, label), numbers in sorted(wrong.items(), key=lambda item: -len(item[1]))
    ]


def _neighbour(rows: Sequence[Row], number: int, step: int) -> Row | None:
    other = number + step
    inside = 0 <= other < len(rows) and rows[other]["id"] == rows[number]["id"]
    return rows[other] if inside else None
