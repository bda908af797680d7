"""What a reader sees of an HTML page, as paragraphs cut where the layout breaks the line."""

import codecs
import re

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Stand on lines of their own. Cells, labels and buttons too: what is in one is never a part of
# the sentence beside it.
BLOCKS = _names(
    """address article aside blockquote body button caption center dd details dialog dir div dl dt
    fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html label legend li
    listing main menu nav ol optgroup option p plaintext pre search section summary table tbody td
    tfoot th thead tr ul xmp"""
)
PREFORMATTED = _names("listing plaintext pre xmp")
# Drawn as boxes in the line, so the words on both sides stand apart. What the markup has inside is
# for programs that cannot draw the box.
BOXES = _names(
    "audio canvas embed iframe img input meter object progress select svg textarea video"
)
UNSEEN = _names(
    """annotation annotation-xml datalist head noembed noframes noscript rp script style template
    title"""
)
UNSEEN_STYLE = re.compile(r"(?i)(?<![\w-])(?:display\s*:\s*none|visibility\s*:\s*hidden)\b")
# Change the letters, often inside a word. Where another inline element (a link, a date, a counter)
# follows the end of one without a space, a style sheet sets the two apart.
LETTERS = _names("b bdi bdo big em font i s small strike strong sub sup tt u")

# Control characters that `str.split` and `\s` count as white space: free to use as marks.
BLOCK, LINE = "\x1e", "\x1f"
PARAGRAPH_END = re.compile(f"{BLOCK}|{LINE}\\s*{LINE}")

DECLARED = re.compile(
    rb"(?i)<(?:meta|\?xml)\b[^>]{0,300}?(?:charset|encoding)\s*=[\s\"']*([\w:-]+)"
)
# Names and beginnings of names, as Python has them, of the encodings that browsers know, beside
# those that they read as a wider one.
LEGACY = tuple(_names("big5 cp125 cp866 cp874 euc_jp gb18030 iso2022_jp iso8859 koi8 mac"))
WIDER = {"ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "tis-620": "cp874"}
WIDER |= {"gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949", "shift_jis": "cp932"}
# What the error handler `surrogateescape` makes of undecodable bytes, to Windows-1252.
STRAY_BYTES = {0xDC00 + i: bytes([i]).decode("cp1252", "replace") for i in range(128, 256)}


def html_paragraphs(page: bytes | str) -> list[str]:
    """Give the text that a browser shows of a page, in order, furniture and comments included.

    Block elements and two `<br>` in a row end a paragraph; white space inside one becomes single
    spaces. No markup and no bytes are refused; a page without visible text gives `[]`.
    """
    text = decode_html(page) if isinstance(page, bytes) else page
    # The parser drops surrogates: make characters of pairs and U+FFFD of the rest.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").removeprefix("\ufeff")
    return tree_paragraphs(LexborHTMLParser(text, options=LexborDocumentOptions.WO_EVENTS).root)


def tree_paragraphs(root: LexborNode | None) -> list[str]:
    """Give the paragraphs of a parsed page, as `html_paragraphs` does."""
    parts = (" ".join(part.split()) for part in PARAGRAPH_END.split(_marked_text(root)))
    return [part for part in parts if any(char.isprintable() and char != " " for char in part)]


def decode_html(page: bytes) -> str:
    """Decode a page: by its byte order mark, else UTF-8 if it is that, else as it declares.

    Valid UTF-8 wins over what is declared, which is then a mistake. Anything else is read as UTF-8,
    and the bytes that do not fit as Windows-1252.
    """
    if page.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return page.decode("utf-16", "replace")
    utf_8 = "utf-8-sig"
    declared = utf_8 if page.startswith(codecs.BOM_UTF8) else _declared_codec(page) or utf_8
    # ISO-2022-JP is ASCII to the byte, so there the declaration comes first.
    for codec in (declared, utf_8) if page.isascii() else (utf_8, declared):
        try:
            return page.decode(codec)
        except UnicodeDecodeError:
            continue
    return page.decode(utf_8, "surrogateescape").translate(STRAY_BYTES)


def _declared_codec(page: bytes) -> str | None:
    # Browsers start over when a declaration comes after the first 1,024 bytes.
    found = DECLARED.search(re.sub(rb"(?s)<!--.*?-->", b"", page[:8192]))
    try:
        name = codecs.lookup(found[1].decode("ascii")).name if found else ""
    except LookupError:
        return None
    return WIDER.get(name, name if name.startswith(LEGACY) else None)


def _marked_text(root: LexborNode | None) -> str:
    """Walk the tree without recursion; give its text with marks where blocks and lines end."""
    pieces: list[str] = []
    preformatted, inline_ended = 0, False
    # Nodes to visit, and for each element that is open the name that ends it.
    stack: list[LexborNode | str] = [] if root is None else [root]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            if node in BLOCKS:
                pieces.append(BLOCK)
                preformatted -= node in PREFORMATTED
            inline_ended = node not in BLOCKS
            continue
        if (following := node.next) is not None:
            stack.append(following)
        tag = node.tag or ""
        if node.is_text_node:
            text = node.text_content or ""
            pieces.append(text.replace("\n", LINE) if preformatted else text)
            inline_ended = False
        elif tag == "br":
            pieces.append(LINE)
        elif tag in BOXES:
            pieces.append(" ")
        elif node.is_element_node and tag not in UNSEEN:
            if tag in BLOCKS:
                pieces.append(BLOCK)
            elif inline_ended and tag not in LETTERS:
                pieces.append(" ")
            if (child := node.first_child) is not None and not _hidden(node.attributes, tag):
                preformatted += tag in PREFORMATTED
                stack += [tag, child]
    return "".join(pieces)


def _hidden(attributes: dict[str, str | None], tag: str) -> bool:
    # A page that hides all of itself is shown by its script.
    return tag not in ("html", "body") and (
        "hidden" in attributes
        or (tag == "dialog" and "open" not in attributes)
        or UNSEEN_STYLE.search(attributes.get("style") or "") is not None
    )
