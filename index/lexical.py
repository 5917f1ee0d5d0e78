"""Lexical search: BM25 over the passages' terms, as one sparse matrix.

    score(q, p) = Σ_t idf(t) · tf · (k1 + 1) / (tf + k1 · (1 - b + b · |p| / mean |p|))
    idf(t) = ln(1 + (n - df + 0.5) / (df + 0.5))

Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with the
idf of Lucene, which is never negative. `k1 = 1.2` and `b = 0.75` are Lucene's.

Written here rather than taken from a search engine for three properties that fused search, exact
filters and incremental snapshots need: a score for *every* row (not for the best few), rows that
are the snapshot's own, and statistics that forget a deleted passage at once, so that an index
grown step by step scores exactly as one built afresh.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix

from index.analysis import terms
from index.arrays import release, save_array
from index.errors import SnapshotDamaged
from index.recent import Recent

K1 = 1.2
B = 0.75

PART = 1 << 20
"""Postings worked on at once."""
MANY = 50_000
"""Postings of a question up to which adding them up term by term is as fast as a sparse product."""
RUN = 128
"""Rows, at least, of which the best is taken first; as many more as leave four runs for each row
wanted. The best 200 of 36,000, 200,000 and 1,000,000 rows, half of them with a score, take 0.11,
0.27 and 1.0 ms so, and with runs of 256 throughout 0.27, 0.27 and 1.35."""
KEPT = 32_000_000
"""Bytes of the postings asked for last that are kept: of up to 100,000 passages about all. At
1,000,000 the terms of 200 questions have 171 MB of them, and their articles' 110. With none, 32,
48, 64, 128 million of each and all, a short question's scores by words take 6.3, 3.3, 3.0, 2.8, 2.1
and 1.4 ms, a message's 31, 20, 19, 16, 10 and 6 (medians, processor time; docs/scale.md)."""

Scores = NDArray[np.float32]
Rows = NDArray[np.int64]


