"""Base checkpoints are found and checked; logits are pooled, batched and saved rightly."""

import json
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

from newsvoices.checkpoints import ModelError
from newsvoices.labels import ID2LABEL
from newsvoices.modeling import (
    build_model,
    load_model,
    page_logits,
    paragraph_logits,
    save_model,
    window_logits,
)
from newsvoices.windows import WindowSize, encode_page


def test_the_model_carries_our_labels(tiny_base: Path) -> None:
    model, _ = build_model(tiny_base, window=32, config={})
    assert model.config.id2label == ID2LABEL
    assert model.classifier.out_features == len(ID2LABEL)


def test_config_values_replace_those_of_the_checkpoint(tiny_base: Path) -> None:
    model, _ = build_model(tiny_base, window=32, config={"hidden_dropout_prob": 0.25})
    assert model.bert.encoder.layer[0].output.dropout.p == 0.25


def test_fewer_layers_than_the_checkpoint_has_are_its_lowest(tiny_base: Path) -> None:
    whole, _ = build_model(tiny_base, window=16, config={})
    lower, _ = build_model(tiny_base, window=16, config={"num_hidden_layers": 1})
    assert len(lower.bert.encoder.layer) == 1
    kept = whole.bert.encoder.layer[0].state_dict()
    for name, value in lower.bert.encoder.layer[0].state_dict().items():
        torch.testing.assert_close(value, kept[name])


def test_an_unknown_config_key_is_named(tiny_base: Path) -> None:
    with pytest.raises(ModelError, match="hidden_dropot_prob: no such key"):
        build_model(tiny_base, window=32, config={"hidden_dropot_prob": 0.1})


def test_a_window_longer_than_the_checkpoint_takes_is_refused(tiny_base: Path) -> None:
    with pytest.raises(ModelError, match="at most the 64 of .*, found 65"):
        build_model(tiny_base, window=65, config={})


@pytest.mark.parametrize("content", ["{", "{}", None])
def test_a_broken_base_checkpoint_is_an_error_of_ours(
    tiny_base: Path, tmp_path: Path, content: str | None
) -> None:
    for file in tiny_base.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    if content is None:
        (tmp_path / "model.safetensors").unlink()
    else:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(ModelError, match="the checkpoint cannot be used"):
        build_model(tmp_path, window=32, config={})


def test_a_base_checkpoint_that_lacks_weights_is_refused(tiny_base: Path, tmp_path: Path) -> None:
    for file in tiny_base.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = load_file(tmp_path / "model.safetensors")
    lost = next(name for name in weights if "layer.1.output.dense.weight" in name)
    del weights[lost]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"found no .*layer\.1\.output\.dense\.weight"):
        build_model(tmp_path, window=32, config={})


def test_paragraph_logits_are_means_over_spans() -> None:
    logits = torch.arange(24, dtype=torch.float32).reshape(1, 4, 6)
    pooled = paragraph_logits(logits, torch.tensor([[[0, 1], [1, 4], [0, 0]]]))
    assert torch.equal(pooled[0, 0], logits[0, 0])
    assert torch.equal(pooled[0, 1], logits[0, 1:4].mean(dim=0))
    assert torch.equal(pooled[0, 2], torch.zeros(6))


@pytest.mark.parametrize("batch_tokens", [1, 64, 100_000])
def test_logits_do_not_depend_on_the_batch(tiny_base: Path, batch_tokens: int) -> None:
    model, tokenizer = build_model(tiny_base, window=32, config={})
    texts = [f"the man said {'word ' * (1 + 7 * i % 20)}" for i in range(30)]
    (windows,), _ = encode_page(texts, tokenizer, WindowSize(32, 4, True, 1))
    model.eval()
    one_by_one = [window_logits(model, [window], pad_id=0)[0] for window in windows]
    batched = window_logits(model, windows, pad_id=0, batch_tokens=batch_tokens)
    assert [len(rows) for rows in batched] == [len(window.spans) for window in windows]
    for alone, together in zip(one_by_one, batched, strict=True):
        np.testing.assert_allclose(alone, together, atol=1e-5)


def test_logits_of_a_page_are_the_mean_over_its_passes(tiny_base: Path) -> None:
    model, tokenizer = build_model(tiny_base, window=32, config={})
    model.eval()
    texts = [f"the man said {'word ' * (i % 5)}" for i in range(12)]
    passes, _ = encode_page(texts, tokenizer, WindowSize(32, 4, True, 2))
    apart = [np.concatenate(window_logits(model, windows, pad_id=0)) for windows in passes]
    assert not np.allclose(apart[0], apart[1])
    twice = page_logits(model, [passes, passes[:1]], pad_id=0)
    np.testing.assert_allclose(twice[0], (apart[0] + apart[1]) / 2, atol=1e-5)
    np.testing.assert_allclose(twice[1], apart[0], atol=1e-5)


@pytest.fixture
def saved(tiny_base: Path, tmp_path: Path) -> Path:
    model, tokenizer = build_model(tiny_base, window=32, config={})
    tokenizer("a call that truncates", truncation=True, max_length=3, padding="max_length")
    save_model(model, tokenizer, tmp_path / "model")
    return tmp_path / "model"


def test_a_saved_model_loads_in_stock_transformers_with_label_names(saved: Path) -> None:
    stock: Any = pipeline("token-classification", model=str(saved))
    assert {entry["entity"] for entry in stock("the man said")} <= set(ID2LABEL.values())
    assert AutoModelForTokenClassification.from_pretrained(saved).config.id2label == ID2LABEL
    assert AutoTokenizer.from_pretrained(saved).cls_token == "[CLS]"


def test_saving_and_loading_keeps_every_weight(tiny_base: Path, tmp_path: Path) -> None:
    model, tokenizer = build_model(tiny_base, window=32, config={})
    save_model(model, tokenizer, tmp_path)
    loaded, _ = load_model(tmp_path, "cpu")
    assert not loaded.training
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, loaded.state_dict()[name]), name


def test_a_saved_model_that_lacks_weights_is_refused(saved: Path) -> None:
    weights = load_file(saved / "model.safetensors")
    del weights["classifier.weight"]
    save_file(weights, saved / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"the weights lack classifier\.weight"):
        load_model(saved, "cpu")


def test_a_saved_model_without_its_tokenizer_is_refused(saved: Path) -> None:
    (saved / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"found no tokenizer\.json"):
        load_model(saved, "cpu")


@pytest.mark.parametrize("device", ["gpu", "cuda:99"])
def test_a_device_that_is_not_there_is_an_error_of_ours(saved: Path, device: str) -> None:
    with pytest.raises(ModelError, match="the model cannot be loaded"):
        load_model(saved, device)


def test_a_saved_model_holds_no_pickle(saved: Path) -> None:
    assert {file.suffix for file in saved.iterdir()} == {".json", ".safetensors"}


def test_a_saved_model_is_readable_by_other_users(saved: Path) -> None:
    readable = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
    assert all(file.stat().st_mode & readable == readable for file in saved.iterdir())


def test_a_saved_tokenizer_neither_truncates_nor_pads(saved: Path) -> None:
    tokenizer = json.loads((saved / "tokenizer.json").read_text())
    assert tokenizer["truncation"] is None
    assert tokenizer["padding"] is None
