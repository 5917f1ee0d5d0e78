"""An HTML tree → its visible blocks in reading order, each with what its place in the tree says.

Nothing is judged here: every text that a person could see comes out once, whole, as a `DomBlock`;
`ingest.readers.html` decides which of them are the article.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from lxml import etree

from index.records import BlockKind
from ingest import math_markup
from ingest.page_marks import is_note_mark, is_page_number, raised_text
from ingest.page_regions import (
    BUTTON,
    HIDDEN,
    Region,
    is_concealed,
    is_panel,
    is_removed,
    names_panel,
    region_of,
)
from ingest.table_spans import Cell, SpanningRows

STRUCK = ("del", "s", "strike")
"""Elements whose text is struck out: a dose that holds no more is not to be quoted."""

SKIPPED = frozenset(STRUCK) | frozenset(
    {
        "script", "style", "template", "noscript", "iframe", "object", "embed", "svg", "canvas",
        "audio", "video", "map", "head", "title", "meta", "link", "datalist", "applet",
        "select", "textarea", "noframes", "frameset", "rp", "rt",
    }
)  # fmt: skip
"""Elements whose content is never text of the page."""

CONTROLS = frozenset({"button", "select", "option", "optgroup", "textarea", "input", "label"})

INLINE = frozenset(
    {
        "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn",
        "em", "font", "i", "img", "ins", "kbd", "mark", "nobr", "q", "rb", "ruby", "s",
        "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
        "picture", "source", "o:p", "center-inline",
    }
)  # fmt: skip
"""Elements that flow with the text around them; every other element begins a new block."""

_FLOWING = INLINE | math_markup.TAGS | SKIPPED | CONTROLS | {"br"}

HEADINGS = {f"h{n}": n for n in range(1, 7)}
LISTS = frozenset({"ul", "ol", "menu", "dir"})

MAX_LEVEL = 6
MAX_CELL_PARAGRAPHS = 3
"""A table cell with more paragraphs than this is a column of a page layout, not a datum."""

_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]"
    "|[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]"
)
_JOINER = re.compile("(?<![^\\W\\d_a-zA-Z])[\u200c\u200d]|[\u200c\u200d](?![^\\W\\d_a-zA-Z])")
_BULLET = re.compile(r"^(?:[•●▪◦‣·*–—-]|\(?\d{1,2}[.)])\s+(?=\S)")
_NO_PAGE = ("tel:", "sms:", "mailto:")
"""How addresses begin that lead to a person, not to another page."""


@dataclass(frozen=True, slots=True)
class DomBlock:
    """One block of a page. `regions` are the named parts it stands in, outermost first.

    `link_share` is the share of its characters that are link text, 0 to 1; a link to a telephone
    or to a letter box does not count, for it leads to no other page. `path` holds the
    element's ancestors, outermost first, ending with the element that the block came from;
    `panel` is the one of them that is folded up until a button unfolds it. `number` is printed
    before a list item by a browser, `hrefs` are the addresses of the links in the block.
    """

    kind: BlockKind
    text: str
    level: int
    path: tuple[etree._Element, ...]
    regions: tuple[Region, ...]
    link_share: float
    hrefs: tuple[str, ...] = ()
    number: int | None = None
    panel: etree._Element | None = None


def clean_text(text: str) -> str:
    """Return `text` in NFC, white space collapsed, without characters that show nothing.

    Soft hyphens, zero-width spaces, marks of direction and control characters go; the zero-width
    joiners stay only between letters beyond ASCII, where Persian and Indic scripts need them.
    Idempotent.
    """
    visible = _JOINER.sub("", _INVISIBLE.sub("", text))
    return " ".join(unicodedata.normalize("NFC", visible).split())


@dataclass(slots=True)
class _Item:
    """A list item under way: only its first text is the item, the rest continues it."""

    number: int | None = None
    begun: bool = False


@dataclass(slots=True)
class _Context:
    kind: BlockKind = "paragraph"
    level: int = 0
    path: tuple[etree._Element, ...] = ()
    regions: tuple[Region, ...] = ()
    list_depth: int = 0
    in_link: bool = False
    item: _Item = field(default_factory=_Item)
    panel: etree._Element | None = None
    numbers: Iterator[int] | None = None
    """The numbers of the items to come, in an ordered list."""


@dataclass(slots=True)
class _Walker:
    blocks: list[DomBlock] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    link_length: int = 0
    hrefs: list[str] = field(default_factory=list)
    heading_level: int = 1
    panels: dict[int, int] = field(default_factory=dict)
    """Depth in the tree → level, of the fold-out panels since the last heading."""

    def text(self, text: str | None, context: _Context) -> None:
        if text:
            self.pieces.append(text)
            if context.in_link:
                self.link_length += len(text.split())

    def panel_level(self, depth: int) -> int:
        """Return the heading level of a panel's summary: one for all panels of a list."""
        outer = {above: level for above, level in self.panels.items() if above < depth}
        level = self.panels.get(depth) or 1 + max(self.heading_level, *outer.values(), 1)
        self.panels = outer | {depth: min(MAX_LEVEL, level)}
        return self.panels[depth]

    def flush(self, context: _Context) -> None:
        raw = "".join(self.pieces)
        if not raw.strip("\x1e \t\r\n"):
            self.pieces.clear()
            return
        words = len(raw.split()) or 1
        share, hrefs = self.link_length / words, tuple(self.hrefs)
        self.pieces.clear()
        self.hrefs.clear()
        self.link_length = 0
        for line_kind, line_level, text in _lines(raw, context.kind, context.level):
            kind, level, number = line_kind, line_level, None
            if context.kind == "item":
                if context.item.begun:
                    kind, level = "paragraph", 0
                context.item.begun, number = True, context.item.number
            self.blocks.append(
                DomBlock(
                    kind, text, level, context.path, context.regions,
                    min(1.0, share), hrefs, number, context.panel,
                )
            )  # fmt: skip


