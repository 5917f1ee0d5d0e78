"""How well the articles are searched: what `pincite eval` measures.

Four configurations answer every query of a dataset, side by side: BM25 alone, the vectors alone,
their plain fusion, and the pipeline: the search of the service, before it weighs what is found,
which decides what is shown and in which order. A document counts where its best passage stands.
Measures are trec_eval's (pytrec_eval), intervals are bootstrap percentiles over queries: another
sample of queries of the same kind would give a mean in there, 19 times of 20.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pytrec_eval
from numpy.typing import NDArray

from index.analysis import terms
from index.encoder import Encoder, fits
from index.focus import condensed
from index.fusion import POOL, fuse, fuse_signals
from index.lexical import best
from index.search import Searcher
from service.answers import HITS
from service.evaluation.dataset import Dataset, Qrels
from service.evaluation.runs import Runs

Configuration = Literal["lexical", "dense", "plain fusion", "pipeline"]
CONFIGURATIONS: tuple[Configuration, ...] = ("lexical", "dense", "plain fusion", "pipeline")

DEPTH = 100
"""Documents ranked for each query: as many as the deepest measure looks at."""
ROWS = 1000
"""Passages taken of one side alone, so that `DEPTH` documents are among them."""
RESAMPLES = 2000
SEED = 20261122

MEASURES = {
    "nDCG@10": "ndcg_cut_10",
    "MAP@10": "map_cut_10",
    "MRR@10": "recip_rank",
    "Recall@10": "recall_10",
    "Recall@100": "recall_100",
    "P@1": "P_1",
}
JUDGED = "judged@10"

Ranking = list[str]
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over queries with its bootstrap 95% interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds for one query: the median, and what 19 of 20 stay under."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Result:
    """One configuration: its measures, and nDCG@10 less that of plain fusion, query by query."""

    configuration: Configuration
    measures: dict[str, Interval]
    gain: Interval
    latency: Latency


@dataclass(frozen=True, slots=True)
class Document:
    """A document in a report: its place in the ranking, from 1, or None when not among `DEPTH`."""

    document_id: str
    title: str
    grade: int | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class Miss:
    """A query that the pipeline answers badly: what it found first, and what was wanted."""

    query_id: str
    text: str
    ndcg: float
    found: tuple[Document, ...]
    wanted: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that one run measured."""

    dataset: str
    sha256: str
    queries: int
    articles: int
    passages: int
    encoder: str
    runtime: str
    relevant: int
    results: tuple[Result, ...]
    stages: dict[str, Latency]
    worst: tuple[Miss, ...]


