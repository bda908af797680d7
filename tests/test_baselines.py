"""Baselines through the same door: fitted, saved, loaded and asked like any other model."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from newsvoices import LABELS, Page, Paragraph, load
from newsvoices.arguments import ConfigError
from newsvoices.baselines import Baseline, Frozen, fit_frozen, fit_majority, fit_tfidf
from newsvoices.checkpoints import ModelError
from newsvoices.classifier import Classifier
from newsvoices.modeling import build_model, load_model
from newsvoices.ngrams import Linear
from newsvoices.windows import WindowSize

WORDS = {
    "reporting": "the fire was near the river on sunday night",
    "official_statement": "the minister said the government law is public",
    "testimony": "i saw my house and i was under the water",
    "opinion": "they should know it was the most wrong law",
    "user_comment": "reply great comment you are so right man",
    "boilerplate": "share email login copyright newsletter",
}
PAGE = ["I saw my house.", "The minister said so.", "Share this", "\u200b"]


def labelled(*labels: str) -> list[Page]:
    """Pages of four paragraphs, the words of each paragraph in another order."""
    random = np.random.default_rng(0)
    texts = [" ".join(random.permutation(WORDS[label].split())) for label in labels]
    paragraphs = [Paragraph(text, label) for text, label in zip(texts, labels, strict=True)]
    return [Page(tuple(paragraphs[i : i + 4])) for i in range(0, len(paragraphs), 4)]


TRAIN = labelled(*(LABELS * 8), *(["reporting"] * 12))


def frozen(base: Path, pages: list[Page]) -> Frozen:
    network, tokenizer = build_model(base, window=32, config={})
    size = WindowSize(32, 0, False, 1)
    return fit_frozen(network, tokenizer, pages, size=size, inverse_penalty=10.0, balanced=False)


@pytest.fixture(scope="module")
def fitted(tiny_base: Path) -> dict[str, Linear | Frozen]:
    return {
        "majority": fit_majority(TRAIN),
        "tfidf": fit_tfidf(TRAIN, inverse_penalty=10.0, balanced=False),
        "frozen": frozen(tiny_base, TRAIN),
    }


@pytest.fixture(scope="module")
def folders(fitted: dict[str, Linear | Frozen], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("baselines")
    for kind, baseline in fitted.items():
        baseline.save(folder / kind, kind)
    return folder


@pytest.fixture(params=["majority", "tfidf", "frozen"])
def baseline(request: pytest.FixtureRequest, folders: Path) -> Baseline | Classifier:
    return load(folders / request.param, device="cpu")


def test_predictions_come_in_order_with_their_texts(baseline: Baseline | Classifier) -> None:
    predictions = baseline.classify(PAGE)
    assert [prediction.text for prediction in predictions] == PAGE
    for prediction in predictions:
        assert tuple(prediction.scores) == LABELS
        assert sum(prediction.scores.values()) == pytest.approx(1.0)
        assert prediction.score == prediction.scores[str(prediction.label)]
        assert prediction.score == max(prediction.scores.values())
        assert prediction.cut is False


def test_many_pages_are_classified_as_one_by_one(baseline: Baseline | Classifier) -> None:
    pages = [PAGE, [], PAGE[1:], Page(tuple(Paragraph(text) for text in PAGE[:1]))]
    together = list(baseline.classify_pages(pages))
    assert [len(page) for page in together] == [4, 0, 3, 1]
    for page, predictions in zip(pages, together, strict=True):
        for many, one in zip(predictions, baseline.classify(page), strict=True):
            assert (many.text, many.label) == (one.text, one.label)
            assert list(many.scores.values()) == pytest.approx(list(one.scores.values()), abs=1e-5)


def test_pages_are_taken_lazily(baseline: Baseline | Classifier) -> None:
    def endless() -> Iterator[list[str]]:
        while True:
            yield PAGE

    assert len(next(baseline.classify_pages(endless()))) == len(PAGE)


def test_bad_paragraphs_are_named(baseline: Baseline | Classifier) -> None:
    with pytest.raises(ValueError, match="paragraph 1: expected text, found a blank paragraph"):
        baseline.classify(["the police", " "])
    with pytest.raises(TypeError, match="paragraph 0: expected str, found int"):
        baseline.classify([3])  # type: ignore[list-item]
    pages = baseline.classify_pages([PAGE, ["the police", ""]])
    assert len(next(pages)) == len(PAGE)
    with pytest.raises(ValueError, match="page 1: paragraph 1: expected text"):
        next(pages)


def test_unsure_paragraphs_may_go_without_a_label(baseline: Baseline | Classifier) -> None:
    assert {prediction.label for prediction in baseline.classify(PAGE, min_score=1.1)} == {None}
    (predictions,) = baseline.classify_pages([PAGE], min_score=1.1)
    assert {prediction.label for prediction in predictions} == {None}


def test_text_and_markup_are_read(baseline: Baseline | Classifier, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text("The police said\nso.\n\nReply\n", encoding="utf-8")
    assert baseline.read(tmp_path / "page.txt").texts == ["The police said so.", "Reply"]
    assert baseline.read(text="one\ntwo").texts == ["one", "two"]
    assert baseline.read(html="<p>one<p>two").texts == ["one", "two"]


@pytest.mark.parametrize("kind", ["majority", "tfidf", "frozen"])
def test_another_process_gives_the_same_scores(folders: Path, kind: str, tmp_path: Path) -> None:
    code = (
        "import json, sys; from newsvoices import load;"
        f"predictions = load({str(folders / kind)!r}, device='cpu').classify({PAGE!r});"
        "print(json.dumps([prediction.scores for prediction in predictions]));"
        "bad = {'hydra', 'datasets', 'evaluate', 'transformers.trainer'};"
        "assert not bad & set(sys.modules), bad & set(sys.modules);"
        f"assert {kind == 'tfidf'} == ('sklearn' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=True, cwd=tmp_path, capture_output=True, text=True)
    here = [prediction.scores for prediction in load(folders / kind, device="cpu").classify(PAGE)]
    assert json.loads(done.stdout) == here


def test_saved_scores_are_those_that_were_fitted(
    fitted: dict[str, Linear | Frozen], folders: Path
) -> None:
    for kind in ("majority", "tfidf"):
        linear = fitted[kind]
        assert isinstance(linear, Linear)
        scores = [list(p.scores.values()) for p in load(folders / kind).classify(PAGE)]
        assert np.array_equal(scores, linear.scores(PAGE))


def test_majority_scores_are_the_label_shares(folders: Path) -> None:
    counts = Counter(str(p.label) for page in TRAIN for p in page.paragraphs)
    for prediction in load(folders / "majority").classify(PAGE):
        assert prediction.label == "reporting"
        expected = {label: counts[label] / counts.total() for label in LABELS}
        assert prediction.scores == pytest.approx(expected, abs=1e-12)


def test_tfidf_knows_words_and_the_share_where_it_knows_none(folders: Path) -> None:
    labels = [prediction.label for prediction in load(folders / "tfidf").classify(PAGE)]
    assert labels == ["testimony", "official_statement", "boilerplate", "reporting"]


def test_the_frozen_encoder_is_that_of_the_base_checkpoint(folders: Path, tiny_base: Path) -> None:
    saved, _ = load_model(folders / "frozen", "cpu")
    base, _ = build_model(tiny_base, window=32, config={})
    weights = base.base_model.state_dict()
    for name, weight in saved.base_model.state_dict().items():
        assert weight.equal(weights[name])
    assert isinstance(load(folders / "frozen"), Classifier)


def test_the_frozen_head_is_the_regression_on_mean_hidden_states(tiny_base: Path) -> None:
    """Scores of the saved network are the regression's own, fitted here by hand."""
    from sklearn.linear_model import LogisticRegression

    fit = frozen(tiny_base, TRAIN)
    texts = [text for page in TRAIN for text in page.texts]
    states = []
    for text in texts:
        encoded = fit.tokenizer(text, return_tensors="pt")
        output = fit.network.base_model(**encoded).last_hidden_state
        states.append(output[0, 1:-1].mean(dim=0).detach().numpy())
    gold = [LABELS.index(str(p.label)) for page in TRAIN for p in page.paragraphs]
    regression = LogisticRegression(C=10.0, max_iter=2000).fit(np.array(states), gold)
    weight = fit.network.classifier.weight.detach().numpy()
    assert weight == pytest.approx(regression.coef_, abs=0.02)


