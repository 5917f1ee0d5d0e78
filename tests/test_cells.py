"""Cells: near enough to exact, the same however the collection grew, exact under a filter."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.cells import Cells, assign, cells_for
from index.codes import Vectors
from index.dense import DenseIndex
from index.errors import SnapshotDamaged


def clustered(n: int, d: int = 32, seed: int = 0) -> Vectors:
    """Return unit vectors around a hundred directions, as texts lie around their topics."""
    rng = np.random.default_rng(seed)
    topics = np.random.default_rng(99).normal(size=(100, d))
    vectors = topics[rng.integers(100, size=n)] + 0.7 * rng.normal(size=(n, d))
    scaled: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def same(one: Cells, other: Cells) -> None:
    assert one.centroids.tobytes() == other.centroids.tobytes()
    assert one.cell_of.tolist() == other.cell_of.tolist()
    assert one.codes.tobytes() == other.codes.tobytes()
    assert (one.scale, one.trained) == (other.scale, other.trained)


def best(vectors: Vectors, query: Vectors, k: int) -> list[int]:
    exact = np.einsum("nd,d->n", vectors, query, optimize=False)
    return [int(row) for row in np.lexsort((np.arange(len(vectors)), -exact))[:k]]


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return clustered(20_000)


@pytest.fixture(scope="module")
def index(vectors: Vectors) -> DenseIndex:
    return DenseIndex(vectors, Cells.train(vectors))


def test_nearly_all_of_the_nearest_are_found(index: DenseIndex, vectors: Vectors) -> None:
    queries = clustered(50, seed=1)
    _, rows = index.search(queries, 10)
    found = [
        len({*best(vectors, q, 10)} & {*r.tolist()}) for q, r in zip(queries, rows, strict=True)
    ]
    assert np.mean(found) / 10 >= 0.98


def test_with_every_cell_open_the_result_is_exact(index: DenseIndex, vectors: Vectors) -> None:
    assert index.cells is not None
    for query in clustered(10, seed=2):
        found = index.cells.nearest(query, len(vectors), None, probes=len(vectors))
        assert sorted(found.rows.tolist()) == list(range(len(vectors)))
        exact = index.scores_of(query, found.rows)
        assert np.abs(found.rough - exact).max() <= found.error
        assert found.error < 0.1


def test_filters_are_exact_and_never_short(index: DenseIndex, vectors: Vectors) -> None:
    allowed = np.arange(3, 20_000, 7)
    for query in clustered(10, seed=3):
        _, rows = index.search(query[None, :], 25, allowed=allowed)
        assert rows[0].tolist() == allowed[best(vectors[allowed], query, 25)].tolist()


def test_more_than_the_cells_hold_is_found_all_the_same(
    index: DenseIndex, vectors: Vectors
) -> None:
    query = clustered(1, seed=4)
    _, rows = index.search(query, 19_999)
    assert rows[0].tolist() == best(vectors, query[0], 19_999)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(400, 700), st.integers(400, 700))
def test_in_whatever_steps_rows_come_and_go_the_cells_are_the_same(
    seed: int, size: int, between: int
) -> None:
    rng = np.random.default_rng(seed)
    pool = clustered(1_500, d=8)
    trained = Cells.train(pool[:600])
    wanted = rng.permutation(1_500)[:size]
    # In one step: everything new to the trained centroids. In two: some kept, some gone, some new.
    target = np.sort(wanted)
    nothing = np.full(len(target), -1)
    at_once = trained.revised(nothing, pool[target])
    middle = np.sort(rng.permutation(1_500)[:between])
    first = trained.revised(np.where(middle < 600, middle, -1), pool[middle])
    place = {row: i for i, row in enumerate(middle.tolist())}
    origin = np.array([place.get(row, -1) for row in target.tolist()])
    then = first.revised(origin, pool[target])
    same(at_once, then)
    one, other = DenseIndex(pool[target], at_once), DenseIndex(pool[target], then)
    queries = clustered(5, d=8, seed=6)
    (scores, rows), (scores2, rows2) = one.search(queries, 9), other.search(queries, 9)
    assert scores.tobytes() == scores2.tobytes()
    assert rows.tobytes() == rows2.tobytes()


def test_a_collection_that_doubled_is_trained_anew() -> None:
    vectors = clustered(4_100)
    cells = Cells.train(vectors[:2_000])
    origin = np.concatenate([np.arange(2_000), np.full(2_100, -1)])
    kept = cells.revised(origin[:4_000], vectors[:4_000])
    assert kept.trained == 2_000
    assert kept.centroids.tobytes() == cells.centroids.tobytes()
    assert cells.revised(origin, vectors).trained == 4_100
    assert cells.revised(np.arange(900), vectors[:900]).trained == 900


def test_a_row_gets_its_cell_alone_and_in_company() -> None:
    vectors, centroids = clustered(300), clustered(16, seed=7)
    together = assign(vectors, centroids)
    assert together.tolist() == [int(assign(vectors[i : i + 1], centroids)[0]) for i in range(300)]
    products = np.einsum("nd,kd->nk", vectors, centroids, optimize=False)
    assert together.tolist() == products.argmax(axis=1).tolist()
    assert assign(vectors[:0], centroids).tolist() == []


@pytest.mark.parametrize(("n", "cells"), [(1, 1), (1_000, 32), (200_000, 512), (1_000_000, 1_024)])
def test_there_are_about_as_many_cells_as_rows_in_each(n: int, cells: int) -> None:
    assert cells_for(n) == cells


def test_saving_and_opening_keeps_every_bit(tmp_path: Path) -> None:
    vectors = clustered(2_000)
    DenseIndex(vectors, Cells.train(vectors)).save(tmp_path / "dense.faiss")
    opened = DenseIndex.open(tmp_path / "dense.faiss")
    assert opened.cells is not None
    same(opened.cells, Cells.train(vectors))
    assert opened.vectors.tobytes() == vectors.tobytes()
    revised = opened.cells.revised(np.arange(2_000), vectors)
    same(revised, opened.cells)


NAMES = ["cells.json", "centroids.npy", "cell_of.npy", "codes.npy"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore:Reading `.npy` or `.npz` file required additional header")
def test_damage_is_refused_by_name(tmp_path: Path, name: str) -> None:
    vectors = clustered(12, d=4)
    DenseIndex(vectors, Cells.train(vectors)).save(tmp_path / "dense.faiss")
    path = tmp_path / "cells" / name
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(SnapshotDamaged, match="cells/ does not hold cells"):
            DenseIndex.open(tmp_path / "dense.faiss")
    for bit in range(0, 8 * len(whole), 11):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        try:
            opened = DenseIndex.open(tmp_path / "dense.faiss")
        except SnapshotDamaged:
            continue
        scores, _ = opened.search(vectors[:3], 2)
        assert np.isfinite(scores).all()
    path.unlink()
    with pytest.raises(SnapshotDamaged):
        DenseIndex.open(tmp_path / "dense.faiss")
