"""Saved web pages → the article, its structure, and what the page says about it.

trafilatura says where the main text is; the text of each block comes from the page's own tree,
whole and in order (`ingest.dom_blocks`), and everything else that the page shows is handed on with
the reason why it is left out. Text is in Unicode NFC with white space collapsed, so reading the
same bytes again gives the same text, character for character.

Limits: `MAX_BYTES`, `MAX_ELEMENTS` and the parser's own depth of 256 elements bound the time that
one page can cost. Nothing is fetched and no entity is resolved from outside.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import replace

from lxml import etree, html

from index.errors import LimitExceeded, SourceError
from ingest.document import Document, SourceBlock
from ingest.dom_blocks import dom_blocks
from ingest.element_kinds import INLINE, STRUCK
from ingest.encoding import decode, is_iso_2022_jp
from ingest.json_ld import stated_texts
from ingest.main_text import found_lines
from ingest.page_controls import without_word_buttons
from ingest.page_decisions import decide
from ingest.page_metadata import page_metadata
from ingest.page_references import page_references
from ingest.page_regions import without_heading_names
from ingest.page_tooltips import hide_tooltips

MAX_BYTES = 20_000_000
MAX_ELEMENTS = 30_000
"""Of a page: real ones have up to some thousands; this many cost up to 20 seconds."""
MAX_INLINE = 1_000
"""Inline elements of one parent: the time that trafilatura takes grows with their square."""
MAX_ATTRIBUTES = 2_000
"""Of a tag: the time that parsing takes grows with their square."""
MAX_BROKEN = 0.01
"""Of the characters; a declared encoding that fails on more of them is the wrong one."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_LABELS = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "iso-8859-9": "cp1254",
}
_LONG_TAG = re.compile(r"<[A-Za-z][^<>]{8000,}")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_WAY_OUT = "Save the article alone, or as plain text."
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def read(data: bytes, name: str) -> Iterator[Document]:
    """Yield the one article of the web page `data`; `name` is only used in messages.

    Raises SourceError when the page is empty or has no main text, LimitExceeded when it is larger
    than a page of text can be.
    """
    if len(data) > MAX_BYTES:
        raise LimitExceeded(
            f"{name}: {len(data):,} bytes; a web page may have {MAX_BYTES:,}. "
            "Save the article alone, or as plain text."
        )
    tree = _parse(decode_page(data, name), name)
    blocks = dom_blocks(tree)
    if not blocks:
        raise SourceError(
            f"{name}: the page shows no text. If a script writes it, save the page "
            "from a browser after it has loaded."
        )
    metadata = page_metadata(tree, blocks)
    # trafilatura too would take the names of headings for those of parts of the site, and the
    # buttons of a sentence out of it.
    lines = found_lines(without_word_buttons(without_heading_names(tree)))
    decided = decide(
        blocks,
        lines,
        title=metadata.title,
        stated=stated_texts(tree),
        address=metadata.url,
        publisher=metadata.publisher,
    )
    kept = [block for block, reason in decided if not reason]
    if not kept:
        raise SourceError(f"{name}: no main text found among the {len(blocks)} blocks of the page.")
    references = page_references(decided)
    yield Document(
        tuple(
            SourceBlock(b.kind, b.text, b.level, left_out=reason, opens=b.opens)
            for b, reason in decided
        ),
        replace(metadata, references=references),
    )


def decode_page(data: bytes, name: str) -> str:
    """Return the characters of a page: by its mark, the escapes of ISO-2022-JP, as UTF-8, by what
    it declares, or by a guess.

    UTF-8 goes before the declaration because text that decodes as UTF-8 is UTF-8, whatever an
    outdated template says.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if is_iso_2022_jp(data):
        return data.decode("iso2022_jp")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = _DECLARED.search(data[:4096])
    if declared:
        encoding = declared.group(1).decode("ascii", "replace").lower()
        encoding = _LABELS.get(encoding, encoding)
        try:
            text = data.decode(encoding, "replace")
        except (LookupError, ValueError):
            text = ""
        if text and text.count("\N{REPLACEMENT CHARACTER}") <= MAX_BROKEN * len(text):
            return text
    return decode(data, name)[0]


def _parse(text: str, name: str) -> etree._Element:
    text = _XML_DECLARATION.sub("", text.replace("\x00", ""), count=1)
    if not text.strip():
        raise SourceError(f"{name}: the file is empty; remove it or save the page again.")
    _refuse_attributes(text, name)
    parser = html.HTMLParser(remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        tree = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise SourceError(f"{name}: not a web page that can be read ({error}).") from error
    if any("depth" in entry.message for entry in parser.error_log):
        raise LimitExceeded(f"{name}: its elements are nested deeper than 256 levels. {_WAY_OUT}")
    _refuse_crowds(tree, name)
    etree.strip_elements(tree, *STRUCK, with_tail=False)
    return hide_tooltips(tree)


def _refuse_attributes(text: str, name: str) -> None:
    """Refuse a tag with very many attributes: parsing it takes time growing with their square."""
    for tag in _LONG_TAG.finditer(text):
        if len(_QUOTED.sub("", tag.group()).split()) > MAX_ATTRIBUTES:
            raise LimitExceeded(
                f"{name}: one tag has more than {MAX_ATTRIBUTES:,} attributes. {_WAY_OUT}"
            )


def _refuse_crowds(tree: etree._Element, name: str) -> None:
    """Refuse a tree whose size would cost minutes: trafilatura's time grows faster than it."""
    for count, element in enumerate(tree.iter()):
        if count > MAX_ELEMENTS:
            raise LimitExceeded(f"{name}: more than {MAX_ELEMENTS:,} elements. {_WAY_OUT}")
        if len(element) > MAX_INLINE and sum(c.tag in INLINE for c in element) > MAX_INLINE:
            raise LimitExceeded(
                f"{name}: one paragraph has more than {MAX_INLINE:,} inline elements. {_WAY_OUT}"
            )
