"""Approximate nearest rows for large collections: codes in cells, of which a search opens a few.

FAISS's IndexIVFScalarQuantizer. Each row lies in the cell whose centroid is nearest to its vector;
a search looks at the codes of the cells nearest to the query, one in `OPENED`. What lies in another
is missed: that is the price, and `python -m bench.scale` measures it (docs/scale.md).

The centroids are trained once and kept while the collection grows to twice its size: an update
assigns and encodes only what is new. The same rows with the same centroids give the same answers,
in whatever steps they came: a row's cell depends on its vector alone.
"""

import json
import math
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from index.arrays import save_array
from index.codes import (
    CodeRows,
    Glimpse,
    Rows,
    Vectors,
    encode,
    look,
    scale_of,
    selecting,
    strides,
)
from index.errors import SnapshotDamaged

CELLS_FROM = 500_000
"""Rows from which codes lie in cells. Below, every code is looked at and nothing is missed."""
OPENED = 2
"""One in so many cells is opened. Questions lie far from passages, and their neighbours in many
cells: of 47,640 real passages the ten nearest are found by .997, .985, .948 and .882 when a half, a
quarter, an eighth and a sixteenth of the cells are opened (docs/scale.md)."""
TRAINED_ON = 64
"""Vectors a centroid is trained on. FAISS asks for 39 at least."""
RETRAIN = 2
"""Growth, or shrinking, at which the centroids are trained anew."""
LEVEL = 4
"""Cells looked at again, exactly, to find a row's own: FAISS's own sums depend on the company."""


