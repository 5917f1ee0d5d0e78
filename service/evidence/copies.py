"""The same words in several articles: a syndicated page, a paragraph that a publisher repeats.

Exact over the few passages of one answer, hence no sketch (MinHash) is needed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from index.analysis import blanked

SHINGLE = 3
"""Words in a shingle (Broder, "On the resemblance and containment of documents", 1997)."""

RESEMBLANCE = 0.6
"""Jaccard of shingles from which one passage is a copy of another: `python -m bench.near_copies`.

Of MedQuAD passages with 5% of their words replaced it takes 93% for copies (99% at 0.5, 72% at
0.7), and of pairs from different articles 0.7% (0.8%, 0.6%: paragraphs that do repeat)."""

SHORT = 60
"""Words below which two near-copies say different things when one denies more often; longer ones
may differ by a sentence left out, and do only where they are as long as one another.

Of 12,950 pairs of MedQuAD, MedlinePlus and MEDIQA passages of different articles that resemble one
another so far and are not the same, 5 of 468 with fewer words deny more often. Each having a number
that the other lacks parts 141 of 2,700 below 200 words; in a sample of 40 nearly all were of two
things: types 1 and 2 of a disease, 120 and 200 calories. Of the passages with 5% of their words
replaced at random, numbers and denials among them, 85% are then taken for copies and not 93%."""
AS_LONG = 3
"""Words by which two texts as long as one another differ: "must not drive", "may drive"."""

FACTORS = np.array([0x42B2AE3D27D4EB4F, 0x1E3779B97F4A7C15, 1], np.uint64)
"""Odd, otherwise of no meaning: what the words of a shingle count for in its hash."""

_MIXING = np.uint64(0xD6E8FEB86659FD93)  # odd, so that the product with it loses nothing
_HALF = np.uint64(32)
_EIGHT = 8
"""Bytes of a word that are looked at together: as many as a number of 64 bits holds."""
_WIDTH = 8 * _EIGHT
_FIRST = np.array([(1 << 8 * count) - 1 for count in range(_EIGHT + 1)], np.uint64)
_BLANK = ord(" ")
_NO_WORD = b"."

_WORD = re.compile(r"\w+")
# A number in the words, and no mark of a citation ("[3]", "menopause.8"). 9-1-1 is one, 911.
_NUMBER = re.compile(r"[0-9](?:(?:-[0-9]){2}(?![0-9])|[0-9]*(?:[.,][0-9]+)*)")
_BEFORE_NUMBERS = frozenset(" \n\t\u00a0(<>=~±+-–/$£€≤≥")
_THOUSANDS = re.compile(r",(?=\d{3}(?!\d))")
_DECIMAL_DOT = re.compile(r"(?<=[0-9])·(?=[0-9])")
_GROUPS = re.compile(r"(?<![0-9.,])[0-9]{1,5}(?:[ \u00a0\u2009\u202f][0-9]{3,})+(?![.,]?[0-9])")
_GROUP_BLANK = re.compile(r"[ \u00a0\u2009\u202f]")
_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
)
_YEAR = r"(?:19|20)[0-9]{2}(?![0-9]|[.,][0-9])"
_DAY = r"[0-9]{1,2}(?:st|nd|rd|th)?"
# Numbers of the page, not of what it says: its dates, citations, lists and leaves. A year counts as
# one only where it is plainly that: "one in 2000" and "2000 mg" are not, nor is "(911)" a citation.
_OF_THE_PAGE = re.compile(
    rf"(?<![0-9.,])\b{_DAY}\s(?:of\s)?{_MONTH}\b(?:,?\s{_YEAR})?"
    rf"|\b{_MONTH}\s(?:{_DAY},?\s)?{_YEAR}"
    rf"|\b{_MONTH}\s{_DAY}(?=[.,;:)]?(?:\s*\n|\s*\Z))"
    rf"|(?:©|\([Cc]\)|\b(?i:copyright|since|reviewed|updated|published)):?\s(?:in\s)?{_YEAR}"
    rf"|\bIn\s{_YEAR}(?=,)"
    rf"|\((?:[1-9][0-9]?|{_YEAR})\)(?!\s*[0-9])"
    r"|^[ \t]*[0-9]{1,2}\.(?=[ \t]+\S)"
    r"|\b(?i:page)\s[0-9]+\sof\s[0-9]+",
    re.MULTILINE,
)
_DENIALS = (b" not ", b" no ", b" never ", b" cannot ", b" without ", b" neither ", b" nor ")
# The same for ASCII, in less than half of the time.
_BLANKED = blanked("_")


def _letters(text: str) -> bytes:
    """Return the words of `text` in small letters, blanks between them."""
    if text.isascii():
        return text.encode().translate(_BLANKED)
    return " ".join(_WORD.findall(text.lower())).encode("utf-8", "surrogatepass")


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Return the runs of `SHINGLE` words of `text`, case aside; of a shorter one, all its words."""
    found = _letters(text).decode("utf-8", "surrogatepass").split()
    if len(found) <= SHINGLE:
        return frozenset([tuple(found)])
    return frozenset(zip(*(found[at:] for at in range(SHINGLE)), strict=False))


