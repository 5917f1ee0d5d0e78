"""A question to its hits, over one open snapshot."""

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from index.analysis import terms
from index.fusion import POOL, fuse
from index.lexical import best
from index.records import Hit
from index.snapshot import Snapshot
from index.spelling import Spelling


class Searcher:
    """Fused dense and lexical search. Same snapshot, same question, same hits, bit for bit."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._spelling: Spelling | None = None
        self._learning = threading.Lock()

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

    def corrected(self, question: str, is_word: Callable[[str], bool]) -> str | None:
        """Return `question` with its misspelt words as the articles write them, or None.

        `is_word` tells whether a folded word is an everyday one, which is never touched.
        """
        with self._learning:
            if self._spelling is None:
                self._spelling = Spelling(self.snapshot.lexical, self._surface, is_word)
        return self._spelling.corrected(question)

    def _surface(self, term: str) -> str | None:
        """Return a word of the first passage that holds `term` whose stem it is."""
        rows = self.snapshot.lexical.rows_with(term)[:1]
        for passage in self.snapshot.records.passages(rows.tolist()).values():
            for word in " ".join((*passage.section, passage.text)).split():
                bare = word.strip("()[]{}.,;:!?\"'“”‘’«»…–—/")
                if terms(bare) == [term]:
                    return bare.lower()
        return None
