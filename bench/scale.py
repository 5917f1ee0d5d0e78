"""Search, memory and updates against the number of passages, up to a million.

    .venv/bin/python -m bench.scale INDEX QUESTIONS [--sizes 10000,100000,1000000] [--folder DIR]

INDEX is an index of real articles; QUESTIONS a file of JSON lines with "text", or several. Beyond
its own size the index is grown by perturbed copies: of each article under another id, with 15 in
100 of its terms replaced by others as frequent, and each vector moved by 0.6 of the direction
between two others (cosine to the original about 0.86), so that copies lie as texts do and not as
noise. Times are wall-clock of one thread; CPU time beside it tells what a busy machine added.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import vstack

from bench.figures import Figures, Plot, Table, save
from index.arrays import Stored
from index.dense import DenseIndex
from index.encoder import fits
from index.focus import condensed, term_weights
from index.fusion import POOL
from index.history import open_whole_snapshot
from index.lexical import LexicalIndex, best
from index.records import Article, Manifest, Passage
from index.runtimes import open_encoder
from index.search import Searcher
from index.snapshot import Snapshot, open_snapshot
from index.snapshot_writing import commit_snapshot
from index.store_writing import write_records
from ingest.writing import GROWN_FROM, Content, write_files

MOVED = 0.6
REPLACED = 0.15
ASKED = 200
Vectors = NDArray[np.float32]


def grown_vectors(base: Vectors, n: int) -> Vectors:
    """Return `(n, d)` unit vectors: the base's, then perturbed copies of it, block after block."""
    rng = np.random.default_rng(1)
    grown = np.empty((n, base.shape[1]), np.float32)
    for start in range(0, n, len(base)):
        part = base[: min(len(base), n - start)].copy()
        if start:
            one, other = rng.integers(len(base), size=(2, len(part)))
            moved = base[one] - base[other]
            part += MOVED * moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-6)
            part /= np.linalg.norm(part, axis=1, keepdims=True)
        grown[start : start + len(part)] = part
    return grown


def grown_lexical(base: LexicalIndex, n: int) -> LexicalIndex:
    """Return `n` rows of terms: the base's, then copies with some terms replaced."""
    rng = np.random.default_rng(2)
    rows = base._matrix().tocsr()
    blocks = []
    for start in range(0, n, len(base)):
        part = rows[: min(len(base), n - start)].copy()
        if start:
            chosen = rng.random(part.nnz) < REPLACED
            part.indices[chosen] = rows.indices[rng.integers(rows.nnz, size=int(chosen.sum()))]
            part.sum_duplicates()
        blocks.append(part)
    matrix = vstack(blocks, format="csr", dtype=np.int32).tocsc()
    matrix.sort_indices()
    used = np.flatnonzero(np.diff(matrix.indptr))
    return LexicalIndex([base.vocabulary[column] for column in used], matrix[:, used])


def grown_articles(base: Snapshot, n: int) -> Iterator[tuple[Article, Sequence[Passage]]]:
    """Yield copies of the base's articles, in the order of the rows, `n` passages in all."""
    whole = [(article, passages) for article, _, passages in base.records.every_article()]
    left, copy = n, 0
    while left > 0:
        for article, passages in whole:
            name = f"{copy:04}/{article.article_id}"
            taken = [replace(passage, article_id=name) for passage in passages[:left]]
            if taken:
                yield replace(article, article_id=name, source=name), taken
            left -= len(taken)
        copy += 1


def timed(name: str, act: Callable[[], object], into: dict[str, float]) -> None:
    began = time.perf_counter()
    act()
    into[name] = time.perf_counter() - began


