"""One process agrees with itself; what several do is tested with the training script."""

from pathlib import Path

import pytest

from newsvoices import processes


def test_without_a_launcher_there_is_one_process_and_it_writes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert processes.is_main()
    assert processes.count() == 1
    assert processes.from_main(Path("runs/a"), device="cpu") == Path("runs/a")
    processes.wait(device="cpu")


def test_the_launcher_says_which_process_this_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert not processes.is_main()
    assert processes.count() == 2


def test_training_is_on_the_cpu_where_it_is_told_so() -> None:
    assert processes.on_cpu("cpu")
