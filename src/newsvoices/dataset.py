"""Labelled pages to a `datasets.DatasetDict`: strict reading, the split rule and the leak gate."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value

from newsvoices.labels import ID2LABEL, LABELS
from newsvoices.pages import Page, Paragraph
from newsvoices.records import read_records

SPLITS = ("train", "validation", "test")

FEATURES = Features(
    {
        "id": Value("string"),
        # Every other key of the page as JSON, since own data may carry any.
        "metadata": Value("string"),
        "paragraphs": List(
            {
                "text": Value("string"),
                "label": ClassLabel(names=list(LABELS)),
                "metadata": Value("string"),
            }
        ),
    }
)

# Shorter paragraphs recur rightly ("Read more"); longer ones that stand in two splits are a leak.
LEAK_WORDS = 40


class DataError(ValueError):
    """Labelled data with faults; `faults` lists all of them, one line each."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = list(faults)
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__("\n".join([f"{count} in the data:", *self.faults]))


def split_of(page_id: str) -> str:
    """The split of a page: 80 / 10 / 10 by the first 32 bits of the SHA-256 of its id.

    The rule looks at nothing else, so no page moves when pages are added or removed.
    """
    share = int(hashlib.sha256(page_id.encode("utf-8")).hexdigest()[:8], 16) / 2**32
    return "train" if share < 0.8 else "validation" if share < 0.9 else "test"


def read_pages(files: Iterable[str | Path]) -> list[Page]:
    """Read labelled pages from JSONL files, one page a line; no id may stand twice.

    Raises:
        DataError: with every fault of every file, when there is one.
    """
    faults: list[str] = []
    rows = _read(files, "", faults)
    faults += _leaks(rows)
    _refuse(faults)
    return [page for _, _, page in rows]


def load_splits(
    *,
    files: Sequence[str | Path] = (),
    train: Sequence[str | Path] = (),
    validation: Sequence[str | Path] = (),
    test: Sequence[str | Path] = (),
    limit: int | None = None,
) -> DatasetDict:
    """Read all files into the splits train, validation and test (`FEATURES`).

    Pages of `files` are split by `split_of`; those of `train`, `validation` and `test` go where
    they are put. `limit` keeps the first so many pages of each split, for trying things out.

    Raises:
        DataError: with every fault of every file, leaks between splits included.
    """
    faults: list[str] = []
    if limit is not None and limit < 1:
        faults.append(f"limit: expected 1 or more pages, or null, found {limit}")
    rows = _read(files, None, faults)
    for split, chosen in zip(SPLITS, (train, validation, test), strict=True):
        rows += _read(chosen, split, faults)
    faults += _leaks(rows)
    splits = {name: [page for split, _, page in rows if split == name] for name in SPLITS}
    if not faults:
        faults += [f"{name}: expected pages, found none" for name in SPLITS if not splits[name]]
    _refuse(faults)
    return DatasetDict({name: to_dataset(pages[:limit]) for name, pages in splits.items()})


def to_dataset(pages: Iterable[Page]) -> Dataset:
    """Labelled pages as a dataset with `FEATURES`."""
    return Dataset.from_list(
        [
            {
                "id": page.id,
                "metadata": json.dumps(page.metadata, ensure_ascii=False),
                "paragraphs": [
                    {
                        "text": paragraph.text,
                        "label": paragraph.label,
                        "metadata": json.dumps(paragraph.metadata, ensure_ascii=False),
                    }
                    for paragraph in page.paragraphs
                ],
            }
            for page in pages
        ],
        features=FEATURES,
    )


def to_pages(dataset: Dataset) -> list[Page]:
    """The labelled pages of a dataset, in its order; the inverse of `to_dataset`."""
    return [
        Page(
            tuple(
                Paragraph(item["text"], ID2LABEL[item["label"]], json.loads(item["metadata"]))
                for item in row["paragraphs"]
            ),
            id=row["id"],
            metadata=json.loads(row["metadata"]),
        )
        for row in dataset
    ]


def shares(splits: DatasetDict) -> str:
    """A table of pages and paragraphs in each split, by origin and by label."""
    counts = {name: Counter[str]() for name in splits}
    rows = ["pages", "paragraphs"]
    for name, split in splits.items():
        for page in to_pages(split):
            origin = f"origin {page.metadata.get('origin', '(none)')}"
            counts[name].update({"pages": 1, "paragraphs": len(page.paragraphs), origin: 1})
            counts[name].update(str(paragraph.label) for paragraph in page.paragraphs)
    rows += sorted({key for count in counts.values() for key in count if key[:7] == "origin "})
    rows += LABELS
    lines = [" " * 26 + "".join(f"{name:>18}" for name in counts)]
    for row in rows:
        total = sum(count[row] for count in counts.values()) or 1
        cells = (f"{count[row]:>10} {count[row] / total:>6.1%}" for count in counts.values())
        lines.append(f"{row:<26}" + "".join(f"{cell:>18}" for cell in cells))
    return "\n".join(lines)


_Row = tuple[str, str, Page]


def _read(files: Iterable[str | Path], split: str | None, faults: list[str]) -> list[_Row]:
    if isinstance(files, str | Path):
        raise TypeError(f"expected a list of files, found {files!r}")
    return [
        (split_of(page.id) if split is None else split, where, page)
        for file in files
        for where, page in read_records(Path(file), faults)
    ]


def _leaks(rows: Iterable[_Row]) -> list[str]:
    """Repeated ids, pages in two splits, long paragraphs in two splits."""
    faults = []
    ids: dict[str, tuple[str, str]] = {}
    pages: dict[str, tuple[str, str]] = {}
    paragraphs: dict[str, tuple[str, str]] = {}
    for split, where, page in rows:
        at = f"{where}: page {page.id!r}"
        first_split, first = ids.get(page.id, (split, ""))
        ids.setdefault(page.id, (split, where))
        if first:
            splits = f" ({first_split}; this one in {split})" if split != first_split else ""
            faults.append(f"{at}: expected ids to be unique, found it at {first} too{splits}")
            continue
        folded = [" ".join(text.lower().split()) for text in page.texts]
        first_split, first = pages.setdefault("\n".join(folded), (split, at))
        if first_split != split:
            faults.append(
                f"{at}: expected pages to stay in one split, found this one in {split} and, as "
                f"{first}, in {first_split}"
            )
            continue
        for index, text in enumerate(folded):
            first_split, first = paragraphs.setdefault(text, (split, f"{at} paragraphs[{index}]"))
            if first_split != split and len(text.split()) > LEAK_WORDS:
                faults.append(
                    f"{at}: paragraphs[{index}]: expected paragraphs of over {LEAK_WORDS} words to "
                    f"stay in one split, found it in {split} and, at {first}, in {first_split}"
                )
    return faults


def _refuse(faults: Sequence[str]) -> None:
    if faults:
        raise DataError(faults)
