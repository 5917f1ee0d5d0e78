"""The JSON-LD of a page (schema.org) → the nodes that describe the page's article.

Broken JSON is common: comments, trailing commas, line breaks in strings, several objects in one
script. What can be read is read, the rest is passed over.
"""

import json
import re
from collections import deque
from collections.abc import Iterator
from html import unescape

from lxml import etree

Node = dict[str, object]

MAX_SCRIPT = 2_000_000
"""Characters; the JSON-LD of an article has some thousands."""

MAX_TEXTS = 500
"""Bodies, questions and answers of one page."""

_ARTICLES = frozenset(
    {
        "article", "newsarticle", "blogposting", "medicalscholarlyarticle", "scholarlyarticle",
        "techarticle", "report", "reportagenewsarticle", "advertisercontentarticle", "howto",
        "reviewnewsarticle", "socialmediaposting", "healthtopiccontent",
    }
)  # fmt: skip
_MEDICAL_PAGES = frozenset({"medicalwebpage", "healthtopicpage"})
_PAGES = frozenset({"webpage", "faqpage", "qapage", "itempage", "aboutpage", "collectionpage"})
_INNER = ("@graph", "mainEntity", "mainEntityOfPage")
_FRAME = re.compile(
    r"^\s*(?:<!--|(?://|/\*)?\s*<!\[CDATA\[\s*(?:\*/)?)|(?:-->|(?://|/\*)?\s*\]\]>\s*(?:\*/)?)\s*;?\s*$"
)
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")


def article_nodes(tree: etree._Element) -> list[Node]:
    """Return the nodes that speak of the page's article: articles, then medical pages, then pages.

    A reference to another node of the page (`{"@id": …}`) is replaced by that node.
    """
    nodes = [node for value in _scripts(tree) for node in _top_nodes(value)]
    known = {
        key: node for node in nodes if isinstance(key := node.get("@id"), str) and len(node) > 1
    }
    ranked = sorted(
        (node for node in nodes if _rank(node) is not None), key=lambda node: _rank(node) or 0
    )
    return [{name: _resolved(value, known) for name, value in node.items()} for node in ranked]


def stated_texts(tree: etree._Element) -> list[str]:
    """Return the texts that the page itself calls its article: bodies, questions, answers."""
    texts: list[str] = []
    queue: deque[object] = deque(_scripts(tree))
    while queue and len(texts) < MAX_TEXTS:
        value = queue.popleft()
        if isinstance(value, list):
            queue.extend(value)
        elif isinstance(value, dict):
            queue.extend(inner for inner in value.values() if isinstance(inner, dict | list))
            keys = ["articleBody"]
            keys += ["name"] if "question" in _types(value) else []
            keys += ["text"] if "answer" in _types(value) else []
            texts.extend(text for key in keys if isinstance(text := value.get(key), str))
    return [unescape(re.sub(r"<[^>]*>", " ", text)) for text in texts]


def site_name(tree: etree._Element) -> str | None:
    """Return the name of the WebSite node, or None."""
    for value in _scripts(tree):
        for node in _top_nodes(value):
            if "website" in _types(node):
                return next(iter(names(node)), None)
    return None


def names(value: object) -> Iterator[str]:
    """Yield the names in a Person, an Organization, a string, or a list of such."""
    if isinstance(value, str):
        text = " ".join(unescape(re.sub(r"<[^>]*>", " ", value)).split())
        if text:
            yield text
    elif isinstance(value, list):
        for item in value[:50]:
            if not isinstance(item, list):
                yield from names(item)
    elif isinstance(value, dict):
        name = value.get("name")
        if isinstance(name, list):
            name = name[0] if name else None
        if isinstance(name, str):
            yield from names(name)


def text_of(value: object) -> str | None:
    """Return a plain string value, the first of a list, or the address or name of a node."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = next((value[key] for key in ("url", "@id", "@value", "name") if key in value), None)
    return " ".join(unescape(value).split()) or None if isinstance(value, str) else None


def _scripts(tree: etree._Element) -> Iterator[object]:
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            continue
        text = _FRAME.sub("", (script.text or "")[:MAX_SCRIPT]).strip()
        yield from _parsed(text)


def _parsed(text: str) -> Iterator[object]:
    decoder = json.JSONDecoder(strict=False)
    for attempt in (text, _TRAILING_COMMA.sub(r"\1", text), unescape(text)):
        values = []
        position = 0
        try:
            while position < len(attempt):
                value, position = decoder.raw_decode(attempt, position)
                values.append(value)
                while position < len(attempt) and attempt[position] in " \t\r\n;,":
                    position += 1
        except (ValueError, RecursionError):
            if not values:
                continue
        yield from values
        return


def _top_nodes(value: object) -> Iterator[Node]:
    """Yield the nodes of `value` that stand for the page: not those of lists of other articles."""
    queue: deque[tuple[object, int]] = deque([(value, 0)])
    while queue:
        current, depth = queue.popleft()
        if isinstance(current, list) and depth < 6:
            queue.extend((item, depth + 1) for item in current[:500])
        elif isinstance(current, dict):
            types = _types(current)
            if types & {"itemlist", "breadcrumblist"}:
                continue
            yield current
            if depth < 6:
                queue.extend(
                    (current[key], depth + 1)
                    for key in _INNER
                    if isinstance(current.get(key), dict | list)
                )


def _types(node: Node) -> set[str]:
    kind = node.get("@type")
    kinds = kind if isinstance(kind, list) else [kind]
    return {name.rsplit("/", 1)[-1].lower() for name in kinds if isinstance(name, str)}


def _rank(node: Node) -> int | None:
    types = _types(node)
    for rank, wanted in enumerate((_ARTICLES, _MEDICAL_PAGES, _PAGES)):
        if types & wanted:
            return rank
    return None


def _resolved(value: object, known: dict[str, Node]) -> object:
    if isinstance(value, list):
        return [_resolved(item, known) if isinstance(item, dict) else item for item in value]
    if isinstance(value, dict) and "name" not in value and isinstance(value.get("@id"), str):
        return known.get(str(value["@id"]), value)
    return value
