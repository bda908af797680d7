"""Labels that look wrong: what a model that has not seen the page thinks of each paragraph."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from cleanlab.filter import find_label_issues
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from newsvoices.arguments import ConfigError
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
        pages: labelled pages. Labels on fewer than five of them are left out.
        states: a vector for each paragraph [paragraphs, size], such as `frozen_states`.

    Raises:
        ConfigError: fewer than two labels are on five pages.

    Returns:
        For each: id, index, text, label, the label `suggested` instead, and `score`, the
        out-of-fold probability of the label that it has.
    """
    places = [(page, index, label) for page in pages for index, label in enumerate(gold_ids(page))]
    # A label on a few pages may lack in the folds to learn from; nothing is said of it then.
    common = [
        label
        for label in range(len(LABELS))
        if len({page.id for page, _, of in places if of == label}) >= FOLDS
    ]
    if len(common) < 2:
        raise ConfigError(f"suspects: expected two labels or more on {FOLDS} pages each")
    known = [number for number, (_, _, label) in enumerate(places) if label in common]
    places, states = [places[number] for number in known], states[known]
    gold = np.searchsorted(common, [label for _, _, label in places])
    probabilities = cross_val_predict(
        LogisticRegression(max_iter=1000),
        states,
        gold,
        groups=[page.id for page, _, _ in places],
        cv=GroupKFold(FOLDS),
        method="predict_proba",
    )
    order = find_label_issues(
        gold, probabilities, return_indices_ranked_by="self_confidence", n_jobs=1
    )
    names = [LABELS[label] for label in common]
    return [
        {
            "id": page.id,
            "index": index,
            "text": page.texts[index],
            "label": LABELS[label],
            "suggested": names[probabilities[number].argmax()],
            "score": float(probabilities[number, gold[number]]),
        }
        for number, (page, index, label) in ((n, places[n]) for n in order)
    ]
