"""DOCX (Word, LibreOffice, Google Docs) → one document.

A small reader over the XML (ECMA-376, part 1, chapter 17), since all that is needed of it is
paragraphs, their styles and numbering, and tables. What a person who opens the file does not see
is not read: deleted, struck out and hidden text, field codes, comments, the fallback of a drawing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from posixpath import dirname, normpath

from lxml import etree

from index.errors import LimitExceeded, SourceError
from index.records import BlockKind
from ingest.archive import Archive
from ingest.boilerplate_reasons import NOTE
from ingest.document import Document, Metadata, SourceBlock
from ingest.front_matter import iso_date
from ingest.readers.authors import stated_authors
from ingest.readers.block_text import one_line, row_text, tidy
from ingest.readers.docx_settling import settle
from ingest.readers.docx_styles import (
    TITLE,
    Style,
    W,
    is_on,
    numbering_of,
    outline,
    styles_of,
    value,
)
from ingest.readers.docx_text import FALLBACK, visible_text
from ingest.readers.equations import MATH, STRICT_MATH
from ingest.readers.reference_lists import set_apart
from ingest.readers.stated_titles import is_file_name
from ingest.safe_xml import parse_xml

CONTENTS = "table of contents"

_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_DUBLIN = "{http://purl.org/dc/elements/1.1/}"
_TERMS = "{http://purl.org/dc/terms/}"
_COLUMNS = re.compile(r"[1-9][0-9]?")  # Word has 63 at the most
_MAX_REPEATED = 60  # characters of a cell over several rows that is read with each of them
_MAX_HEADING = 120  # characters of a bold paragraph that stands for a heading
_MAX_DATA = 80  # characters, or 12 words, below a heading in a cell of a table of data
_MAX_DATA_WORDS = 12


def read(data: bytes, name: str) -> Iterator[Document]:
    """Yield the one article of a DOCX file.

    Raises `SourceError` when the file is no DOCX, is damaged, encrypted or empty, and
    `LimitExceeded` when it unpacks to more than a document holds or is nested too deep.
    """
    archive = Archive(data, name, "DOCX")
    main = _main_part(archive, name)
    root = parse_xml(_transitional(archive.read(main)), name)
    body = root.find(f"{W}body")
    if body is None:
        raise SourceError(f"{name}: not a DOCX text document (no body); save it as .docx")
    parts = _related(archive, main, name)
    styles = _styles(archive, parts.get("styles", ""), name)
    try:
        settle(body, styles)
        blocks = [*_blocks(body, styles), *_notes(archive, parts, styles, name)]
    except RecursionError as error:
        raise LimitExceeded(f"{name}: nested deeper than any document is") from error
    blocks = _settled(blocks)
    if not any(not block.left_out for block in blocks):
        raise SourceError(f"{name}: there is no text in it; if it holds pictures, type them up")
    metadata = _metadata(archive, name, blocks)
    kept, references = set_apart(blocks)
    yield Document(kept, replace(metadata, references=references))


def _transitional(data: bytes) -> bytes:
    """Return the XML with the namespaces that most files use; "strict" files use others."""
    data = data.replace(_STRICT.encode(), W[1:-1].encode())
    return data.replace(STRICT_MATH.encode(), MATH[1:-1].encode())


def _main_part(archive: Archive, name: str) -> str:
    if "_rels/.rels" in archive.members:
        for relationship in parse_xml(archive.read("_rels/.rels"), name).iter(_RELATIONSHIP):
            if str(relationship.get("Type", "")).endswith("/officeDocument"):
                return normpath(str(relationship.get("Target", "")).lstrip("/"))
    return "word/document.xml"


def _related(archive: Archive, main: str, name: str) -> dict[str, str]:
    """Return the parts that the main one points to, by the last word of their type."""
    folder = dirname(main)
    member = f"{folder}/_rels/{main.rsplit('/', 1)[-1]}.rels".lstrip("/")
    if member not in archive.members:
        return {}
    parts: dict[str, str] = {}
    for relationship in parse_xml(archive.read(member), name).iter(_RELATIONSHIP):
        target = str(relationship.get("Target", ""))
        kind = str(relationship.get("Type", "")).rsplit("/", 1)[-1]
        if relationship.get("TargetMode") != "External":
            path = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}"
            parts[kind] = normpath(path)
    return parts


def _styles(archive: Archive, member: str, name: str) -> Mapping[str, Style]:
    if member not in archive.members:
        return {}
    return styles_of(parse_xml(_transitional(archive.read(member)), name))


def _blocks(
    container: etree._Element, styles: Mapping[str, Style], left_out: str = ""
) -> Iterator[SourceBlock]:
    for element in container:
        if element.tag == f"{W}p":
            yield from _paragraph(element, styles, left_out)
        elif element.tag == f"{W}tbl":
            yield from _table(element, styles, left_out)
        elif element.tag == f"{W}sdt":
            content = element.find(f"{W}sdtContent")
            gallery = value(element.find(f"{W}sdtPr/{W}docPartObj/{W}docPartGallery"))
            inner = CONTENTS if gallery == "Table of Contents" else left_out
            if content is not None:
                yield from _blocks(content, styles, inner)
        elif element.tag in (f"{W}ins", f"{W}moveTo", f"{W}customXml", f"{W}smartTag"):
            yield from _blocks(element, styles, left_out)


def _paragraph(
    paragraph: etree._Element, styles: Mapping[str, Style], left_out: str
) -> Iterator[SourceBlock]:
    text = tidy(visible_text(paragraph))
    if text:
        kind, level, contents = _kind(paragraph, styles, text)
        if contents:
            left_out = left_out or CONTENTS
        if kind == "heading":
            text = one_line(text)
        yield SourceBlock(kind, text, level, left_out=left_out)
    for box in paragraph.iter(f"{W}txbxContent"):
        if not any(
            ancestor.tag in (FALLBACK, f"{W}txbxContent") for ancestor in box.iterancestors()
        ):
            yield from _blocks(box, styles, left_out)


def _kind(
    paragraph: etree._Element, styles: Mapping[str, Style], text: str
) -> tuple[BlockKind, int, bool]:
    properties = paragraph.find(f"{W}pPr")
    style, numbering, stated = Style(), Style().numbering, 0
    if properties is not None:
        style = styles.get(value(properties.find(f"{W}pStyle")), style)
        numbering = numbering_of(properties).over(style.numbering)
        stated = outline(properties)
    heading = stated or style.heading
    if heading and not style.contents:
        return "heading", heading, False
    if numbering.listed:
        return "item", (numbering.depth or 0) + 1, style.contents
    if _is_bold(paragraph) and len(text) <= _MAX_HEADING and text[-1] not in ".,;":
        return "heading", 0, style.contents  # one by its looks; level 0 until levels are settled
    return "paragraph", 0, style.contents


def _is_bold(paragraph: etree._Element) -> bool:
    runs = [run for run in paragraph.iter(f"{W}r") if visible_text(run).strip()]
    return bool(runs) and all(is_on(run, "b") for run in runs)


def _table(
    table: etree._Element, styles: Mapping[str, Style], left_out: str
) -> Iterator[SourceBlock]:
    """Yield a row for each row; a table that only frames or lays out is read cell by cell."""
    rows = [row for row in table.iter(f"{W}tr") if _owner(row) is table]
    cells = [list(_cells(row)) for row in rows]
    if max(map(len, cells), default=0) < 2 or _lays_out(cells, styles):
        for cell in chain.from_iterable(cells):
            yield from _blocks(cell, styles, left_out)
        return
    texts = filter(None, map(row_text, _columns(rows, cells)))
    for place, text in enumerate(texts):
        yield SourceBlock("row", text, left_out=left_out, opens=place == 0)


def _lays_out(rows: list[list[etree._Element]], styles: Mapping[str, Style]) -> bool:
    """Tell a table that lays out a page by a cell that has a heading and prose below it.

    A name and a dose in a cell of a table of data stay together, whatever their styles.
    """
    for cell in chain.from_iterable(rows):
        headed = False
        below = 0
        for paragraph in cell.iterchildren(f"{W}p"):
            text = tidy(visible_text(paragraph))
            if not text:
                continue
            if headed:
                below += 1
                if below > 1 or len(text) > _MAX_DATA or len(text.split()) > _MAX_DATA_WORDS:
                    return True
                continue
            kind, level, _ = _kind(paragraph, styles, text)
            headed = kind == "heading" and level > 0
    return False


def _columns(rows: list[etree._Element], cells: list[list[etree._Element]]) -> Iterator[list[str]]:
    """Yield the texts of each row, each text in the column in which it stands on the page.

    What goes over several rows is read with each of them where it is short: a row that is quoted
    alone must say of what it speaks.
    """
    spans = len({len(row) for row in cells}) > 1  # where all are alike, each cell is a column
    made: list[list[str]] = []
    merged: dict[int, str] = {}
    for row, own in zip(rows, cells, strict=True):
        texts = [""] * (_count(row.find(f"{W}trPr/{W}gridBefore"), 0) if spans else 0)
        said = False
        for cell in own:
            over = cell.find(f"{W}tcPr/{W}vMerge")
            column = len(texts)
            if over is not None and value(over) != "restart" and column in merged:
                texts.append(merged[column])
            else:
                texts.append(_cell_text(cell))
                said = said or texts[-1] != ""
                short = over is not None and len(texts[-1]) <= _MAX_REPEATED
                merged[column] = texts[-1] if short else ""
            if spans:
                texts += [""] * (_count(cell.find(f"{W}tcPr/{W}gridSpan"), 1) - 1)
        made.append(texts if said else [])
    used = {column for texts in made for column, text in enumerate(texts) if text}
    for texts in made:
        yield [text for column, text in enumerate(texts) if column in used]


def _count(element: etree._Element | None, otherwise: int) -> int:
    said = value(element)
    return int(said) if _COLUMNS.fullmatch(said) else otherwise


def _cell_text(cell: etree._Element) -> str:
    """Return all text of a cell, that of tables and boxes in it included, each once."""
    paragraphs = (
        paragraph
        for paragraph in cell.iter(f"{W}p")
        if next(paragraph.iterancestors(FALLBACK), None) is None
    )
    return one_line(" ".join(map(visible_text, paragraphs)))


def _owner(row: etree._Element) -> etree._Element | None:
    return next(row.iterancestors(f"{W}tbl"), None)


def _cells(row: etree._Element) -> Iterator[etree._Element]:
    for cell in row.iter(f"{W}tc"):
        if next(cell.iterancestors(f"{W}tr"), None) is row:
            yield cell


def _notes(
    archive: Archive, parts: Mapping[str, str], styles: Mapping[str, Style], name: str
) -> Iterator[SourceBlock]:
    for kind in ("footnotes", "endnotes"):
        member = parts.get(kind, "")
        if member not in archive.members:
            continue
        root = parse_xml(_transitional(archive.read(member)), name)
        settle(root, styles)
        for paragraph in root.iter(f"{W}p"):
            text = tidy(visible_text(paragraph))
            if text:
                yield SourceBlock("paragraph", text, left_out=NOTE)


def _settled(blocks: list[SourceBlock]) -> list[SourceBlock]:
    """Give headings their levels: the title 1, the others below it.

    Bold paragraphs stand for headings only where the document has no headings proper (titles
    aside); then they are of level 2.
    """
    levels = {b.level for b in blocks if b.kind == "heading" and not b.left_out}
    shift = 1 if TITLE in levels else 0
    proper = bool(levels - {0, TITLE})
    settled = []
    for block in blocks:
        if block.kind != "heading":
            settled.append(block)
        elif block.level == 0 and proper:
            settled.append(SourceBlock("paragraph", block.text, left_out=block.left_out))
        else:
            level = {TITLE: 1, 0: 2}.get(block.level, min(block.level + shift, 6))
            settled.append(SourceBlock("heading", block.text, level, left_out=block.left_out))
    return settled


def _metadata(archive: Archive, name: str, blocks: list[SourceBlock]) -> Metadata:
    first = next((b.text for b in blocks if b.kind == "heading" and b.level == 1), None)
    if "docProps/core.xml" not in archive.members:
        return Metadata(title=first)
    core = parse_xml(archive.read("docProps/core.xml"), name)

    def said(tag: str) -> str:
        element = core.find(tag)
        return one_line(element.text or "") if element is not None else ""

    stated = said(f"{_DUBLIN}title")
    # A word processor copies the title and the date of creation of the template or the file that
    # a document was made from: the page's own title goes first, and that date is not used.
    return Metadata(
        title=first or (None if is_file_name(stated) else stated or None),
        authors=stated_authors(said(f"{_DUBLIN}creator")),
        modified=iso_date(said(f"{_TERMS}modified")),
        language=said(f"{_DUBLIN}language") or None,
    )
