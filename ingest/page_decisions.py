"""Each block of a page: kept as the article's, or left out, and the reason in plain words.

trafilatura's choice comes first (`ingest.main_text`). Three kinds of rule correct it: parts of the
page whose name says what they are, lines that give themselves away by their wording, and gaps -
blocks among the article's own that trafilatura lost.
"""

import re
from collections.abc import Sequence

from ingest import page_regions as regions
from ingest.dom_blocks import DomBlock
from ingest.main_text import coverage, letters

MAJORITY = 0.4
"""A named part that holds more of the chosen letters than this share is the article's own frame."""

LINKED = 0.5
"""A line of which more than this share is link text is a way to another page."""

SHORT_WORDS = 14
"""Bylines and credits have at most this many words; longer ones are sentences of the article."""

_RELATED = re.compile(
    r"^(?:read (?:more|next|also|this|on)|related(?: \w+)?|see also|more (?:on|from|about)|also read"
    r"|you (?:may|might) also (?:like|be interested)|recommended(?: reading)?|don['’]t miss|watch"
    r"|further reading|continue reading|next up|what to read next|keep reading|lire aussi|mehr zum thema)"
    r"\b.{0,3}[:.>»…]|^(?:related (?:articles?|posts?|stories|content|topics|reading|links)"
    r"|(?:you (?:may|might) also (?:like|be interested in)|read (?:more|next)|see also|more (?:stories|articles))"
    r"|recommended (?:for you|articles|reading)|popular posts|latest news|more from \w.{0,30})\W*$",
    re.IGNORECASE,
)
_LINE_REASONS = [
    (
        regions.ADVERTISEMENT,
        re.compile(r"^(?:advertise?ment|sponsored(?: content)?|ad|publicidad|anzeige|story continues below"
                   r"(?: advertisement)?|article continues below(?: advertisement)?)\W*$", re.IGNORECASE),
    ),
    (
        regions.NEWSLETTER,
        re.compile(r"^(?:sign ?up (?:for|to)|subscribe (?:to|for|now|today)|join our (?:newsletter|mailing)"
                   r"|get (?:our|the latest|more) .{0,40}(?:newsletter|inbox))", re.IGNORECASE),
    ),
    (
        regions.SHARE,
        re.compile(r"^(?:share (?:this|on|via)|follow us|tweet this|like us on|print this|email this"
                   r"|pin it)\b.{0,40}$|^(?:share|print|email|tweet|facebook|twitter|pinterest)$", re.IGNORECASE),
    ),
    (
        regions.FOOTER,
        re.compile(r"^(?:©|\(c\) ?\d|copyright\b.{0,5}(?:©|\d)|all rights reserved)", re.IGNORECASE),
    ),
    (
        regions.CAPTION,
        re.compile(r"^(?:photo(?:graph)?s?|image|picture|credit|illustration)s?(?: credit| by| courtesy| source)?s?\s?[:/|©]"
                   r"|^image (?:credit|source)s?\b", re.IGNORECASE),
    ),
    (
        regions.BYLINE,
        re.compile(r"^(?:(?:medically |clinically |fact[- ])?(?:reviewed|checked|written|authored|edited|posted|published|updated)"
                   r"(?: on| by)?\b|by:? [A-Z]|last (?:updated|reviewed|modified)\b|(?:page )?(?:last )?(?:review|update)d?(?: date)?:"
                   r"|next review due)", re.IGNORECASE),
    ),
]  # fmt: skip
_REFERENCES = re.compile(
    r"^(?:(?:\w+ )?(?:references|sources|citations)|references? (?:list|and further reading)|works cited"
    r"|bibliography|literature(?: cited)?|sources? (?:and|&) references|references (?:and|&) sources|footnotes"
    r"|literatur(?:verzeichnis)?|quellen|références|referencias|bibliografía)\W*$",
    re.IGNORECASE,
)

Decided = tuple[DomBlock, str]


