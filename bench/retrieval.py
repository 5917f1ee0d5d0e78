"""Sweeps that chose the constants of index/fusion.py, index/directions.py and index/focus.py.

    python -m bench.retrieval DATASET_DIR[:QRELS[:GRADE]] ... [--target N] [--long N] [--floor X]
                              [--rare X]

Each dataset (BEIR's form) is indexed under var/eval as `pincite eval` does, and every row of
weights ranks what one search per query has gathered: first with the same weights for all queries,
then, the others as they stand, with these for sentences with a rare term. Results are kept in
docs/records/retrieval.md.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

import index.directions
import index.focus
import index.fusion
from index.encoder import Encoder, fits
from index.focus import condensed
from index.fusion import (
    DENSE_WEIGHT,
    RARE_WEIGHTS,
    SENTENCE_WEIGHTS,
    Signals,
    Weights,
    fuse_signals,
)
from index.runtimes import open_encoder
from index.search import Searcher
from index.snapshot import open_snapshot
from ingest.pipeline import update_index
from service.evaluation.dataset import Dataset, read_dataset
from service.evaluation.evaluate import best_passages, document_ids, measure

PLAIN = Weights(DENSE_WEIGHT, 0, 1 - DENSE_WEIGHT, 0)
GRID = (
    Weights(1, 0, 0, 0),
    Weights(0, 1, 0, 0),
    Weights(0, 0, 1, 0),
    Weights(0, 0, 0, 1),
    PLAIN,
    Weights(0.6, 0, 0.4, 0),
    Weights(0.7, 0, 0.3, 0),
    Weights(0.5, 0, 0, 0.5),
    Weights(0.6, 0, 0, 0.4),
    Weights(0.5, 0.1, 0, 0.4),
    Weights(0.45, 0.15, 0.05, 0.35),
    Weights(0.5, 0.1, 0.1, 0.3),
    Weights(0.5, 0.1, 0.05, 0.35),
    Weights(0.5, 0.15, 0.05, 0.3),
    Weights(0.55, 0.1, 0.05, 0.3),
    Weights(0.5, 0.2, 0.1, 0.2),
    Weights(0.5, 0.2, 0, 0.3),
    Weights(0.4, 0.3, 0.1, 0.2),
    Weights(0.4, 0.3, 0, 0.3),
    Weights(0.6, 0.2, 0.1, 0.1),
    # The last two count for queries of one sentence only.
    Weights(0.36, 0.13, 0.05, 0.15, 0.16, 0.15),
    Weights(0.36, 0.13, 0, 0.15, 0.16, 0.2),
    Weights(0.4, 0.15, 0.05, 0.15, 0.1, 0.15),
    Weights(0.4, 0.15, 0.05, 0.2, 0.1, 0.1),
    Weights(0.4, 0.15, 0.05, 0.2, 0.2, 0),
    Weights(0.4, 0.15, 0.05, 0.2, 0, 0.2),
    None,
)
"""None: the weights that stand, each query by its own."""
RARE_GRID = (
    SENTENCE_WEIGHTS,
    Weights(0.35, 0.1, 0.05, 0.1, 0.15, 0.25),
    Weights(0.35, 0.1, 0.05, 0.1, 0.1, 0.3),
    Weights(0.3, 0.1, 0.05, 0.1, 0.2, 0.25),
    Weights(0.3, 0.1, 0.05, 0.15, 0.15, 0.25),
    RARE_WEIGHTS,
    Weights(0.3, 0.1, 0, 0.1, 0.2, 0.3),
    Weights(0.25, 0.1, 0.05, 0.1, 0.15, 0.35),
)

Gathered = list[tuple[np.ndarray[tuple[int], np.dtype[np.int64]], Signals]]


def folder_of(given: str) -> Path:
    """Return the folder of `DIR[:QRELS[:GRADE]]`."""
    return Path(given.partition(":")[0])


def named(given: str) -> tuple[Dataset, int]:
    """Read `DIR[:QRELS[:GRADE]]`: the dataset, and the grade from which a document answers."""
    qrels, grade = ([*given.split(":")[1:], "", ""])[:2]
    relevant = int(grade or 1)
    return read_dataset(folder_of(given), qrels or None, relevant), relevant


def encoded(dataset: Dataset, encoder: Encoder) -> tuple[list[str], NDArray[np.float32]]:
    """Return the queries as they are searched, and their vectors `(q, d)`."""
    questions = [" ".join(text.split()) for text in dataset.queries.values()]
    return questions, encoder.encode(
        [condensed(text, lambda part: fits(encoder, part)) for text in questions]
    )


def gather(dataset: Dataset, searcher: Searcher, encoder: Encoder) -> Gathered:
    """Search once for every query; return its rows and their signals."""
    questions, vectors = encoded(dataset, encoder)
    return [searcher.signals(text, vector) for text, vector in zip(questions, vectors, strict=True)]


def score(
    dataset: Dataset, searcher: Searcher, gathered: Gathered, weights: Weights | None, grade: int
) -> dict[str, float]:
    """Return each measure's mean under `weights`, or without them under those that stand.

    As MAP and MRR of a pool, those over the judged documents of each query alone.
    """
    documents, article_of = document_ids(searcher), searcher.articles.article_of
    rankings, pools = {}, {}
    for query, (rows, signals) in zip(dataset.queries, gathered, strict=True):
        order = rows[np.lexsort((rows, -fuse_signals(signals, weights)))]
        rankings[query] = best_passages(order, article_of, documents)
        judged = dataset.qrels[query]
        pools[query] = [name for name in rankings[query] if name in judged]
    means = {
        name: float(values.mean())
        for name, values in measure(dataset.qrels, rankings, relevant=grade).items()
    }
    pooled = measure(dataset.qrels, pools, relevant=grade)
    return means | {f"pool {name}": float(pooled[name].mean()) for name in ("MAP@10", "MRR@10")}


def sweep(
    sets: Sequence[tuple[Dataset, Searcher, int]],
    encoder: Encoder,
    grid: Iterable[Weights | None] = GRID,
    rare: Iterable[Weights] = RARE_GRID,
) -> None:
    """Print one Markdown row for each row of weights: nDCG@10 of each set and their mean."""
    gathered = [gather(dataset, searcher, encoder) for dataset, searcher, _ in sets]
    names = [dataset.name for dataset, _, _ in sets]
    print("| weights |", " | ".join(names), "| mean |")
    print("|---|" + "---|" * (len(names) + 1))

    def row(name: str, weights: Weights | None) -> None:
        values = [
            score(dataset, searcher, found, weights, grade)
            for (dataset, searcher, grade), found in zip(sets, gathered, strict=True)
        ]
        ndcg = [value["nDCG@10"] for value in values]
        cells = [
            f"{value['nDCG@10']:.3f}"
            + (f" ({value['pool MAP@10']:.3f}/{value['pool MRR@10']:.3f})" if grade > 1 else "")
            for value, (_, _, grade) in zip(values, sets, strict=True)
        ]
        print(f"| {name} | {' | '.join(cells)} | {np.mean(ndcg):.4f} |", flush=True)

    for weights in grid:
        row(str(astuple(weights)) if weights else "as they stand", weights)
    for weights in rare:
        with patch.object(index.fusion, "RARE_WEIGHTS", weights):
            row(f"with a rare term {astuple(weights)}", None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return 1 when a dataset is absent."""
    parser = argparse.ArgumentParser(prog="python -m bench.retrieval", description=__doc__)
    parser.add_argument("datasets", nargs="+", help="DIR[:QRELS[:GRADE]]")
    parser.add_argument("--target", type=int, default=96, help="tokens of a passage")
    parser.add_argument("--long", type=int, default=index.focus.LONG, help="terms of a long one")
    parser.add_argument("--floor", type=float, default=index.focus.FLOOR)
    parser.add_argument("--rare", type=float, default=index.directions.RARE)
    options = parser.parse_args(arguments)
    absent = [folder for folder in map(folder_of, options.datasets) if not folder.is_dir()]
    if absent:
        print(f"skipped: {absent[0]} is absent")
        return 1
    encoder = open_encoder()
    sets = []
    for given in options.datasets:
        dataset, grade = named(given)
        name = f"{dataset.name}-{dataset.sha256[:12]}-{encoder.runtime}-{options.target}"
        kept = Path("var/eval") / name.replace(" ", "-")
        update_index(dataset.corpus, kept, encoder, target_tokens=options.target, keep=1)
        sets.append((dataset, Searcher(open_snapshot(kept)), grade))
    with (
        patch.object(index.focus, "LONG", options.long),
        patch.object(index.focus, "FLOOR", options.floor),
        patch.object(index.directions, "RARE", options.rare),
    ):
        sweep(sets, encoder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
