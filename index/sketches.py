"""Sketches of vectors for large collections: half a byte for five components.

    run j of v  ──▶  the nearest of 16 means, trained on the collection        4 bits
    q · v  ≈  sum over j of (run j of q) · (that mean)

FAISS's product quantisation, scanned by IndexPQFastScan: the products of a query with all means
are a table, looked up and added for 32 rows at once. All rows are looked at; the best are scored
again by their vectors. What a sketch leaves out cannot be bounded usefully, so one of the nearest
may be missed: `python -m bench.scale` measures how many are (docs/scale.md).

The means are kept until half of the rows are newer than they: an update sketches only what is new.
The same rows with the same means give the same answers, in whatever steps they came: a row's sketch
depends on its vector alone. Which means there are depends on when they were trained.
"""

import json
import threading
from pathlib import Path

import faiss
import numpy as np

from index.arrays import Stored, release, save_array
from index.codes import CodeRows, Rows, Vectors, strides
from index.errors import SnapshotDamaged

RUN = 5
"""Components a mean stands for. At 1,000,000 rows `python -m bench.scale` finds .993 of the ten
nearest. In pieces, over other copies, with 2,000 scored again, runs of 4, 5, 6 and 8 found .999,
.997, .991 and .961 (docs/scale.md). Sketches written with another length are read as they are."""
MOST_RUNS = 256
"""FAISS adds so many bytes in 16 bits."""
MEANS = 16
TRAINED_ON = 65_536
"""Rows that the means are trained on; FAISS asks for 39 a mean at least."""
RETRAIN = 2
"""The means are trained anew when more rows have been sketched since than one in so many of those
there are (what is gone again counts too), and when there are less than one in so many of those that
they were trained for."""


