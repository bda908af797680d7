"""What users call: load, read, classify, classify_pages."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from newsvoices import LABELS, Page, Paragraph, load
from newsvoices.checkpoints import ModelError
from newsvoices.classifier import CHUNK_WINDOWS, Classifier


@pytest.fixture(scope="module")
def classifier(tiny_model: Path) -> Classifier:
    return load(tiny_model, device="cpu")


def make_texts(count: int, seed: int) -> list[str]:
    random = np.random.default_rng(seed)
    words = ["the", "police", "said", "reply", "should", "i", "saw", "fire", "minister", "photo"]
    return [" ".join(random.choice(words, size=int(random.integers(1, 40)))) for _ in range(count)]


def test_predictions_come_in_order_with_their_texts(classifier: Classifier) -> None:
    texts = make_texts(25, 0)
    assert [p.text for p in classifier.classify(texts)] == texts


def test_label_score_and_scores_agree(classifier: Classifier) -> None:
    for prediction in classifier.classify(make_texts(25, 1)):
        assert tuple(prediction.scores) == LABELS
        assert sum(prediction.scores.values()) == pytest.approx(1.0)
        assert prediction.score == prediction.scores[prediction.label]
        assert prediction.score == max(prediction.scores.values())


def test_an_empty_page_has_no_predictions(classifier: Classifier) -> None:
    assert classifier.classify([]) == []
    assert list(classifier.classify_pages([[], ["the police said"], []]))[0::2] == [[], []]


def test_a_page_may_be_a_page_or_a_list(classifier: Classifier) -> None:
    texts = make_texts(3, 2)
    page = Page(tuple(Paragraph(text) for text in texts))
    assert classifier.classify(page) == classifier.classify(texts)


def test_many_pages_are_classified_as_one_by_one(classifier: Classifier) -> None:
    pages = [make_texts(count, seed) for seed, count in enumerate([1, 40, 0, 7, 120, 3] * 4)]
    together = list(classifier.classify_pages(pages))
    assert len(together) == len(pages)
    for page, predictions in zip(pages, together, strict=True):
        for batched, alone in zip(predictions, classifier.classify(page), strict=True):
            assert batched.text == alone.text
            assert batched.label == alone.label
            assert list(batched.scores.values()) == pytest.approx(
                list(alone.scores.values()), abs=1e-5
            )


def test_logits_decoded_are_the_predictions(classifier: Classifier) -> None:
    pages = [make_texts(count, count) for count in (5, 0, 60)]
    logits = list(classifier.logits(pages))
    assert [array.shape for array in logits] == [(5, 6), (0, 6), (60, 6)]
    decoded = [classifier.decode(*pair) for pair in zip(pages, logits, strict=True)]
    assert decoded == list(classifier.classify_pages(pages))


def test_bfloat16_gives_other_scores_that_are_near(
    classifier: Classifier, tiny_model: Path
) -> None:
    pages = [make_texts(30, 4), make_texts(3, 5)]
    exact = np.concatenate(list(classifier.logits(pages)))
    rounded = np.concatenate(list(load(tiny_model, device="cpu", bfloat16=True).logits(pages)))
    assert not np.array_equal(rounded, exact)
    np.testing.assert_allclose(rounded, exact, atol=0.02 * np.abs(exact).max())


def test_pages_are_taken_lazily(classifier: Classifier) -> None:
    taken = 0

    def endless() -> Iterator[list[str]]:
        nonlocal taken
        while True:
            taken += 1
            yield ["the police said"]

    predictions = classifier.classify_pages(endless())
    next(predictions)
    assert taken == CHUNK_WINDOWS / 2  # two passes, a window each


def test_context_changes_scores_unless_pages_are_apart(classifier: Classifier) -> None:
    texts = make_texts(2, 3)
    alone = [p for page in classifier.classify_pages([[t] for t in texts]) for p in page]
    assert [p.scores for p in classifier.classify(texts)] != [p.scores for p in alone]


@pytest.mark.parametrize("blank", ["", " \n\t"])
def test_a_blank_paragraph_is_a_value_error_with_its_index(
    classifier: Classifier, blank: str
) -> None:
    with pytest.raises(ValueError, match="paragraph 1: .*blank"):
        classifier.classify(["the police said", blank])
    with pytest.raises(ValueError, match="paragraph 0: .*blank"):
        classifier.classify(Page((Paragraph(blank),)))


@pytest.mark.parametrize("wrong", [None, 3, b"bytes", ["a"]])
def test_a_paragraph_that_is_no_string_is_a_type_error_with_its_index(
    classifier: Classifier, wrong: object
) -> None:
    with pytest.raises(TypeError, match="paragraph 1: expected str, found"):
        classifier.classify(["the police said", wrong])  # type: ignore[list-item]


def test_a_string_is_not_taken_for_a_list_of_letters(classifier: Classifier) -> None:
    with pytest.raises(TypeError, match=r"list of paragraphs, found str; .*read"):
        classifier.classify("the police said")


def test_a_bad_page_raises_after_the_results_before_it(classifier: Classifier) -> None:
    predictions = classifier.classify_pages([["the"], ["police"], [""], ["said"]])
    assert [next(predictions)[0].text, next(predictions)[0].text] == ["the", "police"]
    with pytest.raises(ValueError, match="page 2: paragraph 0"):
        next(predictions)


def test_a_million_characters_are_cut_counted_and_labelled(classifier: Classifier) -> None:
    started = time.perf_counter()
    short, long = classifier.classify(["the police said", "said " * 200_000])
    assert time.perf_counter() - started < 5
    assert (short.cut, long.cut) == (False, True)
    assert long.label in LABELS
    assert len(long.text) == 1_000_000


@pytest.mark.parametrize("odd", ["\u200b", "\x00", "🙂", "[SEP] [PAD]", "ﷺ" * 50, "a" * 5000])
def test_odd_paragraphs_get_a_label(classifier: Classifier, odd: str) -> None:
    predictions = classifier.classify(["the police", odd, "said"])
    assert len(predictions) == 3
    assert all(0 < p.score <= 1 for p in predictions)


def test_text_files_are_read(classifier: Classifier, tmp_path: Path) -> None:
    file = tmp_path / "page.txt"
    file.write_text("The police said\nso.\n\nReply\n", encoding="utf-8")
    assert classifier.read(file).texts == ["The police said so.", "Reply"]
    assert classifier.read(text="one\ntwo").texts == ["one", "two"]
    assert classifier.read(html="<p>one<p>two").texts == ["one", "two"]
    assert len(classifier.classify(classifier.read(file))) == 2


def test_a_missing_page_is_an_error_and_never_text(classifier: Classifier) -> None:
    with pytest.raises(FileNotFoundError, match=r"no-such\.txt"):
        classifier.read("no-such.txt")


def test_a_missing_model_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="found none there"):
        load(tmp_path / "absent" / "model")


def test_a_folder_of_something_else_is_refused(tiny_base: Path) -> None:
    with pytest.raises(ModelError, match=r"found no newsvoices\.json"):
        load(tiny_base)


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("transitions", [[0.0]], "cannot reshape"),
        ("transitions", [[float("nan")] * len(LABELS)] * len(LABELS), "not finite"),
        ("temperature", 0, "temperature"),
        ("temperature", None, "float"),
        ("format", 99, "format 99"),
        ("window", {"tokens": 32}, "missing"),
        ("window", {"tokens": 3, "carry": 0, "context": True, "passes": 1}, "at least 8"),
    ],
)
def test_damaged_settings_are_named(
    tiny_model: Path, tmp_path: Path, key: str, value: object, found: str
) -> None:
    damaged = copy(tiny_model, tmp_path)
    change_settings(damaged, **{key: value})
    with pytest.raises(ModelError, match=rf"newsvoices\.json: expected the settings .*{found}"):
        load(damaged)


def test_windows_longer_than_the_model_takes_are_refused(tiny_model: Path, tmp_path: Path) -> None:
    damaged = copy(tiny_model, tmp_path)
    window = {"tokens": 65, "carry": 0, "context": True, "passes": 1}
    change_settings(damaged, window=window)
    with pytest.raises(ModelError, match="at most the model's 64 tokens, found 65"):
        load(damaged)


def test_half_written_weights_are_named(tiny_model: Path, tmp_path: Path) -> None:
    damaged = copy(tiny_model, tmp_path)
    weights = (damaged / "model.safetensors").read_bytes()
    (damaged / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(ModelError, match="the model cannot be loaded"):
        load(damaged)


@pytest.mark.parametrize("labels", [LABELS[::-1], LABELS[1:], (*LABELS, "one more")])
def test_labels_of_settings_and_config_must_agree(
    tiny_model: Path, tmp_path: Path, labels: tuple[str, ...]
) -> None:
    damaged = copy(tiny_model, tmp_path)
    transitions = np.zeros((len(labels), len(labels))).tolist()
    change_settings(damaged, labels=labels, transitions=transitions)
    with pytest.raises(ModelError, match="expected the labels of newsvoices.json"):
        load(damaged)


def test_the_loader_works_from_any_folder_without_the_training_stack(
    tiny_model: Path, tmp_path: Path
) -> None:
    code = (
        "import sys; from newsvoices import load;"
        f"c = load({str(tiny_model)!r}); assert len(c.classify(['the police said'])) == 1;"
        "bad = {'hydra', 'omegaconf', 'datasets', 'evaluate', 'sklearn', 'transformers.trainer'};"
        "assert not bad & set(sys.modules), bad & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def copy(folder: Path, where: Path) -> Path:
    """A copy of a model folder that a test may damage."""
    target = where / "model"
    target.mkdir()
    for file in folder.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    return target


def change_settings(model: Path, **changes: object) -> None:
    """Overwrite some of a model's settings."""
    file = model / "newsvoices.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def test_unsure_paragraphs_keep_their_scores_and_lose_their_label(classifier: Classifier) -> None:
    texts = make_texts(25, 5)
    everything = classifier.classify(texts)
    bound = sorted(prediction.score for prediction in everything)[12]
    for given, whole in zip(classifier.classify(texts, min_score=bound), everything, strict=True):
        assert (given.score, given.scores) == (whole.score, whole.scores)
        assert given.label == (whole.label if whole.score >= bound else None)
    (paged,) = classifier.classify_pages([texts], min_score=bound)
    assert sum(prediction.label is None for prediction in paged) == 12


def test_places_in_the_window_are_told_in_order(classifier: Classifier) -> None:
    assert classifier.window_places(["the police said"]) == ["alone"]
    assert classifier.window_places(["a", "b", "c"]) == ["first", "inside", "last"]
    texts = make_texts(40, 6)
    places = classifier.window_places(texts)
    assert len(places) == 40
    assert places.count("first") == places.count("last") > 1