class LexicalIndex:
    """Term frequencies `(n passages, m terms)`; `vocabulary` is sorted, so builds compare."""

    def __init__(self, vocabulary: Sequence[str], frequencies: csc_matrix) -> None:
        self._starts: NDArray[np.int64] = frequencies.indptr.astype(np.int64, copy=False)
        # Plain views: a memmap minds every slice that is taken.
        self._rows: NDArray[np.int32] = np.asarray(frequencies.indices)
        self._frequencies: NDArray[Any] = np.asarray(frequencies.data)
        size = int(frequencies.shape[0])
        lengths = np.zeros(size)
        for begin in range(0, len(self._rows), PART):  # bincount makes floats of what it is given
            part = slice(begin, begin + PART)
            lengths += np.bincount(self._rows[part], self._frequencies[part], size)
        self._learn(vocabulary, lengths, np.diff(self._starts))

    def _learn(
        self, vocabulary: Sequence[str], lengths: NDArray[np.float64], counts: NDArray[np.int64]
    ) -> None:
        """Take the statistics: how many terms each row has, and how many rows each term."""
        self.vocabulary = list(vocabulary)
        self._columns = {term: column for column, term in enumerate(self.vocabulary)}
        self._size = len(lengths)
        self._lengths = lengths
        self._counts = counts
        mean = lengths.mean() if self._size and lengths.any() else 1.0
        self._norms = (K1 * (1 - B + B * lengths / mean)).astype(np.float32)
        self._idf = np.log1p((self._size - counts + 0.5) / (counts + 0.5)).astype(np.float32)
        self._unknown = float(np.log1p((self._size + 0.5) / 0.5))
        self._gains: Scores | None = None
        self._asked = Recent[int, tuple[NDArray[np.int32], Scores]](KEPT)
        self._together: dict[tuple[str, ...], int] = {}

    @classmethod
    def build(cls, texts: Iterable[str]) -> "LexicalIndex":
        """Index `texts`; row i is the i-th of them. They are taken one by one, and none is kept."""
        numbers: dict[str, int] = {}
        data, indices, starts = array("i"), array("i"), array("q", [0])
        for text in texts:
            counts = Counter(terms(text))
            indices.extend([numbers.setdefault(term, len(numbers)) for term in counts])
            data.extend(counts.values())
            starts.append(len(indices))
        vocabulary = sorted(numbers)
        columns = np.empty(len(vocabulary), np.int32)
        columns[[numbers[term] for term in vocabulary]] = np.arange(len(vocabulary))
        matrix = csr_matrix(
            (np.array(data, np.int32), columns[np.array(indices, np.int32)], np.array(starts)),
            shape=(len(starts) - 1, len(vocabulary)),
        )
        return cls(vocabulary, matrix.tocsc())

    def whole(self) -> "LexicalIndex":
        """Return the same index in one part, which this one is."""
        return self

    def release(self) -> None:
        """Let go of what was read of the files in a pass over all."""
        release(self._rows)
        release(self._frequencies)

    def _edges(self) -> list[int]:
        """Return terms, from the first to the end, between which lie about `PART` postings."""
        steps = np.arange(PART, len(self._rows), PART)
        between = np.searchsorted(self._starts, steps).tolist()
        return sorted({0, *between, len(self.vocabulary)})

    def _matrix(self) -> csc_matrix:
        return csc_matrix(
            (self._frequencies, self._rows, self._starts),
            shape=(self._size, len(self.vocabulary)),
        )

    @classmethod
    def open(cls, folder: Path, size: int) -> "LexicalIndex":
        """Open an index of `size` rows saved in `folder`, memory-mapped.

        Raises `SnapshotDamaged` when it is not one.
        """
        try:
            vocabulary = (folder / "terms.txt").read_bytes().decode("utf-8").split("\n")[:-1]
            starts = np.load(folder / "starts.npy", mmap_mode="r")
            rows = np.load(folder / "rows.npy", mmap_mode="r")
            frequencies = np.load(folder / "frequencies.npy", mmap_mode="r")
            fault = _fault(vocabulary, starts, rows, frequencies, size)
            if fault:
                raise ValueError(fault)
            matrix = csc_matrix((frequencies, rows, starts), shape=(size, len(vocabulary)))
            opened = cls(vocabulary, matrix)
        except Exception as error:  # whatever damaged bytes set off in NumPy's parser is one fact
            raise SnapshotDamaged(f"{folder.name}/ is not a lexical index: {error}.") from error
        opened.release()
        return opened

    def save(self, folder: Path) -> None:
        """Write the index into `folder`, which is created."""
        folder.mkdir()
        (folder / "terms.txt").write_text("".join(t + "\n" for t in self.vocabulary), "utf-8")
        save_array(folder / "starts.npy", self._starts)
        save_array(folder / "rows.npy", self._rows)
        save_array(folder / "frequencies.npy", self._frequencies)

    def __len__(self) -> int:
        return self._size

    def idf(self, term: str) -> float:
        """Return how rare `term` is: its idf, and for an unknown term the largest possible one."""
        column = self._columns.get(term)
        return self._unknown if column is None else self._idf.item(column)

    def __contains__(self, term: str) -> bool:
        return term in self._columns

    @property
    def columns(self) -> Mapping[str, int]:
        """Each term's place in `vocabulary`."""
        return self._columns

    def _held(self, term: str) -> NDArray[np.int32]:
        """Return the rows that hold `term`, in order; none for an unknown term."""
        column = self._columns.get(term)
        return self._rows[:0] if column is None else self._rows[self._span(column)]

    def _span(self, column: int) -> slice:
        return slice(int(self._starts[column]), int(self._starts[column + 1]))

    def rows_with(self, term: str) -> Rows:
        """Return the rows that hold `term`, in order; none for an unknown term."""
        return self._held(term).astype(np.int64)

    def document_frequency(self, term: str) -> int:
        """Return how many rows hold `term`, without looking which."""
        column = self._columns.get(term)
        return 0 if column is None else int(self._counts[column])

    def count(self, every: tuple[str, ...]) -> int:
        """Return how many rows hold every one of some terms, of which there is at least one.

        Kept: an index never changes, and those that are asked for are the names of a table.
        """
        if every not in self._together:
            rows = self.rows_with(every[0])
            for term in every[1:]:
                rows = np.intersect1d(rows, self.rows_with(term), assume_unique=True)
            self._together[every] = len(rows)
        return self._together[every]

    def holds(self, term: str, rows: Rows) -> NDArray[np.bool_]:
        """Return `(len(rows),)` whether each of a few rows holds `term`."""
        held = self._held(term)
        if not len(held):
            return np.zeros(len(rows), bool)
        wanted = rows.astype(np.int32)
        places = np.minimum(np.searchsorted(held, wanted), len(held) - 1)
        found: NDArray[np.bool_] = held[places] == wanted
        return found

    def gains(self, term: str) -> tuple[Rows, Scores]:
        """Return the rows that hold `term`, in order, and what it adds to the score of each."""
        if term not in self._columns:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        rows, gains = self._known(self._columns[term])
        return rows.astype(np.int64), gains

    def postings(self) -> tuple[NDArray[np.int64], NDArray[np.int32], Scores]:
        """Return the rows and the gains of all terms one after the other, and where each begins.

        Term j of the vocabulary has those from `starts[j]` to `starts[j + 1]`, rows in order.
        """
        if self._gains is None:
            gains = np.empty(len(self._rows), np.float32)
            for first, end in pairwise(self._edges()):
                part = slice(self._starts[first], self._starts[end])
                gains[part] = self._gained(self._rows[part], self._frequencies[part])
            gains *= np.repeat(self._idf, np.diff(self._starts))
            self._gains = gains
            self._asked.clear()
        return self._starts, self._rows, self._gains

    def _known(self, column: int) -> tuple[NDArray[np.int32], Scores]:
        """Return the rows that hold a term, in order, and what it adds to the score of each.

        Made when asked for, and kept for as long as `KEPT` allows.
        """
        found = self._asked.get(column)
        if found is None:
            found = self._made(column)
            self._asked.keep(column, found, sum(array.nbytes for array in found))
        return found

    def _made(self, column: int) -> tuple[NDArray[np.int32], Scores]:
        """Return what `_known` keeps."""
        span = self._span(column)
        rows = self._rows[span]
        if self._gains is not None:
            return rows, self._gains[span]
        gains = self._gained(rows, self._frequencies[span])
        gains *= self._idf[column]
        if len(rows) > MANY:  # what is looked at again is mapped again: rows while they are kept
            self.release()
        return rows, gains

    def _gained(self, rows: NDArray[np.int32], counts: NDArray[np.int32]) -> Scores:
        """Return what postings add to their rows' scores, idf aside: tf · (k1 + 1) / …."""
        frequencies = counts.astype(np.float32)
        gains: Scores = frequencies * np.float32(K1 + 1) / (frequencies + self._norms[rows])
        return gains

    def scores(self, query: str) -> Scores:
        """Return the BM25 score of every row, `(n,)`, 0 where no term of `query` stands."""
        return self.scores_of_terms(Counter(terms(query)))

    def scores_of_terms(self, weights: Mapping[str, float]) -> Scores:
        """Return the BM25 score of every row for weighted terms.

        Terms are added in sorted order, so that the sum is the same bit for bit however the
        question was put together.
        """
        asked = [term for term in sorted(weights) if term in self._columns]
        each = np.array([weights[term] for term in asked], np.float32)
        known = [self._known(self._columns[term]) for term in asked]
        ends = np.cumsum([0, *(len(rows) for rows, _ in known)])
        if ends[-1] <= MANY:
            total = np.zeros(self._size, np.float32)
            for weight, (rows, gains) in zip(each, known, strict=True):
                # In half of the time of `total[rows] += …`, and the same sums.
                np.add.at(total, rows.astype(np.intp), weight * gains)
            return total
        # The same sums, column after column, by SciPy's product: three times as fast, once begun.
        matrix = csc_matrix(
            (
                np.concatenate([gains for _, gains in known]),
                np.concatenate([rows for rows, _ in known]),
                ends.astype(np.int32),
            ),
            shape=(self._size, len(known)),
        )
        product: Scores = matrix @ each
        return product


