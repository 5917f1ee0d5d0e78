"""Dense search: unit vectors in, the rows with the largest inner product out.

    query ──▶ a look at 8-bit codes, or at fewer bits (FAISS) ──▶ the best of that ──▶ float32

8-bit codes have a known error, and every row that it could hide is scored by its stored vector:
so the result is exact below `GLIMPSED_FROM` rows, and under a filter (`index.codes`). From there on
two bits a component are looked at first, in a sixth of the time (`index.two_bits`). Their error is
known of the rows that are scored only; where a row beyond these would need no more than `SURE`
deviations of it to be among the best, the codes are looked at. From `SKETCHED_FROM` rows on the
look is at sketches, smaller still (`index.sketches`), and may miss a row. Row i of the matrix is
row i of the snapshot.
"""

import struct
import threading
from pathlib import Path

import numpy as np

from index.arrays import Stored, release
from index.codes import UNIT, Rows, Scan, Vectors, strides
from index.errors import SnapshotDamaged
from index.sketches import Sketches
from index.two_bits import WIDEST, TwoBits

ROUNDING = 1e-5
"""FAISS sums products in an order of its own, so its sums may differ from ours in the last bits:
by less than 1e-6 for unit vectors of 64 to 1,024 components (tests/test_dense.py holds it to that).
"""

FEW = 2_000
"""Rows that are all scored exactly: it takes less than a look at the codes and another after it."""

GLIMPSED_FROM = 50_000
"""Rows from which two bits are looked at: below, they would save 1.3 ms of some 20 a question, and
an exact result is worth more. At 180,000 it is 7 of 12 ms of the search."""
GLIMPSED, SURE = 2_000, 3.0
"""Rows of a look at two bits that are scored exactly, at `k` of 200, and how many deviations of
their errors the rest must be below. Of 401 questions, 0.2 of 100 are sent on to the codes, and none
of the others lacks a row of its best 200; with 1,500 and 1,000 rows 1 and 22 of 100 are sent on,
and 1 and 3 of 100 lack one (docs/scale.md)."""
SKETCHED_FROM = 200_000
"""Rows from which sketches are looked at."""
RESCORED, OFTEN = 2_000, 5
"""Rows of the look at sketches that are scored exactly, five times k at least. At 1,000,000 rows
.985, .993 and .997 of the ten nearest are found with 1,000, 2,000 and 3,000 (`python -m
bench.scale`); in pieces, over other copies, .991, .997 and .999 were (docs/scale.md)."""
FEW_ALLOWED = 20_000
"""Rows that a filter lets through in a sketched index and that are all scored exactly: 15 ms, where
the codes of all rows would first have to be made (3 s and 384 MB at 1,000,000)."""

AHEAD, LEAST = 2.5, 500
"""The first look asks for two and a half times k rows, and for so many at least. Of 35,927
passages, 343 (median) to 502 (99th percentile of 150 questions) are within the error of the 200th;
400, 600 and 1,000 take as long or longer than 500."""
FIRST = 1.25
"""Of these, so many times k are scored at once. The k-th of them is the least that one of the best
k can have."""
FURTHER = 4
"""When they are all within the error, so many times more are asked for."""

CLOSE = 256
"""Vectors fetched and scored at a time, while they are in the nearest memory: 2,000 of 384
components take 0.95 ms so and 1.2 in one, of processor time."""

# How FAISS writes an IndexFlatIP: magic, d, n, two unused, trained, metric (0), number of floats.
_HEADER = struct.Struct("<4siqqq?iQ")
_UNUSED = 1 << 20


