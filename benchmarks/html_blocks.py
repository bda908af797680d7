"""Compare ways from an HTML page to its paragraphs. Run by hand; docs/html.md has the figures.

python benchmarks/html_blocks.py                        # the pages in tests/html
python benchmarks/html_blocks.py CLONES PAGES.jsonl     # real pages, cut by somebody else
python benchmarks/html_blocks.py CLONES                 # real pages, html5lib is the judge

CLONES holds git repositories as OWNER+NAME/repo, bare or not. A line of PAGES.jsonl has `source`
(OWNER/NAME:PATH, of an .html or .html.gz file in HEAD; others are passed over) and `paragraphs`
(objects with a `text`). Where these are parts of a page, the rest of it counts as extra.
"""

import argparse
import gzip
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from html_methods import METHODS, Method, by_html5lib

Pages = list[tuple[bytes, list[str]]]
SUFFIXES = (".html", ".html.gz")
FIXTURES = Path(__file__).parents[1] / "tests" / "html"


@dataclass
class Score:
    """Counts of one method over pages, and its seconds of processor time."""

    found: int = 0
    glued: int = 0
    lost: int = 0
    extra: int = 0
    seconds: float = 0.0

    def add(self, expected: list[str], given: list[str]) -> None:
        """Compare one page's paragraphs with what they should be."""
        for kind, a, b, c, d in SequenceMatcher(None, expected, given, False).get_opcodes():
            if kind == "equal":
                self.found += b - a
            else:
                self._add_words(_words(expected[a:b]), _words(given[c:d]))

    def _add_words(self, a: list[tuple[str, bool]], b: list[tuple[str, bool]]) -> None:
        matcher = SequenceMatcher(None, [word for word, _ in a], [word for word, _ in b], False)
        for kind, i, j, k, m in matcher.get_opcodes():
            if kind == "equal":
                pairs = zip(a[i : j - 1], b[k : m - 1], strict=True)
                self.glued += sum(ends and not ended for (_, ends), (_, ended) in pairs)
            else:
                self.lost += sum(len(word) for word, _ in a[i:j])
                self.extra += sum(len(word) for word, _ in b[k:m])


def _words(paragraphs: list[str]) -> list[tuple[str, bool]]:
    """Give each word, and whether it ends its paragraph."""
    split = [paragraph.split() for paragraph in paragraphs]
    return [(word, i == len(words)) for words in split for i, word in enumerate(words, 1)]


def measure(method: Method, pages: Pages) -> Score:
    """Run one method over all pages."""
    score = Score()
    method(b"<p>What is loaded at the first page is not timed.")
    for page, expected in pages:
        start = time.process_time()
        try:
            given = method(page)
        except Exception as error:  # a library's failure is a result here
            print(f"{method.__name__}: {type(error).__name__}: {error}", file=sys.stderr)
            given = []
        score.seconds += time.process_time() - start
        score.add(expected, given)
    return score


def fixtures() -> Pages:
    """Read the hand-made pages and what should come of each; add one that is nested deeply."""
    pages = [
        (file.read_bytes(), json.loads(file.with_suffix(".json").read_text(encoding="utf-8")))
        for file in sorted(FIXTURES.glob("*.html"))
    ]
    return [*pages, (b"<span>" * 5000 + b"deep", ["deep"])]


def referenced(clones: Path, reference: Path) -> Pages:
    """Read the HTML pages that a reference names from the clones."""
    pages = []
    for line in reference.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        repository, _, path = record["source"].partition(":")
        if path.endswith(SUFFIXES):
            texts = [paragraph["text"] for paragraph in record["paragraphs"]]
            pages.append((show(clones / repository.replace("/", "+"), path), texts))
    return pages


def judged(clones: Path) -> Pages:
    """Read all HTML files of the clones and let html5lib judge them."""
    pages = []
    for clone in sorted(clones.glob("*+*")):
        listing = git(clone, "ls-tree", "-r", "--name-only", "-z", "HEAD").decode()
        files = [show(clone, path) for path in listing.split("\0") if path.endswith(SUFFIXES)]
        pages += [(page, by_html5lib(page)) for page in files]
    return pages


def show(clone: Path, path: str) -> bytes:
    """Read a file of the newest commit, unpacked."""
    data = git(clone, "show", f"HEAD:{path}")
    return gzip.decompress(data) if path.endswith(".gz") else data


def git(clone: Path, *arguments: str) -> bytes:
    """Give what a git command prints about a clone."""
    command = ["git", "-C", str(clone / "repo"), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def table(pages: Pages) -> Iterator[str]:
    """Yield a Markdown table, one method a line."""
    total = sum(len(expected) for _, expected in pages)
    yield f"{len(pages)} pages, {total} paragraphs\n"
    yield "| | found | glued | lost | extra | ms |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for name, method in METHODS.items():
        score = measure(method, pages)
        counts = f"{score.glued:,} | {score.lost:,} | {score.extra:,}"
        time_a_page = 1000 * score.seconds / len(pages)
        yield f"| {name} | {score.found / total:.3f} | {counts} | {time_a_page:.1f} |"


def main() -> None:
    """Print a table for the hand-made pages, or for the pages of a reference."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clones", nargs="?", type=Path, help="a folder of git repositories")
    parser.add_argument("reference", nargs="?", type=Path, help="JSONL: what should come of pages")
    options = parser.parse_args()
    if options.reference:
        pages = referenced(options.clones, options.reference)
    elif options.clones:
        pages = judged(options.clones)
    else:
        pages = fixtures()
    for line in table(pages):
        print(line, flush=True)


if __name__ == "__main__":
    main()
