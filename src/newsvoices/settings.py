"""What a model folder says of itself, in `newsvoices.json`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from newsvoices.checkpoints import ModelError
from newsvoices.decoding import Decoding
from newsvoices.windows import WindowSize

SETTINGS = "newsvoices.json"
FORMAT = 1
# Kinds of baselines: those without a network, and the one whose encoder is the base checkpoint's.
LINEAR = ("majority", "tfidf")
KINDS = (*LINEAR, "frozen")


def write_settings(folder: Path, settings: Mapping[str, Any]) -> None:
    """Write what tells the loader which kind of model is in a folder."""
    text = json.dumps({"format": FORMAT, **settings}, indent=2) + "\n"
    (folder / SETTINGS).write_text(text, encoding="utf-8")


def save_settings(
    folder: Path,
    size: WindowSize,
    decoding: Decoding,
    labels: Sequence[str],
    *,
    baseline: str | None = None,
) -> None:
    """Write beside the weights what the loader needs to cut and decode pages as in training."""
    settings = {
        **({"baseline": baseline} if baseline else {}),
        "labels": list(labels),
        "window": asdict(size),
        "temperature": decoding.temperature,
        "transition_weight": decoding.weight,
        # transitions[i][j]: score of label j after label i
        "transitions": decoding.transitions.tolist(),
    }
    write_settings(folder, settings)


def read_settings(folder: Path) -> dict[str, Any]:
    """Read what `write_settings` wrote; only a baseline has the key `baseline`.

    Raises:
        ModelError: there is none, or of a format or a kind that this version cannot read.
    """
    file = folder / SETTINGS
    if not file.is_file():
        raise ModelError(
            f"{folder}: expected a model that newsvoices saved, found no {SETTINGS} in it; "
            "the folder is runs/NAME/model"
        )
    try:
        settings: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if settings["format"] != FORMAT:
            raise ValueError(f"format {settings['format']!r}, which this version cannot read")
        if "baseline" in settings and settings["baseline"] not in KINDS:
            raise ValueError(f"baseline {settings['baseline']!r}, none of {', '.join(KINDS)}")
        return settings
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(folder, error) from error


def read_network_settings(folder: Path) -> tuple[WindowSize, Decoding, list[str]]:
    """Read what `save_settings` wrote: window size, decoding, labels.

    Raises:
        ModelError: as `read_settings`, or a key is missing or damaged.
    """
    settings = read_settings(folder)
    try:
        labels = [str(label) for label in settings["labels"]]
        transitions = np.array(settings["transitions"], dtype=np.float64)
        transitions = transitions.reshape(len(labels), len(labels))
        decoding = Decoding(
            float(settings["temperature"]), float(settings["transition_weight"]), transitions
        )
        if not (
            decoding.temperature > 0 and np.isfinite([decoding.weight, *transitions.flat]).all()
        ):
            raise ValueError("a temperature that is not above 0, or scores that are not finite")
        return WindowSize(**settings["window"]), decoding, labels
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(folder, error) from error


def _damaged(folder: Path, error: Exception) -> ModelError:
    return ModelError(f"{folder / SETTINGS}: expected the settings of a model, found: {error!r}")
