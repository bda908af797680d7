"""The saved model as other code uses it: read a page, classify its paragraphs."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from newsvoices import modeling
from newsvoices.decoding import Decoding
from newsvoices.modeling import ModelError
from newsvoices.pages import Page, check_texts, read_page
from newsvoices.windows import Window, WindowSize, encode_page

SETTINGS = "newsvoices.json"
FORMAT = 1

# Windows that are run together: enough to sort by length, few enough to keep an iterator lazy.
CHUNK_WINDOWS = 64


@dataclass(frozen=True, slots=True)
class Prediction:
    """The voice of one paragraph."""

    text: str
    label: str
    score: float
    """The label's own entry in `scores`."""
    scores: dict[str, float]
    """Calibrated probability of every label; they sum to 1."""
    cut: bool
    """True where the paragraph was longer than a window and only its beginning was read."""


def load(path: str | Path, *, device: str | None = None) -> "Classifier":
    """Load a model folder, or a hub repository that holds one.

    Args:
        path: a folder such as `runs/NAME/model`, or a hub id.
        device: where torch runs it; by default a GPU if there is one, else the CPU.

    Raises:
        ModelError: nothing there, or a folder that is not complete.
    """
    return Classifier(path, device=device)


def save_settings(
    folder: Path, size: WindowSize, decoding: Decoding, labels: Sequence[str]
) -> None:
    """Write beside the weights what the loader needs to cut and decode pages as in training."""
    settings = {
        "format": FORMAT,
        "labels": list(labels),
        "window": asdict(size),
        "temperature": decoding.temperature,
        "transition_weight": decoding.weight,
        # transitions[i][j]: score of label j after label i
        "transitions": decoding.transitions.tolist(),
    }
    text = json.dumps(settings, indent=2) + "\n"
    (folder / SETTINGS).write_text(text, encoding="utf-8")


class Classifier:
    """A saved model. Make one with `load`."""

    def __init__(self, path: str | Path, *, device: str | None = None) -> None:
        self.folder = _find_folder(path)
        self.size, self.decoding, self.labels = _read_settings(self.folder)
        self._model, self._tokenizer = modeling.load_model(self.folder, device)
        found = [name for _, name in sorted(self._model.config.id2label.items())]
        if found != self.labels:
            raise ModelError(
                f"{self.folder}: expected the labels of {SETTINGS}, {self.labels}, found {found} "
                "in config.json"
            )
        longest = modeling.longest_window(self._model, self._tokenizer)
        if self.size.tokens > longest:
            raise ModelError(
                f"{self.folder / SETTINGS}: expected windows of at most the model's {longest} "
                f"tokens, found {self.size.tokens}"
            )

    def read(
        self,
        path: str | Path | None = None,
        *,
        text: str | None = None,
        html: str | bytes | None = None,
    ) -> Page:
        """Read an HTML or plain-text file, running text, or HTML. See `pages.read_page`."""
        return read_page(path, text=text, html=html)

    def classify(self, page: Page | Sequence[str]) -> list[Prediction]:
        """Label the paragraphs of one page, in order.

        Raises:
            TypeError: a paragraph is not a `str`, or the page is one string.
            ValueError: a paragraph is blank.
        """
        return next(self._run([self._encode(page)]))

    def classify_pages(self, pages: Iterable[Page | Sequence[str]]) -> Iterator[list[Prediction]]:
        """Label many pages, lazily and in order; the same scores as one by one, but faster.

        A page that cannot be classified raises after the results of all pages before it; the
        message names its index.
        """
        chunk: list[_Encoded] = []
        for index, page in enumerate(pages):
            try:
                chunk.append(self._encode(page))
            except (TypeError, ValueError) as error:
                yield from self._run(chunk)
                raise type(error)(f"page {index}: {error}") from error
            windows = sum(len(windows) for encoded in chunk for windows in encoded.passes)
            if windows >= CHUNK_WINDOWS:
                yield from self._run(chunk)
                chunk = []
        yield from self._run(chunk)

    def _encode(self, page: Page | Sequence[str]) -> "_Encoded":
        texts = check_texts(page.texts if isinstance(page, Page) else page)
        if not texts:
            return _Encoded([], [], [])
        return _Encoded(texts, *encode_page(texts, self._tokenizer, self.size))

    def _run(self, chunk: Sequence["_Encoded"]) -> Iterator[list[Prediction]]:
        passes = [encoded.passes for encoded in chunk if encoded.texts]
        pad_id = self._tokenizer.pad_token_id
        logits = iter(modeling.page_logits(self._model, passes, pad_id=pad_id))
        for encoded in chunk:
            if not encoded.texts:
                yield []
                continue
            scores = self.decoding.scores(next(logits).astype(np.float64))
            yield [
                self._prediction(text, row, cut)
                for text, row, cut in zip(encoded.texts, scores, encoded.cut, strict=True)
            ]

    def _prediction(self, text: str, row: Any, cut: bool) -> Prediction:
        scores = dict(zip(self.labels, map(float, row), strict=True))
        label = max(scores, key=lambda name: scores[name])
        return Prediction(text, label, scores[label], scores, cut)


@dataclass(frozen=True, slots=True)
class _Encoded:
    texts: list[str]
    passes: list[list[Window]]
    cut: list[bool]


def _find_folder(path: str | Path) -> Path:
    folder = Path(path)
    if folder.is_dir():
        return folder
    # A hub id is "owner/name"; everything else can only have been meant as a path.
    if isinstance(path, str) and path.count("/") == 1 and not path.startswith((".", "/", "~")):
        return modeling.hub_folder(path)
    raise ModelError(f"{folder}: expected a model folder such as runs/NAME/model, found none there")


def _read_settings(folder: Path) -> tuple[WindowSize, Decoding, list[str]]:
    file = folder / SETTINGS
    if not file.is_file():
        raise ModelError(
            f"{folder}: expected a model that newsvoices saved, found no {SETTINGS} in it; "
            "the folder is runs/NAME/model"
        )
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
        if settings["format"] != FORMAT:
            raise ValueError(f"format {settings['format']!r}, which this version cannot read")
        labels = [str(label) for label in settings["labels"]]
        transitions = np.array(settings["transitions"], dtype=np.float64)
        transitions = transitions.reshape(len(labels), len(labels))
        decoding = Decoding(
            float(settings["temperature"]), float(settings["transition_weight"]), transitions
        )
        if not (
            decoding.temperature > 0 and np.isfinite([decoding.weight, *transitions.flat]).all()
        ):
            raise ValueError("a temperature that is not above 0, or scores that are not finite")
        return WindowSize(**settings["window"]), decoding, labels
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{file}: expected the settings of a model, found: {error!r}") from error
