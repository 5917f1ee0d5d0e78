"""How probable it is that a passage answers a question.

A logistic model over what a search knows anyway: how near the vectors are, and how much of the
question's rarity the passage covers (a passage about another drug is worthless however near).
"""

import math
from dataclasses import dataclass

from index.analysis import terms
from index.lexical import LexicalIndex
from index.records import Hit

INTERCEPT = -9.9
COSINE = 15.0
COVERAGE = 7.5
"""A first, simple line through the development questions on the seeds (`python -m bench.seeds`):
there the answerable ones have 2 · cosine + coverage of 1.5 and more, the others 1.1 and less."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a passage: the cosine, and the share of the question's idf it covers."""

    cosine: float
    coverage: float


def evidence(question: str, hit: Hit, context: str, lexical: LexicalIndex) -> Evidence:
    """Return the evidence for `hit`; `context` is the title and headings it stands under."""
    wanted = set(terms(question))
    total = sum(lexical.idf(term) for term in wanted)
    present = wanted & set(terms(f"{context}\n{hit.passage.text}"))
    covered = sum(lexical.idf(term) for term in present)
    return Evidence(hit.dense, covered / total if total else 0.0)


def probability(found: Evidence) -> float:
    """Return the probability in (0, 1) that the passage answers."""
    score = INTERCEPT + COSINE * found.cosine + COVERAGE * found.coverage
    return 1 / (1 + math.exp(-score))
