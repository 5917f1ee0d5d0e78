"""Who says so: what several sources mention, and where they plainly point different ways.

Sources are counted, not weighed, and what is counted is a mention: two articles that mention
dehydration need not agree about it. Articles that share a passage word for word are one source.
"""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate

from index.analysis import fold, terms
from index.records import Passage
from service.evidence.copies import joined, together
from service.evidence.wordings import LEAST_IDF, DifferenceKind, general, pairs, table

MENTIONS = 5
"""Terms shown: more than a handful is a word list, not an answer to "who says so"."""
LETTERS = 4
"""Shorter words are hardly ever the name of something ("may", "leg"'s own articles aside)."""
SIDE = 2
"""Sources quoted on each side where they differ."""
KNOWN = 20_000
"""Words of articles whose term is kept, some 4 MB: an answer looks at a thousand."""

Span = tuple[int, int]

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a passage: `passage.text[start:end]`."""

    passage: Passage
    start: int
    end: int

    @property
    def text(self) -> str:
        """The sentence, as it stands."""
        return self.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Mention:
    """A term, in the form that stands in the articles, and one quote an article that mentions it.

    `sources` of `of` independent sources mention it; copies of one another are one source.
    """

    term: str
    sources: int
    of: int
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Sentences of different sources that point different ways."""

    kind: DifferenceKind
    one: tuple[Quote, ...]
    other: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What is compared: the quotes of the answering passages, best passage first, and who speaks.

    `source_of` gives the number of an article's source; articles with copies share one.
    """

    quotes: tuple[Quote, ...]
    source_of: dict[str, int]

    @property
    def sources(self) -> int:
        """Number of independent sources."""
        return len(set(self.source_of.values()))


def said(
    passages: Sequence[Passage],
    groups: Sequence[int],
    sentences: Callable[[Passage], Iterable[Span]],
) -> Said:
    """Return the sentences of `passages`, each group of near-copies once, and their sources.

    `groups` numbers each passage's group of near-copies (`service.evidence.copies.copies`).
    """
    names = list(dict.fromkeys(passage.article_id for passage in passages))
    number = {name: at for at, name in enumerate(names)}
    sharing: dict[int, list[int]] = defaultdict(list)
    quotes: list[Quote] = []
    for passage, group in zip(passages, groups, strict=True):
        if group not in sharing:
            quotes += [Quote(passage, start, end) for start, end in sentences(passage)]
        sharing[group].append(number[passage.article_id])
    first = joined(len(names), together(sharing.values()))
    return Said(tuple(quotes), {name: first[at] for name, at in number.items()})


def mentions(found: Said, question: str, idf: Callable[[str], float]) -> list[Mention]:
    """Return at most `MENTIONS` terms that two sources or more mention, the most telling first.

    A term is a word that is used as a noun by two sources at least, that is rare enough in the
    articles at large (`idf`), names something, and is not one of the question's own. Terms are
    ranked by the number of sources times the idf.
    """
    if found.sources < 2:
        return []
    rules = _rules()
    barred = general() | set(terms(question))
    # A sentence that several sources have word for word, such as a publisher's note under all its
    # articles, is the first one's.
    first: dict[str, int] = {}
    read = [
        (quote, source, _WORD.findall(quote.text))
        for quote in found.quotes
        for source in (found.source_of[quote.passage.article_id],)
        if first.setdefault(quote.text, source) == source
    ]
    surfaces: dict[int, set[str]] = defaultdict(set)
    for _, source, words in read:
        surfaces[source].update(words)
    mentioning = Counter(term for several in surfaces.values() for term in set(map(_term, several)))
    # Which words stand as nouns is asked of these alone, the most telling first.
    ranked = sorted(
        (-sources * rarity, term)
        for term, sources in mentioning.items()
        if sources > 1 and term and term not in barred and (rarity := idf(term)) >= LEAST_IDF
    )
    asked = {term for _, term in ranked}
    wanted = {w for several in surfaces.values() for w in several if _term(w) in asked}
    places: dict[str, list[_Place]] = defaultdict(list)
    for quote, source, words in read:
        for at, word in enumerate(words):
            if word in wanted:
                places[_term(word)].append(_Place(quote, source, words, at))
    telling: list[Mention] = []
    for _, term in ranked:
        held = places[term]
        naming = {place.source for place in held if _as_noun(place.words, place.at, rules)}
        if len(naming) > 1:
            telling.append(_mention(held, mentioning[term], found.sources))
            if len(telling) == MENTIONS:
                break
    return telling


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a word stands: `words[at]` of a quote."""

    quote: Quote
    source: int
    words: Sequence[str]
    at: int