class Cells:
    """`n` rows in cells: `cell_of` `(n,)`, codes `(n, d)`, centroids `(c, d)`; never changes."""

    def __init__(
        self,
        centroids: Vectors,
        cell_of: NDArray[np.int32],
        codes: CodeRows,
        scale: float,
        error: float,
        trained: int,
    ) -> None:
        self.centroids = centroids
        self.cell_of = cell_of
        self.codes = codes
        self.scale = scale
        self.error = error
        self.trained = trained
        self._lists: faiss.IndexIVFScalarQuantizer | None = None

    @classmethod
    def train(cls, vectors: Vectors) -> "Cells":
        """Train centroids on every so manieth vector, and put every row into its cell."""
        count = cells_for(len(vectors))
        step = max(1, len(vectors) // (count * TRAINED_ON))
        sample = np.ascontiguousarray(vectors[::step])
        clustering = faiss.Kmeans(
            vectors.shape[1], count, niter=10, seed=1, spherical=True,
            min_points_per_centroid=1, max_points_per_centroid=2 * TRAINED_ON,
        )  # fmt: skip
        clustering.train(sample)
        centroids = np.ascontiguousarray(clustering.centroids, np.float32)
        scale = scale_of(sample)
        codes, error = encode(vectors, scale)
        return cls(centroids, assign(vectors, centroids), codes, scale, error, len(vectors))

    def revised(self, origin: Rows, vectors: Vectors) -> "Cells":
        """Return the cells of `vectors` `(n, d)`, of which row i was row `origin[i]` here, or is
        new where that is -1.

        Centroids are kept, unless the collection has grown or shrunk too far.
        """
        if not self.trained / RETRAIN <= len(vectors) <= self.trained * RETRAIN:
            return Cells.train(vectors)
        kept, new = np.flatnonzero(origin >= 0), np.flatnonzero(origin < 0)
        fresh = vectors[new]
        encoded, error = encode(fresh, self.scale)
        codes = np.empty((len(vectors), vectors.shape[1]), np.uint8)
        codes[kept], codes[new] = self.codes[origin[kept]], encoded
        cell_of = np.empty(len(vectors), np.int32)
        cell_of[kept], cell_of[new] = self.cell_of[origin[kept]], assign(fresh, self.centroids)
        error = max(self.error, error)
        return Cells(self.centroids, cell_of, codes, self.scale, error, self.trained)

    def nearest(
        self, query: Vectors, k: int, allowed: Rows | None, probes: int | None = None
    ) -> Glimpse:
        """Return the at most `k` rows nearest to a query `(d,)` by codes, in the cells opened.

        That is one in `OPENED` of them, or `probes`.

        With `allowed`, every cell is opened: filters are exact at every size.
        """
        opened = probes or -(-len(self.centroids) // OPENED)
        parameters = faiss.SearchParametersIVF(nprobe=opened)  # type: ignore[call-arg]
        if allowed is not None:
            _bits, selector = selecting(allowed, len(self.cell_of))
            parameters = faiss.SearchParametersIVF(  # type: ignore[call-arg]
                nprobe=len(self.centroids), sel=selector
            )
        if self._lists is None:  # made when first searched: cells that are only written do without
            self._lists = _inverted(self.centroids, self.cell_of, self.codes)
        return look(self._lists, query, k, parameters, scale=self.scale, error=self.error)

    def save(self, folder: Path) -> None:
        """Write the cells into `folder`, which is created; raises `OSError`."""
        folder.mkdir()
        save_array(folder / "centroids.npy", self.centroids)
        save_array(folder / "cell_of.npy", self.cell_of)
        save_array(folder / "codes.npy", self.codes)
        facts = {"scale": self.scale, "error": self.error, "trained": self.trained}
        (folder / "cells.json").write_text(json.dumps(facts), "utf-8")

    @classmethod
    def open(cls, folder: Path, n: int, d: int) -> "Cells":
        """Open the cells of `n` rows of `d` components; raises `SnapshotDamaged`."""
        try:
            facts = json.loads((folder / "cells.json").read_text("utf-8"))
            scale, error, trained = (facts[name] for name in ("scale", "error", "trained"))
            centroids = np.load(folder / "centroids.npy")
            cell_of = np.load(folder / "cell_of.npy")
            codes = np.load(folder / "codes.npy", mmap_mode="r")
            sound = (
                (centroids.dtype, cell_of.dtype, codes.dtype) == (np.float32, np.int32, np.uint8)
                and centroids.ndim == 2
                and (centroids.shape[1], cell_of.shape, codes.shape) == (d, (n,), (n, d))
                and bool(np.isfinite(centroids).all())
                and int(cell_of.min(initial=0)) >= 0
                and int(cell_of.max(initial=0)) < len(centroids)
                and float(scale) > 0
                and 0 <= float(error) < 1
                and int(trained) > 0
            )
            if not sound:
                raise ValueError("its arrays do not fit one another")
        except Exception as error:  # whatever damaged bytes set off in NumPy's parser is one fact
            raise SnapshotDamaged(f"{folder.name}/ does not hold cells: {error}.") from error
        return cls(centroids, cell_of, codes, float(scale), float(facts["error"]), int(trained))


def cells_for(n: int) -> int:
    """Return the number of cells for `n` rows: the power of two nearest to the root of n."""
    return int(2 ** round(math.log2(max(n, 1)) / 2))


def assign(vectors: Vectors, centroids: Vectors) -> NDArray[np.int32]:
    """Return each vector's cell `(n,)`: the nearest centroid, of equal ones the first.

    The few nearest by matrix product are compared again by sums in a fixed order, so that a row
    gets the same cell alone and in any company.
    """
    cells = np.empty(len(vectors), np.int32)
    if not len(vectors):
        return cells
    level = min(LEVEL, len(centroids))
    flat = faiss.IndexFlatIP(centroids.shape[1])
    flat.add(centroids)
    for start, mapped in strides(vectors):
        part = np.ascontiguousarray(mapped)
        _, near = flat.search(part, level)
        near.sort(axis=1)
        exact = np.einsum("nd,nkd->nk", part, centroids[near], optimize=False)
        best = near[np.arange(len(part)), exact.argmax(axis=1)]
        cells[start : start + len(part)] = best
    return cells


def _inverted(
    centroids: Vectors, cell_of: NDArray[np.int32], codes: CodeRows
) -> "faiss.IndexIVFScalarQuantizer":
    """Return FAISS's index of the cells, rows in order within each."""
    count, d = centroids.shape
    quantizer = faiss.IndexFlatIP(d)
    quantizer.add(centroids)
    index = faiss.IndexIVFScalarQuantizer(
        quantizer, d, count, faiss.ScalarQuantizer.QT_8bit_direct_signed,
        faiss.METRIC_INNER_PRODUCT, False,
    )  # fmt: skip
    index.referenced_objects = [quantizer]  # type: ignore[attr-defined]
    index.is_trained = True
    order = np.argsort(cell_of, kind="stable")
    ends = np.cumsum(np.bincount(cell_of, minlength=count))
    lists = index.invlists
    if lists is None:
        raise RuntimeError("FAISS has made no lists for the cells")
    begin = 0
    for cell, end in enumerate(ends.tolist()):
        rows = order[begin:end].astype(np.int64)
        if len(rows):
            held = np.ascontiguousarray(codes[rows])
            lists.add_entries(cell, len(rows), faiss.swig_ptr(rows), faiss.swig_ptr(held))
        begin = end
    index.ntotal = len(cell_of)
    return index
