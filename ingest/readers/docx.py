"""DOCX (Word, LibreOffice, Google Docs) → one document.

A small reader over the XML (ECMA-376, part 1, chapter 17), since all that is needed of it is
paragraphs, their styles and numbering, and tables. What a person who opens the file does not see
is not read: deleted, struck out and hidden text, field codes, comments, the fallback of a drawing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from posixpath import dirname, normpath

from lxml import etree

from index.errors import LimitExceeded, SourceError
from index.records import BlockKind
from ingest.archive import Archive
from ingest.document import Document, Metadata, SourceBlock
from ingest.front_matter import iso_date
from ingest.readers import symbol_fonts
from ingest.readers.authors import stated_authors
from ingest.readers.block_text import one_line, raised, row_text, tidy
from ingest.readers.equations import MATH, STRICT_MATH, equation
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
_SYMBOLS = re.compile(f"[{chr(symbol_fonts.FIRST)}-{chr(symbol_fonts.LAST)}]")
_CODE = re.compile(r"[0-9A-Fa-f]{2,4}")
_COLUMNS = re.compile(r"[1-9][0-9]?")  # Word has 63 at the most
_MAX_REPEATED = 60  # characters of a cell over several rows that is read with each of them
_MAX_HEADING = 120  # characters of a bold paragraph that stands for a heading
_MAX_DATA = 80  # characters, or 12 words, below a heading in a cell of a table of data
_MAX_DATA_WORDS = 12
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
    """Return the XML with the namespaces that most files use; "strict" files use others."""
    data = data.replace(_STRICT.encode(), _W[1:-1].encode())
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
    return bool(runs) and all(_is_on(run, "b") for run in runs)


def _text(element: etree._Element) -> str:
    """Return the visible text under `element`, text boxes excepted."""
    pieces: list[str] = []
    superscripts: set[int] = set()
    stack = [element]
    while stack:
        node = stack.pop()
        if node.tag == f"{_W}t":
            pieces.append(_plain(node))
        elif node.tag == f"{_W}sym":
            pieces.append(_symbol(node))
        elif node.tag == f"{MATH}oMath":
            pieces.append(equation(node))
        elif node.tag in _CHARACTERS:
            if node.get(f"{_W}type") != "page":
                pieces.append(_CHARACTERS[node.tag])
        elif node.tag == f"{_W}r" and _is_hidden(node):
            continue
        elif node.tag == f"{_W}r" and node is not element and _is_superscript(node):
            superscripts.add(len(pieces))
            pieces.append(_text(node))
        else:
            stack += [child for child in reversed(node) if child.tag not in _UNSEEN]
    return "".join(_with_raised(pieces, superscripts) if superscripts else pieces)


def _with_raised(pieces: list[str], superscripts: set[int]) -> list[str]:
    """Return the pieces of a text with those above the line as they read there."""
    follows = [""] * len(pieces)
    after = ""
    for place in reversed(range(len(pieces))):
        follows[place] = after
        if pieces[place] and place not in superscripts:
            after = pieces[place]
    made: list[str] = []
    for place, piece in enumerate(pieces):
        if place in superscripts:
            before = made[-1] if made else ""
            if len(made) > 1 and before.isspace():
                before = made[-2] + before
            piece = raised(piece, before, follows[place])  # noqa: PLW2901
        if piece:
            made.append(piece)
    return made


def _plain(text: etree._Element) -> str:
    """Return the text of a `w:t`, with the signs of symbol fonts as those of Unicode."""
    said = text.text or ""
    if _SYMBOLS.search(said) is None:
        return said
    run = text.getparent()
    fonts = None if run is None else run.find(f"{_W}rPr/{_W}rFonts")
    named = () if fonts is None else (fonts.get(f"{_W}ascii"), fonts.get(f"{_W}hAnsi"))
    font = str(next(filter(None, named), ""))
    return _SYMBOLS.sub(lambda found: symbol_fonts.sign(ord(found.group()), font), said)


def _symbol(element: etree._Element) -> str:
    """Return the sign that was put in by the font and its code there."""
    code = str(element.get(f"{_W}char", ""))
    if _CODE.fullmatch(code) is None:
        return symbol_fonts.UNKNOWN
    number, font = int(code, 16), str(element.get(f"{_W}font", ""))
    if number < 0x100 or symbol_fonts.FIRST <= number <= symbol_fonts.LAST:
        return symbol_fonts.sign(number, font)
    return chr(number) if chr(number).isprintable() else symbol_fonts.UNKNOWN


def _is_hidden(run: etree._Element) -> bool:
    """Tell whether nobody sees a run, or sees it struck out: it holds no more."""
    return any(_is_on(run, name) for name in ("vanish", "strike", "dstrike"))


def _is_on(run: etree._Element, name: str) -> bool:
    said = run.find(f"{_W}rPr/{_W}{name}")
    return said is not None and str(said.get(f"{_W}val", "1")) not in _OFF


def _is_superscript(run: etree._Element) -> bool:
    return _value(run.find(f"{_W}rPr/{_W}vertAlign")) == "superscript"


def _table(
    table: etree._Element, styles: Mapping[str, _Style], left_out: str
) -> Iterator[SourceBlock]:
    """Yield a row for each row; a table that only frames or lays out is read cell by cell."""
    rows = [row for row in table.iter(f"{_W}tr") if _owner(row) is table]
    cells = [list(_cells(row)) for row in rows]
    if max(map(len, cells), default=0) < 2 or _lays_out(cells, styles):
        for cell in chain.from_iterable(cells):
            yield from _blocks(cell, styles, left_out)
        return
    for texts in _columns(rows, cells):
        text = row_text(texts)
        if text:
            yield SourceBlock("row", text, left_out=left_out)


def _lays_out(rows: list[list[etree._Element]], styles: Mapping[str, _Style]) -> bool:
    """Tell a table that lays out a page by a cell that has a heading and prose below it.

    A name and a dose in a cell of a table of data stay together, whatever their styles.
    """
    for cell in chain.from_iterable(rows):
        headed = False
        below = 0
        for paragraph in cell.iterchildren(f"{_W}p"):
            text = tidy(_text(paragraph))
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
        texts = [""] * (_count(row.find(f"{_W}trPr/{_W}gridBefore"), 0) if spans else 0)
        said = False
        for cell in own:
            over = cell.find(f"{_W}tcPr/{_W}vMerge")
            column = len(texts)
            if over is not None and _value(over) != "restart" and column in merged:
                texts.append(merged[column])
            else:
                texts.append(_cell_text(cell))
                said = said or texts[-1] != ""
                short = over is not None and len(texts[-1]) <= _MAX_REPEATED
                merged[column] = texts[-1] if short else ""
            if spans:
                texts += [""] * (_count(cell.find(f"{_W}tcPr/{_W}gridSpan"), 1) - 1)
        made.append(texts if said else [])
    used = {column for texts in made for column, text in enumerate(texts) if text}
    for texts in made:
        yield [text for column, text in enumerate(texts) if column in used]


def _count(element: etree._Element | None, otherwise: int) -> int:
    said = _value(element)
    return int(said) if _COLUMNS.fullmatch(said) else otherwise


def _cell_text(cell: etree._Element) -> str:
    """Return all text of a cell, that of tables and boxes in it included, each once."""
    paragraphs = (
        paragraph
        for paragraph in cell.iter(f"{_W}p")
        if next(paragraph.iterancestors(_FALLBACK), None) is None
    )
    return one_line(" ".join(map(_text, paragraphs)))


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

    # A word processor copies the title and the date of creation of the template or the file that
    # a document was made from: the page's own title goes first, and that date is not used.
    return Metadata(
        title=first or said(f"{_DUBLIN}title") or None,
        authors=stated_authors(said(f"{_DUBLIN}creator")),
        modified=iso_date(said(f"{_TERMS}modified")),
        language=said(f"{_DUBLIN}language") or None,
    )
