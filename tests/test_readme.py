"""Every command and every piece of Python in the README runs, with the smoke experiment."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from conftest import run_script
from newsvoices.labels import SCHEME

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Run in this order, each line by itself.
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README, re.S)
    for line in block.replace("\\\n", " ").splitlines()
    if line.strip()
]
SNIPPETS = re.findall(r"```python\n(.*?)```", README, re.S)


def run(arguments: list[str], folder: Path) -> str:
    done = run_script(*arguments, folder=folder)
    assert done.returncode == 0, f"{arguments}: {done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts, configs and data, a run named NAME and a small data file."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("configs", "data", "train.py", "evaluate.py", "predict.py"):
        (folder / name).symlink_to(ROOT / name)
    example = re.search(r"```json\n(.*?)```", README, re.S)
    assert example is not None
    for name in ("train", "validation", "test", "FILE"):
        page = json.loads(example[1])
        page["id"] = name
        page["paragraphs"][0]["text"] += f" ({name})"
        (folder / f"{name}.jsonl").write_text(json.dumps(page) + "\n", encoding="utf-8")
    for name in ("page.html", "notes.txt", "archive/old.html", "2024-05/new.html"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("<p>Police said so.</p>\n\nShare this\n", encoding="utf-8")
    run(["train.py", "experiment=smoke", "run=NAME"], folder)
    shutil.copytree(folder / "runs" / "NAME", folder / "runs" / "OTHER")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("command", [c for c in COMMANDS if " evaluate.py" in c])
def test_evaluate_commands_run(workplace: Path, command: str) -> None:
    program, *arguments = shlex.split(command, comments=True)
    assert program == "python"
    assert "voices macro-F1" in run(arguments, workplace)


@pytest.mark.slow
@pytest.mark.parametrize("command", [c for c in COMMANDS if " predict.py" in c])
def test_predict_commands_run(workplace: Path, command: str) -> None:
    program, *arguments = shlex.split(command, comments=True)
    assert program == "python"
    run(arguments, workplace)


@pytest.mark.slow
@pytest.mark.parametrize("snippet", SNIPPETS)
def test_python_snippets_run(
    workplace: Path, snippet: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workplace)
    exec(snippet, {})


@pytest.mark.slow
@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("python train.py")])
def test_train_commands_run(workplace: Path, tiny_mpnet: Path, command: str) -> None:
    script, *arguments = shlex.split(command, comments=True)[1:]
    if "experiment=mpnet" in command:  # its weights are not part of the install
        arguments.append(f"model.base.folder={tiny_mpnet}")
    # Whatever the command trains, a few pages and one epoch show that it runs.
    small = ["data.limit=6", "trainer.epochs=1"]
    if not any(argument.startswith("experiment=") for argument in arguments):
        small.append("experiment=smoke")
    run([script, *small, *arguments], workplace)


def test_every_command_is_one_that_is_tested_or_is_the_install_or_the_tests() -> None:
    known = ("python train.py", "python evaluate.py", "python predict.py", "pip install")
    assert COMMANDS
    assert [command for command in COMMANDS if not command.startswith(known)] == []


def test_ci_installs_and_tests_as_the_readme_says() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command in (
        'pip install -e ".[train]" && python train.py',
        'pip install -e ".[test]" && pytest',
    ):
        assert command in README
        install, _ = command.split(" && ")
        assert install.replace("pip install", "pip install --quiet") in ci


def test_the_label_table_is_the_scheme() -> None:
    for label in SCHEME:
        assert f"| `{label.name}` | {label.definition} |" in README


def test_the_first_command_stands_on_the_first_screen() -> None:
    lines = README.splitlines()
    assert next(i for i, line in enumerate(lines) if "python train.py" in line) < 25


@pytest.mark.parametrize("path", re.findall(r"\]\((?!http)([^)#]+)\)", README))
def test_links_lead_somewhere(path: str) -> None:
    assert (ROOT / path).exists()
