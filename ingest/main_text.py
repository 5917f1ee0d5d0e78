"""Which blocks of a page are its main text: trafilatura's finding, laid over the page's own blocks.

trafilatura knows where the article is, but hands back its own rendering, in which list items,
headings or table rows may be missing and comments present. So its text serves as evidence only:
it is aligned to the blocks of the DOM, and every block that it covers is kept whole.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

import trafilatura
from lxml import etree

from index.errors import SourceError
from ingest.dom_blocks import DomBlock

COVERED = 0.5
"""A block is trafilatura's choice when this share of its letters stands in trafilatura's text."""

PIECE = 60
"""Letters of a piece by which a line is looked for when it does not stand in one place whole."""

MIN_LETTERS = 200
"""Below this many letters the quick mode has missed the article and the full cascade is asked."""

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

    Lines that stand in one place of the page only are placed first; a line that stands in several
    (a heading repeated in a table of contents) goes where its neighbours are.
    """
    texts = [letters(block.text) for block in blocks]
    starts = [0]
    for text in texts:
        starts.append(starts[-1] + len(text))
    whole = "".join(texts)
    covered = bytearray(len(whole))
    for start, length in _placed(whole, [letters(line) for line in lines]):
        covered[start : start + length] = b"\x01" * length
    return [
        sum(covered[start:end]) / (end - start) if end > start else 0.0
        for start, end in pairwise(starts)
    ]


def _placed(whole: str, lines: Sequence[str]) -> list[tuple[int, int]]:
    pieces: list[str] = []
    for line in lines:
        if line and whole.find(line) < 0:
            pieces.extend(line[at : at + PIECE] for at in range(0, len(line), PIECE))
        elif line:
            pieces.append(line)
    places: list[int | None] = []
    for piece in pieces:
        first = whole.find(piece)
        unique = first >= 0 and whole.find(piece, first + 1) < 0
        places.append(first if unique else None)
    last = 0
    placed: list[tuple[int, int]] = []
    following = _next_anchors(places)
    for piece, place, after in zip(pieces, places, following, strict=True):
        at = place
        if at is None:
            at = whole.find(piece, last)
            if after is not None and at > after:
                # Nothing between the neighbours: the occurrence nearest before.
                at = max(whole.rfind(piece, 0, after), -1)
            if at < 0:
                at = whole.rfind(piece, 0, last + len(piece))
        if at >= 0:
            placed.append((at, len(piece)))
            last = at + len(piece)
    return placed


def _next_anchors(places: Sequence[int | None]) -> list[int | None]:
    following: list[int | None] = []
    after: int | None = None
    for place in reversed(places):
        following.append(after)
        after = place if place is not None else after
    return following[::-1]
