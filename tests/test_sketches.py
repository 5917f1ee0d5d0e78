"""Sketches: near enough to exact, the same however the collection grew, exact under a filter."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from index import dense
from index.codes import Vectors
from index.dense import DenseIndex
from index.errors import SnapshotDamaged
from index.sketches import MEANS, RUN, Sketches, runs_of, sketch


def clustered(n: int, d: int = 96, seed: int = 0) -> Vectors:
    """Return unit vectors around a hundred directions, as texts lie around their topics."""
    rng = np.random.default_rng(seed)
    topics = np.random.default_rng(99).normal(size=(100, d))
    vectors = topics[rng.integers(100, size=n)] + 0.7 * rng.normal(size=(n, d))
    scaled: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def same(one: Sketches, other: Sketches) -> None:
    assert one.means.tobytes() == other.means.tobytes()
    assert one.codes.tobytes() == other.codes.tobytes()
    assert one.trained == other.trained


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


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(400, 700), st.integers(400, 700))
def test_in_whatever_steps_rows_come_and_go_the_sketches_are_the_same(
    seed: int, size: int, between: int
) -> None:
    rng = np.random.default_rng(seed)
    pool = clustered(1_500, d=20)
    trained = Sketches.train(pool[:600])
    wanted = rng.permutation(1_500)[:size]
    # In one step: everything new to the trained means. In two: some kept, some gone, some new.
    target = np.sort(wanted)
    nothing = np.full(len(target), -1)
    at_once = trained.revised(nothing, pool[target])
    middle = np.sort(rng.permutation(1_500)[:between])
    first = trained.revised(np.where(middle < 600, middle, -1), pool[middle])
    place = {row: i for i, row in enumerate(middle.tolist())}
    origin = np.array([place.get(row, -1) for row in target.tolist()])
    then = first.revised(origin, pool[target])
    same(at_once, then)
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


@pytest.mark.parametrize("d", [1, 6, 20, 384])
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
    [(1, (1, 5)), (10, (2, 5)), (384, (77, 5)), (1_536, (256, 6)), (4_096, (256, 16))],
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
    assert opened.vectors.tobytes() == vectors.tobytes()
    same(opened.sketches.revised(np.arange(2_000), vectors), opened.sketches)


NAMES = ["sketches.json", "means.npy", "codes.npy"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore:Reading `.npy` or `.npz` file required additional header")
def test_damage_is_refused_by_name(tmp_path: Path, name: str) -> None:
    vectors = clustered(20, d=4)
    DenseIndex(vectors, Sketches.train(vectors)).save(tmp_path / "dense.faiss")
    path = tmp_path / "sketches" / name
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(SnapshotDamaged, match="sketches/ does not hold sketches"):
            DenseIndex.open(tmp_path / "dense.faiss")
    for bit in range(0, 8 * len(whole), 11):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        try:
            opened = DenseIndex.open(tmp_path / "dense.faiss")
        except SnapshotDamaged:
            continue
        assert opened.sketches is not None
        assert {*opened.sketches.nearest(vectors[0], 5).tolist()} <= {*range(20)}
        scores, _ = opened.search(vectors[:3], 2)
        assert np.isfinite(scores).all()
    path.unlink()
    with pytest.raises(SnapshotDamaged):
        DenseIndex.open(tmp_path / "dense.faiss")
