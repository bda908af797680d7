"""Text becomes pages without losing a word, and what is no page is refused in plain words."""

import re
from pathlib import Path
from typing import Any

import pytest

from newsvoices.pages import (
    Page,
    Paragraph,
    check_texts,
    page_from_bytes,
    page_from_texts,
    read_page,
)


def test_texts_of_a_page_are_in_order() -> None:
    page = Page((Paragraph("one"), Paragraph("two"), Paragraph("one")))
    assert page.texts == ["one", "two", "one"]


def test_page_from_texts_changes_no_text() -> None:
    texts = ["  spaced\t out ", "ä\u200b [SEP]", "line\nbreak"]
    page = page_from_texts(texts, "id-1")
    assert (page.id, page.texts) == ("id-1", texts)
    assert [paragraph.label for paragraph in page.paragraphs] == [None] * 3


def test_pages_cannot_be_changed() -> None:
    page = page_from_texts(["one"])
    with pytest.raises(AttributeError):
        page.id = "other"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        page.paragraphs[0].text = "other"  # type: ignore[misc]


def test_check_texts_takes_any_sequence_and_an_empty_one() -> None:
    assert check_texts(("a", "b")) == ["a", "b"]
    assert check_texts([]) == []


@pytest.mark.parametrize("text", ["running text", b"bytes", Path("page.txt")])
def test_one_string_is_not_a_list_of_paragraphs(text: Any) -> None:
    with pytest.raises(TypeError, match=f"list of paragraphs, found {type(text).__name__}"):
        check_texts(text)


@pytest.mark.parametrize("texts", [None, 3, {"a": 1}, {"a"}], ids=repr)
def test_what_is_no_list_of_paragraphs_is_refused_by_its_type(texts: Any) -> None:
    with pytest.raises(TypeError, match=f"list of paragraphs, found {type(texts).__name__}"):
        check_texts(texts)


@pytest.mark.parametrize("wrong", [None, 7, b"bytes", ["nested"], Paragraph("text")])
def test_a_paragraph_that_is_no_string_is_named_by_its_index(wrong: Any) -> None:
    with pytest.raises(
        TypeError, match=f"paragraph 1: expected str, found {type(wrong).__name__}$"
    ):
        check_texts(["fine", wrong])


@pytest.mark.parametrize("blank", ["", " ", "\n\t ", "\u00a0\u2003"])
def test_a_blank_paragraph_is_named_by_its_index(blank: str) -> None:
    with pytest.raises(ValueError, match="paragraph 2: expected text, found a blank paragraph"):
        check_texts(["fine", "fine", blank])


def test_half_a_surrogate_pair_is_named_by_its_index() -> None:
    with pytest.raises(ValueError, match="paragraph 1: expected"):
        check_texts(["fine", "half \ud83d of an emoji"])


@pytest.mark.parametrize("name", ["page.txt", "page.text", "page.md", "PAGE.TXT"])
def test_a_text_file_becomes_a_page_of_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Grüße.\n\nTwo.", encoding="utf-8")
    page = read_page(str(tmp_path / name))
    assert (page.id, page.texts) == (name, ["Grüße.", "Two."])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks_are_understood_and_dropped(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "page.txt").write_text("„Grüße“\n\nжизнь", encoding=encoding)
    assert read_page(tmp_path / "page.txt").texts == ["„Grüße“", "жизнь"]


def test_running_text_becomes_a_page() -> None:
    assert read_page(text="One.\n\nTwo.").texts == ["One.", "Two."]


@pytest.mark.parametrize(
    "sources", [{}, {"path": "page.txt", "text": "text"}, {"text": "", "html": ""}]
)
def test_reading_takes_exactly_one_source(sources: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"one source: a path, or text="):
        read_page(**sources)


def test_a_missing_path_is_an_error_and_never_text() -> None:
    with pytest.raises(FileNotFoundError, match="The minister resigned: expected a file to read"):
        read_page("The minister resigned")


