"""How probable it is that a passage answers a question.

A logistic model over what a search knows anyway, at the cost of a few sums a passage:

- the cosine of the two vectors;
- how much of the question's rarity the passage, its title and headings cover, and how rare the
  word is that they lack, as far as it matters: an answer about another drug is worthless however
  near it is, but "is it alright" asks the same without its "alright";
- how much of the article's title the question names: a long message seldom has the words of its
  answer, but it names its subject;
- how much nearer the question would be without the word that the passage lacks: "spasms in cats"
  is nearer to an article on spasms without its cats, "steroids" is not without its steroids;
- how long the question is, and how many passages were searched: of many passages the nearest to
  anything is nearer than of few.

The coefficients are in `confidence_weights.json`, with the data they were fitted on and how well
they did elsewhere; `python -m bench.calibrate` fits them. docs/silence.md is the whole story.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from index.analysis import WORD, terms
from index.lexical import LexicalIndex, Rows
from index.names import Mention, mentions, misprints
from index.records import Hit
from index.spelling import CONTRACTIONS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

GENERIC_WORDS = """
    ask question answer tell know find found look looking search searching information info help
    need want wish like advice advise suggest recommend explain understand show give please thank
    thanks hello hi dear sir madam regards subject message name location contact email request
    service customer general site website article page doctor doctors physician hospital
    treat treatment treatments therapy manage management cause causes causing caused symptom
    symptoms sign signs diagnose diagnosed diagnosis test prevent prevention prognosis outlook
    complication complications risk risks effect effects side safe safety concern concerns
    precaution precautions special prescribe prescribed prescription medicine medication drug drugs
    dose overdose happen happens occur research clinical trial inherited inheritance genetic people
    person affected affect patient mother father
    husband wife son daughter brother sister friend family old
    long short time day days week weeks month months year years ago often many much more less most
    every any another other first last next new now today tonight since still back good bad best
    better worse well normal common different possible main really very way thing things go going
    come get make made take taking use used using work keep start stop feel feeling try tried think
    say said see put mean let anything something anyone someone
    hubby missus bloke guy boyfriend girlfriend partner fella lad lass boy girl nan gran grandma
    granny grandmother grandad granddad grandpa grandfather grandson granddaughter dad mum aunt
    auntie uncle cousin niece nephew neighbour mate pal colleague lady gentleman
    link linked connected connection related behind wonder wondering worth true truth actually
    bring brings started starting began whenever two lot lots own over out round kind sort bit
    always usually sometimes already ever never yet soon maybe perhaps"""
"""Words that say what is wanted, or who asks, rather than what about. Not whom it is about: what is
safe for adults need not be so for a child (docs/silence.md). In a corpus of five articles half of
them are unknown, and would count there as the rarest words of all. Contractions are among them, and
are kept with the spelling."""
GENERIC_WEIGHT = 0.25
"""What a generic word's rarity counts for. On the development sets 0.1 to 0.5 come to the same
AUROC within .003; at 1 the messages of people against absent topics lose .005."""

TITLE_FLOOR = 0.5
"""A title's weight counts as this at least: where all titles have the same few words, to name them
is to name no article. When it was chosen, by an earlier fit on fewer masked questions, 17 of 141
questions beside the subject were answered without it and 16 with it, and 30 and 27 of 182 masked.
By the stored fit 9 of 141 are, and 178 of 699 masked (docs/silence.md)."""
DOUBTS = 6
"""Words of a question, the rarest, that are left out in turn to see what it is without them. By an
earlier fit, with 4 or 2 the calibration error on all of MedQuAD is .042 and .036 instead of .037,
the AUROC .963 and .961 instead of .964, and of those with an answer 17 and 16 instead of 15 of 167
are silenced."""
MATTERS = 0.2
"""One less the cosine of a question to itself less a word, from which on the word matters in full.
By the fit that chose it, from .1 to .6 the AUROC on all of MedQuAD is .964 or .965, and of the 461
questions then on the seeds 20 are judged wrongly at .2, 22 at .15 and .3, 24 at .1 and .6, and 32
where every word matters in full."""

TYPICAL_TERMS = 6
"""Terms up to which a question is short: people search with 3 and write messages of 24 (medians of
`health_search.jsonl` and of `long_with_summary.jsonl` in the evaluation data)."""
FEWEST, MOST = 60, 100_000
"""Passages between which the size of a corpus speaks: fitted on 19 to 35,471, and trusted in its
direction beyond, but a few passages are no reason to believe anything."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the model weighs it.

    `weights` holds each distinct term's share of the largest possible idf, in [0, 1], a quarter of
    it for generic words; `length` is in [0, 1], 0 up to a usual question and 1 from ten times that;
    `size` is log10 of the passages searched over 1,000, in [-1.3, 2]. `names` are the names in it
    that the articles also call something else, or spell otherwise; who has another name has the
    name.
    """

    weights: Mapping[str, float]
    length: float
    size: float
    names: tuple[Mention, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for and against passages, each an array `(n,)` or the same for all.

    `cosine` in [-1, 1]; in [0, 1] `coverage`, the share of the question's weight that the passage,
    its title and headings hold, and `missing`, the largest weight they lack, in both a word that
    they lack only as far as it matters (`matters`); `title`, the share of the title's weight that
    the question names, generic words aside: "what causes migraine" does not name "What causes
    cramps". `length` and `size` as in `Asked`. `rise`, in [0, 1], is by how much the cosine is
    larger when a word that they lack is left out of the question.
    """

    cosine: Floats | float
    coverage: Floats | float
    missing: Floats | float
    title: Floats | float
    length: float
    size: float
    rise: Floats | float = 0.0


