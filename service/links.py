"""Where a quotation can be read: in the stored article, and at the source, at the quote."""

import re
from urllib.parse import quote

from index.records import Article, Passage

FRAGMENT_WORDS = 6
"""Words at each end of a quote that name it in a text fragment: few enough for a short address,
enough to be found once on a page."""


def article_link(passage: Passage) -> str:
    """Return the address of the passage's article on this service, at the passage, marked."""
    place = f"{passage.start}-{passage.end}"
    return f"/articles/{quote(passage.article_id)}?start={passage.start}&end={passage.end}#p{place}"


def original_link(article: Article, body: str) -> str | None:
    """Return the article's own address with a text fragment that opens it at `body`, or None.

    The fragment is `#:~:text=START,END` (WICG, "URL Fragment Text Directives"): the first and the
    last words of `body`, or all of them when they are few.
    """
    if not article.url or not re.match(r"https?://", article.url, re.IGNORECASE):
        return None
    words = body.split()
    if not words:
        return article.url
    directive = (
        _escaped(words)
        if len(words) <= 2 * FRAGMENT_WORDS
        else f"{_escaped(words[:FRAGMENT_WORDS])},{_escaped(words[-FRAGMENT_WORDS:])}"
    )
    separator = ":~:" if "#" in article.url else "#:~:"
    return f"{article.url}{separator}text={directive}"


def _escaped(words: list[str]) -> str:
    """Percent-encode; the hyphen too, which means something in a text directive."""
    return quote(" ".join(words), safe="").replace("-", "%2D")
