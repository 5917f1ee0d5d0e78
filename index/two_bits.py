"""Vectors as two bits a component: a first look at many rows, sixteen times smaller than they.

    v̂[j] = mean[j] + level · deviation[j],   level one of ±0.4528, ±1.5104

The levels, and the edges between them, stand for a normal variable with the least squared error
(Max, "Quantizing for Minimum Distortion", 1960). FAISS scans two components at a time as half a
byte (`index.sketches`): 96 bytes a row of 384 components.

Nothing is trained and nothing is stored: means and deviations follow from the vectors, and a row's
code from these and the row. What a code leaves out cannot be bounded usefully, but it is known of
every row that is scored afterwards; `index.dense` asks by that whether the look was deep enough.
"""

import faiss
import numpy as np

from index.codes import Rows, Vectors, strides
from index.sketches import MOST_RUNS, scanned

LEVELS = np.array([-1.5104, -0.4528, 0.4528, 1.5104], np.float32)
EDGES = (-0.9816, 0.0, 0.9816)
WIDEST = 2 * MOST_RUNS
"""Components at most: FAISS adds so many pairs in 16 bits."""
SEEN = 4_096
"""Rows, evenly spaced, of which means and deviations are taken."""


class TwoBits:
    """The codes of all rows of vectors `(n, d)`, d at most `WIDEST`; never changes."""

    def __init__(self, vectors: Vectors) -> None:
        n, d = vectors.shape
        seen = vectors[:: max(1, n // SEEN)].astype(np.float64)
        mean, deviation = (of.astype(np.float32) for of in (seen.mean(axis=0), seen.std(axis=0)))
        codes = np.zeros((n, -(-d // 4)), np.uint8)
        for start, part in strides(vectors):
            # Components past the last are 0 in all rows, and the query's.
            level = np.zeros((len(part), 4 * codes.shape[1]), np.uint8)
            for edge in EDGES:
                level[:, :d] += part > mean + np.float32(edge) * deviation
            packed = codes[start : start + len(part)]
            for place in range(4):
                packed |= level[:, place::4] << np.uint8(2 * place)
        wide = 4 * codes.shape[1] - d
        centres = np.pad(mean, (0, wide))[:, None] + np.pad(deviation, (0, wide))[:, None] * LEVELS
        pair = np.arange(len(LEVELS) ** 2)
        means = np.stack([centres[0::2, pair % 4], centres[1::2, pair // 4]], axis=2)
        self._index = scanned(np.ascontiguousarray(means), codes)

    def nearest(self, query: Vectors, k: int) -> tuple[Rows, Vectors]:
        """Return the at most `k` rows nearest to a query `(d,)` by their codes, best first, and
        their rough scores.
        """
        faiss.omp_set_num_threads(1)  # of this thread only: questions run side by side as it is
        wide = self._index.d - len(query)
        padded = np.pad(query, (0, wide)) if wide else query
        rough, rows = self._index.search(padded[None, :], k)
        found = rows[0] >= 0
        return rows[0][found], rough[0][found]
