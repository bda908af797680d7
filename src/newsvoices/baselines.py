"""What fine-tuning has to beat: label shares, TF-IDF, and the base encoder as it comes.

The first two are linear in n-grams, label shares in none of them. The frozen encoder needs no code
of its own once it is fitted: the mean of a paragraph's hidden states times a regression's weights
is the mean of its tokens' logits, so that the regression is the head of an ordinary saved model.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from transformers import PreTrainedModel

from newsvoices.arguments import ConfigError
from newsvoices.checkpoints import ModelError
from newsvoices.decoding import Decoding
from newsvoices.labels import LABEL2ID, LABELS
from newsvoices.modeling import page_states, save_model
from newsvoices.ngrams import NGRAMS, Floats, Linear, load_linear, make_counter
from newsvoices.pages import Page, check_texts, read_page
from newsvoices.predictions import Prediction, abstain, make_prediction
from newsvoices.settings import read_settings, save_settings
from newsvoices.windows import WindowSize, encode_page

# lbfgs stopped after 20 to 160 iterations on 12,000 paragraphs.
MOST_ITERATIONS = 2000
# The logit of a label that no training paragraph has: never, and still a number to average.
NEVER = -50.0


class Frozen(NamedTuple):
    """A network of which only the head is fitted."""

    network: PreTrainedModel
    tokenizer: Any
    size: WindowSize

    def save(self, folder: Path, kind: str) -> None:
        """Write an ordinary model folder: a network, probabilities as they are, no transitions."""
        save_model(self.network, self.tokenizer, folder)
        plain = Decoding(1.0, 0.0, np.zeros((len(LABELS), len(LABELS))))
        save_settings(folder, self.size, plain, LABELS, baseline=kind)


class Baseline:
    """A saved baseline that has no network; used like a `Classifier`. Make one with `load`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        settings = read_settings(folder)
        what = f"{folder}: the {settings['baseline']} baseline"
        try:
            self.labels = [str(label) for label in settings["labels"]]
            self._linear = load_linear(folder, len(self.labels))
        except ImportError as error:
            raise ModelError(
                f"{what} needs scikit-learn ({error}): pip install 'newsvoices[train]'"
            ) from error
        except (AttributeError, KeyError, OSError, SafetensorError, TypeError, ValueError) as error:
            raise ModelError(f"{what} cannot be loaded: {error!r}") from error

    def read(
        self,
        path: str | Path | None = None,
        *,
        text: str | None = None,
        html: str | bytes | None = None,
    ) -> Page:
        """Read a page. See `pages.read_page`."""
        return read_page(path, text=text, html=html)

    def classify(self, page: Page | Sequence[str], *, min_score: float = 0.0) -> list[Prediction]:
        """Label the paragraphs of one page. See `Classifier.classify`."""
        texts = check_texts(page.texts if isinstance(page, Page) else page)
        if not texts:
            return []
        return [
            abstain(make_prediction(text, self.labels, row, cut=False), min_score)
            for text, row in zip(texts, self._linear.scores(texts), strict=True)
        ]

    def classify_pages(
        self, pages: Iterable[Page | Sequence[str]], *, min_score: float = 0.0
    ) -> Iterator[list[Prediction]]:
        """Label many pages, lazily and in order. See `Classifier.classify_pages`."""
        for index, page in enumerate(pages):
            try:
                predictions = self.classify(page, min_score=min_score)
            except (TypeError, ValueError) as error:
                raise type(error)(f"page {index}: {error}") from error
            yield predictions


def fit_majority(pages: Sequence[Page]) -> Linear:
    """Give every paragraph the label shares of the training pages."""
    shares = np.bincount(_gold(pages), minlength=len(LABELS)) / len(_gold(pages))
    return Linear(None, np.empty((0, len(LABELS))), np.log(np.maximum(shares, np.exp(NEVER))))


