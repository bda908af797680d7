"""Plain text as it lies about, to paragraphs: encodings and the three ways of laying it out."""

import codecs
import re
from collections.abc import Iterator
from itertools import pairwise

# A line that its writer's program broke is followed by a word that would not have fitted. Lines
# of one text are wrapped at about the same width; mail and quotations differ by a few characters.
SLACK = 5
NARROWEST = 40  # characters; below, it is a list of short lines
# Share of line ends that must look wrapped (all but the paragraphs' last ones do), and of those
# that must stand inside a sentence. In a text with one paragraph a line hardly any do.
WRAPPED, INSIDE = 0.25, 0.6
SENTENCE_END = re.compile(r"[.!?…:;][\"'”’)\]]*$")
# A hyphenated word that was broken at its hyphen.
BROKEN_WORD = re.compile(r"(?<=\w-)\n\s*(?=\w)")
# No text has these; they are what a picture or an archive looks like.
BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark begins like it
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode_text(data: bytes) -> str:
    """Decode by the byte order mark; else as UTF-8, UTF-16 or Windows-1252, the first that fits.

    Raises:
        ValueError: the bytes are none of these, or no text; the message tells where.
    """
    marked = next((codec for mark, codec in MARKS if data.startswith(mark)), None)
    if marked is not None:
        codecs_to_try: tuple[str, ...] = (marked,)
    elif b"\0" in data:
        # Latin letters have their zero byte second in little-endian order, first in the other.
        codecs_to_try = ("utf-16-le" if data[1::2].count(0) > data[::2].count(0) else "utf-16-be",)
    else:
        codecs_to_try = ("utf-8", "cp1252")
    reasons = []
    for codec in codecs_to_try:
        try:
            text = data.decode(codec).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            byte = data[min(error.start, len(data) - 1)]
            reasons.append(f"byte {error.start} is 0x{byte:02x}, which {codec} cannot decode")
            continue
        if found := BINARY.search(text):
            raise ValueError(
                f"expected text, found the control character 0x{ord(found[0]):02x} at character "
                f"{found.start()}; this looks like a binary file"
            )
        return text
    raise ValueError(
        "expected UTF-8, UTF-16 or Windows-1252; " + ", and ".join(reasons) + "; convert the file"
    )


def split_text(text: str) -> list[str]:
    """Cut running text into paragraphs, white space inside them squeezed to single spaces.

    Three layouts are told apart: a blank line between paragraphs; a line for each paragraph, with
    blank lines or without; and lines wrapped at some width, where a paragraph ends at a blank line,
    at a line that had room for the next word, and before an indented line.
    """
    blocks = [block.split("\n") for block in re.split(r"\n(?:[^\S\n]*\n)+", _plain_lines(text))]
    # A quotation that is set narrower is wrapped at a width of its own.
    widest = max(len(line) for block in blocks for line in block)
    widths = [max(map(len, block)) if len(block) > 2 else widest for block in blocks]
    if is_wrapped(blocks, widths):
        parts = (_joined(*pair) for pair in zip(blocks, widths, strict=True))
        blocks = [list(part) for part in parts]
    elif len(blocks) > 1:
        blocks = [["\n".join(block)] if _runs_on(block) else block for block in blocks]
    joined = (" ".join(BROKEN_WORD.sub("", part).split()) for block in blocks for part in block)
    return [part for part in joined if part]


def is_wrapped(blocks: list[list[str]], widths: list[int]) -> bool:
    """Whether the lines of a text, in blocks between blank lines, were broken at these widths."""
    if max(widths) < NARROWEST:
        return False
    pairs = [
        (*pair, width)
        for block, width in zip(blocks, widths, strict=True)
        for pair in pairwise(block)
    ]
    full = [pair for pair in pairs if _is_full(*pair)]
    inside = [line for line, _, _ in full if not SENTENCE_END.search(line)]
    return len(full) > WRAPPED * len(pairs) and len(inside) > INSIDE * len(full)


def _runs_on(block: list[str]) -> bool:
    """Whether most lines of a block between blank lines go on in the middle of a sentence.

    Too short a text shows no width; its lines still show whether they begin in lower case.
    """
    pairs = list(pairwise(block))
    going_on = [not SENTENCE_END.search(a) and b.lstrip()[0].islower() for a, b in pairs]
    return sum(going_on) > len(pairs) / 2


def _plain_lines(text: str) -> str:
    return "\n".join(line.expandtabs().rstrip() for line in text.splitlines()).strip("\n")


def _joined(block: list[str], width: int) -> Iterator[str]:
    margin = min(map(_indent, block))
    part = block[0]
    for line, following in pairwise(block):
        if _indent(following) > margin + 1 or not _is_full(line, following, width):
            yield part
            part = following
        else:
            part += "\n" + following
    yield part


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_full(line: str, following: str, width: int) -> bool:
    """Whether the first word of the following line would not have fitted, or hardly."""
    return len(line) + 1 + len(following.split(maxsplit=1)[0]) > width - SLACK
