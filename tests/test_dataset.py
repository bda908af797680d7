"""Labelled files become splits without loss; faults and leaks are reported all at once."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from newsvoices.arguments import ConfigError
from newsvoices.dataset import (
    FEATURES,
    LEAK_WORDS,
    SPLITS,
    DataError,
    load_splits,
    read_pages,
    shares,
    split_of,
    to_dataset,
    to_pages,
)
from newsvoices.labels import LABEL2ID, LABELS
from newsvoices.pages import Page, Paragraph

DATA = Path(__file__).resolve().parents[1] / "data"


def record(page_id: str, *texts: str, **metadata: Any) -> dict[str, Any]:
    paragraphs = [{"text": text, "label": LABELS[0]} for text in texts or (f"Text of {page_id}.",)]
    return {"id": page_id, "paragraphs": paragraphs, **metadata}


def write(file: Path, *records: dict[str, Any] | str) -> Path:
    lines = [line if isinstance(line, str) else json.dumps(line) for line in records]
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def three_files(folder: Path, *, train: str, validation: str, test: str) -> dict[str, list[Path]]:
    """One file a split, each of a page with a text of its own and the given one."""
    texts = {"train": train, "validation": validation, "test": test}
    return {
        name: [write(folder / f"{name}.jsonl", record(name, f"Text of {name}.", text))]
        for name, text in texts.items()
    }


def words(count: int) -> str:
    return " ".join(f"word{number}" for number in range(count))


def test_known_pages_keep_their_splits() -> None:
    assert {
        page_id: split_of(page_id) for page_id in ("n1-1", "page-0", "page-3", "é", "日本")
    } == {
        "n1-1": "train",
        "page-0": "train",
        "page-3": "test",
        "é": "train",
        "日本": "validation",
    }


def test_shares_of_many_pages_are_near_80_10_10() -> None:
    counts = Counter(split_of(f"page-{number}") for number in range(10_000))
    assert [counts[split] / 10_000 for split in SPLITS] == pytest.approx([0.8, 0.1, 0.1], abs=0.01)


def test_adding_pages_moves_none(tmp_path: Path) -> None:
    def split_by_id(count: int) -> dict[str, str]:
        records = [record(f"page-{number}") for number in range(count)]
        splits = load_splits(files=[write(tmp_path / "d.jsonl", *records)])
        return {page_id: name for name, split in splits.items() for page_id in split["id"]}

    few, many = split_by_id(60), split_by_id(120)
    assert (len(few), len(many)) == (60, 120)
    assert few.items() <= many.items()


def test_a_dataset_has_explicit_features() -> None:
    dataset = to_dataset([Page((Paragraph("Text.", LABELS[3]),), id="a")])
    assert dataset.features == FEATURES
    assert dataset.features["paragraphs"].feature["label"].names == list(LABELS)
    assert dataset[0] == {
        "id": "a",
        "metadata": "{}",
        "paragraphs": [{"text": "Text.", "label": LABEL2ID[LABELS[3]], "metadata": "{}"}],
    }


def test_pages_come_back_from_a_dataset_as_they_went_in() -> None:
    metadata = {"n": 1, "nested": {"list": [None, True, 0.5, "ü \U0001f600"]}}
    pages = [
        Page(
            tuple(Paragraph(f" {label}\n\u200b", label, {"i": label}) for label in LABELS), "ä", {}
        ),
        Page((Paragraph("Text.", LABELS[1]),), "b", metadata),
    ]
    assert to_pages(to_dataset(pages)) == pages


def test_a_file_comes_back_with_every_other_key_as_metadata(tmp_path: Path) -> None:
    first = record("a", "One.", "Two.", origin="own", note=[1, {"x": None}])
    first["paragraphs"][1]["speaker"] = "a minister"
    file = write(tmp_path / "d.jsonl", first, record("b", other=2))
    pages = to_pages(to_dataset(read_pages([file])))
    assert [page.metadata for page in pages] == [
        {"origin": "own", "note": [1, {"x": None}]},
        {"other": 2},
    ]
    assert [paragraph.metadata for paragraph in pages[0].paragraphs] == [
        {},
        {"speaker": "a minister"},
    ]


def test_pages_are_read_in_the_order_of_files_and_lines(tmp_path: Path) -> None:
    files = [
        write(tmp_path / "z.jsonl", record("c"), record("a")),
        write(tmp_path / "b.jsonl", record("b")),
    ]
    assert [page.id for page in read_pages(files)] == ["c", "a", "b"]


def test_own_splits_are_taken_as_they_are_given(tmp_path: Path) -> None:
    files = {
        split: [str(write(tmp_path / f"{split}.jsonl", record(f"{split}-1"), record(f"{split}-2")))]
        for split in SPLITS
    }
    splits = load_splits(**files)
    assert list(splits) == list(SPLITS)
    assert {name: split["id"][:] for name, split in splits.items()} == {
        split: [f"{split}-1", f"{split}-2"] for split in SPLITS
    }


def test_a_limit_keeps_the_first_pages_of_each_split(tmp_path: Path) -> None:
    file = write(tmp_path / "d.jsonl", *(record(f"page-{number}") for number in range(60)))
    whole, few = load_splits(files=[file]), load_splits(files=[file], limit=2)
    for split in SPLITS:
        assert few[split]["id"][:] == whole[split]["id"][:2]
        assert len(few[split]) == 2


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_refused(tmp_path: Path, limit: int) -> None:
    file = write(tmp_path / "d.jsonl", *(record(f"page-{number}") for number in range(60)))
    with pytest.raises((DataError, ConfigError), match=f"limit.*{limit}"):
        load_splits(files=[file], limit=limit)


def test_all_faults_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    broken = record("a", "Text.", " ")
    broken["paragraphs"][0]["label"] = "opinions"
    first = write(tmp_path / "1.jsonl", record("ok"), "{", broken)
    second, third = tmp_path / "2.jsonl", write(tmp_path / "3.jsonl")
    repeated = write(tmp_path / "4.jsonl", record("ok", "Other."))
    with pytest.raises(DataError) as caught:
        load_splits(files=[first, second], train=[third], test=[repeated])
    starts = [
        f"{first}:2: expected one JSON object",
        f"{first}:3: page 'a': paragraphs[0].label: expected one of",
        f"{first}:3: page 'a': paragraphs[1].text: expected a string",
        f"{second}: expected a JSONL file",
        f"{third}: expected at least one page",
        f"{repeated}:1: page 'ok': expected ids to be unique, found it at {first}:1 too",
    ]
    assert [
        fault[: len(start)] for fault, start in zip(caught.value.faults, starts, strict=True)
    ] == starts
    assert str(caught.value).splitlines() == ["6 faults in the data:", *caught.value.faults]


def test_reading_pages_reports_all_faults_too(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{number}.jsonl", record("ok"), "{") for number in (1, 2)]
    with pytest.raises(DataError) as caught:
        read_pages(files)
    assert {f"{file}:2" for file in files} <= {
        fault.split(": ")[0] for fault in caught.value.faults
    }


def test_a_single_fault_is_counted_in_the_singular(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^1 fault in the data:\n.*none\.jsonl: expected a JSONL"):
        read_pages([tmp_path / "none.jsonl"])


def test_a_repeated_id_is_refused_with_both_places(tmp_path: Path) -> None:
    file = write(tmp_path / "d.jsonl", record("a"), record("b"), record("a", "Other."))
    with pytest.raises(DataError) as caught:
        load_splits(train=[file])
    assert caught.value.faults == [
        f"{file}:3: page 'a': expected ids to be unique, found it at {file}:1 too"
    ]


def test_a_repeated_id_is_refused_in_pages_without_splits(tmp_path: Path) -> None:
    file = write(tmp_path / "d.jsonl", record("a"), record("a", "Other."))
    with pytest.raises(DataError, match=r"d\.jsonl:2: page 'a': expected ids to be unique"):
        read_pages([file])


def test_a_file_that_is_named_twice_does_not_double_its_pages(tmp_path: Path) -> None:
    files = three_files(tmp_path, train="a", validation="b", test="c")
    with pytest.raises(DataError, match=r"train\.jsonl"):
        load_splits(**{**files, "train": files["train"] * 2})


@pytest.mark.parametrize("kind", [str, Path])
def test_one_file_in_the_place_of_a_list_is_refused(tmp_path: Path, kind: type) -> None:
    file = write(tmp_path / "d.jsonl", record("a"))
    with pytest.raises(TypeError, match=f"expected a list of files, found .*{file.name}"):
        read_pages(kind(file))


def test_an_id_in_two_splits_is_refused_with_the_other_split(tmp_path: Path) -> None:
    files = three_files(tmp_path, train="a", validation="b", test="c")
    write(files["test"][0], record("train", "Quite another text."))
    with pytest.raises(DataError) as caught:
        load_splits(**files)
    (fault,) = caught.value.faults
    assert fault.startswith(f"{files['test'][0]}:1: page 'train': expected ids to be unique")
    assert f"found it at {files['train'][0]}:1 too (train; this one in test)" in fault


def test_a_page_in_two_splits_is_refused_once_whatever_its_id_and_spacing(tmp_path: Path) -> None:
    files = three_files(tmp_path, train="a", validation="b", test="c")
    text = words(LEAK_WORDS + 1)
    write(files["train"][0], record("x", text, "Read more"))
    write(files["test"][0], record("y", text.upper().replace(" ", "\n "), "read MORE"))
    with pytest.raises(DataError) as caught:
        load_splits(**files)
    (fault,) = caught.value.faults
    assert fault.startswith(f"{files['test'][0]}:1: page 'y': expected pages to stay in one split")
    assert f"{files['train'][0]}:1: page 'x'" in fault


def test_a_long_paragraph_in_two_splits_is_refused_with_both_places(tmp_path: Path) -> None:
    long = words(LEAK_WORDS + 1)
    files = three_files(tmp_path, train=long, validation=long.title(), test="c")
    with pytest.raises(DataError) as caught:
        load_splits(**files)
    (fault,) = caught.value.faults
    place = f"{files['validation'][0]}:1: page 'validation': paragraphs[1]: "
    assert fault.startswith(f"{place}expected paragraphs of over 40 words to stay in one split")
    assert f"{files['train'][0]}:1: page 'train' paragraphs[1]" in fault


def test_a_shorter_paragraph_may_stand_in_every_split(tmp_path: Path) -> None:
    short = words(LEAK_WORDS)
    splits = load_splits(**three_files(tmp_path, train=short, validation=short, test=short))
    assert [splits[name][0]["paragraphs"][1]["text"] for name in SPLITS] == [short] * 3


def test_a_long_paragraph_may_stand_twice_in_one_split(tmp_path: Path) -> None:
    files = three_files(tmp_path, train="a", validation="b", test="c")
    text = words(LEAK_WORDS + 1)
    write(files["train"][0], record("x", "One.", text, text), record("y", "Two.", text))
    assert load_splits(**files)["train"].num_rows == 2


def test_a_split_without_pages_is_refused(tmp_path: Path) -> None:
    files = three_files(tmp_path, train="a", validation="b", test="c")
    with pytest.raises(DataError) as caught:
        load_splits(train=files["train"])
    assert caught.value.faults == [f"{name}: expected pages, found none" for name in SPLITS[1:]]


def test_half_a_surrogate_pair_in_metadata_is_a_fault_and_no_traceback(tmp_path: Path) -> None:
    files = three_files(tmp_path, train="a", validation="b", test="c")
    write(files["train"][0], record("x", url="\ud83d"))
    with pytest.raises(DataError, match="surrogate"):
        load_splits(**files)


def test_shipped_data_are_complete_and_without_a_fault() -> None:
    pages = read_pages(sorted(DATA.glob("*.jsonl")))
    paragraphs = [paragraph for page in pages for paragraph in page.paragraphs]
    assert (len(pages), len(paragraphs)) == (2062, 32_719)
    assert {paragraph.label for paragraph in paragraphs} == set(LABELS)


def default_files() -> dict[str, list[Path]]:
    """The files of the default data, by the key that names them."""
    config: Any = OmegaConf.to_container(OmegaConf.load(DATA.parent / "configs/data/authored.yaml"))
    return {key: [DATA.parent / file for file in config[key]] for key in ("files", *SPLITS)}


def test_the_datasheet_has_the_table_of_the_default_splits() -> None:
    assert shares(load_splits(**default_files())) in (DATA / "README.md").read_text("utf-8")


def test_the_pages_beside_the_default_leak_into_no_split_of_it() -> None:
    files = default_files()
    others = set(DATA.glob("*.jsonl")) - set(files["files"])
    splits = load_splits(**{**files, "train": sorted(others)})
    assert sum(map(len, splits.values())) == 2062


def test_the_table_of_shares_counts_pages_paragraphs_origins_and_labels(tmp_path: Path) -> None:
    files = three_files(tmp_path, train="a", validation="b", test="c")
    write(files["train"][0], record("x", origin="own"), record("y", "One.", "Two.", origin="own"))
    rows = [line.split() for line in shares(load_splits(**files)).splitlines()]
    assert rows[0] == list(SPLITS)
    assert rows[1] == ["pages", "2", "50.0%", "1", "25.0%", "1", "25.0%"]
    assert rows[2] == ["paragraphs", "3", "42.9%", "2", "28.6%", "2", "28.6%"]
    assert ["origin", "own", "2", "100.0%", "0", "0.0%", "0", "0.0%"] in rows
    assert [LABELS[0], "3", "42.9%", "2", "28.6%", "2", "28.6%"] in rows
    assert [LABELS[1], "0", "0.0%", "0", "0.0%", "0", "0.0%"] in rows
