"""Which blocks of a page are its main text: trafilatura's finding, laid over the page's own blocks.

trafilatura knows where the article is, but hands back its own rendering, in which list items,
headings or table rows may be missing and comments present. So its text serves as evidence only:
it is aligned to the blocks of the DOM, and every block that it covers is kept whole.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import trafilatura
from lxml import etree

from index.errors import SourceError
from ingest.dom_blocks import DomBlock

COVERED = 0.5
"""A block is trafilatura's choice when this share of its letters stands in trafilatura's text.

From 0.2 to 0.95 it makes no difference on the development pages: blocks are found whole or not.
"""

PIECE = 60
"""Letters of a piece by which a line is looked for when it does not stand in one place whole."""

MIN_LETTERS = 200
"""Below this many letters the quick mode has missed the article and the full cascade is asked."""

MAX_MISSES = 2_000
"""Lines and pieces sought in vain before no more are; a real page has some dozens."""

_NOT_LETTER = re.compile(r"[\W_]+")


def letters(text: str) -> str:
    """Return only the letters and digits of `text`, case folded: what an alignment compares."""
    return _NOT_LETTER.sub("", text).casefold()


def found_lines(tree: etree._Element) -> list[str]:
    """Return the lines of the main text as trafilatura finds them in `tree` (left unchanged).

    Its quick mode without comments is its best on the development pages (see
    `bench/html_extraction.py`); the full cascade is asked where that finds next to nothing.
    """
    lines = _extract(tree, fast=True)
    if sum(map(len, lines)) < MIN_LETTERS:
        fuller = _extract(tree, fast=False)
        if sum(map(len, fuller)) > sum(map(len, lines)):
            return fuller
    return lines


def _extract(tree: etree._Element, *, fast: bool) -> list[str]:
    try:
        found = trafilatura.bare_extraction(tree, fast=fast, include_comments=False)
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError) as error:
        raise SourceError(f"the page's main text could not be found ({error})") from error
    text = "" if found is None or isinstance(found, dict) else found.text
    return [line for line in (text or "").splitlines() if line.strip()]


def coverage(blocks: Sequence[DomBlock], lines: Iterable[str]) -> list[float]:
    """Return, for each block, the share of its letters (0 to 1) that `lines` account for.

    Lines that are one block of the page are placed first; a line that stands in several places
    (a heading repeated in a table of contents) goes where its neighbours are.
    """
    texts = [letters(block.text) for block in blocks]
    starts = [0, *accumulate(map(len, texts))]
    covered = bytearray(starts[-1])
    for start, length in _placed(texts, starts, [letters(line) for line in lines]):
        covered[start : start + length] = b"\x01" * length
    return [
        covered.count(1, start, end) / (end - start) if end > start else 0.0
        for start, end in pairwise(starts)
    ]


def _placed(
    texts: Sequence[str], starts: Sequence[int], lines: Sequence[str]
) -> Iterator[tuple[int, int]]:
    """Yield (start, length) in the joined `texts` of each line, or of its pieces, that is there."""
    standing: dict[str, list[int]] = {}
    for text, start in zip(texts, starts, strict=False):
        standing.setdefault(text, []).append(start)
    anchors = [there[0] if len(there := standing.get(line, [])) == 1 else None for line in lines]
    search = _Search("".join(texts))
    last = 0
    for line, anchor, after in zip(lines, anchors, _following(anchors), strict=True):
        if not line:
            continue
        if anchor is not None:
            found = [(anchor, len(line))]
        elif line in standing:
            found = [(_between(standing[line], last, after), len(line))]
        else:
            found = search.line(line, last)
        yield from found
        last = max((start + length for start, length in found), default=last)


def _following(anchors: Sequence[int | None]) -> list[int | None]:
    """Return, for each line, the place of the next line that has only one."""
    following: list[int | None] = []
    after: int | None = None
    for place in reversed(anchors):
        following.append(after)
        after = place if place is not None else after
    return following[::-1]


def _between(places: Sequence[int], last: int, after: int | None) -> int:
    """Return the first place from `last` on, or where `after` is passed the last one before it."""
    at = bisect_left(places, last)
    if at < len(places) and (after is None or places[at] < after):
        return places[at]
    before = bisect_left(places, after) if after is not None else len(places)
    return places[max(0, before - 1)]


@dataclass(slots=True)
class _Search:
    """Looks for lines that are not a block each. `misses` bounds the time of looking in vain."""

    whole: str
    misses: int = 0

    def line(self, line: str, last: int) -> list[tuple[int, int]]:
        at = self._find(line, last)
        if at >= 0:
            return [(at, len(line))]
        found = []
        for start in range(0, len(line), PIECE):
            piece = line[start : start + PIECE]
            at = self._find(piece, last)
            if at >= 0:
                found.append((at, len(piece)))
                last = at + len(piece)
        return found

    def _find(self, text: str, last: int) -> int:
        if self.misses >= MAX_MISSES:
            return -1
        at = self.whole.find(text, last)
        if at < 0:
            at = self.whole.find(text)
            self.misses += at < 0
        return at
