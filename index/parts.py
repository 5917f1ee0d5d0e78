"""A large index in two parts: a base that stays as it is on the disk, and what is newer.

    row i of the snapshot  =  row places[i] of the base, or, from len(base) on, of the newer part

Both parts are in the order of a snapshot's rows, and so `places` rises within each. Rows of the
base that no place names are gone. What is read through the two is, bit for bit, what one part with
the same rows would give: statistics are of all rows, and each score is a row's own.
"""

from heapq import merge
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from index.arrays import Stored
from index.lexical import MANY, LexicalIndex, Rows, Scores
from index.lexical_merging import united

Places = NDArray[np.int32]


class PartedVectors:
    """Vectors `(n, d)` that lie in two arrays: row i is row `places[i]` of one and the other."""

    def __init__(self, base: Stored, newer: Stored, places: Rows | Places) -> None:
        self.parts = base, newer
        self._places = places

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and of components."""
        return len(self._places), int(self.parts[0].shape[1])

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, rows: slice | Rows) -> NDArray[np.float32]:
        base, newer = self.parts
        places = self._places[rows]
        above = places >= len(base)
        if not above.any():
            return base[places]
        found = np.empty((len(places), self.shape[1]), np.float32)
        found[above] = newer[places[above] - len(base)]
        found[~above] = base[places[~above]]
        return found


def numbers_of(places: Places, base: int, newer: int) -> tuple[Places, Places]:
    """Return which row of the snapshot each row of the base and of the newer part is; -1 for none.

    `places` `(n,)` of parts of so many rows → `(base,)` and `(newer,)`.
    """
    numbers = np.full(base + newer, -1, np.int32)
    numbers[places] = np.arange(len(places), dtype=np.int32)
    return numbers[:base], numbers[base:]


def fault_of(places: NDArray[Any], base: int, newer: int) -> str:
    """Return what keeps `places` from numbering the rows of two parts, or ""."""
    if places.ndim != 1 or places.dtype != np.int32:
        return "it is not a row of whole numbers"
    if len(places) and not (places.min() >= 0 and places.max() < base + newer):
        return "it names rows that are not there"
    above = places >= base
    if int(above.sum()) != newer or any((np.diff(places[s]) < 1).any() for s in (above, ~above)):
        return "its rows are not in order"
    return ""


class PartedLexicalIndex(LexicalIndex):
    """The terms of two parts as those of one index. A term's rows are put together when asked for.

    What needs all of them at once (`whole`) puts all together first.
    """

    def __init__(self, base: LexicalIndex, newer: LexicalIndex, places: Places) -> None:
        self._size = len(places)
        self._parts = tuple(
            zip((base, newer), numbers_of(places, len(base), len(newer)), strict=True)
        )
        held = [_held_by(part, numbers) for part, numbers in self._parts]
        vocabulary = list(dict.fromkeys(merge(*(list(counts) for counts in held))))
        counts = np.array([sum(part.get(t, 0) for part in held) for t in vocabulary], np.int64)
        lengths = np.concatenate([base._lengths, newer._lengths])[places]
        self._learn(vocabulary, lengths, counts)

    def whole(self) -> LexicalIndex:
        """Return the same index in one part."""
        parts = [(part, numbers.astype(np.int64)) for part, numbers in self._parts]
        return united(parts, self._size)

    def postings(self) -> tuple[NDArray[np.int64], NDArray[np.int32], Scores]:
        """Return what `LexicalIndex.postings` does."""
        return self.whole().postings()

    def _matrix(self) -> csc_matrix:
        return self.whole()._matrix()

    def _held(self, term: str) -> NDArray[np.int32]:
        column = self._columns.get(term)
        return np.empty(0, np.int32) if column is None else self._known(column)[0]

    def _made(self, column: int) -> tuple[NDArray[np.int32], Scores]:
        term = self.vocabulary[column]
        (rows, counts), (others, more) = (
            _postings(part, numbers, term) for part, numbers in self._parts
        )
        if len(others):
            between = np.searchsorted(rows, others)
            rows, counts = np.insert(rows, between, others), np.insert(counts, between, more)
        gains = self._gained(rows, counts)
        gains *= self._idf[column]
        if len(rows) > MANY:  # while they are kept, the files will not be looked at again
            for part, _ in self._parts:
                part.release()
        return rows, gains


def _held_by(part: LexicalIndex, numbers: Places) -> dict[str, int]:
    """Return in how many of the rows that stay each term of a part stands, where it does."""
    counts = np.diff(part._starts)
    if len(counts) and (numbers < 0).any():
        stay = (numbers >= 0)[part._rows]
        counts = np.add.reduceat(stay, part._starts[:-1], dtype=np.int64)
        part.release()
    counted = zip(part.vocabulary, counts.tolist(), strict=True)
    return {term: count for term, count in counted if count}


def _postings(
    part: LexicalIndex, numbers: Places, term: str
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the snapshot's rows in which `term` stands in a part, in order, and how often."""
    column = part.columns.get(term)
    if column is None:
        return np.empty(0, np.int32), np.empty(0, np.int32)
    span = part._span(column)
    rows, counts = numbers[part._rows[span]], part._frequencies[span].astype(np.int32, copy=False)
    stay = rows >= 0
    return (rows, counts) if stay.all() else (rows[stay], counts[stay])
