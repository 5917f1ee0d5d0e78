"""What is quoted of one snapshot for one question: passages, who says so, when to see a doctor."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np

from index.codes import Vectors
from index.leads import leads
from index.names import Mention, stored_names
from index.records import Article, Block, Manifest, Passage
from index.search import Searcher
from service import answer as compose
from service.evidence.agreement import Quote, differences, mentions, said
from service.evidence.answering import answering_sentences, rarities
from service.evidence.copies import copies
from service.evidence.links import article_link, original_link
from service.evidence.sources import labels
from service.schemas import (
    ArticleOut,
    BlockOut,
    CopyOut,
    DifferenceOut,
    LabelOut,
    LeadOut,
    LinksOut,
    MentionOut,
    PassageOut,
    QuoteOut,
)

SEEK_CARE = 2
"""Passages shown under "when to see a doctor"."""


@dataclass(frozen=True, slots=True)
class Known:
    """What stays true of one snapshot: the first rows of the articles that have passages, and what
    was read of articles before.

    `listed` holds every article by title, once somebody asked for the list: `text`, `blocks`,
    `references` and `citation_marks` are left empty.
    """

    first_rows: dict[str, int]
    described: dict[str, ArticleOut]
    titles: dict[str, str]
    listed: list[Article]


class Quoting:
    """Quotations for one question from one snapshot: the articles they touch are read once."""

    def __init__(self, searcher: Searcher, query: str, vector: Vectors, known: Known) -> None:
        self.searcher = searcher
        self._records = searcher.snapshot.records
        self._lexical = searcher.snapshot.lexical
        self._dense = searcher.snapshot.dense
        self._query = query
        self._vector = vector
        self._known = known
        self._articles: dict[str, Article] = {}
        self._parts: dict[str, tuple[list[Block], list[compose.Span]]] = {}
        self._day = built_on(searcher.snapshot.manifest)

    def _article(self, article_id: str) -> Article:
        found = self._articles.get(article_id) or self._records.article(article_id)
        if found is None:
            raise LookupError(f"a passage names article {article_id}, which is not stored")
        self._articles[article_id] = found
        return found

    def article_out(self, article_id: str) -> ArticleOut:
        """Return an article as answers name it, described once for each snapshot."""
        described = self._known.described
        if article_id not in described:
            described[article_id] = article_out(self._article(article_id), self._day)
        return described[article_id]

    def passage_out(
        self, passage: Passage, probability: float | None, also: Sequence[Passage] = ()
    ) -> PassageOut:
        """Return a passage as it is given out; `also` are its copies in other articles."""
        article = self._article(passage.article_id)
        blocks, spans = self._parts_of(passage)
        highlights = compose.with_their_lists(
            answering_sentences(passage, spans, *self._wanted), blocks, passage.text
        )
        return PassageOut(
            passage_id=passage.passage_id,
            text=passage.text,
            highlights=tuple(highlights),
            citation_marks=tuple(compose.passage_marks(article, passage)),
            probability=None if probability is None else round(probability, 4),
            start=passage.start,
            end=passage.end,
            sha256=passage.sha256,
            article=self.article_out(passage.article_id),
            section=passage.section,
            section_type=passage.section_type,
            blocks=tuple(
                BlockOut(start=b.start, end=b.end, kind=b.kind, level=b.level) for b in blocks
            ),
            lead=_lead_out(article, passage),
            links=LinksOut(
                article=article_link(passage),
                original=original_link(article, passage.text[compose.body_start(blocks) :]),
            ),
            also_in=tuple(
                CopyOut(
                    passage_id=copy.passage_id,
                    start=copy.start,
                    end=copy.end,
                    sha256=copy.sha256,
                    identical=copy.text == passage.text,
                    article=self.article_out(copy.article_id),
                    link=article_link(copy),
                )
                for copy in also
            ),
        )

    def who_says_so(
        self, speaking: Sequence[compose.Candidate]
    ) -> tuple[list[MentionOut], list[DifferenceOut]]:
        """Return what several sources mention, and where they point different ways."""
        passages = [one.hit.passage for one in speaking]
        found = said(
            passages, [one.group for one in speaking], lambda passage: self._parts_of(passage)[1]
        )
        mentioned = [
            MentionOut(
                term=one.term,
                articles=one.sources,
                of=one.of,
                passages=tuple(quote.passage.passage_id for quote in one.quotes),
                quotes=tuple(map(self._quote_out, one.quotes)),
            )
            for one in mentions(found, self._query, self._lexical.idf)
        ]
        differing = [
            DifferenceOut(
                kind=one.kind,
                one=tuple(map(self._quote_out, one.one)),
                other=tuple(map(self._quote_out, one.other)),
            )
            for one in differences(found, self._lexical.idf)
        ]
        return mentioned, differing

    def _parts_of(self, passage: Passage) -> tuple[list[Block], list[compose.Span]]:
        """Return the blocks and the sentences of a passage, found once."""
        found = self._parts.get(passage.passage_id)
        if found is None:
            article = self._article(passage.article_id)
            blocks = compose.passage_blocks(article, passage)
            found = blocks, compose.sentences_of(passage, blocks, article.language)
            self._parts[passage.passage_id] = found
        return found

    @cached_property
    def _wanted(self) -> tuple[dict[str, float], tuple[Mention, ...]]:
        """The terms of the question with their rarity, and the names in it."""
        return rarities(self._query, self._lexical), stored_names().in_question(self._query)

    def _quote_out(self, quote: Quote) -> QuoteOut:
        passage = quote.passage
        article = self.article_out(passage.article_id)
        place = replace(
            passage,
            start=passage.start + quote.start,
            end=passage.start + quote.end,
            text=quote.text,
        )
        return QuoteOut(
            passage_id=passage.passage_id,
            article_id=passage.article_id,
            title=article.title,
            publisher=article.publisher,
            text=place.text,
            start=place.start,
            end=place.end,
            sha256=place.sha256,
            language=article.language,
            link=article_link(place),
        )

    def seek_care(self, answering: Sequence[Passage]) -> list[PassageOut]:
        """Return what the answering articles say of when to seek care, nearest the question first.

        One section an article, the one whose nearest passage is nearest by cosine; none that is
        among the answering passages.
        """
        shown = {passage.passage_id for passage in answering}
        found: list[tuple[float, Passage]] = []
        answers = dict.fromkeys(passage.article_id for passage in answering)
        # Most articles have no such section, and their passages need not be read.
        having = self._records.with_section(answers, "when_to_seek_care") if answers else set()
        for article_id in filter(having.__contains__, answers):
            first_row = self._known.first_rows[article_id]
            nearest = [
                (float(self._cosines(first_row, places).max()), passage)
                for passage, places in compose.care_sections(self._records.passages_of(article_id))
                if passage.passage_id not in shown
            ]
            found += [max(nearest, key=lambda scored: scored[0])] if nearest else []
        found.sort(key=lambda scored: -scored[0])
        groups = copies([passage.text for _, passage in found])
        return [
            self.passage_out(
                found[first][1], None, [found[n][1] for n, g in enumerate(groups) if g == first < n]
            )
            for first in list(dict.fromkeys(groups))[:SEEK_CARE]
        ]

    def _cosines(self, first_row: int, places: range) -> Vectors:
        rows = np.arange(first_row + places.start, first_row + places.stop)
        return self._dense.scores_of(self._vector, rows)


def _lead_out(article: Article, passage: Passage) -> LeadOut | None:
    """Return what announced the list or table inside which `passage` begins, if it does."""
    (chain,) = leads(article, [passage])
    inner: LeadOut | None = None
    for lead in reversed(chain):
        text = article.text[lead.start : lead.end]
        place = replace(passage, start=lead.start, end=lead.end, text=text)
        inner = LeadOut(
            of=lead.of,
            text=text,
            start=place.start,
            end=place.end,
            sha256=place.sha256,
            link=article_link(place),
            inner=inner,
        )
    return inner


def built_on(manifest: Manifest) -> date:
    """Return the day on which a snapshot was built.

    Labels are facts as of that day, not of today: the same snapshot gives the same answer for good.
    """
    return date.fromisoformat(manifest.built[:10])


def article_out(article: Article, on: date) -> ArticleOut:
    """Return a whole article as answers name it, everything but the text, labelled as of `on`."""
    stored = {name: getattr(article, name) for name in ArticleOut.model_fields if name != "labels"}
    return ArticleOut(
        **stored,
        labels=tuple(
            LabelOut(kind=one.kind, text=one.text, value=one.value) for one in labels(article, on)
        ),
    )
