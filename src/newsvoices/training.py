"""Fine-tuning on windows with the stock Trainer; what is ours is the loss."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from transformers import (
    EarlyStoppingCallback,
    EvalPrediction,
    PreTrainedModel,
    Trainer,
    TrainingArguments,
)

from newsvoices.arguments import ConfigError
from newsvoices.batches import IGNORED, balanced_weights, collate_rows, gold_ids, window_dataset
from newsvoices.decoding import Decoding, fit_decoding, transition_scores
from newsvoices.labels import LABELS
from newsvoices.metrics import score
from newsvoices.modeling import page_logits, paragraph_logits
from newsvoices.pages import Page
from newsvoices.processes import has_fast_bfloat16, on_cpu
from newsvoices.windows import WindowSize, encode_page


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
        if num_items_in_batch is None:
            loss = loss / (labels != IGNORED).sum()
        else:
            # Data-parallel training averages over processes; these losses are shares of one sum.
            loss = loss / num_items_in_batch * self.accelerator.num_processes
        return (loss, {"loss": loss, "logits": logits}) if return_outputs else loss


def check_ranges(*, size: WindowSize | None, seed: int, **settings: Any) -> None:
    """Refuse settings of `fit` that are out of range.

    Raises:
        ConfigError: names the setting, what was expected and what was found.
    """
    if settings["class_weights"] not in (None, "balanced"):
        found = repr(settings["class_weights"])
        raise ConfigError(f"trainer.class_weights: expected null or 'balanced', found {found}")
    if settings["device"] not in (None, "cpu"):
        raise ConfigError(f"trainer.device: expected null or 'cpu', found {settings['device']!r}")
    if settings["cuts"] and size is not None and not size.context:
        raise ConfigError("trainer.cuts: expected 0 where windows have no context to cut")
    if not 0 <= seed < 2**32:
        raise ConfigError(f"seed: expected 0 to {2**32 - 1}, found {seed}")
    ranges: list[tuple[tuple[str, ...], str, Callable[[float], bool]]] = [
        (("epochs", "learning_rate"), "a finite number above 0", lambda x: 0 < x < math.inf),
        (("batch_size", "accumulation", "patience"), "1 or more", lambda x: x >= 1),
        (("cuts", "weight_decay"), "0 or more", lambda x: 0 <= x < math.inf),
        (("warmup", "label_smoothing"), "0 or more and less than 1", lambda x: 0 <= x < 1),
    ]
    for names, expected, fits in ranges:
        for name in names:
            if not fits(settings[name]):
                found = f"found {settings[name]}"
                raise ConfigError(f"trainer.{name}: expected {expected}, {found}")


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
    bfloat16: bool | None,
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
        bfloat16: whether matrix products are taken in bfloat16 while training (weights, sums and
            everything after training stay in float32); None: where the machine is fast at it.
        device: "cpu" keeps off a GPU that is there.

    Returns:
        The learning curve, one entry for each logged step or evaluation.
    """
    network.base_model.embeddings.requires_grad_(not freeze_embeddings)
    half = has_fast_bfloat16(device) if bfloat16 is None else bfloat16
    attention = network.config._attn_implementation
    if half and on_cpu(device):
        # The backward pass of the fused kernel is slow on CPUs: benchmarks/train_step.py.
        network.set_attn_implementation("eager")
    rows = window_dataset(train_pages, tokenizer, size, [np.random.default_rng(seed)] * cuts)
    arguments = _training_arguments(
        folder,
        seed=seed,
        num_train_epochs=epochs,
        per_device_train_batch_size=batch_size,
        per_device_eval_batch_size=2 * batch_size,
        gradient_accumulation_steps=accumulation,
        learning_rate=learning_rate,
        warmup_steps=warmup,  # below 1 it is a share of all steps
        weight_decay=weight_decay,
        logging_steps=max(1, len(rows) // (batch_size * accumulation) // 10),
        use_cpu=on_cpu(device),
        bf16=half,
    )
    trainer = WindowTrainer(
        model=network,
        args=arguments,
        train_dataset=rows,
        eval_dataset=window_dataset(validation_pages, tokenizer, size),
        data_collator=lambda batch: collate_rows(batch, tokenizer.pad_token_id, size.tokens),
        compute_metrics=_epoch_scores,
        callbacks=[EarlyStoppingCallback(early_stopping_patience=patience)],
        class_weights=balanced_weights(train_pages) if class_weights else None,
        label_smoothing=label_smoothing,
    )
    trainer.train()
    network.set_attn_implementation(attention)
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


def use_one_gpu(arguments: TrainingArguments) -> None:
    """Keep the Trainer from spreading a single process over all GPUs, and say how to use them.

    It would wrap the model in `DataParallel`, which is slow and divides batches unasked.
    """
    if arguments.n_gpu > 1:
        command = f"torchrun --nproc_per_node={arguments.n_gpu} train.py"
        print(f"{arguments.n_gpu} GPUs are here and one is used; for all of them: {command}")
        arguments._n_gpu = 1


def _training_arguments(folder: Path, **settings: Any) -> TrainingArguments:
    """What is the same for every training, beside the settings."""
    arguments = TrainingArguments(
        output_dir=str(folder),
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
        dataloader_pin_memory=False,
        ddp_find_unused_parameters=False,
        report_to="none",
        **settings,
    )
    use_one_gpu(arguments)
    return arguments


def _epoch_scores(prediction: EvalPrediction) -> dict[str, float]:
    labels = prediction.label_ids
    known = labels != IGNORED
    scores = score(prediction.predictions.argmax(-1)[known], labels[known])
    return {name: scores[name] for name in ("macro_f1", "voices_macro_f1", "accuracy")}
