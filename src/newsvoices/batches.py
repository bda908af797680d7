"""Labelled pages as rows and batches of windows, for training."""

from collections.abc import Sequence
from itertools import repeat
from typing import Any

import numpy as np
import torch
from datasets import Dataset

from newsvoices.labels import LABEL2ID, LABELS
from newsvoices.pages import Page
from newsvoices.windows import Window, WindowSize, collate, encode_page, random_limits

# The CPU library keeps memory for every length it has met: training took 5 GB without rounding.
LENGTHS = 32
IGNORED = -100  # the label of no paragraph: torch's and the Trainer's default


def window_dataset(
    pages: Sequence[Page],
    tokenizer: Any,
    size: WindowSize,
    cuts: Sequence[np.random.Generator] = (),
) -> Dataset:
    """The windows of labelled pages as rows: input_ids, spans, labels, length (in tokens).

    Args:
        cuts: for each copy of the pages, where its random places of cutting come from; without
            any there is one copy, its windows as full as they get.
    """
    rows: list[dict[str, Any]] = []
    for page in pages:
        limits = [random_limits(size, rng) for rng in cuts] or [repeat(size.tokens)]
        passes, _ = encode_page(page.texts, tokenizer, size, limits)
        for windows in passes:
            gold = iter(gold_ids(page))
            for window in windows:
                rows.append(
                    {
                        "input_ids": window.input_ids,
                        "spans": window.spans,
                        "labels": [next(gold) for _ in window.spans],
                        "length": len(window.input_ids),
                    }
                )
    return Dataset.from_list(rows)


def gold_ids(page: Page) -> list[int]:
    """The label ids of a labelled page."""
    return [LABEL2ID[str(paragraph.label)] for paragraph in page.paragraphs]


def collate_rows(
    rows: Sequence[dict[str, Any]], pad_id: int, most: int = 0
) -> dict[str, torch.Tensor]:
    """Rows of `window_dataset` to one padded batch; labels [windows, paragraphs], -100 = none.

    Lengths are rounded up, but not beyond `most` tokens.
    """
    longest = max(len(row["input_ids"]) for row in rows)
    length = min(-(-longest // LENGTHS) * LENGTHS, most)
    windows = [Window(row["input_ids"], [(a, b) for a, b in row["spans"]]) for row in rows]
    batch = {
        key: torch.from_numpy(value) for key, value in collate(windows, pad_id, length).items()
    }
    labels = torch.full(batch["spans"].shape[:2], IGNORED)
    for index, row in enumerate(rows):
        labels[index, : len(row["labels"])] = torch.tensor(row["labels"])
    return {**batch, "labels": labels}


def balanced_weights(pages: Sequence[Page]) -> torch.Tensor:
    """Inverse label frequencies, scaled so that their mean over the training paragraphs is 1."""
    counts = np.bincount([i for page in pages for i in gold_ids(page)], minlength=len(LABELS))
    shares = np.maximum(counts, 1) / counts.sum()
    return torch.tensor(1 / (np.count_nonzero(counts) * shares), dtype=torch.float32)
