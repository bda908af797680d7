"""The one module that runs the network: base checkpoint in, paragraph logits out, folder saved."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PreTrainedModel,
)
from transformers.utils import logging

from newsvoices.checkpoints import ModelError
from newsvoices.labels import ID2LABEL, LABEL2ID
from newsvoices.windows import Window, collate


def build_model(
    folder: Path, *, window: int, config: Mapping[str, Any]
) -> tuple[PreTrainedModel, Any]:
    """A token classifier with our labels on a base checkpoint, and its tokenizer.

    Args:
        folder: from `base_folder`.
        window: tokens that the model must be able to take.
        config: values that replace those of the checkpoint's config, such as dropout rates.

    Raises:
        ModelError: a checkpoint without the keys, the length or the special tokens asked for.
    """
    try:
        known = AutoConfig.from_pretrained(folder, local_files_only=True)
        unknown = [key for key in config if not hasattr(known, key)]
        if unknown:
            raise ModelError(f"model.config: {', '.join(unknown)}: no such key in config.json")
        model, tokenizer, missing = _from_folder(
            folder, num_labels=len(ID2LABEL), id2label=ID2LABEL, label2id=LABEL2ID, **config
        )
    except (OSError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{folder}: the checkpoint cannot be used: {error}") from error
    # The head is new; everything below it must come from the checkpoint.
    lost = [name for name in missing if name.startswith(f"{model.base_model_prefix}.")]
    if lost:
        raise ModelError(f"{folder}: expected all weights of the encoder, found no {lost[0]}")
    names = [n for n in ("cls", "sep", "pad", "unk") if getattr(tokenizer, f"{n}_token_id") is None]
    if names:
        raise ModelError(f"{folder}: the tokenizer lacks the special tokens {', '.join(names)}")
    longest = longest_window(model, tokenizer)
    if window > longest:
        raise ModelError(
            f"model.window.tokens: expected at most the {longest} of {folder}, found {window}"
        )
    return model, tokenizer


def longest_window(model: PreTrainedModel, tokenizer: Any) -> int:
    """Tokens that a checkpoint takes at once; RoBERTa has more positions than it can use."""
    positions = getattr(model.config, "max_position_embeddings", tokenizer.model_max_length)
    return int(min(positions, tokenizer.model_max_length))


def load_model(folder: Path, device: str | None = None) -> tuple[PreTrainedModel, Any]:
    """A saved model in evaluation mode on `device` (a GPU if there is one), and its tokenizer.

    Raises:
        ModelError: a file or a weight is missing or damaged, or there is no such device.
    """
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if not (folder / "tokenizer.json").is_file():
        raise ModelError(f"{folder}: expected the files of a model, found no tokenizer.json")
    try:
        model, tokenizer, missing = _from_folder(folder)
        if missing:
            raise ModelError(f"the weights lack {', '.join(missing)}")
        return model.eval().to(device), tokenizer
    except (AssertionError, OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"{folder}: the model cannot be loaded: {error}") from error


def save_model(model: PreTrainedModel, tokenizer: Any, folder: Path) -> None:
    """Write weights, config and tokenizer so that stock `transformers` loads them."""
    # The saved file keeps what the base folder or the last call set, and other runtimes obey it.
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    umask = os.umask(0)
    os.umask(umask)
    for file in folder.iterdir():  # safetensors 0.8 writes its file for the owner only
        file.chmod(0o666 & ~umask)


def paragraph_logits(token_logits: torch.Tensor, spans: torch.Tensor) -> torch.Tensor:
    """Mean of each paragraph's token logits.

    Args:
        token_logits: [windows, tokens, labels].
        spans: [windows, paragraphs, 2], `[start, end)`; (0, 0) where there is no paragraph.

    Returns:
        [windows, paragraphs, labels], zeros where there is no paragraph.
    """
    places = torch.arange(token_logits.shape[1], device=token_logits.device)
    inside = (places >= spans[..., :1]) & (places < spans[..., 1:])
    lengths = inside.sum(dim=-1, keepdim=True).clamp(min=1)
    return inside.to(token_logits.dtype) @ token_logits / lengths


@torch.inference_mode()
def window_logits(
    model: PreTrainedModel,
    windows: Sequence[Window],
    *,
    pad_id: int,
    batch_tokens: int = 4096,
    bfloat16: bool = False,
) -> list[NDArray[np.float32]]:
    """Logits [paragraphs, labels] of each window, in the order given.

    Windows are run in batches of like length, at most `batch_tokens` tokens each with padding.
    In bfloat16 they change a little with the batch.
    """
    results: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * len(windows)
    order = sorted(range(len(windows)), key=lambda index: len(windows[index].input_ids))
    while order:
        longest = len(windows[order[-1]].input_ids)
        take = max(1, batch_tokens // longest)
        rows, order = order[-take:], order[:-take]
        arrays = collate([windows[row] for row in rows], pad_id)
        batch = {key: torch.from_numpy(value).to(model.device) for key, value in arrays.items()}
        spans = batch.pop("spans")
        with torch.autocast(model.device.type, torch.bfloat16, enabled=bfloat16):
            token_logits = model(**batch).logits
        logits = paragraph_logits(token_logits.float(), spans).cpu().numpy()
        for row, values in zip(rows, logits, strict=True):
            results[row] = values[: len(windows[row].spans)]
    return results


def page_logits(
    model: PreTrainedModel,
    pages: Sequence[Sequence[Sequence[Window]]],
    *,
    pad_id: int,
    bfloat16: bool = False,
) -> list[NDArray[np.float32]]:
    """Logits [paragraphs, labels] of each page, the mean over its passes.

    Args:
        pages: for each page its passes, each the windows that hold its paragraphs, in order.
    """
    windows = [window for passes in pages for windows in passes for window in windows]
    logits = iter(window_logits(model, windows, pad_id=pad_id, bfloat16=bfloat16))
    return [
        np.mean([np.concatenate([next(logits) for _ in windows]) for windows in passes], axis=0)
        for passes in pages
    ]


def page_states(
    model: PreTrainedModel, pages: Sequence[Sequence[Sequence[Window]]], *, pad_id: int
) -> list[NDArray[np.float32]]:
    """Mean last hidden states [paragraphs, size] of each page: its `page_logits` without a head."""
    head, model.classifier = model.classifier, torch.nn.Identity()
    try:
        return page_logits(model.eval(), pages, pad_id=pad_id)
    finally:
        model.classifier = head


def _from_folder(folder: Path, **config: Any) -> tuple[PreTrainedModel, Any, list[str]]:
    """Model, tokenizer and the names of weights that the folder lacks.

    The library's own report and progress bar are kept quiet: that the head is new is no news.
    """
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        model, report = AutoModelForTokenClassification.from_pretrained(
            folder, local_files_only=True, dtype=torch.float32, output_loading_info=True, **config
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
    return model, tokenizer, sorted(report["missing_keys"])