class DenseIndex:
    """Unit float32 vectors `(n, d)` under inner product, which for them is the cosine."""

    def __init__(self, vectors: Stored, sketches: Sketches | None = None, few: int = FEW) -> None:
        self.vectors = vectors
        self.sketches = sketches
        self._few = few if sketches is None else max(few, FEW_ALLOWED)
        self._scan: Scan | None = None
        self._glance: TwoBits | None = None
        self._making = threading.Lock()

    @classmethod
    def build(
        cls, vectors: Stored, *, before: "DenseIndex | None" = None, origin: Rows | None = None
    ) -> "DenseIndex":
        """Index `vectors` `(n, d)`; each must be of norm 1 for scores to be cosines.

        Row i was row `origin[i]` of `before`, or is new where that is -1: a large index keeps its
        sketches by that.
        """
        if isinstance(vectors, np.ndarray):
            vectors = np.ascontiguousarray(vectors, np.float32)
        if len(vectors) < SKETCHED_FROM:
            return cls(vectors)
        if before is not None and before.sketches is not None and origin is not None:
            return cls(vectors, before.sketches.revised(origin, vectors))
        return cls(vectors, Sketches.train(vectors))

    @classmethod
    def open(cls, path: Path) -> "DenseIndex":
        """Open an index saved at `path`, memory-mapped, and the sketches beside it.

        Raises `SnapshotDamaged` when it is not a whole, sound one.
        """
        return cls.over(open_vectors(path), path.with_name("sketches"))

    @classmethod
    def over(cls, vectors: Stored, sketches: Path) -> "DenseIndex":
        """Return the index of stored vectors `(n, d)`, with the sketches of them, if there are any.

        Raises `SnapshotDamaged` when these do not fit.
        """
        n, d = vectors.shape
        return cls(vectors, Sketches.open(sketches, n, d) if n and sketches.is_dir() else None)

    def save(self, path: Path) -> None:
        """Write the index to `path`, and sketches beside it, as FAISS writes an `IndexFlatIP`.

        Raises `OSError`.
        """
        n, d = self.vectors.shape
        with path.open("wb") as file:
            file.write(_HEADER.pack(b"IxFI", d, n, _UNUSED, _UNUSED, True, 0, n * d))
            for _, part in strides(self.vectors):
                file.write(np.ascontiguousarray(part).data)
        if self.sketches is not None:
            self.sketches.save(path.with_name("sketches"))

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def dimension(self) -> int:
        """Number of components of a vector."""
        return int(self.vectors.shape[1])

    def search(
        self, queries: Vectors, k: int, *, allowed: Rows | None = None
    ) -> tuple[Vectors, Rows]:
        """Return `(scores, rows)`, both `(q, min(k, n))`, best first; ties, lower row first.

        `allowed` holds the sorted rows that may be returned; the result has `min(k, len(allowed))`
        columns, so that a filter never comes back short. Scores are those of `scores_of`.
        """
        k = min(k, len(self) if allowed is None else len(allowed))
        scores = np.empty((len(queries), k), np.float32)
        rows = np.empty((len(queries), k), np.int64)
        if not scores.size:
            return scores, rows
        for position, query in enumerate(np.ascontiguousarray(queries, np.float32)):
            candidates, exact = self._candidates(query, k, allowed)
            order = np.lexsort((candidates, -exact))[:k]
            scores[position], rows[position] = exact[order], candidates[order]
        return scores, rows

    def _candidates(self, query: Vectors, k: int, allowed: Rows | None) -> tuple[Rows, Vectors]:
        """Return at least `k` rows and their scores, among them all that may be of the best `k`.

        Nearly all, where it is sketches that are looked at, or two bits.
        """
        found = self._glimpsed(query, k) if allowed is None and self.sketches is None else None
        if found is not None:
            return found
        if allowed is None and self.sketches is not None:
            rows = self._sketched(query, k)
            return rows, self.scores_of(query, rows)
        return self._coded(query, k, allowed)

    def _sketched(self, query: Vectors, k: int) -> Rows:
        """Return the rows nearest to a query by their sketches, or all."""
        looked = max(OFTEN * k, RESCORED)
        if self.sketches is not None and looked < len(self):
            rows = self.sketches.nearest(query, looked)
            if len(rows) >= k:
                return rows
        return self._all()

    def _glimpsed(self, query: Vectors, k: int) -> tuple[Rows, Vectors] | None:
        """Return the rows nearest to a query by two bits, and their scores.

        None where a row beyond them could be one of the best `k`, and where there are too few rows,
        or too many components, for such a look.
        """
        looked = max(OFTEN * k, GLIMPSED)
        if max(looked, self._few, GLIMPSED_FROM - 1) >= len(self) or self.dimension > WIDEST:
            return None
        rows, rough = self._two_bits().nearest(query, looked)
        if len(rows) < looked:
            return None
        exact = self.scores_of(query, rows)
        off = exact - rough
        least = np.partition(exact, len(exact) - k)[len(exact) - k]
        deep = least - rough.min() > off.mean() + SURE * off.std()
        return (rows, exact) if deep else None

    def _coded(self, query: Vectors, k: int, allowed: Rows | None) -> tuple[Rows, Vectors]:
        """Return all rows that may be of the best `k`, and their scores.

        By codes: those of a rough score within the error of the exact score of the k-th best of any
        rows.
        """
        available = len(self) if allowed is None else len(allowed)
        wanted = max(int(AHEAD * k), LEAST if available > LEAST else 1)
        while max(wanted, self._few) < available:
            found = self._look().nearest(query, wanted, allowed)
            if len(found.rows) < k:
                break
            reached = self.scores_of(query, found.rows[: max(k, int(FIRST * k))])
            least = np.partition(reached, len(reached) - k)[len(reached) - k]
            edge = least - found.error - ROUNDING
            # The best come first, so that those within the error are the first so many.
            within = int((found.rough >= edge).sum())
            if len(found.rows) < wanted or within < len(found.rows):
                further = self.scores_of(query, found.rows[len(reached) : within])
                return found.rows[:within], np.concatenate([reached, further])[:within]
            wanted *= FURTHER
        rows = self._all() if allowed is None else allowed
        return rows, self.scores_of(query, rows)

    def _all(self) -> Rows:
        return np.arange(len(self))

    def _two_bits(self) -> TwoBits:
        """Return two bits a component of all rows, made when they are first looked at."""
        with self._making:
            if self._glance is None:
                self._glance = TwoBits(self.vectors[:])
            return self._glance

    def _look(self) -> Scan:
        """Return the codes of all rows. They are made when they are first looked at: an index that
        is only written, or asked without filters, mostly does without. At 1,000,000 rows it takes
        3 s and 384 MB: questions that come meanwhile wait for the same ones."""
        with self._making:
            if self._scan is None:
                self._scan = Scan.of(self.vectors)
            return self._scan

    def scores_of(self, query: Vectors, rows: Rows) -> Vectors:
        """Return the inner products `(len(rows),)` of one query `(d,)` with the given rows.

        Summed row by row in a fixed order, so that a row's score does not depend on its company.
        """
        scores = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), CLOSE):
            part = slice(start, start + CLOSE)
            np.einsum("nd,d->n", self.vectors[rows[part]], query, optimize=False, out=scores[part])
        return scores