def build(base: Snapshot, index: Path, n: int) -> dict[str, float]:
    """Write a snapshot of `n` passages to `index`; return the seconds of each step."""
    took: dict[str, float] = {}

    def write(folder: Path, identifier: str) -> Manifest:
        vectors = grown_vectors(base.dense.vectors[:], n)
        dense: list[DenseIndex] = []
        timed("dense", lambda: dense.append(DenseIndex.build(vectors)), took)
        timed("dense written", lambda: dense[0].save(folder / "dense.faiss"), took)
        lexical = grown_lexical(base.lexical, n)
        timed("lexical written", lambda: lexical.save(folder / "lexical"), took)
        timed(
            "records",
            lambda: write_records(folder / "records.db", grown_articles(base, n), []),
            took,
        )
        articles = sum(1 for _ in grown_articles(base, n))
        return replace(base.manifest, snapshot=identifier, articles=articles, passages=n, files={})

    timed("all", lambda: commit_snapshot(index, write, keep=1), took)
    return took


def resident() -> dict[str, int]:
    """Return the megabytes in memory of this process: all, and what is no file's (Linux)."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    held = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith(" kB")}
    return {"all": held["VmRSS"] // 1000, "own": held["RssAnon"] // 1000}


def percentiles(seconds: Sequence[float]) -> list[float]:
    return [round(float(p) * 1e3, 2) for p in np.percentile(seconds, [50, 99])]


def exact_ten(vectors: Stored, queries: Vectors) -> list[set[int]]:
    """Return the ten nearest rows of each query, by every vector."""
    tops = [np.empty(0) for _ in queries]
    rows = [np.empty(0, np.int64) for _ in queries]
    for start in range(0, len(vectors), 1 << 15):
        scores = np.asarray(vectors[start : start + (1 << 15)], np.float32) @ queries.T
        for i in range(len(queries)):
            best_here = np.argsort(-scores[:, i], kind="stable")[:10]
            joined = np.concatenate([tops[i], scores[best_here, i]])
            order = np.argsort(-joined, kind="stable")[:10]
            rows[i] = np.concatenate([rows[i], start + best_here])[order]
            tops[i] = joined[order]
    return [{*found.tolist()} for found in rows]


def measure(index: Path, questions: Sequence[str], queries: Vectors) -> dict[str, object]:
    """Open the live snapshot as a service does, ask it, and return what it took."""
    took: dict[str, float] = {}
    opened: list[Searcher] = []
    timed("verified and opened", lambda: opened.append(Searcher(open_whole_snapshot(index))), took)
    searcher = opened[0]
    timed("first question", lambda: searcher.find("first", queries[0], 40), took)
    snapshot = searcher.snapshot
    at_rest = resident()
    wall: dict[str, list[float]] = {s: [] for s in ("dense", "words", "whole search")}
    busy: dict[str, list[float]] = {s: [] for s in wall}

    near: list[NDArray[np.int64]] = []
    for question, query in zip(questions, queries, strict=True):

        def dense(vector: Vectors = query) -> None:
            near.append(snapshot.dense.search(vector[None, :], POOL)[1][0])

        def words(text: str = question) -> None:
            best(snapshot.lexical.scores_of_terms(
                term_weights(text, snapshot.lexical, near[-1])), POOL)  # fmt: skip

        def whole(text: str = question, vector: Vectors = query) -> None:
            searcher.find(text, vector, 40)

        for stage, act in (("dense", dense), ("words", words), ("whole search", whole)):
            began, cpu = time.perf_counter(), time.thread_time()
            act()
            busy[stage].append(time.thread_time() - cpu)
            wall[stage].append(time.perf_counter() - began)
    found = [{*rows[:10].tolist()} for rows in near]
    asked = resident()
    # The last: it reads every vector.
    exact = exact_ten(snapshot.dense.vectors, queries)
    swept = looks(snapshot.dense, queries, exact)
    recall = float(np.mean([len(a & b) / 10 for a, b in zip(found, exact, strict=True)]))
    return {
        "seconds": {name: round(value, 2) for name, value in took.items()},
        "wall ms p50, p99": {stage: percentiles(values) for stage, values in wall.items()},
        "cpu ms p50, p99": {stage: percentiles(values) for stage, values in busy.items()},
        "recall@10": round(recall, 4),
        "rescored: recall@10, cpu ms p50 of the look, of scoring": swept,
        "MB when opened": at_rest,
        "MB when asked": asked,
        "sketched": snapshot.dense.sketches is not None,
    }


def looks(
    dense: DenseIndex, queries: Vectors, exact: Sequence[set[int]]
) -> dict[int, tuple[float, float, float]]:
    """Return, by rows scored again after a look at sketches, the recall of the exact ten, and the
    milliseconds of CPU time of the look and of the scoring."""
    found: dict[int, tuple[float, float, float]] = {}
    if dense.sketches is None:
        return found
    for rescored in (500, 1_000, 2_000, 3_000):
        right, looked, scored = [], [], []
        for query, wanted in zip(queries, exact, strict=True):
            began = time.thread_time()
            rows = dense.sketches.nearest(query, rescored)
            between = time.thread_time()
            scores = dense.scores_of(query, rows)
            looked.append(between - began)
            scored.append(time.thread_time() - between)
            best_ten = rows[np.argsort(-scores, kind="stable")[:10]]
            right.append(len(wanted & {*best_ten.tolist()}) / 10)
        recall = round(float(np.mean(right)), 4)
        found[rescored] = (recall, percentiles(looked)[0], percentiles(scored)[0])
    return found


def update(index: Path) -> dict[str, float]:
    """Add one article in the middle, and one more, as the pipeline does; return the seconds.

    What follows is opened as a running service opens it: beside the one that it answers from.
    """
    took: dict[str, float] = {}
    service = Searcher(open_whole_snapshot(index))
    for turn in ("", " again"):
        opened: list[Snapshot] = []

        def open_to_write(into: list[Snapshot] = opened) -> None:
            into.append(open_whole_snapshot(index, unread_from=GROWN_FROM))

        timed(f"opened to write{turn}", open_to_write, took)
        live = opened[0]
        rows = live.records.article_rows()
        name = sorted(rows)[len(rows) // 2]
        content = one_more(live, rows, name, f"{name}-new")
        marks: list[tuple[str, float]] = []

        def write(folder: Path, identifier: str, live: Snapshot = live, content: Content = content
                  ) -> Manifest:  # fmt: skip
            articles, passages = write_files(folder, live, content)
            return replace(live.manifest, snapshot=identifier, files={}, passages=passages,
                           articles=articles)  # fmt: skip

        def step(reached: str, into: list[tuple[str, float]] = marks) -> None:
            into.append((reached, time.perf_counter()))

        timed(f"all written{turn}", lambda: commit_snapshot(index, write, keep=2, step=step), took)
        for (reached, begun), (_, ended) in pairwise(marks):
            took[f"{reached}{turn}"] = ended - begun
        found: list[Searcher] = []

        def follow(into: list[Searcher] = found, before: Searcher = service) -> None:
            into.append(Searcher(open_whole_snapshot(index, before=before.snapshot), before))
            into[0].search("", into[0].snapshot.dense.vectors[:1][0], 1)

        timed(f"verified and opened{turn}", follow, took)
        service = found[0]
        if f"{name}-new" not in service.snapshot.records.article_rows():
            raise LookupError(f"{name}-new is not found")
        live.records.close()
        took[f"MB when followed{turn}"] = resident()["all"]
    return {name: round(value, 2) for name, value in took.items()}


def one_more(live: Snapshot, rows: Mapping[str, tuple[int, int]], name: str, added: str) -> Content:
    """Return what the next snapshot holds: all of `live`, and the article `name` as `added`."""
    first, count = rows[name]
    article, passages = live.records.article(name), live.records.passages_of(name)
    if article is None:
        raise LookupError(f"{name} is not stored")
    copied = (
        replace(article, article_id=added, source=added),
        [replace(passage, article_id=added) for passage in passages],
    )
    return Content(
        kept=rows,
        fresh={added: count},
        whole=lambda _: copied,
        found_by=lambda _: [passage.text for passage in passages],
        vectors=lambda: live.dense.vectors[first : first + count],
        files=[],
        dimension=live.dense.dimension,
    )


def texts_of(files: Sequence[Path]) -> list[str]:
    """Return the first questions of each file, `ASKED` in all."""
    each = max(1, ASKED // len(files))
    lines = [line for f in files for line in f.read_text("utf-8").splitlines()[:each]]
    return [json.loads(line)["text"] for line in lines]


def child(act: str, index: Path, cache: Path) -> None:
    """Run one measurement in this fresh process and print it as JSON."""
    if act == "update":
        print(json.dumps(update(index)))
        return
    questions = json.loads((cache / "questions.json").read_text("utf-8"))
    print(json.dumps(measure(index, questions, np.load(cache / "queries.npy"))))


def figures(found: Mapping[int, Mapping[str, Any]]) -> Figures:
    """Return what was measured at each size: a column a size, and curves against it."""
    rows: dict[str, list[float]] = {}
    curves: dict[str, dict[str, list[tuple[float, float]]]] = {"ms": {}, "MB": {}, "s": {}}

    def note(name: str, unit: str, n: int, value: float, curve: str = "") -> None:
        rows.setdefault(f"{name}, {unit}" if unit else name, []).append(value)
        if curve:
            curves[unit].setdefault(curve, []).append((n, value))

    for n, sizes in found.items():
        measured = sizes["measure"]
        for stage, (median, worst) in measured["wall ms p50, p99"].items():
            note(f"{stage}, p50", "ms", n, median, stage)
            note(f"{stage}, p99", "ms", n, worst)
        for stage, (median, _) in measured["cpu ms p50, p99"].items():
            note(f"{stage}, processor, p50", "ms", n, median)
        note("recall@10 of the exact ten", "", n, measured["recall@10"])
        note("memory when asked", "MB", n, measured["MB when asked"]["all"], "memory")
        note("disk", "MB", n, sizes["disk"], "disk")
        note("written, vectors given", "s", n, sizes["build"])
        note("opened", "s", n, measured["seconds"]["verified and opened"], "opened")
        note("one article added, written", "s", n, sizes["update"]["all written"], "one added")
    columns = ("", *(f"{n:,} passages" for n in found))
    table = Table("Against size", columns, tuple((name, *row) for name, row in rows.items()))
    titles = {"ms": "Search, p50 of each stage", "MB": "Memory and disk", "s": "Open and add"}
    return Figures(
        (table,),
        tuple(
            Plot(titles[unit], "lines", "passages", unit, {k: tuple(v) for k, v in each.items()})
            for unit, each in curves.items()
        ),
    )


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("questions", type=Path, nargs="+")
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    given = parser.parse_args()
    found: dict[int, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        cache = Path(folder)
        base = open_snapshot(given.index)
        encoder = open_encoder()
        questions = texts_of(given.questions)
        np.save(
            cache / "queries.npy",
            encoder.encode([condensed(text, lambda cut: fits(encoder, cut)) for text in questions]),
        )
        (cache / "questions.json").write_text(json.dumps(questions), "utf-8")
        for n in (int(size) for size in given.sizes.split(",")):
            index = cache / str(n)
            print(f"{n:,} passages", flush=True)
            built = build(base, index, n)
            print("  build s   ", {name: round(value, 1) for name, value in built.items()})
            files = [path for path in index.rglob("*") if path.is_file()]
            sizes = {p.name: round(p.stat().st_size / 1e6, 1) for p in files}
            print("  disk MB   ", round(sum(sizes.values())), sizes, flush=True)
            found[n] = {"build": built["all"], "disk": sum(sizes.values())}
            for act in ("measure", "update"):
                done = subprocess.run(
                    [sys.executable, "-m", "bench.scale", "--child", act, str(index), str(cache)],
                    check=True, capture_output=True, text=True,
                    env={**os.environ, "OMP_NUM_THREADS": "1"},
                )  # fmt: skip
                found[n][act] = json.loads(done.stdout)
                for name, value in found[n][act].items():
                    print(f"  {name}: {value}", flush=True)
            shutil.rmtree(index)
    save(figures(found), given.json)


if __name__ == "__main__":
    main()