def evaluate(
    dataset: Dataset,
    searcher: Searcher,
    encoder: Encoder,
    *,
    relevant: int = 1,
    worst: int = 20,
    runs: Runs | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Evaluation:
    """Answer every query of `dataset` from an index of its corpus, and measure.

    `relevant` is the grade from which a document counts as an answer (nDCG uses every grade).
    Queries that `runs` holds are not asked again; each that is asked is added to them at once.
    """
    documents = document_ids(searcher)
    rankings: dict[Configuration, dict[str, Ranking]] = {name: {} for name in CONFIGURATIONS}
    seconds: dict[str, list[float]] = {}
    waiting = [t for t in dataset.queries.values() if runs is None or runs.get(t) is None]
    if waiting:  # the first call pays for what is made once
        _run(waiting[0], searcher, encoder, documents)
    for done, (query, text) in enumerate(dataset.queries.items(), start=1):
        known = runs.get(text) if runs is not None else None
        found, took = known or _run(text, searcher, encoder, documents)
        if runs is not None and known is None:
            runs.add(text, found, took)
        for name in CONFIGURATIONS:
            rankings[name][query] = found[name]
        for stage, value in took.items():
            seconds.setdefault(stage, []).append(value)
        on_progress(done, len(dataset.queries))
    scores = {
        name: measure(dataset.qrels, rankings[name], relevant=relevant) for name in CONFIGURATIONS
    }
    plain = scores["plain fusion"]["nDCG@10"]
    stages = {stage: latency(values) for stage, values in seconds.items()}
    manifest = searcher.snapshot.manifest
    return Evaluation(
        dataset=dataset.name,
        sha256=dataset.sha256,
        queries=len(dataset.queries),
        articles=manifest.articles,
        passages=manifest.passages,
        encoder=encoder.record.name,
        runtime=encoder.runtime,
        relevant=relevant,
        results=tuple(
            Result(
                configuration=name,
                measures={key: interval(values) for key, values in scores[name].items()},
                gain=interval(scores[name]["nDCG@10"] - plain),
                latency=stages[name],
            )
            for name in CONFIGURATIONS
        ),
        stages={stage: value for stage, value in stages.items() if stage not in CONFIGURATIONS},
        worst=_worst(
            dataset,
            searcher,
            rankings["pipeline"],
            scores["pipeline"]["nDCG@10"],
            worst,
            relevant=relevant,
        ),
    )


def document_ids(searcher: Searcher) -> list[str]:
    """Return the dataset's id of every article of the index, in the order of its articles."""
    rows = searcher.snapshot.records.article_rows()
    named = sorted((first, name) for name, (first, count) in rows.items() if count)
    return [name.partition("/")[2] for _, name in named]


def _run(
    text: str, searcher: Searcher, encoder: Encoder, documents: Sequence[str]
) -> tuple[dict[str, Ranking], dict[str, float]]:
    """Return the rankings of one query, and the seconds that each stage took."""
    snapshot = searcher.snapshot
    clock = [time.perf_counter()]

    def lap() -> float:
        clock.append(time.perf_counter())
        return clock[-1] - clock[-2]

    question = " ".join(text.split())
    query = condensed(question, lambda part: fits(encoder, part))
    vector = encoder.encode([searcher.worded(query, lambda part: fits(encoder, part))])[0]
    encode = lap()
    matches = snapshot.lexical.scores_of_terms(Counter(terms(question)))
    _, matching = best(matches, ROWS)
    lexical = lap()
    _, near = snapshot.dense.search(vector[None, :], ROWS)
    dense = lap()
    rows = np.union1d(near[0, :POOL], matching[:POOL])
    cosines = snapshot.dense.scores_of(vector, rows)
    plain = rows[np.lexsort((rows, -fuse(cosines, matches[rows])))]
    fusion = lap()
    searcher.search(question, vector, HITS)
    search = lap()
    pool, signals = searcher.signals(question, vector)
    fused = pool[np.lexsort((pool, -fuse_signals(signals)))]
    article_of = searcher.articles.article_of
    rankings: dict[str, Ranking] = {
        "lexical": best_passages(matching, article_of, documents),
        "dense": best_passages(near[0], article_of, documents),
        "plain fusion": best_passages(plain, article_of, documents),
        "pipeline": best_passages(fused, article_of, documents),
    }
    return rankings, {
        "encode": encode,
        "search": search,
        "lexical": lexical,
        "dense": encode + dense,
        "plain fusion": encode + lexical + dense + fusion,
        "pipeline": encode + search,
    }


def best_passages(
    rows: Iterable[int] | NDArray[np.int64], article_of: NDArray[np.int64], documents: Sequence[str]
) -> Ranking:
    """Return the ids of the first `DEPTH` documents, each at the place of its best passage."""
    places = dict.fromkeys(int(place) for place in article_of[np.asarray(rows, np.int64)])
    return [documents[place] for place in places][:DEPTH]


def measure(
    qrels: Qrels, rankings: Mapping[str, Ranking], *, relevant: int = 1
) -> dict[str, Values]:
    """Return each measure's value for every query, in the order of `qrels`.

    MRR@10 is 0 where no answer is among the first ten.
    """
    evaluator = pytrec_eval.RelevanceEvaluator(
        qrels, set(MEASURES.values()) - {"recip_rank"}, relevance_level=relevant
    )
    first = pytrec_eval.RelevanceEvaluator(qrels, {"recip_rank"}, relevance_level=relevant)
    # trec_eval orders by score and breaks ties in a way of its own: the rank is the score.
    found = evaluator.evaluate(_runs(rankings, DEPTH))
    top = first.evaluate(_runs(rankings, 10))
    values = {
        name: np.array([found.get(q, {}).get(key, 0.0) for q in qrels], np.float64)
        for name, key in MEASURES.items()
        if key != "recip_rank"
    }
    values["MRR@10"] = np.array([top.get(q, {}).get("recip_rank", 0.0) for q in qrels], np.float64)
    values[JUDGED] = np.array(
        [np.mean([float(d in qrels[q]) for d in rankings[q][:10]] or [0.0]) for q in qrels],
        np.float64,
    )
    return {name: values[name] for name in (*MEASURES, JUDGED)}


def _runs(rankings: Mapping[str, Ranking], depth: int) -> dict[str, dict[str, float]]:
    return {
        query: {document: float(-rank) for rank, document in enumerate(ranking[:depth])}
        for query, ranking in rankings.items()
    }


def interval(values: Values) -> Interval:
    """Return the mean of `values` `(q,)` and its bootstrap percentile interval; seeded."""
    generator = np.random.default_rng(SEED)
    chosen = generator.integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.percentile(values[chosen].mean(axis=1), [2.5, 97.5])
    return Interval(float(values.mean()), float(low), float(high))


def latency(seconds: Sequence[float]) -> Latency:
    """Return the percentiles, in milliseconds, of what each query took."""
    p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
    return Latency(float(p50), float(p95))


def _worst(
    dataset: Dataset,
    searcher: Searcher,
    rankings: Mapping[str, Ranking],
    values: Values,
    k: int,
    *,
    relevant: int,
) -> tuple[Miss, ...]:
    names = {name.partition("/")[2]: name for name in searcher.snapshot.records.article_rows()}

    def described(document: str, query: str, rank: int | None) -> Document:
        article = searcher.snapshot.records.article(names[document]) if document in names else None
        title = article.title if article else ""
        return Document(document, title, dataset.qrels[query].get(document), rank)

    misses = []
    queries = list(dataset.queries)
    for place in np.argsort(values, kind="stable")[:k]:
        query = queries[place]
        ranks = {document: rank for rank, document in enumerate(rankings[query], start=1)}
        grades = dataset.qrels[query]
        good = (document for document in grades if grades[document] >= relevant)
        wanted = sorted(good, key=lambda document: (-grades[document], document))[:5]
        misses.append(
            Miss(
                query_id=query,
                text=dataset.queries[query],
                ndcg=float(values[place]),
                found=tuple(described(d, query, ranks[d]) for d in rankings[query][:3]),
                wanted=tuple(described(d, query, ranks.get(d)) for d in wanted),
            )
        )
    return tuple(misses)