def decide(
    blocks: Sequence[DomBlock], lines: Sequence[str], *, title: str | None = None
) -> list[Decided]:
    """Return every block with its reason for being left out, "" where it is the article's.

    `lines` is the main text as trafilatura finds it; `title` the article's, whose own heading is
    left out because it is kept as metadata.
    """
    share = coverage(blocks, lines)
    chosen = [value >= 0.5 for value in share]
    frames = _frames(blocks, chosen)
    reasons = [_reason(block, frames) for block in blocks]
    kept = [was_chosen and not reason for was_chosen, reason in zip(chosen, reasons, strict=True)]
    _fill_gaps(blocks, kept, reasons)
    decided = [
        "" if keep else reason or _place_reason(block)
        for block, keep, reason in zip(blocks, kept, reasons, strict=True)
    ]
    _leave_out_references(blocks, decided)
    _leave_out_title(blocks, decided, title)
    _settle_headings(blocks, decided)
    return list(zip(blocks, decided, strict=True))


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
        if id(region.element) not in frames:
            return region.reason
    return _line_reason(block)


def _line_reason(block: DomBlock) -> str:
    words = len(block.text.split())
    if block.kind != "row" and words <= 30 and _RELATED.match(block.text):
        if block.kind == "heading" or block.link_share > LINKED or words <= 4:
            return regions.RELATED
    if words > SHORT_WORDS:
        return ""
    for reason, pattern in _LINE_REASONS:
        if pattern.match(block.text):
            return reason
    return ""


def _place_reason(block: DomBlock) -> str:
    return regions.NAVIGATION if block.link_share > 0.8 else regions.OTHER


def _fill_gaps(blocks: Sequence[DomBlock], kept: list[bool], reasons: Sequence[str]) -> None:
    """Keep, in place, what stands among kept blocks in the same part of the tree."""
    inside = [index for index, keep in enumerate(kept) if keep]
    if not inside:
        return
    parents = {id(element) for index in inside for element in _near(blocks[index])}
    for index in range(inside[0], inside[-1]):
        block = blocks[index]
        if kept[index] or reasons[index] or block.link_share > LINKED:
            continue
        if any(id(element) in parents for element in _near(block)):
            kept[index] = True


def _near(block: DomBlock) -> tuple[object, ...]:
    """Return the elements that hold a block closely: its parent, and its list's or table's."""
    depth = {"item": -3, "row": -4}.get(block.kind, -2)
    return block.path[depth:-1]


def _leave_out_references(blocks: Sequence[DomBlock], decided: list[str]) -> None:
    level = 0
    for index, block in enumerate(blocks):
        if block.kind == "heading" or (len(block.text) < 40 and _REFERENCES.match(block.text)):
            if _REFERENCES.match(block.text):
                level = block.level or 6
                decided[index] = decided[index] or regions.REFERENCES
                continue
            if level and block.level <= level:
                level = 0
        if level and not decided[index]:
            decided[index] = regions.REFERENCES


def _leave_out_title(blocks: Sequence[DomBlock], decided: list[str], title: str | None) -> None:
    if not title:
        return
    wanted = letters(title)
    for index, block in enumerate(blocks):
        if block.kind == "heading" and letters(block.text) == wanted:
            decided[index] = regions.TITLE
        elif not decided[index] and block.kind != "heading":
            return


def _settle_headings(blocks: Sequence[DomBlock], decided: list[str]) -> None:
    """A heading goes with what follows it: kept when that is, left out when nothing of it is."""
    for index in range(len(blocks) - 1, -1, -1):
        block = blocks[index]
        if block.kind != "heading" or decided[index]:
            continue
        following = index + 1
        reason = regions.OTHER
        first = True
        while following < len(blocks):
            after = blocks[following]
            if after.kind == "heading" and after.level <= block.level:
                break
            if not decided[following]:
                break
            if first:
                reason, first = decided[following], False
            following += 1
        nothing = (
            following == len(blocks)
            or bool(decided[following])
            or (blocks[following].kind == "heading" and blocks[following].level <= block.level)
        )
        if nothing:
            decided[index] = reason
