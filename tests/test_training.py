"""The loss, its invariance to how a batch is divided, and fine-tuning end to end."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy
from transformers import TrainingArguments, set_seed

from newsvoices.arguments import ConfigError
from newsvoices.labels import LABEL2ID, LABELS
from newsvoices.modeling import build_model, page_logits
from newsvoices.pages import Page, Paragraph
from newsvoices.training import (
    IGNORED,
    WindowTrainer,
    balanced_weights,
    collate_rows,
    fit,
    fit_decoding_on,
    gold_ids,
    window_dataset,
)
from newsvoices.windows import WindowSize, encode_page

SIZE = WindowSize(32, 4, True, 1)
WORDS = {"reporting": "police", "opinion": "should", "user_comment": "reply"}

FIT: dict[str, Any] = {
    "size": SIZE,
    "seed": 0,
    "epochs": 1,
    "cuts": 0,
    "batch_size": 4,
    "accumulation": 1,
    "learning_rate": 1e-3,
    "warmup": 0.1,
    "weight_decay": 0.01,
    "label_smoothing": 0.0,
    "class_weights": None,
    "freeze_embeddings": False,
    "patience": 2,
    "device": "cpu",
}


def make_pages(count: int) -> list[Page]:
    """Pages whose labels can be learnt from one word."""
    random = np.random.default_rng(0)
    return [
        Page(
            tuple(
                Paragraph(" ".join([WORDS[label]] * int(random.integers(1, 9))), label)
                for label in random.choice(list(WORDS), size=int(random.integers(2, 12)))
            ),
            id=f"p{number}",
        )
        for number in range(count)
    ]


def make_trainer(base: Path, folder: Path, **arguments: Any) -> WindowTrainer:
    set_seed(0)
    model, tokenizer = build_model(base, window=32, config={"hidden_dropout_prob": 0.0})
    rows = window_dataset(make_pages(24), tokenizer, SIZE).select(range(16))
    weights = torch.arange(1.0, 1.0 + len(LABELS))
    return WindowTrainer(
        model=model,
        args=TrainingArguments(
            output_dir=str(folder),
            max_steps=1,
            logging_steps=1,
            remove_unused_columns=False,
            report_to="none",
            use_cpu=True,
            disable_tqdm=True,
            save_strategy="no",
            seed=0,
            **arguments,
        ),
        train_dataset=rows,
        data_collator=lambda batch: collate_rows(batch, tokenizer.pad_token_id),
        class_weights=weights,
        label_smoothing=0.1,
    )


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
    rng = np.random.default_rng(0)
    rows = window_dataset(pages, tokenizer, SIZE, cuts=2, rng=rng)
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


def test_the_loss_is_the_mean_over_paragraphs_with_weights_and_smoothing(
    tiny_base: Path, tmp_path: Path
) -> None:
    trainer = make_trainer(tiny_base, tmp_path, per_device_train_batch_size=16)
    batch = trainer.data_collator(list(trainer.train_dataset))
    with torch.no_grad():
        loss, outputs = trainer.compute_loss(trainer.model, dict(batch), return_outputs=True)
    terms = [
        cross_entropy(
            outputs["logits"][row, column][None],
            label[None],
            weight=trainer.class_weights,
            label_smoothing=0.1,
            reduction="sum",
        )
        for row, labels in enumerate(batch["labels"])
        for column, label in enumerate(labels)
        if label != IGNORED
    ]
    assert loss.item() == pytest.approx(torch.stack(terms).mean().item(), rel=1e-5)


@pytest.mark.parametrize(("batch", "accumulation"), [(8, 2), (4, 4), (2, 8)])
def test_loss_and_gradient_do_not_depend_on_how_a_step_is_divided(
    tiny_base: Path, tmp_path: Path, batch: int, accumulation: int
) -> None:
    logs = []
    for rows, steps in ((16, 1), (batch, accumulation)):
        trainer = make_trainer(
            tiny_base,
            tmp_path,
            per_device_train_batch_size=rows,
            gradient_accumulation_steps=steps,
        )
        trainer.train()
        logs.append(trainer.state.log_history[0])
    assert float(logs[0]["loss"]) == pytest.approx(float(logs[1]["loss"]), rel=1e-4)
    assert float(logs[0]["grad_norm"]) == pytest.approx(float(logs[1]["grad_norm"]), rel=1e-4)


def test_balanced_weights_are_inverse_frequencies_with_mean_one() -> None:
    labels = ["reporting"] * 6 + list(LABELS[1:]) * 2
    weights = balanced_weights([Page(tuple(Paragraph("a", label) for label in labels))])
    counts = torch.tensor([6.0] + [2.0] * (len(LABELS) - 1))
    torch.testing.assert_close(weights * counts, torch.full((len(LABELS),), 16 / 6))
    assert (weights * counts).sum() / counts.sum() == pytest.approx(1.0)


def test_fit_learns_what_can_be_learnt_and_returns_the_curve(
    tiny_base: Path, tmp_path: Path
) -> None:
    set_seed(0)
    model, tokenizer = build_model(tiny_base, window=32, config={})
    pages = make_pages(60)
    settings = {**FIT, "epochs": 6, "learning_rate": 5e-3}
    curve = fit(model, tokenizer, pages[:50], pages[50:], folder=tmp_path, **settings)
    passes = [encode_page(page.texts, tokenizer, SIZE)[0] for page in pages[50:]]
    logits = np.concatenate(page_logits(model, passes, pad_id=tokenizer.pad_token_id))
    gold = [i for page in pages[50:] for i in gold_ids(page)]
    assert np.mean(logits.argmax(-1) == gold) > 0.95
    assert sum("eval_voices_macro_f1" in point for point in curve) >= 2
    assert any("loss" in point for point in curve)


def test_frozen_embeddings_do_not_move(tiny_base: Path, tmp_path: Path) -> None:
    model, tokenizer = build_model(tiny_base, window=32, config={})
    before = model.bert.embeddings.word_embeddings.weight.clone()
    layer = model.bert.encoder.layer[0].output.dense.weight.clone()
    pages = make_pages(8)
    fit(model, tokenizer, pages, pages, folder=tmp_path, **{**FIT, "freeze_embeddings": True})
    assert torch.equal(model.bert.embeddings.word_embeddings.weight, before)
    assert not torch.equal(model.bert.encoder.layer[0].output.dense.weight, layer)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("epochs", 0),
        ("learning_rate", -1e-4),
        ("batch_size", 0),
        ("accumulation", 0),
        ("warmup", 1.0),
        ("label_smoothing", -0.1),
        ("class_weights", "balansed"),
    ],
)
def test_settings_out_of_range_are_named(
    tiny_base: Path, tmp_path: Path, key: str, value: object
) -> None:
    model, tokenizer = build_model(tiny_base, window=32, config={})
    pages = make_pages(2)
    with pytest.raises(ConfigError, match=f"{key}: expected .* found '?{value}"):
        fit(model, tokenizer, pages, pages, folder=tmp_path, **{**FIT, key: value})


def test_decoding_counts_transitions_on_the_training_pages(tiny_base: Path) -> None:
    model, tokenizer = build_model(tiny_base, window=32, config={})
    thread = Page((Paragraph("reply", "user_comment"),) * 30)
    report = Page((Paragraph("police", "reporting"),) * 30)
    decoding = fit_decoding_on(model, tokenizer, [thread, report], [thread, report], SIZE)
    comment, reporting = LABEL2ID["user_comment"], LABEL2ID["reporting"]
    assert decoding.transitions[comment, comment] > 0 > decoding.transitions[comment, reporting]
