"""Fine-tuning on windows with the stock Trainer; what is ours is the loss."""

from collections.abc import Sequence
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from torch.nn.functional import cross_entropy
from transformers import (
    EarlyStoppingCallback,
    EvalPrediction,
    PreTrainedModel,
    Trainer,
    TrainingArguments,
)

from newsvoices.arguments import ConfigError
from newsvoices.decoding import Decoding, fit_decoding, transition_scores
from newsvoices.labels import LABEL2ID, LABELS
from newsvoices.metrics import score
from newsvoices.modeling import page_logits, paragraph_logits
from newsvoices.pages import Page
from newsvoices.windows import Window, WindowSize, collate, encode_page, random_limits

IGNORED = -100


class WindowTrainer(Trainer):  # type: ignore[misc]  # transformers is not followed by mypy
    """The stock Trainer with a loss over paragraphs, one term each, whatever their length.

    The summed cross-entropy is divided by the paragraphs of the whole optimizer step, which the
    Trainer counts in `labels` over accumulation steps and processes. The gradient is then that of
    the mean over the global batch, however the batch is divided. (The stock loss of BERT-class
    models is a mean of its own part, which the Trainer multiplies up.)
    """

    # The loss is whole already; without this the Trainer may divide it once more.
    loss_is_scaled_for_ga = True

    def __init__(
        self, *args: Any, class_weights: torch.Tensor | None, label_smoothing: float, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.class_weights = class_weights
        self.label_smoothing = label_smoothing

    def compute_loss(
        self,
        model: PreTrainedModel,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | None = None,
    ) -> Any:
        """Loss, and with `return_outputs` the logits [windows, paragraphs, labels] too."""
        spans, labels = inputs.pop("spans"), inputs["labels"]
        outputs = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
        logits = paragraph_logits(outputs.logits, spans)
        weights = None if self.class_weights is None else self.class_weights.to(logits)
        loss = cross_entropy(
            logits.flatten(0, 1),
            labels.flatten(),
            weight=weights,
            ignore_index=IGNORED,
            reduction="sum",
            label_smoothing=self.label_smoothing,
        )
        items = (labels != IGNORED).sum() if num_items_in_batch is None else num_items_in_batch
        # Data-parallel training averages gradients over processes; ours are shares of one sum.
        loss = loss / items * self.accelerator.num_processes
        return (loss, {"loss": loss, "logits": logits}) if return_outputs else loss


def window_dataset(
    pages: Sequence[Page],
    tokenizer: Any,
    size: WindowSize,
    *,
    cuts: int = 0,
    rng: np.random.Generator | None = None,
) -> Dataset:
    """The windows of labelled pages as rows: input_ids, spans, labels, length (in tokens).

    Args:
        cuts: how often to cut every page, each time at random places; 0 cuts it once, into windows
            as full as they get.
        rng: where the random places come from.
    """
    rows: list[dict[str, Any]] = []
    for page in pages:
        limits = [random_limits(size, rng) for _ in range(cuts)] if rng else []
        passes, _ = encode_page(page.texts, tokenizer, size, limits or [repeat(size.tokens)])
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


def collate_rows(rows: Sequence[dict[str, Any]], pad_id: int) -> dict[str, torch.Tensor]:
    """Rows of `window_dataset` to one padded batch; labels [windows, paragraphs], -100 = none."""
    windows = [Window(row["input_ids"], [(a, b) for a, b in row["spans"]]) for row in rows]
    batch = {key: torch.from_numpy(value) for key, value in collate(windows, pad_id).items()}
    labels = torch.full(batch["spans"].shape[:2], IGNORED)
    for index, row in enumerate(rows):
        labels[index, : len(row["labels"])] = torch.tensor(row["labels"])
    return {**batch, "labels": labels}


def balanced_weights(pages: Sequence[Page]) -> torch.Tensor:
    """Inverse label frequencies, scaled so that their mean over the training paragraphs is 1."""
    counts = np.bincount([i for page in pages for i in gold_ids(page)], minlength=len(LABELS))
    return torch.tensor(counts.sum() / (len(LABELS) * np.maximum(counts, 1)), dtype=torch.float32)


def fit(
    network: PreTrainedModel,
    tokenizer: Any,
    train_pages: Sequence[Page],
    validation_pages: Sequence[Page],
    *,
    size: WindowSize,
    folder: Path,
    seed: int,
    epochs: float,
    cuts: int,
    batch_size: int,
    accumulation: int,
    learning_rate: float,
    warmup: float,
    weight_decay: float,
    label_smoothing: float,
    class_weights: str | None,
    freeze_embeddings: bool,
    patience: int,
    device: str | None,
) -> list[dict[str, Any]]:
    """Fine-tune `network` in place; it ends with the weights of the best epoch.

    The best epoch is that with the highest voices macro-F1 on the validation pages, before
    decoding.

    Args:
        folder: where checkpoints are kept while training.
        cuts: copies of the pages in an epoch, each cut into windows at random places, so that the
            network cannot learn the cuts; 0 means one copy with full windows.
        batch_size: windows a step and process.
        accumulation: steps whose gradients are summed before the optimizer moves.
        warmup: share of all steps over which the rate rises.
        class_weights: None or "balanced".
        patience: epochs without a better score before training stops.
        device: "cpu" keeps off a GPU that is there.

    Returns:
        The learning curve, one entry for each logged step or evaluation.
    """
    if class_weights not in (None, "balanced"):
        raise ConfigError(f"class_weights: expected null or 'balanced', found {class_weights!r}")
    for name, value in (("epochs", epochs), ("learning_rate", learning_rate)):
        if not value > 0:
            raise ConfigError(f"trainer.{name}: expected a number above 0, found {value}")
    for name, count in (("batch_size", batch_size), ("accumulation", accumulation)):
        if count < 1:
            raise ConfigError(f"trainer.{name}: expected 1 or more, found {count}")
    for name, share in (("warmup", warmup), ("label_smoothing", label_smoothing)):
        if not 0 <= share < 1:
            raise ConfigError(f"trainer.{name}: expected 0 or more and less than 1, found {share}")
    network.base_model.embeddings.requires_grad_(not freeze_embeddings)
    rng = np.random.default_rng(seed)
    rows = window_dataset(train_pages, tokenizer, size, cuts=cuts, rng=rng)
    steps_per_epoch = max(1, len(rows) // (batch_size * accumulation))
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=epochs,
        per_device_train_batch_size=batch_size,
        per_device_eval_batch_size=2 * batch_size,
        gradient_accumulation_steps=accumulation,
        learning_rate=learning_rate,
        # A float below 1 is a share of all steps.
        warmup_steps=warmup,
        weight_decay=weight_decay,
        optim="adamw_torch_fused",
        train_sampling_strategy="group_by_length",
        # Our collator needs the spans, which are no argument of the model's forward.
        remove_unused_columns=False,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_only_model=True,
        save_total_limit=1,
        load_best_model_at_end=True,
        metric_for_best_model="voices_macro_f1",
        greater_is_better=True,
        logging_steps=max(1, steps_per_epoch // 10),
        seed=seed,
        use_cpu=device == "cpu",
        dataloader_pin_memory=False,
        report_to="none",
    )
    trainer = WindowTrainer(
        model=network,
        args=arguments,
        train_dataset=rows,
        eval_dataset=window_dataset(validation_pages, tokenizer, size),
        data_collator=lambda batch: collate_rows(batch, tokenizer.pad_token_id),
        compute_metrics=_epoch_scores,
        callbacks=[EarlyStoppingCallback(early_stopping_patience=patience)],
        class_weights=balanced_weights(train_pages) if class_weights else None,
        label_smoothing=label_smoothing,
    )
    trainer.train()
    return list(trainer.state.log_history)


def fit_decoding_on(
    model: PreTrainedModel,
    tokenizer: Any,
    train: Sequence[Page],
    validation: Sequence[Page],
    size: WindowSize,
) -> Decoding:
    """Count transitions on the training pages; fit temperature and weight on the others."""
    model.eval()
    transitions = transition_scores([gold_ids(page) for page in train], len(LABELS))
    passes = [encode_page(page.texts, tokenizer, size)[0] for page in validation]
    logits = page_logits(model, passes, pad_id=tokenizer.pad_token_id)
    return fit_decoding(
        [page.astype(np.float64) for page in logits],
        [gold_ids(page) for page in validation],
        transitions,
    )


def _epoch_scores(prediction: EvalPrediction) -> dict[str, float]:
    labels = prediction.label_ids
    known = labels != IGNORED
    scores = score(prediction.predictions.argmax(-1)[known], labels[known])
    return {name: scores[name] for name in ("macro_f1", "voices_macro_f1", "accuracy")}
