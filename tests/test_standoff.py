"""Labels and clones make pages again; what is missing or has changed is named, all at once."""

import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from newsvoices.dataset import DataError, read_pages
from newsvoices.labels import LABELS
from newsvoices.pages import Page, Paragraph
from newsvoices.standoff import CUTS, REAL_LABELS, find_clone, rebuild

ROOT = Path(__file__).resolve().parents[1]
TEXT = "networkdynamics/PolNeAR:a.txt"


def archive(members: Mapping[str, str]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as file:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data := text.encode("utf-8"))
            file.addfile(info, io.BytesIO(data))
    return packed.getvalue()


# Source, committed files, and the cut of the source.
SOURCES = [
    (
        "seomoz/dragnet_data:Corrected/1.txt",
        {
            "dragnet_Corrected.tar.gz": archive(
                {
                    "Corrected/0.txt": "Another page.",
                    "Corrected/1.txt": "Bridge\tshut\n\n  It is old. \n"
                    "!@#$%^&*()  COMMENTS\nAbout time!\n",
                }
            )
        },
        ["Bridge shut", "It is old.", "About time!"],
    ),
    (
        "scrapinghub/article-extraction-benchmark:0a1b",
        {"ground-truth.json": b'{"0a1b": {"articleBody": "Bridge shut\\n\\nIt is\\u00a0old."}}'},
        ["Bridge shut", "It is old."],
    ),
    (
        "scrapinghub/article-extraction-benchmark:html/0a1b.html.gz",
        {"html/0a1b.html.gz": gzip.compress(b"<p>Bridge shut<p>It is <b>old</b>.")},
        ["Bridge shut", "It is old."],
    ),
    (
        "adbar/trafilatura:eval/bridge.html",
        {"eval/bridge.html": b"<p>Listen <AUDIO src=x><a>x.mp3</a></AUDIO> here</p><video>no"},
        ["Listen", "x.mp3", "here"],
    ),
    (
        "networkdynamics/PolNeAR:text/bridge.txt",
        {"text/bridge.txt": "Bridge shut\r\n \r\nIt is “old”.\r\n".encode("cp1252")},
        ["Bridge shut", "It is “old”."],
    ),
    (
        "launchnlp/BASIL:articles/bridge_1.json",
        {
            "articles/bridge_1.json": b'{"title": "Bridge shut", "body-paragraphs": '
            b'[["It is old.", "It\\nrusts."], [], ["Cars queue."]]}'
        },
        ["Bridge shut", "It is old. It rusts.", "Cars queue."],
    ),
    (
        "sjtuprog/fox-news-comments:threads/1.txt",
        {"threads/1.txt": b"0:Ann About time!\n1:Bob @Ann 1:0 for you\n0:\n"},
        ["Ann About time!", "Bob @Ann 1:0 for you"],
    ),
]


def git(folder: Path, *arguments: str) -> None:
    # Under a git hook the variables would lead to the repository of the hook.
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, env=clean, check=True)


def commit(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Make a repository in which the files are committed."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet")
    git(folder, "config", "core.autocrlf", "false")
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=Pages")
    return folder


def labelled(page_id: str, source: str, texts: Sequence[tuple[int, str]]) -> dict[str, Any]:
    """The stand-off record of a page; labels follow the index."""
    paragraphs = [
        {
            "index": index,
            "sha256": hashlib.sha256(text.encode("utf-8")).hexdigest(),
            "label": LABELS[index % len(LABELS)],
            "votes": 2,
        }
        for index, text in texts
    ]
    return {"id": page_id, "source": source, "kind": "news, a bridge", "paragraphs": paragraphs}


def write(folder: Path, *records: dict[str, Any]) -> Path:
    file = folder / "labels.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return file


def faults_of(labels: Path, clones: Path) -> list[str]:
    with pytest.raises(DataError) as caught:
        rebuild(labels, clones)
    return caught.value.faults


@pytest.mark.parametrize(("source", "files", "cut"), SOURCES)
def test_every_kind_of_source_is_cut(
    tmp_path: Path, source: str, files: dict[str, bytes], cut: list[str]
) -> None:
    repository = source.partition(":")[0]
    commit(tmp_path / repository.partition("/")[2], files)
    [page] = rebuild(write(tmp_path, labelled("d1", source, [*enumerate(cut)])), tmp_path)
    assert page.texts == cut
    with pytest.raises(DataError, match=f"found only {len(cut)} paragraphs"):
        rebuild(write(tmp_path, labelled("d1", source, [(len(cut), "more")])), tmp_path)


