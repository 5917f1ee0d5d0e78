"""Stored text → what a template can walk: blocks, cut where a mark begins and ends.

Everything here is pure and works on plain text; escaping is the template's, which escapes always.
Two things hold whatever the input. The segments of a part, joined, are the text of that part; and
each character of the text that is not white space is in exactly one part, in order, even where
the blocks given do not cover it.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, Protocol

from index.records import Article, BlockKind, CitationMark

if TYPE_CHECKING:  # `pincite --help` loads this module, and must be quick
    from service.schemas import LeadOut

Span = tuple[int, int]

Likelihood = Literal["very_likely", "likely", "even", "unlikely"]

# The words that the Intergovernmental Panel on Climate Change ties to probabilities, which people
# have been studied reading (Mastrandrea et al. 2010, "Guidance note ... on consistent treatment of
# uncertainties", table 1). The lower end of each range, highest first.
LIKELIHOODS: tuple[tuple[float, Likelihood], ...] = (
    (0.90, "very_likely"),
    (0.66, "likely"),
    (0.33, "even"),
)


_OWN_MARK = re.compile(r"(?:[♦•◦▪▫●○■□►▸▶‣⁃∙·*✓✔✗✘➤➢→–—-]|\(?\d{1,3}[.)]|[a-z]\))\s|[♦•▪●■►‣]\S")


class Dated(Protocol):
    """The dates of an article: `index.records.Article`, or the same fields of an answer."""

    @property
    def published(self) -> str | None: ...  # noqa: D102
    @property
    def modified(self) -> str | None: ...  # noqa: D102
    @property
    def reviewed(self) -> str | None: ...  # noqa: D102
    @property
    def retrieved(self) -> str | None: ...  # noqa: D102


class BlockLike(Protocol):
    """What is needed of a block: `index.records.Block`, or the same fields of an answer."""

    @property
    def start(self) -> int: ...  # noqa: D102
    @property
    def end(self) -> int: ...  # noqa: D102
    @property
    def kind(self) -> BlockKind: ...  # noqa: D102
    @property
    def level(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text that is marked throughout or not at all. `anchor` is its id, or "".

    `raised` text is digits that cite a reference and cling to a word; `reference` is the number
    in the article's list, 0 where there is none.
    """

    text: str
    marked: bool
    anchor: str = ""
    raised: bool = False
    reference: int = 0

    @property
    def cites(self) -> bool:
        """Whether this is a citation mark that is shown as one."""
        return self.raised or self.reference > 0


@dataclass(frozen=True, slots=True)
class Part:
    """One block as it is shown; `start` and `end` are offsets in the text that was given."""

    start: int
    end: int
    kind: BlockKind
    level: int
    segments: tuple[Segment, ...]

    @property
    def text(self) -> str:
        """The part's text, whole."""
        return "".join(segment.text for segment in self.segments)

    @property
    def has_own_mark(self) -> bool:
        """Whether the text brings the bullet or number of its list item along, as copied text does.

        It is shown, being part of the text, in place of the list's and not behind it.
        """
        return self.kind == "item" and _OWN_MARK.match(self.text) is not None


@dataclass(frozen=True, slots=True)
class Group:
    """Parts that are set together: a heading or paragraph alone, the items of a list, rows.

    `rank` is 1 to 6 for a heading (the h1 to h6 to set it with) and 0 otherwise.
    """

    kind: BlockKind
    rank: int
    parts: tuple[Part, ...]


def article_blocks(
    article: Article, mark: Span | None = None, anchors: Mapping[int, str] | None = None
) -> list[Part]:
    """Return the article's blocks in order, with the characters of `mark` marked.

    `mark` is (start, end) in `article.text`; its first marked segment gets the anchor
    `pSTART-END`. `anchors` maps further offsets to the id of the segment that begins there.
    """
    marks = [mark] if mark else []
    anchors = dict(anchors or {})
    if mark:
        own = f"p{mark[0]}-{mark[1]}"
        anchors = {at: name for at, name in anchors.items() if name != own}
        first = next((at for at in range(*mark) if not article.text[at].isspace()), mark[0])
        anchors[first] = own
    # Of all anchors and citations each block is given its own: a book has thousands of each.
    places = sorted(anchors)
    citations = sorted(article.citation_marks, key=lambda one: one.start)
    cited = [one.start for one in citations]
    parts: list[Part] = []
    for start, end, kind, level in _cover(article.text, article.blocks):
        inside = places[bisect_left(places, start) : bisect_left(places, end)]
        segments = _segments(
            article.text,
            start,
            end,
            marks,
            {at: anchors[at] for at in inside},
            citations[bisect_left(cited, start) : bisect_left(cited, end)],
        )
        parts.append(Part(start, end, kind, level, tuple(segments)))
    return parts


def passage_parts(
    text: str,
    blocks: Sequence[BlockLike],
    highlights: Iterable[Sequence[int]] = (),
    citation_marks: Iterable[Sequence[int]] = (),
) -> list[Part]:
    """Return the parts of a passage; all offsets are within `text`.

    Highlights may touch, overlap or reach past the text: they are merged and clipped.
    """
    marks = [(span[0], span[1]) for span in highlights]
    cited = [CitationMark(span[0], span[1]) for span in citation_marks]
    return [
        Part(start, end, kind, level, tuple(_segments(text, start, end, marks, {}, cited)))
        for start, end, kind, level in _cover(text, blocks)
    ]