class Sketches:
    """`n` rows as `codes` `(n, runs / 2)` over `means` `(runs, 16, components)`; never changes.

    The means were trained when there were `trained` rows; `since` have been sketched after that.
    """

    def __init__(self, means: Vectors, codes: CodeRows, trained: int, since: int = 0) -> None:
        self.means = means
        self.codes = codes
        self.trained = trained
        self.since = since
        self._index: faiss.IndexPQFastScan | None = None
        self._making = threading.Lock()

    @classmethod
    def train(cls, vectors: Stored) -> "Sketches":
        """Train means on every so manieth vector `(n, d)`, and sketch every row."""
        runs, length = runs_of(vectors.shape[1])
        quantizer = faiss.ProductQuantizer(runs * length, runs, 4)
        quantizer.cp.niter = 10
        quantizer.cp.min_points_per_centroid = 1
        quantizer.cp.max_points_per_centroid = 2 * TRAINED_ON // MEANS
        quantizer.train(_padded(vectors[:: max(1, len(vectors) // TRAINED_ON)], runs * length))
        means = faiss.vector_to_array(quantizer.centroids).reshape(runs, MEANS, length)
        return cls(means, sketch(vectors, means), len(vectors))

    def revised(self, origin: Rows, vectors: Stored) -> "Sketches":
        """Return the sketches of `vectors` `(n, d)`, of which row i was row `origin[i]` here, or is
        new where that is -1.

        The means are kept unless too many rows have come or gone since they were trained, or they
        were trained on runs of another length.
        """
        kept, new = origin >= 0, np.flatnonzero(origin < 0)
        runs, _, length = self.means.shape
        since = self.since + len(new)
        if (
            (runs, length) != runs_of(vectors.shape[1])
            or len(vectors) < self.trained / RETRAIN
            or since > len(vectors) / RETRAIN
        ):
            return Sketches.train(vectors)
        codes = np.empty((len(vectors), self.codes.shape[1]), np.uint8)
        codes[kept] = self.codes[origin[kept]]
        codes[new] = sketch(vectors[new], self.means)
        return Sketches(self.means, codes, self.trained, since)

    def nearest(self, query: Vectors, k: int) -> Rows:
        """Return the at most `k` rows nearest to a query `(d,)` by their sketches, in order.

        They may be fewer: FAISS leaves out rows whose rounded score is 0, the least.
        """
        index = self._looked_at()
        faiss.omp_set_num_threads(1)  # of this thread only: questions run side by side as it is
        _, rows = index.search(_padded(query[None, :], index.d), k)
        found: Rows = np.sort(rows[0][rows[0] >= 0])
        return found

    def _looked_at(self) -> "faiss.IndexPQFastScan":
        """Return FAISS's index, made when first searched: what is only written does without."""
        with self._making:
            if self._index is None:
                self._index = scanned(self.means, self.codes)
                release(self.codes)
            return self._index

    def save(self, folder: Path) -> None:
        """Write the sketches into `folder`, which is created; raises `OSError`."""
        folder.mkdir()
        save_array(folder / "means.npy", self.means)
        save_array(folder / "codes.npy", self.codes)
        counts = {"trained": self.trained, "since": self.since}
        (folder / "sketches.json").write_text(json.dumps(counts), "utf-8")

    @classmethod
    def open(cls, folder: Path, n: int, d: int) -> "Sketches":
        """Open the sketches of `n` rows of `d` components, in runs of whatever length they were
        written; raises `SnapshotDamaged`."""
        try:
            counts = json.loads((folder / "sketches.json").read_text("utf-8"))
            trained, since = int(counts["trained"]), int(counts.get("since", 0))
            means = np.load(folder / "means.npy")
            codes = np.load(folder / "codes.npy", mmap_mode="r")
            runs, number, length = means.shape
            sound = (
                (means.dtype, codes.dtype) == (np.float32, np.uint8)
                and number == MEANS
                and (runs - 1) * length < d <= runs * length
                and runs <= MOST_RUNS
                and codes.shape == (n, -(-runs // 2))
                and bool(np.isfinite(means).all())
                and trained > 0
                and since >= 0
            )
            if not sound:
                raise ValueError("its arrays do not fit one another")
        except Exception as error:  # whatever damaged bytes set off in NumPy's parser is one fact
            raise SnapshotDamaged(f"{folder.name}/ does not hold sketches: {error}.") from error
        return cls(means, codes, trained, since)


def runs_of(d: int) -> tuple[int, int]:
    """Return into how many runs d components are cut, and how long each is; the last may lack some,
    which count as 0."""
    length = max(RUN, -(-d // MOST_RUNS))
    return -(-d // length), length


def sketch(vectors: Stored, means: Vectors) -> CodeRows:
    """Return the codes `(n, runs / 2)` of vectors `(n, d)`: of each run the nearest mean.

    FAISS compares runs of fewer than 16 components, which is up to 3,840 in all, vector by vector:
    a row gets the same code alone and in any company. Longer runs go through BLAS, where company
    may decide between two means that are equally near.
    """
    runs, _, length = means.shape
    quantizer = faiss.ProductQuantizer(runs * length, runs, 4)
    faiss.copy_array_to_vector(means.ravel(), quantizer.centroids)
    codes = np.empty((len(vectors), -(-runs // 2)), np.uint8)
    for start, part in strides(vectors):
        codes[start : start + len(part)] = quantizer.compute_codes(_padded(part, runs * length))
    return codes


def _padded(vectors: Vectors, d: int) -> Vectors:
    """Return `vectors` as FAISS takes them, with zeros up to `d` components."""
    missing = d - vectors.shape[1]
    return np.ascontiguousarray(np.pad(vectors, ((0, 0), (0, missing))) if missing else vectors)


def scanned(means: Vectors, codes: CodeRows) -> "faiss.IndexPQFastScan":
    """Return FAISS's index of the sketches: the codes laid out anew, 32 rows side by side."""
    runs, _, length = means.shape
    plain = faiss.IndexPQ(runs * length, runs, 4, faiss.METRIC_INNER_PRODUCT)
    faiss.copy_array_to_vector(means.ravel(), plain.pq.centroids)
    plain.is_trained = True
    plain.add_sa_codes(np.ascontiguousarray(codes))
    return faiss.IndexPQFastScan(plain)  # type: ignore[arg-type]  # its stub knows one overload
