"""What a whole article says for each of its passages: its words and its mean direction.

A passage may answer in words that leave out what the article is about. So every passage is also
judged by the article around it. Both sides are derived from the passages when a snapshot is
opened, in a fixed order: nothing more is stored, and an index grown step by step has the same as
one built afresh. Where there are many articles, the directions of most are taken when they are
asked for. What follows from the base of a large index (`index.parts`) is kept for the next snapshot
that stands on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.arrays import Stored, release
from index.lexical import LexicalIndex
from index.lexical_merging import merged
from index.parts import PartedLexicalIndex, PartedVectors
from index.snapshot import Part, Snapshot

STRIDE = 4_096
"""Articles summed at a time: their sums are 13 MB at 384 components."""
HELD = 50_000
"""Articles, the longest, whose mean vectors are held: 77 MB at 384 components. Of 152,748 articles
a question reaches 304 (median), whose cosines take 1.8 ms so, 2.7 with 20,000 held, 4.5 with none
and 0.2 with all, which are 235 MB (processor time; docs/scale.md)."""


@dataclass(frozen=True, slots=True)
class Side:
    """The articles of rows that were written together: which each row's is, and what they say."""

    article_of: NDArray[np.int64]
    vectors: Stored
    lexical: LexicalIndex

    @classmethod
    def of(cls, part: Part, spans: Sequence[tuple[int, int]]) -> "Side":
        """Return the article side of a part; `spans` are its articles' first rows and numbers."""
        told = sorted(span for span in spans if span[1])
        firsts = np.array([first for first, _ in told], np.int64)
        counts = np.array([count for _, count in told], np.int64)
        article_of = np.repeat(np.arange(len(told), dtype=np.int64), counts)
        vectors = MeanDirections(part.vectors, firsts)
        release(part.vectors)
        return cls(article_of, vectors, merged(part.lexical, article_of))


@dataclass(frozen=True, slots=True)
class ArticleIndex:
    """The articles that have passages, in the order of their rows.

    `article_of` `(n,)` names each passage row's article by its place here. `vectors` `(a, d)` are
    the unit means of the passages' vectors; where they cancel out, zeros. Row i of `lexical` holds
    all terms of article i. `base` is that of the snapshot's base alone.
    """

    article_of: NDArray[np.int64]
    vectors: Stored
    lexical: LexicalIndex
    base: Side

    @classmethod
    def of(cls, snapshot: Snapshot, before: "ArticleIndex | None" = None) -> "ArticleIndex":
        """Return the article side of an open snapshot.

        `before` is that of another one with the same base, which is not derived again.
        """
        spans = snapshot.records.spans()
        base = before.base if before else Side.of(snapshot.base, spans[0])
        if snapshot.newer is None or snapshot.places is None:
            return cls(base.article_of, base.vectors, base.lexical, base)
        newer = Side.of(snapshot.newer, spans[1])
        known = len(base.vectors)
        # No article is in both parts: where the next row is another's, the next article begins.
        held = np.concatenate([base.article_of, newer.article_of + known])[snapshot.places]
        begins = np.ones(len(held), bool)
        np.not_equal(held[1:], held[:-1], out=begins[1:])
        places = held[begins].astype(np.int32)
        return cls(
            np.cumsum(begins) - 1,
            PartedVectors(base.vectors, newer.vectors, places),
            PartedLexicalIndex(base.lexical, newer.lexical, places),
            base,
        )

    def scores_of(
        self, vector: NDArray[np.float32], articles: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Return the cosines `(len(articles),)` of a query vector `(d,)` with articles.

        Summed article by article in a fixed order, as `DenseIndex.scores_of` does for rows.
        """
        cosines: NDArray[np.float32] = np.einsum(
            "nd,d->n", self.vectors[articles], vector, optimize=False
        )
        return cosines


class MeanDirections:
    """The unit means `(a, d)` of runs of rows that begin at the rising `firsts`, read as an array.

    Those of the `HELD` longest runs are held. The others, none longer than `n / HELD` of n rows,
    are taken when they are asked for, to the same bits.
    """

    def __init__(self, vectors: Stored, firsts: NDArray[np.int64]) -> None:
        self._vectors = vectors
        self._firsts = firsts
        self._ends = np.append(firsts[1:], len(vectors))[: len(firsts)]
        longest = np.argsort(firsts - self._ends, kind="stable")[:HELD]
        self._places = np.full(len(firsts), -1, np.int32)
        self._places[longest] = np.arange(len(longest), dtype=np.int32)
        self._held = mean_directions(vectors, firsts[longest], self._ends[longest])

    @property
    def shape(self) -> tuple[int, int]:
        """Number of runs and of components."""
        return len(self._firsts), int(self._vectors.shape[1])

    def __len__(self) -> int:
        return len(self._firsts)

    def __getitem__(self, runs: slice | NDArray[Any]) -> NDArray[np.float32]:
        places = self._places[runs]
        found = self._held[places]
        others = places < 0
        if others.any():
            asked, which = np.unique(np.arange(len(self))[runs][others], return_inverse=True)
            means = mean_directions(self._vectors, self._firsts[asked], self._ends[asked])
            found[others] = means[which]
        return found


def mean_directions(
    vectors: Stored, firsts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the unit means `(a, d)` of runs of rows, each from one of `firsts` to its end.

    Where a run's vectors cancel out, zeros.
    """
    means = np.empty((len(firsts), vectors.shape[1]), np.float32)
    for start in range(0, len(firsts), STRIDE):
        part = slice(start, start + STRIDE)
        runs = zip(firsts[part].tolist(), ends[part].tolist(), strict=True)
        sums = np.empty((len(firsts[part]), vectors.shape[1]))
        # Run by run: reduceat gives the same bits in ten times the time, over a float64 copy.
        for place, (first, end) in enumerate(runs):
            np.add.reduce(vectors[first:end], axis=0, dtype=np.float64, out=sums[place])
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        np.divide(sums, norms, out=sums, where=norms > 0)
        means[part] = np.where(norms > 0, sums, 0)
    return means
