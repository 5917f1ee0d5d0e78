"""Dense search: unit vectors in, the rows with the largest inner product out, by FAISS.

The index is exact (`IndexFlatIP`). Row i of the matrix is row i of the snapshot.
"""

import struct
from pathlib import Path
from typing import cast

import faiss
import numpy as np
from numpy.typing import NDArray

from index.errors import SnapshotDamaged

Vectors = NDArray[np.float32]

ROUNDING = 1e-5
"""FAISS sums products in an order that depends on a row's place and on how many queries come
together, so equal rows may differ in the last bits: by less than 1e-6 for unit vectors of 64 to
1,024 components (tests/test_dense.py holds it to that). Scores are told apart by `scores_of`.
"""

UNIT = 1e-3
"""How far a stored vector's squared norm may be from 1: bfloat16 encoders stay within 1e-6."""

# How FAISS writes an IndexFlatIP: magic, d, n, two unused, trained, metric (0), number of floats.
_HEADER = struct.Struct("<4siqqq?iQ")


class DenseIndex:
    """Unit float32 vectors `(n, d)` under inner product, which for them is the cosine."""

    def __init__(self, index: "faiss.IndexFlatIP") -> None:
        self._index = index
        n, d = int(index.ntotal), int(index.d)
        # A view, not a copy: fused search scores rows that FAISS did not return.
        self.vectors: Vectors = (
            faiss.rev_swig_ptr(index.get_xb(), n * d).reshape(n, d)
            if n
            else np.empty((0, d), dtype=np.float32)
        )

    @classmethod
    def build(cls, vectors: Vectors) -> "DenseIndex":
        """Index `vectors` `(n, d)`; each must be of norm 1 for scores to be cosines."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        if len(vectors):
            index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    @classmethod
    def open(cls, path: Path) -> "DenseIndex":
        """Read an index from `path`; raises `SnapshotDamaged` when it is not a whole, sound one.

        FAISS gets to see only what it can take: it trusts the lengths that a file states.
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
        try:
            found = cls(cast("faiss.IndexFlatIP", faiss.read_index(str(path))))
        except RuntimeError as error:
            raise SnapshotDamaged(f"{path.name} is not a FAISS index: it is damaged.") from error
        # A comparison that NaN fails.
        sound = np.abs(np.einsum("nd,nd->n", found.vectors, found.vectors) - 1) <= UNIT
        if not sound.all():
            raise SnapshotDamaged(f"{path.name} row {int(np.argmin(sound))} is not a unit vector.")
        return found

    def save(self, path: Path) -> None:
        """Write the index to `path`; raises `OSError`."""
        try:
            faiss.write_index(self._index, str(path))
        except RuntimeError as error:
            raise OSError(f"{path.name} could not be written: {error}") from error

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def dimension(self) -> int:
        """Number of components of a vector."""
        return int(self._index.d)

    def search(
        self, queries: Vectors, k: int, *, allowed: NDArray[np.int64] | None = None
    ) -> tuple[Vectors, NDArray[np.int64]]:
        """Return `(scores, rows)`, both `(q, min(k, n))`, best first; ties, lower row first.

        `allowed` holds the sorted rows that may be returned; the result has `min(k, len(allowed))`
        columns, so that a filter never comes back short. Scores are those of `scores_of`.
        """
        available = len(self) if allowed is None else len(allowed)
        k = min(k, available)
        scores = np.empty((len(queries), k), np.float32)
        rows = np.empty((len(queries), k), np.int64)
        if not scores.size:
            return scores, rows
        parameters = None
        if allowed is not None:
            bits = np.zeros(len(self), bool)
            bits[allowed] = True
            packed = np.packbits(bits, bitorder="little")
            parameters = faiss.SearchParameters(  # type: ignore[call-arg]
                sel=faiss.IDSelectorBitmap(len(self), faiss.swig_ptr(packed))
            )
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        rough, found = self._index.search(queries, min(k + 1, available), params=parameters)
        for position, query in enumerate(queries):
            candidates = found[position]
            edge = rough[position, k - 1] - ROUNDING
            if k < available and rough[position, k] >= edge:
                # The next row is level with the last one: all that are compete for the last places.
                _, _, candidates = self._index.range_search(
                    query[None, :], float(edge) - ROUNDING, params=parameters
                )
            exact = self.scores_of(query, candidates)
            order = np.lexsort((candidates, -exact))[:k]
            scores[position], rows[position] = exact[order], candidates[order]
        return scores, rows

    def scores_of(self, query: Vectors, rows: NDArray[np.int64]) -> Vectors:
        """Return the inner products `(len(rows),)` of one query `(d,)` with the given rows.

        Summed row by row in a fixed order, so that a row's score does not depend on its company.
        """
        scores: Vectors = np.einsum("nd,d->n", self.vectors[rows], query, optimize=False)
        return scores
