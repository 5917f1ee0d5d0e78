"""Dense search against brute force: the same rows and scores, ties and filters included."""

from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from index.codes import OFFSET, Scan, Vectors, encode, rounded, scale_of
from index.dense import ROUNDING, DenseIndex
from index.errors import SnapshotDamaged


def unit(matrix: np.ndarray) -> Vectors:
    scaled: Vectors = (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def random_units(n: int, d: int, seed: int = 0) -> Vectors:
    return unit(np.random.default_rng(seed).normal(size=(n, d)))


@st.composite
def _indexed(draw: st.DrawFn) -> tuple[Vectors, Vectors, int, np.ndarray | None]:
    d = draw(st.sampled_from([1, 2, 3, 8, 33]))
    # Small whole numbers before scaling make equal vectors and equal products common.
    whole = st.integers(-2, 2)

    def some(n: int) -> Vectors:
        matrix = draw(hnp.arrays(np.int64, (n, d), elements=whole))
        matrix[~matrix.any(axis=1), 0] = 1
        return unit(matrix)

    n = draw(st.integers(0, 40))
    allowed = None
    if draw(st.booleans()):
        chosen = draw(st.sets(st.integers(0, n - 1))) if n else set()
        allowed = np.array(sorted(chosen), np.int64)
    return some(n), some(draw(st.integers(0, 25))), draw(st.integers(0, 45)), allowed


@given(_indexed(), st.sampled_from([0, 10, 100]))
def test_search_equals_brute_force(
    case: tuple[Vectors, Vectors, int, np.ndarray | None], few: int
) -> None:
    vectors, queries, k, allowed = case
    index = DenseIndex(vectors, few=few)
    scores, rows = index.search(queries, k, allowed=allowed)
    pool = np.arange(len(vectors)) if allowed is None else allowed
    k = min(k, len(pool))
    assert scores.shape == rows.shape == (len(queries), k)
    for query, found_scores, found_rows in zip(queries, scores, rows, strict=True):
        products = index.scores_of(query, pool)
        order = np.lexsort((pool, -products))[:k]
        assert found_rows.tolist() == pool[order].tolist()
        assert found_scores.tolist() == products[order].tolist()
        exact = vectors[found_rows].astype(np.float64) @ query.astype(np.float64)
        np.testing.assert_allclose(found_scores, exact, rtol=0, atol=1e-6)


@pytest.mark.parametrize("closeness", [1.0, 0.05, 0.002])
@pytest.mark.parametrize("filtered", [False, True])
def test_what_codes_cannot_tell_apart_is_told_by_the_vectors(
    closeness: float, filtered: bool
) -> None:
    # The closer all rows lie together, the more of them the codes' error could hide.
    rng = np.random.default_rng(3)
    vectors = unit(random_units(1, 64) + closeness * rng.normal(size=(3_000, 64)) / 8)
    allowed = np.arange(1, 3_000, 2) if filtered else None
    index = DenseIndex(vectors, few=500)
    pool = np.arange(3_000) if allowed is None else allowed
    for query in unit(vectors[:20] + 0.1 * random_units(20, 64, 5)):
        exact = index.scores_of(query, pool)
        _, rows = index.search(query[None, :], 30, allowed=allowed)
        assert rows[0].tolist() == pool[np.lexsort((pool, -exact))[:30]].tolist()


@pytest.mark.parametrize("dimension", [64, 384, 1024])
def test_faiss_rounds_less_than_we_allow_for(dimension: int) -> None:
    vectors = random_units(500, dimension)
    look = Scan.of(vectors)
    scale = scale_of(vectors)
    codes, error = encode(vectors, scale)
    meant = (codes.astype(np.float64) - OFFSET) / scale
    assert np.linalg.norm(vectors - meant, axis=1).max() <= error
    for query in random_units(5, dimension, seed=1):
        found = look.nearest(query, 500, None)
        whole, shrunk, lost = rounded(query)
        assert np.linalg.norm(whole[0] / shrunk - query) <= lost + 1e-6
        assert np.abs(found.rough - meant[found.rows] @ (whole[0] / shrunk)).max() < ROUNDING / 10
        exact = DenseIndex(vectors).scores_of(query, found.rows)
        assert np.abs(found.rough - exact).max() <= found.error
        assert found.error <= 2.5 * error
        assert np.argmax(exact) < 50


def test_the_file_is_one_that_faiss_writes_and_reads(tmp_path: Path) -> None:
    vectors = random_units(40, 9)
    DenseIndex.build(vectors).save(tmp_path / "ours.faiss")
    flat = faiss.IndexFlatIP(9)
    flat.add(vectors)
    faiss.write_index(flat, str(tmp_path / "theirs.faiss"))
    assert (tmp_path / "ours.faiss").read_bytes() == (tmp_path / "theirs.faiss").read_bytes()
    read = faiss.read_index(str(tmp_path / "ours.faiss"))
    assert read.reconstruct_n(0, 40).tobytes() == vectors.tobytes()


def test_of_equal_vectors_the_lower_rows_come_first() -> None:
    vectors = random_units(1, 384).repeat(50, axis=0)
    vectors[7] = random_units(1, 384, seed=1)
    scores, rows = DenseIndex(vectors, few=0).search(vectors[:1], 8)
    assert rows.tolist() == [[0, 1, 2, 3, 4, 5, 6, 8]]
    assert len(set(scores[0].tolist())) == 1


@given(st.integers(1, 60), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_a_score_does_not_depend_on_its_company(n: int, d: int, seed: int) -> None:
    vectors = random_units(n, d, seed)
    index = DenseIndex.build(vectors)
    together = index.scores_of(vectors[0], np.arange(n))
    alone = [index.scores_of(vectors[0], np.array([row]))[0] for row in range(n)]
    assert together.tolist() == [float(score) for score in alone]


def test_saving_and_opening_keeps_every_bit(tmp_path: Path) -> None:
    for n in (0, 1, 17):
        vectors = random_units(n, 5) if n else np.empty((0, 5), np.float32)
        path = tmp_path / f"{n}.faiss"
        DenseIndex.build(vectors).save(path)
        opened = DenseIndex.open(path)
        assert opened.vectors[:].tobytes() == vectors.tobytes()
        assert (len(opened), opened.dimension) == (n, 5)


def _saved(tmp_path: Path) -> Path:
    path = tmp_path / "dense.faiss"
    DenseIndex.build(random_units(2, 3)).save(path)
    return path


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    path = _saved(tmp_path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(SnapshotDamaged, match=r"dense\.faiss"):
            DenseIndex.open(path)
    path.write_bytes(whole + b"\0")
    with pytest.raises(SnapshotDamaged, match="has 70 bytes, not the 69"):
        DenseIndex.open(path)


def test_every_flipped_bit_is_refused_or_harmless(tmp_path: Path) -> None:
    path = _saved(tmp_path)
    whole = path.read_bytes()
    for bit in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        try:
            opened = DenseIndex.open(path)
        except SnapshotDamaged:
            continue
        # What a flip of a low bit leaves is still two unit vectors (the hash finds it).
        scores, rows = opened.search(opened.vectors[:], 2)
        assert np.isfinite(scores).all()
        assert sorted(rows[0].tolist()) == [0, 1]


@given(data=st.binary(max_size=200))
def test_whatever_bytes_are_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "dense.faiss"
    path.write_bytes(data)
    with pytest.raises(SnapshotDamaged):
        DenseIndex.open(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SnapshotDamaged, match=r"dense\.faiss cannot be read: No such file"):
        DenseIndex.open(tmp_path / "dense.faiss")


def test_a_row_that_is_no_unit_vector_is_named(tmp_path: Path) -> None:
    vectors = random_units(4, 8)
    vectors[2, 3] = np.nan
    DenseIndex.build(vectors).save(tmp_path / "dense.faiss")
    with pytest.raises(SnapshotDamaged, match="row 2 is not a unit vector"):
        DenseIndex.open(tmp_path / "dense.faiss")


def test_a_disk_that_does_not_take_it_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        DenseIndex.build(random_units(1, 4)).save(tmp_path / "no such folder" / "dense.faiss")
