"""Where a quotation can be read: in the stored article, and at the source, at the quote."""

import re
from urllib.parse import quote

from index.records import Article, Passage

FRAGMENT_WORDS = 6
"""Words at each end of a quote that name it in a text fragment: few enough for a short address,
enough to be found once on a page."""

LEAST_WORDS = 3
"""A line of fewer words ("Rest.") names no place: it is found too often on a page."""


def article_link(passage: Passage) -> str:
    """Return the address of the passage's article on this service, at the passage, marked."""
    place = f"{passage.start}-{passage.end}"
    return f"/articles/{quote(passage.article_id)}?start={passage.start}&end={passage.end}#p{place}"


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
