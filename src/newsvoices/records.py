"""One line of a JSONL file to a labelled page, strictly: every fault is named, none is repaired."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from newsvoices.labels import LABEL2ID, LABELS
from newsvoices.pages import Page, Paragraph, is_file


def read_records(file: Path, faults: list[str]) -> Iterator[tuple[str, Page]]:
    """Yield `(file:line, page)` for every line of a file that holds a page without a fault.

    Faults are appended to `faults`, each with file, line, page id, paragraph index (from 0), what
    was expected and what was found. Blank lines are passed over.
    """
    if not is_file(file):
        faults.append(f"{file}: expected a JSONL file, found none there")
        return
    lines = file.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if not any(line.strip() for line in lines):
        faults.append(f"{file}: expected at least one page, found an empty file")
    for number, line in enumerate(lines, start=1):
        where = f"{file}:{number}"
        if not line.strip():
            continue
        try:
            record = json.loads(
                line.decode("utf-8"),
                object_pairs_hook=_no_repeated_key,
                parse_constant=_no_constant,
            )
        except UnicodeDecodeError as error:
            found = f"found byte 0x{line[error.start]:02x} at column {error.start + 1}"
            faults.append(f"{where}: expected UTF-8, {found}")
            continue
        except (ValueError, RecursionError) as error:
            faults.append(f"{where}: expected one JSON object on the line, found: {error}")
            continue
        page, found_faults = parse_page(record)
        faults.extend(f"{where}: {fault}" for fault in found_faults)
        if page is not None:
            yield where, page


def parse_page(record: object) -> tuple[Page | None, list[str]]:
    """Turn a decoded record into a page, or into the list of its faults."""
    if not isinstance(record, dict):
        return None, [f"expected a JSON object with id and paragraphs, found {_kind(record)}"]
    faults = [*_key_faults(record, ("id", "paragraphs"))]
    page_id, items = record.get("id"), record.get("paragraphs")
    if "id" in record and not (isinstance(page_id, str) and page_id.strip()):
        faults.append(f"id: expected a string that is not blank, found {_kind(page_id)}")
    faults += _unicode_faults("id", page_id)
    paragraphs = []
    if isinstance(items, list) and items:
        for index, item in enumerate(items):
            paragraph, found = _parse_paragraph(item)
            faults += [f"paragraphs[{index}]{fault}" for fault in found]
            if paragraph is not None:
                paragraphs.append(paragraph)
    elif "paragraphs" in record:
        faults.append(f"paragraphs: expected a list that is not empty, found {_kind(items)}")
    faults += _unicode_faults("page", json.dumps(record, ensure_ascii=False)) if not faults else []
    if faults:
        return None, [f"page {page_id!r}: {fault}" for fault in faults]
    metadata = {key: value for key, value in record.items() if key not in ("id", "paragraphs")}
    return Page(tuple(paragraphs), id=str(page_id), metadata=metadata), []


def _parse_paragraph(item: object) -> tuple[Paragraph | None, list[str]]:
    if not isinstance(item, dict):
        return None, [f": expected an object with text and label, found {_kind(item)}"]
    faults = [f": {fault}" for fault in _key_faults(item, ("text", "label"))]
    text, label = item.get("text"), item.get("label")
    if "text" in item and not (isinstance(text, str) and text.strip()):
        faults.append(f".text: expected a string that is not blank, found {_kind(text)}")
    faults += [f".{fault}" for fault in _unicode_faults("text", text)]
    if "label" in item and not (isinstance(label, str) and label in LABEL2ID):
        hint = nearest(label, LABELS) if isinstance(label, str) else ""
        expected = f"expected one of {', '.join(LABELS)}"
        faults.append(f".label: {expected}; found {_kind(label)}{hint}")
    if faults:
        return None, faults
    metadata = {key: value for key, value in item.items() if key not in ("text", "label")}
    return Paragraph(str(text), str(label), metadata), []


def nearest(name: str, names: tuple[str, ...] | list[str]) -> str:
    """`; did you mean 'x'?` for the name that is nearest to a misspelt one, else nothing."""
    folded = {_fold(known): known for known in names}
    close = get_close_matches(_fold(name), folded, n=1)
    return f"; did you mean {folded[close[0]]!r}?" if close else ""


def _key_faults(found: Mapping[str, Any], required: tuple[str, ...]) -> Iterator[str]:
    """Missing required keys, and keys so near to one that they look like a slip of the pen."""
    for key in required:
        # Two letters have too many neighbours ("ids", "uid"): there only another case counts.
        near = [
            other
            for other in found
            if other not in required
            and (_fold(other) == key or (len(key) > 2 and get_close_matches(other, [key], 1, 0.8)))
        ]
        if near:
            yield f"expected the key {key!r}, found {near[0]!r}; rename or remove it"
        elif key not in found:
            yield f"expected the key {key!r}, found only {', '.join(map(repr, found)) or 'no key'}"


def _unicode_faults(key: str, value: object) -> Iterator[str]:
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            found = f"found half a surrogate pair at character {error.start}"
            yield f"{key}: expected Unicode text, {found}"


def _no_repeated_key(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for key, count in Counter(key for key, _ in pairs).items():
        if count > 1:
            raise ValueError(f"the key {key!r} twice in one object")
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name}, which is no JSON")


def _fold(name: str) -> str:
    return name.strip().strip("_").lower().replace("-", "_").replace(" ", "_")


def _kind(value: object) -> str:
    """A found value in a message: its JSON type and, cut short, itself."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    shown = json.dumps(value)
    names = {str: "string", int: "number", float: "number", list: "list", dict: "object"}
    return f"the {names[type(value)]} {shown if len(shown) <= 60 else shown[:57] + '...'}"
