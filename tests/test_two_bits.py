"""Two bits a component: their levels, their scores, and when a look at them is deep enough."""

import numpy as np
import pytest

from index import dense
from index.codes import Rows, Vectors
from index.dense import DenseIndex
from index.two_bits import EDGES, LEVELS, WIDEST, TwoBits


@pytest.fixture(autouse=True)
def _glimpsed_from_the_first_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "GLIMPSED_FROM", 0)


def unit(matrix: np.ndarray) -> Vectors:
    scaled: Vectors = (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def clustered(n: int, d: int = 64, seed: int = 0) -> Vectors:
    """Return unit vectors around a centre for every ten of them, as articles have passages."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(1, n // 10), d))
    return unit(centres[rng.integers(0, len(centres), n)] + 0.8 * rng.normal(size=(n, d)))


def nearest_of_all(vectors: Vectors, query: Vectors, k: int) -> Rows:
    scores = np.einsum("nd,d->n", vectors, query, optimize=False)
    order: Rows = np.lexsort((np.arange(len(vectors)), -scores))[:k]
    return order


def test_levels_and_edges_are_those_of_least_error() -> None:
    # Each edge lies midway between its levels, each level at the mean of what lies between edges.
    normal = np.random.default_rng(1).normal(size=400_000)
    np.testing.assert_allclose((LEVELS[1:] + LEVELS[:-1]) / 2, EDGES, atol=1e-4)
    cells = np.searchsorted(EDGES, normal)
    np.testing.assert_allclose([normal[cells == c].mean() for c in range(4)], LEVELS, atol=0.01)


@pytest.mark.parametrize("d", [3, 6, 8, 63])
def test_rough_scores_are_those_of_the_levels(d: int) -> None:
    vectors = clustered(500, d)
    mean, deviation = vectors.mean(axis=0, dtype=np.float64), vectors.std(axis=0, dtype=np.float64)
    cells = (vectors[:, :, None] > mean[:, None] + deviation[:, None] * EDGES).sum(axis=2)
    meant = mean + deviation * LEVELS[cells]
    for query in vectors[:5]:
        rows, rough = TwoBits(vectors).nearest(query, 400)
        assert len(set(rows.tolist())) == len(rows) >= 300  # FAISS leaves out the least of all
        # Of each pair FAISS keeps the products with all levels in 256 steps.
        steps = (np.abs(query) * deviation).max() * (LEVELS[3] - LEVELS[0]) * 2 / 255
        np.testing.assert_allclose(rough, meant[rows] @ query, atol=steps * (d + 1) / 2 + 1e-6)
        assert np.all(rough[:-1] >= rough[1:])


def test_the_best_of_many_are_those_of_brute_force() -> None:
    vectors = clustered(12_000)
    index = DenseIndex(vectors)
    found = whole = 0
    queries = unit(vectors[::400] + 0.05 * np.random.default_rng(4).normal(size=(30, 64)))
    for query in queries:
        scores, rows = index.search(query[None, :], 50)
        wanted = nearest_of_all(vectors, query, 50)
        found += len(np.intersect1d(rows[0], wanted))
        whole += rows[0].tolist() == wanted.tolist()
        assert scores[0].tolist() == index.scores_of(query, rows[0]).tolist()
    assert found >= 0.999 * 50 * len(queries)
    assert whole >= len(queries) - 2


def test_what_two_bits_cannot_tell_apart_is_looked_at_by_codes() -> None:
    # All rows so close together that the look's errors are larger than what parts them.
    rng = np.random.default_rng(3)
    vectors = unit(unit(rng.normal(size=(1, 64))) + 0.002 * rng.normal(size=(24_000, 64)))
    index = DenseIndex(vectors)
    for query in unit(vectors[:10] + 0.1 * rng.normal(size=(10, 64))):
        assert index._glimpsed(query, 200) is None
        _, rows = index.search(query[None, :], 200)
        assert rows[0].tolist() == nearest_of_all(vectors, query, 200).tolist()


def test_of_many_equal_vectors_the_lower_rows_come_first() -> None:
    vectors = clustered(1, 384).repeat(3_000, axis=0)
    _, rows = DenseIndex(vectors).search(vectors[:1], 8)
    assert rows.tolist() == [list(range(8))]


def test_the_same_rows_are_found_again_by_an_index_made_anew() -> None:
    vectors = clustered(5_000)
    one, other = DenseIndex(vectors), DenseIndex(vectors.copy())
    for query in vectors[:20]:
        scores, rows = one.search(query[None, :], 100)
        again_scores, again_rows = other.search(query[None, :], 100)
        assert (scores.tolist(), rows.tolist()) == (again_scores.tolist(), again_rows.tolist())


def test_wider_vectors_and_few_rows_are_looked_at_by_codes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dense, "TwoBits", None)  # whoever made one would fail
    for vectors in (clustered(3_000, WIDEST + 1), clustered(2_000), clustered(5_000)):
        if len(vectors) == 5_000:
            monkeypatch.setattr(dense, "GLIMPSED_FROM", 5_001)
        index = DenseIndex(vectors)
        _, rows = index.search(vectors[:1], 20)
        assert rows[0].tolist() == nearest_of_all(vectors, vectors[0], 20).tolist()
