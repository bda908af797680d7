"""`python predict.py` as a user runs it, on a tiny random model."""

import importlib.util
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from newsvoices import LABELS, load

SCRIPT = Path(__file__).resolve().parents[1] / "predict.py"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two pages of one name and a file that is none."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "deep").mkdir()
    (folder / "page.html").write_text("<p>The police said so.<p><b>Reply</b>")
    (folder / "deep" / "page.txt").write_text("The fire was seen.\n\nA witness said so.")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    return folder


@pytest.fixture
def run(
    folder: Path,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Call the script's main in the folder; gives exit status, output and complaints."""
    spec = importlib.util.spec_from_file_location("predict", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.chdir(folder)

    def call(*arguments: str, stdin: bytes = b"", model: Path | None = tiny_model) -> tuple:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        chosen = [] if model is None else ["--model", str(model)]
        try:
            status = script.main([*chosen, *arguments])
        except SystemExit as error:  # how argparse refuses
            status = error.code
        return status, *capsys.readouterr()

    return call


def test_text_has_the_legend_and_every_paragraph_and_no_colours(run: Run) -> None:
    status, output, complaints = run("page.html", "deep")
    lines = output.splitlines()
    assert (status, complaints) == (0, "")
    assert [line.split()[0] for line in lines[:6]] == list(LABELS)
    assert "\x1b" not in output
    assert {"page.html", "deep/page.txt"} <= set(lines)
    assert sum(line.endswith(" said so.") for line in lines) == 2


def test_bfloat16_scores_are_those_of_the_loader_in_bfloat16(run: Run, tiny_model: Path) -> None:
    _, exact, _ = run("page.html", "--format", "jsonl", "--device", "cpu")
    status, output, _ = run("page.html", "--format", "jsonl", "--device", "cpu", "--bfloat16")
    classifier = load(tiny_model, device="cpu", bfloat16=True)
    expected = classifier.classify(classifier.read("page.html"))
    assert (status, output == exact) == (0, False)
    assert [json.loads(line)["score"] for line in output.splitlines()] == pytest.approx(
        [prediction.score for prediction in expected], abs=1e-4
    )


def test_json_lines_are_what_the_loader_says(run: Run, tiny_model: Path, folder: Path) -> None:
    assert run("*.html", "--format", "jsonl", "--output", "out.jsonl") == (0, "", "")
    rows = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    classifier = load(tiny_model, device="cpu")
    expected = classifier.classify(classifier.read(folder / "page.html"))
    assert [(row["id"], row["index"]) for row in rows] == [("page.html", 0), ("page.html", 1)]
    for row, prediction in zip(rows, expected, strict=True):
        assert (row["text"], row["label"]) == (prediction.text, prediction.label)
        assert row["scores"] == pytest.approx(prediction.scores)


def test_one_html_page_is_written_for_each_input(run: Run, folder: Path) -> None:
    status, output, _ = run("deep", "page.html", "--format", "html", "--output", "shown/here")
    assert status == 0
    written = [Path(line) for line in output.splitlines()]
    assert [file.name for file in written] == ["page.voices.html", "page.2.voices.html"]
    texts = [(folder / file).read_text() for file in written]
    assert "The fire was seen." in texts[0]
    assert "The police said so." in texts[1]


def test_standard_input_is_read(run: Run) -> None:
    _, output, _ = run("-", "--format", "jsonl", stdin=b"<p>One<p>Two")
    rows = [json.loads(line) for line in output.splitlines()]
    assert [(row["id"], row["text"]) for row in rows] == [("-", "One"), ("-", "Two")]


def test_what_cannot_be_read_is_reported_and_the_others_go_on(run: Run) -> None:
    status, output, complaints = run("picture.png", "nowhere.html", "page.html")
    assert status == 1
    first, second = complaints.splitlines()
    assert first.startswith("predict.py: picture.png: expected HTML")
    assert second == "predict.py: nowhere.html: expected a file to read, found none there"
    assert "The police said so." in output


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--runs", "deep", "page.html"], "python train.py"),
        (["--run", "none", "page.html"], "expected a complete run"),
        (["--model", "nowhere", "page.html"], "nowhere: expected a model folder"),
        (["--output", "no/such/folder.txt", "page.html"], "no/such/folder.txt: cannot be written"),
        (["--output", "page.html", "page.html"], "expected another file to write to"),
        ([], "the following arguments are required: FILE"),
        (["--model", "a", "--run", "b", "page.html"], "not allowed with"),
    ],
)
def test_what_keeps_all_from_being_done_has_its_reason(
    run: Run, arguments: list[str], reason: str
) -> None:
    model = {"model": None} if {"--run", "--runs", "--model"} & {*arguments} else {}
    status, _, complaints = run(*arguments, **model)
    assert status == 2
    assert reason in complaints


@pytest.mark.slow
def test_an_early_end_of_the_reader_is_no_error(tiny_model: Path, folder: Path) -> None:
    (folder / "long.txt").write_text("\n".join(["The police said so."] * 5000))
    command = f"{sys.executable} {SCRIPT} --model {tiny_model} long.txt | head -1"
    done = subprocess.run(command, cwd=folder, shell=True, capture_output=True, text=True)
    assert done.stdout.split()[0] == LABELS[0]
    assert done.stderr == ""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_a_terminal_gets_colours_unless_told_not_to(
    tiny_model: Path, folder: Path, no_color: str, coloured: bool
) -> None:
    import pty

    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), "--model", str(tiny_model), "page.html"],
        cwd=folder,
        stdout=follower,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "NO_COLOR": no_color, "TERM": "xterm-256color"},
    )
    os.close(follower)
    shown = b""
    try:
        while piece := os.read(leader, 4096):
            shown += piece
    except OSError:  # Linux: the other end is closed
        pass
    assert process.wait() == 0
    assert b"police said so" in shown
    assert (b"\x1b[" in shown) == coloured
