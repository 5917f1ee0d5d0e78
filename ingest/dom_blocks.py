"""An HTML tree → its visible blocks in reading order, each with what its place in the tree says.

Nothing is judged here: every text that a person could see comes out once, whole, as a `DomBlock`;
`ingest.readers.html` decides which of them are the article.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count

from lxml import etree

from index.records import BlockKind
from ingest import math_markup
from ingest.element_kinds import (
    FLOWING,
    HEADINGS,
    INLINE,
    LISTS,
    MAX_LEVEL,
    SKIPPED,
    aria_level,
    is_document_title,
    stands_apart,
)
from ingest.page_contents import contents_lists
from ingest.page_controls import (
    Tabs,
    find_tabs,
    is_action,
    is_note_button,
    is_word_button,
    opens_panel,
)
from ingest.page_marks import is_heading_link, is_note_mark, is_page_number, raised_text
from ingest.page_regions import (
    BUTTON,
    HIDDEN,
    NAVIGATION,
    Region,
    is_concealed,
    is_panel,
    is_removed,
    region_of,
)
from ingest.table_markup import cell_spans, is_data_table, row_cells, rows
from ingest.table_spans import Cell, SpanningRows

BETWEEN = " \N{BULLET} "
"""Stands between the paragraphs or items of one table cell, as " | " stands between cells.

No sign of a sentence, and none that numbers are written with: "1 mg / 2 tablets" would be wrong.
"""
LONGEST_CAPTION = 200
"""Characters of a table's caption that is read as its first row, so that it is told above rows that
are quoted without it ("Children under 12"). A longer one is a paragraph."""

_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]"
    "|[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]"
)
_JOINER = re.compile("(?<![^\\W\\d_a-zA-Z])[\u200c\u200d]|[\u200c\u200d](?![^\\W\\d_a-zA-Z])")
_BULLET = re.compile(r"^(?:[•●▪◦‣·*–—-]|\(?\d{1,2}[.)])\s+(?=\S)")
_ENDED = (".", ",", ";", ":", "!", "?", "…", "。", "；", "：", "，")
_NO_PAGE = ("tel:", "sms:", "mailto:")
"""How addresses begin that lead to a person, not to another page."""


@dataclass(frozen=True, slots=True)
class DomBlock:
    """One block of a page. `regions` are the named parts it stands in, outermost first.

    `link_share` is the share of its characters that are link text, 0 to 1; a link to a telephone
    or to a letter box does not count, for it leads to no other page. `path` holds the
    element's ancestors, outermost first, ending with the element that the block came from;
    `panel` is the one of them that is folded up until a button unfolds it. `number` is printed
    before a list item by a browser, `hrefs` are the addresses of the links in the block. `opens` is
    true of the first item of an outermost list, or row of a table, that stands by itself.
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
    opens: bool = False


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
    lowered: int = 0
    """Levels by which headings stand lower than they say, below the name of a tab."""


