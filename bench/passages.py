"""The sweep behind the sizes of passages: `python -m bench.passages`.

    python -m bench.passages [DATASET_DIR[:QRELS[:GRADE]]] [--every N] [--other N] [--work DIR]

A part of a dataset (BEIR's form) is cut into passages of several sizes, with the headings above
them and without, and searched: by the vectors alone, by plain fusion and as the service does. At
the size that stands, two more kinds of vectors are tried beside those of the passages: one for
every sentence, and one for every stretch from the middle of a passage to the middle of the next,
which is what passages that overlap by half would have. Every vector is kept in `--work`, so that a
run that was stopped goes on where it was. The results are kept in
docs/records/retrieval.md.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

import ingest.segment
from bench.evaluation_data import SCIFACT
from bench.retrieval import PLAIN, Gathered, encoded, gather, named, score
from bench.subset import cut
from bench.vector_cache import remembering
from index.encoder import Encoder
from index.fusion import Weights
from index.records import Article, Passage
from index.search import Searcher
from index.sentences import sentence_spans
from index.snapshot import open_snapshot
from ingest.pipeline import update_index
from ingest.segment import CONTEXT_CHARACTERS, SegmenterSettings, search_texts
from service.evaluation.dataset import Dataset

SIZES = (32, 64, 96, 128, 192, 250)
STANDS = SegmenterSettings().target
DENSE = Weights(1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Beside:
    """More vectors `(m, d)` of a passage index: the one at `places[i]` counts for row `rows[i]`."""

    vectors: NDArray[np.float32]
    places: NDArray[np.int64]
    rows: NDArray[np.int64]


Kind = Callable[[Article, list[Passage]], Iterator[tuple[Passage, list[int]]]]


def sentences(article: Article, passages: list[Passage]) -> Iterator[tuple[Passage, list[int]]]:
    """Yield every sentence of the passages as one of its own, and the place it belongs to."""
    for place, passage in enumerate(passages):
        for start, end in sentence_spans(passage.text, article.language or "en"):
            yield _part(passage, article, passage.start + start, passage.start + end), [place]


def overlaps(article: Article, passages: list[Passage]) -> Iterator[tuple[Passage, list[int]]]:
    """Yield what lies between the middles of two passages, and the places of both."""
    middles = []
    for passage in passages:
        starts = [
            passage.start + start
            for start, _ in sentence_spans(passage.text, article.language or "en")
        ]
        far = [abs(start - (passage.start + passage.end) / 2) for start in starts]
        middles.append(starts[far.index(min(far))])
    for place in range(len(passages) - 1):
        passage = _part(passages[place], article, middles[place], middles[place + 1])
        if passage.text:
            yield passage, [place, place + 1]


def _part(passage: Passage, article: Article, start: int, end: int) -> Passage:
    return replace(passage, start=start, end=end, text=article.text[start:end].strip())


def beside(searcher: Searcher, encoder: Encoder, kind: Kind) -> Beside:
    """Encode what `kind` yields of every article, each under its headings, where it fits."""
    texts, rows = [], []
    limit = encoder.record.max_tokens
    for article, first, passages in searcher.snapshot.records.every_article():
        parts = list(kind(article, passages))
        found = search_texts(
            [*passages[:1], *(part for part, _ in parts)],
            article.title,
            encoder.count_tokens,
            limit,
        )
        lengths = encoder.count_tokens(found)
        for text, length, (_, places) in zip(found[1:], lengths[1:], parts, strict=True):
            if length <= limit:
                texts.append(text)
                rows.append([first + place for place in places])
    return Beside(
        encoder.encode(texts),
        np.repeat(np.arange(len(rows)), [len(each) for each in rows]),
        np.array([row for each in rows for row in each], np.int64),
    )


def with_beside(
    gathered: Gathered, vectors: NDArray[np.float32], more: Beside, share: float | None
) -> Gathered:
    """Return the signals with the best vector beside a passage counted in its cosine.

    The cosine is the greater of both, or `share` of the best beside it and the rest its own. A
    passage with nothing beside it keeps its own.
    """
    changed = []
    for (rows, signals), vector in zip(gathered, vectors, strict=True):
        own = signals.passage_dense
        best = np.full(int(np.concatenate([rows, more.rows]).max()) + 1, -np.inf, np.float32)
        np.maximum.at(best, more.rows, (more.vectors @ vector)[more.places])
        near = np.where(np.isfinite(best[rows]), best[rows], own)
        mixed = np.maximum(own, near) if share is None else (1 - share) * own + share * near
        changed.append((rows, replace(signals, passage_dense=mixed.astype(np.float32))))
    return changed


def row(
    name: str, dataset: Dataset, searcher: Searcher, gathered: Gathered, vectors: int, grade: int
) -> str:
    """Return a Markdown row: nDCG@10 of the vectors, of plain fusion and of the pipeline."""
    values = [
        score(dataset, searcher, gathered, weights, grade)["nDCG@10"]
        for weights in (DENSE, PLAIN, None)
    ]
    return f"| {name} | {vectors} | {' | '.join(f'{value:.3f}' for value in values)} |"


def sweep(dataset: Dataset, encoder: Encoder, work: Path, grade: int) -> Iterator[str]:
    """Yield the table, row by row."""
    yield "| passages | vectors | vectors alone | plain fusion | pipeline |"
    yield "|---|---|---|---|---|"
    for headings in (True, False):
        for size in SIZES if headings else (STANDS,):
            folder = work / f"{size}{'' if headings else '-bare'}"
            with patch.object(
                ingest.segment, "CONTEXT_CHARACTERS", CONTEXT_CHARACTERS if headings else 0
            ):
                update_index(
                    dataset.corpus, folder, encoder, target_tokens=size, keep=1, rebuild=True
                )
            searcher = Searcher(open_snapshot(folder))
            gathered = gather(dataset, searcher, encoder)
            count = len(searcher.snapshot.dense)
            name = f"{size} tokens" + ("" if headings else ", no headings above")
            yield row(name, dataset, searcher, gathered, count, grade)
    searcher = Searcher(open_snapshot(work / str(STANDS)))
    gathered = gather(dataset, searcher, encoder)
    _, vectors = encoded(dataset, encoder)
    for kind in (sentences, overlaps):
        more = beside(searcher, encoder, kind)
        count = len(searcher.snapshot.dense) + len(more.vectors)
        for share in (None, 0.3, 0.5):
            how = "the greater" if share is None else f"{share} of the best"
            changed = with_beside(gathered, vectors, more, share)
            name = f"{STANDS} tokens and {kind.__name__}, {how}"
            yield row(name, dataset, searcher, changed, count, grade)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", nargs="?", default=str(SCIFACT), help="DIR[:QRELS[:GRADE]]")
    parser.add_argument("--every", type=int, default=4, help="take each N-th query")
    parser.add_argument("--other", type=int, default=10, help="and each N-th unjudged document")
    parser.add_argument("--work", type=Path, default=Path("var/passages"))
    options = parser.parse_args()
    whole, relevant = named(options.dataset)
    encoder, folder = remembering(options.work)
    work = folder / f"{whole.name}-{whole.sha256[:12]}-{options.every}-{options.other}"
    part = cut(whole, work / "data", every=options.every, other=options.other, relevant=relevant)
    for line in sweep(part, encoder, work, relevant):
        print(line, flush=True)


if __name__ == "__main__":
    main()
