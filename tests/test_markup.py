"""An HTML page gives the paragraphs that a reader sees, whatever the markup and the bytes are."""

import json
import random
import re
import time
from pathlib import Path

import pytest

from newsvoices.markup import decode_html, html_paragraphs
from newsvoices.pages import check_texts

PAGES = sorted((Path(__file__).parent / "html").glob("*.html"))
QUOTED = "<p>It’s the café’s “last” day…</p>"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_awkward_page_gives_the_paragraphs_that_a_reader_sees(page: Path) -> None:
    expected = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert html_paragraphs(page.read_bytes()) == expected


def test_every_page_has_its_list() -> None:
    assert len(PAGES) > 30
    lists = {file.stem for file in (Path(__file__).parent / "html").glob("*.json")}
    assert {page.stem for page in PAGES} == lists


@pytest.mark.parametrize(
    "page", ["", b"", " \n ", "<p>&nbsp;</p>", "<!-- x -->", "\ufeff", b"\0\0"]
)
def test_page_without_visible_text_gives_no_paragraphs(page: bytes | str) -> None:
    assert html_paragraphs(page) == []


def test_text_without_markup_is_one_paragraph() -> None:
    assert html_paragraphs("Just a line\nand another.") == ["Just a line and another."]


def test_attributes_are_no_text() -> None:
    page = '<p title="T">See <img alt="A"> <input value="V" placeholder="P"> <a href="H">it</a></p>'
    assert html_paragraphs(page) == ["See it"]


@pytest.mark.parametrize(
    ("declared", "codec", "text"),
    [
        ("utf-8", "utf-8", "“Ça” – 5 €"),
        ("iso-8859-1", "cp1252", "“Ça” – 5 €"),
        ("us-ascii", "cp1252", "“Ça” – 5 €"),
        ("Windows-1252", "cp1252", "“Ça” – 5 €"),
        ("iso-8859-15", "iso-8859-15", "Ça 5 €"),
        ("iso-8859-9", "cp1254", "“İstanbul” – 5 €"),
        ("windows-1251", "cp1251", "«Привет», мир"),
        ("koi8-r", "koi8-r", "Привет, мир"),
        ("shift_jis", "cp932", "①彼は言った"),
        ("euc-kr", "cp949", "뷁 그가 말했다"),
        ("gbk", "gb18030", "朱镕基说"),
        ("big5", "big5", "他說"),
        ("iso-2022-jp", "iso-2022-jp", "彼は言った"),
    ],
)
@pytest.mark.parametrize(
    "declaration",
    [
        '<meta charset="{}">',
        "<META content='text/html; charset={}' http-equiv=Content-Type>",
        '<?xml version="1.0" encoding="{}"?>',
        "<title>" + "x" * 1500 + "</title><meta charset={} />",
    ],
)
def test_declared_encoding_is_read_as_browsers_read_it(
    declaration: str, declared: str, codec: str, text: str
) -> None:
    page = f"{declaration.format(declared)}<p>{text}</p>".encode(codec)
    assert html_paragraphs(page) == [text]


@pytest.mark.parametrize(
    "declared",
    ["", "klingon", "utf-7", "utf-16", "utf-32", "base64", "unicode_escape", "idna", "-"],
)
@pytest.mark.parametrize("codec", ["utf-8", "cp1252"])
def test_undeclared_or_impossible_encoding_is_utf_8_or_windows_1252(
    declared: str, codec: str
) -> None:
    page = f"<meta charset='{declared}'>{QUOTED}<p>\\x41 +AGE-</p>".encode(codec)
    assert html_paragraphs(page) == ["It’s the café’s “last” day…", "\\x41 +AGE-"]


@pytest.mark.parametrize("declared", ["shift_jis", "gb2312", "euc-jp", "big5", "windows-1251"])
def test_wrong_declaration_does_not_harm_utf_8(declared: str) -> None:
    assert decode_html(f"<meta charset={declared}>{QUOTED}".encode()).endswith(QUOTED)


