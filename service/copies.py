"""The same words in several articles: a syndicated page, a paragraph that a publisher repeats.

Exact over the few passages of one answer, hence no sketch (MinHash) is needed.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

SHINGLE = 3
"""Words in a shingle (Broder, "On the resemblance and containment of documents", 1997)."""

RESEMBLANCE = 0.6
"""Jaccard of shingles from which one passage is a copy of another: `python -m bench.near_copies`.

Of MedQuAD passages with 5% of their words replaced it takes 93% for copies (99% at 0.5, 72% at
0.7), and of pairs from different articles 0.7% (0.8%, 0.6%: paragraphs that do repeat)."""

KEPT = 4096
"""Texts whose shingles are kept, about 8 MB: the same passages are compared again and again."""

_WORD = re.compile(r"\w+")


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Return the runs of `SHINGLE` words of `text`, case aside; of a shorter one, all its words."""
    found = _WORD.findall(text.lower())
    if len(found) <= SHINGLE:
        return frozenset([tuple(found)])
    return frozenset(zip(*(found[at:] for at in range(SHINGLE)), strict=False))


def resemblance(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    """Return the Jaccard similarity, in [0, 1], of two sets of shingles."""
    union = len(one | other)
    return len(one & other) / union if union else 1.0


def copies(texts: Sequence[str]) -> list[int]:
    """Return, for each text, the number of the first text of its group of near-copies.

    Two texts are in a group when a chain of texts, each a near-copy of the next, joins them.
    """
    if len(texts) < 2:
        return list(range(len(texts)))
    sets = [_hashed(text) for text in texts]
    codes = np.concatenate(sets)
    order = np.argsort(codes, kind="stable")
    codes = codes[order]
    # Most shingles stand in one text only: equal neighbours are the others.
    same = codes[1:] == codes[:-1]
    shared = np.flatnonzero(np.append(same, False) | np.append(False, same))
    owners = np.repeat(np.arange(len(sets)), [len(found) for found in sets])[order[shared]]
    holders: dict[int, list[int]] = defaultdict(list)
    for code, owner in zip(codes[shared].tolist(), owners.tolist(), strict=True):
        holders[code].append(owner)
    common = Counter(pair for held in holders.values() for pair in combinations(held, 2))
    return joined(
        len(texts),
        (
            (one, other)
            for (one, other), shared in common.items()
            if shared >= RESEMBLANCE * (len(sets[one]) + len(sets[other]) - shared)
        ),
    )


@lru_cache(maxsize=KEPT)
def _hashed(text: str) -> NDArray[np.int64]:
    """Return the shingles of `text` as hashes of 64 bits.

    An answer compares some 4 million pairs of them: two that differ have the same hash in one of
    10**12 answers.
    """
    return np.fromiter(map(hash, shingles(text)), np.int64)


def joined(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Return, for each of `count` things, the lowest number among those that `pairs` join it to."""
    first = list(range(count))

    def find(number: int) -> int:
        while first[number] != number:
            first[number] = number = first[first[number]]
        return number

    for one, other in pairs:
        low, high = sorted((find(one), find(other)))
        first[high] = low
    return [find(number) for number in range(count)]


def together(groups: Iterable[Iterable[int]]) -> list[tuple[int, int]]:
    """Return pairs that join the members of each group, in a chain."""
    return [pair for group in groups for pair in pairwise(group)]