def test_a_paragraph_given_as_the_path_is_an_error_of_the_same_kind() -> None:
    with pytest.raises(FileNotFoundError, match="expected a file to read"):
        read_page("The minister resigned on Monday. " * 20)


def test_a_folder_is_not_a_file_to_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="expected a file to read"):
        read_page(tmp_path)


@pytest.mark.parametrize("text", [b"bytes", ["a", "list"], 7])
def test_running_text_that_is_no_string_is_refused_by_its_type(text: Any) -> None:
    with pytest.raises(TypeError, match=f"expected.* str, found {type(text).__name__}"):
        read_page(text=text)


def test_another_kind_of_file_is_refused_with_the_kinds_that_are_read(tmp_path: Path) -> None:
    (tmp_path / "page.pdf").write_bytes(b"%PDF-1.7")
    with pytest.raises(
        ValueError, match=r"expected HTML \(.*\.html.*\) or plain text .*, found .*\.pdf"
    ):
        read_page(tmp_path / "page.pdf")


@pytest.mark.parametrize("name", ["page.html", "page.htm", "page.xhtml", "PAGE.HTML"])
def test_an_html_file_becomes_a_page_of_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("<p>Grüße<p>Two", encoding="utf-8")
    page = read_page(tmp_path / name)
    assert (page.id, page.texts) == (name, ["Grüße", "Two"])


@pytest.mark.parametrize("html", ["<p>One<p>Two", b"<p>One<p>Two"])
def test_markup_becomes_a_page(html: str | bytes) -> None:
    assert read_page(html=html).texts == ["One", "Two"]


def test_markup_that_is_neither_text_nor_bytes_is_refused_by_its_type() -> None:
    with pytest.raises(TypeError, match="html=: expected str or bytes, found list"):
        read_page(html=["<p>"])  # type: ignore[arg-type]


@pytest.mark.parametrize("source", ["text", "html"])
def test_text_that_was_decoded_wrongly_is_repaired_and_right_text_is_left(source: str) -> None:
    wrong = "It’s the café’s – last – day".encode().decode("cp1252")
    assert read_page(**{source: wrong}).texts == [  # type: ignore[arg-type]
        "It’s the café’s – last – day"
    ]
    right = "Ça va – “naïve” Ångström – and à, è are letters"
    assert read_page(**{source: right}).texts == [right]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        (b"<!DOCTYPE html><p>a<p>b", ["a", "b"]),
        (b" \n<!-- saved --><p>a<p>b", ["a", "b"]),
        ("<html><p>a<p>b".encode("utf-16"), ["a", "b"]),
        (b"a < b\n<who knows>", ["a < b", "<who knows>"]),
        (b"<pre-tax> profit", ["<pre-tax> profit"]),
    ],
)
def test_bytes_without_a_name_are_html_if_they_begin_like_it(data: bytes, texts: list[str]) -> None:
    assert page_from_bytes(data, "standard input").texts == texts


def test_bytes_that_are_no_text_are_refused_with_file_and_place(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_bytes(b"ab\x81")
    with pytest.raises(ValueError, match=r"page\.txt: expected UTF-8, .* byte 2 is 0x81"):
        read_page(tmp_path / "page.txt")


@pytest.mark.parametrize("name", ["page.txt", "page.html"])
@pytest.mark.parametrize("content", ["", " \n\t\n"])
def test_a_source_without_a_word_is_refused(tmp_path: Path, content: str, name: str) -> None:
    (tmp_path / name).write_text(content)
    place = re.escape(str(tmp_path / name))
    with pytest.raises(ValueError, match=f"^{place}: expected text, found none to see in it"):
        read_page(tmp_path / name)
    source = "html" if name.endswith("html") else "text"
    with pytest.raises(ValueError, match=f"^{source}=: expected text, found none to see in it"):
        read_page(**{source: content})  # type: ignore[arg-type]
