"""The loss, its invariance to how a batch is divided, and fine-tuning end to end."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy
from transformers import TrainingArguments, set_seed

from newsvoices.arguments import ConfigError
from newsvoices.batches import IGNORED, collate_rows, gold_ids, window_dataset
from newsvoices.labels import LABEL2ID, LABELS
from newsvoices.modeling import build_model, page_logits
from newsvoices.pages import Page, Paragraph
from newsvoices.training import WindowTrainer, check_ranges, fit, fit_decoding_on, use_one_gpu
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
    "bfloat16": False,
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


TWO_PROCESSES = """
import json, sys
from pathlib import Path
from test_training import make_trainer
base, folder, batch = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
trainer = make_trainer(base, folder, per_device_train_batch_size=batch)
trainer.train()
if trainer.is_world_process_zero():
    assert trainer.accelerator.num_processes == 16 // batch
    print(json.dumps(trainer.state.log_history[0]))
"""


@pytest.mark.slow
def test_loss_and_gradient_of_two_processes_are_those_of_one(
    tiny_base: Path, tmp_path: Path
) -> None:
    script = tmp_path / "step.py"
    script.write_text(TWO_PROCESSES)
    logs = []
    for processes in (1, 2):
        done = subprocess.run(
            [
                *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
                *(f"--nproc_per_node={processes}", str(script), str(tiny_base), str(tmp_path)),
                str(16 // processes),
            ],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        logs.append(json.loads(done.stdout.splitlines()[-1]))
    for name in ("loss", "grad_norm"):
        assert float(logs[0][name]) == pytest.approx(float(logs[1][name]), rel=1e-4)


def test_a_single_process_keeps_to_one_gpu_and_says_how_to_use_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = TrainingArguments(output_dir=str(tmp_path), use_cpu=True)
    use_one_gpu(arguments)
    assert capsys.readouterr().out == ""
    assert arguments.n_gpu == 0
    arguments._n_gpu = 4  # what a machine with four of them sets
    use_one_gpu(arguments)
    assert arguments.n_gpu == 1
    assert "torchrun --nproc_per_node=4 train.py" in capsys.readouterr().out


@pytest.mark.parametrize("bfloat16", [True, False, None])
def test_after_training_in_bfloat16_all_is_as_before(
    tiny_base: Path, tmp_path: Path, bfloat16: bool | None
) -> None:
    model, tokenizer = build_model(tiny_base, window=32, config={})
    before = model.config._attn_implementation
    pages = make_pages(8)
    fit(model, tokenizer, pages, pages, folder=tmp_path, **{**FIT, "bfloat16": bfloat16})
    assert model.config._attn_implementation == before
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}


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


def test_the_same_seed_gives_the_same_weights(tiny_base: Path, tmp_path: Path) -> None:
    pages, weights = make_pages(12), []
    for seed in (1, 1, 2):
        set_seed(seed)
        model, tokenizer = build_model(tiny_base, window=32, config={})
        settings = {**FIT, "seed": seed, "cuts": 1, "class_weights": "balanced"}
        fit(model, tokenizer, pages, pages, folder=tmp_path / str(len(weights)), **settings)
        weights.append(model.classifier.weight)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_training_stops_early_and_keeps_the_best_epoch(tiny_base: Path, tmp_path: Path) -> None:
    set_seed(0)
    model, tokenizer = build_model(tiny_base, window=32, config={})
    pages = make_pages(24)
    # Flat labels on validation pages: every epoch scores the same, so the first one is the best.
    flat = [Page((Paragraph("fire", "opinion"), Paragraph("fire", "testimony")))]
    settings = {**FIT, "epochs": 20, "learning_rate": 1e-7, "patience": 2}
    curve = fit(model, tokenizer, pages, flat, folder=tmp_path, **settings)
    assert sum("eval_voices_macro_f1" in point for point in curve) == 3
    passes = [encode_page(page.texts, tokenizer, SIZE)[0] for page in flat]
    labels = page_logits(model.eval(), passes, pad_id=0)[0].argmax(-1)
    scores = [point["eval_accuracy"] for point in curve if "eval_accuracy" in point]
    assert np.mean(labels == gold_ids(flat[0])) == scores[0]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("epochs", 0),
        ("epochs", float("nan")),
        ("learning_rate", -1e-4),
        ("learning_rate", float("inf")),
        ("batch_size", 0),
        ("accumulation", 0),
        ("patience", 0),
        ("cuts", -1),
        ("weight_decay", -1),
        ("warmup", 1.0),
        ("label_smoothing", -0.1),
        ("class_weights", "balansed"),
        ("device", "gpu"),
        ("seed", -1),
    ],
)
def test_settings_out_of_range_are_named(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"{key}: expected .* found '?{value}"):
        check_ranges(**{**FIT, key: value})


def test_settings_in_range_pass() -> None:
    check_ranges(**FIT)


def test_random_cuts_are_refused_without_context() -> None:
    alone = WindowSize(32, 0, False, 1)
    with pytest.raises(ConfigError, match="cuts: expected 0"):
        check_ranges(**{**FIT, "size": alone, "cuts": 1})


def test_decoding_counts_transitions_on_the_training_pages(tiny_base: Path) -> None:
    model, tokenizer = build_model(tiny_base, window=32, config={})
    thread = Page((Paragraph("reply", "user_comment"),) * 30)
    report = Page((Paragraph("police", "reporting"),) * 30)
    decoding = fit_decoding_on(model, tokenizer, [thread, report], [thread, report], SIZE)
    comment, reporting = LABEL2ID["user_comment"], LABEL2ID["reporting"]
    assert decoding.transitions[comment, comment] > 0 > decoding.transitions[comment, reporting]
