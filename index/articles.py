"""What a whole article says for each of its passages: its words and its mean direction.

A passage may answer in words that leave out what the article is about. So every passage is also
judged by the article around it. Both sides are derived from the passages when a snapshot is
opened, in a fixed order: nothing more is stored, and an index grown step by step has the same as
one built afresh.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.arrays import release
from index.lexical import LexicalIndex
from index.snapshot import Snapshot

STRIDE = 4_096
"""Articles summed at a time: their sums are 13 MB at 384 components."""


@dataclass(frozen=True, slots=True)
class ArticleIndex:
    """The articles that have passages, in the order of their rows.

    `article_of` `(n,)` names each passage row's article by its place here. `vectors` `(a, d)` are
    the unit means of the passages' vectors; where they cancel out, zeros. Row i of `lexical` holds
    all terms of article i.
    """

    article_of: NDArray[np.int64]
    vectors: NDArray[np.float32]
    lexical: LexicalIndex

    @classmethod
    def of(cls, snapshot: Snapshot) -> "ArticleIndex":
        """Return the article side of an open snapshot."""
        spans = sorted(span for span in snapshot.records.article_rows().values() if span[1])
        firsts = np.array([first for first, _ in spans], np.int64)
        counts = np.array([count for _, count in spans], np.int64)
        article_of = np.repeat(np.arange(len(spans), dtype=np.int64), counts)
        vectors = mean_directions(snapshot.dense.vectors, firsts)
        release(snapshot.dense.vectors)
        return cls(article_of, vectors, snapshot.lexical.merged(article_of))

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


def mean_directions(vectors: NDArray[np.float32], firsts: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the unit means `(a, d)` of runs of rows that begin at the rising `firsts`."""
    means = np.empty((len(firsts), vectors.shape[1]), np.float32)
    ends = np.append(firsts[1:], len(vectors))
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
