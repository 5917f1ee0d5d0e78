"""How long a new article takes to be searchable, what a swap costs, what a hundred leave behind.

    .venv/bin/python -m bench.living_index [PASSAGES] [--encoder NAME]

The corpus is made here, of numbered sentences, in a temporary folder; nothing is left behind.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

from index.encoder import Encoder, open_encoder
from index.snapshot import point_to, snapshots
from ingest.pipeline import update_index
from service.answers import Answers
from service.settings import Settings

PER_ARTICLE = 40


def write_article(corpus: Path, number: int) -> None:
    parts = "\n\n".join(
        f"## Part {part} of {number}\n\nMuscle {number * PER_ARTICLE + part} is tired. Rest it for "
        f"{part} days, and drink {number % 7} glasses of water."
        for part in range(PER_ARTICLE)
    )
    (corpus / f"article-{number:05}.md").write_text(f"# Article {number}\n\n{parts}\n", "utf-8")


def resident() -> float:
    """Return the megabytes of memory that this process holds (Linux)."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(folder: Path, wanted: int, encoder: Encoder, name: str) -> None:
    corpus, index = folder / "corpus", folder / "index"
    corpus.mkdir()
    articles = max(1, wanted // PER_ARTICLE)
    for number in range(articles):
        write_article(corpus, number)
    report = update_index(corpus, index, encoder)
    print(f"{report.articles} articles, {report.passages} passages, {name}: "
          f"built in {report.seconds:.1f} s")  # fmt: skip
    settings = Settings(_env_file=None, corpus=corpus, index=index)  # type: ignore[call-arg]
    desk = Answers(settings, encoder)
    for new in (1, 100):
        for number in range(articles, articles + new):
            write_article(corpus, number)
        articles += new
        began = time.perf_counter()
        report = update_index(corpus, index, encoder)
        indexed = time.perf_counter()
        desk.refresh()
        done = time.perf_counter()
        taken_by = f"indexing {indexed - began:.2f} ({report.encoded} encoded)"
        print(
            f"{new:4} new articles searchable in {done - began:.2f} s: {taken_by}, "
            f"swap {done - indexed:.2f}"
        )
    pair = snapshots(index)[:2]
    taken = []

    def swap(times: int) -> None:
        for turn in range(times):
            point_to(index, pair[1 - turn % 2])
            began = time.perf_counter()
            desk.refresh()
            taken.append(time.perf_counter() - began)

    swap(4)
    before = resident()
    taken.clear()
    swap(100)
    print(f"swap, of 100: median {statistics.median(taken) * 1e3:.0f} ms, "
          f"longest {max(taken) * 1e3:.0f} ms")  # fmt: skip
    print(f"memory before 100 swaps {before:.0f} MB, after {resident():.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("passages", type=int, nargs="?", default=40_000)
    parser.add_argument("--encoder", default="deterministic")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), given.passages, open_encoder(given.encoder), given.encoder)


if __name__ == "__main__":
    main()