@pytest.mark.parametrize("labels", [LABELS[:2], LABELS[3:]])
@pytest.mark.parametrize("kind", ["majority", "tfidf", "frozen"])
def test_labels_that_no_page_has_are_never_given(
    labels: tuple[str, ...], kind: str, tiny_base: Path, tmp_path: Path
) -> None:
    pages = labelled(*(labels * 8))
    fit: dict[str, Callable[[], Linear | Frozen]] = {
        "majority": lambda: fit_majority(pages),
        "tfidf": lambda: fit_tfidf(pages, inverse_penalty=10.0, balanced=True),
        "frozen": lambda: frozen(tiny_base, pages),
    }
    fit[kind]().save(tmp_path / "model", kind)
    for prediction in load(tmp_path / "model", device="cpu").classify([WORDS[x] for x in labels]):
        assert prediction.label in labels
        assert sum(prediction.scores[label] for label in labels) == pytest.approx(1.0)


def test_balanced_labels_weigh_the_same() -> None:
    plain, balanced = (
        fit_tfidf(TRAIN, inverse_penalty=0.01, balanced=balanced) for balanced in (False, True)
    )
    assert plain.scores(["zzz"]).argmax() == LABELS.index("reporting")
    assert balanced.scores(["zzz"])[0] == pytest.approx([1 / len(LABELS)] * len(LABELS), abs=0.01)


