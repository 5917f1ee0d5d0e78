"""Where a quotation can be read: in the stored article, and at the source, at the quote."""

import re
from urllib.parse import quote, urlencode

from index.records import Article, Passage

FRAGMENT_WORDS = 6
"""Words at each end of a quote that name it in a text fragment: few enough for a short address,
enough to be found once on a page."""

LEAST_WORDS = 3
"""A line of fewer words ("Rest.") names no place: it is found too often on a page."""

HASH_DIGITS = 16
"""Digits of a quote's SHA-256 in an address: no other words have these 64 bits by chance."""


def article_link(passage: Passage) -> str:
    """Return the address of the passage's article on this service, at the passage, marked."""
    return article_href(passage.article_id, passage.start, passage.end, passage.sha256)


def article_href(
    article_id: str, start: int | None = None, end: int | None = None, sha256: str | None = None
) -> str:
    """Return the address of an article's page, with a quote marked there if one is given.

    The offsets stand twice: in the query, so that the page arrives marked without a script, and
    in the fragment, so that the browser goes to the mark. The first digits of the quote's hash let
    the page tell that other words stand there by now.
    """
    path = "/articles/" + quote(article_id, safe="/")
    if start is None or end is None:
        return path
    words = {"sha256": sha256[:HASH_DIGITS]} if sha256 else {}
    return f"{path}?{urlencode({'start': start, 'end': end, **words})}#p{start}-{end}"


def original_link(article: Article, body: str) -> str | None:
    """Return the article's own address with a text fragment that opens it at `body`, or None.

    The fragment is `#:~:text=START,END` (WICG, "URL Fragment Text Directives"): the first and the
    last words of `body`, or all of them when they are few. Each of the two must stand within one
    block of the page, so neither reaches over a line end of `body`.
    """
    if not article.url or not re.match(r"https?://[^/?#\s]", article.url, re.IGNORECASE):
        return None
    address, _, _ = article.url.partition(":~:")
    lines = [line.split() for line in body.splitlines() if line.strip()]
    if not lines:
        return address.removesuffix("#")
    telling = [line for line in lines if len(line) >= LEAST_WORDS] or lines
    if len(telling) == 1 and len(telling[0]) <= 2 * FRAGMENT_WORDS:
        directive = _escaped(telling[0])
    else:
        begin, end = telling[0][:FRAGMENT_WORDS], telling[-1][-FRAGMENT_WORDS:]
        directive = f"{_escaped(begin)},{_escaped(end)}"
    separator = ":~:" if "#" in address else "#:~:"
    return f"{address}{separator}text={directive}"


def _escaped(words: list[str]) -> str:
    """Percent-encode; the hyphen too, which means something in a text directive."""
    return quote(" ".join(words), safe="").replace("-", "%2D")
