"""The same words in several articles: a syndicated page, a paragraph that a publisher repeats.

Exact over the few passages of one answer, hence no sketch (MinHash) is needed.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

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

FACTORS = (np.int64(0x1E3779B97F4A7C15), np.int64(0x42B2AE3D27D4EB4F))
"""Odd, otherwise of no meaning: what the words of a shingle but the last count for in its hash."""

_WORD = re.compile(r"\w+")
# The same for ASCII, in less than half of the time: small letters, and blanks between words.
_BLANKED = bytes(
    ord(chr(code).lower()) if code < 128 and _WORD.match(chr(code)) else ord(" ")
    for code in range(256)
)


def _words(text: str) -> list[str]:
    if text.isascii():
        return text.encode().translate(_BLANKED).decode().split()
    return _WORD.findall(text.lower())


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Return the runs of `SHINGLE` words of `text`, case aside; of a shorter one, all its words."""
    found = _words(text)
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
    sizes = np.array([len(found) for found in sets])
    codes = np.concatenate(sets)
    order = np.argsort(codes)
    codes = codes[order]
    # Most shingles stand in one text only: equal neighbours are the others.
    same = codes[1:] == codes[:-1]
    shared = np.flatnonzero(np.append(same, False) | np.append(False, same))
    codes, owners = codes[shared], np.repeat(np.arange(len(sets)), sizes)[order[shared]]
    common = np.zeros(len(sets) ** 2, np.int64)
    for apart in range(1, len(sets)):
        same = codes[apart:] == codes[:-apart]
        if not same.any():
            break
        one, other = owners[:-apart][same], owners[apart:][same]
        pairs = np.minimum(one, other) * len(sets) + np.maximum(one, other)
        common += np.bincount(pairs, minlength=len(common))
    counts = common.reshape(len(sets), -1)
    either = sizes[:, None] + sizes - counts
    near = np.argwhere((counts > 0) & (counts >= RESEMBLANCE * either))
    return joined(len(texts), near.tolist())


@lru_cache(maxsize=KEPT)
def _hashed(text: str) -> NDArray[np.int64]:
    """Return the shingles of `text` as hashes of 64 bits, each once.

    An answer compares some 4 million pairs of them: two that differ have the same hash in one of
    10**12 answers.
    """
    found = _words(text)
    if len(found) < SHINGLE:
        return np.array([hash(tuple(found))])
    words = np.fromiter(map(hash, found), np.int64, len(found))
    # Sums modulo 2**64 of the words' own hashes, each place times an odd number of its own.
    runs = words[SHINGLE - 1 :].copy()
    for place, factor in zip(range(SHINGLE - 1), FACTORS, strict=True):
        runs += words[place : len(words) - SHINGLE + 1 + place] * factor
    runs.sort()
    first = np.ones(len(runs), bool)
    np.not_equal(runs[1:], runs[:-1], out=first[1:])
    return runs[first]


def joined(count: int, pairs: Iterable[Sequence[int]]) -> list[int]:
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
