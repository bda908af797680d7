"""Pages and paragraphs, and how a file becomes a page. No machine learning is imported here."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ftfy import fix_encoding

from newsvoices.markup import html_paragraphs
from newsvoices.plaintext import decode_text, split_text

TEXT_SUFFIXES = (".txt", ".text", ".md")
HTML_SUFFIXES = (".html", ".htm", ".xhtml")
# What standard input begins with where it is HTML: a declaration, a comment or a common tag.
HTML_START = re.compile(
    rb"(?i)(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*"
    rb"<(?:!--|(?:!doctype|\?xml|html|head|body|title|meta|article|section|main|div|p|h1)\b)"
)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of a page; `label` is its gold label where there is one."""

    text: str
    label: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """The paragraphs of one page in the order in which a reader meets them."""

    paragraphs: tuple[Paragraph, ...]
    id: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def texts(self) -> list[str]:
        """The paragraphs' texts, in order."""
        return [paragraph.text for paragraph in self.paragraphs]


def page_from_texts(texts: Sequence[str], page_id: str = "") -> Page:
    """Make a page of a list of paragraphs, after `check_texts`."""
    return Page(tuple(Paragraph(text) for text in check_texts(texts)), id=page_id)


def check_texts(texts: Sequence[str]) -> list[str]:
    """Give back a page's paragraphs as a list, or refuse them.

    Raises:
        TypeError: `texts` is one string, or a paragraph is not a `str`; names its index.
        ValueError: a paragraph is blank; names its index.
    """
    if not isinstance(texts, Iterable) or isinstance(texts, str | bytes | Path | Mapping | Set):
        raise TypeError(
            f"a page is a Page or a list of paragraphs, found {type(texts).__name__}; "
            "a file or a running text goes through read(path) or read(text=...) first"
        )
    for index, text in enumerate(checked := list(texts)):
        if not isinstance(text, str):
            raise TypeError(f"paragraph {index}: expected str, found {type(text).__name__}")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise ValueError(
                f"paragraph {index}: expected Unicode text, found half a surrogate pair"
            )
        if not text.strip():
            raise ValueError(f"paragraph {index}: expected text, found a blank paragraph {text!r}")
    return checked


def read_page(
    path: str | Path | None = None, *, text: str | None = None, html: str | bytes | None = None
) -> Page:
    """Read one source into a page: an HTML or plain-text file, running text, or HTML.

    Text that was decoded wrongly once ("itâ€™s") is repaired with ftfy.

    Args:
        path: a file whose suffix tells what it is (`HTML_SUFFIXES`, `TEXT_SUFFIXES`); its name
            becomes the page's id.
        text: see `plaintext.split_text` for what makes a paragraph.
        html: markup, or its bytes; see `markup.html_paragraphs`.

    Raises:
        TypeError: `text` or `html` is of another type.
        ValueError: not exactly one source, a kind of file that is not read, bytes that are no text,
            or a source without any text.
        OSError: the path does not exist (it is never taken for text to label) or cannot be read.
    """
    given = [value for value in (path, text, html) if value is not None]
    if len(given) != 1:
        raise ValueError("read() takes one source: a path, or text=..., or html=...")
    if text is not None:
        if not isinstance(text, str):
            raise TypeError(f"text=: expected str, found {type(text).__name__}")
        return _page(split_text(text), "text=")
    if html is not None:
        if not isinstance(html, str | bytes):
            raise TypeError(f"html=: expected str or bytes, found {type(html).__name__}")
        return _page(html_paragraphs(html), "html=")
    file = Path(str(path))
    if not is_file(file):
        raise FileNotFoundError(f"{file}: expected a file to read, found none there")
    suffix = file.suffix.lower()
    if suffix not in TEXT_SUFFIXES + HTML_SUFFIXES:
        raise ValueError(
            f"{file}: expected HTML ({', '.join(HTML_SUFFIXES)}) or plain text "
            f"({', '.join(TEXT_SUFFIXES)}), found the suffix {file.suffix!r}; rename or convert it"
        )
    return page_from_bytes(file.read_bytes(), str(file), html=suffix in HTML_SUFFIXES)


def page_from_bytes(data: bytes, source: str, *, html: bool | None = None) -> Page:
    """Read the bytes of a page, whose name in messages and base of its id is `source`.

    Args:
        html: whether they are HTML; None looks for a tag of HTML at their beginning.

    Raises:
        ValueError: the bytes are no text, or there is none in them.
    """
    if html if html is not None else HTML_START.match(data.replace(b"\0", b"")):
        paragraphs = html_paragraphs(data)
    else:
        try:
            paragraphs = split_text(decode_text(data))
        except ValueError as error:
            raise ValueError(f"{source}: {error}") from error
    return _page(paragraphs, source, Path(source).name)


def is_file(file: Path) -> bool:
    """Whether there is such a file; a name that the system refuses is none."""
    try:
        return file.is_file()
    except OSError:
        return False


def _page(paragraphs: list[str], source: str, page_id: str = "") -> Page:
    repaired = [" ".join(fix_encoding(text).split()) for text in paragraphs]
    if not (texts := [text for text in repaired if text]):
        raise ValueError(f"{source}: expected text, found none to see in it")
    return page_from_texts(texts, page_id)
