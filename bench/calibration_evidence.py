"""What a search finds for each question of `bench.calibration_sets`, for `bench.calibrate`.

Builds the indexes, asks every question as the service does, and gathers the evidence of each
passage; a question with misspelt words is asked twice, as typed and as the articles write it.
"""

import dataclasses
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.calibration_sets import Case, Medquad
from bench.evaluation_data import EVAL, ROOT, SHARED
from index.encoder import Encoder, fits
from index.focus import condensed
from index.lexical import Rows
from index.names import less
from index.search import Searcher
from index.sentences import is_message
from index.snapshot import open_snapshot
from ingest.pipeline import update_index
from service.answers import HITS, everyday_words
from service.evidence.confidence import (
    Evidence,
    Weighing,
    doubts,
    matters,
    rise_share,
    size_of,
    weigh,
)

Floats = NDArray[np.float64]

FEATURES = 9


@dataclass(frozen=True, slots=True)
class Judged:
    """A case with the evidence of each passage that a search found, `(hits, FEATURES)`.

    `mended` is the same for the question with its misspelt words corrected, or empty.
    """

    case: Case
    features: Floats
    mended: Floats


def rows_of(e: Evidence) -> Floats:
    """Return the model's inputs, `(n, FEATURES)`, in the order of its coefficients."""
    columns = np.broadcast_arrays(
        e.cosine, e.coverage, e.missing, e.title, e.length, e.size, e.title * e.size,
        rise_share(e.size) * e.rise, e.length * e.size,
    )  # fmt: skip
    return np.stack(columns, axis=-1).astype(np.float64, copy=False)


def write_articles(source: Path, articles: Sequence[dict[str, Any]]) -> None:
    """Write MedQuAD articles to `source` as a corpus to index."""
    lines = [
        json.dumps({key: one[key] for key in ("_id", "title", "text")}) + "\n" for one in articles
    ]
    source.write_text("".join(lines), "utf-8")


def open_indexes(
    work: Path, medquad: Medquad, whole: Medquad, encoder: Encoder
) -> dict[str, Searcher]:
    """Open the indexes under `work`, brought up to date; what was encoded before is not again."""
    sources = {"medquad": work / "medquad.jsonl", "whole": work / "whole.jsonl"}
    for source, part in zip(sources.values(), (medquad, whole), strict=True):
        write_articles(source, part.articles)
    corpora = {
        **sources,
        "mediqa": EVAL / "mediqa_qa" / "corpus.jsonl",
        "seeds": SHARED / "seeds",
        "sample": ROOT / "corpus",
    }
    for name, corpus in corpora.items():
        update_index(corpus, work / name, encoder, keep=1)
    opened = {name: Searcher(open_snapshot(work / name)) for name in corpora}
    return {**opened, "fewer": opened["medquad"]}


def judge(
    found: Sequence[Case], part: Medquad, searchers: dict[str, Searcher], encoder: Encoder
) -> list[Judged]:
    """Search every case's question as the service does and gather the evidence.

    `part` is what the "fewer" index is a part of, for its size. Where no passage answers, words are
    corrected by all that is indexed, hidden or not.
    """

    is_word = everyday_words(encoder)

    def meant_of(case: Case) -> Case:
        searcher = searchers[case.index]
        allowed = _shown(searcher, case.hidden)
        question = as_meant(case.question, searcher, encoder, is_word, allowed)
        return dataclasses.replace(case, question=question)

    meant = [meant_of(case) for case in found]
    mended = {
        row: text
        for row, case in enumerate(found)
        if (text := searchers[case.index].corrected(case.question, is_word)) is not None
        and text != meant[row].question
    }
    asked = [*meant, *(dataclasses.replace(found[row], question=mended[row]) for row in mended)]
    rows = gather(asked, part, searchers, encoder)
    again = dict(zip(mended, rows[len(found) :], strict=True))
    nothing = np.empty((0, FEATURES))
    return [Judged(case, rows[row], again.get(row, nothing)) for row, case in enumerate(found)]


def as_meant(
    question: str,
    searcher: Searcher,
    encoder: Encoder,
    is_word: Callable[[str], bool],
    allowed: Rows | None = None,
) -> str:
    """Return `question` as the service searches it first: a message with its words corrected."""
    if not is_message(question):
        return question

    def fitting(text: str) -> bool:
        return fits(encoder, text)

    query = condensed(question, fitting)
    (vector,) = encoder.encode([searcher.worded(query, fitting)])
    return searcher.meant(question, vector, is_word, allowed=allowed) or question


def gather(
    asked: Sequence[Case], part: Medquad, searchers: dict[str, Searcher], encoder: Encoder
) -> list[Floats]:
    """Return, for each question as it is typed, the evidence of what is found."""

    def fitting(text: str) -> bool:
        return fits(encoder, text)

    queries = [condensed(one.question, fitting) for one in asked]
    weights = [
        weigh(q, searchers[c.index].snapshot.lexical) for c, q in zip(asked, queries, strict=True)
    ]
    doubted = [doubts(weighed, query) for weighed, query in zip(weights, queries, strict=True)]
    read = []
    for case, query, without in zip(asked, queries, doubted, strict=True):
        searcher = searchers[case.index]
        named = searcher.named(query)
        read.append(
            [
                searcher.worded(query, fitting, named),
                *(
                    searcher.worded(text, fitting, less(named, term))
                    for term, text in without.items()
                ),
            ]
        )
    texts = list(dict.fromkeys(text for one in read for text in one))
    vectors = dict(zip(texts, encoder.encode(texts), strict=True))
    titles: dict[tuple[str, str], str] = {}
    found = []
    for case, given, without, texts in zip(asked, weights, doubted, read, strict=True):
        searcher = searchers[case.index]
        lexical, dense = searcher.snapshot.lexical, searcher.snapshot.dense
        vector, *others = (vectors[text] for text in texts)
        weighed = given
        if case.index == "fewer":
            share = 1 - len(case.hidden) / len(part.articles)
            weighed = dataclasses.replace(given, size=size_of(round(share * len(lexical))))
        allowed = _shown(searcher, case.hidden)
        hits = searcher.search(case.question, vector, HITS, allowed=allowed)
        rows = np.array([hit.row for hit in hits], np.int64)
        cosines = {
            term: dense.scores_of(other, rows) for term, other in zip(without, others, strict=True)
        }
        mattering = {
            term: matters(float(vector @ other))
            for term, other in zip(without, others, strict=True)
        }
        for hit in hits:
            key = (case.index, hit.passage.article_id)
            if key not in titles:
                article = searcher.snapshot.records.article(hit.passage.article_id)
                if article is None:
                    raise LookupError(f"{key} is not stored")
                # The answers of mediqa_qa have no title, but begin "Title (Section): ".
                head = article.text[:120].partition(":")[0]
                titles[key] = head if case.index == "mediqa" else article.title
        called = [titles[case.index, hit.passage.article_id] for hit in hits]
        weighing = Weighing(weighed, hits, called, lexical)
        found.append(rows_of(weighing.evidence(cosines, mattering)))
    return found


def _shown(searcher: Searcher, hidden: frozenset[str]) -> Rows | None:
    """Return the rows, in order, of the articles that are not hidden; None where none is."""
    if not hidden:
        return None
    shown = np.ones(len(searcher.snapshot.lexical), np.bool_)
    for article_id, (first, count) in searcher.snapshot.records.article_rows().items():
        if article_id.rpartition("/")[2] in hidden:
            shown[first : first + count] = False
    return np.flatnonzero(shown)
