"""The saved model as other code uses it: read a page, classify its paragraphs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from newsvoices import modeling
from newsvoices.baselines import Baseline
from newsvoices.checkpoints import ModelError, hub_folder
from newsvoices.decoding import Floats
from newsvoices.pages import Page, check_texts, read_page
from newsvoices.predictions import Prediction, abstain, make_prediction
from newsvoices.settings import LINEAR, SETTINGS, read_network_settings, read_settings
from newsvoices.windows import Window, encode_page

# Windows that are run together: enough to sort by length, few enough to keep an iterator lazy.
CHUNK_WINDOWS = 64


def load(
    path: str | Path, *, device: str | None = None, bfloat16: bool = False
) -> "Classifier | Baseline":
    """Load a model folder, or a hub repository that holds one.

    Args:
        path: a folder such as `runs/NAME/model`, or a hub id.
        device: where torch runs it; by default a GPU if there is one, else the CPU.
        bfloat16: take matrix products in bfloat16. A GPU, or a CPU with AMX, is faster at them;
            scores then change in the second or third digit, also with the pages beside a page.

    Raises:
        ModelError: nothing there, or a folder that is not complete.
    """
    folder = _find_folder(path)
    if read_settings(folder).get("baseline") in LINEAR:
        return Baseline(folder)
    return Classifier(folder, device=device, bfloat16=bfloat16)


class Classifier:
    """A saved model. Make one with `load`."""

    def __init__(
        self, path: str | Path, *, device: str | None = None, bfloat16: bool = False
    ) -> None:
        self.bfloat16 = bfloat16
        self.folder = _find_folder(path)
        self.size, self.decoding, self.labels = read_network_settings(self.folder)
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

    def classify(self, page: Page | Sequence[str], *, min_score: float = 0.0) -> list[Prediction]:
        """Label the paragraphs of one page, in order.

        Args:
            min_score: paragraphs whose best score is lower get the label None; scores are kept.

        Raises:
            TypeError: a paragraph is not a `str`, or the page is one string.
            ValueError: a paragraph is blank.
        """
        encoded = self._encode(page)
        predictions = self._decode(encoded, next(self._run([encoded])))
        return [abstain(prediction, min_score) for prediction in predictions]

    def classify_pages(
        self, pages: Iterable[Page | Sequence[str]], *, min_score: float = 0.0
    ) -> Iterator[list[Prediction]]:
        """Label many pages, lazily and in order; the same scores as one by one, but faster.

        A page that cannot be classified raises after the results of all pages before it; the
        message names its index.
        """
        for encoded, logits in self._run_chunks(pages):
            predictions = self._decode(encoded, logits)
            yield [abstain(prediction, min_score) for prediction in predictions]

    def logits(self, pages: Iterable[Page | Sequence[str]]) -> Iterator[Floats]:
        """The logits [paragraphs, labels] of many pages, lazily and in order.

        They are what `classify_pages` has before temperature and transitions.
        """
        for _, logits in self._run_chunks(pages):
            yield logits

    def decode(self, page: Page | Sequence[str], logits: Floats) -> list[Prediction]:
        """The predictions of one page from its `logits`, with the `decoding` that is set."""
        return self._decode(self._encode(page), logits)

    def window_places(self, page: Page | Sequence[str]) -> list[str]:
        """Where in its window of the first pass each paragraph is: first, inside, last, alone."""
        places: list[str] = []
        for window in self._encode(page).passes[0]:
            inside = ["inside"] * (len(window.spans) - 2)
            places += ["alone"] if len(window.spans) == 1 else ["first", *inside, "last"]
        return places

    def _run_chunks(
        self, pages: Iterable[Page | Sequence[str]]
    ) -> Iterator[tuple["_Encoded", Floats]]:
        chunk: list[_Encoded] = []
        for index, page in enumerate(pages):
            try:
                chunk.append(self._encode(page))
            except (TypeError, ValueError) as error:
                yield from zip(chunk, self._run(chunk), strict=True)
                raise type(error)(f"page {index}: {error}") from error
            windows = sum(len(windows) for encoded in chunk for windows in encoded.passes)
            if windows >= CHUNK_WINDOWS:
                yield from zip(chunk, self._run(chunk), strict=True)
                chunk = []
        yield from zip(chunk, self._run(chunk), strict=True)

    def _encode(self, page: Page | Sequence[str]) -> "_Encoded":
        texts = check_texts(page.texts if isinstance(page, Page) else page)
        if not texts:
            return _Encoded([], [], [])
        return _Encoded(texts, *encode_page(texts, self._tokenizer, self.size))

    def _run(self, chunk: Sequence["_Encoded"]) -> Iterator[Floats]:
        passes = [encoded.passes for encoded in chunk if encoded.texts]
        settings = {"pad_id": self._tokenizer.pad_token_id, "bfloat16": self.bfloat16}
        logits = iter(modeling.page_logits(self._model, passes, **settings))
        for encoded in chunk:
            if encoded.texts:
                yield next(logits).astype(np.float64)
            else:
                yield np.empty((0, len(self.labels)))

    def _decode(self, encoded: "_Encoded", logits: Floats) -> list[Prediction]:
        if not encoded.texts:
            return []
        scores = self.decoding.scores(logits)
        return [
            make_prediction(text, self.labels, row, cut=cut)
            for text, row, cut in zip(encoded.texts, scores, encoded.cut, strict=True)
        ]


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
        return hub_folder(path)
    raise ModelError(f"{folder}: expected a model folder such as runs/NAME/model, found none there")
