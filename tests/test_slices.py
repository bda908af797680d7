"""Slices hold the paragraphs they name and say how good they are."""

from typing import Any

import pytest

from newsvoices.labels import LABELS
from newsvoices.slices import slices


def rows(count: int, page: str = "a", **values: Any) -> list[dict[str, Any]]:
    base = {"id": page, "text": "a word", "gold": "reporting", "label": "reporting", "window": ""}
    return [{**base, "index": index, **values} for index in range(count)]


def spread(count: int, **values: Any) -> list[dict[str, Any]]:
    """Paragraphs on five pages."""
    size = -(-count // 5)
    return [row for n in range(5) for row in rows(size, f"{values}{n}", **values)][:count]


def found(made: list[dict[str, Any]], **origins: str) -> dict[str, Any]:
    return {f"{part.kind}: {part.value}": part for part in slices(made, origins)}


def test_worst_slices_come_first_with_size_and_interval() -> None:
    made = [row for n in range(15) for row in rows(8, f"p{n}", label=LABELS[3 * (n < 5)])]
    parts = slices(made, {f"p{n}": "paper" if n < 5 else "web" for n in range(15)})
    assert (parts[0].kind, parts[0].value, parts[0].accuracy) == ("origin", "paper", 0)
    web = next(part for part in parts if part.value == "web")
    assert (web.pages, web.paragraphs, web.accuracy, web.low, web.high) == (10, 80, 1, 1, 1)
    assert [part.accuracy for part in parts] == sorted(part.accuracy for part in parts)


def test_slices_with_few_paragraphs_are_left_out() -> None:
    assert "quotation marks: without" not in found(spread(29))
    assert "quotation marks: without" in found(spread(30))


def test_pages_without_an_origin_are_in_no_slice_of_that_kind() -> None:
    assert not [name for name in found(spread(40)) if name.startswith("origin")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("one", "words: up to 5"),
        (" ".join(["w"] * 20), "words: up to 20"),
        (" ".join(["w"] * 101), "words: over 100"),
        ("“So,” he said", "quotation marks: with"),
        ("It's so", "quotation marks: without"),
    ],
)
def test_texts_are_in_the_slices_of_their_length_and_marks(text: str, value: str) -> None:
    assert found(spread(30, text=text))[value].paragraphs == 30


def test_places_divide_the_page() -> None:
    parts = found([row for page in range(40) for row in rows(9, f"p{page}")])
    counts = {name: p.paragraphs for name, p in parts.items() if name.startswith("place in the p")}
    assert counts == {
        "place in the page: first paragraph": 40,
        "place in the page: last paragraph": 40,
        "place in the page: first third": 80,
        "place in the page: middle third": 120,
        "place in the page: last third": 80,
    }


def test_a_thread_goes_from_the_first_comment_to_the_last() -> None:
    made = [row for n in range(5) for row in rows(100, f"p{n}")]
    for row in made:
        if row["index"] in (20, 70):
            row["gold"] = "user_comment"
    parts = found(made)
    assert parts["comment thread: inside"].paragraphs == 5 * 51
    assert parts["comment thread: outside"].paragraphs == 5 * 49


def test_slices_of_few_pages_are_left_out() -> None:
    assert found(rows(400)) == {}


def test_places_in_the_window_are_told_where_they_are_known() -> None:
    parts = found(spread(30, window="first") + spread(30, window="last"))
    assert {name for name in parts if "window" in name} == {
        "place in the window: first",
        "place in the window: last",
    }
