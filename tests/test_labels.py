"""The label scheme is what saved models, data and documents rely on."""

import ast
import re
from pathlib import Path

import newsvoices
from newsvoices.labels import ID2LABEL, LABEL2ID, LABELS, SCHEME, VOICES


def test_order_of_the_labels_is_that_of_saved_models() -> None:
    assert LABELS == (
        "reporting",
        "official_statement",
        "testimony",
        "opinion",
        "user_comment",
        "boilerplate",
    )


def test_boilerplate_is_the_only_label_that_is_no_voice() -> None:
    assert (*VOICES, "boilerplate") == LABELS


def test_the_id_of_a_label_is_its_place() -> None:
    assert [LABEL2ID[name] for name in LABELS] == [0, 1, 2, 3, 4, 5]
    assert {index: name for name, index in LABEL2ID.items()} == ID2LABEL


def test_labels_have_different_definitions_and_colours() -> None:
    assert len({label.definition.strip() for label in SCHEME} - {""}) == len(SCHEME)
    assert len({label.colour.lower() for label in SCHEME}) == len(SCHEME)
    for label in SCHEME:
        assert re.fullmatch(r"#[0-9a-f]{6}", label.colour)


def test_colours_stand_out_from_a_white_page() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for label in SCHEME:
        contrast = 1.05 / (luminance(label.colour) + 0.05)
        assert contrast >= 3, f"{label.name}: WCAG asks 3 to 1 of graphics, found {contrast:.1f}"


def test_no_other_module_spells_a_label() -> None:
    folder = Path(newsvoices.__file__).parent
    for file in sorted(set(folder.glob("*.py")) - {folder / "labels.py"}):
        nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        strings = {node.value for node in nodes if isinstance(node, ast.Constant)}
        assert not strings & set(LABELS), f"{file.name} spells a label; take it from labels.py"