def test_all_repositories_are_tried_here() -> None:
    assert {source.partition(":")[0] for source, _, _ in SOURCES} == set(CUTS)


def test_pages_are_as_if_read_from_a_file_that_has_their_text(tmp_path: Path) -> None:
    commit(tmp_path / "PolNeAR", {"a.txt": b"Zero\nOne\nTwo\nThree", "b.txt": b"Other"})
    records = [
        labelled("d2", TEXT, [(1, "One"), (3, "Three")]),
        labelled("d1", "networkdynamics/PolNeAR:b.txt", [(0, "Other")]),
    ]
    pages = rebuild(write(tmp_path, *records), tmp_path)
    assert pages[0] == Page(
        (Paragraph("One", LABELS[1], {"votes": 2}), Paragraph("Three", LABELS[3], {"votes": 2})),
        id="d2",
        metadata={"source": TEXT, "kind": "news, a bridge"},
    )
    texts = iter(["One", "Three", "Other"])
    for item in (item for record in records for item in record["paragraphs"]):
        item["text"] = next(texts)
        del item["index"], item["sha256"]
    assert pages == read_pages([write(tmp_path, *records)])


@pytest.mark.parametrize(
    "layout", ["PolNeAR", "networkdynamics+PolNeAR", "networkdynamics+PolNeAR/repo"]
)
@pytest.mark.parametrize("bare", [False, True])
def test_a_clone_is_found_in_each_layout(tmp_path: Path, layout: str, bare: bool) -> None:
    original = commit(tmp_path / "original", {"a.txt": b"Zero\n"})
    kind = ["--bare"] if bare else []
    git(tmp_path, "clone", "--quiet", *kind, str(original), str(tmp_path / "clones" / layout))
    labels = write(tmp_path, labelled("d1", TEXT, [(0, "Zero")]))
    assert rebuild(labels, tmp_path / "clones")[0].texts == ["Zero"]


def test_what_is_committed_counts_not_the_work_tree(tmp_path: Path) -> None:
    clone = commit(tmp_path / "PolNeAR", {"a.txt": b"Zero\n"})
    (clone / "a.txt").unlink()
    labels = write(tmp_path, labelled("d1", TEXT, [(0, "Zero")]))
    assert rebuild(labels, tmp_path)[0].texts == ["Zero"]


def test_a_plain_folder_inside_a_repository_is_no_clone(tmp_path: Path) -> None:
    outer = commit(tmp_path / "outer", {"PolNeAR/a.txt": b"Zero\n"})
    assert find_clone(outer, "networkdynamics/PolNeAR") is None
    assert find_clone(tmp_path / "no-such-folder", "networkdynamics/PolNeAR") is None


def test_a_missing_clone_is_named_once_with_the_command_that_makes_it(tmp_path: Path) -> None:
    clones = tmp_path / "my clones"
    records = [
        labelled("d1", TEXT, [(0, "Zero")]),
        labelled("d2", TEXT, [(0, "Zero")]),
        labelled("d3", "launchnlp/BASIL:a.json", [(0, "Zero")]),
    ]
    assert faults_of(write(tmp_path, *records), clones) == [
        f"{clones}: expected a clone of {repository}, found none; make one: "
        f"git clone https://github.com/{repository} '{clones}/{name}'"
        for repository, name in (
            ("networkdynamics/PolNeAR", "PolNeAR"),
            ("launchnlp/BASIL", "BASIL"),
        )
    ]


def test_a_changed_paragraph_is_reported_with_page_and_index(tmp_path: Path) -> None:
    commit(tmp_path / "PolNeAR", {"a.txt": b"Zero\nOne\nTwo\n"})
    texts = [(0, "Zero"), (1, "Eins"), (3, "Three"), (4, "Two")]
    changed, gone, moved = faults_of(write(tmp_path, labelled("d1", TEXT, texts)), tmp_path)
    digest = hashlib.sha256(b"Eins").hexdigest()
    assert changed == (
        f"page 'd1': index 1 of {TEXT}: expected the paragraph with SHA-256 {digest[:12]}..., "
        "found another text; check out the commit that data/real/README.md names"
    )
    assert "index 3 of" in gone
    assert "found only 3 paragraphs;" in gone
    assert "index 4 of" in moved
    assert "found it at index 2;" in moved


