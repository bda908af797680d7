"""The ways from an HTML page to its paragraphs that html_blocks.py compares."""

import re
from collections.abc import Callable, Iterable
from html.parser import HTMLParser
from importlib.metadata import version
from typing import Any, cast

import html5lib
import html_text
import inscriptis
import trafilatura
from justext.core import ParagraphMaker, html_to_dom, preprocessor
from lxml import etree
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import bytes_to_str, detect_encoding
from resiliparse.parse.html import HTMLTree, NodeType

from newsvoices.markup import decode_html, html_paragraphs, tree_paragraphs

Method = Callable[[bytes], list[str]]
Attributes = Iterable[tuple[str, str | None]]
# Elements without an end tag.
VOID = re.compile("area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr")


class Node:
    """As much of selectolax's node as `tree_paragraphs` looks at."""

    __slots__ = ("attributes", "first_child", "last_child", "next", "tag", "text_content")

    def __init__(self, tag: str, text: str | None = None, attributes: Attributes = ()) -> None:
        self.tag, self.text_content, self.attributes = tag, text, dict(attributes)
        self.next: Node | None = None
        self.first_child: Node | None = None
        self.last_child: Node | None = None

    @property
    def is_text_node(self) -> bool:
        """Whether this is text."""
        return self.text_content is not None

    @property
    def is_element_node(self) -> bool:
        """Whether this is an element."""
        return self.text_content is None


class Builder:
    """Makes `Node`s of what a parser reports, so that our rules run over any parser's tree."""

    def __init__(self) -> None:
        self.open = [Node("html")]

    def add(self, node: Node) -> None:
        """Append a node to the innermost open element."""
        parent = self.open[-1]
        if parent.last_child is None:
            parent.first_child = node
        else:
            parent.last_child.next = node
        parent.last_child = node

    def start(self, tag: str, attributes: Attributes = ()) -> None:
        """Open an element."""
        self.add(node := Node(tag, attributes=attributes))
        self.open.append(node)

    def text(self, text: str | None) -> None:
        """Add text, to the text before it where there is some."""
        last = self.open[-1].last_child
        if last is not None and last.text_content is not None:
            last.text_content += text or ""
        elif text:
            self.add(Node("-text", text))

    def end(self) -> None:
        """Close the innermost element."""
        self.open.pop()

    def paragraphs(self) -> list[str]:
        """Cut what was built."""
        return tree_paragraphs(cast(Any, self.open[0]))


def by_lxml(page: bytes) -> list[str]:
    """Cut lxml's tree by our rules."""
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
    root = etree.fromstring(decode_html(page).encode() or b" ", parser)
    builder = Builder()
    if root is None:
        return []
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        if event == "start":
            builder.start(element.tag, element.attrib.items())
            builder.text(element.text)
        else:
            if event == "end":
                builder.end()
            builder.text(element.tail)
    return builder.paragraphs()


def by_html5lib(page: bytes) -> list[str]:
    """Cut html5lib's tree by our rules."""
    builder = Builder()
    for token in html5lib.getTreeWalker("etree")(html5lib.parse(decode_html(page))):
        if token["type"] in ("StartTag", "EmptyTag"):
            attributes = ((name, value) for (_, name), value in token["data"].items())
            builder.start(token["name"], attributes)
        if token["type"] in ("EndTag", "EmptyTag"):
            builder.end()
        if token["type"] in ("Characters", "SpaceCharacters"):
            builder.text(token["data"])
    return builder.paragraphs()


def by_resiliparse_tree(page: bytes) -> list[str]:
    """Cut resiliparse's tree by our rules."""
    builder = Builder()
    tree: Any = HTMLTree.parse(decode_html(page))
    stack: list[Any] = [tree.document.first_child]
    while stack:
        node = stack.pop()
        if node is None:
            builder.end()
            continue
        if (following := node.next) is not None:
            stack.append(following)
        if node.type == NodeType.TEXT:
            builder.text(node.value)
        elif node.type == NodeType.ELEMENT:
            builder.start(node.tag, ((name, node.getattr(name)) for name in node.attrs))
            child = node.first_child
            stack += [None] if child is None else [None, child]
    return builder.paragraphs()


class _Standard(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.builder = Builder()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.builder.start(tag, attrs)
        if VOID.fullmatch(tag):
            self.builder.end()

    def handle_data(self, data: str) -> None:
        self.builder.text(data)

    def handle_endtag(self, tag: str) -> None:
        if any(node.tag == tag for node in self.builder.open[1:]):
            while self.builder.open[-1].tag != tag:
                self.builder.end()
            self.builder.end()


def by_standard_library(page: bytes) -> list[str]:
    """Cut what `html.parser` reports by our rules."""
    parser = _Standard()
    parser.feed(decode_html(page))
    parser.close()
    return parser.builder.paragraphs()


def by_resiliparse_text(page: bytes) -> list[str]:
    """Take the lines of resiliparse's text of the whole page."""
    text = bytes_to_str(page, detect_encoding(page, from_html_meta=True) or "utf-8")
    return lines(extract_plain_text(text, alt_texts=False, list_bullets=False))


def by_justext(page: bytes) -> list[str]:
    """Take the paragraphs that jusText makes before it judges them."""
    made = ParagraphMaker.make_paragraphs(preprocessor(html_to_dom(page)))
    return [paragraph.text for paragraph in made]


def by_html_text(page: bytes) -> list[str]:
    """Take the lines of html-text."""
    return lines(html_text.extract_text(decode_html(page)))


def by_inscriptis(page: bytes) -> list[str]:
    """Take the lines of inscriptis."""
    return lines(inscriptis.get_text(decode_html(page)))


def by_trafilatura(page: bytes) -> list[str]:
    """Take the lines of trafilatura's main text and comments."""
    return lines(trafilatura.extract(page, favor_recall=True, include_comments=True) or "")


def lines(text: str) -> list[str]:
    """Split text at line ends, white space squeezed, blanks left out."""
    return [line for raw in text.splitlines() if (line := " ".join(raw.split()))]


METHODS: dict[str, Method] = {
    f"**selectolax {version('selectolax')}, our rules**": html_paragraphs,
    f"lxml {version('lxml')}, our rules": by_lxml,
    f"html5lib {version('html5lib')}, our rules": by_html5lib,
    f"resiliparse {version('resiliparse')}, our rules": by_resiliparse_tree,
    "`html.parser`, our rules": by_standard_library,
    f"resiliparse {version('resiliparse')}, its text": by_resiliparse_text,
    f"jusText {version('justext')}, its paragraphs": by_justext,
    f"html-text {version('html-text')}": by_html_text,
    f"inscriptis {version('inscriptis')}": by_inscriptis,
    f"trafilatura {version('trafilatura')}, comments on": by_trafilatura,
}
