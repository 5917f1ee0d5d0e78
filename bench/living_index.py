"""How long a new article takes to be searchable, what a swap costs, what a hundred leave behind.

    .venv/bin/python -m bench.living_index [PASSAGES] [--encoder NAME] [--add 1 100 5000]

The corpus is made here, of numbered sentences, in a temporary folder; nothing is left behind.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.figures import Figures, Table, save
from bench.service_process import call, resident, service
from index.encoder import Before, Encoder, OnBatch
from index.runtimes import open_encoder
from index.snapshot import snapshots
from index.snapshot_writing import point_to
from ingest.pipeline import update_index
from service.answers import Answers
from service.settings import Settings

PER_ARTICLE = 12
"""Passages of an article: as many as the articles of `corpus/` have on average."""
SWAPS = 100
Row = tuple[str, float]


class Stand(Before):
    """Says that it is `encoder` and is not: its vectors are drawn, in a moment.

    What a new article costs does not depend on the vectors of the others, and a model would need
    ten minutes for those of 40,000 passages.
    """

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder)
        self._draw = np.random.default_rng(6)

    @property
    def runtime(self) -> str:
        """What a report calls it."""
        return "stand-in"

    def encode(
        self, texts: Sequence[str], *, on_batch: OnBatch | None = None
    ) -> NDArray[np.float32]:
        """Return drawn unit vectors."""
        drawn = self._draw.standard_normal((len(texts), self.record.dimension), np.float32)
        if on_batch is not None:
            on_batch(len(texts))
        drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
        return drawn


def write_article(corpus: Path, number: int) -> None:
    parts = "\n\n".join(
        f"## Part {part} of {number}\n\nMuscle {number * PER_ARTICLE + part} is tired. Rest it for "
        f"{part} days, and drink {number % 7} glasses of water."
        for part in range(PER_ARTICLE)
    )
    (corpus / f"article-{number:05}.md").write_text(f"# Article {number}\n\n{parts}\n", "utf-8")


def measure(folder: Path, wanted: int, encoder: Encoder, additions: list[int]) -> list[Row]:
    """Print, and return, what it costs to add so many articles, one after the other."""
    corpus, index = folder / "corpus", folder / "index"
    corpus.mkdir()
    articles = max(1, wanted // PER_ARTICLE)
    for number in range(articles):
        write_article(corpus, number)
    report = update_index(corpus, index, Stand(encoder))
    name = encoder.record.name
    print(f"{report.articles} articles, {report.passages} passages, {name}: "
          f"built in {report.seconds:.1f} s (load average {os.getloadavg()[0]:.1f})")  # fmt: skip
    rows: list[Row] = [("passages", report.passages)]
    settings = Settings(_env_file=None, corpus=corpus, index=index)  # type: ignore[call-arg]
    desk = Answers(settings, encoder)
    for new in additions:
        for number in range(articles, articles + new):
            write_article(corpus, number)
        articles += new
        began, busy = time.perf_counter(), time.process_time()
        report = update_index(corpus, index, encoder)
        indexed = time.perf_counter()
        desk.refresh()
        done = time.perf_counter()
        taken_by = f"indexing {indexed - began:.2f} ({report.encoded} encoded)"
        print(
            f"{new:4} new articles searchable in {done - began:.2f} s: {taken_by}, "
            f"swap {done - indexed:.2f}; {time.process_time() - busy:.2f} s of the processor "
            f"(load average {os.getloadavg()[0]:.1f})",
            flush=True,
        )
        named = f"{new} new articles" if new > 1 else "1 new article"
        rows.append((f"{named} searchable, by this process, s", done - began))
        if new == additions[0]:
            rows += measure_swaps(desk, index)
    return rows + through_the_service(folder, articles, encoder)


def measure_swaps(desk: Answers, index: Path) -> list[Row]:
    """Print, and return, what a hundred swaps between the two newest snapshots take."""
    pair = snapshots(index)[:2]
    taken = []

    def swap(times: int) -> None:
        for turn in range(times):
            point_to(index, pair[1 - turn % 2])
            began = time.perf_counter()
            desk.refresh()
            taken.append(time.perf_counter() - began)

    swap(4)
    before, busy = resident(), time.process_time()
    taken.clear()
    swap(SWAPS)
    processor = (time.process_time() - busy) / SWAPS * 1e3
    print(f"swap, of {SWAPS}: median {statistics.median(taken) * 1e3:.0f} ms, "
          f"longest {max(taken) * 1e3:.0f} ms; each {processor:.0f} ms of the processor "
          f" (load average {os.getloadavg()[0]:.1f})")  # fmt: skip
    after = resident()
    print(f"memory before {SWAPS} swaps {before:.0f} MB, after {after:.0f} MB", flush=True)
    point_to(index, pair[0])
    desk.refresh()
    return [
        (f"swap, median of {SWAPS}, ms", statistics.median(taken) * 1e3),
        ("swap, longest, ms", max(taken) * 1e3),
        (f"memory before {SWAPS} swaps, MB", before),
        ("memory after them, MB", after),
    ]


def through_the_service(folder: Path, articles: int, encoder: Encoder) -> list[Row]:
    """Print, and return, how long an article sent to a running service takes, three times."""
    taken: list[float] = []
    with service(
        folder / "corpus", folder / "index", encoder.record.name, index_first=False
    ) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        for turn in range(3):
            sent = folder / f"sent-{turn}"
            sent.mkdir()
            write_article(sent, articles + turn)
            (path,) = sent.iterdir()
            began = time.perf_counter()
            call(connection, "PUT", f"/v1/articles/{path.name}", path.read_text("utf-8"))
            stored = time.perf_counter()
            while True:
                connection.request("GET", f"/v1/articles/{path.name}", headers={})
                response = connection.getresponse()
                response.read()
                if response.status == 200:
                    break
                time.sleep(0.01)
            done = time.perf_counter()
            taken.append(done - began)
            print(
                f"   1 article sent to the service: stored in {stored - began:.2f} s, searchable "
                f"in {done - began:.2f} s (load average {os.getloadavg()[0]:.1f})",
                flush=True,
            )
    return [("1 article sent to the service, searchable, s", statistics.median(taken))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("passages", type=int, nargs="?", default=40_000)
    parser.add_argument("--encoder", default="deterministic")
    parser.add_argument("--add", type=int, nargs="*", default=[1, 100, 5000])
    parser.add_argument("--json", type=Path, help="write the figures there too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), given.passages, open_encoder(given.encoder), given.add)
    save(Figures((Table("Articles that come", ("what", "figure"), tuple(rows)),)), given.json)


if __name__ == "__main__":
    main()