def fit_tfidf(pages: Sequence[Page], *, inverse_penalty: float, balanced: bool) -> Linear:
    """Fit a logistic regression on TF-IDF weights of words and of pieces of words.

    Args:
        inverse_penalty: the smaller, the smaller the weights; scikit-learn's `C`.
        balanced: whether labels weigh the same, however many paragraphs have them.

    Raises:
        ConfigError: a penalty out of range, or pages with fewer than two labels.
    """
    gold = _checked_gold(pages, inverse_penalty)
    counter = make_counter(NGRAMS, None)
    try:
        counts = counter.fit_transform([text for page in pages for text in page.texts])
    except ValueError as error:  # scikit-learn's, when no n-gram is left
        raise ConfigError(
            f"data: expected training paragraphs that share words: {error}"
        ) from error
    return Linear(counter, *_regression(counts, gold, inverse_penalty, balanced))


def fit_frozen(
    network: PreTrainedModel,
    tokenizer: Any,
    pages: Sequence[Page],
    *,
    size: WindowSize,
    inverse_penalty: float,
    balanced: bool,
) -> Frozen:
    """Fit the head of a network in place on the mean last hidden states of each paragraph.

    Args:
        network: from `build_model`; nothing but its head changes.
        inverse_penalty: as in `fit_tfidf`.
        balanced: as in `fit_tfidf`.

    Raises:
        ConfigError: as `fit_tfidf`.
        ModelError: the head of such a network is more than one linear layer.
    """
    gold = _checked_gold(pages, inverse_penalty)
    own = [
        name
        for name, _ in network.named_parameters()
        if not name.startswith(f"{network.base_model_prefix}.")
    ]
    if own != ["classifier.weight", "classifier.bias"]:
        raise ModelError(f"expected a head of one layer to fit, found {', '.join(own)}")
    passes = [encode_page(page.texts, tokenizer, size)[0] for page in pages]
    states = np.concatenate(page_states(network, passes, pad_id=tokenizer.pad_token_id))
    weights, bias = _regression(states, gold, inverse_penalty, balanced)
    head = network.classifier
    head.weight.data = head.weight.new_tensor(weights.T)
    head.bias.data = head.bias.new_tensor(bias)
    return Frozen(network, tokenizer, size)


def _gold(pages: Sequence[Page]) -> NDArray[np.int64]:
    labels = [str(paragraph.label) for page in pages for paragraph in page.paragraphs]
    return np.array([LABEL2ID[label] for label in labels])


def _checked_gold(pages: Sequence[Page], inverse_penalty: float) -> NDArray[np.int64]:
    """The label ids of all paragraphs; refuses what no regression can be fitted with."""
    if not 0 < inverse_penalty < math.inf:
        raise ConfigError(
            f"model.inverse_penalty: expected a finite number above 0, found {inverse_penalty}"
        )
    gold = _gold(pages)
    if len(known := np.unique(gold)) < 2:
        found = ", ".join(LABELS[label] for label in known)
        raise ConfigError(f"data: expected training paragraphs of two labels, found only {found}")
    return gold


def _regression(
    features: Any, gold: NDArray[np.int64], inverse_penalty: float, balanced: bool
) -> tuple[Floats, Floats]:
    """Weights [features, labels] and bias [labels]; labels that `gold` lacks get the bias NEVER."""
    from sklearn.linear_model import LogisticRegression

    known = np.unique(gold)
    fitted = LogisticRegression(
        C=inverse_penalty,
        class_weight="balanced" if balanced else None,
        max_iter=MOST_ITERATIONS,
    ).fit(features, gold)
    rows, bias = fitted.coef_, fitted.intercept_
    if len(known) == 2:  # one row then: the second label against the first
        rows, bias = np.concatenate([-rows, rows]) / 2, np.concatenate([-bias, bias]) / 2
    all_weights = np.zeros((features.shape[1], len(LABELS)))
    all_bias = np.full(len(LABELS), NEVER)
    all_weights[:, known], all_bias[known] = rows.T, bias
    return all_weights, all_bias