def best(scores: Scores, k: int, *, allowed: Rows | None = None) -> tuple[Scores, Rows]:
    """Return the `k` largest scores above 0 and their rows, best first; ties, lower row first."""
    if allowed is None:
        rows = np.flatnonzero(scores >= _reached(scores, k)) if k > 0 else np.empty(0, np.int64)
        rows = rows[scores[rows] > 0]
    else:
        rows = allowed[scores[allowed] > 0]
    if 0 < k < len(rows):
        # Everything at or above the k-th score stays in: a tie at the edge goes to the lower row.
        edge = np.partition(scores[rows], len(rows) - k)[len(rows) - k]
        rows = rows[scores[rows] >= edge]
    order = np.lexsort((rows, -scores[rows]))[:k]
    return scores[rows[order]], rows[order].astype(np.int64)


def _reached(scores: Scores, k: int) -> float:
    """Return a score above 0 that at least k rows reach, or the least above 0 without one.

    The k-th largest of the best scores of runs of rows: each is another row's.
    """
    least = float(np.finfo(np.float32).smallest_subnormal)
    run = max(RUN, len(scores) // (4 * k))
    runs = -(-len(scores) // run)
    if runs <= k:
        return least
    tops = np.maximum.reduceat(scores, np.arange(0, len(scores), run))
    return max(least, float(np.partition(tops, runs - k)[runs - k]))


def _fault(
    vocabulary: Sequence[str],
    starts: NDArray[np.int64],
    rows: NDArray[np.int32],
    frequencies: NDArray[np.int32],
    size: int,
) -> str:
    """Return what keeps these arrays from being an index, or "": their use trusts them blindly."""
    if any(array.ndim != 1 or array.dtype.kind != "i" for array in (starts, rows, frequencies)):
        return "its arrays are not rows of whole numbers"
    if len(starts) != len(vocabulary) + 1 or len(rows) != len(frequencies):
        return "its files are of different lengths"
    if starts[0] != 0 or starts[-1] != len(rows) or (np.diff(starts) < 1).any():
        return "its terms do not cover its rows"
    if len(rows) and not (rows.min() >= 0 and rows.max() < size and frequencies.min() > 0):
        return "it holds rows or frequencies that cannot be"
    if any(before >= after for before, after in pairwise(vocabulary)):
        return "its vocabulary is not sorted"
    return ""
