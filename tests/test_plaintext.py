"""Plain text gives its paragraphs, however it is laid out and encoded."""

import textwrap

import numpy as np
import pytest

from newsvoices.plaintext import decode_text, split_text

PARAGRAPHS = [
    "Council delays vote on the ring road",
    "The council put off its vote on the ring road on Tuesday, after three hours in which nobody "
    "from the roads department could say what the bridge would cost.",
    '"We were told in March that it was paid for," said Ana Petrov, who farms beside the route and '
    "has had surveyors on her land since the spring of last year.",
    "The next meeting is on 4 June.",
]


def test_blank_lines_cut_paragraphs() -> None:
    text = "\n\nFirst  line.\n \t\nNext paragraph.\n\n\n\nLast.\n"
    assert split_text(text) == ["First line.", "Next paragraph.", "Last."]


@pytest.mark.parametrize("width", [60, 72, 80, 100])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_wrapped_lines_between_blank_lines_are_joined(width: int, end: str) -> None:
    wrapped = [end.join(textwrap.wrap(text, width)) for text in PARAGRAPHS]
    assert split_text((end * 2).join(wrapped)) == PARAGRAPHS


@pytest.mark.parametrize("width", [60, 72, 100])
def test_wrapped_lines_without_blank_lines_break_where_there_was_room(width: int) -> None:
    text = "\n".join(textwrap.fill(text, width) for text in PARAGRAPHS)
    assert split_text(text) == PARAGRAPHS


@pytest.mark.parametrize("width", [60, 72, 80, 100])
def test_an_indented_line_begins_a_paragraph_of_wrapped_text(width: int) -> None:
    text = "\n".join(textwrap.fill(text, width, initial_indent="   ") for text in PARAGRAPHS)
    assert split_text(text) == PARAGRAPHS


def test_a_narrower_quotation_in_wrapped_text_stays_one_paragraph() -> None:
    quotation = textwrap.fill(PARAGRAPHS[2], 50, initial_indent="    ", subsequent_indent="    ")
    wide = [textwrap.fill(text, 76) for text in PARAGRAPHS]
    assert split_text("\n\n".join([wide[1], quotation, wide[3]])) == PARAGRAPHS[1:]


def test_a_word_broken_at_its_hyphen_is_one_word() -> None:
    long = "It was the longest meeting in years, and at the end of it the members were worn-"
    assert split_text(f"{long}\nout and went home by the old road, which is still the only one.")[
        0
    ].endswith("worn-out and went home by the old road, which is still the only one.")


def test_a_blank_line_after_the_headline_does_not_join_the_other_lines() -> None:
    assert split_text(PARAGRAPHS[0] + "\n\n" + "\n".join(PARAGRAPHS[1:])) == PARAGRAPHS


def test_short_lines_are_a_list_and_not_wrapped_text() -> None:
    assert split_text("Home\nWorld news\nSport\nWeather") == [
        "Home",
        "World news",
        "Sport",
        "Weather",
    ]


def test_without_blank_lines_every_line_is_a_paragraph() -> None:
    assert split_text("\n\nOne  line\n Another\tline \nThird\n") == [
        "One line",
        "Another line",
        "Third",
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028"])
def test_line_ends_of_every_system_are_line_ends(end: str) -> None:
    assert split_text(end.join(["a", "", "c"])) == ["a", "c"]


@pytest.mark.parametrize("seed", range(20))
def test_splitting_loses_no_letter(seed: int) -> None:
    random = np.random.default_rng(seed)
    pieces = ["word", "ä", "-", " ", "\t", "\n", "\n\n", "\r\n", "\x0b", "\x0c", "\x85", "\u2029"]
    text = "".join(random.choice(pieces, size=200))
    paragraphs = split_text(text)
    assert "".join("".join(paragraphs).split()) == "".join(text.split())
    assert all(paragraph == " ".join(paragraph.split()) != "" for paragraph in paragraphs)


@pytest.mark.parametrize(
    "codec",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"],
)
def test_encodings_are_told_apart(codec: str) -> None:
    text = "“Ça” – 5 €\n"
    assert decode_text(text.encode(codec)) == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"ab\x81", "byte 2 is 0x81, which utf-8 .*byte 2 is 0x81, which cp1252"),
        (b"\xef\xbb\xbfab\xff", "byte 5 is 0xff, which utf-8 cannot decode"),
        (b"\xff\xfea", "byte 2 is 0x61, which utf-16"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "expected"),
        (b"PK\x03\x04rest", "control character 0x03 at character 2; .*binary"),
    ],
)
def test_bytes_that_are_no_text_are_refused_with_their_place(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decode_text(data)


def test_a_short_text_with_blank_lines_is_joined_where_sentences_go_on() -> None:
    text = "The police said\nso on Monday.\n\nHome\nSport\n\nNobody was\nhurt."
    assert split_text(text) == [
        "The police said so on Monday.",
        "Home",
        "Sport",
        "Nobody was hurt.",
    ]