def _mention(held: Sequence[_Place], sources: int, of: int) -> Mention:
    """Return what is said with one term, at all of its places in the order of the quotes."""
    forms: Counter[str] = Counter()
    quoted: dict[str, Quote] = {}
    for place in held:
        word = place.words[place.at]
        forms[word if place.at else word.lower()] += 1
        quoted.setdefault(place.quote.passage.article_id, place.quote)
    term = min(forms, key=lambda form: (-forms[form], form))
    return Mention(term, sources, of, tuple(quoted.values()))


def differences(found: Said, idf: Callable[[str], float]) -> list[Difference]:
    """Return where sources plainly point different ways, by a small table of wordings.

    At most `SIDE` sources a side, one sentence each, and never one source on both; each sentence of
    one side is about the same thing as each of the other.
    """
    differing: list[Difference] = []
    folded = [(quote, fold(quote.text).replace("’", "'")) for quote in found.quotes]
    every = _Sentences([text for _, text in folded])
    for pair in pairs():
        # Most sentences hold none of the words of either side, and are not looked at any further.
        sides = [[folded[place] for place in every.with_any(keys)] for keys in pair.keys]
        # The plainest wording first: of two sentences of one source, it is the one to show.
        other = sorted(
            (
                (about, quote)
                for quote, text in (sides[1] if sides[0] else [])
                if (about := pair.other_way(text))
            ),
            key=lambda entry: entry[0].place,
        )
        if not other:
            continue
        one = [(q, about) for q, text in sides[0] if (about := pair.one_way(text, idf))]
        meant = {id(quote): about for about, quote in other}
        for quote, about in one:
            source = found.source_of[quote.passage.article_id]
            against = [
                q
                for _, q in other
                if found.source_of[q.passage.article_id] != source
                and pair.same(about, meant[id(q)])
            ]
            if against:
                facing = _by_source(against, found)[:SIDE]
                taken = {found.source_of[q.passage.article_id] for q in facing}
                beside = [
                    q
                    for q, theirs in one
                    if found.source_of[q.passage.article_id] not in taken
                    and all(pair.same(theirs, meant[id(f)]) for f in facing)
                ]
                siding = _by_source([quote, *beside], found)[:SIDE]
                differing.append(Difference(pair.kind, tuple(siding), tuple(facing)))
                break
    return differing


class _Sentences:
    """Sentences as one text: a word that most of them lack is looked for in all of them at once."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._whole = "\n".join(texts)
        self._begins = [0, *accumulate(len(text) + 1 for text in texts)]

    def with_any(self, words: Iterable[str]) -> list[int]:
        """Return the places of the sentences that hold one of `words`, none of them broken."""
        found: set[int] = set()
        for word in words:
            at = self._whole.find(word)
            while at >= 0:
                behind = bisect_right(self._begins, at)
                found.add(behind - 1)
                at = self._whole.find(word, self._begins[behind])
        return sorted(found)


def _by_source(quotes: Iterable[Quote], found: Said) -> list[Quote]:
    first: dict[int, Quote] = {}
    for quote in quotes:
        first.setdefault(found.source_of[quote.passage.article_id], quote)
    return list(first.values())


@lru_cache(maxsize=KNOWN)
def _term(surface: str) -> str:
    """Return the term that a word may be named by, or ""."""
    if len(surface) < LETTERS or surface.lower().endswith(("ly", "ed")):
        return ""
    if not surface.replace("-", "").isalpha():
        return ""
    found = terms(surface)
    return found[0] if len(found) == 1 else ""


def _as_noun(words: Sequence[str], at: int, rules: "_Rules") -> bool:
    """Tell whether word `at` stands where a noun does; `words` holds the marks too."""
    before = words[at - 1].lower() if at else ","
    after = words[at + 1].lower() if at + 1 < len(words) else "."
    return (before in rules.before or not before[0].isalnum()) and (
        after in rules.after or not after[0].isalnum()
    )


@dataclass(frozen=True, slots=True)
class _Rules:
    before: frozenset[str]
    after: frozenset[str]


@cache
def _rules() -> _Rules:
    return _Rules(frozenset(table()["before"].split()), frozenset(table()["after"].split()))