@pytest.mark.parametrize(
    ("source", "files", "found"),
    [
        (TEXT, {"b.txt": b"Zero"}, "'a.txt' does not exist in 'HEAD'"),
        (TEXT, {"a.txt/b.txt": b"Zero"}, "HEAD:a.txt"),
        (TEXT, {"a.txt": b"\x89PNG\r\n\0\0"}, "looks like a binary file"),
        (
            "seomoz/dragnet_data:a.txt",
            {"dragnet_Corrected.tar.gz": archive({"b.txt": "Zero"})},
            "found: 'a.txt';",
        ),
        (
            "seomoz/dragnet_data:a.txt",
            {"dragnet_Corrected.tar.gz": archive({"a.txt": "Zero"})[:40]},
            "ended before",
        ),
        ("seomoz/dragnet_data:a.txt", {"dragnet_Corrected.tar.gz": b"Zero"}, "not a gzip file"),
        (
            "scrapinghub/article-extraction-benchmark:0a1b",
            {"ground-truth.json": b'{"2c3d": {}}'},
            "'0a1b'",
        ),
        (
            "scrapinghub/article-extraction-benchmark:html/a.html.gz",
            {"html/a.html.gz": b"<p>Zero"},
            "Not a gzipped file",
        ),
        ("launchnlp/BASIL:a.json", {"a.json": b"<html>"}, "Expecting value"),
    ],
)
def test_a_missing_or_unfit_file_is_reported(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    files: dict[str, bytes],
    found: str,
) -> None:
    monkeypatch.setenv("LC_ALL", "C")  # git speaks the user's language
    repository, _, path = source.partition(":")
    clone = commit(tmp_path / repository.partition("/")[2], files)
    [fault] = faults_of(write(tmp_path, labelled("d1", source, [(0, "Zero")])), tmp_path)
    expected = f"expected {path} of {repository} in the newest commit of {clone / '.git'}, found: "
    assert fault.startswith(f"page 'd1': {expected}")
    assert found in fault
    assert "\n" not in fault
    assert fault.endswith("; check out the commit that data/real/README.md names")


def test_faults_of_all_pages_come_at_once(tmp_path: Path) -> None:
    commit(tmp_path / "PolNeAR", {"a.txt": b"Zero\n"})
    records = [
        labelled("d1", TEXT, [(0, "Null")]),
        labelled("d2", TEXT, [(0, "Zero")]),
        labelled("d3", "networkdynamics/PolNeAR:b.txt", [(0, "Zero")]),
        labelled("d4", "launchnlp/BASIL:a.json", [(0, "Zero")]),
    ]
    faults = faults_of(write(tmp_path, *records), tmp_path)
    assert [re.findall(r"BASIL, found|'d\d'", fault) for fault in faults] == [
        ["BASIL, found"],
        ["'d1'"],
        ["'d3'"],
    ]


def test_without_git_or_labels_the_error_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert faults_of(tmp_path / "no.jsonl", tmp_path) == [
        f"{tmp_path / 'no.jsonl'}: expected the labels, found none; run this in the repository"
    ]
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "git: expected the program" in faults_of(write(tmp_path), tmp_path)[0]


def test_the_published_labels_are_whole_and_hold_no_text() -> None:
    records = [json.loads(line) for line in (ROOT / REAL_LABELS).open(encoding="utf-8")]
    items = [item for record in records for item in record["paragraphs"]]
    assert (len(records), len({record["id"] for record in records}), len(items)) == (40, 40, 496)
    assert {tuple(record) for record in records} == {("id", "source", "kind", "paragraphs")}
    assert {tuple(item) for item in items} == {("index", "sha256", "label", "votes")}
    assert {item["label"] for item in items} == set(LABELS)
    assert {item["votes"] for item in items} == {2, 3}
    assert all(re.fullmatch("[0-9a-f]{64}", item["sha256"]) for item in items)
    for record in records:
        indices = [item["index"] for item in record["paragraphs"]]
        assert indices == sorted(set(indices))
    assert {record["source"].partition(":")[0] for record in records} == set(CUTS)


@pytest.mark.parametrize("repository", CUTS)
def test_the_datasheet_says_how_to_get_each_repository(repository: str) -> None:
    datasheet = (ROOT / "data" / "real" / "README.md").read_text(encoding="utf-8")
    folder = f"clones/{repository.partition('/')[2]}"
    assert f"git clone https://github.com/{repository} {folder}\n" in datasheet
    assert re.search(rf"git -C {folder} checkout [0-9a-f]{{40}}\n", datasheet)
