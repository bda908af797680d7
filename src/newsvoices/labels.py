"""The label scheme. Every other module, config and document takes the names from here.

The order is fixed: a label's id is its place. To use other labels, edit this file and label the
data accordingly; nothing else spells them.
"""

from typing import NamedTuple


class Label(NamedTuple):
    """What the programs need to know about one label."""

    name: str
    definition: str
    colour: str
    """Hex colour that marks the label in pictures and pages."""
    voice: bool
    """False for page furniture, which is nobody's voice."""


SCHEME = (
    Label(
        "reporting",
        "the newsroom's own account: events, background, context, figures",
        "#2166ac",
        True,
    ),
    Label(
        "official_statement",
        "what an institution, or a person speaking for one, says",
        "#b2182b",
        True,
    ),
    Label(
        "testimony",
        "what a person lived through, saw, heard or felt, told by that person",
        "#d97706",
        True,
    ),
    Label(
        "opinion",
        "judgement, argument, interpretation, prediction or advocacy",
        "#7b3294",
        True,
    ),
    Label(
        "user_comment",
        "posted by a reader under the page: comments, replies, letters",
        "#1b7837",
        True,
    ),
    Label(
        "boilerplate",
        "page furniture: bylines, credits, share buttons, forms, links",
        "#6b7280",
        False,
    ),
)

LABELS = tuple(label.name for label in SCHEME)
VOICES = tuple(label.name for label in SCHEME if label.voice)
LABEL2ID = {name: index for index, name in enumerate(LABELS)}
ID2LABEL = dict(enumerate(LABELS))
# What readers post under a page: the paragraphs of a thread.
COMMENT = LABELS[4]
