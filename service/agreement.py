"""Who says so: what several sources mention, and where they plainly point different ways.

Sources are counted, not weighed, and what is counted is a mention: two articles that mention
dehydration need not agree about it. Articles that share a passage word for word are one source.
"""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from index.analysis import fold, terms
from index.records import Passage
from service.copies import joined, together

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

    `groups` numbers each passage's group of near-copies (`service.copies.copies`).
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
    places: dict[str, list[tuple[Quote, list[str], int]]] = defaultdict(list)
    for quote in found.quotes:
        words = _WORD.findall(quote.text)
        for at, word in enumerate(words):
            if len(word) >= LETTERS:
                places[word].append((quote, words, at))
    by_term: dict[str, list[tuple[Quote, list[str], int]]] = defaultdict(list)
    for word, held in places.items():
        term = _term(word, barred)
        if term and idf(term) >= LEAST_IDF:
            by_term[term] += held
    ranked: list[tuple[float, str]] = []
    for term, held in by_term.items():
        sources = len({found.source_of[quote.passage.article_id] for quote, _, _ in held})
        if sources < 2:
            continue
        nouns = [quote for quote, words, at in held if _as_noun(words, at, rules)]
        if len({found.source_of[quote.passage.article_id] for quote in nouns}) < 2:
            continue
        ranked.append((-sources * idf(term), term))
    ranked.sort()
    order = {id(quote): place for place, quote in enumerate(found.quotes)}
    return [_mention(by_term[term], found, order) for _, term in ranked[:MENTIONS]]


def _mention(
    held: Iterable[tuple[Quote, list[str], int]], found: Said, order: Mapping[int, int]
) -> Mention:
    """Return what is said with one term, in the `order` of the quotes, by their `id`."""
    forms: Counter[str] = Counter()
    quoted: dict[str, Quote] = {}
    for quote, words, at in sorted(held, key=lambda one: order[id(one[0])]):
        forms[words[at] if at else words[at].lower()] += 1
        quoted.setdefault(quote.passage.article_id, quote)
    return Mention(
        term=min(forms, key=lambda form: (-forms[form], form)),
        sources=len({found.source_of[name] for name in quoted}),
        of=found.sources,
        quotes=tuple(quoted.values()),
    )


def differences(found: Said, idf: Callable[[str], float]) -> list[Difference]:
    """Return where sources plainly point different ways, by a small table of wordings.

    At most `SIDE` sources a side, one sentence each, and never one source on both; each sentence of
    one side is about the same thing as each of the other.
    """
    differing: list[Difference] = []
    for pair in _rules().pairs:
        one = [(q, about) for q in found.quotes if (about := pair.about(q.text, idf)) is not None]
        ranked = [(pair.opposes(quote.text), quote) for quote in found.quotes]
        # The plainest wording first: of two sentences of one source, it is the one to show.
        other = [
            quote
            for rank, quote in sorted(ranked, key=lambda entry: entry[0] or 0)
            if rank is not None
        ]
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


def _by_source(quotes: Iterable[Quote], found: Said) -> list[Quote]:
    first: dict[int, Quote] = {}
    for quote in quotes:
        first.setdefault(found.source_of[quote.passage.article_id], quote)
    return list(first.values())


def _term(surface: str, barred: frozenset[str] | set[str]) -> str:
    if surface.lower().endswith(("ly", "ed")) or not surface.replace("-", "").isalpha():
        return ""
    found = terms(surface)
    return found[0] if len(found) == 1 and found[0] not in barred else ""


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
    keys: tuple[str, ...]
    one: re.Pattern[str]
    other: re.Pattern[str]
    wordings: tuple[re.Pattern[str], ...]  # of `other`, the plainest first
    negated: re.Pattern[str]
    conditions: re.Pattern[str]
    partial: re.Pattern[str]

    def about(self, sentence: str, idf: Callable[[str], float]) -> set[str] | None:
        """Return what a sentence that is worded the one way is about; None where it is not.

        Its non-general terms; or, by subject, the rare ones of the words right before the wording.
        """
        text = self._worth_reading(sentence)
        found = self._standing(self.one, text)
        if found is None or self._standing(self.other, text) is not None:
            return None
        general = _rules().general
        if not self.by_subject:
            return set(terms(text)) - general
        before = " ".join(text[: found.start()].split()[-SUBJECT_WORDS:])
        return {term for term in terms(before) if term not in general and idf(term) >= LEAST_IDF}

    def opposes(self, sentence: str) -> int | None:
        """Return the place in the table of the other way in which a sentence is worded, or None.

        None too where it is worded the one way as well.
        """
        text = self._worth_reading(sentence)
        if self._standing(self.other, text) is None or self._standing(self.one, text) is not None:
            return None
        standing = (
            place
            for place, wording in enumerate(self.wordings)
            if self._standing(wording, text) is not None
        )
        return next(standing, None)

    def _worth_reading(self, sentence: str) -> str:
        text = fold(sentence).replace("’", "'")
        return text if any(word in text for word in self.keys) else ""

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
                # Most sentences hold none of these, and are not looked at any further.
                keys=tuple({max(w.split(), key=len) for w in (*pair["one"], *pair["other"])}),
                one=_any_of(pair["one"]),
                other=_any_of(pair["other"]),
                wordings=tuple(_any_of([wording]) for wording in pair["other"]),
                negated=re.compile(rf"\b(?:{negated})\W+(?:[\w'-]+\W+){{0,2}}$"),
                conditions=re.compile(rf"\b(?:{conditions})\b"),
                partial=re.compile(rf"\b(?:{partial})\b"),
            )
            for pair in table["pair"]
        ),
    )


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
