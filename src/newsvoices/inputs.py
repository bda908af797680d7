"""What a user names on the command line, file by file: paths, globs, folders, standard input."""

import glob
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from newsvoices.pages import (
    HTML_SUFFIXES,
    TEXT_SUFFIXES,
    Page,
    is_file,
    page_from_bytes,
    read_page,
)

STANDARD_INPUT = "-"
RENDERED = ".voices.html"  # how a page that `rendering` wrote ends; it is no input of a folder


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A source that gave no page, and the reason."""

    reason: str


def read_sources(names: Sequence[str], output: str | None = None) -> Iterator[Page | Unreadable]:
    """Read what the names stand for, one page a source, each source once, in order.

    A page's id is its path as found, "-" for standard input; bytes of a name that are not UTF-8
    become "?". The file `output`, which is being written, is no source. Nothing is read before it
    is asked for, and a source that cannot be read does not keep the others from being read.
    """
    seen: set[str] = set()
    for name in names:
        for source in find_sources(name):
            if isinstance(source, Unreadable):
                yield source
            elif source not in seen and not same_file(source, output):
                seen.add(source)
                yield _read(source)


def find_sources(name: str) -> Iterator[str | Unreadable]:
    """The files that a name stands for, in alphabetical order.

    A folder stands for the HTML and text files in it and below, hidden ones left out; a name with
    `*`, `?` or `[` that is no file, for what it matches (`**` goes into folders).
    """
    path = Path(name)
    try:
        is_folder, exists = path.is_dir(), path.exists()
    except (OSError, ValueError):  # too long, or with a NUL: no name of a file
        is_folder, exists = False, False
    if name == STANDARD_INPUT:
        yield name
    elif is_folder:
        found = sorted(str(file) for file in path.rglob("*") if _is_page(file, path))
        yield from found
        if not found:
            suffixes = ", ".join(HTML_SUFFIXES + TEXT_SUFFIXES)
            yield Unreadable(f"{name}: expected files ending in {suffixes}, found none")
    elif not exists and glob.has_magic(name):
        matches = sorted(m for m in glob.glob(name, recursive=True) if not m.endswith(RENDERED))
        if not matches:
            yield Unreadable(f"{name}: expected files that match, found none")
        for match in matches:
            yield from find_sources(match)
    else:
        yield name


def _is_page(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    suffix = file.suffix.lower()
    return (
        suffix in HTML_SUFFIXES + TEXT_SUFFIXES
        and not hidden
        and not file.name.endswith(RENDERED)
        and is_file(file)
    )


def _read(source: str) -> Page | Unreadable:
    try:
        if source == STANDARD_INPUT:
            page = page_from_bytes(sys.stdin.buffer.read(), "standard input")
        else:
            page = read_page(source)
    except OSError as error:
        # The library's own message names the error's number; the file is what counts.
        return Unreadable(f"{source}: {error.strerror}" if error.strerror else str(error))
    except ValueError as error:
        return Unreadable(str(error))
    return Page(page.paragraphs, id=source.encode("utf-8", "replace").decode())


def same_file(name: str, other: str | None) -> bool:
    """Whether both names are of one file that exists."""
    try:
        return other is not None and Path(name).samefile(other)
    except (OSError, ValueError):
        return False
