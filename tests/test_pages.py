"""Text becomes pages without losing a word, and what is no page is refused in plain words."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from newsvoices.pages import Page, Paragraph, check_texts, page_from_texts, read_page, split_text


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


def test_blank_lines_cut_paragraphs_and_line_ends_inside_become_spaces() -> None:
    text = "\n\nFirst line\nsecond line.\n \t\nNext  paragraph.\n\n\n\nLast.\n"
    assert split_text(text) == ["First line second line.", "Next paragraph.", "Last."]


def test_without_blank_lines_every_line_is_a_paragraph() -> None:
    assert split_text("\n\nOne  line\n Another\tline \nThird\n") == [
        "One line",
        "Another line",
        "Third",
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028"])
def test_line_ends_of_every_system_are_line_ends(end: str) -> None:
    assert split_text(end.join(["a", "b", "", "c"])) == ["a b", "c"]


@pytest.mark.parametrize("seed", range(20))
def test_splitting_loses_no_word(seed: int) -> None:
    random = np.random.default_rng(seed)
    pieces = ["word", "ä", "-", " ", "\t", "\n", "\n\n", "\r\n", "\x0b", "\x0c", "\x85", "\u2029"]
    text = "".join(random.choice(pieces, size=200))
    paragraphs = split_text(text)
    assert " ".join(paragraphs).split() == text.split()
    assert all(paragraph == " ".join(paragraph.split()) != "" for paragraph in paragraphs)


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


@pytest.mark.parametrize("sources", [{}, {"path": "page.txt", "text": "text"}])
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
        ValueError, match=r"expected a plain-text file \(.*\.txt.*\), found .*\.pdf"
    ):
        read_page(tmp_path / "page.pdf")


def test_a_byte_that_is_not_utf8_is_named_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_bytes("Grüße".encode("latin-1"))
    with pytest.raises(ValueError, match=r"page\.txt: expected UTF-8.* byte 2 is 0xfc"):
        read_page(tmp_path / "page.txt")


def test_a_byte_that_is_not_utf8_is_named_rightly_after_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_bytes(b"\xef\xbb\xbfab\xff")
    with pytest.raises(ValueError, match=r"page\.txt: expected UTF-8.* byte 5 is 0xff"):
        read_page(tmp_path / "page.txt")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_text_full_of_nul_characters_is_refused(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "page.txt").write_text("The minister resigned.", encoding=encoding)
    with pytest.raises(ValueError, match=r"page\.txt: expected UTF-8"):
        read_page(tmp_path / "page.txt")


@pytest.mark.parametrize("content", ["", " \n\t\n"])
def test_a_file_or_text_without_a_word_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "page.txt").write_text(content)
    place = re.escape(str(tmp_path / "page.txt"))
    with pytest.raises(ValueError, match=f"^{place}: expected text, found nothing but white space"):
        read_page(tmp_path / "page.txt")
    with pytest.raises(ValueError, match=r"^text=: expected text, found nothing but white space"):
        read_page(text=content)
