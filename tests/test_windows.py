"""Every paragraph comes out of the windows exactly once, and what is cut is told."""

import copy
import string
import time
from itertools import islice
from typing import Any

import numpy as np
import pytest

from newsvoices.arguments import ConfigError
from newsvoices.windows import (
    CHARACTERS_PER_TOKEN,
    Window,
    WindowSize,
    collate,
    cut_windows,
    encode_page,
    random_limits,
    tokenise,
)

CLS, SEP, PAD = 2, 3, 0


def random_page(seed: int, most: int) -> list[list[int]]:
    """Paragraphs of random ids; lengths from 1 to `most`, short ones likelier."""
    random = np.random.default_rng(seed)
    lengths = np.minimum(random.geometric(3 / most, size=random.integers(1, 40)), most)
    return [random.integers(10, 1000, size=length).tolist() for length in lengths]


def size_of(tokens: int, carry: int, *, context: bool = True, passes: int = 1) -> WindowSize:
    return WindowSize(tokens, carry, context, passes)


def random_size(seed: int) -> WindowSize:
    random = np.random.default_rng(seed)
    tokens = int(random.integers(8, 80))
    return size_of(tokens, int(random.integers(0, tokens // 2 + 1)))


def cut(page: list[list[int]], size: WindowSize) -> list[Window]:
    return cut_windows(page, size, cls_id=CLS, sep_id=SEP)


def contents(windows: list[Window]) -> list[list[int]]:
    """The token ids under each span, over all windows."""
    return [window.input_ids[start:end] for window in windows for start, end in window.spans]


@pytest.mark.parametrize("seed", range(50))
def test_every_paragraph_comes_out_once_in_order_and_whole(seed: int) -> None:
    size = random_size(seed)
    page = random_page(seed, size.tokens - 2)
    for windows in (cut(page, size), cut(page, size_of(size.tokens, 0, context=False))):
        assert contents(windows) == page


@pytest.mark.parametrize("seed", range(50))
def test_no_window_is_longer_than_its_limit(seed: int) -> None:
    size = random_size(seed)
    windows = cut(random_page(seed, size.tokens - 2), size)
    assert all(len(window.input_ids) <= size.tokens for window in windows)


@pytest.mark.parametrize("seed", range(50))
def test_a_window_is_its_paragraphs_each_with_a_separator_after_the_carry(seed: int) -> None:
    size = random_size(seed)
    page = random_page(seed, size.tokens - 2)
    first = 0
    for window in cut(page, size):
        own = page[first : first + len(window.spans)]
        free = size.tokens - 3 - len(own[0])
        carried = (
            page[first - 1][-min(size.carry, free) :] if first and size.carry and free > 0 else []
        )
        expected = [CLS, *carried, *([SEP] if carried else [])]
        for tokens, (start, _) in zip(own, window.spans, strict=True):
            assert start == len(expected)
            expected += [*tokens, SEP]
        assert window.input_ids == expected
        first += len(own)


@pytest.mark.parametrize("seed", range(50))
def test_a_window_ends_only_where_the_next_paragraph_does_not_fit(seed: int) -> None:
    size = random_size(seed)
    page = random_page(seed, size.tokens - 2)
    windows = cut(page, size)
    first = 0
    for window in windows[:-1]:
        first += len(window.spans)
        assert len(window.input_ids) + len(page[first]) + 1 > size.tokens


@pytest.mark.parametrize("seed", range(20))
def test_without_context_every_paragraph_has_a_window_without_carry(seed: int) -> None:
    size = size_of(32, 0, context=False)
    page = random_page(seed, 30)
    windows = cut(page, size)
    assert [window.input_ids for window in windows] == [[CLS, *tokens, SEP] for tokens in page]
    assert [window.spans for window in windows] == [[(1, 1 + len(tokens))] for tokens in page]


def test_carry_is_the_end_of_the_paragraph_before_the_window() -> None:
    page = [[10, 11, 12, 13, 14], [20, 21, 22, 23, 24]]
    windows = cut(page, size_of(12, 3))
    assert [window.input_ids for window in windows] == [
        [CLS, 10, 11, 12, 13, 14, SEP],
        [CLS, 12, 13, 14, SEP, 20, 21, 22, 23, 24, SEP],
    ]
    assert [window.spans for window in windows] == [[(1, 6)], [(5, 10)]]


def test_a_long_paragraph_shortens_the_carry_before_it() -> None:
    before, size = list(range(100, 110)), size_of(16, 8)
    carried = {
        length: len(cut([before, [7] * length], size)[1].input_ids) - length - 2
        for length in (8, 10, 12, 13, 14)
    }
    # The separator after the carry takes a place too.
    assert carried == {8: 6, 10: 4, 12: 2, 13: 0, 14: 0}


@pytest.mark.parametrize("seed", range(20))
def test_windows_with_random_limits_hold_every_paragraph_once(seed: int) -> None:
    size = random_size(seed)
    page = random_page(seed, size.tokens - 2)
    limits = random_limits(size, np.random.default_rng(seed))
    windows = cut_windows(page, size, cls_id=CLS, sep_id=SEP, limits=limits)
    assert contents(windows) == page
    assert all(len(window.input_ids) <= size.tokens for window in windows)


def test_random_limits_lie_between_half_a_window_and_a_whole_one() -> None:
    limits = random_limits(size_of(20, 0), np.random.default_rng(0))
    assert set(islice(limits, 1000)) == set(range(10, 21))


def test_every_pass_holds_every_paragraph_and_cuts_elsewhere(tokenizer: Any) -> None:
    texts = ["the minister said no to the city"] * 20
    passes, _ = encode_page(texts, tokenizer, size_of(60, 6, passes=3))
    assert [sum(len(window.spans) for window in windows) for windows in passes] == [20, 20, 20]
    # A paragraph with its separator takes 8 tokens: 60, 40 and 20 hold 7, 4 and 2 of them.
    assert [len(windows[0].spans) for windows in passes] == [7, 4, 2]
    assert [len(windows[1].spans) for windows in passes] == [6, 6, 6]


@pytest.mark.parametrize("passes", [0, 5])
def test_passes_out_of_range_are_refused(passes: int) -> None:
    with pytest.raises(ConfigError, match=rf"window\.passes: expected 1 to 4, found {passes}"):
        size_of(32, 4, passes=passes)


@pytest.mark.parametrize(("carry", "passes"), [(4, 1), (0, 2)])
def test_without_context_carry_and_passes_are_refused(carry: int, passes: int) -> None:
    with pytest.raises(ConfigError, match=f"found carry {carry} and passes {passes}"):
        size_of(32, carry, context=False, passes=passes)


def test_a_page_without_paragraphs_has_no_windows() -> None:
    assert cut([], size_of(32, 4)) == []


@pytest.mark.parametrize("tokens", [7, 0, -1])
def test_a_window_too_small_for_text_is_refused(tokens: int) -> None:
    with pytest.raises(ConfigError, match=rf"window\.tokens: expected at least 8, found {tokens}"):
        size_of(tokens, 0)


@pytest.mark.parametrize("carry", [-1, 17])
def test_a_carry_over_half_the_window_is_refused(carry: int) -> None:
    with pytest.raises(ConfigError, match=rf"window\.carry: expected 0 to 16, .*found {carry}"):
        size_of(32, carry)


@pytest.mark.parametrize("seed", range(20))
def test_a_page_of_text_comes_out_as_the_tokenizer_reads_it(tokenizer: Any, seed: int) -> None:
    random = np.random.default_rng(seed)
    letters = [*string.ascii_letters, *string.digits, *".,!?'\"-[]()@#", *" " * 20]
    texts = ["x" + "".join(random.choice(letters, size=random.integers(1, 200))) for _ in range(12)]
    size = size_of(24, 6)
    (windows,), was_cut = encode_page(texts, tokenizer, size)
    whole = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
    assert contents(windows) == [tokens[:22] for tokens in whole]
    assert was_cut == [len(tokens) > 22 for tokens in whole]


def test_a_text_is_flagged_as_cut_only_when_a_token_is_lost(tokenizer: Any) -> None:
    ids, was_cut = tokenise(["the " * 9, "the " * 10, "the " * 11], tokenizer, 10)
    assert [len(tokens) for tokens in ids] == [9, 10, 10]
    assert was_cut == [False, False, True]


def test_a_text_past_the_limit_of_characters_is_flagged_as_cut(tokenizer: Any) -> None:
    limit = 10 * CHARACTERS_PER_TOKEN
    texts = ["a" * limit, "a" * (limit + 1), "a" + " " * limit * 2 + "a"]
    assert tokenise(texts, tokenizer, 10)[1] == [False, True, False]


def test_nothing_past_the_limit_of_characters_is_tokenised(tokenizer: Any) -> None:
    text = "\u200b" * 10 * CHARACTERS_PER_TOKEN + "the minister said"
    assert tokenise([text], tokenizer, 10) == ([[tokenizer.unk_token_id]], [True])


@pytest.mark.parametrize("piece", ["the minister said ", "a", "\u200b", "ä😀"])
def test_a_million_characters_are_cut_flagged_and_quick(tokenizer: Any, piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    started = time.process_time()
    (windows,), was_cut = encode_page(["of", text, "to"], tokenizer, size_of(256, 32))
    assert time.process_time() - started < 1
    assert was_cut == [False, True, False]
    lengths = [len(tokens) for tokens in contents(windows)]
    assert lengths[::2] == [1, 1]
    assert 1 <= lengths[1] <= 254


@pytest.mark.parametrize("text", ["\u200b", "\u00ad\u200d", "\x00"])
def test_a_text_that_the_tokenizer_drops_has_the_unknown_token(tokenizer: Any, text: str) -> None:
    assert tokenizer(text, add_special_tokens=False)["input_ids"] == []
    ids, was_cut = tokenise(["the", text], tokenizer, 10)
    assert ids[1] == [tokenizer.unk_token_id]
    assert was_cut == [False, False]


@pytest.mark.parametrize("name", ["[SEP]", "[CLS]", "[PAD]", "[MASK]", "[UNK]"])
def test_a_special_token_in_a_text_is_plain_characters(tokenizer: Any, name: str) -> None:
    ids, _ = tokenise([f"the {name} of{name}"], tokenizer, 50)
    assert not set(ids[0]) & set(tokenizer.all_special_ids)
    joined = "".join(tokenizer.convert_ids_to_tokens(ids[0])).replace("##", "")
    assert joined == f"the{name}of{name}".lower()


def test_truncation_and_padding_left_in_a_tokenizer_do_nothing(tokenizer: Any) -> None:
    left = copy.deepcopy(tokenizer)
    left.backend_tokenizer.enable_truncation(4)
    left.backend_tokenizer.enable_padding(length=64)
    texts = ["the " * 12, "of"]
    assert tokenise(texts, left, 20) == tokenise(texts, tokenizer, 20)
    assert [len(tokens) for tokens in tokenise(texts, left, 20)[0]] == [12, 1]


def test_white_space_makes_no_difference_to_the_tokens(tokenizer: Any) -> None:
    ids, _ = tokenise(["the minister said", " the\n\nminister\u2003said\t"], tokenizer, 50)
    assert ids[0] == ids[1]


def test_collate_pads_tokens_and_spans_to_the_longest() -> None:
    windows = [Window([CLS, 7, SEP, 8, SEP], [(1, 2), (3, 4)]), Window([CLS, 9, SEP], [(1, 2)])]
    batch = collate(windows, pad_id=99)
    assert batch["input_ids"].tolist() == [[CLS, 7, SEP, 8, SEP], [CLS, 9, SEP, 99, 99]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]
    assert batch["spans"].tolist() == [[[1, 2], [3, 4]], [[1, 2], [0, 0]]]
    assert {array.dtype for array in batch.values()} == {np.dtype(np.int64)}


@pytest.mark.parametrize("seed", range(10))
def test_paragraphs_can_be_read_back_from_a_batch(seed: int) -> None:
    size = random_size(seed)
    page = random_page(seed, size.tokens - 2)
    batch = collate(cut(page, size), pad_id=PAD)
    read = [
        ids[start:end].tolist()
        for ids, spans in zip(batch["input_ids"], batch["spans"], strict=True)
        for start, end in spans
        if end > start
    ]
    assert read == page
    assert np.array_equal(batch["attention_mask"] == 0, batch["input_ids"] == PAD)
