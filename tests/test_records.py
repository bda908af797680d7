"""Every fault of a JSONL line is named with its place, and none is repaired."""

import json
from pathlib import Path
from typing import Any

import pytest

from newsvoices.labels import LABELS
from newsvoices.pages import Page, Paragraph
from newsvoices.records import nearest, parse_page, read_records


def record(**changes: Any) -> dict[str, Any]:
    return {"id": "p1", "paragraphs": [{"text": "Text.", "label": LABELS[0]}], **changes}


def faults_of(*paragraphs: Any) -> list[str]:
    page, faults = parse_page(record(paragraphs=list(paragraphs)))
    assert (page is None) == bool(faults)
    return faults


def read(file: Path, content: str | bytes) -> tuple[list[tuple[str, Page]], list[str]]:
    file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    faults: list[str] = []
    return list(read_records(file, faults)), faults


def test_a_right_record_becomes_a_page() -> None:
    items = [{"text": f"Text {label}.", "label": label} for label in LABELS]
    page, faults = parse_page({"id": "p1", "paragraphs": items})
    assert page == Page(tuple(Paragraph(f"Text {label}.", label) for label in LABELS), id="p1")
    assert faults == []


def test_other_keys_are_kept_as_metadata() -> None:
    item = {"text": "Text.", "label": LABELS[0], "speaker": None, "context": [1, {"a": True}]}
    page, _ = parse_page(record(paragraphs=[item], url="http://x", ids=[1], uid="u", titel=2))
    assert page is not None
    assert page.metadata == {"url": "http://x", "ids": [1], "uid": "u", "titel": 2}
    assert page.paragraphs[0].metadata == {"speaker": None, "context": [1, {"a": True}]}


def test_texts_and_ids_are_taken_as_they_are() -> None:
    text = " two  spaces\n\u200b[SEP] \U0001f600 "
    page, _ = parse_page(record(id=" Ä-1 ", paragraphs=[{"text": text, "label": LABELS[0]}]))
    assert page is not None
    assert (page.id, page.texts) == (" Ä-1 ", [text])


@pytest.mark.parametrize(
    ("found", "shown"), [(None, "null"), ([1], "the list [1]"), ("x", 'the string "x"')]
)
def test_a_line_that_is_no_object_is_a_fault(found: Any, shown: str) -> None:
    expected = f"expected a JSON object with id and paragraphs, found {shown}"
    assert parse_page(found) == (None, [expected])


def test_missing_keys_of_a_page_are_all_named() -> None:
    page, faults = parse_page({"url": "x"})
    assert page is None
    assert faults == [
        "page None: expected the key 'id', found only 'url'",
        "page None: expected the key 'paragraphs', found only 'url'",
    ]


def test_missing_keys_of_a_paragraph_are_all_named_with_its_index() -> None:
    assert faults_of({"text": "Text.", "label": LABELS[0]}, {}) == [
        "page 'p1': paragraphs[1]: expected the key 'text', found only no key",
        "page 'p1': paragraphs[1]: expected the key 'label', found only no key",
    ]


@pytest.mark.parametrize("near", ["lable", "Label", "labels", "LABEL", "_label", "label "])
def test_a_near_miss_of_label_is_named(near: str) -> None:
    expected = f"expected the key 'label', found {near!r}; rename or remove it"
    assert faults_of({"text": "Text.", near: LABELS[0]}) == [
        f"page 'p1': paragraphs[0]: {expected}"
    ]


@pytest.mark.parametrize("near", ["Text", "texts", "TEXT", "txt"])
def test_a_near_miss_beside_the_right_key_is_no_metadata(near: str) -> None:
    (fault,) = faults_of({"text": "Text.", "label": LABELS[0], near: "Which?"})
    assert fault.endswith(f"expected the key 'text', found {near!r}; rename or remove it")


@pytest.mark.parametrize("near", ["paragraph", "Paragraphs", "pargraphs"])
def test_a_near_miss_of_paragraphs_is_named(near: str) -> None:
    _, faults = parse_page({"id": "p1", near: record()["paragraphs"]})
    expected = f"expected the key 'paragraphs', found {near!r}; rename or remove it"
    assert faults == [f"page 'p1': {expected}"]


@pytest.mark.parametrize("near", ["ID", "Id", "_id"])
def test_another_case_of_id_is_named(near: str) -> None:
    _, faults = parse_page(record(**{near: "p2"}))
    assert faults == [f"page 'p1': expected the key 'id', found {near!r}; rename or remove it"]


