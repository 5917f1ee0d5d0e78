"""What each word of the articles stands beside: a direction for every term, from the passages.

    direction(t) = unit( Σ gain(t, i) · (v_i - c) )

over the `PROMINENT` passages i where t gains most, with v_i the vector of passage i, c the mean of
all of them, and gain what t adds to BM25. Two words that are used in the same matters have
directions near to each other. No model is asked for them and nothing is stored: they follow from a
snapshot's vectors and terms, in a fixed order.

A query of one sentence is judged by them in two ways (`TermSignals`). In a message of several, the
words that matter stand among many that do not, and each of these would pull with its own direction:
there it does harm (docs/retrieval.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from index.lexical import LexicalIndex, Rows, Scores
from index.sentences import sentence_spans

PROMINENT = 100
"""30 and 300 do as well, within .002 (docs/retrieval.md)."""
POWER = 1.5
"""A query's term counts as idf to this power; 1 and 2 do as well, within .004."""
MOST_TERMS = 32
"""What is longer without a full stop is not one sentence, and would cost its time."""
MOST_ROWS = 200_000
"""Above this many passages no directions are made: they would take a second more of opening, and
a hundred megabytes, for every 50,000."""


@dataclass(frozen=True, slots=True)
class TermSignals:
    """What the directions of a query's terms say of n rows, each `(n,)`.

    `direction` is the inner product of a passage's vector with the mean of the terms' directions,
    to be compared within one query only. `likeness`, from -1 to 1, asks for each term of the query
    how near the nearest term of the passage is to it, 1 when it is there itself; the mean.
    """

    direction: Scores
    likeness: Scores


@dataclass(frozen=True, slots=True)
class TermDirections:
    """The directions `(m, d)` of the m terms of an index, and which of them each passage holds.

    Passage i holds the terms `held[starts[i]:starts[i + 1]]`.
    """

    columns: Mapping[str, int]
    vectors: NDArray[np.float32]
    starts: NDArray[np.int64]
    held: NDArray[np.int32]

    @classmethod
    def of(cls, lexical: LexicalIndex, vectors: NDArray[np.float32]) -> "TermDirections | None":
        """Return the directions for passages of `vectors` `(n, d)`; None when they are too many."""
        if len(lexical) > MOST_ROWS:
            return None
        centre = (
            vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
            if len(vectors)
            else np.zeros(vectors.shape[1], np.float32)
        )
        rows, gains, holders = [], [], []
        for term in lexical.vocabulary:
            where, gain = lexical.gains(term)
            holders.append(where.astype(np.int32))
            chosen = _prominent(gain)
            rows.append(where[chosen].astype(np.int32))
            gains.append(gain[chosen])
        size = (len(lexical.vocabulary), len(lexical))
        weights = _by_term(rows, gains, size)
        sums = weights @ vectors - np.asarray(weights.sum(axis=1)) * centre
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        units = np.divide(sums, norms, out=np.zeros_like(sums), where=norms > 0)
        by_passage = _by_term(holders, [np.ones(len(h), np.float32) for h in holders], size).T
        by_passage = by_passage.tocsr()
        by_passage.sort_indices()
        return cls(
            {term: column for column, term in enumerate(lexical.vocabulary)},
            units.astype(np.float32, copy=False),
            by_passage.indptr.astype(np.int64),
            by_passage.indices.astype(np.int32),
        )

    def signals(
        self,
        weights: Mapping[str, float],
        lexical: LexicalIndex,
        vectors: NDArray[np.float32],
        rows: Rows,
    ) -> TermSignals | None:
        """Return what the terms of a query say of `rows`; None when none has a direction.

        `weights` are those of `index.focus.term_weights`, `vectors` those of the passages `(n, d)`.
        """
        asked = [term for term in sorted(weights) if term in self.columns]
        if not asked or not len(rows):
            return None
        shares = np.array([weights[t] * lexical.idf(t) ** POWER for t in asked], np.float32)
        shares /= shares.sum()
        directions = self.vectors[[self.columns[term] for term in asked]]
        towards = np.einsum("t,td->d", shares, directions, optimize=False)
        near = np.einsum("nd,d->n", vectors[rows], towards, optimize=False)
        return TermSignals(near, self._likeness(shares, directions, rows))

    def _likeness(
        self, shares: NDArray[np.float32], directions: NDArray[np.float32], rows: Rows
    ) -> Scores:
        """Return the mean over the query's terms, by `shares`, of the likeness of the nearest."""
        counts = self.starts[rows + 1] - self.starts[rows]
        places = np.repeat(self.starts[rows] - np.cumsum(counts) + counts, counts)
        held = self.held[places + np.arange(len(places))]
        used = np.zeros(len(self.vectors), bool)
        used[held] = True
        distinct = np.flatnonzero(used)
        at = np.empty(len(self.vectors), np.int32)
        at[distinct] = np.arange(len(distinct), dtype=np.int32)
        likeness = np.zeros(len(rows), np.float32)
        full = counts > 0
        if not full.any():
            return likeness
        # Not by BLAS: beside other work its threads wait for one another, ten times as long.
        alike = np.einsum("td,hd->th", directions, self.vectors[distinct], optimize=False)
        firsts = (np.cumsum(counts) - counts)[full]
        nearest = np.maximum.reduceat(alike[:, at[held]], firsts, axis=1)
        likeness[full] = np.einsum("t,tn->n", shares, nearest, optimize=False)
        return likeness


def is_one_sentence(query: str, terms: int) -> bool:
    """Return whether `query`, of so many distinct `terms`, is one sentence, and not a message."""
    return terms <= MOST_TERMS and len(sentence_spans(" ".join(query.split()))) == 1


def _prominent(gains: Scores) -> NDArray[np.int64]:
    """Return the places of the `PROMINENT` largest gains, in order; ties, the lower place."""
    if len(gains) <= PROMINENT:
        return np.arange(len(gains))
    edge = np.partition(gains, len(gains) - PROMINENT)[len(gains) - PROMINENT]
    level = np.flatnonzero(gains >= edge)
    return np.sort(level[np.argsort(-gains[level], kind="stable")[:PROMINENT]])


def _by_term(
    rows: list[NDArray[np.int32]], values: list[Scores], size: tuple[int, int]
) -> csr_matrix:
    """Return the matrix `(terms, passages)` with `values[t]` at the rows `rows[t]` of term t."""
    starts = np.cumsum([0, *(len(each) for each in rows)], dtype=np.int64)
    if not rows:
        return csr_matrix(size, dtype=np.float32)
    return csr_matrix((np.concatenate(values), np.concatenate(rows), starts), shape=size)
