"""(X)HTML that is part of another format (EPUB chapters, MedlinePlus summaries) → source blocks.

Unlike a web page, such a text is all the article's: only what is hidden, or is by its own markup a
table of contents or a list of references, is left out.
"""

from collections.abc import Iterator

from lxml import etree, html

from index.errors import SourceError
from ingest.document import SourceBlock
from ingest.dom_blocks import DomBlock, dom_blocks
from ingest.page_regions import HIDDEN, NAVIGATION, REFERENCES
from ingest.safe_xml import parse_xml

_KEPT_OUT = frozenset({HIDDEN, NAVIGATION, REFERENCES})


def fragment(text: str) -> list[DomBlock]:
    """Return the blocks of a piece of HTML."""
    if not text.strip():
        return []
    parser = html.HTMLParser(remove_comments=True, remove_pis=True, encoding="utf-8")
    # The element around it keeps the text between the paragraphs.
    data = f"<div>{text}</div>".replace("\x00", "").encode("utf-8", "replace")
    try:
        root = html.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return []
    return dom_blocks(root)


def chapter(data: bytes, name: str) -> list[DomBlock]:
    """Return the blocks of an XHTML document; where it is not well-formed it is read as HTML.

    Raises `SourceError` when it declares entities or is in no readable encoding.
    """
    try:
        root = parse_xml(data, name)
    except SourceError as error:
        if not isinstance(error.__cause__, etree.XMLSyntaxError):
            raise
        return fragment(data.decode("utf-8", "replace"))
    for element in root.iter(etree.Element):
        element.tag = etree.QName(element).localname
    return dom_blocks(root)


def source_blocks(blocks: list[DomBlock], left_out: str = "") -> Iterator[SourceBlock]:
    """Yield `blocks` as a reader's, with the reason where their markup says they are apart."""
    for block in blocks:
        named = (region.reason for region in block.regions if region.reason in _KEPT_OUT)
        reason = left_out or next(named, "")
        yield SourceBlock(block.kind, block.text, block.level, left_out=reason, opens=block.opens)