def resemblance(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> float:
    """Return the Jaccard similarity, in [0, 1], of two sets of shingles."""
    union = len(one | other)
    return len(one & other) / union if union else 1.0


def copies(texts: Sequence[str]) -> list[int]:
    """Return, for each text, the number of the first text of its group of near-copies.

    Two texts are in a group when a chain of texts, each a near-copy of the next, joins them. Two
    that oppose each other (`_Points`) are in no group together: a text that leaves out the dose
    joins "5 mg" or "50 mg", whichever comes first, and not the one to the other.
    """
    if len(texts) < 2:
        return list(range(len(texts)))
    count = len(texts)
    codes, owners = _hashed(texts)
    order = np.argsort(codes)
    codes, owners = codes[order], owners[order]
    # Most shingles stand in one place only: equal neighbours are the others.
    same = codes[1:] == codes[:-1]
    several = np.flatnonzero(np.append(same, False) | np.append(False, same))
    codes, having = codes[several], owners[several]
    numbers = np.zeros(len(several), np.int64)
    np.cumsum(codes[1:] != codes[:-1], out=numbers[1:])
    # A bit for each text and shingle: no product by BLAS, whose threads wait for one another.
    held = np.zeros((count, _WIDTH * (numbers.max(initial=-1) // _WIDTH + 1)), bool)
    held[having, numbers] = True
    bits = np.ascontiguousarray(np.packbits(held, axis=1).view(np.uint64).T)
    shared = np.bitwise_count(bits[:, :, None] & bits[:, None]).sum(axis=0, dtype=np.int64)
    sizes = np.bincount(owners, minlength=count) - np.bincount(having, minlength=count)
    sizes = sizes + np.diagonal(shared)
    either = sizes[:, None] + sizes - shared
    near = np.argwhere(np.triu((shared > 0) & (shared >= RESEMBLANCE * either), 1))
    pairs = near.tolist()
    # Most copies are the same to the letter, and need no look.
    alike = joined(count, (pair for pair in pairs if texts[pair[0]] == texts[pair[1]]))
    unlike = [(a, b) for a, b in pairs if alike[a] == a and alike[b] == b]
    points = {at: _points(texts[at]) for at in {at for pair in unlike for at in pair}}
    chained = _joined_in_peace(count, unlike, points)
    return [chained[at] for at in alike]


def _joined_in_peace(
    count: int, pairs: Iterable[Sequence[int]], points: Mapping[int, "_Points"]
) -> list[int]:
    """Return what `joined` does, but join no two groups of which two members oppose each other."""
    groups = [[number] for number in range(count)]
    for one, other in pairs:
        here, there = groups[one], groups[other]
        if here is there or any(points[a].oppose(points[b]) for a in here for b in there):
            continue
        here.extend(there)
        for member in there:
            groups[member] = here
    return [min(group) for group in groups]


@dataclass(frozen=True, slots=True)
class _Points:
    """What two texts of the same wording may differ in, and then contradict one another."""

    words: int
    numbers: tuple[str, ...]
    denials: int
    wordless: str
    """The text, where it has no word."""

    def oppose(self, other: "_Points") -> bool:
        """Tell whether two texts of much the same words may contradict one another.

        Each has a number that the other lacks (5 mg, 50 mg), or one denies more often: see `SHORT`.
        Texts without any word do unless they are the same.
        """
        if self.wordless != other.wordless:
            return True
        if self.numbers != other.numbers:
            mine, theirs = Counter(self.numbers), Counter(other.numbers)
            if mine - theirs and theirs - mine:
                return True
        if self.denials == other.denials:
            return False
        return min(self.words, other.words) < SHORT or abs(self.words - other.words) <= AS_LONG


def _points(text: str) -> _Points:
    letters = b" %b " % _letters(text)
    small = text.lower()
    told = _OF_THE_PAGE.sub(" ", _DECIMAL_DOT.sub(".", text))
    told = _GROUPS.sub(lambda groups: _GROUP_BLANK.sub("", groups.group()), told)
    numbers = sorted(
        _plain(found.group())
        for found in _NUMBER.finditer(told)
        if not found.start() or told[found.start() - 1] in _BEFORE_NUMBERS
    )
    denials = sum(map(letters.count, _DENIALS)) + small.count("n't") + small.count("n’t")
    words = len(letters.split())
    return _Points(words, tuple(numbers), denials, "" if words else text)


def _plain(number: str) -> str:
    """Return a number as it is written plainly: 1,200 is 1200, 25.0 is 25, 2,5 is 2.5."""
    plain = _THOUSANDS.sub("", number).replace(",", ".").replace("-", "")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _hashed(texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the shingles of all texts as hashes of 64 bits, and whose each is.

    A shingle that stands twice in a text comes twice. An answer compares some 4 million pairs of
    them: two that differ have the same hash in one of 10**12 answers.
    """
    parts = [_letters(text) for text in texts]
    for number, part in enumerate(parts):
        if len(found := part.split(None, SHINGLE - 1)) < SHINGLE:
            parts[number] = b" ".join([*found, *[_NO_WORD] * (SHINGLE - len(found))])
    words, starts = _hashed_words(b" ".join([b"", *parts]))
    behind = np.cumsum([len(part) + 1 for part in parts])
    owners = np.searchsorted(behind, starts, side="right")
    # Sums modulo 2**64 of the words' own hashes, each place times an odd number of its own.
    last = len(words) - SHINGLE + 1
    runs = sum(words[at : last + at] * factor for at, factor in enumerate(FACTORS))
    whole = owners[:last] == owners[SHINGLE - 1 :]
    return runs[whole], owners[:last][whole]


def _hashed_words(letters: bytes) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the hash of every word of `letters`, which begins with a blank, and where it begins.

    Two words that differ and have up to eight bytes have hashes that differ.
    """
    letters += b" " * _EIGHT
    blank = np.frombuffer(letters, np.uint8) == _BLANK
    edges = np.flatnonzero(blank[1:] != blank[:-1]) + 1
    starts, ends = edges[::2], edges[1::2]
    # Entry i is bytes i to i + 7.
    eights = np.ndarray((len(letters) - _EIGHT + 1,), "<u8", letters, strides=(1,))
    left = ends - starts
    hashes = (eights[starts] & _FIRST[np.minimum(left, _EIGHT)]) * _MIXING
    hashes ^= hashes >> _HALF
    longer, at = np.flatnonzero(left > _EIGHT), _EIGHT
    while len(longer):
        left = ends[longer] - starts[longer] - at
        more = eights[starts[longer] + at] & _FIRST[np.minimum(left, _EIGHT)]
        mixed = (hashes[longer] ^ more) * _MIXING
        hashes[longer] = mixed ^ (mixed >> _HALF)
        longer, at = longer[left > _EIGHT], at + _EIGHT
    return hashes, starts


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
