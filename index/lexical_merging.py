"""Lexical indexes made of others, without their texts: revised, united, and by groups of rows.

    united    the rows of several indexes, each at its new place
    revised   the rows that stay, and texts that are new
    merged    one row for each group of rows, an article's passages

Each is, bit for bit, the index that would be built of the same texts.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix

from index.lexical import LexicalIndex, Rows


def revised(lexical: LexicalIndex, origin: Rows, added: Iterable[str]) -> LexicalIndex:
    """Return the index whose row i is row `origin[i]` of `lexical`, in one part.

    Where that is -1, it is the next of the `added` texts, and only those are analysed. The rows
    that stay do so in their order.
    """
    new = LexicalIndex.build(added)
    places = np.arange(len(origin))
    moved = np.full(len(lexical), -1)
    moved[origin[origin >= 0]] = places[origin >= 0]
    return united([(lexical.whole(), moved), (new, places[origin < 0])], len(origin))


def merged(lexical: LexicalIndex, groups: Rows) -> LexicalIndex:
    """Return the index whose row j holds all terms of the rows i with `groups[i] == j`.

    `groups` `(n,)` numbers every row's group, from 0 and never falling.
    """
    whole = lexical.whole()
    count = int(groups[-1]) + 1 if len(groups) else 0
    group_of = groups.astype(np.int32)
    starts, end_of_last = np.zeros(len(whole.vocabulary) + 1, np.int64), 0
    # As many as there can be: pages that are never written to take no memory. Pieces put
    # together afterwards would leave 180 MB of holes behind at 1,000,000 passages.
    rows = np.empty(len(whole._rows), np.int32)
    # Hardly a term stands 256 times in a group.
    frequencies: NDArray[Any] = np.empty(len(whole._rows), np.uint8)
    for first, end in pairwise(whole._edges()):
        bounds = whole._starts[first : end + 1]
        part = slice(bounds[0], bounds[-1])
        held = group_of[whole._rows[part]]
        # A term's rows are in order, so a group's stand side by side: where each run begins.
        begins = np.ones(len(held), bool)
        np.not_equal(held[1:], held[:-1], out=begins[1:])
        begins[bounds[:-1] - bounds[0]] = True
        runs = np.flatnonzero(begins)
        ours = slice(end_of_last, end_of_last + len(runs))
        rows[ours] = held[runs]
        counts = np.add.reduceat(whole._frequencies[part], runs, dtype=np.int32)
        if len(counts) and counts.max() > np.iinfo(frequencies.dtype).max:
            frequencies = frequencies.astype(np.min_scalar_type(counts.max()))
        frequencies[ours] = counts
        starts[first + 1 : end + 1] = ours.start + np.searchsorted(runs, bounds[1:] - bounds[0])
        end_of_last = ours.stop
    matrix = csc_matrix(
        (frequencies[:end_of_last], rows[:end_of_last], starts),
        shape=(count, len(whole.vocabulary)),
    )
    whole.release()
    return LexicalIndex(whole.vocabulary, matrix)


def united(parts: Sequence[tuple[LexicalIndex, Rows]], size: int) -> LexicalIndex:
    """Return the index of `size` rows that `parts` have between them.

    Row i of a part becomes the row that its numbers `(len(part),)` give, or is gone where they give
    -1. A part's numbers rise, and no two parts give the same one.
    """
    vocabulary = sorted(set().union(*(part.vocabulary for part, _ in parts)))
    columns = {term: column for column, term in enumerate(vocabulary)}
    matrix = sum(
        (_renumbered(part, numbers, columns, size) for part, numbers in parts),
        csc_matrix((size, len(vocabulary)), dtype=np.int32),
    )
    used = np.flatnonzero(np.diff(matrix.indptr))
    starts = np.append(matrix.indptr[used], matrix.indptr[-1])
    chosen = csc_matrix((matrix.data, matrix.indices, starts), shape=(size, len(used)))
    return LexicalIndex([vocabulary[column] for column in used], chosen)


def _renumbered(
    part: LexicalIndex, numbers: Rows, columns: Mapping[str, int], size: int
) -> csc_matrix:
    """Return a part's frequencies over other rows and a wider vocabulary."""
    counts = np.zeros(len(columns), np.int64)
    counts[[columns[term] for term in part.vocabulary]] = np.diff(part._starts)
    starts = np.concatenate([[0], np.cumsum(counts)])
    rows, frequencies = numbers.astype(np.int32)[part._rows], part._frequencies
    if (numbers < 0).any():
        stay = np.flatnonzero(rows >= 0)
        starts, rows, frequencies = np.searchsorted(stay, starts), rows[stay], frequencies[stay]
    return csc_matrix((frequencies, rows, starts), shape=(size, len(columns)))
