"""Vectors as 8-bit codes: a first look at many rows, with a known error.

    v̂ = round(scale · v) / scale,  scale = 127 / max |v|;   q̂ the same of the query
    |q · v - q̂ · v̂| <= ‖q‖ · ‖v - v̂‖ + ‖q - q̂‖ · ‖v̂‖          (Cauchy and Schwarz)

Whoever looks again at everything whose rough score is within that of an exact score which k rows
reach misses none of the k best. FAISS scans the codes, four times smaller than the vectors, in
whole numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from index.arrays import Stored

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]
CodeRows = NDArray[np.uint8]

OFFSET = 128
"""FAISS's QT_8bit_direct_signed stores the whole number x as x + 128."""
UNIT = 1e-3
"""How far a stored vector's squared norm may be from 1: bfloat16 encoders stay within 1e-6."""
STRIDE = 16_384
"""Vectors worked on at once: 25 MB at 384 components."""


def scale_of(vectors: Stored) -> float:
    """Return the scale at which the largest component becomes 127; 127 without any."""
    largest = max((float(np.abs(part).max()) for _, part in strides(vectors)), default=0.0)
    return 127.0 / largest if largest > 0 else 127.0


@dataclass(frozen=True, slots=True)
class Glimpse:
    """Rows, best first, with their rough scores, each off by `error` at most."""

    rows: Rows
    rough: Vectors
    error: float


def encode(vectors: Stored, scale: float) -> tuple[CodeRows, float]:
    """Return the codes `(n, d)` of vectors, and how far the farthest lies from what it stands for.

    Components past the scale are cut.
    """
    codes = np.empty(vectors.shape, np.uint8)
    error = 0.0
    for start, part in strides(vectors):
        whole = np.clip(np.rint(part * np.float32(scale)), -OFFSET, 127)
        codes[start : start + len(part)] = whole + OFFSET
        whole /= np.float32(scale)
        whole -= part
        error = max(error, float(np.einsum("nd,nd->n", whole, whole).max()) ** 0.5)
    # What float32 itself may have lost in this.
    return codes, error + 1e-6


def strides(vectors: Stored) -> Iterator[tuple[int, Vectors]]:
    """Yield runs of rows, each with its first row, so that no step holds a copy of all."""
    for start in range(0, len(vectors), STRIDE):
        yield start, vectors[start : start + STRIDE]


class Scan:
    """The codes of all rows, looked at one after the other: nothing is missed."""

    def __init__(self, codes: CodeRows, scale: float, error: float) -> None:
        n, d = codes.shape
        self._scale = scale
        self._error = error
        self._index = faiss.IndexScalarQuantizer(
            d, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
        )
        if n:
            self._index.add_sa_codes(codes)

    @classmethod
    def of(cls, vectors: Stored) -> "Scan":
        """Encode `vectors` `(n, d)` at the scale that fits them."""
        scale = scale_of(vectors)
        codes, error = encode(vectors, scale)
        return cls(codes, scale, error)

    def nearest(self, query: Vectors, k: int, allowed: Rows | None) -> Glimpse:
        """Return the `k` rows nearest to a query `(d,)` by codes, of all or of those `allowed`."""
        parameters = None
        if allowed is not None:
            _bits, selector = selecting(allowed, self._index.ntotal)
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        whole, own, lost = rounded(query)
        faiss.omp_set_num_threads(1)  # of this thread only: questions run side by side as it is
        rough, rows = self._index.search(whole, k, params=parameters)
        found = rows[0] >= 0
        scores = rough[0][found] / np.float32(own * self._scale)
        return Glimpse(rows[0][found], scores, error_of(query, lost, self._error))


def rounded(query: Vectors) -> tuple[Vectors, float, float]:
    """Return a query as whole numbers `(1, d)`, at which scale, and how far it was moved by it."""
    scale = scale_of(query[None, :])
    whole = np.rint(query * np.float32(scale))
    lost = float(np.linalg.norm(whole.astype(np.float64) / scale - query))
    return whole[None, :], scale, lost


def error_of(query: Vectors, lost: float, error: float) -> float:
    """Return how far a rough score may be off: `lost` by the query, `error` by any unit vector."""
    return float(np.linalg.norm(query)) * error + lost * (1 + UNIT + error)


def selecting(allowed: Rows, n: int) -> tuple[NDArray[np.uint8], "faiss.IDSelectorBitmap"]:
    """Return FAISS's selector of rows, and the bits that it points at, to be kept as long."""
    bits = np.zeros(n, bool)
    bits[allowed] = True
    packed = np.packbits(bits, bitorder="little")
    return packed, faiss.IDSelectorBitmap(n, faiss.swig_ptr(packed))
