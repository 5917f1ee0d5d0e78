"""How probable it is that a passage answers a question.

A logistic model over what a search knows anyway, at the cost of a few sums a passage:

- the cosine of the two vectors;
- how much of the question's rarity the passage, its title and headings cover, and how rare the
  rarest word is that they lack: an answer about another drug is worthless however near it is;
- how much of the article's title the question names: a long message seldom has the words of its
  answer, but it names its subject;
- how long the question is, and how many passages were searched: of many passages the nearest to
  anything is nearer than of few.

The coefficients are in `confidence_weights.json`, with the data they were fitted on and how well
they did elsewhere; `python -m bench.calibrate` fits them. docs/silence.md is the whole story.
"""

import json
import math
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from index.analysis import terms
from index.lexical import LexicalIndex
from index.records import Hit

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
    person affected affect child children baby woman women man men adult patient mother father
    husband wife son daughter brother sister friend family old
    long short time day days week weeks month months year years ago often many much more less most
    every any another other first last next new now today tonight since still back good bad best
    better worse well normal common different possible main really very way thing things go going
    come get make made take taking use used using work keep start stop feel feeling try tried think
    say said see put mean let anything something anyone someone"""
"""Words that say what is wanted, or who asks, rather than what about. In a corpus of five articles
half of them are unknown, and would count there as the rarest words of all."""
GENERIC_WEIGHT = 0.25
"""What a generic word's rarity counts for. On the development sets 0.1 to 0.5 come to the same
AUROC within .003; at 1 the messages of people against absent topics lose .005."""

TYPICAL_TERMS = 6
"""Terms up to which a question is short: people search with 3 and write messages of 24 (medians of
`health_search.jsonl` and of `long_with_summary.jsonl` in the evaluation data)."""
FEWEST, MOST = 60, 100_000
"""Passages between which the size of a corpus speaks: fitted on 63 to 12,000, and trusted in its
direction beyond, but a few passages are no reason to believe anything."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the model weighs it.

    `weights` holds each distinct term's share of the largest possible idf, in [0, 1], a quarter of
    it for generic words; `length` is in [0, 1], 0 up to a usual question and 1 from ten times that;
    `size` is log10 of the passages searched over 1,000, in [-1.3, 2].
    """

    weights: Mapping[str, float]
    length: float
    size: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for and against a passage.

    `cosine` in [-1, 1]; in [0, 1] `coverage`, the share of the question's weight that the passage,
    its title and headings hold, `missing`, the largest weight they lack, and `title`, the share of
    the title's weight that the question names, generic words aside: "what causes migraine" does not
    name "What causes cramps". `length` and `size` as in `Asked`.
    """

    cosine: float
    coverage: float
    missing: float
    title: float
    length: float
    size: float


@dataclass(frozen=True, slots=True)
class Model:
    """The coefficients. More cosine, coverage or title, or less missing, never lowers the result.

    `title_size` lets the title count for more or less as the corpus grows.
    """

    intercept: float
    cosine: float
    coverage: float
    missing: float
    title: float
    length: float
    size: float
    title_size: float


@cache
def fitted() -> Model:
    """Return the model that `python -m bench.calibrate` stored."""
    stored = files("service").joinpath("confidence_weights.json").read_text("utf-8")
    return Model(**json.loads(stored)["model"])


@cache
def _generic_terms() -> frozenset[str]:
    return frozenset(terms(GENERIC_WORDS))


def _weight(term: str, lexical: LexicalIndex) -> float:
    share = lexical.idf(term) / math.log1p((len(lexical) + 0.5) / 0.5)
    return share * (GENERIC_WEIGHT if term in _generic_terms() else 1.0)


def size_of(passages: int) -> float:
    """Return the size feature of a corpus of so many passages, in [-1.3, 2]."""
    return math.log10(min(MOST, max(FEWEST, passages)) / 1000)


def weigh(query: str, lexical: LexicalIndex) -> Asked:
    """Weigh a query by `lexical`: the text that is searched, be it corrected or shortened."""
    weights = {term: _weight(term, lexical) for term in dict.fromkeys(terms(query))}
    length = math.log10(max(len(weights), 1) / TYPICAL_TERMS)
    return Asked(weights, min(1.0, max(0.0, length)), size_of(len(lexical)))


def evidence(
    question: Asked,
    hit: Hit,
    title: str,
    lexical: LexicalIndex,
    words: Set[str] | None = None,
) -> Evidence:
    """Return the evidence for `hit`, which stands in the article called `title`.

    `words` are the terms of the question that the passage's text holds, where a lexical index has
    told them already; without them the text is read.
    """
    heading, subject = _title_terms(title)
    above = _heading_terms(hit.passage.section)
    inside = set(terms(hit.passage.text)) if words is None else words
    weights = question.weights
    total = covered = missing = 0.0
    for term, weight in weights.items():
        total += weight
        if term in inside or term in heading or term in above:
            covered += weight
        elif weight > missing:
            missing = weight
    title_total = named = 0.0
    for term in subject:
        weight = _weight(term, lexical)
        title_total += weight
        if term in weights:
            named += weight
    return Evidence(
        cosine=hit.dense,
        coverage=min(1.0, covered / total) if total else 0.0,
        missing=missing,
        title=min(1.0, named / title_total) if title_total else 0.0,
        length=question.length,
        size=question.size,
    )


@lru_cache(maxsize=4096)
def _title_terms(title: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the terms of a title, and in order those that are not generic."""
    heading = frozenset(terms(title))
    return heading, tuple(sorted(heading - _generic_terms()))


@lru_cache(maxsize=4096)
def _heading_terms(section: tuple[str, ...]) -> frozenset[str]:
    return frozenset(terms("\n".join(section)))


def probability(found: Evidence, model: Model | None = None) -> float:
    """Return the probability in (0, 1) that the passage answers, by `model` or the stored one."""
    by = model or fitted()
    score = (
        by.intercept
        + by.cosine * found.cosine
        + by.coverage * found.coverage
        + by.missing * found.missing
        + (by.title + by.title_size * found.size) * found.title
        + by.length * found.length
        + by.size * found.size
    )
    return 1 / (1 + math.exp(-score))
