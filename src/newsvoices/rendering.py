"""Labelled pages to read: coloured text for a terminal, JSON lines, a self-contained HTML page."""

import base64
import hashlib
import json
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from newsvoices.labels import SCHEME, Label
from newsvoices.predictions import Prediction

# Stands for the label of a paragraph whose best score was too low to give it one.
UNSURE = Label("unsure", "no voice is likely enough", "#6f6f5a", False)
SHOWN = {label.name: label for label in (*SCHEME, UNSURE)}
NAME_WIDTH = max(map(len, SHOWN))

_templates = Environment(
    loader=PackageLoader("newsvoices"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def terminal_text(
    page_id: str, predictions: Sequence[Prediction], *, colour: bool, width: int
) -> str:
    """A page as lines of text: label, score and paragraph, wrapped to `width` columns."""
    lines = [printable(page_id), ""]
    room = max(20, width - NAME_WIDTH - 8)
    for prediction in predictions:
        label = SHOWN[prediction.label or UNSURE.name]
        badge = f" {label.name:<{NAME_WIDTH}} "
        if colour:
            badge = _painted(badge, label)
        first, *rest = textwrap.wrap(printable(prediction.text), room) or [""]
        lines.append(f"{badge} {prediction.score:4.2f} {first}")
        margin = _painted(" ", label) if colour else " "
        lines += [f"{margin}{'':{NAME_WIDTH + 7}}{line}" for line in rest]
    return "\n".join(lines) + "\n"


def terminal_legend(*, colour: bool, width: int) -> str:
    """The labels with their definitions, one a line."""
    lines = []
    for label in SCHEME:
        badge = f" {label.name:<{NAME_WIDTH}} "
        text = textwrap.shorten(label.definition, max(20, width - NAME_WIDTH - 3), placeholder=" …")
        lines.append(f"{_painted(badge, label) if colour else badge} {text}")
    return "\n".join(lines) + "\n"


def json_rows(page_id: str, predictions: Sequence[Prediction]) -> Iterator[str]:
    """One JSON object a paragraph: id, index, text, label, score, scores, cut."""
    for index, prediction in enumerate(predictions):
        row: dict[str, Any] = {
            "id": page_id,
            "index": index,
            "text": prediction.text,
            "label": prediction.label,
            "score": prediction.score,
            "scores": prediction.scores,
            "cut": prediction.cut,
        }
        yield json.dumps(row, ensure_ascii=False)


def html_page(page_id: str, predictions: Sequence[Prediction]) -> str:
    """A page as one HTML file that needs nothing else and runs no script.

    Its content security policy allows its own style sheet, by hash, pictures inside the file, and
    nothing more.
    """
    paragraphs = [
        {
            "label": prediction.label or UNSURE.name,
            "score": prediction.score,
            "scores": prediction.scores,
            "text": prediction.text,
            "cut": prediction.cut,
        }
        for prediction in predictions
    ]
    counts = Counter(paragraph["label"] for paragraph in paragraphs)
    return render("page.html", title=page_id, paragraphs=paragraphs, counts=counts)


def render(template: str, **values: Any) -> str:
    """Fill a template of ours, with the label scheme and the common style sheet at hand."""
    # No escaping: it is our own text, and its hash must be that of what the browser reads.
    style = _templates.get_template("style.css").render(scheme=SHOWN.values())
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _templates.get_template(template).render(
        scheme=SCHEME, unsure=UNSURE, style=Markup(style), style_hash=f"sha256-{digest}", **values
    )


def _painted(text: str, label: Label) -> str:
    """White bold text on the label's colour, which reads alike on dark and light terminals."""
    red, green, blue = (int(label.colour[i : i + 2], 16) for i in (1, 3, 5))
    # The colour cube of 256-colour terminals, which all of them have.
    code = 16 + 36 * round(red / 51) + 6 * round(green / 51) + round(blue / 51)
    return f"\x1b[1;38;5;231;48;5;{code}m{text}\x1b[0m"


def printable(text: str) -> str:
    """Replace what would steer the terminal: controls, and marks that turn the direction.

    And half surrogate pairs, which stand for bytes of file names that are not UTF-8.
    """
    steering = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x61C}
    return "".join(
        "\ufffd" if ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or ord(char) in steering else char
        for char in text
    )
