"""Is this quote really in that article, at that place? The proof behind every pincite."""

import difflib

from index.records import Article, sha256_of
from service.schemas import DiffPart, Verification, VerifyRequest

DIFFERENCE_CHARACTERS = 4000
"""Longest pair of texts that is compared letter by letter; word by word beyond."""

_EXPLANATIONS = {
    "verbatim": "The quote stands in the stored article at that place, character for character.",
    "moved": "The quote stands in the stored article, character for character, at another place.",
    "changed": "The quote does not stand in the stored article. What stands there differs.",
    "unknown": "There is no such article, or no such place in it.",
}


def verify(quote: VerifyRequest, article: Article | None, snapshot: str) -> Verification:
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


def _elsewhere(quote: VerifyRequest, article: Article | None) -> tuple[int, int] | None:
    """Return the place nearest to the one asked about where the words stand, if any."""
    if article is None or not quote.text:
        return None
    if quote.sha256 not in {None, sha256_of(quote.text)}:
        return None
    places = []
    at = article.text.find(quote.text)
    while at >= 0:
        places.append(at)
        at = article.text.find(quote.text, at + 1)
    if not places:
        return None
    nearest = min(places, key=lambda place: (abs(place - quote.start), place))
    return nearest, nearest + len(quote.text)


def _verdict(
    status: str,
    quote: VerifyRequest,
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
    """Return runs of text that make up both: the "both" and "given" ones joined are `given`."""
    if len(given) + len(standing) <= DIFFERENCE_CHARACTERS:
        a, b = list(given), list(standing)
    else:
        a, b = given.split(" "), standing.split(" ")
        a, b = [w + " " for w in a[:-1]] + a[-1:], [w + " " for w in b[:-1]] + b[-1:]
    parts: list[DiffPart] = []
    for kind, a1, a2, b1, b2 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(DiffPart(where="both", text="".join(a[a1:a2])))
            continue
        if a2 > a1:
            parts.append(DiffPart(where="given", text="".join(a[a1:a2])))
        if b2 > b1:
            parts.append(DiffPart(where="article", text="".join(b[b1:b2])))
    return tuple(parts)