def grouped(parts: Iterable[Part], top: int = 2) -> list[Group]:
    """Return `parts` with the items of a list, and the rows of a table, gathered.

    Headings get ranks without gaps, `top` the highest: an article that steps from level 1 to
    level 4 is set as h2 and h3, so that the outline of the page is whole.
    """
    groups: list[Group] = []
    open_levels: list[int] = []
    for part in parts:
        rank = 0
        if part.kind == "heading":
            while open_levels and open_levels[-1] >= part.level:
                open_levels.pop()
            open_levels.append(part.level)
            rank = min(6, top + len(open_levels) - 1)
        last = groups[-1] if groups else None
        if last and part.kind in ("item", "row") and last.kind == part.kind:
            groups[-1] = Group(part.kind, 0, (*last.parts, part))
        else:
            groups.append(Group(part.kind, rank, (part,)))
    return groups


def likelihood(probability: float) -> Likelihood:
    """Return the word for a probability in [0, 1]; see `LIKELIHOODS`."""
    return next((word for floor, word in LIKELIHOODS if probability >= floor), "unlikely")


def percent(probability: float) -> int:
    """Return a probability as a whole percentage, 1 to 99: no estimate is certain."""
    return min(99, max(1, round(100 * probability)))


def when(article: Dated) -> list[tuple[str, str | None]]:
    """Return when an article was written: string keys, each with an ISO date or None.

    Every date that it states. Where it states none, that; and then when it was fetched, which is
    not when it was written.
    """
    stated = (
        ("answer.published", article.published),
        ("article.modified", article.modified),
        ("answer.reviewed", article.reviewed),
    )
    found: list[tuple[str, str | None]] = [(key, date) for key, date in stated if date]
    if not found:
        found.append(("answer.unknown_date", None))
        if article.retrieved:
            found.append(("answer.retrieved", article.retrieved))
    return found


def chain_of(lead: "LeadOut") -> Iterator["LeadOut"]:
    """Yield what announced a passage, outermost first."""
    inner: LeadOut | None = lead
    while inner:
        yield inner
        inner = inner.inner


def example_questions(articles: Iterable[Article], count: int) -> list[str]:
    """Return up to `count` headings that are questions, one an article, in the articles' order.

    A question that leans on its article ("Who is more at risk?") makes no sense by itself: of an
    article's questions the longest that fits a line wins, and three words or fewer never do.
    """
    examples: list[str] = []
    for article in articles:
        headings = (
            " ".join(article.text[block.start : block.end].split())
            for block in article.blocks
            if block.kind == "heading"
        )
        questions = [h for h in headings if h.endswith("?") and len(h) <= 70 and h.count(" ") > 3]
        if questions:
            examples.append(max(questions, key=len))
    return list(dict.fromkeys(examples))[:count]


def _cover(text: str, blocks: Iterable[BlockLike]) -> Iterator[tuple[int, int, BlockKind, int]]:
    """Yield the blocks in order, clipped to `text` and to one another; fill gaps as paragraphs."""
    at = 0
    for block in sorted(blocks, key=lambda block: (block.start, block.end)):
        start, end = max(at, block.start), min(len(text), block.end)
        if start >= end:
            continue
        yield from _loose(text, at, start)
        yield start, end, block.kind, block.level
        at = end
    yield from _loose(text, at, len(text))


def _loose(text: str, start: int, end: int) -> Iterator[tuple[int, int, BlockKind, int]]:
    """Yield text that no block covers as one paragraph, unless it is white space."""
    gap = text[start:end]
    if gap.strip():
        inner = start + len(gap) - len(gap.lstrip())
        yield inner, inner + len(gap.strip()), "paragraph", 0


def _segments(
    text: str,
    start: int,
    end: int,
    marks: Sequence[Span],
    anchors: Mapping[int, str],
    citations: Sequence[CitationMark] = (),
) -> Iterator[Segment]:
    """Cut [start, end) where a mark or a citation begins or ends and where an anchor stands."""
    inside = [(max(a, start), min(b, end)) for a, b in marks if a < b and a < end and b > start]
    cuts = {start, end, *(at for span in inside for at in span)}
    cuts |= {at for at in anchors if start < at < end}
    cited = {mark.start: mark for mark in citations if start <= mark.start and mark.end <= end}
    cuts |= {at for mark in cited.values() for at in (mark.start, mark.end)}
    edges = sorted(cuts)
    pending: Segment | None = None
    citation: CitationMark | None = None
    for a, b in pairwise(edges):
        marked = any(x <= a and b <= y for x, y in inside)
        anchor = anchors.get(a, "")
        citation = cited.get(a, citation if citation and a < citation.end else None)
        # Digits that are raised by their characters ("¹") are not raised twice.
        raised = citation is not None and text[a:b].isascii()
        number = citation.numbers[0] if citation and citation.numbers else 0
        plain = not (anchor or raised or number)
        if pending and plain and pending.marked == marked and not pending.cites:
            pending = Segment(pending.text + text[a:b], marked, pending.anchor)
            continue
        if pending:
            yield pending
        pending = Segment(text[a:b], marked, anchor, raised, number)
    if pending:
        yield pending
