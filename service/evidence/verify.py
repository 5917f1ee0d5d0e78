"""Is this quote really in that article, at that place? The proof behind every pincite."""

import difflib
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from index.records import Article, sha256_of
from service.schemas import DiffPart, Verification

COMPARED = 256
"""Most letters, and else most words, a side that are compared one by one after what both texts
begin and end with is set aside. The comparison takes cubic time at its worst ("aaa…" against
"aaabaaab…": 0.4 s at 256, 300 s at 2,000); beyond, the two are shown whole, one after the other.
"""

HASHED = 400_000_000
"""Most characters of an article times characters of a quote for which a quote given by its hash
alone is looked for elsewhere in it: about a twelfth of them are hashed, at some 1 ns each."""

Span = tuple[int, int]

_EXPLANATIONS = {
    "verbatim": "The quote stands in the stored article at that place, character for character.",
    "moved": "The quote stands in the stored article, character for character, at another place.",
    "changed": "The quote does not stand in the stored article. What stands there differs.",
    "unknown": "There is no such article, or no such place in it.",
}
_HASH_OF_OTHER_WORDS = "The hash given is not that of the words given: one of the two was altered."


@dataclass(frozen=True, slots=True)
class Quote:
    """What is said to stand in an article from `start` to `end`: its words, their hash, or both.

    `sha256` may be the first digits of the hash, as an address holds them (`links.HASH_DIGITS`).
    """

    article_id: str
    start: int
    end: int
    text: str | None = None
    sha256: str | None = None


def verify(quote: Quote, article: Article | None, snapshot: str) -> Verification:
    """Compare `quote` with `article` as stored; words that stand elsewhere in it are found.

    `text` decides where both are given, and must then have that hash: a pair that disagrees is
    `changed`.
    """
    if article is None or not quote.start < quote.end <= len(article.text):
        found = _elsewhere(quote, article)
        return _verdict("moved" if found else "unknown", quote, article, snapshot, found)
    standing = article.text[quote.start : quote.end]
    if not _hash_fits(quote):
        return _verdict("changed", quote, article, snapshot)
    if standing == quote.text if quote.text is not None else _is_quoted(standing, quote):
        return _verdict("verbatim", quote, article, snapshot, (quote.start, quote.end))
    found = _elsewhere(quote, article)
    return _verdict("moved" if found else "changed", quote, article, snapshot, found)


def _hash_fits(quote: Quote) -> bool:
    return quote.text is None or quote.sha256 is None or _is_quoted(quote.text, quote)


def _is_quoted(text: str, quote: Quote) -> bool:
    return quote.sha256 is not None and sha256_of(text).startswith(quote.sha256)


def _elsewhere(quote: Quote, article: Article | None) -> Span | None:
    """Return the place nearest to the one asked about where the words stand, if any."""
    if article is None or not _hash_fits(quote):
        return None
    if not quote.text:
        return _hashed_elsewhere(quote, article.text) if quote.sha256 else None
    at = article.text.find(quote.text, quote.start)
    # Searching backwards costs quadratic time at its worst in CPython, searching forwards does not:
    # hence the last place at or before the one asked about is the first one in the mirrored text.
    mirrored = article.text[: quote.start + len(quote.text)][::-1]
    back = mirrored.find(quote.text[::-1])
    before = len(mirrored) - back - len(quote.text)
    places = [place for place in (before if back >= 0 else -1, at) if place >= 0]
    if not places:
        return None
    nearest = min(places, key=lambda place: (abs(place - quote.start), place))
    return nearest, nearest + len(quote.text)


def _hashed_elsewhere(quote: Quote, text: str) -> Span | None:
    """Return where as many characters, from a line's or word's start to an end, have that hash."""
    length = quote.end - quote.start
    if not 0 < length <= len(text) or length * len(text) > HASHED:
        return None
    starts = (word.start() for word in re.finditer(r"(?<!\S)\S", text))
    whole = [
        at
        for at in starts
        if not text[at + length - 1 : at + length].isspace()
        and (at + length == len(text) or text[at + length : at + length + 1].isspace())
    ]
    for at in sorted(whole, key=lambda at: (abs(at - quote.start), at)):
        if _is_quoted(text[at : at + length], quote):
            return at, at + length
    return None


def _verdict(
    status: str, quote: Quote, article: Article | None, snapshot: str, found: Span | None = None
) -> Verification:
    standing = article.text[quote.start : quote.end] if article else ""
    compared = status == "changed" and quote.text not in {None, standing}
    fits = _hash_fits(quote)
    return Verification.model_validate(
        {
            "status": status,
            "article_id": quote.article_id,
            "start": found[0] if found else None,
            "end": found[1] if found else None,
            "sha256": sha256_of(standing) if standing else None,
            "article_sha256": article.sha256 if article else None,
            "hash_fits": fits,
            "difference": difference(quote.text or "", standing) if compared else (),
            "snapshot": snapshot,
            "explanation": _EXPLANATIONS[status] if fits else _HASH_OF_OTHER_WORDS,
        }
    )


def difference(given: str, standing: str) -> tuple[DiffPart, ...]:
    """Return runs of text that make up both texts, in order.

    The "both" and "given" runs joined are `given`; the "both" and "article" runs, `standing`.
    """
    head = _shared(given, standing)
    rest = min(len(given), len(standing)) - head
    tail = _shared(given[::-1][:rest], standing[::-1][:rest])
    runs = [("both", given[:head])]
    runs += _compared(given[head : len(given) - tail], standing[head : len(standing) - tail])
    runs.append(("both", given[len(given) - tail :]))
    return tuple(DiffPart.model_validate({"where": w, "text": t}) for w, t in _joined(runs))


def _shared(one: str, other: str) -> int:
    """Return the length of what both texts begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _compared(given: str, standing: str) -> Iterator[tuple[str, str]]:
    for units in (list, _words):
        a, b = units(given), units(standing)
        if max(len(a), len(b)) <= COMPARED:
            matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
            for kind, a1, a2, b1, b2 in matcher.get_opcodes():
                if kind == "equal":
                    yield "both", "".join(a[a1:a2])
                else:
                    yield "given", "".join(a[a1:a2])
                    yield "article", "".join(b[b1:b2])
            return
    yield "given", given
    yield "article", standing


def _words(text: str) -> list[str]:
    """Return the words of `text`, each with the space behind it: joined, they are `text`."""
    return re.findall(r"\S+\s*|\s+", text)


def _joined(runs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Join neighbouring runs of one kind; drop empty ones."""
    filled = (run for run in runs if run[1])
    for where, group in itertools.groupby(filled, key=lambda run: run[0]):
        yield where, "".join(text for _, text in group)
