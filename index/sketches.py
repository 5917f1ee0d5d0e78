"""Sketches of vectors for large collections: half a byte for five components.

    run j of v  ──▶  the nearest of 16 means, trained on the collection        4 bits
    q · v  ≈  sum over j of (run j of q) · (that mean)

FAISS's product quantisation, scanned by IndexPQFastScan: the products of a query with all means
are a table, looked up and added for 32 rows at once. All rows are looked at; the best are scored
again by their vectors. What a sketch leaves out cannot be bounded usefully, so one of the nearest
may be missed: `python -m bench.scale` measures how many are (docs/scale.md).

The means are trained once and kept while the collection grows to twice its size: an update sketches
only what is new. The same rows with the same means give the same answers, in whatever steps they
came: a row's sketch depends on its vector alone.
"""

import json
from pathlib import Path

import faiss
import numpy as np

from index.arrays import save_array
from index.codes import STRIDE, CodeRows, Rows, Vectors
from index.errors import SnapshotDamaged

RUN = 5
"""Components a mean stands for. Of 1,000,000 rows, with 2,000 scored again, the ten nearest are
found by .999, .997, .991 and .961 with runs of 4, 5, 6 and 8 (docs/scale.md)."""
MOST_RUNS = 256
"""FAISS adds so many bytes in 16 bits."""
MEANS = 16
TRAINED_ON = 65_536
"""Rows that the means are trained on; FAISS asks for 39 a mean at least."""
RETRAIN = 2
"""Growth, or shrinking, at which the means are trained anew."""


class Sketches:
    """`n` rows as `codes` `(n, runs / 2)` over `means` `(runs, 16, components)`; never changes."""

    def __init__(self, means: Vectors, codes: CodeRows, trained: int) -> None:
        self.means = means
        self.codes = codes
        self.trained = trained
        self._index: faiss.IndexPQFastScan | None = None

    @classmethod
    def train(cls, vectors: Vectors) -> "Sketches":
        """Train means on every so manieth vector `(n, d)`, and sketch every row."""
        runs, length = runs_of(vectors.shape[1])
        quantizer = faiss.ProductQuantizer(runs * length, runs, 4)
        quantizer.cp.niter = 10
        quantizer.cp.min_points_per_centroid = 1
        quantizer.cp.max_points_per_centroid = 2 * TRAINED_ON // MEANS
        quantizer.train(_padded(vectors[:: max(1, len(vectors) // TRAINED_ON)], runs * length))
        means = faiss.vector_to_array(quantizer.centroids).reshape(runs, MEANS, length)
        return cls(means, sketch(vectors, means), len(vectors))

    def revised(self, origin: Rows, vectors: Vectors) -> "Sketches":
        """Return the sketches of `vectors` `(n, d)`, of which row i was row `origin[i]` here, or is
        new where that is -1.

        The means are kept, unless the collection has grown or shrunk too far.
        """
        if not self.trained / RETRAIN <= len(vectors) <= self.trained * RETRAIN:
            return Sketches.train(vectors)
        kept, new = origin >= 0, np.flatnonzero(origin < 0)
        codes = np.empty((len(vectors), self.codes.shape[1]), np.uint8)
        codes[kept] = self.codes[origin[kept]]
        codes[new] = sketch(vectors[new], self.means)
        return Sketches(self.means, codes, self.trained)

    def nearest(self, query: Vectors, k: int) -> Rows:
        """Return the at most `k` rows nearest to a query `(d,)` by their sketches, in order."""
        if self._index is None:  # made when first searched: what is only written does without
            self._index = _scanned(self.means, self.codes)
        faiss.omp_set_num_threads(1)  # of this thread only: questions run side by side as it is
        _, rows = self._index.search(_padded(query[None, :], self._index.d), k)
        found: Rows = np.sort(rows[0][rows[0] >= 0])
        return found

    def save(self, folder: Path) -> None:
        """Write the sketches into `folder`, which is created; raises `OSError`."""
        folder.mkdir()
        save_array(folder / "means.npy", self.means)
        save_array(folder / "codes.npy", self.codes)
        (folder / "sketches.json").write_text(json.dumps({"trained": self.trained}), "utf-8")

    @classmethod
    def open(cls, folder: Path, n: int, d: int) -> "Sketches":
        """Open the sketches of `n` rows of `d` components; raises `SnapshotDamaged`."""
        runs, length = runs_of(d)
        try:
            trained = json.loads((folder / "sketches.json").read_text("utf-8"))["trained"]
            means = np.load(folder / "means.npy")
            codes = np.load(folder / "codes.npy", mmap_mode="r")
            sound = (
                (means.dtype, codes.dtype) == (np.float32, np.uint8)
                and (means.shape, codes.shape) == ((runs, MEANS, length), (n, -(-runs // 2)))
                and bool(np.isfinite(means).all())
                and int(trained) > 0
            )
            if not sound:
                raise ValueError("its arrays do not fit one another")
        except Exception as error:  # whatever damaged bytes set off in NumPy's parser is one fact
            raise SnapshotDamaged(f"{folder.name}/ does not hold sketches: {error}.") from error
        return cls(means, codes, int(trained))


def runs_of(d: int) -> tuple[int, int]:
    """Return into how many runs d components are cut, and how long each is; the last may lack some,
    which count as 0."""
    length = max(RUN, -(-d // MOST_RUNS))
    return -(-d // length), length


def sketch(vectors: Vectors, means: Vectors) -> CodeRows:
    """Return the codes `(n, runs / 2)` of vectors `(n, d)`: of each run the nearest mean.

    FAISS compares runs of fewer than 16 components vector by vector: a row gets the same code alone
    and in any company.
    """
    runs, _, length = means.shape
    quantizer = faiss.ProductQuantizer(runs * length, runs, 4)
    faiss.copy_array_to_vector(means.ravel(), quantizer.centroids)
    codes = np.empty((len(vectors), -(-runs // 2)), np.uint8)
    for start in range(0, len(vectors), STRIDE):
        part = vectors[start : start + STRIDE]
        codes[start : start + len(part)] = quantizer.compute_codes(_padded(part, runs * length))
    return codes


def _padded(vectors: Vectors, d: int) -> Vectors:
    """Return `vectors` as FAISS takes them, with zeros up to `d` components."""
    missing = d - vectors.shape[1]
    return np.ascontiguousarray(np.pad(vectors, ((0, 0), (0, missing))) if missing else vectors)


def _scanned(means: Vectors, codes: CodeRows) -> "faiss.IndexPQFastScan":
    """Return FAISS's index of the sketches: the codes laid out anew, 32 rows side by side."""
    runs, _, length = means.shape
    plain = faiss.IndexPQ(runs * length, runs, 4, faiss.METRIC_INNER_PRODUCT)
    faiss.copy_array_to_vector(means.ravel(), plain.pq.centroids)
    plain.is_trained = True
    plain.add_sa_codes(np.ascontiguousarray(codes))
    return faiss.IndexPQFastScan(plain)  # type: ignore[arg-type]  # its stub knows one overload
