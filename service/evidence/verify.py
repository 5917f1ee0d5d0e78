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

_EXPLANATIONS = {
    "verbatim": "The quote stands in the stored article at that place, character for character.",
    "moved": "The quote stands in the stored article, character for character, at another place.",
    "changed": "The quote does not stand in the stored article. What stands there differs.",
    "unknown": "There is no such article, or no such place in it.",
}


@dataclass(frozen=True, slots=True)
class Quote:
    """What is said to stand in an article from `start` to `end`: its words, their hash, or both."""

    article_id: str
    start: int
    end: int
    text: str | None = None
    sha256: str | None = None


def verify(quote: Quote, article: Article | None, snapshot: str) -> Verification:
    """Compare `quote` with `article` as stored; a quote given by hash alone is looked for in place.

    `text` decides where both are given, and must then have that hash: a pair that disagrees is
    `changed`.
    """
    if article is None or not quote.start < quote.end <= len(article.text):
        found = _elsewhere(quote, article)
        return _verdict("moved" if found else "unknown", quote, article, snapshot, found)
    standing = article.text[quote.start : quote.end]
    if quote.text is not None and quote.sha256 not in {None, sha256_of(quote.text)}:
        return _verdict("changed", quote, article, snapshot)
    given = quote.sha256 or (sha256_of(quote.text) if quote.text is not None else None)
    if given is not None and sha256_of(standing) == given:
        return _verdict("verbatim", quote, article, snapshot, (quote.start, quote.end))
    found = _elsewhere(quote, article)
    return _verdict("moved" if found else "changed", quote, article, snapshot, found)


def _elsewhere(quote: Quote, article: Article | None) -> tuple[int, int] | None:
    """Return the place nearest to the one asked about where the words stand, if any."""
    if article is None or not quote.text:
        return None
    if quote.sha256 not in {None, sha256_of(quote.text)}:
        return None
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


def _verdict(
    status: str,
    quote: Quote,
    article: Article | None,
    snapshot: str,
    found: tuple[int, int] | None = None,
) -> Verification:
    standing = article.text[quote.start : quote.end] if article else ""
    return Verification.model_validate(
        {
            "status": status,
            "article_id": quote.article_id,
            "start": found[0] if found else None,
            "end": found[1] if found else None,
            "sha256": sha256_of(standing) if standing else None,
            "article_sha256": article.sha256 if article else None,
            "difference": difference(quote.text, standing)
            if status == "changed" and quote.text is not None
            else (),
            "snapshot": snapshot,
            "explanation": _EXPLANATIONS[status],
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
