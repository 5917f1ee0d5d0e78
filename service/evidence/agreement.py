"""Who says so: what several sources mention, and where they plainly point different ways.

Sources are counted, not weighed, and what is counted is a mention: two articles that mention
dehydration need not agree about it. Articles that share a passage word for word are one source.
"""

import re
import tomllib
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal

from index.analysis import fold, terms
from index.records import Passage
from service.evidence.copies import joined, together

MENTIONS = 5
"""Terms shown: more than a handful is a word list, not an answer to "who says so"."""
RAREST_SHARE = 0.25
"""A term in more than this share of all passages is what the articles are about, not a point that
some of them make ("muscle", in articles on muscle spasms)."""
LEAST_IDF = 1.386
"""ln 4: the idf of a term in `RAREST_SHARE` of the passages."""
LETTERS = 4
"""Shorter words are hardly ever the name of something ("may", "leg"'s own articles aside)."""
SIDE = 2
"""Sources quoted on each side where they differ."""
SUBJECT_WORDS = 4
"""Words before "can help" among which the thing that helps is named."""
KNOWN = 20_000
"""Words of articles whose term is kept, some 4 MB: an answer looks at a thousand."""

Span = tuple[int, int]
DifferenceKind = Literal["worry", "help"]

_RULES = Path(__file__).with_name("agreement_rules.toml")
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
    barred = rules.general | set(terms(question))
    read = [
        (quote, found.source_of[quote.passage.article_id], _WORD.findall(quote.text))
        for quote in found.quotes
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
    for pair in _rules().pairs:
        # Most sentences hold none of the words of either side, and are not looked at any further.
        sides = [[folded[place] for place in every.with_any(keys)] for keys in pair.keys]
        ranked = [(pair.opposes(text), quote) for quote, text in sides[1]] if sides[0] else []
        # The plainest wording first: of two sentences of one source, it is the one to show.
        other = [
            quote
            for rank, quote in sorted(ranked, key=lambda entry: entry[0] or 0)
            if rank is not None
        ]
        if not other:
            continue
        one = [(q, about) for q, text in sides[0] if (about := pair.about(text, idf)) is not None]
        meant = {id(quote): set(terms(quote.text)) for quote in other}
        for quote, about in one:
            source = found.source_of[quote.passage.article_id]
            against = [
                q
                for q in other
                if found.source_of[q.passage.article_id] != source and about & meant[id(q)]
            ]
            if against:
                facing = _by_source(against, found)[:SIDE]
                taken = {found.source_of[q.passage.article_id] for q in facing}
                beside = [
                    q
                    for q, theirs in one
                    if found.source_of[q.passage.article_id] not in taken
                    and all(theirs & meant[id(f)] for f in facing)
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
class _Pair:
    kind: DifferenceKind
    by_subject: bool
    whole: bool
    keys: tuple[tuple[str, ...], tuple[str, ...]]  # of each side: a wording has one of them
    one: re.Pattern[str]
    other: re.Pattern[str]
    wordings: tuple[re.Pattern[str], ...]  # of `other`, the plainest first
    negated: re.Pattern[str]
    conditions: re.Pattern[str]
    partial: re.Pattern[str]

    def about(self, text: str, idf: Callable[[str], float]) -> set[str] | None:
        """Return what a folded sentence that is worded the one way is about; None where it is not.

        Its non-general terms; or, by subject, the rare ones of the words right before the wording.
        """
        found = self._standing(self.one, text)
        if found is None or self._standing(self.other, text) is not None:
            return None
        general = _rules().general
        if not self.by_subject:
            return set(terms(text)) - general
        before = " ".join(text[: found.start()].split()[-SUBJECT_WORDS:])
        return {term for term in terms(before) if term not in general and idf(term) >= LEAST_IDF}

    def opposes(self, text: str) -> int | None:
        """Return the place in the table of the other way in which a folded sentence is worded.

        None where it is not, or is worded the one way as well.
        """
        if self._standing(self.other, text) is None or self._standing(self.one, text) is not None:
            return None
        standing = (
            place
            for place, wording in enumerate(self.wordings)
            if self._standing(wording, text) is not None
        )
        return next(standing, None)

    def _standing(self, cues: re.Pattern[str], text: str) -> re.Match[str] | None:
        if self.conditions.search(text) or (self.whole and self.partial.search(text)):
            return None
        found = cues.finditer(text)
        return next((m for m in found if not self.negated.search(text, 0, m.start())), None)


@dataclass(frozen=True, slots=True)
class _Rules:
    before: frozenset[str]
    after: frozenset[str]
    general: frozenset[str]
    pairs: tuple[_Pair, ...]


@cache
def _rules() -> _Rules:
    table: dict[str, Any] = tomllib.loads(_RULES.read_text("utf-8"))
    negated = "|".join(map(re.escape, table["negated"].split()))
    conditions = "|".join(table["conditions"].split())
    partial = "|".join(table["partial"].split())
    return _Rules(
        before=frozenset(table["before"].split()),
        after=frozenset(table["after"].split()),
        general=frozenset(terms(table["general"])),
        pairs=tuple(
            _Pair(
                kind=pair["kind"],
                by_subject=pair["shared"] == "subject",
                whole=pair["whole"],
                keys=(_longest(pair["one"]), _longest(pair["other"])),
                one=_any_of(pair["one"]),
                other=_any_of(pair["other"]),
                wordings=tuple(_any_of([wording]) for wording in pair["other"]),
                negated=re.compile(rf"\b(?:{negated})\W+(?:\w+(?:['-]+\w+)*\W+){{0,2}}$"),
                conditions=re.compile(rf"\b(?:{conditions})\b"),
                partial=re.compile(rf"\b(?:{partial})\b"),
            )
            for pair in table["pair"]
        ),
    )


def _longest(wordings: Iterable[str]) -> tuple[str, ...]:
    """Return the longest word of each wording, each once."""
    return tuple(dict.fromkeys(max(wording.split(), key=len) for wording in wordings))


def _any_of(wordings: Iterable[str]) -> re.Pattern[str]:
    """Return what finds any of the wordings whole; "…" is up to three words, "n't" an ending."""
    patterns = [
        ("" if wording.startswith("n't") else r"\b")
        + r"\s+".join(
            r"(?:[\w'-]+\s+){0,3}?" if word == "…" else re.escape(word) for word in wording.split()
        ).replace(r"{0,3}?\s+", "{0,3}?")
        + r"\b"
        for wording in wordings
    ]
    return re.compile("|".join(patterns))
