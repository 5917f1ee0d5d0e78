"""Dense search: unit vectors in, the rows with the largest inner product out, by FAISS.

The index is exact (`IndexFlatIP`). Row i of the matrix is row i of the snapshot.
"""

from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from index.errors import SnapshotDamaged

Vectors = NDArray[np.float32]


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
        """Read an index from `path`; raises `SnapshotDamaged` when FAISS cannot."""
        try:
            index = faiss.read_index(str(path))
        except RuntimeError as error:
            raise SnapshotDamaged(f"{path.name} is not a FAISS index: it is damaged.") from error
        if not isinstance(index, faiss.IndexFlatIP):
            raise SnapshotDamaged(f"{path.name} is a {type(index).__name__}, not an IndexFlatIP.")
        return cls(index)

    def save(self, path: Path) -> None:
        """Write the index to `path`."""
        faiss.write_index(self._index, str(path))

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
        columns, so that a filter never comes back short.
        """
        k = min(k, len(self) if allowed is None else len(allowed))
        if k == 0:
            empty = (len(queries), 0)
            return np.empty(empty, np.float32), np.empty(empty, np.int64)
        parameters = None
        if allowed is not None:
            parameters = faiss.SearchParameters(  # type: ignore[call-arg]
                sel=faiss.IDSelectorBatch(allowed)
            )
        scores, rows = self._index.search(
            np.ascontiguousarray(queries, dtype=np.float32), k, params=parameters
        )
        order = np.lexsort((rows, -scores), axis=1)
        return np.take_along_axis(scores, order, 1), np.take_along_axis(rows, order, 1)

    def scores_of(self, query: Vectors, rows: NDArray[np.int64]) -> Vectors:
        """Return the inner products `(len(rows),)` of one query `(d,)` with the given rows.

        Summed row by row in a fixed order, so that a row's score does not depend on its company.
        """
        scores: Vectors = np.einsum("nd,d->n", self.vectors[rows], query, optimize=False)
        return scores
