"""An article into passages: whole sentences, under one heading path, within a token budget.

The passages of an article tile it (see `index.records.Passage`). Within a section the boundaries
are those of least total cost, found by dynamic programming over its sentences: a passage far from
the target length costs, and so does cutting inside a paragraph, after a colon, or between what is
announced together: the items of a list, the rows of a table.
"""

import math
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from index.leads import announcers, leads
from index.records import Article, Block, Passage
from index.sentences import sentence_spans
from ingest.references import citation_marks
from ingest.section_types import section_type
from ingest.token_counts import TokenCounter, WordCounts, apart

CUT_INSIDE_PARAGRAPH = 0.15
CUT_AFTER_COLON = 4.0
CUT_INSIDE_LIST = 1.0
"""Costs of a boundary, in units of one squared relative deviation from the target length.

The last is that before a further item of a list that a colon opened, or row of a table. Of 90 made
sections with a list of 3 to 12 short items 37 were torn inside it without, 8 at 0.15, 3 at 0.3 and
none from 0.6 on; with a table of as many rows 77 without, 24 at 0.6 and 4 at 1.0.
"""

CONTEXT_CHARACTERS = 160
"""Of the headings above a passage, at most this much is read before it, the innermost kept."""

HEADING_CHARACTERS = 200
"""A heading longer than this stands shortened in its passages' paths (whole in their text)."""

CHARACTERS_PER_TOKEN = 20
"""A passage has at most this many characters for each token allowed. Prose has 3 to 5; a tokenizer
counts a word of a million letters, or a page in a script that it does not know, as one token."""

MOST_MARKS = 30
"""So many combining marks follow one letter at most in text that may be exchanged (the Stream-Safe
Text Format of Unicode Standard Annex 15). Looking further took a minute for a megabyte of them."""

_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class SegmenterSettings:
    """Lengths in the encoder's tokens: `target` is aimed at, `limit` is never passed."""

    target: int = 96
    limit: int = 254

    def as_dict(self) -> dict[str, int]:
        """Return the settings as a snapshot's manifest keeps them."""
        return {"target": self.target, "limit": self.limit}


class _Unit(NamedTuple):
    """A sentence, list item or table row; `opens` a block, or `binds` what follows (a colon).

    One that is `announced` says nothing without what stands before it (`index.leads`).
    """

    start: int
    end: int
    opens: bool
    binds: bool
    announced: bool


@dataclass(frozen=True, slots=True)
class _Section:
    """Consecutive blocks under one heading path; `start` is where its own headings begin."""

    headings: tuple[str, ...]
    start: int
    units: tuple[_Unit, ...]
    end: int


