"""A question to its hits, over one open snapshot."""

import numpy as np
from numpy.typing import NDArray

from index.fusion import POOL, fuse
from index.lexical import best
from index.records import Hit
from index.snapshot import Snapshot


class Searcher:
    """Fused dense and lexical search. Same snapshot, same question, same hits, bit for bit."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def search(self, query: str, vector: NDArray[np.float32], k: int) -> list[Hit]:
        """Return at most `k` hits for `query`, best first; equal scores, lower row first.

        `vector` is the query's unit vector, `(d,)`.
        """
        snapshot = self.snapshot
        lexical = snapshot.lexical.scores(query)
        _, near = snapshot.dense.search(vector[None, :], POOL)
        _, matching = best(lexical, POOL)
        rows = np.union1d(near[0], matching)
        if not len(rows):
            return []
        cosines = snapshot.dense.scores_of(vector, rows)
        scores = fuse(cosines, lexical[rows])
        order = np.lexsort((rows, -scores))[:k]
        passages = snapshot.records.passages(rows[order])
        return [
            Hit(
                row=int(rows[i]),
                passage=passages[int(rows[i])],
                score=float(scores[i]),
                dense=float(cosines[i]),
                lexical=float(lexical[rows[i]]),
            )
            for i in order
        ]
