"""Slices hold the paragraphs they name and say how good they are."""

from typing import Any

import pytest

from newsvoices.slices import slices


def rows(count: int, page: str = "a", **values: Any) -> list[dict[str, Any]]:
    base = {"id": page, "text": "a word", "gold": "reporting", "label": "reporting", "window": ""}
    return [{**base, "index": index, **values} for index in range(count)]


def found(made: list[dict[str, Any]], **origins: str) -> dict[str, Any]:
    return {f"{part.kind}: {part.value}": part for part in slices(made, origins)}


def test_worst_slices_come_first_with_size_and_interval() -> None:
    made = rows(40, "a") + rows(40, "b", label="opinion") + rows(40, "c")
    parts = slices(made, {"a": "web", "b": "paper", "c": "web"})
    assert (parts[0].kind, parts[0].value, parts[0].accuracy) == ("origin", "paper", 0)
    web = next(part for part in parts if part.value == "web")
    assert (web.pages, web.paragraphs, web.accuracy, web.low, web.high) == (2, 80, 1, 1, 1)
    assert [part.accuracy for part in parts] == sorted(part.accuracy for part in parts)


def test_slices_with_few_paragraphs_are_left_out() -> None:
    assert "quotation marks: without" not in found(rows(29))
    assert "quotation marks: without" in found(rows(30))


def test_pages_without_an_origin_are_in_no_slice_of_that_kind() -> None:
    assert not [name for name in found(rows(40)) if name.startswith("origin")]


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
    assert found(rows(30, text=text))[value].paragraphs == 30


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
    made = rows(100)
    for index in (20, 70):
        made[index]["gold"] = "user_comment"
    parts = found(made)
    assert parts["comment thread: inside"].paragraphs == 51
    assert parts["comment thread: outside"].paragraphs == 49


def test_places_in_the_window_are_told_where_they_are_known() -> None:
    parts = found(rows(30, window="first") + rows(30, "b", window="last"))
    assert {name for name in parts if "window" in name} == {
        "place in the window: first",
        "place in the window: last",
    }
