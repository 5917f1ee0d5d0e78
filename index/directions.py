"""What each word of the articles stands beside: a direction for every term, from the passages.

    direction(t) = unit( Σ gain(t, i) · (v_i - c) )

over the `PROMINENT` passages i where t gains most, with v_i the vector of passage i on the `AXES`
axes of largest variance, c the mean of all of them, and gain what t adds to BM25. Two words that
are used in the same matters have directions near to each other. No model is asked for them and
nothing is stored: they follow from a snapshot's vectors and terms, in a fixed order.

A query of one sentence is judged by them in two ways (`TermSignals`). In a message of several, the
words that matter stand among many that do not, and each of these would pull with its own direction:
there it does harm (docs/retrieval.md), and they only help to weigh the words (`index.focus`). They
say most where a query has a rare word and the encoder, having read the query, comes to passages
that hold it: a gene, a drug. That is told with them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix
from threadpoolctl import threadpool_limits

from index.arrays import Stored
from index.focus import NEAREST
from index.lexical import LexicalIndex, Rows, Scores
from index.sentences import is_message

PROMINENT = 100
"""30 and 300 do as well, within .002 (docs/records/retrieval.md)."""
POWER = 1.5
"""A query's term counts as idf to this power; 1 and 2 do as well, within .004."""
AXES = 128
"""Components of a direction. SciFact has .7569 with all 384, and with 128; 96 .7562, 64 .7536."""
SEEN = 4096
"""Passages, evenly spaced, from which the axes are found."""
RARE = 0.66
"""A term is rare from this part of the largest idf on: when 16 of 17,000 passages hold it, 22 of
40,000. From .60 to .66 SciFact gains as much; below, short questions begin to lose. Of 63 passages
it is one or two, and 58 of 79 lay questions have such a term: no judgement of them hangs on it."""
MOST_TERMS = 32
"""What is longer without a full stop is not one sentence, and would cost its time."""
MOST_ROWS = 200_000
"""Above this many passages no directions are made: they would take a third of a second more of
opening, and twenty megabytes, for every 50,000."""


@dataclass(frozen=True, slots=True)
class TermSignals:
    """What the directions of a query's terms say of n rows, each `(n,)`.

    `direction` is the inner product of a passage's vector with the mean of the terms' directions,
    to be compared within one query only. `likeness`, from -1 to 1, asks for each term of the query
    how near the nearest term of the passage is to it, 1 when it is there itself; the mean. `rare`
    tells of the query whether it has a rare term that one of the passages nearest to it holds.
    """

    direction: Scores
    likeness: Scores
    rare: bool


