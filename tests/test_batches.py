"""Every label of every page is in the batches once."""

from pathlib import Path

import numpy as np
import pytest
import torch

from newsvoices.batches import (
    IGNORED,
    balanced_weights,
    collate_rows,
    gold_ids,
    window_dataset,
)
from newsvoices.labels import LABEL2ID, LABELS
from newsvoices.modeling import build_model
from newsvoices.pages import Page, Paragraph
from newsvoices.windows import WindowSize

SIZE = WindowSize(32, 4, True, 1)


def make_pages(count: int) -> list[Page]:
    random = np.random.default_rng(0)
    return [
        Page(
            tuple(
                Paragraph("the man said " * int(random.integers(1, 9)), str(label))
                for label in random.choice(list(LABELS), size=int(random.integers(2, 12)))
            )
        )
        for _ in range(count)
    ]


def test_every_paragraph_gets_its_label(tiny_base: Path) -> None:
    _, tokenizer = build_model(tiny_base, window=32, config={})
    pages = make_pages(5)
    rows = window_dataset(pages, tokenizer, SIZE)
    assert [i for row in rows for i in row["labels"]] == [i for p in pages for i in gold_ids(p)]
    assert all(len(row["spans"]) == len(row["labels"]) for row in rows)
    assert rows["length"][:] == [len(row["input_ids"]) for row in rows]


def test_every_random_cut_holds_every_label_once(tiny_base: Path) -> None:
    _, tokenizer = build_model(tiny_base, window=32, config={})
    pages = make_pages(3)
    rows = window_dataset(pages, tokenizer, SIZE, [np.random.default_rng(0)] * 2)
    labels = [i for row in rows for i in row["labels"]]
    assert labels == [i for page in pages for i in gold_ids(page) * 2]


def test_padding_has_no_label(tiny_base: Path) -> None:
    rows = [
        {"input_ids": [2, 5, 3], "spans": [[1, 2]], "labels": [4]},
        {"input_ids": [2, 5, 3, 6, 3], "spans": [[1, 2], [3, 4]], "labels": [1, 0]},
    ]
    batch = collate_rows(rows, pad_id=0)
    assert batch["labels"].tolist() == [[4, IGNORED], [1, 0]]
    assert batch["input_ids"][0].tolist() == [2, 5, 3, 0, 0]


def test_balanced_weights_are_inverse_frequencies_with_mean_one() -> None:
    labels = ["reporting"] * 6 + list(LABELS[1:]) * 2
    weights = balanced_weights([Page(tuple(Paragraph("a", label) for label in labels))])
    counts = torch.tensor([6.0] + [2.0] * (len(LABELS) - 1))
    torch.testing.assert_close(weights * counts, torch.full((len(LABELS),), 16 / 6))
    assert (weights * counts).sum() / counts.sum() == pytest.approx(1.0)


def test_balanced_weights_ignore_labels_that_do_not_occur() -> None:
    weights = balanced_weights(
        [Page((Paragraph("a", "opinion"),) * 3 + (Paragraph("b", "testimony"),))]
    )
    counts = torch.zeros(len(LABELS))
    counts[LABEL2ID["opinion"]], counts[LABEL2ID["testimony"]] = 3, 1
    assert (weights * counts).sum() / 4 == pytest.approx(1.0)


def test_lengths_are_rounded_up_but_not_beyond_the_window() -> None:
    rows = [{"input_ids": [5] * 33, "spans": [[0, 33]], "labels": [1]}]
    lengths = [collate_rows(rows, 0, most)["input_ids"].shape[1] for most in (0, 40, 64, 256)]
    assert lengths == [33, 40, 64, 64]