def _lines(raw: str, kind: BlockKind, level: int) -> Iterator[tuple[BlockKind, int, str]]:
    """Cut a block's raw text at its `<br>` marks, written "\\x1e": two make a new paragraph.

    A single one is white space, unless the lines are a list made by hand ("• one<br>• two").
    """
    for part in re.split(r"\x1e(?:\s*\x1e)+", raw):
        lines = [line for line in (clean_text(piece) for piece in part.split("\x1e")) if line]
        if sum(bool(_BULLET.match(line)) for line in lines) > 1 and kind == "paragraph":
            for line in lines:
                found = _BULLET.match(line)
                if found and found.group().strip()[0] not in "(0123456789":
                    yield "item", 1, line[found.end() :]
                elif found:
                    yield "item", 1, line
                else:
                    yield kind, level, line
        elif lines:
            yield kind, level, " ".join(lines)


def dom_blocks(root: etree._Element) -> list[DomBlock]:
    """Return the blocks of the tree under `root` in reading order. The tree is not changed."""
    walker = _Walker()
    context = _Context()
    _walk(root, context, walker)
    walker.flush(context)
    return walker.blocks


def _walk(element: etree._Element, context: _Context, walker: _Walker) -> None:
    """Visit `element` (not its tail). The parser bounds the depth, and so this recursion."""
    tag = element.tag
    if not isinstance(tag, str) or tag in SKIPPED:
        return
    if _walk_mark(element, walker):
        return
    if tag == "hr":
        walker.flush(context)
        return
    if tag == "math":
        walker.text("" if is_concealed(element) else math_markup.math_text(element), context)
        return
    if _is_inline(element):
        _walk_inline(element, context, walker)
        return
    walker.flush(context)
    if tag == "table" and _is_data_table(element):
        _walk_table(element, context, walker)
        return
    inner = _enter(element, context, walker)
    walker.text(element.text, inner)
    for child in element:
        _walk(child, inner, walker)
        walker.text(child.tail, inner)
    walker.flush(inner)
    if tag in HEADINGS or element.get("role") == "heading":
        walker.heading_level = inner.level
        walker.panels.clear()