@dataclass(frozen=True, slots=True)
class TermDirections:
    """The directions `(m, c)` of the m terms of an index, and which of them each passage holds.

    They lie on the c `axes` `(d, c)` along which the passages' vectors differ most. Passage i holds
    the terms `held[starts[i]:starts[i + 1]]`.
    """

    columns: Mapping[str, int]
    vectors: NDArray[np.float32]
    axes: NDArray[np.float32]
    starts: NDArray[np.int64]
    held: NDArray[np.int32]

    @classmethod
    def of(cls, lexical: LexicalIndex, stored: Stored) -> "TermDirections | None":
        """Return the directions for passages of vectors `(n, d)`; None when they are too many."""
        size = (len(lexical), len(lexical.vocabulary))
        if size[0] > MOST_ROWS:
            return None
        vectors = stored[:]
        # One thread: two take three times the time of one between them, and up to ten times as long
        # beside other work; and so the bits do not hang on how many there are.
        with threadpool_limits(1, user_api="blas"):
            axes = _axes(vectors)
            along = vectors @ axes
        if len(along):
            along -= along.mean(axis=0, dtype=np.float64).astype(np.float32)
        starts, rows, gains = lexical.postings()
        chosen = _prominent(starts, gains)
        begins = np.concatenate([[0], np.cumsum(chosen)])[starts]
        sums = csr_matrix((gains[chosen], rows[chosen], begins), shape=size[::-1]) @ along
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        units = np.divide(sums, norms, out=np.zeros_like(sums), where=norms > 0)
        ones = np.ones(len(rows), np.int8)
        by_passage = csc_matrix((ones, rows, starts), shape=size).tocsr()
        return cls(
            lexical.columns,
            units.astype(np.float32, copy=False),
            axes,
            by_passage.indptr.astype(np.int64, copy=False),
            by_passage.indices.astype(np.int32, copy=False),
        )

    def signals(
        self,
        weights: Mapping[str, float],
        lexical: LexicalIndex,
        vectors: Stored,
        rows: Rows,
        near: Rows,
    ) -> TermSignals | None:
        """Return what the terms of a query say of `rows`; None when none has a direction.

        `weights` are those of `index.focus.term_weights`, `vectors` those of the passages `(n, d)`,
        `near` the rows nearest to the query's vector, best first, of which `NEAREST` count.
        """
        asked = [term for term in sorted(weights) if term in self.columns]
        if not asked or not len(rows):
            return None
        shares = np.array([weights[t] * lexical.idf(t) ** POWER for t in asked], np.float32)
        shares /= shares.sum()
        directions = self.vectors[[self.columns[term] for term in asked]]
        nearest = self._nearest(directions, rows)
        likeness = np.einsum("t,tn->n", shares, nearest, optimize=False)
        towards = np.einsum("t,tc->c", shares, directions, optimize=False)
        towards = np.einsum("c,dc->d", towards, self.axes, optimize=False)
        return TermSignals(
            np.einsum("nd,d->n", vectors[rows], towards, optimize=False),
            likeness,
            _has_rare(asked, lexical, near[:NEAREST]),
        )

    def agreement(self, vector: NDArray[np.float32], terms: Sequence[str]) -> list[float]:
        """Return the cosine of the direction of each of the index's `terms` with a unit vector
        `(d,)`."""
        along = np.einsum("d,dc->c", vector, self.axes, optimize=False)
        directions = self.vectors[[self.columns[term] for term in terms]]
        cosines: list[float] = np.einsum("tc,c->t", directions, along, optimize=False).tolist()
        return cosines

    def _nearest(self, directions: NDArray[np.float32], rows: Rows) -> NDArray[np.float32]:
        """Return the cosine of each direction with the nearest term of each row.

        `(t, c)` → `(t, rows)`; 0 for a row without terms.
        """
        counts = self.starts[rows + 1] - self.starts[rows]
        firsts = np.cumsum(counts) - counts
        held = self.held[np.repeat(self.starts[rows] - firsts, counts) + np.arange(counts.sum())]
        nearest = np.zeros((len(directions), len(rows)), np.float32)
        full = counts > 0
        if not full.any():
            return nearest
        used = np.zeros(len(self.vectors), bool)
        used[held] = True
        distinct = np.flatnonzero(used)
        at = np.empty(len(self.vectors), np.int32)
        at[distinct] = np.arange(len(distinct), dtype=np.int32)
        # Not by BLAS: beside other work its threads wait for one another, ten times as long.
        vectors = self.vectors.take(distinct, axis=0)
        alike = np.einsum("tc,hc->th", directions, vectors, optimize=False)
        places, begins = at.take(held), firsts[full]
        for term, each in enumerate(alike):
            nearest[term, full] = np.maximum.reduceat(each.take(places), begins)
        return nearest


def is_one_sentence(query: str, terms: int) -> bool:
    """Return whether `query`, of so many distinct `terms`, is one sentence, and not a message."""
    return terms <= MOST_TERMS and bool(query.strip()) and not is_message(query)


def _has_rare(asked: Sequence[str], lexical: LexicalIndex, near: Rows) -> bool:
    """Return whether one of the terms `asked` is rare and one of the rows `near` holds it."""
    least = RARE * lexical.idf("")  # no term is empty: that of an unknown one, the largest
    return any(lexical.idf(t) >= least and lexical.holds(t, near).any() for t in asked)


def _axes(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the orthonormal `AXES` `(d, c)` of largest variance, all d where there are no more."""
    dimension = vectors.shape[1]
    if dimension <= AXES:
        return np.eye(dimension, dtype=np.float32)
    seen = vectors[:: max(1, len(vectors) // SEEN)]
    if not len(seen):
        return np.eye(dimension, AXES, dtype=np.float32)
    centred = seen - seen.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    return np.ascontiguousarray(directions[:, : -AXES - 1 : -1], np.float32)


def _prominent(starts: NDArray[np.int64], gains: Scores) -> NDArray[np.bool_]:
    """Return which postings are among the `PROMINENT` largest gains of their term.

    Of equal ones at the edge, those of the lower rows.
    """
    chosen = np.ones(len(gains), bool)
    for term in np.flatnonzero(np.diff(starts) > PROMINENT):
        span = slice(starts[term], starts[term + 1])
        gain = gains[span]
        edge = np.partition(gain, len(gain) - PROMINENT)[len(gain) - PROMINENT]
        above = gain > edge
        above[np.flatnonzero(gain == edge)[: PROMINENT - int(above.sum())]] = True
        chosen[span] = above
    return chosen
