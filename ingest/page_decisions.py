"""Each block of a page: kept as the article's, or left out, and the reason in plain words.

trafilatura's choice comes first (`ingest.main_text`). Three kinds of rule correct it: parts of the
page whose name says what they are, lines that give themselves away by their wording, and gaps -
blocks among the article's own that trafilatura lost.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from lxml import etree

from ingest import page_regions as regions
from ingest.dom_blocks import DomBlock
from ingest.element_kinds import LISTS
from ingest.main_text import COVERED, coverage, letters
from ingest.page_lines import LINKED, line_reason
from ingest.page_regions import element_class, names_callout, names_panel
from ingest.page_sections import leave_out_sections

MAJORITY = 0.4
"""A named part that holds more of the chosen letters than this share is the article's own frame.

From 0.1 to 0.8 it makes no difference on the development pages; 0.4 leaves room for two frames.
"""

PANEL_STEPS = 3
"""Steps up the tree from a folded panel within which the article must be: panel, entry, list."""

BOXED_LINKS = 0.3
"""Share of link text above which a lost block inside the article's frame stays lost."""

DECLARED = 20
"""Letters that a block must have for its being in the page's data to mean something."""

LINK_ONLY = 0.8
"""A paragraph that is link text beyond this share leads elsewhere, whatever it says.

F1 on the two halves of the development pages (`bench/html_extraction.py`), in thousandths: 983.8
and 988.1 at 0.6, 983.4 and 987.4 at 0.75, 983.6 and 987.4 at 0.8, 983.6 and 985.8 at 0.85, 980.6
and 985.5 without the rule. Recall falls below 0.75, so the rule stays at the cautious end.
"""

TWINS = 3
"""Kept paragraphs that must share a lost one's place in the template before it is kept too.

Recall on the development pages is 0.990 for 1 to 5, and 0.983 for 8 and without the rule.
"""

GRID_CELLS = 4
"""Short texts of one element among the article's prose from which it is taken for a table."""

_EMERGENCY = re.compile(
    r"(?:(?:in|if|for)\b[^.?!]*, )?(?:please )?(?:call|dial|ring|text|phone|go|get|seek|contact)\b"
    r".*\b(?:911|999|112|000|111|988|emergency|ambulance|a&e|casualty|crisis|suicid\w+"
    r"|poisons?|(?<!directions to )(?:the nearest|your nearest|an?) hospital)\b",
    re.IGNORECASE,
)
"""How a sentence begins that tells what to do now, though all of it is a link."""

MAX_CALL = 300
"""Characters of the longest link that is looked at for such a sentence."""

Decided = tuple[DomBlock, str]


def decide(
    blocks: Sequence[DomBlock],
    lines: Sequence[str],
    *,
    title: str | None = None,
    stated: Sequence[str] = (),
    address: str | None = None,
    publisher: str | None = None,
) -> list[Decided]:
    """Return every block with its reason for being left out, "" where it is the article's.

    `lines` is the main text as trafilatura finds it; `title` the article's, whose own heading is
    left out because it is kept as metadata. `stated` are the texts that the page's own data call
    its article; a block that stands in them whole is kept. `address` is the page's own: what it
    cites lies elsewhere. `publisher` is the name under which the page speaks of its site.
    """
    blocks = [_unlinked(block) if _says_what_to_do(block) else block for block in blocks]
    share = coverage(blocks, lines)
    declared = "\n".join(letters(text) for text in stated)
    chosen = [
        value >= COVERED or _is_declared(block, declared)
        for block, value in zip(blocks, share, strict=True)
    ]
    frames = _frames(blocks, chosen)
    reasons = [_reason(block, frames) for block in blocks]
    kept = [was_chosen and not reason for was_chosen, reason in zip(chosen, reasons, strict=True)]
    _fill_twins(blocks, kept, reasons)
    _fill_gaps(blocks, kept, reasons)
    _fill_lists(blocks, kept, reasons)
    _fill_frame(blocks, kept, reasons)
    decided = [
        "" if keep else reason or _place_reason(block, frames)
        for block, keep, reason in zip(blocks, kept, reasons, strict=True)
    ]
    leave_out_sections(blocks, decided, address=address, publisher=publisher, title=title)
    _leave_out_title(blocks, decided, title)
    _settle_headings(blocks, decided)
    return list(zip(blocks, decided, strict=True))