@pytest.mark.parametrize(
    ("found", "meant"),
    [
        ("Opinion", "opinion"),
        ("oponion", "opinion"),
        ("official statement", "official_statement"),
        ("USER-COMMENT", "user_comment"),
        ("boiler_plate", "boilerplate"),
    ],
)
def test_an_unknown_label_is_refused_with_the_nearest_one(found: str, meant: str) -> None:
    (fault,) = faults_of({"text": "Text.", "label": found})
    assert fault.startswith("page 'p1': paragraphs[0].label: expected one of ")
    assert all(label in fault for label in LABELS)
    assert fault.endswith(f'found the string "{found}"; did you mean {meant!r}?')


@pytest.mark.parametrize("label", [None, 0, True, ["opinion"], {}, "", "xyz", " opinion"])
def test_what_is_no_label_is_never_taken_for_one(label: Any) -> None:
    (fault,) = faults_of({"text": "Text.", "label": label})
    assert ".label: expected one of" in fault


@pytest.mark.parametrize("text", ["", " \n", "\u00a0", None, 7, True, ["Text."], {"a": "b"}])
def test_a_text_must_be_a_string_that_is_not_blank(text: Any) -> None:
    (fault,) = faults_of({"text": text, "label": LABELS[0]})
    expected = "page 'p1': paragraphs[0].text: expected a string that is not blank, found "
    assert fault.startswith(expected)
    assert len(fault) > len(expected)


@pytest.mark.parametrize("page_id", ["", "  ", None, 7, ["p1"]])
def test_an_id_must_be_a_string_that_is_not_blank(page_id: Any) -> None:
    _, faults = parse_page(record(id=page_id))
    assert len(faults) == 1
    assert faults[0].startswith(f"page {page_id!r}: id: expected a string that is not blank, found")


@pytest.mark.parametrize("paragraphs", [[], {}, None, "Text.", 3])
def test_paragraphs_must_be_a_list_that_is_not_empty(paragraphs: Any) -> None:
    _, faults = parse_page(record(paragraphs=paragraphs))
    assert len(faults) == 1
    assert "page 'p1': paragraphs: expected a list that is not empty, found" in faults[0]


@pytest.mark.parametrize("item", [None, "Text.", 3, ["Text."]])
def test_a_paragraph_must_be_an_object(item: Any) -> None:
    (fault,) = faults_of(item)
    assert "paragraphs[0]: expected an object with text and label, found" in fault


def test_all_faults_of_a_page_are_named_in_order() -> None:
    faults = faults_of(
        {"text": "", "label": "nonsense"}, {"text": "Text.", "label": LABELS[0]}, {"label": 3}
    )
    starts = ["paragraphs[0].text", "paragraphs[0].label", "paragraphs[2]: ", "paragraphs[2].label"]
    assert len(faults) == len(starts)
    for fault, start in zip(faults, starts, strict=True):
        assert fault.startswith(f"page 'p1': {start}")


def test_half_a_surrogate_pair_in_text_or_id_is_a_fault() -> None:
    (fault,) = faults_of({"text": "ab\ud83d", "label": LABELS[0]})
    expected = "expected Unicode text, found half a surrogate pair at character 2"
    assert fault == f"page 'p1': paragraphs[0].text: {expected}"
    _, faults = parse_page(record(id="\ud83d"))
    assert faults == [f"page '\\ud83d': id: {expected.replace('2', '0')}"]


@pytest.mark.parametrize(
    "metadata", [{"url": "\ud83d"}, {"\ud83d": 1}, {"a": [{"b": "\ud83d"}]}], ids=str
)
def test_half_a_surrogate_pair_in_metadata_is_a_fault(metadata: dict[str, Any]) -> None:
    _, faults = parse_page(record(**metadata))
    assert len(faults) == 1
    assert "half a surrogate pair" in faults[0]


def test_found_values_are_cut_short_in_messages() -> None:
    (fault,) = faults_of({"text": "Text.", "label": "x" * 10_000})
    assert "xxx..." in fault
    assert len(fault) < 300


def test_pages_come_with_file_and_line(tmp_path: Path) -> None:
    lines = [json.dumps(record(id=name)) for name in ("a", "b")]
    pages, faults = read(tmp_path / "d.jsonl", f"\n{lines[0]}\n \n{lines[1]}")
    assert [(where, page.id) for where, page in pages] == [
        (f"{tmp_path / 'd.jsonl'}:2", "a"),
        (f"{tmp_path / 'd.jsonl'}:4", "b"),
    ]
    assert faults == []


