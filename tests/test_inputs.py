"""What is named on the command line becomes pages, and what cannot be read has its reason."""

import io
import os
from pathlib import Path

import pytest

from newsvoices.inputs import Unreadable, read_sources
from newsvoices.pages import Page


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: two text files, an HTML file in a folder, and what is no page."""
    for name in ("b.txt", "a.txt", "deep/er/c.html", "deep/.hidden.txt", "deep/a.voices.html"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"Text of {file.stem}")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(*names: str) -> tuple[list[str], list[str]]:
    """The ids of the pages that are read, and the reasons for the others."""
    sources = list(read_sources(names))
    return (
        [source.id for source in sources if isinstance(source, Page)],
        [source.reason for source in sources if isinstance(source, Unreadable)],
    )


def test_files_are_read_in_the_order_given(archive: Path) -> None:
    assert read("b.txt", "a.txt") == (["b.txt", "a.txt"], [])


def test_a_page_has_the_text_of_its_file(archive: Path) -> None:
    (page,) = read_sources(["deep/er/c.html"])
    assert isinstance(page, Page)
    assert page.texts == ["Text of c"]


def test_a_folder_stands_for_the_pages_below_it(archive: Path) -> None:
    assert read(".") == (["a.txt", "b.txt", "deep/er/c.html"], [])


def test_a_folder_without_pages_has_its_reason(archive: Path) -> None:
    assert read("empty") == (
        [],
        [
            "empty: expected files ending in .html, .htm, .xhtml, .txt, .text, .md, found none",
        ],
    )


def test_globs_are_matched_and_go_into_folders(archive: Path) -> None:
    assert read("*.txt") == (["a.txt", "b.txt"], [])
    assert read("**/*.html") == (["deep/er/c.html"], [])
    assert read("deep/a.voices.html") == (["deep/a.voices.html"], [])
    assert read("*.doc") == ([], ["*.doc: expected files that match, found none"])


def test_a_file_whose_name_looks_like_a_glob_is_that_file(archive: Path) -> None:
    (archive / "[1].txt").write_text("One")
    assert read("[1].txt") == (["[1].txt"], [])


def test_each_source_is_read_once(archive: Path) -> None:
    assert read("a.txt", "*.txt", "a.txt") == (["a.txt", "b.txt"], [])


@pytest.mark.parametrize(
    ("content", "text"),
    [("<p>One".encode("utf-16"), "One"), (b"One", "One")],
)
def test_standard_input_is_html_or_text(
    monkeypatch: pytest.MonkeyPatch, content: bytes, text: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    (page,) = read_sources(["-"])
    assert isinstance(page, Page)
    assert (page.id, page.texts) == ("-", [text])


def test_what_cannot_be_read_does_not_keep_the_others(archive: Path) -> None:
    (archive / "blank.txt").write_text(" ")
    names = ["nowhere.txt", "picture.png", "blank.txt", "a\0b", "x" * 5000, "a.txt"]
    pages, reasons = read(*names)
    assert pages == ["a.txt"]
    assert [reason.split(":")[0] for reason in reasons] == names[:-1]
    assert all("expected" in reason for reason in reasons)


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="permissions do not bind here")
def test_a_file_that_may_not_be_read_has_its_reason(archive: Path) -> None:
    (archive / "a.txt").chmod(0)
    assert read("a.txt", "b.txt") == (["b.txt"], ["a.txt: Permission denied"])


def test_the_file_that_is_written_is_no_source(archive: Path) -> None:
    sources = list(read_sources(["."], "./b.txt"))
    assert [source.id for source in sources if isinstance(source, Page)] == [
        *("a.txt", "deep/er/c.html"),
    ]


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_name_that_is_no_text_can_be_printed(archive: Path) -> None:
    (archive / os.fsdecode(b"caf\xe9.txt")).write_text("One")
    (page,) = read_sources(["caf*.txt"])
    assert isinstance(page, Page)
    assert page.id == "caf?.txt"


def test_nothing_is_read_before_it_is_asked_for(archive: Path) -> None:
    sources = read_sources(["a.txt", "b.txt"])
    next(sources)
    (archive / "b.txt").write_text("Later")
    page = next(sources)
    assert isinstance(page, Page)
    assert page.texts == ["Later"]