def test_declaration_that_does_not_decode_falls_through() -> None:
    page = f"<meta charset=euc-jp>{QUOTED}".encode("cp1252")
    assert html_paragraphs(page) == ["It’s the café’s “last” day…"]


def test_declaration_in_a_comment_is_none() -> None:
    page = f"<!-- <meta charset=koi8-r> -->{QUOTED}".encode("cp1252")
    assert html_paragraphs(page) == ["It’s the café’s “last” day…"]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_byte_order_mark_wins_over_a_declaration(codec: str) -> None:
    mark = "\ufeff" if codec[-2:] in ("le", "be") else ""
    page = f"{mark}<meta charset=koi8-r>{QUOTED}".encode(codec)
    assert html_paragraphs(page) == ["It’s the café’s “last” day…"]


def test_utf_8_cut_in_the_middle_of_a_character_keeps_the_rest() -> None:
    text = html_paragraphs(QUOTED.removesuffix("…</p>").encode() + "é".encode()[:1])
    assert text == ["It’s the café’s “last” dayÃ"]


def test_no_byte_is_refused() -> None:
    page = b"<p>" + bytes(range(256)) + b"</p>"
    assert html_paragraphs(page)[0].endswith("ýþÿ")
    for prefix in (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"<meta charset=big5>"):
        check_texts(html_paragraphs(prefix + page))


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>a&#xD800;b&#xDFFF;</p>", ["a\ufffdb\ufffd"]),
        ("<p>a\ud800b</p>", ["a\ufffdb"]),
        ("<p>\ud83d\ude00</p>", ["😀"]),
        (b"<p>a\xed\xa0\x80b</p>", ["aí €b"]),
        ("\ufeff<p>a\ud800b</p>".encode("utf-16-le", "surrogatepass"), ["a\ufffdb"]),
    ],
)
def test_half_surrogate_pairs_never_come_out(page: bytes | str, expected: list[str]) -> None:
    assert check_texts(html_paragraphs(page)) == expected


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>a\0b&#0;</p>\0<p>c", ["ab\ufffd", "c"]),
        ("<p>a<!-- <p>b", ["a"]),
        ("<p>a<script>b", ["a"]),
        ("<p>a<p title='b>c", ["a"]),
        ("<p>a</p>" + "</div>" * 50_000 + "b", ["a", "b"]),
        ("<span>" * 50_000 + "deep", ["deep"]),
        ("<b><i>" * 25_000 + "deep" + "</b></i>" * 25_000, ["deep"]),
        ("<table><tr><td>" * 10_000 + "deep", ["deep"]),
        ("<p>a\x1eb\x1fc\x1f\x1fd", ["a", "b c", "d"]),
    ],
    ids=lambda value: str(value)[:20],
)
def test_hostile_markup_is_read_to_its_end(page: str, expected: list[str]) -> None:
    assert html_paragraphs(page) == expected


def test_random_markup_never_fails_nor_gives_a_blank_paragraph() -> None:
    draw = random.Random(0)
    markup = """< > </ <p> </p> <br> <!-- --> <div hidden <pre> <table> <td> <select> <option> <svg>
    <math> <title> <template> <a> <b> </a> </b> <![CDATA[ <? &#xD800; &#0; &amp ' " = style=
    display:none <body <frameset> <noscript> </html> x"""
    bits = [*re.findall(r"\S+", markup), "\0", "\n\n", "\ud800", "\u200b", "\x1e", " "]
    for _ in range(500):
        page = "".join(draw.choices(bits, k=draw.randint(1, 60)))
        for given in (page, page.encode("utf-8", "surrogatepass"), draw.randbytes(100)):
            for text in check_texts(html_paragraphs(given)):
                assert text == " ".join(text.split())


def test_five_megabytes_take_seconds() -> None:
    block = '<p class="x">One <b>two</b> and <a href="/x">three</a>.</p>\n'
    page = block * (5_000_000 // len(block))
    start = time.process_time()
    assert len(html_paragraphs(page)) == page.count("<p ")
    assert time.process_time() - start < 10
