"""Pages to token windows: every paragraph comes out exactly once, and cuts are told.

A window is what the encoder sees at once: consecutive paragraphs of one page, each followed by the
separator token, after the last tokens of the paragraph before the window. Encoding paragraphs
jointly, with a separator after each, follows Cohan et al. 2019 (https://aclanthology.org/D19-1383).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from newsvoices.arguments import ConfigError

# WordPiece and BPE texts have 3 to 6 characters a token; what lies past this many characters for
# each token of a window cannot be seen, and tokenising it would only cost time.
CHARACTERS_PER_TOKEN = 32


@dataclass(frozen=True, slots=True)
class WindowSize:
    """How pages are cut. `tokens` counts everything in a window, special tokens included."""

    tokens: int
    carry: int
    """Tokens of the paragraph before the window that are repeated as unlabelled context."""
    context: bool
    """False gives every paragraph a window of its own, without carry."""
    passes: int
    """How often a page is cut and run when it is classified, each time at other places."""

    def __post_init__(self) -> None:
        if self.tokens < 8:
            raise ConfigError(f"window.tokens: expected at least 8, found {self.tokens}")
        if not 0 <= self.carry <= self.tokens // 2:
            raise ConfigError(
                f"window.carry: expected 0 to {self.tokens // 2}, half of the window's "
                f"{self.tokens} tokens, found {self.carry}"
            )
        if not 1 <= self.passes <= self.tokens // 8:
            raise ConfigError(
                f"window.passes: expected 1 to {self.tokens // 8}, found {self.passes}"
            )
        if not self.context and (self.carry, self.passes) != (0, 1):
            raise ConfigError(
                "window: without context there is nothing to carry and one way to cut: expected "
                f"carry 0 and passes 1, found carry {self.carry} and passes {self.passes}"
            )


@dataclass(frozen=True, slots=True)
class Window:
    """Token ids, and for each of its paragraphs the `[start, end)` of that paragraph's tokens."""

    input_ids: list[int]
    spans: list[tuple[int, int]]


def tokenise(texts: Sequence[str], tokenizer: Any, most: int) -> tuple[list[list[int]], list[bool]]:
    """Token ids of each text, at most `most` of them, and whether the text was cut to fit.

    A text that the tokenizer reduces to nothing becomes the unknown token, so that each paragraph
    has at least one token. Special tokens that a text spells out ("[SEP]") are plain characters.
    """
    squeezed = [" ".join(text.split()) for text in texts]
    limit = most * CHARACTERS_PER_TOKEN
    ids = tokenizer(
        [text[:limit] for text in squeezed],
        add_special_tokens=False,
        truncation=False,
        padding=False,
        split_special_tokens=True,
        return_attention_mask=False,
        verbose=False,
    )["input_ids"]
    cut = [
        len(text) > limit or len(tokens) > most for text, tokens in zip(squeezed, ids, strict=True)
    ]
    return [tokens[:most] or [tokenizer.unk_token_id] for tokens in ids], cut


def cut_windows(
    paragraphs: Sequence[list[int]],
    size: WindowSize,
    *,
    cls_id: int,
    sep_id: int,
    limits: Iterator[int] | None = None,
) -> list[Window]:
    """Lay a page's tokenised paragraphs into windows, in order, as many to a window as fit.

    A long first paragraph shortens the carry before it, never the other way round.

    Args:
        paragraphs: token ids, at most `size.tokens - 2` of each paragraph (see `tokenise`).
        limits: tokens at which to end one window after the other; by default `size.tokens` always.
            A paragraph that is longer than its window's limit stands there alone.
    """
    limits = repeat(size.tokens) if limits is None else limits
    windows: list[Window] = []
    window, limit = Window([cls_id], []), next(limits)
    for index, tokens in enumerate(paragraphs):
        full = len(window.input_ids) + len(tokens) + 1 > limit
        if window.spans and (full or not size.context):
            windows.append(window)
            window, limit = Window([cls_id], []), next(limits)
            room = min(size.carry, size.tokens - len(tokens) - 3)
            if room > 0:
                window.input_ids.extend([*paragraphs[index - 1][-room:], sep_id])
        start = len(window.input_ids)
        window.input_ids.extend([*tokens, sep_id])
        window.spans.append((start, start + len(tokens)))
    if window.spans:
        windows.append(window)
    return windows


def encode_page(
    texts: Sequence[str],
    tokenizer: Any,
    size: WindowSize,
    limits: Sequence[Iterator[int]] | None = None,
) -> tuple[list[list[Window]], list[bool]]:
    """Cut a page as often as `size.passes` says, or once for each of `limits`.

    The first window of pass k of n is (n - k) / n of a full one, so that a paragraph at the edge of
    a window in one pass stands amid its neighbours in another.

    Returns:
        The windows of each pass; every pass holds every paragraph once, in order. And for each
        paragraph whether it was cut to fit a window.
    """
    paragraphs, cut = tokenise(texts, tokenizer, size.tokens - 2)
    if limits is None:
        firsts = [size.tokens * k // size.passes for k in range(size.passes, 0, -1)]
        limits = [chain([first], repeat(size.tokens)) for first in firsts]
    ids = {"cls_id": tokenizer.cls_token_id, "sep_id": tokenizer.sep_token_id}
    passes = [cut_windows(paragraphs, size, **ids, limits=limit) for limit in limits]
    for windows in passes:
        held = sum(len(window.spans) for window in windows)
        if held != len(texts):
            raise RuntimeError(f"{len(texts)} paragraphs went into windows, {held} came out")
    return passes, cut


def random_limits(size: WindowSize, rng: np.random.Generator) -> Iterator[int]:
    """Endless window limits between half of a full window and a full one."""
    while True:
        yield int(rng.integers(size.tokens // 2, size.tokens + 1))


def collate(
    windows: Sequence[Window], pad_id: int, length: int = 0
) -> dict[str, NDArray[np.int64]]:
    """Pad windows to one batch, as long as its longest window and at least `length`.

    Returns:
        `input_ids` and `attention_mask` [windows, tokens]; `spans` [windows, paragraphs, 2], where
        a window with fewer paragraphs than the fullest has spans (0, 0).
    """
    tokens = max(length, *(len(window.input_ids) for window in windows))
    paragraphs = max(len(window.spans) for window in windows)
    batch = {
        "input_ids": np.full((len(windows), tokens), pad_id, dtype=np.int64),
        "attention_mask": np.zeros((len(windows), tokens), dtype=np.int64),
        "spans": np.zeros((len(windows), paragraphs, 2), dtype=np.int64),
    }
    for row, window in enumerate(windows):
        batch["input_ids"][row, : len(window.input_ids)] = window.input_ids
        batch["attention_mask"][row, : len(window.input_ids)] = 1
        batch["spans"][row, : len(window.spans)] = window.spans
    return batch