@dataclass(frozen=True, slots=True)
class Model:
    """The coefficients. More cosine, coverage or title, or less missing or rise, never lowers the
    result.

    `title_size` and `length_size` let the title and the length count for more or less as the corpus
    grows. A rise counts for less as it does, down to nothing at the largest: then a word that
    nobody has is in `missing` alone.
    """

    intercept: float
    cosine: float
    coverage: float
    missing: float
    title: float
    length: float
    size: float
    title_size: float
    rise: float
    length_size: float


@cache
def fitted() -> Model:
    """Return the model that `python -m bench.calibrate` stored."""
    stored = files("service.evidence").joinpath("confidence_weights.json").read_text("utf-8")
    return Model(**json.loads(stored)["model"])


@cache
def _generic_terms() -> frozenset[str]:
    return frozenset(terms(GENERIC_WORDS)).union(*map(terms, CONTRACTIONS))


def _weight(term: str, lexical: LexicalIndex) -> float:
    share = lexical.idf(term) / math.log1p((len(lexical) + 0.5) / 0.5)
    return share * (GENERIC_WEIGHT if term in _generic_terms() else 1.0)


def size_of(passages: int) -> float:
    """Return the size feature of a corpus of so many passages, in [-1.3, 2]."""
    return math.log10(min(MOST, max(FEWEST, passages)) / 1000)


@lru_cache(maxsize=16)
def rise_share(size: float) -> float:
    """Return what a rise counts for in a corpus of `size`: 1 in the smallest, 0 in the largest."""
    smallest, largest = size_of(FEWEST), size_of(MOST)
    return (largest - size) / (largest - smallest)


def weigh(query: str, lexical: LexicalIndex) -> Asked:
    """Weigh a query by `lexical`: the text that is searched, be it corrected or shortened."""
    weights = {term: _weight(term, lexical) for term in dict.fromkeys(terms(query))}
    length = math.log10(max(len(weights), 1) / TYPICAL_TERMS)
    names = mentions(query, weights, lexical) + misprints(weights, lexical)
    return Asked(weights, min(1.0, max(0.0, length)), size_of(len(lexical)), names)


def held(question: Asked, rows: Rows, lexical: LexicalIndex) -> Flags:
    """Return `(terms, n)` whether each of `rows` `(n,)` holds each of the question's terms, in the
    order of its `weights`, by any name.

    Asked of the lexical index, which knows title and headings too, so that no text is read.
    """
    found = np.zeros((len(question.weights), len(rows)), bool)
    for place, term in enumerate(question.weights):
        found[place] = lexical.holds(term, rows)
    places = {term: place for place, term in enumerate(question.weights)}
    for name in question.names:
        typed = [places[term] for term in name.typed if term in places]
        for other in name.others:
            found[typed] |= np.logical_and.reduce([lexical.holds(t, rows) for t in other.terms])
    return found


def doubts(question: Asked, query: str) -> dict[str, str]:
    """Return the question's `DOUBTS` rarest terms that are not generic, each with `query` less it.

    A term whose words cannot be taken out, or are all there is, is not among them.
    """
    places: dict[str, list[tuple[int, int]]] = {}
    for match in WORD.finditer(query):
        found = terms(match[0])
        if len(found) == 1 and found[0] not in _generic_terms():
            places.setdefault(found[0], []).append(match.span())
    rarest = sorted(places, key=lambda term: (-question.weights.get(term, 0.0), term))
    without = {term: _less(query, places[term]) for term in rarest[:DOUBTS]}
    return {term: text for term, text in without.items() if terms(text)}


