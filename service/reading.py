"""One question over one snapshot: its hits, and what they are worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from index.codes import Vectors
from index.names import Mention
from index.records import Hit
from index.search import Searcher
from service import answer as compose
from service.evidence.answerability import (
    LARGEST,
    as_read,
    fitted_answerability,
    fitted_beside,
    vetoed,
)
from service.evidence.confidence import (
    Floats,
    Weighing,
    doubts,
    least_to_lift,
    matters,
    probability,
    weigh,
)
from service.evidence.links import article_link
from service.quoting import Known, Quoting
from service.schemas import TopicOut

COMPARED = 16
"""Passages compared for what several sources mention, of those good enough to be an answer: more
than are shown. Comparing 16 takes 4 to 5 ms of one busy core, 24 takes 6 to 13 (sample corpus)."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one search gave: its hits, the chosen among them, and what it took.

    `meant` is the message as it was searched, where that is not as it was typed.
    """

    reading: "Reading"
    focus: tuple[compose.Span, ...]
    candidates: list[compose.Candidate]
    chosen: list[compose.Candidate]
    encode_seconds: float
    search_seconds: float
    reranked: int = 0
    meant: str | None = None

    @property
    def best(self) -> float:
        """The probability of the most probable passage; 0 where none was found."""
        return max((one.probability for one in self.candidates), default=0.0)

    def speaking(self, threshold: float) -> list[compose.Candidate]:
        """Return the passages that are compared: good enough to be an answer, shown or not."""
        return [one for one in self.candidates if one.probability >= threshold][:COMPARED]


class Reading(Quoting):
    """One question over one snapshot: its hits and what they are worth, and quotations of them."""

    def __init__(
        self,
        searcher: Searcher,
        query: str,
        named: tuple[Mention, ...],
        vector: Vectors,
        hits: Sequence[Hit],
        known: Known,
    ) -> None:
        super().__init__(searcher, query, vector, known)
        self.hits = hits
        self._named = named
        self._asked = weigh(query, self._lexical)
        self._doubts = doubts(self._asked, query)
        self._rows = np.array([hit.row for hit in hits], np.int64)
        titles = self._titles([hit.passage.article_id for hit in hits])
        self._weighing = Weighing(self._asked, hits, titles, self._lexical)

    def probabilities(self, without: Mapping[str, Vectors] | None = None) -> Floats:
        """Return, for each hit `(n,)`, the probability that its passage answers the question.

        `without` holds, for terms of `doubts`, the vector of the question less that term; any other
        matters in full.
        """
        less = without or {}
        around = {t: self._dense.scores_of(vector, self._rows) for t, vector in less.items()}
        mattering = {term: matters(float(self._vector @ vector)) for term, vector in less.items()}
        return probability(self._weighing.evidence(around, mattering))

    def hoped(self, probable: Floats, threshold: float) -> Floats:
        """Return `probable`, and where it may reach `threshold` what no doubt can raise: as if no
        word that is doubted mattered."""
        unmattering = dict.fromkeys(self._doubts, 0.0)
        lifted = probability(self._weighing.evidence(mattering=unmattering))
        return np.where(probable >= least_to_lift(threshold), lifted, probable)

    def doubts(self, probable: Floats, threshold: float) -> dict[str, str]:
        """Return the terms that an otherwise good enough passage lacks, with the query less each.

        Only these can turn an answer into silence, and only for these the encoder is asked again.
        """
        good = self._weighing.held[:, probable >= threshold]
        lacked = {t for t, held in zip(self._asked.weights, good, strict=True) if not held.all()}
        return {term: text for term, text in self._doubts.items() if term in lacked}

    def vetoed(self, probable: Floats, threshold: float, groups: Sequence[int]) -> Floats:
        """Return `probable` once what would be shown first is read beside the question: in a small
        corpus, where the encoder is the one that reading was fitted beside.

        Hits of one number in `groups` are near-copies.
        """
        encoder = self.searcher.snapshot.manifest.encoder
        if len(self._lexical) > LARGEST or encoder.fingerprint != fitted_beside():
            return probable
        network = fitted_answerability()
        if network is None:
            return probable
        asked = network.asked(self._query)

        def log_odds(place: int) -> float:
            passage = self.hits[place].passage
            (title,) = self._titles([passage.article_id])
            return network.log_odds(asked, as_read(title, passage.section, passage.text))

        return vetoed(probable, threshold, groups, log_odds)

    @property
    def also_searched(self) -> tuple[str, ...]:
        """The other names that were searched for beside those in the question, each once."""
        names = [name.text for mention in self._named for name in mention.others]
        return tuple(dict.fromkeys(names))

    def _titles(self, article_ids: Sequence[str]) -> list[str]:
        """Return the title of each article, read once for each snapshot."""
        known = self._known.titles
        new = set(article_ids).difference(known)
        known.update(self._records.titles(new) if new else {})
        return [known[article_id] for article_id in article_ids]

    def nearest_topics(self) -> list[TopicOut]:
        """Return the headings nearest to a question that has no answer."""
        topics = compose.nearest_topics(self.hits, lambda name: self._titles([name])[0])
        return [
            TopicOut(title=title, section=section, link=article_link(passage))
            for title, section, passage in topics
        ]
