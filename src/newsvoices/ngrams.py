"""Logits that are linear in TF-IDF weights of n-grams: what they are, and how they are saved.

scikit-learn fits and counts; what is saved are the n-grams as JSON and numbers as safetensors.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save

from newsvoices.decoding import log_softmax
from newsvoices.labels import LABELS
from newsvoices.settings import write_settings

Floats = NDArray[np.float64]

VOCABULARY = "vocabulary.json"
ARRAYS = "baseline.safetensors"

# Pairs of words tell formulas ("police said"), pieces of words tell endings, times and addresses.
# The best of the five ranges that were tried, on the authored validation pages.
NGRAMS = {"word": (1, 2), "char_wb": (2, 5)}
# One letter is a word too: "I" marks who tells what he saw.
WORD = r"\w+"
# An n-gram of a single training paragraph says nothing about another.
LEAST_PARAGRAPHS = 2


@dataclass(frozen=True, slots=True)
class Linear:
    """Logits linear in the n-grams of a paragraph, or the same for all where there are none."""

    counter: Any
    """A fitted `FeatureUnion` of `TfidfVectorizer`s, one for each kind of n-gram; or None."""
    weights: Floats
    """[n-grams of all kinds, labels]"""
    bias: Floats
    """[labels]"""

    def scores(self, texts: Sequence[str]) -> Floats:
        """Probabilities [paragraphs, labels]; every row sums to 1."""
        logits = np.tile(self.bias, (len(texts), 1))
        if self.counter is not None:
            logits += self.counter.transform(texts) @ self.weights
        return np.exp(log_softmax(logits))

    def save(self, folder: Path, kind: str) -> None:
        """Write a model folder, whose `newsvoices.json` names the kind."""
        folder.mkdir(parents=True)
        parts = [] if self.counter is None else [part for _, part in self.counter.transformer_list]
        kinds = {
            part.analyzer: {
                "lengths": list(part.ngram_range),
                "ngrams": part.get_feature_names_out().tolist(),
            }
            for part in parts
        }
        text = json.dumps(kinds, ensure_ascii=False) + "\n"
        (folder / VOCABULARY).write_text(text, encoding="utf-8")
        idf = np.concatenate([np.empty(0), *(part.idf_ for part in parts)])
        arrays = {"idf": idf, "weights": np.ascontiguousarray(self.weights), "bias": self.bias}
        # Not `save_file`, whose file only its owner can read.
        (folder / ARRAYS).write_bytes(save(arrays))
        write_settings(folder, {"baseline": kind, "labels": list(LABELS)})


def load_linear(folder: Path, labels: int) -> Linear:
    """Read what `Linear.save` wrote.

    Args:
        labels: how many there are.

    Raises:
        ImportError: there are n-grams to count and no scikit-learn.
        AttributeError, KeyError, OSError, SafetensorError, TypeError, ValueError: a file is missing
            or damaged.
    """
    kinds = json.loads((folder / VOCABULARY).read_text(encoding="utf-8"))
    arrays = load_file(folder / ARRAYS)
    idf, weights, bias = (arrays[name] for name in ("idf", "weights", "bias"))
    count = sum(len(kind["ngrams"]) for kind in kinds.values())
    found = (idf.shape, weights.shape, bias.shape)
    if found != ((count,), (count, labels), (labels,)):
        raise ValueError(f"arrays {found} for {count} n-grams and {labels} labels")
    if not all(np.isfinite(array).all() for array in (idf, weights, bias)):
        raise ValueError("numbers that are not finite")
    if not kinds:
        return Linear(None, weights, bias)
    vocabularies = {
        name: {ngram: column for column, ngram in enumerate(kind["ngrams"])}
        for name, kind in kinds.items()
    }
    counter = make_counter({name: kind["lengths"] for name, kind in kinds.items()}, vocabularies)
    start = 0
    for name, part in counter.transformer_list:
        end = start + len(vocabularies[name])
        part.idf_ = idf[start:end]
        start = end
    return Linear(counter, weights, bias)


def make_counter(
    lengths: Mapping[str, Sequence[int]], vocabularies: Mapping[str, Mapping[str, int]] | None
) -> Any:
    """A `FeatureUnion` of a `TfidfVectorizer` for each kind of n-gram.

    Args:
        lengths: the shortest and the longest n-gram of each kind.
        vocabularies: the column of each n-gram of each kind; None where they are to be fitted.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion

    if unknown := lengths.keys() - NGRAMS.keys():
        raise ValueError(f"n-grams of {sorted(unknown)}, none of {list(NGRAMS)}")
    parts = [
        (
            name,
            TfidfVectorizer(
                analyzer=name,
                ngram_range=(shortest, longest),
                token_pattern=WORD if name == "word" else None,
                sublinear_tf=True,
                min_df=LEAST_PARAGRAPHS,
                vocabulary=None if vocabularies is None else vocabularies[name],
            ),
        )
        for name, (shortest, longest) in lengths.items()
    ]
    return FeatureUnion(parts)
