"""The pages of a PDF → the blocks of an article: paragraphs, headings, items and table rows.

What repeats at the same place of several pages is a running header or footer and is left out, as
are page numbers and text set across the page.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from index.records import BlockKind
from ingest.document import SourceBlock
from ingest.readers.block_text import tidy
from ingest.readers.pdf_directions import in_reading_direction
from ingest.readers.pdf_layout import BULLET, Line, Region, regions_of
from ingest.readers.pdf_rows import rows_of
from ingest.readers.pdf_words import Page

RUNNING_HEADER = "running header"
RUNNING_FOOTER = "running footer"
PAGE_NUMBER = "page number"
TURNED = "text set across the page"

_EDGE_ROWS = 4  # rows at the head and the foot of a page that may be furniture
_SAME_PLACE = 6.0  # points between the baselines of one header on two pages
_HEADING_SIZE = 1.12  # times the body's: 11.2 against 10 is seen as a heading, 10.5 is not
_MAX_HEADING = 160  # letters
_PARAGRAPH_GAP = 1.22  # times the usual distance of two lines
_INDENT = 0.8  # ems
_PAGE_NUMBER = re.compile(
    r"[-–|(\[]?\s*(?:(?:page|p\.|seite|página)\s*)?(?:\d{1,4}|[ivxl]{1,7})"
    r"(?:\s*(?:of|/|von|de)\s*\d{1,4})?\s*[-–|)\]]?",
    re.IGNORECASE,
)
_SURE_PAGE_NUMBER = re.compile(r"page\s*\d+|\d+\s*(?:of|/)\s*\d+|[-–]\s*\d+\s*[-–]", re.IGNORECASE)
_COUNTER = re.compile(r"(?<!\d)\d{1,6}(?!\d)")
_MAX_COUNTERS = 8  # numbers of a header, of which one may count the pages
_ENDS = re.compile(r"[.!?:;]['\"”’)\]]*$")
_BROKEN_AT_DASH = re.compile(r"[^\W_][–—/]$")
# Of scripts that are written without spaces: Chinese and Japanese with their signs, not Korean.
_IDEOGRAPH = re.compile(
    "[\u3000-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff60"
    "\U00020000-\U0003ffff]"
)
_TAIL = re.compile(r"([^\W_]+(?:-[^\W_]+)*)-$")
_HEAD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
# Parts that English writes with a hyphen beside most words (Chicago Manual of Style 7.96, table).
_HYPHEN_AFTER = frozenset(
    {"self", "non", "ex", "well", "all", "half", "cross", "high", "low", "long", "short", "x"}
)
_HYPHEN_BEFORE = frozenset({"up", "off", "like", "free", "based", "related", "term"})


@dataclass(frozen=True, slots=True)
class _Draft:
    """A block that is still being joined. `room` says that its last line broke where it had to."""

    kind: BlockKind
    lines: tuple[Line, ...]
    left_out: str = ""
    opens_region: bool = False

    @property
    def size(self) -> float:
        return self.lines[0].size


def blocks_of(pages: Sequence[Page]) -> list[SourceBlock]:
    """Return the blocks of `pages` in reading order."""
    pages = [in_reading_direction(page) for page in pages]
    body = _body_size(pages)
    furniture = _furniture(pages, body)
    drafts: list[_Draft] = []
    for number, page in enumerate(pages):
        reasons = furniture[number]
        words = [word for at, word in enumerate(page.words) if at not in reasons]
        drafts += _left_out_rows(page, reasons)
        for region in regions_of(words):
            drafts += _drafts(region, body)
        if page.turned:
            line = Line(tidy(page.turned), 0.0, 0.0, 0.0, body, False)
            drafts.append(_Draft("paragraph", (line,), TURNED))
    joined = _across_regions(drafts)
    vocabulary = _vocabulary(joined)
    levels = _heading_levels(joined, body)
    return [block for draft in joined if (block := _block(draft, vocabulary, levels)) is not None]


def _body_size(pages: Sequence[Page]) -> float:
    weights: Counter[float] = Counter()
    for page in pages:
        for word in page.words:
            weights[round(word.size * 2) / 2] += len(word.text)
    return weights.most_common(1)[0][0] if weights else 10.0


# Furniture: what stands at the head and the foot of the pages


@dataclass(frozen=True, slots=True)
class _Edge:
    """A row at the head or the foot of a page, `order` rows from its end."""

    page: int
    head: bool
    order: int
    words: tuple[int, ...]  # places in `Page.words`
    text: str
    baseline: float
    apart: bool  # white space of a line and a half towards the next row
    large: bool  # set in the size of a heading: "Step 1" on one page, "Step 2" on the next

    def signatures(self) -> Iterator[tuple[bool, str, str]]:
        """Yield what a header that this is shares with itself on other pages.

        That is all of its text, or all but one number, which counts the pages up. Rows of a table
        that goes on over the page ("5 mg daily", "10 mg daily") share neither.
        """
        text = self.text.casefold()
        yield self.head, text, ""
        numbers = list(_COUNTER.finditer(text))
        if self.large or len(numbers) > _MAX_COUNTERS:
            return
        for number in numbers:
            rest = f"{text[: number.start()]}\0{text[number.end() :]}"
            yield self.head, rest, str(int(number.group()) - self.page)


def _furniture(pages: Sequence[Page], body: float) -> list[dict[int, str]]:
    """Return, for each page, the places of the words that are furniture, with the reason."""
    edges = [edge for number, page in enumerate(pages) for edge in _edges(number, page, body)]
    groups: dict[tuple[bool, str, str], list[_Edge]] = defaultdict(list)
    for edge in edges:
        for signature in edge.signatures():
            groups[signature].append(edge)
    enough = 2 if len(pages) <= 4 else 3
    found: list[dict[int, str]] = [{} for _ in pages]
    stopped: set[tuple[int, bool]] = set()
    for edge in sorted(edges, key=lambda edge: edge.order):
        side = (edge.page, edge.head)
        if side in stopped:
            continue
        places = {
            other.page
            for signature in edge.signatures()
            for other in groups[signature]
            if abs(other.baseline - edge.baseline) < _SAME_PLACE
        }
        reason = ""
        if _PAGE_NUMBER.fullmatch(edge.text) and (
            len(places) >= 2 or _SURE_PAGE_NUMBER.search(edge.text) or edge.apart
        ):
            reason = PAGE_NUMBER
        elif len(places) >= enough:
            reason = RUNNING_HEADER if edge.head else RUNNING_FOOTER
        if reason:
            found[edge.page].update(dict.fromkeys(edge.words, reason))
        else:
            stopped.add(side)
    _add_changing_headers(edges, found)
    return found


def _add_changing_headers(edges: Sequence[_Edge], found: list[dict[int, str]]) -> None:
    """Mark the outermost row that stands where three other pages have a header or a footer.

    A header that names the chapter changes from chapter to chapter; its place does not.
    """
    outermost = [edge for edge in edges if edge.order == 0]
    known = [edge for edge in outermost if found[edge.page].get(edge.words[0])]
    for edge in outermost:
        if edge in known or edge.large or not edge.apart:
            continue
        alike = [k for k in known if k.head == edge.head and abs(k.baseline - edge.baseline) < 1.0]
        if len(alike) >= 3:
            reason = RUNNING_HEADER if edge.head else RUNNING_FOOTER
            found[edge.page].update(dict.fromkeys(edge.words, reason))


def _edges(number: int, page: Page, body: float) -> Iterator[_Edge]:
    places = {id(word): at for at, word in enumerate(page.words)}
    rows = rows_of(page.words)
    if len(rows) < 2:
        return
    for head in (True, False):
        ordered = rows if head else rows[::-1]
        # At least one row stays the page's own.
        for order, row in enumerate(ordered[: min(_EDGE_ROWS, len(rows) - 1)]):
            text = " ".join(word.text for word in row)
            baseline = median(word.baseline for word in row)
            beyond = median(word.baseline for word in ordered[order + 1])
            apart = abs(baseline - beyond) > 1.5 * max(word.size for word in ordered[order + 1])
            words = tuple(places[id(word)] for word in row)
            large = median(word.size for word in row) > _HEADING_SIZE * body
            yield _Edge(number, head, order, words, text, baseline, apart, large)


def _left_out_rows(page: Page, reasons: dict[int, str]) -> Iterator[_Draft]:
    marked = [word for at, word in enumerate(page.words) if at in reasons]
    reason_of = {id(page.words[at]): reason for at, reason in reasons.items()}
    for row in rows_of(marked):
        text = " ".join(word.text for word in row)
        line = Line(text, 0.0, 0.0, 0.0, row[0].size, False)
        yield _Draft("paragraph", (line,), reason_of[id(row[0])])


# Paragraphs


def _drafts(region: Region, body: float) -> Iterator[_Draft]:
    """Group the lines of a region into blocks."""
    leading = _leading(region.lines)
    current: list[Line] = []
    kind: BlockKind = "paragraph"
    opens = True
    for line in region.lines:
        if line.cells:
            if current:
                yield _Draft(kind, tuple(current), opens_region=opens)
                current, opens = [], False
            yield _Draft("row", (line,), opens_region=opens)
            opens = False
            continue
        if current and _starts_block(current, kind, line, region, leading, body):
            yield _Draft(kind, tuple(current), opens_region=opens)
            current, opens = [], False
        if not current:
            kind = _kind(line, body)
        current.append(line)
    if current:
        yield _Draft(kind, tuple(current), opens_region=opens)


def _leading(lines: Sequence[Line]) -> float:
    gaps = [
        (above.baseline - below.baseline) / below.size
        for above, below in pairwise(lines)
        if abs(above.size - below.size) < 0.6 and above.baseline > below.baseline
    ]
    # The lower middle: more than half of the gaps are inside paragraphs, or else all are equal.
    return sorted(gaps)[(len(gaps) - 1) // 3] if gaps else 1.2


def _kind(line: Line, body: float) -> BlockKind:
    if line.indent > line.left:
        return "item"
    return "heading" if _is_large(line, body) else "paragraph"


def _is_large(line: Line, body: float) -> bool:
    return line.size > _HEADING_SIZE * body and any(map(str.isalpha, line.text))


def _starts_block(
    current: Sequence[Line],
    kind: BlockKind,
    line: Line,
    region: Region,
    leading: float,
    body: float,
) -> bool:
    """Return whether `line` opens a block of its own rather than going on with `current`."""
    above = current[-1]
    gap = (above.baseline - line.baseline) / line.size
    if abs(above.size - line.size) > 0.08 * body or above.bold != line.bold:
        return _changes_style(above, line, body)
    if gap > _PARAGRAPH_GAP * max(leading, 1.0) or gap <= 0 or line.indent > line.left:
        return True
    if kind == "heading":
        return False
    if kind == "item":
        text_left = current[0].indent
        if line.left < min(current[0].left + _INDENT * line.size, text_left) - 0.3 * line.size:
            return _broke_early(above, line, region) or bool(_ENDS.search(above.text))
    elif line.left > above.left + _INDENT * line.size and len(current) > 1:
        return True  # a first line that is set in
    return _broke_early(above, line, region)


def _changes_style(above: Line, line: Line, body: float) -> bool:
    """Return whether another size or weight opens a block: bold words inside a line do not."""
    if abs(above.size - line.size) > 0.08 * body:
        return True
    return not (line.text[:1].islower() and not _ENDS.search(above.text))


def _broke_early(above: Line, line: Line, region: Region) -> bool:
    """Return whether the first word of `line` would have fitted on the line above."""
    room = region.right - above.right - 0.3 * line.size
    return line.first + 0.25 * line.size < room and not above.text.endswith("-")


def _across_regions(drafts: Sequence[_Draft]) -> list[_Draft]:
    """Join a paragraph that goes on in the next column or on the next page."""
    joined: list[_Draft] = []
    last: int | None = None
    for draft in drafts:
        if not draft.left_out and last is not None and draft.opens_region:
            before = joined[last]
            if _goes_on(before, draft):
                joined[last] = replace(before, lines=before.lines + draft.lines)
                continue
        if not draft.left_out:
            last = len(joined)
        joined.append(draft)
    return joined


def _goes_on(before: _Draft, draft: _Draft) -> bool:
    if draft.kind != "paragraph" or before.kind not in ("paragraph", "item"):
        return False
    if abs(before.size - draft.size) > 0.6 or before.lines[-1].bold != draft.lines[0].bold:
        return False
    text = before.lines[-1].text
    return not _ENDS.search(text) and (draft.lines[0].text[:1].islower() or text.endswith("-"))


# Headings


def _is_bold_heading(draft: _Draft, body: float) -> bool:
    text = draft.lines[-1].text
    return (
        draft.kind == "paragraph"
        and not draft.left_out
        and all(line.bold for line in draft.lines)
        and len(draft.lines) <= 2
        and draft.size > 0.95 * body
        and sum(len(line.text) for line in draft.lines) <= _MAX_HEADING
        and not re.search(r"[.,;]$", text)
    )


def _heading_levels(drafts: list[_Draft], body: float) -> dict[tuple[float, bool], int]:
    """Mark bold lines as headings in `drafts`, and return the level of each style of heading.

    Styles are ranked by size, bold before plain. The largest is the title, level 1, when it is
    used once and before everything else; else the largest is level 2.
    """
    bold = sum(line.bold for d in drafts for line in d.lines if not d.left_out)
    lines = sum(len(d.lines) for d in drafts if not d.left_out)
    if bold < 0.4 * lines:
        for at, draft in enumerate(drafts):
            if _is_bold_heading(draft, body):
                drafts[at] = replace(draft, kind="heading")
    for at, draft in enumerate(drafts):
        if draft.kind == "heading" and sum(len(line.text) for line in draft.lines) > _MAX_HEADING:
            drafts[at] = replace(draft, kind="paragraph")
    headings = [draft for draft in drafts if draft.kind == "heading"]
    styles = sorted({_style(draft) for draft in headings}, reverse=True)
    if not styles:
        return {}
    largest = [draft for draft in headings if _style(draft) == styles[0]]
    titled = len(largest) == 1 and headings[0] is largest[0]
    return {style: min(rank + (1 if titled else 2), 6) for rank, style in enumerate(styles)}


def _style(draft: _Draft) -> tuple[float, bool]:
    return round(draft.size * 2) / 2, draft.lines[0].bold


# Text


def _vocabulary(drafts: Sequence[_Draft]) -> Counter[str]:
    """Count the words of the document that no line end has cut."""
    found: Counter[str] = Counter()
    for draft in drafts:
        cut = False
        for line in draft.lines:
            words = line.text.split()
            whole = words[cut:]
            cut = _TAIL.search(line.text) is not None
            if cut:
                whole = whole[:-1]
            found.update(word.casefold() for piece in whole for word in _WORD.findall(piece))
    return found


def _block(
    draft: _Draft, vocabulary: Counter[str], levels: dict[tuple[float, bool], int]
) -> SourceBlock | None:
    text = draft.lines[0].text
    for line in draft.lines[1:]:
        text = join_lines(text, line.text, vocabulary)
    level = 0
    if draft.kind == "item":
        # A sign goes, a number is text: a page and a quote of it may speak of "step 3".
        bullet, _, rest = text.partition(" ")
        text = rest if not any(map(str.isalnum, bullet)) and BULLET.fullmatch(bullet) else text
        level = 1
    elif draft.kind == "heading":
        level = levels[_style(draft)]
    text = tidy(text)
    if not text:
        return None
    return SourceBlock(draft.kind, text, level, left_out=draft.left_out)


def join_lines(text: str, line: str, vocabulary: Counter[str]) -> str:
    """Return `text` with `line` behind it, a word that the line end has cut made whole.

    `vocabulary` counts the words that stand uncut in the document; it tells "treat-ment" from
    "long-term": a hyphen stays when the compound is known, or both its parts are words.
    """
    if _IDEOGRAPH.match(text[-1:]) and _IDEOGRAPH.match(line):
        return text + line
    tail, head = _TAIL.search(text), _HEAD.match(line)
    if tail is None or head is None:
        return f"{text}{line}" if _BROKEN_AT_DASH.search(text) else f"{text} {line}"
    first, second = tail.group(1), head.group()
    if not second[0].islower() or keeps_hyphen(first, second, vocabulary):
        return text + line
    return text[:-1] + line


def keeps_hyphen(first: str, second: str, vocabulary: Counter[str]) -> bool:
    """Return whether `first-second`, parted at a line end, is written with a hyphen."""
    first, second = first.casefold(), second.casefold()
    last_part = first.rsplit("-", 1)[-1]
    first_part = second.split("-", 1)[0]
    whole, compound = vocabulary[last_part + first_part], vocabulary[f"{first}-{second}"]
    if whole or compound:
        return compound > whole
    if "-" in first or "-" in second or not last_part.isalpha():
        return True
    if last_part in _HYPHEN_AFTER or first_part in _HYPHEN_BEFORE:
        return True
    return len(first_part) > 2 and vocabulary[last_part] > 0 and vocabulary[first_part] > 0
