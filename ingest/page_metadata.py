"""What a web page says about itself: title, publisher, authors, dates, address, licence.

Field by field, the first that states it wins: JSON-LD, then meta tags (Open Graph, Dublin Core,
Highwire), then microdata, then the lines that a reader sees. Nothing is inferred: a date that no
part of the page states, and one that can be read two ways, is None.
"""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urljoin, urlsplit

from lxml import etree

from ingest import json_ld
from ingest import page_regions as regions
from ingest.bylines import split_names, visible_byline
from ingest.document import Metadata
from ingest.dom_blocks import DomBlock, clean_text, dom_blocks
from ingest.page_title import OTHER_PARTS, page_title
from ingest.stated_dates import iso_date

_NOT_A_NAME = re.compile(
    r"https?:|www\.|[@<>{}]|^\W*$|^(?:admin(?:istrator)?|editor|staff|editorial|unknown|guest|null|none|n/?a)$",
    re.IGNORECASE,
)
_WITHOUT_BY = re.compile(r"^by\s+", re.IGNORECASE)
_LANGUAGE = re.compile(r"^\s*([A-Za-z]{2,3})(?:[-_][A-Za-z0-9_-]{1,20})?\s*$")

_PUBLISHED = (
    "article:published_time", "citation_publication_date", "citation_date", "dcterms.issued",
    "dc.date.issued", "dcterms.created", "dc.date.created", "datepublished", "parsely-pub-date",
    "sailthru.date", "publish-date", "publication_date", "pubdate", "dc.date", "dcterms.date",
    "date", "article.published", "og:pubdate",
)  # fmt: skip
_MODIFIED = (
    "article:modified_time", "og:updated_time", "dcterms.modified", "dc.date.modified",
    "datemodified", "last-modified", "lastmod", "last-updated", "article.updated",
)  # fmt: skip
_REVIEWED = (
    "lastreviewed", "last-reviewed", "date-reviewed", "dcterms.datereviewed", "reviewed",
    "date_reviewed", "dc.date.reviewed", "dcterms.valid.reviewed",
)  # fmt: skip
_AUTHORS = (
    "citation_author", "citation_authors", "author", "parsely-author", "dc.creator",
    "dcterms.creator", "sailthru.author", "article:author",
)  # fmt: skip
_PUBLISHERS = (
    "og:site_name", "dc.publisher", "dcterms.publisher", "citation_publisher", "application-name",
)  # fmt: skip


def page_metadata(tree: etree._Element, blocks: Sequence[DomBlock] | None = None) -> Metadata:
    """Return what the page under `tree` states about itself.

    `blocks` are the page's own (`dom_blocks(tree)`), to spare finding them again.
    """
    blocks = dom_blocks(tree) if blocks is None else blocks
    nodes = json_ld.article_nodes(tree)
    meta = _meta_tags(tree)
    seen = visible_byline(blocks)
    publisher = (
        _first_name(nodes, "publisher") or _first(meta, _PUBLISHERS) or json_ld.site_name(tree)
    )
    authors = (
        tuple(
            name
            for name in _names(nodes, "author", "creator")
            if name.casefold() != (publisher or "").casefold()
        )
        or _meta_authors(meta, publisher)
        or _microdata_names(tree, "author")
        or seen.authors
    )
    reviewers = _names(nodes, "reviewedBy") or _microdata_names(tree, "reviewedBy")
    element = next(tree.iter("title"), None)
    headline = next((t for node in nodes if (t := json_ld.text_of(node.get("headline")))), "")
    named = _first(meta, ("og:title", "twitter:title", "citation_title", "dc.title")) or ""
    titled = "" if element is None else "".join(element.itertext())
    address = _address(tree, nodes, meta)
    site = (publisher, _first(meta, _PUBLISHERS), _host(tree, meta))
    return Metadata(
        title=page_title(
            blocks,
            [found for stated in (headline, named, titled) if (found := clean_text(stated))],
            [name for name in site if name],
            address,
        ),
        publisher=publisher,
        authors=authors,
        published=_stated(tree, nodes, meta, "datePublished", _PUBLISHED) or seen.published,
        modified=_stated(tree, nodes, meta, "dateModified", _MODIFIED) or seen.modified,
        reviewed=_stated(tree, nodes, meta, "lastReviewed", _REVIEWED) or seen.reviewed,
        reviewed_by="; ".join(reviewers or seen.reviewed_by) or None,
        url=address,
        licence=_licence(tree, nodes, meta),
        language=_language(tree, nodes, meta),
    )


def _host(tree: etree._Element, meta: dict[str, list[str]]) -> str | None:
    address = _address(tree, [], meta)
    host = urlsplit(address).hostname if address else None
    return host.removeprefix("www.") if host else None


def _meta_tags(tree: etree._Element) -> dict[str, list[str]]:
    tags: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("http-equiv")
        content = clean_text(element.get("content") or "")
        if name and content:
            tags.setdefault(name.strip().lower(), []).append(content)
    return tags


