"""Run folders: names, completeness, records."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from newsvoices.runs import (
    RunError,
    changed_files,
    checksums,
    evaluation_name,
    find_run,
    find_runs,
    finish_run,
    git_state,
    start_run,
    write_curve,
)


def test_a_run_is_named_by_its_time_unless_told(tmp_path: Path) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d", start_run(tmp_path).name)
    assert start_run(tmp_path, "my.run-1").name == "my.run-1"


def test_runs_of_the_same_second_get_folders_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "strftime", lambda _: "2026-01-01_00-00-00")
    names = [start_run(tmp_path).name for _ in range(3)]
    assert names == ["2026-01-01_00-00-00", "2026-01-01_00-00-00.2", "2026-01-01_00-00-00.3"]


@pytest.mark.parametrize("name", ["a/b", "../up", "..", ".hidden", "-x", "a b", "ä", ""])
def test_names_with_other_characters_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RunError, match="expected letters, digits"):
        find_run(tmp_path, name)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="file/a: the folder cannot be made"):
        start_run(tmp_path / "file", "a")


def test_an_existing_run_is_not_overwritten(tmp_path: Path) -> None:
    start_run(tmp_path, "twice")
    with pytest.raises(RunError, match="twice: there is such a run already"):
        start_run(tmp_path, "twice")


def test_the_newest_complete_run_is_found(tmp_path: Path) -> None:
    for name, finished in (("z", "2026-01-01"), ("a", "2026-01-03"), ("m", "2026-01-02")):
        folder = start_run(tmp_path, name)
        (folder / "run.json").write_text(json.dumps({"finished": finished}))
    start_run(tmp_path, "newer-but-unfinished")
    assert find_run(tmp_path).name == "a"


def test_without_a_complete_run_the_error_says_how_to_make_one(tmp_path: Path) -> None:
    start_run(tmp_path, "unfinished")
    with pytest.raises(RunError, match=r"python train\.py"):
        find_run(tmp_path)
    with pytest.raises(RunError, match="did not finish; complete are: none"):
        find_run(tmp_path, "unfinished")
    with pytest.raises(RunError, match="no such folder"):
        find_run(tmp_path, "absent")


def test_a_finished_run_describes_itself(tmp_path: Path) -> None:
    folder = start_run(tmp_path, "done")
    finish_run(folder, time.time() - 60, {"seed": 3, "overrides": ["seed=3"]})
    record = json.loads((folder / "run.json").read_text())
    assert record["seed"] == 3
    assert record["overrides"] == ["seed=3"]
    assert 60 <= record["wall_seconds"] < 70
    assert record["packages"]["torch"].startswith("2.13.0")
    assert record["peak_memory_mib"] > 10
    assert find_run(tmp_path).name == "done"


def test_git_state_tells_commit_and_dirt(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        command = ["git", "-C", str(tmp_path), *who, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q")
    (tmp_path / "file").write_text("one")
    git("add", ".")
    git("commit", "-qm", "One")
    (tmp_path / "untracked").write_text("a log, say")
    assert git_state(tmp_path) == {"commit": git("rev-parse", "HEAD"), "dirty": False}
    (tmp_path / "file").write_text("two")
    state = git_state(tmp_path)
    assert state is not None
    assert state["dirty"] is True


def test_outside_a_checkout_there_is_no_git_state(tmp_path: Path) -> None:
    assert git_state(tmp_path) is None


def test_changed_data_files_are_told(tmp_path: Path) -> None:
    same, other, gone = (tmp_path / name for name in ("same", "other", "gone"))
    for file in (same, other, gone):
        file.write_text("before")
    run = start_run(tmp_path, "run")
    finish_run(run, time.time(), {"data_sha256": checksums([same, other, gone])})
    other.write_text("after")
    gone.unlink()
    assert changed_files(run) == [str(other), str(gone)]


def test_the_learning_curve_is_one_json_object_a_line(tmp_path: Path) -> None:
    write_curve(tmp_path, [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}])
    lines = (tmp_path / "curve.jsonl").read_text().splitlines()
    assert [json.loads(line)["loss"] for line in lines] == [0.5, 0.25]


def test_peak_memory_counts_what_was_held() -> None:
    code = (
        "from newsvoices.runs import peak_memory_mib as peak;"
        "held = b'x' * (1500 * 2**20); del held; print(peak())"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert 1500 <= int(done.stdout) <= 2500


@pytest.mark.parametrize(
    ("pages", "name"),
    [
        ("test", "test"),
        ("validation", "validation"),
        ("test.jsonl", "test-file"),
        ("some/folder/pages.jsonl", "pages"),
        ("my data (1).jsonl", "my-data-1"),
        ("…", "pages"),
    ],
)
def test_results_are_named_after_the_pages(pages: str, name: str) -> None:
    assert evaluation_name(pages, ("train", "validation", "test")) == name


def complete(runs: Path, *names: str) -> None:
    for name in names:
        (start_run(runs, name) / "run.json").write_text(json.dumps({"finished": "2026-01-01"}))


def test_the_runs_of_a_sweep_are_found_in_their_order(tmp_path: Path) -> None:
    sweep = [f"s.{number}" for number in range(11)]
    complete(tmp_path, *reversed(sweep), "s.x", "st.1", "other")
    assert [run.name for run in find_runs(tmp_path, "s")] == sweep
    assert [run.name for run in find_runs(tmp_path, "s.2")] == ["s.2"]
    assert [run.name for run in find_runs(tmp_path, "other")] == ["other"]


def test_a_sweep_with_a_run_that_did_not_finish_is_refused(tmp_path: Path) -> None:
    complete(tmp_path, "s.0")
    start_run(tmp_path, "s.1")
    with pytest.raises(RunError, match=r"s\.1: .*did not finish"):
        find_runs(tmp_path, "s")


def test_a_sweep_that_lacks_a_run_between_others_is_refused(tmp_path: Path) -> None:
    complete(tmp_path, "s.0", "s.2")
    with pytest.raises(RunError, match=r"s\.1: .*no such folder"):
        find_runs(tmp_path, "s")


def test_a_name_of_neither_a_run_nor_a_sweep_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="none-such: expected a complete run"):
        find_runs(tmp_path, "none-such")