def open_vectors(path: Path, *, look: bool = True) -> Vectors:
    """Return the vectors `(n, d)` of an index saved at `path`, memory-mapped.

    Each is looked at unless that is not asked for. Raises `SnapshotDamaged` when it is not a whole,
    sound one.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER.size)
        size = path.stat().st_size
    except OSError as error:
        raise SnapshotDamaged(f"{path.name} cannot be read: {error.strerror}.") from error
    if len(header) < _HEADER.size:
        raise SnapshotDamaged(f"{path.name} is cut off after {size} bytes.")
    magic, d, n, _, _, _, metric, floats = _HEADER.unpack(header)
    if magic != b"IxFI" or metric != 0 or d < 1 or n < 0 or floats != n * d:
        raise SnapshotDamaged(f"{path.name} does not begin as a FAISS IndexFlatIP.")
    if size != _HEADER.size + 4 * floats:
        raise SnapshotDamaged(
            f"{path.name} has {size} bytes, not the {_HEADER.size + 4 * floats} it should."
        )
    if not n:
        return np.empty((0, d), np.float32)
    # A plain view: a memmap minds every slice that is taken.
    vectors = np.asarray(np.memmap(path, np.float32, "r", _HEADER.size, (n, d)))
    for start, part in strides(vectors) if look else ():
        # A comparison that NaN fails.
        sound = np.abs(np.einsum("nd,nd->n", part, part) - 1) <= UNIT
        if not sound.all():
            row = start + int(np.argmin(sound))
            raise SnapshotDamaged(f"{path.name} row {row} is not a unit vector.")
    release(vectors)
    return vectors
