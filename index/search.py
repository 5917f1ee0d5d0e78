"""A question to its hits, over one open snapshot."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.analysis import terms
from index.articles import ArticleIndex
from index.directions import TermDirections, TermSignals, is_one_sentence
from index.filters import Columns, Filter
from index.focus import focus, term_weights
from index.fusion import POOL, Signals, fuse_signals
from index.lexical import Rows, best
from index.names import Mention, lift, preferred, worded
from index.records import Hit
from index.sentences import Span
from index.snapshot import Snapshot
from index.spelling import Spelling


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, best first, and the spans of the query's words that were searched for."""

    hits: list[Hit]
    focus: tuple[Span, ...]


class Searcher:
    """Fused dense and lexical search. Same snapshot, same question, same hits, bit for bit."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.articles = ArticleIndex.of(snapshot)
        self.directions = TermDirections.of(snapshot.lexical, snapshot.dense.vectors)
        self._spelling: Spelling | None = None
        self._columns: Columns | None = None
        self._learning = threading.Lock()

    def rows_of(self, wanted: Filter) -> Rows:
        """Return the rows `(m,)` that a filter lets through, in order.

        Raises `QuestionError` when a bound is not a date.
        """
        with self._learning:
            if self._columns is None:
                self._columns = Columns.of(self.snapshot.records)
        return self._columns.rows(wanted, self.articles.article_of)

    def search(
        self, query: str, vector: NDArray[np.float32], k: int, *, allowed: Rows | None = None
    ) -> list[Hit]:
        """Return at most `k` hits for `query`, best first; equal scores, lower row first.

        `vector` is the unit vector `(d,)` of the query, or of what the encoder takes of it. With
        `allowed`, the rows of a filter in order, it is as if no other row could be found: `k` hits
        come back where there are as many.
        """
        return self.find(query, vector, k, allowed=allowed).hits

    def find(
        self, query: str, vector: NDArray[np.float32], k: int, *, allowed: Rows | None = None
    ) -> Found:
        """Return the hits of `search`, and which words of `query` were searched for."""
        near, weights = self._read(query, vector, allowed)
        rows, signals = self._signals(query, near, weights, vector, allowed)
        scores = fuse_signals(signals)
        order = np.lexsort((rows, -scores))[:k]
        passages = self.snapshot.records.passages(rows[order])
        hits = [
            Hit(
                row=int(rows[i]),
                passage=passages[int(rows[i])],
                score=float(scores[i]),
                dense=float(signals.passage_dense[i]),
                lexical=float(signals.passage_lexical[i]),
            )
            for i in order
        ]
        return Found(hits, focus(query, weights))

    def signals(
        self, query: str, vector: NDArray[np.float32], *, allowed: Rows | None = None
    ) -> tuple[Rows, Signals]:
        """Return the rows worth a look, in order, and what is known of each.

        They are the `POOL` nearest to `vector` and the `POOL` best for the words of `query`, of all
        rows or of those `allowed`.
        """
        return self._signals(query, *self._read(query, vector, allowed), vector, allowed)

    def _read(
        self, query: str, vector: NDArray[np.float32], allowed: Rows | None
    ) -> tuple[Rows, Mapping[str, float]]:
        """Return the rows nearest to `vector`, best first, and the weighted terms of `query`."""
        _, near = self.snapshot.dense.search(vector[None, :], POOL, allowed=allowed)
        return near[0], term_weights(query, self.snapshot.lexical, near[0])

    def _signals(
        self,
        query: str,
        near: Rows,
        weights: Mapping[str, float],
        vector: NDArray[np.float32],
        allowed: Rows | None,
    ) -> tuple[Rows, Signals]:
        snapshot = self.snapshot
        named = self.named(query)
        lexical = snapshot.lexical.scores_of_terms(weights)
        article_lexical = self.articles.lexical.scores_of_terms(weights)
        if named:
            lexical += lift(named, weights, snapshot.lexical)
            article_lexical += lift(named, weights, self.articles.lexical)
        _, matching = best(lexical, POOL, allowed=allowed)
        rows = np.union1d(near, matching)
        articles = self.articles.article_of[rows]
        return rows, Signals(
            passage_dense=snapshot.dense.scores_of(vector, rows),
            article_dense=self.articles.scores_of(vector, articles),
            passage_lexical=lexical[rows],
            article_lexical=article_lexical[articles],
            terms=self._term_signals(query, weights, rows),
        )

    def _term_signals(
        self, query: str, weights: Mapping[str, float], rows: Rows
    ) -> TermSignals | None:
        if self.directions is None or not is_one_sentence(query, len(weights)):
            return None
        snapshot = self.snapshot
        return self.directions.signals(weights, snapshot.lexical, snapshot.dense.vectors, rows)

    def named(self, query: str) -> tuple[Mention, ...]:
        """Return the names in `query` that the articles call something else, searched for too."""
        return preferred(query, self.snapshot.lexical)

    def worded(self, query: str, fits: Callable[[str], bool]) -> str:
        """Return what the encoder should read of `query`: with the articles' own names, if it fits.

        `query` fits already, as `index.focus.condensed` leaves it.
        """
        wider = worded(query, self.named(query))
        return wider if wider == query or fits(wider) else query

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
