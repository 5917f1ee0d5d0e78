"""Whole-pipeline ingest beside bare encoding: `python -m bench.ingest_whole [--articles N]`.

Passages a second, in one run, of

- `SentenceTransformer.encode` alone, at its defaults, in float32, over a sample of the passages;
- the chosen runtime's `encode` alone, over all of them;
- `update_index`: reading, cutting, encoding, terms, records, the commit.

All three go over the passages of the same articles of MedQuAD (`../shared/eval`), or, where those
are absent, of the project's own few sample articles, in turn, `--rounds` times, so that other work
on the machine slows all alike; the medians count. Each round also gives passages a second of
processor time (all threads), the steadier figure on a busy machine.
"""

import argparse
import gzip
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.evaluation_data import ARTICLES, ROOT
from bench.figures import Figures, Table, bars, save
from index.encoder import Before, Encoder, OnBatch
from index.runtimes import open_encoder
from index.weights import DEFAULT_ENCODER, locate
from ingest.pipeline import update_index


class Noting(Before):
    """An encoder that notes the texts it is given."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder)
        self.texts: list[str] = []

    def encode(
        self, texts: Sequence[str], *, on_batch: OnBatch | None = None
    ) -> NDArray[np.float32]:
        """Return the vectors of `texts`."""
        self.texts += texts
        return super().encode(texts, on_batch=on_batch)


def rate(work: Callable[[], int]) -> tuple[float, float]:
    """Return how many of what `work` counts it does a second of wall and of processor time."""
    wall, processor = time.perf_counter(), time.process_time()
    done = work()
    return done / (time.perf_counter() - wall), done / (time.process_time() - processor)


def fill(corpus: Path, count: int) -> str:
    """Lay articles into a new folder and return what they are called."""
    if not ARTICLES.is_file():
        shutil.copytree(ROOT / "corpus", corpus)
        return "the sample articles"
    corpus.mkdir()
    with gzip.open(ARTICLES, "rt", encoding="utf-8") as lines:
        text = "".join(islice(lines, 0, 4 * count, 4))
    (corpus / "articles.jsonl").write_text(text, "utf-8")
    return f"{count} articles of MedQuAD"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--sample", type=int, default=256, help="passages for the reference")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    from sentence_transformers import SentenceTransformer

    reference = SentenceTransformer(str(locate(DEFAULT_ENCODER).path), device="cpu").float()
    encoder = open_encoder()
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        named = fill(corpus, options.articles)
        noting = Noting(encoder)
        update_index(corpus, Path(folder) / "first", noting)  # and to warm up
        texts = noting.texts
        sample = texts[:: max(1, len(texts) // options.sample)]
        rounds = 0

        def whole() -> int:
            nonlocal rounds
            rounds += 1
            return update_index(corpus, Path(folder) / f"index{rounds}", encoder).encoded

        works: dict[str, Callable[[], int]] = {
            "sentence-transformers encode": lambda: len(reference.encode(sample)),
            f"{encoder.runtime} encode": lambda: len(encoder.encode(texts)),
            "whole pipeline": whole,
        }
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
        for _ in range(options.rounds):
            for name, work in works.items():
                found[name].append(rate(work))
    print(
        f"{named}, {len(texts)} passages, {os.cpu_count()} cores, load average "
        f"{os.getloadavg()[0]:.1f}; median of {options.rounds} rounds\n\n"
        "| what | passages/s | × first | passages/processor s | × first |\n|---|---|---|---|---|"
    )
    first: tuple[float, float] | None = None
    rows: list[tuple[str, float, float, float, float]] = []
    for name, rates in found.items():
        wall, processor = (statistics.median(each) for each in zip(*rates, strict=True))
        first = first or (wall, processor)
        rows.append((name, wall, wall / first[0], processor, processor / first[1]))
        print(
            f"| {name} | {wall:.1f} | {wall / first[0]:.2f} | {processor:.1f} | "
            f"{processor / first[1]:.2f} |"
        )
    columns = ("what", "passages/s", "× first", "passages/processor s", "× first")
    table = Table(f"Ingest beside bare encoding ({named})", columns, tuple(rows))
    plot = bars("Passages a second", "passages/s", {name: wall for name, wall, *_ in rows})
    save(Figures((table,), (plot,)), options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