def _first(meta: dict[str, list[str]], wanted: Sequence[str]) -> str | None:
    return next((meta[name][0] for name in wanted if name in meta), None)


def _names(nodes: Sequence[json_ld.Node], *fields: str) -> tuple[str, ...]:
    for node in nodes:
        for field in fields:
            found = tuple(
                dict.fromkeys(
                    name
                    for stated in json_ld.names(node.get(field))
                    if _is_name(name := _WITHOUT_BY.sub("", clean_text(stated)))
                )
            )
            if found:
                return found
    return ()


def _first_name(nodes: Sequence[json_ld.Node], field: str) -> str | None:
    return next(iter(_names(nodes, field)), None)


def _is_name(text: str) -> bool:
    return not _NOT_A_NAME.search(text) and len(text.split()) <= 12


def _meta_authors(meta: dict[str, list[str]], publisher: str | None) -> tuple[str, ...]:
    for name in _AUTHORS:
        stated = [part for value in meta.get(name, ()) for part in split_names(value)]
        found = [part for names in stated for part in _listed(name, names)]
        found = [part for part in found if _is_name(part) and part != publisher]
        if found:
            return tuple(dict.fromkeys(found))
    return ()


def _listed(tag: str, names: str) -> list[str]:
    """Cut names at commas where the tag holds all authors, and no part can be half a name."""
    parts = names.split(", ") if tag == "citation_authors" else []
    return parts if parts and all(" " in part for part in parts) else [names]


def _microdata(tree: etree._Element, field: str) -> Iterator[etree._Element]:
    for element in tree.iterfind(".//*[@itemprop]"):
        if field in (element.get("itemprop") or "").split() and not _elsewhere(element):
            yield element


def _elsewhere(element: etree._Element) -> bool:
    for ancestor in (element, *element.iterancestors()):
        region = regions.region_of(ancestor)
        if region is not None and region.reason in OTHER_PARTS:
            return True
    return False


def _microdata_names(tree: etree._Element, field: str) -> tuple[str, ...]:
    found: list[str] = []
    for element in _microdata(tree, field):
        inner = next((e for e in element.iter() if e.get("itemprop") == "name"), element)
        text = clean_text(inner.get("content") or "".join(inner.itertext()))
        found.extend(split_names(text))
    return tuple(dict.fromkeys(name for name in found if _is_name(name)))


def _stated(
    tree: etree._Element,
    nodes: Sequence[json_ld.Node],
    meta: dict[str, list[str]],
    field: str,
    tags: Sequence[str],
) -> str | None:
    """Return the first date that the page's data state for `field`."""
    texts = [json_ld.text_of(node.get(field)) or "" for node in nodes]
    texts += [value for name in tags for value in meta.get(name, ())]
    texts += [
        element.get("datetime")
        or element.get("content")
        or (element.get("title") if element.tag == "abbr" else None)
        or "".join(element.itertext())
        for element in _microdata(tree, field)
    ]
    return next((found for text in texts if (found := iso_date(text))), None)


def _address(
    tree: etree._Element, nodes: Sequence[json_ld.Node], meta: dict[str, list[str]]
) -> str | None:
    base = next((b.get("href") or "" for b in tree.iter("base")), "")
    og = _first(meta, ("og:url",)) or ""
    canonical = [
        _joined(base or og, (link.get("href") or "").strip())
        for link in tree.iter("link")
        if "canonical" in (link.get("rel") or "").lower().split() and link.get("href")
    ]
    stated = [json_ld.text_of(node.get(key)) or "" for node in nodes for key in _ADDRESSES]
    return next((text for text in (*canonical, og, *stated) if _is_address(text)), None)


_ADDRESSES = ("url", "mainEntityOfPage")


def _joined(base: str, address: str) -> str:
    """Return `address` as seen from `base`, or "" where one of them is none."""
    try:
        return urljoin(base, address)
    except ValueError:
        return ""


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in text


def _licence(
    tree: etree._Element, nodes: Sequence[json_ld.Node], meta: dict[str, list[str]]
) -> str | None:
    for node in nodes:
        stated = json_ld.text_of(node.get("license"))
        if stated:
            return stated
    named = _first(meta, ("dcterms.license", "dc.rights.license", "license", "licence"))
    if named:
        return named
    for element in tree.iter("link", "a"):
        if "license" in (element.get("rel") or "").lower().split() and not _elsewhere(element):
            return clean_text(element.get("href") or "") or None
    return None


def _language(
    tree: etree._Element, nodes: Sequence[json_ld.Node], meta: dict[str, list[str]]
) -> str | None:
    root = tree.getroottree().getroot()
    stated = [root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or ""]
    stated += [json_ld.text_of(node.get("inLanguage")) or "" for node in nodes]
    stated += [
        _first(meta, (name,)) or "" for name in ("content-language", "dc.language", "og:locale")
    ]
    for text in stated:
        found = _LANGUAGE.match(text)
        if found:
            return found.group(1).lower()
    return None