@dataclass(slots=True)
class _Walker:
    tabs: Tabs = field(default_factory=Tabs)
    contents: frozenset[etree._Element] = frozenset()
    blocks: list[DomBlock] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    link_length: int = 0
    hrefs: list[str] = field(default_factory=list)
    heading_level: int = 1
    panels: dict[int, int] = field(default_factory=dict)
    """Depth in the tree → level, of the fold-out panels since the last heading."""
    opens: bool = False
    """Whether a list or table has begun of which nothing has come yet."""

    def text(self, text: str | None, context: _Context) -> None:
        if text:
            self.pieces.append(text)
            if context.in_link:
                self.link_length += len(text.split())

    def line(self) -> None:
        """End a line, where one is under way."""
        last = next((piece for piece in reversed(self.pieces) if piece.strip(" \t\r\n")), "\x1e")
        if not last.endswith("\x1e"):
            self.pieces.append("\x1e")

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
            opens = self.opens and kind in {"item", "row"}
            self.opens = self.opens and not opens
            self.blocks.append(
                DomBlock(
                    kind, text, level, context.path, context.regions,
                    min(1.0, share), hrefs, number, context.panel, opens,
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
    walker = _Walker(find_tabs(root), contents_lists(root))
    context = _Context()
    _walk(root, context, walker)
    walker.flush(context)
    return walker.blocks


def _walk(element: etree._Element, context: _Context, walker: _Walker) -> None:
    """Visit `element` (not its tail). The parser bounds the depth, and so this recursion."""
    tag = element.tag
    if not isinstance(tag, str) or tag in SKIPPED:
        return
    if _walk_mark(element, context, walker):
        return
    if tag == "hr":
        walker.flush(context)
        return
    if tag == "math":
        walker.text("" if is_concealed(element) else math_markup.math_text(element), context)
        return
    if _is_inline(element) and element not in walker.tabs.controls:
        _walk_inline(element, context, walker)
        return
    walker.flush(context)
    if is_data_table(element):
        _walk_table(element, context, walker)
        return
    inner = _enter(element, context, walker)
    if element in walker.tabs.names:
        _walk_panel(element, inner, walker)
        return
    _walk_inside(element, inner, walker)
    if tag in HEADINGS or element.get("role") == "heading":
        walker.heading_level = inner.level
        walker.panels.clear()


def _walk_inside(element: etree._Element, inner: _Context, walker: _Walker) -> None:
    walker.text(element.text, inner)
    for child in element:
        _walk(child, inner, walker)
        walker.text(child.tail, inner)
    walker.flush(inner)


def _walk_panel(element: etree._Element, inner: _Context, walker: _Walker) -> None:
    """Read the panel of a tab below the tab's words, its own headings lower than these."""
    level = walker.panel_level(len(inner.path))
    before = walker.heading_level, walker.panels
    heading = replace(inner, kind="heading", level=level)
    walker.text(walker.tabs.names[element], heading)
    walker.flush(heading)
    highest = min((HEADINGS[h.tag] for h in element.iter(*HEADINGS)), default=level + 1)
    inner.lowered = max(inner.lowered, level + 1 - highest)
    walker.heading_level, walker.panels = level, {}
    _walk_inside(element, inner, walker)
    walker.heading_level, walker.panels = before


def _walk_mark(element: etree._Element, context: _Context, walker: _Walker) -> bool:
    """Read `element` where it is a mark, not words: the end of a line, a citation, an exponent."""
    if element.tag == "br":
        walker.pieces.append("\x1e")
    elif is_page_number(element):
        if element.tag not in INLINE or any(map(str.strip, element.itertext())):
            walker.pieces.append(" ")
    elif is_note_mark(element) or is_note_button(element):
        _close_gap(element, walker)
    elif is_heading_link(element, in_heading=context.kind == "heading"):
        walker.pieces.append(" ")
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
    if not is_word_button(element):
        if element.tag not in INLINE or element.get("role") == "heading":
            return False
        if is_data_table(element):
            return False
    return not any(
        isinstance(child.tag, str) and child.tag not in FLOWING
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
        lowered=context.lowered,
    )  # fmt: skip
    apart = stands_apart(element)
    if apart:
        walker.line()
    walker.text(element.text, inner)
    for child in element:
        _walk(child, inner, walker)
        walker.text(child.tail, inner)
    if apart:
        walker.line()


def _leads_away(href: str | None) -> bool:
    return href is not None and bool(href) and not href.strip().lower().startswith(_NO_PAGE)


def _enter(element: etree._Element, context: _Context, walker: _Walker) -> _Context:
    """Return the context inside a block element."""
    tag = element.tag
    inner = _Context(
        context.kind, context.level, (*context.path, element), context.regions,
        context.list_depth, context.in_link, context.item, context.panel,
        lowered=context.lowered,
    )  # fmt: skip
    _mark_regions(element, inner, walker)
    if tag in HEADINGS:
        inner.kind, inner.level = "heading", min(MAX_LEVEL, HEADINGS[tag] + context.lowered)
    elif element.get("role") == "heading":
        inner.kind, inner.level = "heading", aria_level(element)
    elif is_document_title(element, first=not walker.blocks):
        inner.kind, inner.level = "heading", 1
    elif element in walker.tabs.controls:
        pass
    elif tag == "summary" or opens_panel(element):
        if context.kind != "heading":
            inner.kind, inner.level = "heading", walker.panel_level(len(inner.path))
    elif tag in LISTS or tag == "dl":
        walker.opens = walker.opens or (not context.list_depth and not _goes_on(element))
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


def _goes_on(element: etree._Element) -> bool:
    """Tell whether a list stands right behind another: templates write one list as several."""
    before = next(element.itersiblings("*", preceding=True), None)
    return before is not None and before.tag == element.tag and not (before.tail or "").strip()


def _mark_regions(element: etree._Element, inner: _Context, walker: _Walker) -> None:
    """Add, in place, what `element` makes of all that stands in it."""
    region = region_of(element)
    if element in walker.contents:
        region = Region(NAVIGATION, element)
    elif element in walker.tabs.controls:
        region = Region(BUTTON, element)
    if region is not None:
        inner.regions = (*inner.regions, region)
    if (element.tag == "details" or element in walker.tabs.names) and inner.panel is None:
        inner.panel = element
    if is_concealed(element):
        if not is_panel(element):
            inner.regions = (*inner.regions, Region(HIDDEN, element))
        elif inner.panel is None:
            inner.panel = element
    in_heading = inner.kind == "heading" and not is_action(element)
    if element.tag == "button" and not inner.regions and not in_heading:
        inner.regions = () if opens_panel(element) else (Region(BUTTON, element),)


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


def _walk_table(table: etree._Element, context: _Context, walker: _Walker) -> None:
    inner = _enter(table, context, walker)
    walker.opens = True
    for caption in table.iter("caption"):
        place = _enter(caption, inner, walker)
        words = _text_inside(caption, inner, walker, between=" ")
        place.kind, place.level = "row" if len(words) <= LONGEST_CAPTION else "paragraph", 0
        walker.text(words, place)
        walker.flush(place)
    shown = {row: [cell for cell in row_cells(row) if _has_place(cell)] for row in rows(table)}
    spans = SpanningRows(max(map(len, shown.values())), sum(map(len, shown.values())))
    group = None
    for part, cells_shown in shown.items():
        place = _enter(part, inner, walker)
        if part.getparent() is not group:
            group = part.getparent()
            spans.end_group()
        if group is not None and is_concealed(group) and not is_panel(group):
            place.regions = (*place.regions, Region(HIDDEN, group))
        place.kind, place.level = "row", 0
        cells = spans.row([_cell(cell, place, walker) for cell in cells_shown])
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            walker.text(" | ".join(cells) if sum(map(bool, cells)) > 1 else cells[-1], place)
        walker.flush(place)


def _has_place(cell: etree._Element) -> bool:
    return not is_removed(cell) or is_panel(cell)


def _cell(cell: etree._Element, place: _Context, walker: _Walker) -> Cell:
    return Cell(_text_inside(cell, place, walker), *cell_spans(cell))


def _text_inside(
    element: etree._Element, place: _Context, walker: _Walker, between: str = BETWEEN
) -> str:
    """Return what can be seen inside `element`, in one line. Its links count as the walker's.

    `between` parts its blocks, except where the one before ends with a sign of its own.
    """
    inside = _Walker(walker.tabs, walker.contents)
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
    text = ""
    for block in seen:
        gap = " " if text.endswith(_ENDED) else between
        text += gap + block.text if text else block.text
    return text
