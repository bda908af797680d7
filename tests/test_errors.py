"""Confusions are ranked and shown between their neighbours."""

from typing import Any

from newsvoices.errors import ranked_confusions


def row(page: str, index: int, gold: str, label: str, score: float = 0.5) -> dict[str, Any]:
    return {"id": page, "index": index, "gold": gold, "label": label, "score": score}


ROWS = [
    row("a", 0, "reporting", "reporting"),
    row("a", 1, "opinion", "reporting", 0.6),
    row("a", 2, "opinion", "reporting", 0.9),
    row("b", 0, "opinion", "reporting", 0.7),
    row("b", 1, "testimony", "opinion", 0.8),
    row("b", 2, "opinion", "opinion"),
]


def test_the_most_frequent_confusion_comes_first_with_its_support() -> None:
    found = ranked_confusions(ROWS)
    assert [(c.gold, c.label, c.count, c.support) for c in found] == [
        ("opinion", "reporting", 3, 4),
        ("testimony", "opinion", 1, 1),
    ]


def test_cases_are_the_surest_first() -> None:
    assert [case.row["score"] for case in ranked_confusions(ROWS)[0].cases] == [0.9, 0.7, 0.6]


def test_neighbours_are_of_the_same_page() -> None:
    surest, second, _ = ranked_confusions(ROWS)[0].cases
    assert (surest.before, surest.after) == (ROWS[1], None)
    assert (second.before, second.after) == (None, ROWS[4])


def test_no_more_cases_are_shown_than_can_be_read() -> None:
    many = [row("a", index, "opinion", "reporting", index / 100) for index in range(50)]
    (confusion,) = ranked_confusions(many)
    assert (confusion.count, len(confusion.cases)) == (50, 5)


def test_where_nothing_is_wrong_there_is_no_confusion() -> None:
    assert ranked_confusions(ROWS[:1]) == []