def _says_what_to_do(block: DomBlock) -> bool:
    """Tell whether a linked block sends the reader to help: no page is advertised with that."""
    if block.kind == "heading" or not block.hrefs or len(block.text) > MAX_CALL:
        return False
    return _EMERGENCY.match(block.text) is not None


def _unlinked(block: DomBlock) -> DomBlock:
    return replace(block, link_share=0.0)


def _is_declared(block: DomBlock, declared: str) -> bool:
    own = letters(block.text)
    return len(own) >= DECLARED and own in declared


def _frames(blocks: Sequence[DomBlock], chosen: Sequence[bool]) -> set[int]:
    """Return the ids of named parts that hold so much of the article that they are its frame."""
    total = 0
    held: dict[int, int] = {}
    for block, was_chosen in zip(blocks, chosen, strict=True):
        if was_chosen:
            total += len(block.text)
            for region in block.regions:
                held[id(region.element)] = held.get(id(region.element), 0) + len(block.text)
    return {key for key, size in held.items() if size > MAJORITY * total}


def _reason(block: DomBlock, frames: set[int]) -> str:
    for region in reversed(block.regions):
        if id(region.element) not in frames and region.reason != regions.SIDEBAR:
            return region.reason
    if block.kind == "row":
        return ""
    if block.kind == "paragraph" and block.link_share > LINK_ONLY and len(block.text.split()) > 3:
        return regions.RELATED
    return line_reason(block.text, block.link_share, heading=block.kind == "heading")


def _place_reason(block: DomBlock, frames: set[int]) -> str:
    for region in reversed(block.regions):
        if id(region.element) not in frames:
            return region.reason
    return regions.NAVIGATION if block.link_share > 0.8 else regions.OTHER


def _fill_gaps(blocks: Sequence[DomBlock], kept: list[bool], reasons: Sequence[str]) -> None:
    """Keep, in place, what stands beside or after kept blocks in the same part of the tree."""
    inside = [index for index, keep in enumerate(kept) if keep]
    if not inside:
        return
    parents = {id(element) for index in inside for element in _near(blocks[index])}
    for index in range(inside[0], len(blocks)):
        block = blocks[index]
        if kept[index] or reasons[index] or block.link_share > LINKED:
            continue
        if any(id(element) in parents for element in _near(block)):
            kept[index] = True


def _fill_twins(blocks: Sequence[DomBlock], kept: list[bool], reasons: Sequence[str]) -> None:
    """Keep, in place, paragraphs whose place in the page's template is that of kept ones.

    Long articles come in several containers of one name, and only one of them may be found.
    """
    places: dict[object, int] = {}
    for block, keep in zip(blocks, kept, strict=True):
        if keep and _is_prose(block):
            places[_template_place(block)] = places.get(_template_place(block), 0) + 1
    for index, block in enumerate(blocks):
        if not kept[index] and not reasons[index] and _is_prose(block):
            kept[index] = places.get(_template_place(block), 0) >= TWINS


def _is_prose(block: DomBlock) -> bool:
    return block.kind == "paragraph" and len(block.text.split()) >= 15 and block.link_share < LINKED


def _template_place(block: DomBlock) -> tuple[tuple[str, str], ...]:
    return tuple((element.tag, element_class(element)) for element in block.path[-4:])


def _fill_frame(blocks: Sequence[DomBlock], kept: list[bool], reasons: Sequence[str]) -> None:
    """Keep, in place, what stands inside the smallest element that holds all kept blocks.

    Between them: lists, tables, prose. After the first of them also what the page folds up or sets
    off in a box. On the development pages F1 is 0.986 with it, 0.985 without.
    """
    inside = [index for index, keep in enumerate(kept) if keep]
    frame = _frame([blocks[index] for index in inside])
    if frame is None:
        return
    grids = _grids(blocks, kept, reasons)
    for index in range(inside[0], len(blocks)):
        block = blocks[index]
        lost = not kept[index] and not reasons[index] and block.link_share <= BOXED_LINKS
        if not lost or frame not in block.path:
            continue
        apart = block.panel is not None or _is_set_off(block)
        among = any(id(element) in grids for element in block.path[-4:-1])
        between = block.kind in ("item", "row") or _is_prose(block) or among
        kept[index] = apart or (between and index < inside[-1])