def matters(cosine: float) -> float:
    """Return how much a word matters to a question, in [0, 1], by the `cosine` of the question to
    itself less the word."""
    return min(1.0, max(0.0, (1 - cosine) / MATTERS))


def _less(query: str, places: Sequence[tuple[int, int]]) -> str:
    for start, end in reversed(places):
        query = query[:start] + query[end:]
    return " ".join(query.split())


class Weighing:
    """The passages that a search found, weighed for one question: what no doubt can change."""

    def __init__(
        self,
        question: Asked,
        hits: Sequence[Hit],
        titles: Sequence[str],
        lexical: LexicalIndex,
    ) -> None:
        """Weigh `hits`, each of which stands in the article called as `titles` says."""
        self._question = question
        self._cosine = np.array([hit.dense for hit in hits], np.float64)
        self.held = held(question, np.array([hit.row for hit in hits], np.int64), lexical)
        above = [
            question.weights.keys() & (_title_terms(title)[0] | _heading_terms(hit.passage.section))
            for hit, title in zip(hits, titles, strict=True)
        ]
        self._lacked: dict[str, Flags] = {}
        self._covered = np.zeros(len(hits))
        for inside, (term, weight) in zip(self.held, question.weights.items(), strict=True):
            there = inside | np.array([term in heads for heads in above], bool)
            self._covered += weight * there
            self._lacked[term] = ~there
        named = {title: title_named(question, title, lexical) for title in set(titles)}
        self._title = np.array([named[title] for title in titles], np.float64)

    def evidence(
        self,
        without: Mapping[str, NDArray[np.float32]] | None = None,
        mattering: Mapping[str, float] | None = None,
    ) -> Evidence:
        """Return the evidence for the passages.

        `without` holds, for some terms, the cosine of each passage to the question less that term,
        and `mattering`, in [0, 1], what it `matters`: a term that is not there matters in full.
        """
        missing = np.zeros(len(self._cosine))
        rise = np.zeros(len(self._cosine))
        total = self._covered.copy()
        for term, lacked in self._lacked.items():
            share = mattering.get(term, 1.0) if mattering else 1.0
            weight = self._question.weights[term] * share * lacked
            total += weight
            np.maximum(missing, weight, out=missing)
            if without and term in without:
                np.maximum(rise, (without[term] - self._cosine) * lacked, out=rise)
        return Evidence(
            cosine=self._cosine,
            coverage=self._covered / np.where(total > 0, total, 1.0),
            missing=missing,
            title=self._title,
            length=self._question.length,
            size=self._question.size,
            rise=np.minimum(1.0, rise),
        )


def title_named(question: Asked, title: str, lexical: LexicalIndex) -> float:
    """Return the share, in [0, 1], of the weight of `title` that a question names: `Evidence`."""
    total = named = 0.0
    for term in _title_terms(title)[1]:
        weight = _weight(term, lexical)
        total += weight
        if term in question.weights:
            named += weight
    return min(1.0, named / max(total, TITLE_FLOOR))


@lru_cache(maxsize=4096)
def _title_terms(title: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the terms of a title, and in order those that are not generic."""
    heading = frozenset(terms(title))
    return heading, tuple(sorted(heading - _generic_terms()))


@lru_cache(maxsize=4096)
def _heading_terms(section: tuple[str, ...]) -> frozenset[str]:
    return frozenset(terms("\n".join(section)))


def probability(found: Evidence, model: Model | None = None) -> Floats:
    """Return the probability in (0, 1) that each passage answers, by `model` or the stored one."""
    by = model or fitted()
    score = (
        by.intercept
        + by.cosine * found.cosine
        + by.coverage * found.coverage
        + by.missing * found.missing
        + (by.title + by.title_size * found.size) * found.title
        + (by.length + by.length_size * found.size) * found.length
        + by.size * found.size
        + by.rise * rise_share(found.size) * found.rise
    )
    return np.asarray(1 / (1 + np.exp(-score)), np.float64)


def least_to_lift(threshold: float) -> float:
    """Return the probability below which none reaches `threshold`, in (0, 1), whatever does not
    matter: words that are missed lower the score by the weights of `missing` and `coverage` at
    most."""
    return 1 / (1 + (1 / threshold - 1) * math.exp(fitted().coverage - fitted().missing))
