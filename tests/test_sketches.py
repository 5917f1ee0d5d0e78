"""Sketches: near enough to exact, the same however the collection grew, exact under a filter."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from index import dense, sketches
from index.codes import Scan, Vectors
from index.dense import DenseIndex
from index.encoder import DeterministicEncoder
from index.errors import SnapshotDamaged
from index.history import roll_back
from index.sketches import MEANS, RUN, Sketches, runs_of, sketch
from index.snapshot import current_snapshot, damaged_files, open_snapshot
from ingest.pipeline import update_index
from ingest.verify import verify_index
from tests.sample_corpus import write


def clustered(n: int, d: int = 96, seed: int = 0) -> Vectors:
    """Return unit vectors around a hundred directions, as texts lie around their topics."""
    rng = np.random.default_rng(seed)
    topics = np.random.default_rng(99).normal(size=(100, d))
    vectors = topics[rng.integers(100, size=n)] + 0.7 * rng.normal(size=(n, d))
    scaled: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def of_a_subject(components: list[int], n: int) -> Vectors:
    """Return unit vectors that differ in the given components of each run of five."""
    vectors = clustered(n, d=20, seed=8)
    weights = np.full(RUN, 0.05)
    weights[components] = 1
    vectors *= np.tile(weights, 20 // RUN).astype(np.float32)
    scaled: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def same(one: Sketches, other: Sketches) -> None:
    assert one.means.tobytes() == other.means.tobytes()
    assert one.codes.tobytes() == other.codes.tobytes()
    assert (one.trained, one.since) == (other.trained, other.since)


def best(vectors: Vectors, query: Vectors, k: int) -> list[int]:
    exact = np.einsum("nd,d->n", vectors, query, optimize=False)
    return [int(row) for row in np.lexsort((np.arange(len(vectors)), -exact))[:k]]


def means_of(sketches: Sketches) -> NDArray[np.intp]:
    """Return the number of the mean `(n, runs)` that each sketch names for each run."""
    halves = np.stack([sketches.codes & 15, sketches.codes >> 4], axis=2)
    return halves.reshape(len(halves), -1)[:, : len(sketches.means)].astype(np.intp)


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return clustered(30_000)


@pytest.fixture(scope="module")
def index(vectors: Vectors) -> DenseIndex:
    return DenseIndex(vectors, Sketches.train(vectors))


def test_nearly_all_of_the_nearest_are_found_and_scored_exactly(
    index: DenseIndex, vectors: Vectors
) -> None:
    queries = clustered(50, seed=1)
    scores, rows = index.search(queries, 10)
    right = 0
    for query, found_scores, found_rows in zip(queries, scores, rows, strict=True):
        right += len({*best(vectors, query, 10)} & {*found_rows.tolist()})
        assert found_scores.tolist() == index.scores_of(query, found_rows).tolist()
        assert np.lexsort((found_rows, -found_scores)).tolist() == list(range(10))
    assert right / 500 >= 0.99


def test_a_look_takes_the_rows_whose_means_come_nearest(index: DenseIndex) -> None:
    sketches = index.sketches
    assert sketches is not None
    numbers, runs = means_of(sketches), np.arange(len(sketches.means))
    meant = sketches.means[runs, numbers].reshape(len(index), -1)[:, : index.dimension]
    for query in clustered(20, seed=2):
        exact = np.sort(meant @ query)[::-1]
        found = sketches.nearest(query, 300)
        assert found.tolist() == sorted({*found.tolist()})
        assert len(found) == 300
        # FAISS rounds the products of a query with the means to 8 bits.
        assert (meant[found] @ query).min() >= exact[299] - 0.02
        assert {*np.flatnonzero(meant @ query > exact[299] + 0.02)} <= {*found.tolist()}


def test_filters_are_exact_and_never_short(index: DenseIndex, vectors: Vectors) -> None:
    for allowed in (np.arange(3, 30_000, 7), np.arange(1, 25_000), np.arange(0)):
        for query in clustered(5, seed=3):
            _, rows = index.search(query[None, :], 25, allowed=allowed)
            assert rows[0].tolist() == allowed[best(vectors[allowed], query, 25)].tolist()


def test_as_many_as_there_are_come_exactly(index: DenseIndex, vectors: Vectors) -> None:
    query = clustered(1, seed=4)
    _, rows = index.search(query, 29_999)
    assert rows[0].tolist() == best(vectors, query[0], 29_999)


def test_of_equal_vectors_the_lower_rows_come_first() -> None:
    pool = clustered(3_000)
    pool[100:2_000:19] = pool[7]
    _, rows = DenseIndex(pool, Sketches.train(pool)).search(pool[7:8], 50)
    assert rows[0].tolist() == [7, *range(100, 100 + 49 * 19, 19)]


def test_a_query_that_no_row_is_near_to_gets_as_many_as_it_asks_for(index: DenseIndex) -> None:
    nothing = np.zeros((1, index.dimension), np.float32)
    assert index.sketches is not None
    assert len(index.sketches.nearest(nothing[0], 2_000)) < 10
    scores, rows = index.search(nothing, 10)
    assert (scores[0].tolist(), rows[0].tolist()) == ([0.0] * 10, [*range(10)])


def test_questions_that_come_together_wait_for_the_same_codes_and_sketches(
    vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def codes_of(vectors: Vectors) -> Scan:
        made.append("codes")
        time.sleep(0.1)
        return codes(vectors)

    def laid_out(means: Vectors, rows: NDArray[np.uint8]) -> faiss.IndexPQFastScan:
        made.append("sketches")
        time.sleep(0.1)
        return laying_out(means, rows)

    codes, laying_out = Scan.of, sketches.scanned
    monkeypatch.setattr(Scan, "of", codes_of)
    monkeypatch.setattr(sketches, "scanned", laid_out)
    shared, query = DenseIndex(vectors, Sketches.train(vectors)), clustered(1, seed=7)
    together = threading.Barrier(4)

    def ask(allowed: NDArray[np.int64] | None) -> list[int]:
        together.wait()
        found: list[int] = shared.search(query, 10, allowed=allowed)[1][0].tolist()
        return found

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ask, [np.arange(25_000), None] * 2))
    assert sorted(made) == ["codes", "sketches"]
    assert found[:2] == found[2:]
    assert found[0] == best(vectors[:25_000], query[0], 10)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(600, 700), st.integers(600, 700))
def test_in_whatever_steps_rows_come_and_go_the_sketches_are_the_same(
    seed: int, size: int, between: int
) -> None:
    rng = np.random.default_rng(seed)
    pool = clustered(700, d=20)
    trained = Sketches.train(pool[:600])
    # In one step: everything new to the trained means. In two: some kept, some gone, some new.
    target = np.sort(rng.permutation(700)[:size])
    at_once = Sketches(trained.means, sketch(pool[target], trained.means), 600)
    middle = np.sort(rng.permutation(700)[:between])
    first = trained.revised(np.where(middle < 600, middle, -1), pool[middle])
    place = {row: i for i, row in enumerate(middle.tolist())}
    origin = np.array([place.get(row, -1) for row in target.tolist()])
    then = first.revised(origin, pool[target])
    assert (then.means.tobytes(), then.codes.tobytes()) == (
        at_once.means.tobytes(),
        at_once.codes.tobytes(),
    )
    assert (then.trained, then.since) == (600, (middle >= 600).sum() + (origin < 0).sum())
    for query in clustered(5, d=20, seed=6):
        assert at_once.nearest(query, 99).tolist() == then.nearest(query, 99).tolist()


def test_a_collection_that_doubled_is_trained_anew() -> None:
    vectors = clustered(4_100, d=20)
    sketches = Sketches.train(vectors[:2_000])
    origin = np.concatenate([np.arange(2_000), np.full(2_100, -1)])
    kept = sketches.revised(origin[:4_000], vectors[:4_000])
    assert kept.trained == 2_000
    assert kept.means.tobytes() == sketches.means.tobytes()
    assert sketches.revised(origin, vectors).trained == 4_100
    assert sketches.revised(np.arange(900), vectors[:900]).trained == 900


def test_a_collection_of_which_half_was_replaced_is_trained_anew() -> None:
    vectors, others = of_a_subject([0, 1, 2], 4_000), of_a_subject([3, 4], 4_000)
    now, step = vectors.copy(), 500
    revised = Sketches.train(vectors)
    for start in range(0, 4_000, step):
        now[start : start + step] = others[start : start + step]
        origin = np.arange(4_000)
        origin[start : start + step] = -1
        revised = revised.revised(origin, now)
        anew = start == 2_000  # five parts in eight are new
        assert (revised.since == 0) == anew
        if anew:
            same(revised, Sketches.train(now))
    assert revised.since == 1_500
    kept = Sketches.train(vectors)
    at_once = kept.revised(np.full(4_000, -1), others)
    same(at_once, Sketches.train(others))
    queries = others[::80]
    stale = Sketches(kept.means, sketch(others, kept.means), 4_000)

    def recall(of: Sketches) -> float:
        return float(np.mean([
            len({*best(others, query, 10)} & {*of.nearest(query, 30).tolist()}) / 10
            for query in queries
        ]))  # fmt: skip

    assert recall(at_once) > recall(stale) + 0.3


def test_sketches_of_another_length_are_read_as_they_are_and_trained_anew_by_an_update(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "SKETCHED_FROM", 1_000)
    monkeypatch.setattr(dense, "RESCORED", 500)
    vectors = clustered(3_000)
    with monkeypatch.context() as before:
        before.setattr(sketches, "RUN", 6)
        older = DenseIndex.build(vectors)
    older.save(tmp_path / "dense.faiss")
    # As they were written before rows were counted after the training.
    (tmp_path / "sketches" / "sketches.json").write_text(json.dumps({"trained": 3_000}), "utf-8")
    opened = DenseIndex.open(tmp_path / "dense.faiss")
    assert (older.sketches is None, opened.sketches is None) == (False, False)
    assert opened.sketches is not None
    assert older.sketches is not None
    assert opened.sketches.means.shape == (16, MEANS, 6)
    same(opened.sketches, older.sketches)
    queries = clustered(20, seed=5)
    assert opened.search(queries, 10)[1].tolist() == older.search(queries, 10)[1].tolist()
    updated = DenseIndex.build(vectors, before=opened, origin=np.arange(3_000)).sketches
    assert updated is not None
    same(updated, Sketches.train(vectors))
    assert updated.means.shape == (20, MEANS, 5)


@pytest.mark.parametrize(
    ("d", "shape"),
    [
        *((20, shape) for shape in [(3, 16, 5), (5, 16, 5), (4, 15, 5), (4, 16, 0), (4, 16)]),
        (20, (0, 16, 5)),
        (257, (257, 16, 1)),
    ],
)
def test_means_that_do_not_cover_the_components_are_damage(
    tmp_path: Path, d: int, shape: tuple[int, ...]
) -> None:
    vectors = clustered(50, d=d)
    DenseIndex(vectors, Sketches.train(vectors)).save(tmp_path / "dense.faiss")
    np.save(tmp_path / "sketches" / "means.npy", np.zeros(shape, np.float32))
    np.save(tmp_path / "sketches" / "codes.npy", np.zeros((50, -(-shape[0] // 2)), np.uint8))
    with pytest.raises(SnapshotDamaged, match="sketches/ does not hold sketches"):
        DenseIndex.open(tmp_path / "dense.faiss")


def test_a_large_index_is_sketched_and_keeps_its_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "SKETCHED_FROM", 1_000)
    pool = clustered(1_500, d=20)
    assert DenseIndex.build(pool[:999]).sketches is None
    first = DenseIndex.build(pool[:1_000])
    assert first.sketches is not None
    origin = np.concatenate([np.arange(1_000), np.full(500, -1)])
    grown = DenseIndex.build(pool, before=first, origin=origin).sketches
    assert grown is not None
    same(grown, first.sketches.revised(origin, pool))
    assert grown.means.tobytes() == first.sketches.means.tobytes()


@pytest.mark.parametrize("d", [1, 6, 20, 384, 3_840])
def test_a_row_gets_the_nearest_means_alone_and_in_company(d: int) -> None:
    vectors = clustered(300, d=d)
    sketches = Sketches.train(vectors)
    runs, length = runs_of(d)
    assert sketches.means.shape == (runs, MEANS, length)
    alone = [sketch(vectors[i : i + 1], sketches.means)[0].tolist() for i in range(300)]
    assert sketches.codes.tolist() == alone
    cut = np.pad(vectors, ((0, 0), (0, runs * length - d))).reshape(300, runs, 1, length)
    distances = np.square(cut - sketches.means).sum(axis=3)
    chosen = np.take_along_axis(distances, means_of(sketches)[:, :, None], axis=2)[:, :, 0]
    np.testing.assert_allclose(chosen, distances.min(axis=2), atol=1e-6)


@pytest.mark.parametrize(
    ("d", "runs"),
    [
        (1, (1, 5)),
        (10, (2, 5)),
        (384, (77, 5)),
        (1_536, (256, 6)),
        (3_840, (256, 15)),
        (4_096, (256, 16)),
    ],
)
def test_runs_cover_all_components_and_are_not_too_many(d: int, runs: tuple[int, int]) -> None:
    assert runs_of(d) == runs
    assert (runs[0] - 1) * runs[1] < d <= runs[0] * runs[1]
    assert runs[1] >= RUN


def test_saving_and_opening_keeps_every_bit(tmp_path: Path) -> None:
    vectors = clustered(2_000)
    DenseIndex(vectors, Sketches.train(vectors)).save(tmp_path / "dense.faiss")
    opened = DenseIndex.open(tmp_path / "dense.faiss")
    assert opened.sketches is not None
    same(opened.sketches, Sketches.train(vectors))
    assert opened.vectors[:].tobytes() == vectors.tobytes()
    same(opened.sketches.revised(np.arange(2_000), vectors), opened.sketches)


NAMES = ["sketches.json", "means.npy", "codes.npy"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore:Reading `.npy` or `.npz` file required additional header")
def test_damage_is_refused_by_name(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So few that sketches are looked at, of twenty rows.
    monkeypatch.setattr(dense, "RESCORED", 4)
    monkeypatch.setattr(dense, "OFTEN", 2)
    vectors = clustered(20, d=4)
    DenseIndex(vectors, Sketches.train(vectors)).save(tmp_path / "dense.faiss")
    path = tmp_path / "sketches" / name
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(SnapshotDamaged, match="sketches/ does not hold sketches"):
            DenseIndex.open(tmp_path / "dense.faiss")
    looked_at = 0
    for bit in range(0, 8 * len(whole), 11):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        try:
            opened = DenseIndex.open(tmp_path / "dense.faiss")
        except SnapshotDamaged:
            continue
        assert opened.sketches is not None
        scores, rows = opened.search(vectors[:3], 2)
        for query, found_scores, found_rows in zip(vectors, scores, rows, strict=False):
            assert len({*found_rows.tolist()} & {*range(20)}) == 2
            assert found_scores.tolist() == opened.scores_of(query, found_rows).tolist()
        looked_at += opened.sketches._index is not None
    assert looked_at
    path.unlink()
    with pytest.raises(SnapshotDamaged):
        DenseIndex.open(tmp_path / "dense.faiss")


PARTS = ["calf", "thigh", "foot", "hand", "neck", "back", "jaw", "eyelid", "hip", "shoulder"]
CAUSES = ["cold", "heat", "thirst", "a long walk", "a poor bed", "old shoes", "too much salt"]


def article(part: str, causes: list[str]) -> str:
    lines = [
        f"The {part} may cramp after {cause}, and rest helps against {cause}." for cause in causes
    ]
    return "\n\n".join([f"# Cramps of the {part}", *lines])


def asked(index: Path) -> tuple[int, list[list[int]], dict[str, tuple[int, int]]]:
    """Open the live snapshot, hold its sketches against its vectors, ask it for some passages."""
    snapshot = open_snapshot(index)
    try:
        opened = snapshot.dense
        assert damaged_files(snapshot.folder) == []
        names = {f"sketches/{name}" for name in NAMES}
        assert names & {*snapshot.manifest.files} == (names if opened.sketches else set())
        if opened.sketches is not None:
            kept = sketch(opened.vectors, opened.sketches.means)
            assert opened.sketches.codes.tobytes() == kept.tobytes()
        vectors = opened.vectors[:]
        _, rows = opened.search(vectors[::7], 3)
        for place, found in enumerate(rows.tolist()):
            # The same text may stand in an earlier row.
            assert (vectors[found[0]] == vectors[7 * place]).all()
        trained = opened.sketches.trained if opened.sketches else 0
        return trained, rows.tolist(), snapshot.records.article_rows()
    finally:
        snapshot.records.close()


def test_sketches_go_through_snapshots_as_articles_come_change_and_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "SKETCHED_FROM", 40)
    monkeypatch.setattr(dense, "RESCORED", 20)
    corpus, index, clock = tmp_path / "corpus", tmp_path / "index", 1_700_000_000
    encoder = DeterministicEncoder()

    def put(parts: list[str], causes: list[str]) -> None:
        nonlocal clock
        clock += 1
        for part in parts:
            write(corpus / f"{part}.md", article(part, causes), changed=clock)

    def updated() -> tuple[int, list[list[int]], dict[str, tuple[int, int]]]:
        update_index(corpus, index, encoder, target_tokens=12)
        assert verify_index(corpus, index).faults == ()
        return asked(index)

    put(PARTS[:8], CAUSES[:6])
    first = updated()
    assert first[0] == 48
    put(PARTS[8:9], CAUSES)  # comes
    assert updated()[0] == 48
    put(PARTS[2:3], CAUSES[1:])  # changes
    assert updated()[0] == 48
    (corpus / f"{PARTS[1]}.md").unlink()
    last = updated()
    assert last[0] == 48
    assert f"{PARTS[1]}.md" not in last[2]

    roll_back(index)
    assert f"{PARTS[1]}.md" in asked(index)[2]
    assert updated() == last

    for part in PARTS[2:5]:
        (corpus / f"{part}.md").unlink()
    trained, _, rows = updated()
    assert (trained, sum(count for _, count in rows.values()) < 40) == (0, True)
    assert [path.name for path in index.glob(f"snapshots/{current_snapshot(index)}/*/")] == [
        "lexical"
    ]
    put(PARTS, CAUSES)
    assert updated()[0] == 70


def test_a_snapshot_with_cells_from_before_sketches_is_searched_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    encoder, plain = DeterministicEncoder(), DenseIndex.save

    def save(self: DenseIndex, path: Path) -> None:
        plain(self, path)
        path.with_name("cells").mkdir()
        np.save(path.with_name("cells") / "centroids.npy", self.vectors[:8])

    for part in PARTS:
        write(corpus / f"{part}.md", article(part, CAUSES))
    with monkeypatch.context() as before:
        before.setattr(DenseIndex, "save", save)
        update_index(corpus, index, encoder, target_tokens=12)
    monkeypatch.setattr(dense, "SKETCHED_FROM", 40)
    monkeypatch.setattr(dense, "RESCORED", 20)
    monkeypatch.setattr(dense, "LEAST", 15)
    snapshot = open_snapshot(index)
    assert "cells/centroids.npy" in snapshot.manifest.files
    assert damaged_files(snapshot.folder) == []
    assert snapshot.dense.sketches is None
    vectors = snapshot.dense.vectors[:]
    for query in encoder.encode(["cramps of the calf", "a poor bed", "salt"]):
        _, rows = snapshot.dense.search(query[None, :], 3)
        assert rows[0].tolist() == best(vectors, query, 3)
    snapshot.records.close()

    write(corpus / "new.md", article("knee", CAUSES))
    update_index(corpus, index, encoder, target_tokens=12)
    assert asked(index)[0] == 77
    assert not [*index.glob(f"snapshots/{current_snapshot(index)}/cells")]