def segment(
    article: Article, count_tokens: TokenCounter, settings: SegmenterSettings
) -> list[Passage]:
    """Cut `article` into passages, in order, that tile it.

    Each one's `search_texts` entry counts at most `settings.limit` tokens, whatever the input.
    """
    sections = _sections(article)
    lengths = iter(
        count_tokens(
            [article.text[a:b] for section in sections for a, b in _measured_spans(section)]
        )
    )
    contexts = count_tokens([_joined((article.title, *s.headings)) for s in sections])
    passages: list[Passage] = []
    sizes: list[int] = []
    exact = isinstance(count_tokens, WordCounts)
    for section, context in zip(sections, contexts, strict=True):
        counts = [next(lengths) for _ in _measured_spans(section)]
        room = settings.limit - (context if context <= settings.limit // 2 else 0)
        exact = exact and _all_apart(article.text, section.units)
        begin, first = section.start, 0
        for cut in _cuts(section.units, counts, settings.target, room):
            end = section.units[cut].start if cut < len(section.units) else section.end
            passages.append(_passage(article, begin, end, section.headings))
            sizes.append(sum(counts[first:cut]))
            begin, first = end, cut
    return _fitted(article, passages, count_tokens, settings.limit, sizes if exact else None)


def _all_apart(text: str, units: Sequence[_Unit]) -> bool:
    return all(apart(text, before.end, unit.start) for before, unit in pairwise(units))


def search_texts(
    passages: Sequence[Passage],
    title: str,
    count_tokens: TokenCounter,
    limit: int,
    *,
    cited: Container[int] = (),
    announced_by: Sequence[str] = (),
) -> list[str]:
    """Return, for each passage of the article `title`, the text by which it is found.

    That is the headings above it that its own text does not begin with, then what it is
    `announced_by` (one a passage, "" for nothing), then the passage itself, less the marks by which
    it cites the references numbered in `cited` ("in the liver.4"). Headings that would take more
    than half of `limit` are left away; so is what announces where it would with them, or where all
    would be longer than `limit`.
    """
    texts = [_without_marks(passage.text, cited) for passage in passages]
    contexts = [context for context, _ in _contexts(passages, title, count_tokens, limit)]
    above = [
        _lines(context, _without_marks(lead, cited)) if lead else ""
        for context, lead in zip(contexts, announced_by or [""] * len(passages), strict=True)
    ]
    if any(above):
        wholes = [_lines(*pair) if pair[0] else "" for pair in zip(above, texts, strict=True)]
        costs = zip(count_tokens(above), count_tokens(wholes), strict=True)
        for place, (cost, whole) in enumerate(costs):
            if above[place] and cost <= limit // 2 and whole <= limit:
                contexts[place] = above[place]
    return [_lines(context, text) for context, text in zip(contexts, texts, strict=True)]


def announcements(article: Article, passages: Sequence[Passage]) -> list[str]:
    """Return the words by which the list or table was announced in which each passage begins.

    They are "" for a passage that begins elsewhere.
    """
    return [
        "\n".join(article.text[lead.start : lead.end] for lead in chain)
        for chain in leads(article, passages)
    ]


def _lines(above: str, text: str) -> str:
    return f"{above}\n{text}" if above else text


def _contexts(
    passages: Sequence[Passage], title: str, count_tokens: TokenCounter, limit: int
) -> list[tuple[str, int]]:
    """Return what is put above each passage of the article `title`, and its number of tokens.

    That is ("", 0) where it would take more than half of `limit`.
    """
    contexts = [_context(passage, _above(title, passage)) for passage in passages]
    return [
        (context, cost) if cost <= limit // 2 else ("", 0)
        for context, cost in zip(contexts, count_tokens(contexts), strict=True)
    ]


def _without_marks(text: str, cited: Container[int]) -> str:
    """Return `text` without the citation marks in it; a space stays where words would meet."""
    for start, end in reversed(citation_marks(text, cited) if cited else []):
        text = text[:start] + text[end:]
    return text


def _above(title: str, passage: Passage) -> str:
    """Return what of the article's `title` is put above a passage.

    A title that is but the beginning of the text, for want of another ("A cramp is a sudden…"), is
    not said twice to the passage that begins with it. The others are told by it what they are
    about: of MED, whose documents have no titles, nDCG@10 is .812 without and .830 with it.
    """
    beginning = title.removesuffix("…")
    if passage.start == 0 and not passage.section:
        text = " ".join(passage.text.split())
        if text == title or (beginning != title and text.startswith(beginning)):
            return ""
    return beginning


def _context(passage: Passage, title: str) -> str:
    own = passage.text.split("\n\n", len(passage.section))[: len(passage.section)]
    return _joined([heading for heading in (title, *passage.section) if heading not in own])


def _joined(headings: Sequence[str]) -> str:
    ends = [heading[-CONTEXT_CHARACTERS - 1 :] for heading in dict.fromkeys(headings) if heading]
    context = " › ".join(ends)
    if len(context) > CONTEXT_CHARACTERS:
        # What is cut off goes with the rest of its word.
        _, _, context = context[-CONTEXT_CHARACTERS - 1 :].partition(" ")
    return context.strip(" ›")


def _sections(article: Article) -> list[_Section]:
    """Group the blocks by heading path; headings with nothing below them join the next section."""
    sections: list[_Section] = []
    path: list[tuple[int, str]] = []
    start: int | None = None
    units: list[_Unit] = []

    def close(end: int) -> None:
        nonlocal start
        if start is not None:
            headings = tuple(heading for _, heading in path)
            sections.append(_Section(headings, start, tuple(units), end))
        start = None
        units.clear()

    last = 0
    announced = announcers(article.text, article.blocks)
    for block, announcing in zip(article.blocks, announced, strict=True):
        if block.kind == "heading":
            if units:
                close(last)
            path = [entry for entry in path if entry[0] < block.level]
            path.append((block.level, _shortened(article.text[block.start : block.end])))
        else:
            text = article.text[block.start : block.end]
            whole = block.kind in {"item", "row"}
            spans = [(0, len(text))] if whole else sentence_spans(text, article.language or "en")
            units += [
                _Unit(
                    block.start + a,
                    block.start + b,
                    position == 0,
                    text.endswith(":", a, b) or (_is_caption(block, text) and not announcing),
                    bool(announcing),
                )
                for position, (a, b) in enumerate(spans)
            ]
        if start is None:
            start = block.start
        last = block.end
    close(last)
    return sections


def _is_caption(block: Block, text: str) -> bool:
    return block.kind == "row" and " | " not in text


def _shortened(heading: str) -> str:
    return heading if len(heading) <= HEADING_CHARACTERS else f"{heading[:HEADING_CHARACTERS]}…"


def _measured_spans(section: _Section) -> list[tuple[int, int]]:
    """Return the spans whose tokens are counted: headings with the first unit, then the rest."""
    if not section.units:
        return [(section.start, section.end)]
    first, *rest = section.units
    return [(section.start, first.end), *((unit.start, unit.end) for unit in rest)]


def _cuts(units: Sequence[_Unit], counts: Sequence[int], target: int, room: int) -> list[int]:
    """Return where each passage of a section ends, as numbers of units, the last one included.

    `best[i]` is the least cost of units[:i] with a boundary at i, and `back[i]` the boundary
    before it. A passage has more than `room` tokens only when it is a single unit.
    """
    n = max(1, len(units))
    # What a boundary before unit i costs in itself.
    toll = [0.0] * n
    for i in range(1, n):
        toll[i] = 0.0 if units[i].opens else CUT_INSIDE_PARAGRAPH
        if units[i - 1].binds:
            toll[i] += CUT_AFTER_COLON
        elif units[i].announced:
            toll[i] += CUT_INSIDE_LIST
    best = [0.0] + [math.inf] * n
    back = [0] * (n + 1)
    for end in range(1, n + 1):
        size, least, chosen = 0, math.inf, 0
        for begin in range(end - 1, -1, -1):
            # A unit without a token (a lone zero-width space) still takes a place.
            size += counts[begin] or 1
            if size > room and begin < end - 1:
                break
            deviation = (size - target) / target
            if size > target and deviation * deviation >= least:
                break  # so it is for each earlier boundary
            cost = best[begin] + toll[begin] + deviation * deviation
            if cost < least:
                least, chosen = cost, begin
        best[end], back[end] = least, chosen
    cuts = [n]
    while back[cuts[-1]]:
        cuts.append(back[cuts[-1]])
    return cuts[::-1]


def _passage(article: Article, start: int, end: int, headings: tuple[str, ...]) -> Passage:
    """Return the passage at `start:end` less the white space at its ends."""
    text = article.text[start:end]
    start += len(text) - len(text.lstrip())
    text = text.strip()
    return Passage(
        article.article_id, start, start + len(text), headings, text, section_type(headings)
    )


def _fitted(
    article: Article,
    passages: list[Passage],
    count_tokens: TokenCounter,
    limit: int,
    sizes: Sequence[int] | None = None,
) -> list[Passage]:
    """Return the passages with each that is too long for the encoder cut until it fits.

    `sizes` are the passages' own lengths in tokens where they are known and add up.
    """
    if sizes is None:
        lengths = count_tokens(search_texts(passages, article.title, count_tokens, limit))
    else:
        contexts = _contexts(passages, article.title, count_tokens, limit)
        lengths = [size + cost for size, (_, cost) in zip(sizes, contexts, strict=True)]
    fitted: list[Passage] = []
    for passage, tokens in zip(passages, lengths, strict=True):
        length = len(passage.text)
        pieces = min(length, math.ceil(max(tokens, length / CHARACTERS_PER_TOKEN) / limit))
        if pieces < 2:
            fitted.append(passage)
            continue
        places = _places(passage, pieces, article.language or "en")
        parts = [
            _passage(article, passage.start + begin, passage.start + end, passage.section)
            for begin, end in pairwise([0, *places, length])
        ]
        fitted += _fitted(article, [part for part in parts if part.text], count_tokens, limit)
    return fitted


def _places(passage: Passage, pieces: int, language: str) -> list[int]:
    """Return where to cut a passage into about `pieces` (2 or more) of about the same length.

    Each place is the sentence nearest the ideal one, else the nearest word, else the ideal one
    itself; none lies before the end of the passage's own headings. There is at least one.
    """
    text = passage.text
    lead = 0
    for heading in passage.section:
        if text.startswith(f"{heading}\n\n", lead):
            lead += len(heading) + 2
    sentences = [start for start, _ in sentence_spans(text, language) if start > lead]
    words = [found.end() for found in _SPACE.finditer(text, lead) if lead < found.end() < len(text)]
    reach = len(text) / pieces / 2
    places = set()
    for number in range(1, pieces):
        ideal = len(text) * number // pieces
        near = (_nearest(candidates, ideal, reach) for candidates in (sentences, words))
        places.add(next((place for place in near if place), _between_graphemes(text, ideal)))
    return sorted(place for place in places if place < len(text)) or [len(text) // 2]


def _nearest(candidates: Sequence[int], ideal: int, reach: float) -> int:
    """Return the one of the sorted `candidates` nearest `ideal` and within `reach`, else 0."""
    at = bisect_left(candidates, ideal)
    around = candidates[max(0, at - 1) : at + 1]
    return min(
        (place for place in around if abs(place - ideal) <= reach),
        key=lambda place: abs(place - ideal),
        default=0,
    )


def _between_graphemes(text: str, place: int) -> int:
    """Return the first place from `place` on that parts no letter from its combining marks.

    That is `place` itself within a longer run of them than any text in a language has.
    """
    end = place
    while end < len(text) and (
        unicodedata.category(text[end])[0] == "M"
        or "\N{ZERO WIDTH JOINER}" in text[end - 1 : end + 1]
    ):
        end += 1
        if end - place > MOST_MARKS:
            return place
    return end
