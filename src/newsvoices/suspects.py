"""Labels that look wrong: what a model that has not seen the page thinks of each paragraph."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from cleanlab.filter import find_label_issues
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from newsvoices.batches import gold_ids
from newsvoices.labels import LABELS
from newsvoices.modeling import build_model, page_states
from newsvoices.pages import Page
from newsvoices.windows import WindowSize, encode_page

FOLDS = 5
# Paragraphs by themselves: a wrong label then cannot make its neighbours look wrong.
SIZE = WindowSize(256, carry=0, context=False, passes=1)


def frozen_states(base: Path, pages: Sequence[Page]) -> NDArray[np.float32]:
    """The mean last hidden state of each paragraph [paragraphs, size] in a base checkpoint."""
    network, tokenizer = build_model(base, window=SIZE.tokens, config={})
    passes = [encode_page(page.texts, tokenizer, SIZE)[0] for page in pages]
    return np.concatenate(page_states(network, passes, pad_id=tokenizer.pad_token_id))


def suspects(pages: Sequence[Page], states: NDArray[np.float32]) -> list[dict[str, Any]]:
    """Paragraphs whose label is likely wrong, the likeliest first.

    Each page is scored by a logistic regression on the other folds' pages. Which labels are
    doubted follows confident learning (Northcutt et al. 2021, https://arxiv.org/abs/1911.00068),
    as cleanlab has it. A list to work through: many of them are right and merely hard.

    Args:
        pages: labelled pages, at least five.
        states: a vector for each paragraph [paragraphs, size], such as `frozen_states`.

    Returns:
        For each: id, index, text, label, the label `suggested` instead, and `score`, the
        out-of-fold probability of the label that it has.
    """
    # Only labels that occur: the method counts on examples of each.
    present, gold = np.unique(
        [label for page in pages for label in gold_ids(page)], return_inverse=True
    )
    probabilities = cross_val_predict(
        LogisticRegression(max_iter=1000),
        states,
        gold,
        groups=[number for number, page in enumerate(pages) for _ in page.paragraphs],
        cv=GroupKFold(FOLDS),
        method="predict_proba",
    )
    order = find_label_issues(
        gold, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1
    )
    names = [LABELS[label] for label in present]
    places = [(page, index) for page in pages for index in range(len(page.paragraphs))]
    return [
        {
            "id": places[number][0].id,
            "index": places[number][1],
            "text": places[number][0].texts[places[number][1]],
            "label": names[gold[number]],
            "suggested": names[probabilities[number].argmax()],
            "score": float(probabilities[number, gold[number]]),
        }
        for number in order
    ]
