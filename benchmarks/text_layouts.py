"""Write the authored pages in each layout and read them back: `python benchmarks/text_layouts.py`.

docs/html.md has the figures.
"""

import json
import random
import textwrap
from collections import Counter
from functools import partial
from pathlib import Path

from newsvoices.plaintext import split_text

DATA = Path(__file__).parents[1] / "data"
WIDTHS = (60, 65, 68, 70, 72, 76, 78, 80, 90, 100)  # characters; one is drawn for each page
wrap = partial(textwrap.fill, break_long_words=False, break_on_hyphens=False)  # at spaces only


def read_texts() -> list[list[str]]:
    """Read the paragraphs of each page, white space squeezed."""
    lines = [line for file in sorted(DATA.glob("*.jsonl")) for line in file.open(encoding="utf-8")]
    pages = [json.loads(line)["paragraphs"] for line in lines]
    return [[" ".join(paragraph["text"].split()) for paragraph in page] for page in pages]


def write(texts: list[str], draw: random.Random) -> dict[str, str]:
    """Write a page in each layout."""
    width = draw.choice(WIDTHS)
    wrapped = [wrap(text, width) for text in texts]
    varied = [wrap(text, width - draw.randrange(7)) for text in texts]
    indented = [wrap(text, width, initial_indent="    ") for text in texts]
    return {
        "blank lines": "\n\n".join(texts),
        "one a line": "\n".join(texts),
        "wrapped, blank lines": "\n\n".join(wrapped),
        "wrapped at widths that vary by up to 6 characters, blank lines": "\n\n".join(varied),
        "wrapped, first lines indented": "\n".join(indented),
        "wrapped, neither": "\n".join(wrapped),
    }


def main() -> None:
    """Print a Markdown table: the shares of pages and of paragraphs that come back the same."""
    pages, draw = read_texts(), random.Random(0)
    same_pages, same_paragraphs = Counter[str](), Counter[str]()
    for texts in pages:
        for layout, text in write(texts, draw).items():
            found = split_text(text)
            same_pages[layout] += found == texts
            same_paragraphs[layout] += (Counter(found) & Counter(texts)).total()
    print("| layout | pages | paragraphs |\n| --- | ---: | ---: |")
    for layout, same in same_pages.items():
        share = same_paragraphs[layout] / sum(map(len, pages))
        print(f"| {layout} | {same / len(pages):.3f} | {share:.3f} |")


if __name__ == "__main__":
    main()
