"""Hits into what is shown: which passages speak, which words answer, what is withheld.

Everything here is pure. Nothing here writes a sentence: what is shown is cut out of articles.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from index.records import Article, Block, Hit, Passage
from index.sentences import sentence_spans

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A hit with the probability that it answers; near-copies of one another share a `group`."""

    hit: Hit
    probability: float
    group: int


def choose(
    candidates: Iterable[Candidate], *, k: int, per_article: int, threshold: float
) -> list[Candidate]:
    """Return at most `k` candidates that reach `threshold`, in the order given.

    No two of them are near-copies, and at most `per_article` come from one article, so that
    several sources speak.
    """
    chosen: list[Candidate] = []
    groups: set[int] = set()
    counts: dict[str, int] = {}
    for candidate in candidates:
        if len(chosen) == k:
            break
        passage = candidate.hit.passage
        if candidate.probability < threshold or counts.get(passage.article_id, 0) == per_article:
            continue
        if candidate.group in groups:
            continue
        chosen.append(candidate)
        groups.add(candidate.group)
        counts[passage.article_id] = counts.get(passage.article_id, 0) + 1
    return chosen


def also_in(candidate: Candidate, candidates: Iterable[Candidate]) -> list[Passage]:
    """Return the near-copies of a candidate in other articles, one an article, in their order."""
    found: dict[str, Passage] = {}
    for other in candidates:
        passage = other.hit.passage
        if other.group == candidate.group:
            found.setdefault(passage.article_id, passage)
    found.pop(candidate.hit.passage.article_id, None)
    return list(found.values())


def passage_blocks(article: Article, passage: Passage) -> list[Block]:
    """Return the article's blocks inside `passage`, their offsets relative to its text."""
    return [
        Block(
            max(block.start, passage.start) - passage.start,
            min(block.end, passage.end) - passage.start,
            block.kind,
            block.level,
        )
        for block in article.blocks
        if block.start < passage.end and block.end > passage.start
    ]


def passage_marks(article: Article, passage: Passage) -> list[Span]:
    """Return the article's citation marks inside `passage`, as spans of its text."""
    return [
        (mark.start - passage.start, mark.end - passage.start)
        for mark in article.citation_marks
        if passage.start <= mark.start and mark.end <= passage.end
    ]


def body_start(blocks: Sequence[Block]) -> int:
    """Return where a passage's text begins after the headings at its head."""
    return next((block.start for block in blocks if block.kind != "heading"), 0)


def sentences_of(
    passage: Passage, blocks: Sequence[Block], language: str | None = None
) -> list[Span]:
    """Return the spans of the sentences of a passage's text, headings left out."""
    return [
        (block.start + start, block.start + end)
        for block in blocks
        if block.kind != "heading"
        for start, end in (
            [(0, block.end - block.start)]
            if block.kind in {"item", "row"}
            else sentence_spans(passage.text[block.start : block.end], language or "en")
        )
    ]


def with_their_lists(highlights: Iterable[Span], blocks: Sequence[Block], text: str) -> list[Span]:
    """Return `highlights` in order, each that opens a list ("... with:") with the list's items.

    A sentence that ends its block with a colon says nothing without what it announces.
    """
    marked = set(highlights)
    announced = False
    for block in blocks:
        if block.kind != "item":
            announced = any(end == block.end and text[end - 1] == ":" for _, end in marked)
        elif announced:
            marked.add((block.start, block.end))
    return sorted(marked)


def care_sections(passages: Iterable[Passage]) -> list[tuple[Passage, range]]:
    """Return the sections of one article that say when to seek care, as (first passage, places).

    `passages` are all of the article's, in order, and `places` counts among them. A section that
    was cut into several passages is quoted from its first, so that no quote begins within a list.
    """
    sections: list[tuple[Passage, range]] = []
    before: Passage | None = None
    for place, passage in enumerate(passages):
        if passage.section_type == "when_to_seek_care":
            same = before is not None and (before.section, before.section_type) == (
                passage.section,
                passage.section_type,
            )
            first, places = sections.pop() if same else (passage, range(place, place))
            sections.append((first, range(places.start, place + 1)))
        before = passage
    return sections


def nearest_topics(
    hits: Sequence[Hit], title_of: Callable[[str], str], k: int = 4
) -> list[tuple[str, str, Passage]]:
    """Return at most `k` headings nearest to a question without answer: (title, heading, where).

    Headings only: what stands under them was not good enough to be quoted as an answer.
    """
    topics: list[tuple[str, str, Passage]] = []
    seen: set[tuple[str, str]] = set()
    for hit in hits:
        title = title_of(hit.passage.article_id)
        heading = hit.passage.section[-1] if hit.passage.section else ""
        heading = "" if heading == title else heading
        if (title, heading) not in seen and len(topics) < k:
            seen.add((title, heading))
            topics.append((title, heading, hit.passage))
    return topics
