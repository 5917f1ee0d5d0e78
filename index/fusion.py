"""Two rankings into one.

    fused = w · minmax(cosine) + (1 - w) · bm25 / max bm25

over the union of the best `POOL` rows of each side, every row of which has both of its scores
(Bruch, Gai & Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", 2023: a convex
combination of normalised scores beats reciprocal ranks).
"""

import numpy as np
from numpy.typing import NDArray

POOL = 200
DENSE_WEIGHT = 0.5


def fuse(
    dense: NDArray[np.float32], lexical: NDArray[np.float32], weight: float = DENSE_WEIGHT
) -> NDArray[np.float64]:
    """Return the fused scores in [0, 1] of n rows from their cosines and BM25 scores, both `(n,)`.

    Where one side cannot tell the rows apart (BM25 finds nothing; all cosines are equal), it
    contributes 0 to all of them and the other decides.
    """
    if not len(dense):
        return np.empty(0, np.float64)
    cosines = dense.astype(np.float64)
    spread = cosines.max() - cosines.min()
    scaled = (cosines - cosines.min()) / spread if spread > 0 else np.zeros_like(cosines)
    matches = lexical.astype(np.float64)
    top = matches.max()
    shares = matches / top if top > 0 else np.zeros_like(matches)
    return weight * scaled + (1 - weight) * shares
