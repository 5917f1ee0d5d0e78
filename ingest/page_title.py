"""Which of a page's names is the article's title, and which is the name of its site."""

import re
from collections.abc import Container, Sequence
from urllib.parse import urljoin, urlsplit

from ingest import page_regions as regions
from ingest.dom_blocks import DomBlock
from ingest.page_regions import element_class

OTHER_PARTS = frozenset(
    {regions.COMMENT, regions.RELATED, regions.NAVIGATION, regions.SIDEBAR, regions.HIDDEN}
)
"""Parts of a page in which nothing speaks of its article."""

MAX_TITLE = 1_000
"""Characters of a page's title that are looked at."""

_SEPARATOR = re.compile(r"\s+[|–—\-:»·•]{1,2}\s+")
_NO_TITLE = re.compile(r"untitled(?: document)?|\S+\.(?:docx?|odt|rtf|pdf|html?)", re.IGNORECASE)
"""What a writing tool calls a page that nobody has named."""

_SITE = re.compile(r"(?:^|[\s_-])(?:site|blog)[_-]?(?:title|name|logo|branding)(?:$|[\s_-])")
_HOMES = ("", "/", "/index.html", "/index.php", "/index.htm")


def page_title(
    blocks: Sequence[DomBlock], stated: Sequence[str], site: Sequence[str], address: str | None
) -> str | None:
    """Return the article's title: the first-level heading that the page's other titles speak of.

    Where no such heading is, or it shares no word with them (a site's name set as a heading), the
    first of `stated`: the headline of the JSON-LD, `og:title`, `<title>`; without the name of the
    site. `site` holds the names that are known of it, `address` is the page's own. A heading with
    the site's name is a title only where there is no other.
    """
    headings = [
        block
        for block in blocks
        if block.kind == "heading"
        and block.level == 1
        and not any(region.reason in OTHER_PARTS for region in block.regions)
    ]
    known = {_plain(name) for name in site}
    named = [_plain(b.text) in known or _names_site(b, address) for b in headings]
    site = [*site, *(b.text for b, is_site in zip(headings, named, strict=True) if is_site)]
    known = {_plain(name) for name in site}
    lines = {block.text for block in blocks if block.kind == "heading"}
    titles = [
        _without_label(without_site(text, site), known, lines)
        for text in stated
        if not _NO_TITLE.fullmatch(text)
    ]
    own = [b.text for b, is_site in zip(headings, named, strict=True) if not is_site]
    others = [text for text in titles if _plain(text) not in known]
    if not own and not others:
        own, others = [block.text for block in headings], titles
    if own and not others:
        return own[0]
    # Of two headings that the title has whole, it begins with the article's.
    best = max(
        own,
        key=lambda text: max((_overlap(text, t), t.startswith(text)) for t in others),
        default=None,
    )
    if best is not None and max(_overlap(best, text) for text in others) >= 0.5:
        # Only the page's last name, of both, speaks of a site's; its first is the article's.
        if others[0] in lines and _overlap(best, others[0]) == 0.0:
            return others[0]
        return best
    return next(iter(others), None)


def without_site(title: str, site: Sequence[str]) -> str:
    """Return `title` without the name of its site at either end.

    A part goes when it is one of the names in `site`; after a bar, "|", the last part goes also
    when it has fewer words than the rest, which is what the bar is used for.
    """
    known = {_plain(name) for name in site}
    title = title[:MAX_TITLE]
    while True:
        cuts = list(_SEPARATOR.finditer(title))
        if not cuts:
            return title
        first, last = cuts[0], cuts[-1]
        tail, head = title[last.end() :], title[: last.start()]
        if _plain(tail) in known or ("|" in last.group() and len(tail.split()) < len(head.split())):
            title = head
        elif _plain(title[: first.start()]) in known:
            title = title[first.end() :]
        else:
            return title


def _without_label(title: str, known: Container[str], headings: Container[str]) -> str:
    """Return `title` without "Name of the site: " before what stands as a heading of the page."""
    label, _, rest = title.partition(": ")
    return rest if rest in headings and _plain(label) in known else title


def _names_site(heading: DomBlock, address: str | None) -> bool:
    """Tell whether a heading is called the site's name, or is a link to the site's first page."""
    if any(_SITE.search(element_class(element)) for element in heading.path[-2:]):
        return True
    return heading.link_share == 1.0 and all(_is_home(href, address) for href in heading.hrefs)


def _is_home(href: str, address: str | None) -> bool:
    try:
        page = urlsplit(address or "")
        there = urlsplit(urljoin(address or "", href.strip()))
    except ValueError:
        return False
    if there.query or there.fragment or there.path not in _HOMES:
        return False
    if page.path in _HOMES and address:
        return False  # the page itself is the first one
    return bool(there.hostname) or href.strip() in _HOMES[1:]


def _plain(text: str) -> str:
    return re.sub(r"^the|\.(?:com|org|net|gov|edu|co\.uk|info)$|[\W_]+", "", text.casefold())


def _overlap(one: str, other: str) -> float:
    """Return the share of the shorter title's words that stand in the other, 0 to 1."""
    first, second = (set(re.findall(r"\w+", text.casefold())) for text in (one, other))
    if not first or not second:
        return 0.0
    return len(first & second) / min(len(first), len(second))
