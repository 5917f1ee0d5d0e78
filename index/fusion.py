"""Four rankings into one.

    plain = w · minmax(cosine) + (1 - w) · bm25 / max bm25
    fused = a · minmax(cosine) + b · minmax(article cosine)
          + c · bm25 / max bm25 + d · article bm25 / max article bm25,   a + b + c + d = 1

and for a query of one sentence also

          + e · minmax(direction) + f · minmax(likeness),                 a + … + f = 1

over the union of the best `POOL` rows of each side, every row of which has all of its scores
(Bruch, Gai & Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", 2023: a convex
combination of normalised scores beats reciprocal ranks). The article's scores are those of the
whole article around a passage (`index.articles`); direction and likeness are those of the query's
terms (`index.directions`). They weigh more in a query with a rare term that the encoder agrees to.

The weights were swept by `python -m bench.retrieval`; the tables are in
docs/records/retrieval.md.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.directions import TermSignals

Scores32 = NDArray[np.float32]
Scores64 = NDArray[np.float64]

POOL = 200
DENSE_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights, from 0 to 1, of sum 1; the last two are those of the terms' directions."""

    passage_dense: float
    article_dense: float
    passage_lexical: float
    article_lexical: float
    direction: float = 0
    likeness: float = 0


WEIGHTS = Weights(0.5, 0.2, 0.1, 0.2)
SENTENCE_WEIGHTS = Weights(0.4, 0.15, 0.05, 0.15, 0.1, 0.15)
RARE_WEIGHTS = Weights(0.3, 0.1, 0.05, 0.1, 0.15, 0.3)
"""For a sentence with a rare term that the nearest passages hold: its terms say more there."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of n rows for one query, each `(n,)`: cosines and BM25 scores.

    `terms` is there for a query of one sentence that has terms of the articles.
    """

    passage_dense: Scores32
    article_dense: Scores32
    passage_lexical: Scores32
    article_lexical: Scores32
    terms: TermSignals | None = None


def fuse(dense: Scores32, lexical: Scores32, weight: float = DENSE_WEIGHT) -> Scores64:
    """Return the plainly fused scores in [0, 1] of n rows, from their cosines and BM25, `(n,)`.

    Where one side cannot tell the rows apart (BM25 finds nothing; all cosines are equal), it
    contributes 0 to all of them and the other decides.
    """
    return weight * _spread(dense) + (1 - weight) * _share(lexical)


def fuse_signals(signals: Signals, weights: Weights | None = None) -> Scores64:
    """Return the fused scores in [0, 1] of n rows, `(n,)`; a signal that is level gives 0.

    Without `weights`, by `SENTENCE_WEIGHTS` where there are `signals.terms`, or by `RARE_WEIGHTS`
    if these are of a rare one; by `WEIGHTS` else.
    """
    if weights is None:
        weights = _weights_for(signals.terms)
    fused = (
        weights.passage_dense * _spread(signals.passage_dense)
        + weights.article_dense * _spread(signals.article_dense)
        + weights.passage_lexical * _share(signals.passage_lexical)
        + weights.article_lexical * _share(signals.article_lexical)
    )
    if signals.terms is None:
        return fused
    fused += weights.direction * _spread(signals.terms.direction)
    fused += weights.likeness * _spread(signals.terms.likeness)
    return fused


def _weights_for(terms: TermSignals | None) -> Weights:
    if terms is None:
        return WEIGHTS
    return RARE_WEIGHTS if terms.rare else SENTENCE_WEIGHTS


def _spread(cosines: Scores32) -> Scores64:
    """Return the cosines stretched to [0, 1]; zeros where all are equal."""
    wide = cosines.astype(np.float64)
    if not len(wide) or wide.max() == wide.min():
        return np.zeros_like(wide)
    spread: Scores64 = (wide - wide.min()) / (wide.max() - wide.min())
    return spread


def _share(matches: Scores32) -> Scores64:
    """Return BM25 scores as shares of the largest; zeros where nothing matches."""
    wide = matches.astype(np.float64)
    if not len(wide) or wide.max() <= 0:
        return np.zeros_like(wide)
    share: Scores64 = wide / wide.max()
    return share
