"""Real pages from their stand-off labels: the text comes from clones of public repositories."""

import gzip
import hashlib
import json
import re
import shlex
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from io import BytesIO
from pathlib import Path
from typing import Any

from newsvoices.dataset import DataError
from newsvoices.markup import decode_html, html_paragraphs
from newsvoices.pages import Page, Paragraph, is_file
from newsvoices.plaintext import decode_text

# The labels that this repository publishes, seen from its root.
REAL_LABELS = Path("data/real/labels.jsonl")
ADVICE = "check out the commit that data/real/README.md names"

# dragnet_data sets off the readers' comments of a page with a line of this beginning.
COMMENTS_MARK = "!@#$%^&*()"
# What stands inside <audio> is for browsers that cannot play it, so `html_paragraphs` leaves it
# out. The labelled pages have it, as one paragraph: here the element is a block like any other.
AUDIO = re.compile(r"(?i)<(/?)audio\b")

# Gives the bytes of a committed file by its path.
Reader = Callable[[str], bytes]


def rebuild(labels: Path, clones: Path) -> list[Page]:
    """Give the labelled pages, as `read_pages` would from a file, with their text from the clones.

    Args:
        labels: one page a line: `id`, `source` (OWNER/NAME:PATH), `kind` and `paragraphs`, each
            with its `index` in our cut of the whole source, the `sha256` of its text, its `label`
            and `votes`.
        clones: the folder of the repositories; see `find_clone`. Committed files are read, so
            that changes in a work tree do not matter.

    Raises:
        DataError: with every clone and file that is missing and every paragraph whose text is no
            longer the one that was labelled.
    """
    if not is_file(labels):
        raise DataError([f"{labels}: expected the labels, found none; run this in the repository"])
    if shutil.which("git") is None:
        raise DataError(["git: expected the program on the path, found none; install it"])
    records = [json.loads(line) for line in labels.read_text(encoding="utf-8").splitlines()]
    names = dict.fromkeys(record["source"].partition(":")[0] for record in records)
    found = {name: find_clone(clones, name) for name in names}
    faults = [_missing(clones, name) for name, clone in found.items() if clone is None]
    pages = []
    for record in records:
        name, _, path = record["source"].partition(":")
        if (clone := found[name]) is None:
            continue
        try:
            cut = CUTS[name](partial(_committed, clone), path)
        except UNREADABLE as error:
            expected = f"expected {path} of {name} in the newest commit of {clone}"
            faults.append(f"page {record['id']!r}: {expected}, found: {error}; {ADVICE}")
            continue
        faults += (page_faults := _changed(record, cut))
        pages += [] if page_faults else [_page(record, cut)]
    if faults:
        raise DataError(faults)
    return pages


def find_clone(clones: Path, repository: str) -> Path | None:
    """The git directory of a clone of OWNER/NAME, with a work tree or bare, or None.

    It is looked for in the folders NAME, OWNER+NAME and OWNER+NAME/repo.
    """
    full, name = repository.replace("/", "+"), repository.partition("/")[2]
    folders = (clones / name, clones / full, clones / full / "repo")
    candidates = (git for folder in folders for git in (folder / ".git", folder))
    return next((git for git in candidates if not _git(git, "rev-parse", "HEAD").returncode), None)


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    # With the directory named, git does not go looking for a repository in the folders above.
    return subprocess.run(["git", "--git-dir", str(folder), *arguments], capture_output=True)


def _committed(clone: Path, path: str) -> bytes:
    done = _git(clone, "cat-file", "blob", f"HEAD:{path}")
    if done.returncode:
        raise LookupError(" ".join(done.stderr.decode("utf-8", "replace").split()))
    return done.stdout


def _missing(clones: Path, name: str) -> str:
    into = shlex.quote(str(clones / name.partition("/")[2]))
    command = f"git clone https://github.com/{name} {into}"
    return f"{clones}: expected a clone of {name}, found none; make one: {command}"


def _page(record: Mapping[str, Any], cut: Sequence[str]) -> Page:
    paragraphs = (
        Paragraph(cut[item["index"]], item["label"], {"votes": item["votes"]})
        for item in record["paragraphs"]
    )
    metadata = {"source": record["source"], "kind": record["kind"]}
    return Page(tuple(paragraphs), id=record["id"], metadata=metadata)


def _changed(record: Mapping[str, Any], cut: Sequence[str]) -> list[str]:
    """A fault for each labelled paragraph that is not in its place."""
    digests = [hashlib.sha256(text.encode("utf-8")).hexdigest() for text in cut]
    faults = []
    for item in record["paragraphs"]:
        index, expected = item["index"], item["sha256"]
        if digests[index : index + 1] == [expected]:
            continue
        found = "another text" if index < len(cut) else f"only {len(cut)} paragraphs"
        if expected in digests:
            found = f"it at index {digests.index(expected)}"
        faults.append(
            f"page {record['id']!r}: index {index} of {record['source']}: expected the paragraph "
            f"with SHA-256 {expected[:12]}..., found {found}; {ADVICE}"
        )
    return faults


# How each repository keeps its pages, and so how a page becomes paragraphs. An index in the labels
# counts what these functions give: one that cuts otherwise makes it point to another paragraph,
# which its SHA-256 then shows.


def _archived_lines(read: Reader, path: str) -> list[str]:
    lines = _lines(decode_text(_members(read("dragnet_Corrected.tar.gz"))[path]))
    return [line for line in lines if not line.startswith(COMMENTS_MARK)]


# Half of the pages stand in one archive, which takes longer to unpack than all the rest.
@lru_cache(maxsize=1)
def _members(packed: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=BytesIO(packed), mode="r:gz") as archive:
        files = ((member.name, archive.extractfile(member)) for member in archive)
        return {name: file.read() for name, file in files if file is not None}


def _article(read: Reader, path: str) -> list[str]:
    if path.startswith("html/"):
        return _markup(read, path)
    return _lines(json.loads(read("ground-truth.json"))[path]["articleBody"])


def _markup(read: Reader, path: str) -> list[str]:
    data = gzip.decompress(read(path)) if path.endswith(".gz") else read(path)
    return html_paragraphs(AUDIO.sub(r"<\1div", decode_html(data)))


def _text(read: Reader, path: str) -> list[str]:
    return _lines(decode_text(read(path)))


def _sentences(read: Reader, path: str) -> list[str]:
    article = json.loads(read(path))
    return _squeezed([article["title"], *map(" ".join, article["body-paragraphs"])])


def _comments(read: Reader, path: str) -> list[str]:
    # Each line begins with that collection's own label, 0: or 1:, then the name of the reader.
    return _squeezed(re.sub("^[01]:", "", line) for line in _text(read, path))


def _lines(text: str) -> list[str]:
    return _squeezed(text.split("\n"))


def _squeezed(parts: Iterable[str]) -> list[str]:
    return [text for text in (" ".join(part.split()) for part in parts) if text]


CUTS: Mapping[str, Callable[[Reader, str], list[str]]] = {
    "seomoz/dragnet_data": _archived_lines,
    "scrapinghub/article-extraction-benchmark": _article,
    "adbar/trafilatura": _markup,
    "networkdynamics/PolNeAR": _text,
    "launchnlp/BASIL": _sentences,
    "sjtuprog/fox-news-comments": _comments,
}
# What these meet in a file that is gone, or no longer of its kind.
UNREADABLE = (EOFError, LookupError, OSError, TypeError, ValueError, tarfile.TarError, zlib.error)
