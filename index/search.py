"""A question to its hits, over one open snapshot."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from index.analysis import WORD, terms, without_addresses
from index.articles import ArticleIndex
from index.directions import TermDirections, TermSignals, is_one_sentence
from index.filters import Columns, Filter
from index.focus import focus, term_weights
from index.fusion import POOL, Signals, fuse_signals
from index.lexical import Rows, best
from index.names import Mention, lift, preferred, worded
from index.records import Hit, Passage
from index.sentences import Span, is_message
from index.snapshot import Snapshot
from index.spelling import Spelling

LATELY = 8192
"""Passages read last that are kept, some 12 MB: reading one takes 12 to 16 microseconds."""


LOOKED_THROUGH = 32
"""Passages in which the forms of a stem are looked for, to correct a misspelt word by."""


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, best first, and the spans of the query's words that were searched for."""

    hits: list[Hit]
    focus: tuple[Span, ...]


class Searcher:
    """Fused dense and lexical search. Same snapshot, same question, same hits, bit for bit."""

    def __init__(self, snapshot: Snapshot, before: "Searcher | None" = None) -> None:
        """Search `snapshot`; what `before` knows of a base that both stand on is not derived again.

        Nothing else of `before` is held.
        """
        self.snapshot = snapshot
        self.articles: ArticleIndex
        same = before is not None and before.snapshot.base is snapshot.base
        self.articles = ArticleIndex.of(snapshot, before.articles if before and same else None)
        self.directions = TermDirections.of(snapshot.lexical, snapshot.dense.vectors)
        self._spelling: Spelling | None = None
        self._columns: Columns | None = None
        self._learning = threading.Lock()
        self._lately: dict[int, Passage] = {}
        self._keeping = threading.Lock()

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
        self,
        query: str,
        vector: NDArray[np.float32],
        k: int,
        *,
        allowed: Rows | None = None,
        named: tuple[Mention, ...] | None = None,
    ) -> Found:
        """Return the hits of `search`, and which words of `query` were searched for.

        `named` is what `named` gives for `query`, where it was asked already.
        """
        near, weights = self._read(query, vector, allowed)
        named = self.named(query) if named is None else named
        rows, signals = self._signals(query, named, near, weights, vector, allowed)
        scores = fuse_signals(signals)
        order = np.lexsort((rows, -scores))[:k]
        best_rows = rows[order].tolist()
        hits = [
            Hit(row, passage, score, dense, lexical)
            for row, passage, score, dense, lexical in zip(
                best_rows,
                self._passages(best_rows),
                scores[order].tolist(),
                signals.passage_dense[order].tolist(),
                signals.passage_lexical[order].tolist(),
                strict=True,
            )
        ]
        return Found(hits, focus(query, weights))

    def _passages(self, rows: Sequence[int]) -> list[Passage]:
        """Return the passages of `rows`, those read lately from memory."""
        with self._keeping:
            found = {row: self._lately[row] for row in rows if row in self._lately}
        new = [row for row in rows if row not in found]
        if new:
            read = self.snapshot.records.passages(new)
            found |= read
            with self._keeping:
                self._lately |= read
                for row in list(islice(self._lately, max(0, len(self._lately) - LATELY))):
                    del self._lately[row]
        return [found[row] for row in rows]

    def signals(
        self, query: str, vector: NDArray[np.float32], *, allowed: Rows | None = None
    ) -> tuple[Rows, Signals]:
        """Return the rows worth a look, in order, and what is known of each.

        They are the `POOL` nearest to `vector` and the `POOL` best for the words of `query`, of all
        rows or of those `allowed`.
        """
        near, weights = self._read(query, vector, allowed)
        return self._signals(query, self.named(query), near, weights, vector, allowed)

    def _read(
        self, query: str, vector: NDArray[np.float32], allowed: Rows | None
    ) -> tuple[Rows, Mapping[str, float]]:
        """Return the rows nearest to `vector`, best first, and the weighted terms of `query`."""
        _, near = self.snapshot.dense.search(vector[None, :], POOL, allowed=allowed)
        agreement = partial(self.directions.agreement, vector) if self.directions else None
        return near[0], term_weights(query, self.snapshot.lexical, near[0], agreement)

    def _signals(
        self,
        query: str,
        named: tuple[Mention, ...],
        near: Rows,
        weights: Mapping[str, float],
        vector: NDArray[np.float32],
        allowed: Rows | None,
    ) -> tuple[Rows, Signals]:
        snapshot = self.snapshot
        lexical = snapshot.lexical.scores_of_terms(weights)
        article_lexical = self.articles.lexical.scores_of_terms(weights)
        if named:
            lexical += lift(named, weights, snapshot.lexical)
            article_lexical += lift(named, weights, self.articles.lexical)
        _, matching = best(lexical, POOL, allowed=allowed)
        rows = _union(near, matching)
        articles = self.articles.article_of[rows]
        return rows, Signals(
            passage_dense=snapshot.dense.scores_of(vector, rows),
            article_dense=self.articles.scores_of(vector, articles),
            passage_lexical=lexical[rows],
            article_lexical=article_lexical[articles],
            terms=self._term_signals(query, weights, rows, near),
        )

    def _term_signals(
        self, query: str, weights: Mapping[str, float], rows: Rows, near: Rows
    ) -> TermSignals | None:
        if self.directions is None or not is_one_sentence(query, len(weights)):
            return None
        snapshot = self.snapshot
        return self.directions.signals(
            weights, snapshot.lexical, snapshot.dense.vectors, rows, near
        )

    def named(self, query: str) -> tuple[Mention, ...]:
        """Return the names in `query` that the articles call something else, searched for too."""
        return preferred(query, self.snapshot.lexical)

    def worded(
        self,
        query: str,
        fits: Callable[[str], bool],
        named: tuple[Mention, ...] | None = None,
    ) -> str:
        """Return what the encoder should read of `query`: with the articles' own names, if it fits.

        `query` fits already, as `index.focus.condensed` leaves it. `named` as for `find`.
        """
        wider = worded(query, self.named(query) if named is None else named)
        return wider if wider == query or fits(wider) else query

    def corrected(
        self,
        question: str,
        is_word: Callable[[str], bool],
        near: Callable[[], Rows] | None = None,
    ) -> str | None:
        """Return `question` with its misspelt words as the articles write them, or None.

        `is_word` tells whether a folded word is an everyday one, which is never touched. With
        `near`, only by words that one of the rows holds which it gives.
        """
        with self._learning:
            if self._spelling is None:
                # Not a method of this: what is swapped out is gone at once only without a circle.
                forms = partial(_forms, self.snapshot)
                self._spelling = Spelling(self.snapshot.lexical, forms, is_word)
        return self._spelling.corrected(question, near)

    def meant(
        self,
        message: str,
        vector: NDArray[np.float32],
        is_word: Callable[[str], bool],
        *,
        allowed: Rows | None = None,
    ) -> str | None:
        """Return a message of several sentences as it is better searched, or None: as it stands.

        Corrected by the words of the `POOL` rows nearest to its `vector`; a single sentence is
        never touched.
        """
        if not is_message(message):
            return None

        @cache
        def near() -> Rows:
            _, rows = self.snapshot.dense.search(vector[None, :], POOL, allowed=allowed)
            nearest: Rows = rows[0]
            return nearest

        return self.corrected(" ".join(message.split()), is_word, near)


def _forms(snapshot: Snapshot, term: str) -> tuple[str, ...]:
    """Return the words of the first `LOOKED_THROUGH` passages that hold `term` whose stem it is, in
    small letters and in order."""
    rows = snapshot.lexical.rows_with(term)[:LOOKED_THROUGH]
    passages = snapshot.records.passages(rows.tolist()).values()
    read = (" ".join((*passage.section, passage.text)) for passage in passages)
    found = {word for text in read for word in WORD.findall(without_addresses(text).lower())}
    return tuple(sorted(word for word in found if terms(word) == [term]))


def _union(one: Rows, other: Rows) -> Rows:
    """Return the rows of either, in order, each once."""
    rows = np.concatenate([one, other])
    rows.sort()
    first = np.ones(len(rows), bool)
    np.not_equal(rows[1:], rows[:-1], out=first[1:])
    return rows[first]
