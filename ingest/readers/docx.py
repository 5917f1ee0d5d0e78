"""DOCX (Word, LibreOffice, Google Docs) → one document.

A small reader over the XML (ECMA-376, part 1, chapter 17), since all that is needed of it is
paragraphs, their styles and numbering, and tables. What a person who opens the file does not see
is not read: deleted and hidden text, field codes, comments, the fallback of a drawing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from posixpath import dirname, normpath

from lxml import etree

from index.errors import LimitExceeded, SourceError
from index.records import BlockKind
from ingest.archive import Archive
from ingest.document import Document, Metadata, SourceBlock
from ingest.front_matter import iso_date
from ingest.readers.block_text import one_line, raised, tidy
from ingest.readers.reference_lists import set_apart
from ingest.safe_xml import parse_xml

CONTENTS = "table of contents"
NOTE = "footnote"

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_UNSEEN = frozenset(
    {f"{_W}{tag}" for tag in ("del", "moveFrom", "instrText", "delText", "delInstrText")}
    | {f"{_W}{tag}" for tag in ("rPr", "pPr", "sdtPr", "rt", "txbxContent")}
    | {_FALLBACK}
)
_CHARACTERS = {
    f"{_W}tab": " ",
    f"{_W}br": "\n",
    f"{_W}cr": "\n",
    f"{_W}noBreakHyphen": "-",
    f"{_W}ptab": " ",
}
_HEADING_STYLE = re.compile(r"heading ([1-9])$", re.IGNORECASE)
_CONTENTS_STYLE = re.compile(r"toc (?:\d|heading)$|table of (?:figures|contents)", re.IGNORECASE)
_DUBLIN = "{http://purl.org/dc/elements/1.1/}"
_TERMS = "{http://purl.org/dc/terms/}"
_OFF = ("0", "false", "off")
_MAX_HEADING = 120  # characters of a bold paragraph that stands for a heading
_TITLE = 10  # the level by which a title is known until levels are settled


@dataclass(frozen=True, slots=True)
class _Style:
    """What a paragraph style says: its heading level (0 for none), its list, its kind."""

    heading: int = 0
    numbered: int | None = None
    contents: bool = False


def read(data: bytes, name: str) -> Iterator[Document]:
    """Yield the one article of a DOCX file.

    Raises `SourceError` when the file is no DOCX, is damaged, encrypted or empty, and
    `LimitExceeded` when it unpacks to more than a document holds or is nested too deep.
    """
    archive = Archive(data, name, "DOCX")
    main = _main_part(archive, name)
    root = parse_xml(_transitional(archive.read(main)), name)
    body = root.find(f"{_W}body")
    if body is None:
        raise SourceError(f"{name}: not a DOCX text document (no body); save it as .docx")
    parts = _related(archive, main, name)
    styles = _styles(archive, parts.get("styles"), name)
    try:
        blocks = [*_blocks(body, styles), *_notes(archive, parts, name)]
    except RecursionError as error:
        raise LimitExceeded(f"{name}: nested deeper than any document is") from error
    blocks = _settled(blocks)
    if not any(not block.left_out for block in blocks):
        raise SourceError(f"{name}: there is no text in it; if it holds pictures, type them up")
    metadata = _metadata(archive, name, blocks)
    kept, references = set_apart(blocks)
    yield Document(kept, replace(metadata, references=references))


def _transitional(data: bytes) -> bytes:
    """Return the XML with the namespace that most files use; "strict" files use another."""
    return data.replace(_STRICT.encode(), _W[1:-1].encode())


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


def _styles(archive: Archive, member: str | None, name: str) -> Mapping[str, _Style]:
    """Return each paragraph style by its id, what it inherits included."""
    if member is None or member not in archive.members:
        return {}
    found = {
        str(style.get(f"{_W}styleId")): style
        for style in parse_xml(_transitional(archive.read(member)), name).iter(f"{_W}style")
        if style.get(f"{_W}type", "paragraph") == "paragraph"
    }
    return {identifier: _style(identifier, found) for identifier in found}


def _style(identifier: str, found: Mapping[str, etree._Element]) -> _Style:
    heading, numbered, contents = 0, None, False
    seen: set[str] = set()
    while identifier in found and identifier not in seen:  # a style may inherit from itself
        seen.add(identifier)
        style = found[identifier]
        named = _value(style.find(f"{_W}name"))
        level = _HEADING_STYLE.match(named)
        if not heading and named.casefold() == "title":
            heading = _TITLE
        elif not heading and level:
            heading = int(level.group(1))
        properties = style.find(f"{_W}pPr")
        if properties is not None:
            heading = heading or _outline(properties)
            numbered = _numbering(properties) if numbered is None else numbered
        contents = contents or _CONTENTS_STYLE.match(named) is not None
        identifier = _value(style.find(f"{_W}basedOn"))
    return _Style(heading, numbered, contents)


def _value(element: etree._Element | None) -> str:
    return "" if element is None else str(element.get(f"{_W}val", ""))


def _outline(properties: etree._Element) -> int:
    level = _value(properties.find(f"{_W}outlineLvl"))
    return int(level) + 1 if level in tuple("012345678") else 0


def _numbering(properties: etree._Element) -> int | None:
    """Return the depth in a list (from 0), -1 for "in no list", None where nothing is said."""
    numbering = properties.find(f"{_W}numPr")
    if numbering is None:
        return None
    if _value(numbering.find(f"{_W}numId")) == "0":
        return -1
    level = _value(numbering.find(f"{_W}ilvl"))
    return int(level) if re.fullmatch(r"[0-8]", level) else 0


def _blocks(
    container: etree._Element, styles: Mapping[str, _Style], left_out: str = ""
) -> Iterator[SourceBlock]:
    for element in container:
        if element.tag == f"{_W}p":
            yield from _paragraph(element, styles, left_out)
        elif element.tag == f"{_W}tbl":
            yield from _table(element, styles, left_out)
        elif element.tag == f"{_W}sdt":
            content = element.find(f"{_W}sdtContent")
            gallery = _value(element.find(f"{_W}sdtPr/{_W}docPartObj/{_W}docPartGallery"))
            inner = CONTENTS if gallery == "Table of Contents" else left_out
            if content is not None:
                yield from _blocks(content, styles, inner)
        elif element.tag in (f"{_W}ins", f"{_W}moveTo", f"{_W}customXml", f"{_W}smartTag"):
            yield from _blocks(element, styles, left_out)


def _paragraph(
    paragraph: etree._Element, styles: Mapping[str, _Style], left_out: str
) -> Iterator[SourceBlock]:
    text = tidy(_text(paragraph))
    if text:
        kind, level, contents = _kind(paragraph, styles, text)
        if contents:
            left_out = left_out or CONTENTS
        if kind == "heading":
            text = one_line(text)
        yield SourceBlock(kind, text, level, left_out=left_out)
    for box in paragraph.iter(f"{_W}txbxContent"):
        if not any(
            ancestor.tag in (_FALLBACK, f"{_W}txbxContent") for ancestor in box.iterancestors()
        ):
            yield from _blocks(box, styles, left_out)


def _kind(
    paragraph: etree._Element, styles: Mapping[str, _Style], text: str
) -> tuple[BlockKind, int, bool]:
    properties = paragraph.find(f"{_W}pPr")
    style, depth, outline = _Style(), None, 0
    if properties is not None:
        style = styles.get(_value(properties.find(f"{_W}pStyle")), style)
        depth = _numbering(properties)
        outline = _outline(properties)
    heading = outline or style.heading
    if heading and not style.contents:
        return "heading", heading, False
    depth = style.numbered if depth is None else depth
    if depth is not None and depth >= 0:
        return "item", depth + 1, style.contents
    if _is_bold(paragraph) and len(text) <= _MAX_HEADING and text[-1] not in ".,;":
        return "heading", 0, style.contents  # one by its looks; level 0 until levels are settled
    return "paragraph", 0, style.contents


def _is_bold(paragraph: etree._Element) -> bool:
    runs = [run for run in paragraph.iter(f"{_W}r") if _text(run).strip()]
    return bool(runs) and all(
        (bold := run.find(f"{_W}rPr/{_W}b")) is not None
        and str(bold.get(f"{_W}val", "1")) not in _OFF
        for run in runs
    )


def _text(element: etree._Element) -> str:
    """Return the visible text under `element`, text boxes excepted."""
    pieces: list[str] = []
    stack = [element]
    while stack:
        node = stack.pop()
        if node.tag == f"{_W}t":
            pieces.append(node.text or "")
        elif node.tag in _CHARACTERS:
            if node.get(f"{_W}type") != "page":
                pieces.append(_CHARACTERS[node.tag])
        elif node.tag == f"{_W}r" and _is_hidden(node):
            continue
        elif node.tag == f"{_W}r" and node is not element and _is_superscript(node):
            pieces.append(raised(_text(node), "".join(pieces[-1:])))
        else:
            stack += [child for child in reversed(node) if child.tag not in _UNSEEN]
    return "".join(pieces)


def _is_hidden(run: etree._Element) -> bool:
    vanish = run.find(f"{_W}rPr/{_W}vanish")
    return vanish is not None and str(vanish.get(f"{_W}val", "1")) not in _OFF


def _is_superscript(run: etree._Element) -> bool:
    return _value(run.find(f"{_W}rPr/{_W}vertAlign")) == "superscript"


def _table(
    table: etree._Element, styles: Mapping[str, _Style], left_out: str
) -> Iterator[SourceBlock]:
    """Yield a row for each row; a table of one column only frames what stands in it."""
    rows = [list(_cells(row)) for row in table.iter(f"{_W}tr") if _owner(row) is table]
    if max((len(row) for row in rows), default=0) < 2:
        for row in rows:
            for cell in row:
                yield from _blocks(cell, styles, left_out)
        return
    for row in rows:
        cells = [one_line(" ".join(_text(p) for p in cell.iter(f"{_W}p"))) for cell in row]
        text = " | ".join(cell for cell in cells if cell)
        if text:
            yield SourceBlock("row", text, left_out=left_out)


def _owner(row: etree._Element) -> etree._Element | None:
    return next(row.iterancestors(f"{_W}tbl"), None)


def _cells(row: etree._Element) -> Iterator[etree._Element]:
    for cell in row.iter(f"{_W}tc"):
        if next(cell.iterancestors(f"{_W}tr"), None) is row:
            yield cell


def _notes(archive: Archive, parts: Mapping[str, str], name: str) -> Iterator[SourceBlock]:
    for kind in ("footnotes", "endnotes"):
        member = parts.get(kind, "")
        if member not in archive.members:
            continue
        root = parse_xml(_transitional(archive.read(member)), name)
        for paragraph in root.iter(f"{_W}p"):
            text = tidy(_text(paragraph))
            if text:
                yield SourceBlock("paragraph", text, left_out=NOTE)


def _settled(blocks: list[SourceBlock]) -> list[SourceBlock]:
    """Give headings their levels: the title 1, the others below it.

    Bold paragraphs stand for headings only where the document has no headings proper (titles
    aside); then they are of level 2.
    """
    levels = {b.level for b in blocks if b.kind == "heading" and not b.left_out}
    shift = 1 if _TITLE in levels else 0
    proper = bool(levels - {0, _TITLE})
    settled = []
    for block in blocks:
        if block.kind != "heading":
            settled.append(block)
        elif block.level == 0 and proper:
            settled.append(SourceBlock("paragraph", block.text, left_out=block.left_out))
        else:
            level = {_TITLE: 1, 0: 2}.get(block.level, min(block.level + shift, 6))
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

    authors = (author.strip() for author in said(f"{_DUBLIN}creator").split(";"))
    # A word processor copies the title and the date of creation of the template or the file that
    # a document was made from: the page's own title goes first, and that date is not used.
    return Metadata(
        title=first or said(f"{_DUBLIN}title") or None,
        authors=tuple(author for author in authors if author),
        modified=iso_date(said(f"{_TERMS}modified")),
        language=said(f"{_DUBLIN}language") or None,
    )