def _grids(blocks: Sequence[DomBlock], kept: Sequence[bool], reasons: Sequence[str]) -> set[int]:
    """Return the ids of elements that stand among kept prose and hold several short texts only.

    That is a table made of plain elements: nothing but its place says so.
    """
    prose = Counter(
        id(block.path[-2])
        for block, keep in zip(blocks, kept, strict=True)
        if keep and _is_prose(block) and len(block.path) > 1
    )
    cells = Counter(
        id(held)
        for block, keep, reason in zip(blocks, kept, reasons, strict=True)
        if block.kind == "paragraph" and not (keep or reason or block.hrefs or block.regions)
        for holder, held in pairwise(block.path[-5:-1])
        if prose[id(holder)] >= TWINS
    )
    return {element for element, count in cells.items() if count >= GRID_CELLS}


def _is_set_off(block: DomBlock) -> bool:
    """Tell whether a block stands in a box, or in what is called a panel and leads nowhere."""
    close = block.path[-4:]
    return any(map(names_callout, close)) or (not block.hrefs and any(map(names_panel, close)))


def _frame(kept: Sequence[DomBlock]) -> etree._Element | None:
    """Return the innermost element that holds all of `kept`, unless it is the whole page."""
    frame = None
    for elements in zip(*(block.path for block in kept), strict=False):
        if any(element is not elements[0] for element in elements):
            break
        frame = elements[0]
    return None if frame is None or frame.tag in ("html", "body") else frame


def _fill_lists(blocks: Sequence[DomBlock], kept: list[bool], reasons: Sequence[str]) -> None:
    """Keep, in place, linked items of a list of which other items are kept, or which a kept
    sentence announces with a colon: causes and symptoms are often links to their own pages.
    """
    lists = {
        id(found)
        for block, keep in zip(blocks, kept, strict=True)
        if keep and (found := _list(block)) is not None
    }
    for index, block in enumerate(blocks):
        if block.kind != "item" or kept[index] or reasons[index] or _list(block) is None:
            continue
        before = blocks[index - 1] if index else None
        announced = (
            before is not None
            and kept[index - 1]
            and before.kind == "paragraph"
            and before.text.endswith(":")
        )
        if announced or id(_list(block)) in lists:
            kept[index] = True
            lists.add(id(_list(block)))


def _list(block: DomBlock) -> object:
    """Return the element of the list that an item stands in, or None."""
    if block.kind != "item":
        return None
    return next((element for element in reversed(block.path) if element.tag in LISTS), None)


def _near(block: DomBlock) -> tuple[object, ...]:
    """Return the elements that hold a block closely: its parent, and its list's or table's."""
    depth = {"item": -3, "row": -4}.get(block.kind, -2)
    if block.panel is not None:
        # What a page folds up stands some steps lower than the text around it.
        depth = min(depth, block.path.index(block.panel) - len(block.path) - PANEL_STEPS)
    # Text that lies between blocks is in no element of its own: its last one holds them too.
    return block.path[max(depth, -len(block.path)) : None if block.kind == "paragraph" else -1]


def _leave_out_title(blocks: Sequence[DomBlock], decided: list[str], title: str | None) -> None:
    if not title:
        return
    wanted = letters(title)
    for index, block in enumerate(blocks):
        if block.kind == "heading" and block.level == 1 and letters(block.text) == wanted:
            decided[index] = regions.TITLE


def _settle_headings(blocks: Sequence[DomBlock], decided: list[str]) -> None:
    """A heading goes with what follows it: kept when that is, left out when nothing of it is."""
    for index in range(len(blocks) - 1, -1, -1):
        block = blocks[index]
        if block.kind != "heading" or index + 1 == len(blocks):
            continue
        next_index = index + 1
        while next_index + 1 < len(blocks) and decided[next_index] == regions.BUTTON:
            next_index += 1
        after = blocks[next_index]
        if decided[index] == regions.OTHER and not decided[next_index]:
            # A lost heading of kept text: both stand in one part of the tree.
            if any(element in after.path for element in block.path[-4:-1] if element.tag != "body"):
                decided[index] = ""
        elif not decided[index] and not _has_text(blocks, decided, index):
            decided[index] = decided[index + 1] or regions.OTHER
    if blocks and blocks[-1].kind == "heading" and not decided[-1]:
        decided[-1] = regions.OTHER


def _has_text(blocks: Sequence[DomBlock], decided: Sequence[str], index: int) -> bool:
    """Tell whether a heading has kept text, or a kept heading below it, in its own section."""
    for after in range(index + 1, len(blocks)):
        if decided[after] == regions.BUTTON:
            continue
        if blocks[after].kind == "heading" and blocks[after].level <= blocks[index].level:
            return False
        if not decided[after]:
            return True
    return False
