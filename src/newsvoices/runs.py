"""Run folders: their names, what they say about themselves, and which one is the newest."""

import json
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from newsvoices.checkpoints import file_sha256

RECORD = "run.json"
PACKAGES = (
    "newsvoices",
    "accelerate",
    "datasets",
    "evaluate",
    "hydra-core",
    "numpy",
    "safetensors",
    "scikit-learn",
    "tokenizers",
    "torch",
    "transformers",
)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


class RunError(ValueError):
    """A run that cannot be made or found; the message says what to do."""


def start_run(runs: Path, name: str | None = None) -> Path:
    """Make the folder of a new run, named `name` or by the date and time.

    Raises:
        RunError: a name with other characters than letters, digits, ".", "_" and "-", or of a run
            that exists.
    """
    folder = runs / check_name(time.strftime("%Y-%m-%d_%H-%M-%S") if name is None else name)
    number = 2
    while name is None and folder.exists():  # two runs within a second
        folder = folder.with_name(f"{folder.name.split('.')[0]}.{number}")
        number += 1
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise RunError(f"{folder}: there is such a run already; choose another name") from error
    except OSError as error:
        raise RunError(f"{folder}: the folder cannot be made: {error.strerror}") from error
    return folder


def check_name(name: str) -> str:
    """Give back a fit name of a run or an evaluation; refuse any other."""
    if not _NAME.fullmatch(name):
        raise RunError(
            f"run name: expected letters, digits, '.', '_' and '-' only (and no leading '.' or "
            f"'-'), found {name!r}"
        )
    return name


def evaluation_name(pages: str, splits: Sequence[str]) -> str:
    """What the results on a split, or on the pages of a file, are called."""
    if pages in splits:
        return pages
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(pages).stem).strip(".-") or "pages"
    return f"{stem}-file" if stem in splits else stem


def find_run(runs: Path, name: str | None = None) -> Path:
    """The folder of the named run, or of the newest complete one.

    A run is complete once its record is written, which happens last.
    """
    if name is not None:
        folder = runs / check_name(name)
        if (folder / RECORD).is_file():
            return folder
        known = ", ".join(sorted(run.name for run in _complete(runs))) or "none"
        state = "it did not finish" if folder.is_dir() else "there is no such folder"
        raise RunError(f"{folder}: expected a complete run, but {state}; complete are: {known}")
    finished = {run: json.loads((run / RECORD).read_text())["finished"] for run in _complete(runs)}
    if not finished:
        raise RunError(f"{runs}: expected a complete run, found none; make one: python train.py")
    return max(finished, key=lambda run: finished[run])


def find_runs(runs: Path, name: str | None = None) -> list[Path]:
    """The folders of a sweep's runs, NAME.0, NAME.1, ...; or the one of `find_run`.

    Raises:
        RunError: there is neither a run nor a sweep of that name, or a run of the sweep is missing
            or incomplete: a mean over the others would pass for that of the sweep.
    """
    if name is None or (runs / check_name(name) / RECORD).is_file():
        return [find_run(runs, name)]
    member = re.compile(rf"{re.escape(name)}\.(\d+)")
    numbers = [int(m[1]) for run in runs.glob(f"{name}.*") if (m := member.fullmatch(run.name))]
    if not numbers:
        return [find_run(runs, name)]
    return [find_run(runs, f"{name}.{number}") for number in range(max(numbers) + 1)]


def finish_run(folder: Path, started: float, facts: dict[str, Any]) -> None:
    """Write the run's record, which makes it complete.

    Args:
        started: `time.time()` at the start.
        facts: what only the caller knows: seed, overrides, checksums, commit.
    """
    record = {
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "wall_seconds": round(time.time() - started, 1),
        "peak_memory_mib": peak_memory_mib(),
        **facts,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in PACKAGES},
    }
    part = folder / f"{RECORD}.part"
    part.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    part.rename(folder / RECORD)


def write_curve(folder: Path, curve: Iterable[dict[str, Any]]) -> None:
    """Write the learning curve as `curve.jsonl`, one logged step or evaluation a line."""
    lines = "".join(json.dumps(point) + "\n" for point in curve)
    (folder / "curve.jsonl").write_text(lines, encoding="utf-8")


def checksums(files: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of each file, by its path."""
    return {str(file): file_sha256(file) for file in files}


def changed_files(run: Path) -> list[str]:
    """The data files of a run that are gone or no longer have the checksums it recorded."""
    recorded = json.loads((run / RECORD).read_text(encoding="utf-8"))["data_sha256"]
    return [
        file
        for file, expected in recorded.items()
        if not Path(file).is_file() or file_sha256(Path(file)) != expected
    ]


def git_state(folder: Path) -> dict[str, Any] | None:
    """Commit and whether tracked files differ from it; None outside a checkout."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(folder), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no")
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(changed)}
    except (OSError, subprocess.CalledProcessError):
        return None


def peak_memory_mib() -> int | None:
    """Largest resident size of this process so far; None where the system does not tell.

    In a sweep, whose runs share a process, it is that of the largest run so far.
    """
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak // (2**20 if sys.platform == "darwin" else 2**10))  # macOS counts bytes


def _complete(runs: Path) -> list[Path]:
    return [record.parent for record in runs.glob(f"*/{RECORD}")]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
