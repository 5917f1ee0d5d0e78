"""What announced a passage that begins inside a list or a table.

The items of a list mean nothing without the sentence before them ("Do not take it:"), nor do the
rows of a table without the first one, which heads its columns. A list inside a list needs both
sentences: neither alone says whether what stands in it is forbidden.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from index.records import Article, Block, Passage
from index.sentences import sentence_spans

LeadKind = Literal["list", "table"]


@dataclass(frozen=True, slots=True)
class Lead:
    """The words `article.text[start:end]`, by which the list or table `of` a passage begins."""

    start: int
    end: int
    of: LeadKind


def announcers(text: str, blocks: Sequence[Block]) -> list[tuple[int, ...]]:
    """Return, for each block of the article `text`, the places of those that announce it.

    They are, for an item, the paragraph before the run of items, where it ends with a colon, and
    each item above it that does, outermost first; for a row, the first of its run. A run is of
    blocks of one kind with but a line end between them: a blank line parts two lists or tables.
    """
    found: list[tuple[int, ...]] = []
    # The items under which the next one may stand: how deep, and what announces those below.
    above: list[tuple[int, tuple[int, ...]]] = []
    opener: tuple[int, ...] = ()
    before: Block | None = None
    for place, block in enumerate(blocks):
        announcing: tuple[int, ...] = ()
        continues = (
            before is not None
            and before.kind == block.kind
            and text[before.end : block.start] == "\n"
        )
        if block.kind == "item":
            if not continues:
                above.clear()
                opener = (place - 1,) if before and _announces(text, before) else ()
            while above and above[-1][0] >= block.level:
                above.pop()
            announcing = above[-1][1] if above else opener
            own = (place,) if text.endswith(":", block.start, block.end) else ()
            above.append((block.level, announcing + own))
        elif block.kind == "row":
            opener = opener if continues else (place,)
            announcing = opener if continues else ()
        found.append(announcing)
        before = block
    return found


def _announces(text: str, block: Block) -> bool:
    return block.kind == "paragraph" and text.endswith(":", block.start, block.end)


def leads(article: Article, passages: Sequence[Passage]) -> list[tuple[Lead, ...]]:
    """Return what announced each of the article's passages, outermost first; () for one outside.

    It stands before the passage. A paragraph gives its last sentence, an item its last too; a table
    its first row, and the second too where the first is but one cell, a caption.
    """
    blocks = article.blocks
    places = [bisect_right(blocks, p.start, key=lambda block: block.start) - 1 for p in passages]
    if not any(place >= 0 and blocks[place].kind in {"item", "row"} for place in places):
        return [()] * len(passages)
    announcing = announcers(article.text, blocks)
    return [
        tuple(_lead(article, announcer, place) for announcer in announcing[place] if place >= 0)
        for place in places
    ]


def _lead(article: Article, announcer: int, announced: int) -> Lead:
    block = article.blocks[announcer]
    text = article.text[block.start : block.end]
    if block.kind != "row":
        start, end = sentence_spans(text, article.language or "en")[-1]
        return Lead(block.start + start, block.start + end, "list")
    captioned = " | " not in text and announcer + 1 < announced
    last = article.blocks[announcer + 1] if captioned else block
    return Lead(block.start, last.end, "table")