def test_byte_order_mark_and_windows_line_ends_are_understood(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + b"".join(
        json.dumps(record(id=name)).encode() + b"\r\n" for name in "ab"
    )
    pages, faults = read(tmp_path / "d.jsonl", content)
    assert ([page.id for _, page in pages], faults) == (["a", "b"], [])


def test_a_unicode_line_separator_inside_a_text_ends_no_line(tmp_path: Path) -> None:
    item = {"text": "a\u2028b\x85c", "label": LABELS[0]}
    line = json.dumps(record(paragraphs=[item]), ensure_ascii=False)
    pages, faults = read(tmp_path / "d.jsonl", line)
    assert ([page.texts for _, page in pages], faults) == ([["a\u2028b\x85c"]], [])


def test_a_broken_line_does_not_stop_the_reading(tmp_path: Path) -> None:
    lines = [json.dumps(record(id="a")), '{"id": "b", "paragraphs": [', json.dumps(record(id="c"))]
    pages, faults = read(tmp_path / "d.jsonl", "\n".join(lines))
    assert [page.id for _, page in pages] == ["a", "c"]
    assert len(faults) == 1
    assert faults[0].startswith(f"{tmp_path / 'd.jsonl'}:2: expected one JSON object on the line")


@pytest.mark.parametrize("line", ["{", "nonsense", "{} {}", "{'id': 1}", '{"id": "a",}'])
def test_a_line_that_is_no_json_is_a_fault(tmp_path: Path, line: str) -> None:
    pages, faults = read(tmp_path / "d.jsonl", line)
    assert (pages, len(faults)) == ([], 1)
    assert "d.jsonl:1: expected one JSON object on the line, found: " in faults[0]


def test_endless_nesting_is_a_fault(tmp_path: Path) -> None:
    pages, faults = read(tmp_path / "d.jsonl", "[" * 100_000)
    assert (pages, len(faults)) == ([], 1)
    assert "d.jsonl:1: expected one JSON object on the line" in faults[0]


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('{"id": "a", "id": "b", "paragraphs": [{"text": "T", "label": "opinion"}]}', "id"),
        ('{"id": "a", "paragraphs": [{"text": "T", "label": "opinion", "label": "x"}]}', "label"),
    ],
)
def test_a_key_that_stands_twice_in_an_object_is_a_fault(
    tmp_path: Path, line: str, key: str
) -> None:
    pages, faults = read(tmp_path / "d.jsonl", line)
    assert (pages, len(faults)) == ([], 1)
    assert f"d.jsonl:1: expected one JSON object on the line, found: the key '{key}'" in faults[0]


def test_bytes_that_are_not_utf8_are_a_fault_of_their_line(tmp_path: Path) -> None:
    lines = [json.dumps(record()).encode(), b'{"id": "Gr\xfc\xdfe"}', b"{"]
    pages, faults = read(tmp_path / "d.jsonl", b"\n".join(lines))
    assert len(pages) == 1
    assert faults[0] == f"{tmp_path / 'd.jsonl'}:2: expected UTF-8, found byte 0xfc at column 11"
    assert faults[1].startswith(f"{tmp_path / 'd.jsonl'}:3: ")


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_a_fault(tmp_path: Path, content: bytes) -> None:
    pages, faults = read(tmp_path / "d.jsonl", content)
    expected = f"{tmp_path / 'd.jsonl'}: expected at least one page, found an empty file"
    assert (pages, faults) == ([], [expected])


@pytest.mark.parametrize("name", ["none.jsonl", "", "x" * 300])
def test_a_missing_file_a_folder_and_an_impossible_name_are_faults(
    tmp_path: Path, name: str
) -> None:
    faults: list[str] = []
    assert list(read_records(tmp_path / name, faults)) == []
    assert faults == [f"{tmp_path / name}: expected a JSONL file, found none there"]


@pytest.mark.parametrize(
    ("name", "meant"), [("learning_rat", "learning_rate"), ("Seed", "seed"), ("zzz", None)]
)
def test_the_nearest_name_is_offered_only_when_it_is_near(name: str, meant: str | None) -> None:
    hint = nearest(name, ["learning_rate", "seed", "epochs"])
    assert hint == (f"; did you mean {meant!r}?" if meant else "")
