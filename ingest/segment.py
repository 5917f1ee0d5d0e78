"""An article into passages: whole sentences, under one heading path, within a token budget.

The passages of an article tile it (see `index.records.Passage`). Within a section the boundaries
are those of least total cost, found by dynamic programming over its sentences: a passage far from
the target length costs, and so does cutting inside a paragraph or after a colon.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.records import Article, Passage
from index.sentences import sentence_spans
from ingest.section_types import section_type

TokenCounter = Callable[[Sequence[str]], list[int]]
"""Texts to their numbers of tokens, in order."""

CUT_INSIDE_PARAGRAPH = 0.15
CUT_AFTER_COLON = 4.0
"""Costs of a boundary, in units of one squared relative deviation from the target length."""

CONTEXT_CHARACTERS = 160
"""Of the headings above a passage, at most this much is read before it, the innermost kept."""


@dataclass(frozen=True, slots=True)
class SegmenterSettings:
    """Lengths in the encoder's tokens: `target` is aimed at, `limit` is never passed."""

    target: int = 96
    limit: int = 254

    def as_dict(self) -> dict[str, int]:
        """Return the settings as a snapshot's manifest keeps them."""
        return {"target": self.target, "limit": self.limit}


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence, list item or table row; `opens` a block, or `binds` what follows (a colon)."""

    start: int
    end: int
    opens: bool
    binds: bool


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
    passages: list[Passage] = []
    for section in sections:
        counts = [next(lengths) for _ in _measured_spans(section)]
        begin = section.start
        for cut in _cuts(section.units, counts, settings):
            end = section.units[cut].start if cut < len(section.units) else section.end
            passages.append(_passage(article, begin, end, section.headings))
            begin = end
    return _fitted(article, passages, count_tokens, settings.limit)


def search_texts(
    passages: Sequence[Passage], title: str, count_tokens: TokenCounter, limit: int
) -> list[str]:
    """Return, for each passage of the article `title`, the text by which it is found.

    That is the headings above it that its own text does not begin with, then the passage itself.
    Headings that would take more than half of `limit` are left away.
    """
    contexts = [_context(passage, title) for passage in passages]
    costs = count_tokens(contexts)
    return [
        f"{context}\n{passage.text}" if context and cost <= limit // 2 else passage.text
        for passage, context, cost in zip(passages, contexts, costs, strict=True)
    ]


def _context(passage: Passage, title: str) -> str:
    own = passage.text.split("\n\n")[: len(passage.section)]
    above = [heading for heading in dict.fromkeys((title, *passage.section)) if heading not in own]
    context = " › ".join(heading for heading in above if heading)
    return context[-CONTEXT_CHARACTERS:].strip(" ›")


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
    for block in article.blocks:
        if block.kind == "heading":
            if units:
                close(last)
            path = [entry for entry in path if entry[0] < block.level]
            path.append((block.level, article.text[block.start : block.end]))
        else:
            text = article.text[block.start : block.end]
            whole = block.kind in {"item", "row"}
            spans = [(0, len(text))] if whole else sentence_spans(text, article.language or "en")
            units += [
                _Unit(
                    block.start + a,
                    block.start + b,
                    opens=position == 0,
                    binds=text[a:b].endswith(":"),
                )
                for position, (a, b) in enumerate(spans)
            ]
        if start is None:
            start = block.start
        last = block.end
    close(last)
    return sections


def _measured_spans(section: _Section) -> list[tuple[int, int]]:
    """Return the spans whose tokens are counted: headings with the first unit, then the rest."""
    if not section.units:
        return [(section.start, section.end)]
    first, *rest = section.units
    return [(section.start, first.end), *((unit.start, unit.end) for unit in rest)]


def _cuts(units: Sequence[_Unit], counts: Sequence[int], settings: SegmenterSettings) -> list[int]:
    """Return where each passage of a section ends, as numbers of units, the last one included.

    `best[i]` is the least cost of units[:i] with a boundary at i, and `back[i]` the boundary
    before it. A passage passes the limit only when it is a single unit.
    """
    n = max(1, len(units))
    best = [0.0] + [float("inf")] * n
    back = [0] * (n + 1)
    for end in range(1, n + 1):
        size = 0
        for begin in range(end - 1, -1, -1):
            size += counts[begin]
            if size > settings.limit and begin < end - 1:
                break
            cost = best[begin] + ((size - settings.target) / settings.target) ** 2
            if begin:
                cost += 0.0 if units[begin].opens else CUT_INSIDE_PARAGRAPH
                cost += CUT_AFTER_COLON if units[begin - 1].binds else 0.0
            if cost < best[end]:
                best[end], back[end] = cost, begin
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
    article: Article, passages: list[Passage], count_tokens: TokenCounter, limit: int
) -> list[Passage]:
    """Return the passages with each that is too long for the encoder cut until it fits."""
    texts = search_texts(passages, article.title, count_tokens, limit)
    fitted: list[Passage] = []
    for passage, tokens in zip(passages, count_tokens(texts), strict=True):
        if tokens <= limit or len(passage.text) < 2:
            fitted.append(passage)
            continue
        middle = passage.start + _middle(passage.text)
        halves = [
            _passage(article, passage.start, middle, passage.section),
            _passage(article, middle, passage.end, passage.section),
        ]
        fitted += _fitted(article, [half for half in halves if half.text], count_tokens, limit)
    return fitted


def _middle(text: str) -> int:
    """Return the place nearest the middle to cut at: between sentences, words, or anywhere."""
    half = len(text) // 2
    sentences = [start for start, _ in sentence_spans(text) if start]
    spaces = [i + 1 for i, c in enumerate(text) if c.isspace() and 0 < i < len(text) - 1]
    for places in (sentences, spaces):
        if places:
            return min(places, key=lambda place: abs(place - half))
    return half
