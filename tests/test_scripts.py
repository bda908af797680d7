"""The scripts as a user runs them: train, evaluate, and what they leave behind."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from conftest import run_script
from newsvoices import LABELS, load

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.slow


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Start Python with no network to be reached."""
    offline = {**os.environ, "HF_HUB_OFFLINE": "1", "http_proxy": "http://127.0.0.1:9"}
    offline["https_proxy"] = offline["http_proxy"]
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=offline, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runs folder with one smoke run, made by the script."""
    runs = tmp_path_factory.mktemp("runs")
    done = start("train.py", "experiment=smoke", f"runs={runs}", "run=smoke")
    assert done.returncode == 0, done.stderr
    (runs / "output.txt").write_text(done.stdout)
    return runs


def test_training_ends_in_the_validation_table_and_says_where_all_is(runs: Path) -> None:
    output = (runs / "output.txt").read_text()
    rows = {line.split()[0]: line.split() for line in output.splitlines() if line.split()}
    assert all(len(rows[label]) == 5 for label in LABELS)
    assert "precision" in output
    command = f"python evaluate.py run=smoke runs={runs}"
    assert f"Everything is in {runs / 'smoke'}; next: {command}" in output


def test_the_run_folder_is_complete(runs: Path) -> None:
    names = {file.name for file in (runs / "smoke").iterdir()}
    assert names == {"config.yaml", "curve.jsonl", "evaluation", "model", "run.json"}
    model = {file.name for file in (runs / "smoke" / "model").iterdir()}
    assert model == {
        *("config.json", "model.safetensors", "newsvoices.json", "README.md"),
        *("tokenizer.json", "tokenizer_config.json"),
    }


def test_the_record_says_what_made_the_run(runs: Path) -> None:
    record = json.loads((runs / "smoke" / "run.json").read_text())
    data = ROOT / "data" / "news.jsonl"
    digest = hashlib.sha256(data.read_bytes()).hexdigest()
    assert record["data_sha256"]["data/news.jsonl"] == digest
    assert [*record["base_sha256"].values()] == [
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    ]
    assert "experiment=smoke" in record["overrides"]
    assert record["seed"] == 0
    assert OmegaConf.load(runs / "smoke" / "config.yaml").trainer.epochs == 1


def test_the_learning_curve_has_steps_and_an_evaluation(runs: Path) -> None:
    lines = (runs / "smoke" / "curve.jsonl").read_text().splitlines()
    keys = {key for line in lines for key in json.loads(line)}
    assert {"loss", "learning_rate", "eval_voices_macro_f1"} <= keys


def test_evaluate_takes_the_newest_run_and_its_test_pages(runs: Path) -> None:
    done = run_script("evaluate.py", f"runs={runs}")
    assert done.returncode == 0, done.stderr
    folder = runs / "smoke" / "evaluation" / "test"
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["paragraphs"] == len((folder / "predictions.jsonl").read_text().splitlines())
    assert metrics["pages"] == 6
    low, high = metrics["intervals"]["voices_macro_f1"]
    assert f"[{low:.3f}, {high:.3f}]{metrics['voices_macro_f1']:>10.3f}" in done.stdout
    assert "gold / predicted" in done.stdout


def test_evaluate_can_leave_the_transitions_out(runs: Path) -> None:
    done = run_script("evaluate.py", f"runs={runs}", "pages=validation", "transitions=false")
    assert done.returncode == 0, done.stderr
    folder = runs / "smoke" / "evaluation" / "validation-without-transitions"
    rows = [json.loads(line) for line in (folder / "predictions.jsonl").open()]
    classifier = load(runs / "smoke" / "model")
    classifier.decoding = replace(classifier.decoding, weight=0.0)
    first = [row["text"] for row in rows if row["id"] == rows[0]["id"]]
    scores = [prediction.score for prediction in classifier.classify(first)]
    assert [row["score"] for row in rows[: len(first)]] == pytest.approx(scores, abs=1e-5)


def test_evaluate_takes_any_labelled_pages(runs: Path, tmp_path: Path) -> None:
    page = {"id": "x", "paragraphs": [{"text": "Share this", "label": "boilerplate"}]}
    (tmp_path / "mine.jsonl").write_text(json.dumps(page) + "\n")
    done = run_script(
        "evaluate.py", f"runs={runs}", "run=smoke", f"pages={tmp_path / 'mine.jsonl'}"
    )
    assert done.returncode == 0, done.stderr
    row = json.loads((runs / "smoke" / "evaluation" / "mine" / "predictions.jsonl").read_text())
    prediction = load(runs / "smoke" / "model").classify(["Share this"])[0]
    assert (row["label"], row["score"]) == (prediction.label, pytest.approx(prediction.score))


def test_faulty_pages_are_reported_without_a_traceback(runs: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"id": "x", "paragraphs": [{"text": "a"}]}\n')
    done = run_script("evaluate.py", f"runs={runs}", f"pages={tmp_path / 'bad.jsonl'}")
    assert done.returncode == 1
    assert "bad.jsonl:1: page 'x': paragraphs[0]: expected the key 'label'" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_run_evaluate_names_the_command(tmp_path: Path) -> None:
    done = run_script("evaluate.py", f"runs={tmp_path}")
    assert done.returncode == 1
    assert "python train.py" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_key_is_named_without_a_traceback(tmp_path: Path) -> None:
    done = run_script("train.py", f"runs={tmp_path}", "trainer.lerning_rate=1")
    assert done.returncode == 1
    assert "lerning_rate" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("data=own", "data.train"),
        ("~model", "model: expected a value, found none"),
        ("run=1_000", "run: expected str or null, found 1000"),
        ("trainer.batch_size=0", "trainer.batch_size: expected 1 or more"),
        ("seed=-1", "seed: expected 0 to"),
        ("model.base.folder=no-such-folder", "no-such-folder: expected a checkpoint folder"),
    ],
)
def test_a_bad_configuration_is_refused_before_a_run_is_made(
    tmp_path: Path, override: str, message: str
) -> None:
    done = run_script("train.py", f"runs={tmp_path}", override)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_taken_run_name_is_refused(runs: Path) -> None:
    done = run_script("train.py", "experiment=smoke", f"runs={runs}", "run=smoke")
    assert done.returncode == 1
    assert "there is such a run already" in done.stderr


def test_two_processes_make_one_run(tmp_path: Path) -> None:
    small = ["experiment=smoke", "data.limit=4", f"runs={tmp_path}"]
    done = start(
        *("-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", "train.py", *small)
    )
    assert done.returncode == 0, done.stderr
    (folder,) = tmp_path.iterdir()
    assert (folder / "run.json").is_file()
    assert done.stdout.count("Everything is in") == 1


def test_a_sweep_makes_a_run_of_each_seed_and_is_scored_as_one(tmp_path: Path) -> None:
    small = ["experiment=smoke", "data.limit=4", f"runs={tmp_path}", "run=sweep"]
    done = run_script("train.py", *small, "seed=0,1", "-m")
    assert done.returncode == 0, done.stderr
    seeds = [
        json.loads((tmp_path / name / "run.json").read_text())["seed"]
        for name in ("sweep.0", "sweep.1")
    ]
    assert seeds == [0, 1]

    done = run_script(
        "evaluate.py", f"runs={tmp_path}", "run=sweep", "pages=validation", "against=sweep"
    )
    assert done.returncode == 0, done.stderr
    assert "mean ± standard deviation" in done.stdout
    assert "0 labels differ" in done.stdout
    folder = tmp_path / "sweep" / "evaluation" / "validation"
    whole = json.loads((folder / "metrics.json").read_text())
    alone = [
        json.loads((tmp_path / name / "evaluation/validation/metrics.json").read_text())["macro_f1"]
        for name in whole["runs"]
    ]
    assert whole["macro_f1"]["mean"] == pytest.approx(sum(alone) / 2)
    compared = json.loads((folder / "against-sweep.json").read_text())
    assert compared["scores"]["macro_f1"]["difference"] == 0


def test_runs_of_other_pages_are_not_compared(runs: Path) -> None:
    small = ["experiment=smoke", "data.limit=8", f"runs={runs}", "run=other", "model=majority"]
    assert run_script("train.py", *small).returncode == 0
    done = run_script("evaluate.py", f"runs={runs}", "run=smoke", "against=other")
    assert done.returncode == 1
    assert "the pages of smoke and other differ" in done.stderr
    assert "Traceback" not in done.stderr


def test_evaluate_says_what_to_clone_for_the_real_pages(runs: Path, tmp_path: Path) -> None:
    done = run_script(
        "evaluate.py", f"runs={runs}", "run=smoke", "pages=real", f"clones={tmp_path}"
    )
    assert done.returncode == 1
    assert "git clone https://github.com/seomoz/dragnet_data" in done.stderr
    assert "Traceback" not in done.stderr


def test_evaluate_leaves_a_report_and_a_card(runs: Path) -> None:
    done = run_script("evaluate.py", f"runs={runs}", "run=smoke", "pages=validation")
    assert done.returncode == 0, done.stderr
    report = runs / "smoke" / "evaluation" / "validation" / "report.html"
    assert "smoke on validation" in report.read_text(encoding="utf-8")
    card = (runs / "smoke" / "model" / "README.md").read_text(encoding="utf-8")
    assert "| validation |" in card


@pytest.mark.parametrize("model", ["majority", "tfidf", "frozen"])
def test_baselines_go_through_the_same_door(tmp_path: Path, model: str) -> None:
    done = run_script("train.py", f"model={model}", "data.limit=6", f"runs={tmp_path}", "run=base")
    assert done.returncode == 0, done.stderr
    assert "voices macro-F1" in done.stdout
    assert f"next: python evaluate.py run=base runs={tmp_path}" in done.stdout
    names = {file.name for file in (tmp_path / "base").iterdir()}
    assert names == {"config.yaml", "curve.jsonl", "evaluation", "model", "run.json"}
    assert (tmp_path / "base" / "curve.jsonl").read_text() == ""
    record = json.loads((tmp_path / "base" / "run.json").read_text())
    assert len(record["base_sha256"]) == (model == "frozen")
    settings = json.loads((tmp_path / "base" / "model" / "newsvoices.json").read_text())
    assert settings["baseline"] == model
    done = run_script("evaluate.py", f"runs={tmp_path}")
    assert done.returncode == 0, done.stderr
    assert "voices macro-F1" in done.stdout
