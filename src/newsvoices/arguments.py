"""Check composed configuration against the functions that will take it, before anything starts.

Hydra refuses unknown keys on the command line, but takes any key from an experiment file, and
checks no types. The signatures of our functions are the schema.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin

from newsvoices.records import nearest


class ConfigError(ValueError):
    """A configuration with wrong, missing or mistyped keys; the message names every one."""


class Section(NamedTuple):
    """A part of the configuration and the function into which it is unpacked."""

    name: str
    """Where it stands in the configuration, as in `model.window`; "" is the top."""
    given: Any
    function: Callable[..., Any]
    supplied: tuple[str, ...] = ()
    """Parameters that the caller passes itself and no configuration may set."""


def check_arguments(*sections: Section) -> None:
    """Check that each section can be unpacked into its function.

    Raises:
        ConfigError: with all faults of all sections.
    """
    faults = [fault for section in sections for fault in _faults(*section)]
    if faults:
        raise ConfigError("\n".join(["the configuration does not fit:", *faults]))


def _faults(
    section: str, given: Any, function: Callable[..., Any], supplied: tuple[str, ...]
) -> list[str]:
    if not isinstance(given, dict):
        return [f"{section}: expected keys and values, found {given!r}"]
    parameters = {
        name: parameter
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in supplied and parameter.kind is not parameter.VAR_KEYWORD
    }
    faults = []
    prefix = f"{section}." if section else ""
    for key, value in given.items():
        if key not in parameters:
            hint = nearest(str(key), list(parameters)) or f"; known are {', '.join(parameters)}"
            faults.append(f"{prefix}{key}: no such key{hint}")
        elif not _fits(value, parameters[key].annotation):
            expected = _spell(parameters[key].annotation)
            faults.append(f"{prefix}{key}: expected {expected}, found {value!r}")
    for name, parameter in parameters.items():
        if name not in given and parameter.default is parameter.empty:
            faults.append(f"{prefix}{name}: expected a value, found none")
    return faults


def _fits(value: object, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, option) for option in inner)
    if origin is Sequence:
        return isinstance(value, list) and all(_fits(item, inner[0]) for item in value)
    if origin is Mapping:
        return isinstance(value, dict) and all(_fits(item, inner[1]) for item in value.values())
    if hint is Any:
        return True
    if hint is float:  # YAML writes 4.0 as 4
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _spell(hint: Any) -> str:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return " or ".join(_spell(option) for option in inner)
    if origin is Sequence:
        return f"a list of {_spell(inner[0])}"
    if origin is Mapping:
        return f"a mapping to {_spell(inner[1])}"
    return "null" if hint is NoneType else "anything" if hint is Any else str(hint.__name__)
