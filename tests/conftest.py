"""A tiny tokenizer and a tiny random base checkpoint, for where weights do not matter."""

import sys
from pathlib import Path

# The root's evaluate.py would shadow the library `evaluate` under `python -m pytest`.
_ROOT = Path(__file__).resolve().parents[1]
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != _ROOT]

import contextlib
import io
import os
import runpy
import shutil
import string
import subprocess
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as Tab
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertModel,
    MPNetConfig,
    MPNetModel,
    PreTrainedTokenizerFast,
)

from newsvoices.decoding import Decoding
from newsvoices.labels import LABELS
from newsvoices.modeling import build_model, save_model
from newsvoices.settings import save_settings
from newsvoices.windows import WindowSize

# The models here are so small that a second thread costs more than it gives.
torch.set_num_threads(1)

SPECIAL = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
WORDS = """
the of and a to in is was he for it with as his on be at by had not are but from or have an they
which one you were all her she there would their we him been has when who will no more if out so
up said what its about than into them can only other time new some could these two may first then
do any like my now over such our man me even most made after also did many off before must well
back through years much where your way down should because long each just state those people too
mr little good world make very year still see own work men day get here between both life being
under three never know same last another while us might great go come since against right came
take used himself few house use place during without again home around small however found mrs
part school thought went say general once upon war every does got united left number course until
always away something fact water less public put thing almost hand enough far took head yet
government system set told nothing night end why called find going look asked later knew point
next city business give group toward young days let room side social given present several order
police minister official army party union court company spokesman statement reporter witness
village resident hospital street fire attack peace president election vote law crime trial judge
comment reply share email login article photo copyright read newsletter subscribe follow click
""".split()


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    """A lower-casing WordPiece tokenizer of a few hundred words that knows every ASCII letter."""
    letters = [*string.ascii_lowercase, *string.digits]
    pieces = [*letters, *(f"##{letter}" for letter in letters), *string.punctuation, "##s"]
    vocabulary = dict.fromkeys([*SPECIAL.values(), *pieces, *WORDS])
    ids = {piece: index for index, piece in enumerate(vocabulary)}
    backend = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])],
    )
    return PreTrainedTokenizerFast(tokenizer_object=backend, **SPECIAL)


TINY = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32}


@pytest.fixture(scope="session")
def tiny_base(tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a two-layer BERT with random weights, 64 positions and the tiny tokenizer."""
    folder = tmp_path_factory.mktemp("tiny-base")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer),
        num_hidden_layers=2,
        max_position_embeddings=64,
        **TINY,
    )
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_mpnet(tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a six-layer MPNet with random weights and room for windows of 256 tokens."""
    folder = tmp_path_factory.mktemp("tiny-mpnet")
    config = MPNetConfig(
        vocab_size=len(tokenizer),
        num_hidden_layers=6,  # as many as experiment=mpnet6 keeps
        max_position_embeddings=300,
        **TINY,
    )
    MPNetModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_model(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with random weights, scaled up so that scores differ, and transitions."""
    folder = tmp_path_factory.mktemp("saved") / "model"
    model, tokenizer = build_model(tiny_base, window=32, config={})
    model.classifier.weight.data *= 50
    save_model(model, tokenizer, folder)
    transitions = np.random.default_rng(0).normal(size=(len(LABELS), len(LABELS)))
    save_settings(folder, WindowSize(32, 4, True, 2), Decoding(1.5, 0.7, transitions), LABELS)
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; without one the test is skipped, or fails where CHROMIUM=required."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        if os.environ.get("CHROMIUM") == "required":
            pytest.fail(f"expected a browser on the path, one of {', '.join(names)}; found none")
        pytest.skip("needs Chromium on the path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Tab]:
    """A tab that fails the test for a console message, an error or a request."""
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("request", lambda request: complaints.append(request.url))
    yield tab
    tab.close()
    assert [text for text in complaints if not text.startswith("file:")] == []


def run_script(
    script: str, *arguments: str, folder: Path = _ROOT
) -> subprocess.CompletedProcess[str]:
    """Run a script of the root as `python SCRIPT ARGUMENTS` in a folder would, in this process.

    Starting Python and importing the libraries anew for each command would take most of the time.
    """
    output, complaints = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(complaints),
    ):
        patch.chdir(folder)
        patch.setattr("sys.argv", [script, *arguments])
        patch.setenv("HF_HUB_OFFLINE", "1")
        status: object = 0
        try:
            runpy.run_path(str(folder / script), run_name="__main__")
        except SystemExit as error:
            status = error.code or 0
    if isinstance(status, str):  # what Python prints when a program ends with a message
        complaints.write(status)
        status = 1
    return subprocess.CompletedProcess(
        [script, *arguments], int(str(status)), output.getvalue(), complaints.getvalue()
    )
