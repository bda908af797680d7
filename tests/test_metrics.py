"""Scores are those of the textbook, over all labels always, and need no network."""

import json
import socket
from pathlib import Path
from typing import Any

import evaluate
import numpy as np
import pytest
from sklearn.metrics import f1_score

from newsvoices.labels import LABEL2ID, LABELS, VOICES
from newsvoices.metrics import VoiceScores, score


def random_ids(seed: int, size: int = 300) -> tuple[list[int], list[int]]:
    random = np.random.default_rng(seed)
    gold = random.choice(len(LABELS), size=size, p=[0.4, 0.2, 0.1, 0.15, 0.05, 0.1])
    noise = random.integers(len(LABELS), size=size)
    return np.where(random.random(size) < 0.6, gold, noise).tolist(), gold.tolist()


def test_a_small_example_has_the_scores_that_one_counts_by_hand() -> None:
    reporting, opinion, rest = (LABEL2ID[x] for x in ("reporting", "opinion", "boilerplate"))
    result = score(
        [reporting, reporting, opinion, rest, rest], [reporting, opinion, opinion, opinion, rest]
    )
    # reporting: precision 1/2, recall 1; opinion: 1, 1/3; boilerplate: 1/2, 1.
    assert result["accuracy"] == pytest.approx(3 / 5)
    assert result["macro_f1"] == pytest.approx((2 / 3 + 1 / 2 + 2 / 3) / 6)
    assert result["voices_macro_f1"] == pytest.approx((2 / 3 + 1 / 2) / 5)
    assert result["per_label"]["opinion"] == pytest.approx(
        {"precision": 1.0, "recall": 1 / 3, "f1": 1 / 2, "support": 3}
    )


@pytest.mark.parametrize("seed", range(5))
def test_per_label_scores_follow_from_the_confusion_matrix(seed: int) -> None:
    predictions, gold = random_ids(seed)
    result = score(predictions, gold)
    counts = np.zeros((len(LABELS), len(LABELS)), dtype=int)
    np.add.at(counts, (gold, predictions), 1)
    assert result["confusion"] == counts.tolist()
    hits = np.diag(counts)
    for index, label in enumerate(LABELS):
        expected = {
            "precision": hits[index] / counts[:, index].sum(),
            "recall": hits[index] / counts[index].sum(),
            "f1": 2 * hits[index] / (counts[:, index].sum() + counts[index].sum()),
            "support": counts[index].sum(),
        }
        assert result["per_label"][label] == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_means_are_those_of_the_labels_and_of_scikit_learn(seed: int) -> None:
    predictions, gold = random_ids(seed)
    result = score(predictions, gold)
    single = {label: row["f1"] for label, row in result["per_label"].items()}
    assert result["macro_f1"] == pytest.approx(np.mean(list(single.values())))
    assert result["voices_macro_f1"] == pytest.approx(np.mean([single[name] for name in VOICES]))
    assert result["accuracy"] == pytest.approx(np.mean(np.equal(predictions, gold)))
    assert result["macro_f1"] == pytest.approx(f1_score(gold, predictions, average="macro"))


def test_boilerplate_taken_for_a_voice_costs_that_voice() -> None:
    gold = [*range(len(LABELS)), LABEL2ID["boilerplate"]]
    perfect = score(gold, gold)
    assert (perfect["macro_f1"], perfect["voices_macro_f1"]) == (1.0, 1.0)
    wrong = [*gold[:-1], LABEL2ID["opinion"]]
    assert score(wrong, gold)["voices_macro_f1"] == pytest.approx((4 + 2 / 3) / 5)


def test_labels_that_never_occur_count_as_zero_without_a_warning(
    recwarn: pytest.WarningsRecorder,
) -> None:
    result = score([0, 0], [0, 0])
    assert result["macro_f1"] == pytest.approx(1 / 6)
    assert result["voices_macro_f1"] == pytest.approx(1 / 5)
    assert result["per_label"]["opinion"] == {"precision": 0, "recall": 0, "f1": 0, "support": 0}
    assert [str(warning.message) for warning in recwarn] == []


def test_results_are_plain_json() -> None:
    result = score(*random_ids(0))
    assert json.loads(json.dumps(result)) == result
    keys = {"macro_f1", "voices_macro_f1", "accuracy", "per_label", "confusion"}
    assert (set(result), list(result["per_label"])) == (keys, list(LABELS))


def test_batches_added_to_the_metric_give_the_same_scores() -> None:
    predictions, gold = random_ids(1)
    metric = VoiceScores(keep_in_memory=True)
    for start in range(0, len(gold), 70):
        part = slice(start, start + 70)
        metric.add_batch(predictions=predictions[part], references=gold[part])
    assert metric.compute() == score(predictions, gold)


def test_scoring_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("scoring went to the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert score([0, 1], [0, 1])["accuracy"] == 1.0


def test_scoring_writes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate.config, "HF_METRICS_CACHE", str(tmp_path))
    assert score([0, 1], [0, 0])["accuracy"] == 0.5
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_predictions_of_another_number_are_refused() -> None:
    with pytest.raises(ValueError, match=r"predictions \(1\) and references \(2\)"):
        score([0], [0, 1])
