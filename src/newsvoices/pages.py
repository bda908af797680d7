"""Pages and paragraphs, and how text becomes a page. No machine learning is imported here."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TEXT_SUFFIXES = (".txt", ".text", ".md")


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


def split_text(text: str) -> list[str]:
    """Cut running text into paragraphs: at blank lines where there are any, else at every line.

    White space inside a paragraph, line ends included, becomes single spaces.
    """
    lines = [" ".join(line.split()) for line in text.splitlines()]
    stripped = "\n".join(lines).strip("\n")
    parts = stripped.split("\n\n") if "\n\n" in stripped else stripped.split("\n")
    return [squeezed for part in parts if (squeezed := " ".join(part.split()))]


def read_page(path: str | Path | None = None, *, text: str | None = None) -> Page:
    """Read a plain-text file, or running text given as `text`, into a page.

    Raises:
        ValueError: not exactly one source, a kind of file that is not read, undecodable bytes or
            nothing but white space.
        FileNotFoundError: the path does not exist. It is never taken for text to label.
    """
    if (path is None) == (text is None):
        raise ValueError("read() takes one source: a path, or text=...")
    if text is not None:
        if not isinstance(text, str):
            raise TypeError(f"text=: expected str, found {type(text).__name__}")
        return page_from_texts(_some(split_text(text), "text="))
    file = Path(str(path))
    if not is_file(file):
        raise FileNotFoundError(f"{file}: expected a file to read, found none there")
    if file.suffix.lower() not in TEXT_SUFFIXES:
        raise ValueError(
            f"{file}: expected a plain-text file ({', '.join(TEXT_SUFFIXES)}), "
            f"found the suffix {file.suffix!r}; cut other pages into a list of paragraphs"
        )
    return page_from_texts(_some(split_text(_decode(file)), str(file)), page_id=file.name)


def is_file(file: Path) -> bool:
    """Whether there is such a file; a name that the system refuses is none."""
    try:
        return file.is_file()
    except OSError:
        return False


def _some(paragraphs: list[str], source: str) -> list[str]:
    if not paragraphs:
        raise ValueError(f"{source}: expected text, found nothing but white space")
    return paragraphs


def _decode(file: Path) -> str:
    data = file.read_bytes()
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
        if "\0" in text:
            raise ValueError(f"{file}: expected UTF-8, or UTF-16 with a byte order mark; found NUL")
        return text
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{file}: expected UTF-8, or UTF-16 with a byte order mark; byte {error.start} is "
            f"0x{data[error.start]:02x}, which {encoding} cannot decode; convert the file"
        ) from error