def _walk_mark(element: etree._Element, walker: _Walker) -> bool:
    """Read `element` where it is a mark, not words: the end of a line, a citation, an exponent."""
    if element.tag == "br":
        walker.pieces.append("\x1e")
    elif is_page_number(element):
        if element.tag not in INLINE or any(map(str.strip, element.itertext())):
            walker.pieces.append(" ")
    elif is_note_mark(element):
        _close_gap(element, walker)
    elif element.tag == "sup":
        text = clean_text("".join(element.itertext()))
        raised = raised_text(element, text, "".join(walker.pieces[-3:])[-8:])
        if raised:
            walker.pieces.append(raised)
        elif raised is not None:
            _close_gap(element, walker)
        return raised is not None
    else:
        return False
    return True


def _is_inline(element: etree._Element) -> bool:
    if element.tag == "label":
        return True
    if element.tag not in INLINE or element.get("role") == "heading":
        return False
    return not any(
        isinstance(child.tag, str) and child.tag not in _FLOWING
        for child in element.iterdescendants()
    )


def _walk_inline(element: etree._Element, context: _Context, walker: _Walker) -> None:
    if is_concealed(element):
        return
    href = element.get("href") if element.tag == "a" else None
    if href:
        walker.hrefs.append(href)
    inner = _Context(
        context.kind, context.level, context.path, context.regions, context.list_depth,
        context.in_link or _leads_away(href), context.item, context.panel,
    )  # fmt: skip
    walker.text(element.text, inner)
    for child in element:
        _walk(child, inner, walker)
        walker.text(child.tail, inner)


def _leads_away(href: str | None) -> bool:
    return href is not None and bool(href) and not href.strip().lower().startswith(_NO_PAGE)


def _enter(element: etree._Element, context: _Context, walker: _Walker) -> _Context:
    """Return the context inside a block element."""
    tag = element.tag
    inner = _Context(
        context.kind, context.level, (*context.path, element), context.regions,
        context.list_depth, context.in_link, context.item, context.panel,
    )  # fmt: skip
    _mark_regions(element, inner)
    if tag in HEADINGS:
        inner.kind, inner.level = "heading", HEADINGS[tag]
    elif element.get("role") == "heading":
        inner.kind, inner.level = "heading", _aria_level(element)
    elif tag == "summary" or _opens_panel(element):
        if context.kind != "heading":
            inner.kind, inner.level = "heading", walker.panel_level(len(inner.path))
    elif tag in LISTS or tag == "dl":
        inner.list_depth += 1
        inner.kind, inner.level = "paragraph", 0
        first = _first_number(element)
        inner.numbers = None if first is None else count(first)
    elif tag in ("li", "dt", "dd"):
        inner.kind, inner.level = "item", max(1, inner.list_depth) + (tag == "dd")
        numbers = context.numbers if tag == "li" else None
        inner.item = _Item(None if numbers is None else next(numbers))
    elif tag == "a" and element.get("href"):
        inner.in_link = context.in_link or _leads_away(element.get("href"))
        walker.hrefs.append(element.get("href") or "")
    return inner


def _mark_regions(element: etree._Element, inner: _Context) -> None:
    """Add, in place, what `element` makes of all that stands in it."""
    region = region_of(element)
    if region is not None:
        inner.regions = (*inner.regions, region)
    if element.tag == "details" and inner.panel is None:
        inner.panel = element
    if is_concealed(element):
        if not is_panel(element):
            inner.regions = (*inner.regions, Region(HIDDEN, element))
        elif inner.panel is None:
            inner.panel = element
    if element.tag == "button" and not inner.regions and inner.kind != "heading":
        inner.regions = () if _opens_panel(element) else (Region(BUTTON, element),)


def _aria_level(element: etree._Element) -> int:
    level = element.get("aria-level") or ""
    return min(MAX_LEVEL, max(1, int(level))) if re.fullmatch("[0-9]{1,9}", level) else 2


