"""A configuration that does not fit its functions is refused, with every fault by its key."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from newsvoices.arguments import ConfigError, Section, check_arguments


def fit(
    *,
    epochs: int,
    learning_rate: float,
    name: str | None = None,
    keep: bool = False,
    files: Sequence[str] = (),
    extra: Mapping[str, float] = {},
    free: Any = None,
) -> None: ...


RIGHT = {"epochs": 4, "learning_rate": 1e-4}


def faults(given: Any, *supplied: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        check_arguments(Section("trainer", given, fit, supplied))
    head, *lines = str(caught.value).splitlines()
    assert head == "the configuration does not fit:"
    return lines


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"learning_rate": 1},
        {"name": None, "keep": True},
        {"name": "a", "files": ["a", "b"], "extra": {"a": 1, "b": 0.5}},
        {"files": [], "extra": {}, "free": [1, {"a": "b"}]},
    ],
)
def test_right_values_pass(given: dict[str, Any]) -> None:
    check_arguments(Section("trainer", {**RIGHT, **given}, fit))


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("epochs", 4.0, "int"),
        ("epochs", True, "int"),
        ("epochs", "4", "int"),
        ("epochs", None, "int"),
        ("learning_rate", "1e-4", "float"),
        ("learning_rate", False, "float"),
        ("name", 7, "str or null"),
        ("name", False, "str or null"),
        ("keep", 0, "bool"),
        ("keep", "no", "bool"),
        ("files", "a.jsonl", "a list of str"),
        ("files", ["a", 7], "a list of str"),
        ("files", None, "a list of str"),
        ("extra", ["a"], "a mapping to float"),
        ("extra", {"a": "b"}, "a mapping to float"),
    ],
)
def test_a_value_of_another_type_is_refused(key: str, value: Any, expected: str) -> None:
    assert faults({**RIGHT, key: value}) == [f"trainer.{key}: expected {expected}, found {value!r}"]


def test_a_misspelt_key_is_refused_with_the_nearest_one() -> None:
    given = {**RIGHT, "learning_rats": 1e-4}
    assert faults(given) == ["trainer.learning_rats: no such key; did you mean 'learning_rate'?"]


def test_a_key_that_is_near_to_none_is_refused_with_all_that_are_known() -> None:
    (fault,) = faults({**RIGHT, "zzz": 1})
    known = "epochs, learning_rate, name, keep, files, extra, free"
    assert fault == f"trainer.zzz: no such key; known are {known}"


def test_missing_values_are_named() -> None:
    assert faults({"epochs": 4}) == ["trainer.learning_rate: expected a value, found none"]


def test_parameters_that_the_caller_passes_are_neither_missing_nor_to_be_set() -> None:
    check_arguments(Section("trainer", {"epochs": 4}, fit, ("learning_rate",)))
    (fault,) = faults(RIGHT, "learning_rate")
    assert fault.startswith("trainer.learning_rate: no such key")


def test_the_top_section_has_no_prefix() -> None:
    with pytest.raises(ConfigError, match=r"\nepochs: expected int, found 'x'$"):
        check_arguments(Section("", {**RIGHT, "epochs": "x"}, fit))


def test_faults_of_all_sections_are_reported_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        check_arguments(
            Section("a", {**RIGHT, "epochs": "x"}, fit), Section("b.c", {"nmae": 1}, fit)
        )
    assert [line.split(":")[0] for line in str(caught.value).splitlines()[1:]] == [
        "a.epochs",
        "b.c.nmae",
        "b.c.epochs",
        "b.c.learning_rate",
    ]


def test_other_keyword_arguments_are_not_asked_for() -> None:
    def loose(*, a: int, **others: Any) -> None: ...

    check_arguments(Section("", {"a": 1}, loose))


@pytest.mark.parametrize("key", [True, 7, None])
def test_a_key_that_yaml_made_no_string_of_is_refused(key: Any) -> None:
    (fault,) = faults({**RIGHT, key: 1})
    assert fault.startswith(f"trainer.{key}: no such key")


@pytest.mark.parametrize("section", [None, "small", 3, ["epochs"]])
def test_a_section_that_is_no_mapping_is_refused(section: Any) -> None:
    (fault,) = faults(section)
    assert fault == f"trainer: expected keys and values, found {section!r}"
