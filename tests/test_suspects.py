"""Wrong labels are found among right ones, by a model that has not seen their page."""

import numpy as np
import pytest

from newsvoices.arguments import ConfigError
from newsvoices.labels import LABELS
from newsvoices.pages import Page, Paragraph
from newsvoices.suspects import suspects


def make_pages(wrong: int, labels: int = len(LABELS)) -> tuple[list[Page], np.ndarray, set]:
    """Pages, a vector for each paragraph that shows its true label, and where it is wrong."""
    random = np.random.default_rng(0)
    true = random.integers(labels, size=(40, 10))
    centres = 4 * np.eye(len(LABELS))
    states = centres[true.ravel()] + random.normal(size=(400, len(LABELS)))
    places = {(f"p{n // 10}", int(n % 10)) for n in random.choice(400, size=wrong, replace=False)}
    pages = [
        Page(
            tuple(
                Paragraph(
                    f"text {page} {index}",
                    LABELS[(label + ((f"p{page}", index) in places)) % labels],
                )
                for index, label in enumerate(row)
            ),
            id=f"p{page}",
        )
        for page, row in enumerate(true)
    ]
    return pages, states.astype(np.float32), places


@pytest.mark.parametrize("labels", [6, 3])
def test_most_wrong_labels_are_found_and_few_right_ones_accused(labels: int) -> None:
    pages, states, places = make_pages(20, labels)
    found = {(row["id"], row["index"]) for row in suspects(pages, states)}
    assert len(found & places) >= 18
    assert len(found - places) <= 8


def test_the_least_likely_label_comes_first_with_what_it_should_be() -> None:
    pages, states, places = make_pages(20)
    rows = suspects(pages, states)
    assert [row["score"] for row in rows] == sorted(row["score"] for row in rows)
    first = rows[0]
    assert (first["id"], first["index"]) in places
    given, suggested = LABELS.index(first["label"]), LABELS.index(first["suggested"])
    assert (suggested + 1) % len(LABELS) == given
    assert first["text"] == f"text {first['id'][1:]} {first['index']}"


def test_labels_on_few_pages_are_left_out_and_one_label_alone_is_refused() -> None:
    pages, states, _ = make_pages(20)
    rare = Page((Paragraph("text", LABELS[5]),), id="p99")
    others = [
        Page(tuple(p for p in page.paragraphs if p.label != LABELS[5]), id=page.id)
        for page in pages
    ]
    kept = [p.label != LABELS[5] for page in pages for p in page.paragraphs]
    rows = suspects([*others, rare], np.concatenate([states[kept], states[:1]]))
    assert "p99" not in {row["id"] for row in rows}
    with pytest.raises(ConfigError, match="two labels or more"):
        suspects([rare] * 6, np.concatenate([states[:6]]))


def test_a_page_is_never_scored_by_a_model_that_saw_it() -> None:
    # Every page is a cluster of its own with one label, wrong for its neighbourhood: a model that
    # saw the page would find nothing to doubt.
    random = np.random.default_rng(1)
    pages, states = [], []
    for number in range(40):
        centre = random.normal(size=8) * 5
        states.append(centre + random.normal(size=(10, 8)) / 100)
        label = LABELS[number % len(LABELS)]
        pages.append(Page((Paragraph("text", label),) * 10, id=f"p{number}"))
    rows = suspects(pages, np.concatenate(states).astype(np.float32))
    assert len(rows) > 40