def _opens_panel(element: etree._Element) -> bool:
    """Tell whether a button is the heading of a fold-out panel (an FAQ's question)."""
    if element.tag != "button" and element.get("role") != "button":
        return False
    if element.get("aria-controls") is None and not names_panel(element):
        return False
    return len(clean_text("".join(element.itertext())).split()) > 2


def _first_number(element: etree._Element) -> int | None:
    """Return the number of the first item of an `ol`, or None where a list prints none."""
    if element.tag != "ol":
        return None
    start = element.get("start") or ""
    return int(start) if re.fullmatch(r"[0-9]{1,4}", start) else 1


def _close_gap(element: etree._Element, walker: _Walker) -> None:
    """Take away the space before a dropped citation where none is wanted after it."""
    follows = (element.tail or "")[:1]
    if walker.pieces and follows and not follows.isalnum():
        walker.pieces[-1] = walker.pieces[-1].rstrip(" \t\r\n\xa0")


def _is_data_table(table: etree._Element) -> bool:
    """Tell a table of data from one that lays out a page."""
    if table.get("role") in ("presentation", "none"):
        return False
    rows = list(table.iter("tr"))
    if not rows or max(len(_cells(row)) for row in rows) < 2:
        return False
    for row in rows:
        for cell in _cells(row):
            paragraphs = 0
            for inner in cell.iterdescendants():
                if inner.tag in ("table", "form", "nav", "article", "section", *HEADINGS):
                    return False
                paragraphs += inner.tag == "p"
            if paragraphs > MAX_CELL_PARAGRAPHS:
                return False
    return True


def _cells(row: etree._Element) -> list[etree._Element]:
    return [cell for cell in row if cell.tag in ("td", "th")]


def _walk_table(table: etree._Element, context: _Context, walker: _Walker) -> None:
    inner = _enter(table, context, walker)
    rows = {row: [cell for cell in _cells(row) if _has_place(cell)] for row in table.iter("tr")}
    spans = SpanningRows(max(map(len, rows.values())), sum(map(len, rows.values())))
    group = None
    for part in table.iter("caption", "tr"):
        place = _enter(part, inner, walker)
        if part.tag == "caption":
            place.kind, place.level = "paragraph", 0
            walker.text(_text_inside(part, inner, walker), place)
            walker.flush(place)
            continue
        if part.getparent() is not group:
            group = part.getparent()
            spans.end_group()
        if group is not None and is_concealed(group) and not is_panel(group):
            place.regions = (*place.regions, Region(HIDDEN, group))
        place.kind, place.level = "row", 0
        cells = spans.row([_cell(cell, place, walker) for cell in rows[part]])
        if any(cells):
            joined = " | ".join(cells) if sum(map(bool, cells)) > 1 else "".join(cells)
            walker.text(joined.removesuffix(" | "), place)
        walker.flush(place)


def _has_place(cell: etree._Element) -> bool:
    return not is_removed(cell) or is_panel(cell)


def _cell(cell: etree._Element, place: _Context, walker: _Walker) -> Cell:
    across, down = (
        int(said) if re.fullmatch(r"[0-9]{1,9}", said := (cell.get(name) or "").strip()) else 1
        for name in ("colspan", "rowspan")
    )
    return Cell(_text_inside(cell, place, walker), across, down)


def _text_inside(element: etree._Element, place: _Context, walker: _Walker) -> str:
    """Return what can be seen inside `element`, in one line. Its links count as the walker's."""
    inside = _Walker()
    context = _enter(element, place, inside)
    inside.text(element.text, context)
    for child in element:
        _walk(child, context, inside)
        inside.text(child.tail, context)
    inside.flush(context)
    seen = [
        block
        for block in inside.blocks
        if all(region.reason != HIDDEN for region in block.regions[len(place.regions) :])
    ]
    walker.hrefs.extend(href for block in seen for href in block.hrefs)
    walker.link_length += round(sum(b.link_share * len(b.text.split()) for b in seen))
    return " ".join(block.text for block in seen)