@pytest.mark.parametrize("penalty", [0.0, -1.0, float("inf"), float("nan")])
def test_penalties_out_of_range_are_named(penalty: float) -> None:
    with pytest.raises(ConfigError, match=r"model\.inverse_penalty: expected a finite number"):
        fit_tfidf(TRAIN, inverse_penalty=penalty, balanced=False)


def test_pages_that_teach_nothing_are_refused() -> None:
    with pytest.raises(ConfigError, match="two labels, found only opinion"):
        fit_tfidf(labelled(*["opinion"] * 4), inverse_penalty=1.0, balanced=False)
    pages = [Page((Paragraph("ab", "opinion"), Paragraph("xy", "testimony")))]
    with pytest.raises(ConfigError, match="paragraphs that share words"):
        fit_tfidf(pages, inverse_penalty=1.0, balanced=False)


def test_a_head_of_more_than_one_layer_is_refused(tiny_base: Path) -> None:
    network, tokenizer = build_model(tiny_base, window=32, config={})
    network.dense = torch.nn.Linear(2, 2)
    size = WindowSize(32, 0, False, 1)
    with pytest.raises(ModelError, match="a head of one layer to fit, found .*dense.weight"):
        fit_frozen(network, tokenizer, TRAIN, size=size, inverse_penalty=1.0, balanced=False)


def test_an_unknown_kind_is_named(folders: Path, tmp_path: Path) -> None:
    model = copy(folders / "tfidf", tmp_path)
    change(model / "newsvoices.json", baseline="bayes")
    with pytest.raises(ModelError, match=r"newsvoices\.json: .*'bayes', none of majority, tfidf"):
        load(model)


@pytest.mark.parametrize("file", ["vocabulary.json", "baseline.safetensors"])
@pytest.mark.parametrize("half", [True, False])
def test_a_missing_or_half_written_file_is_named(
    folders: Path, tmp_path: Path, file: str, half: bool
) -> None:
    model = copy(folders / "tfidf", tmp_path)
    if half:
        data = (model / file).read_bytes()
        (model / file).write_bytes(data[: len(data) // 2])
    else:
        (model / file).unlink()
    with pytest.raises(ModelError, match=f"{model}: the tfidf baseline cannot be loaded: "):
        load(model)


def test_numbers_that_do_not_fit_are_named(folders: Path, tmp_path: Path) -> None:
    model = copy(folders / "tfidf", tmp_path)
    change(model / "vocabulary.json", word={"lengths": [1, 2], "ngrams": ["one"]})
    with pytest.raises(ModelError, match="n-grams and 6 labels"):
        load(model)
    model = copy(folders / "tfidf", tmp_path / "second")
    change(model / "newsvoices.json", labels=LABELS[1:])
    with pytest.raises(ModelError, match="n-grams and 5 labels"):
        load(model)


def test_without_scikit_learn_tfidf_says_what_to_install(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    assert load(folders / "majority").classify(PAGE)
    with pytest.raises(ModelError, match=r"needs scikit-learn .*newsvoices\[train\]"):
        load(folders / "tfidf")


def copy(folder: Path, where: Path) -> Path:
    """A copy of a model folder that a test may damage."""
    target = where / "model"
    target.mkdir(parents=True)
    for file in folder.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    return target


def change(file: Path, **changes: object) -> None:
    """Overwrite some keys of a JSON file."""
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
