"""Tables of contents: lists of nothing but links to parts of the same page."""

import re
from collections.abc import Iterator

from lxml import etree

from ingest.element_kinds import HEADINGS
from ingest.page_controls import shown_text

MAX_TITLE = 6
"""Words of what stands above a table of contents: "Jump straight to a section"."""

_TITLE = re.compile(
    r"(?:table of )?contents|on this page|(?:in|on) this (?:article|page|guide|section|topic)"
    r"|jump (?:straight )?to\b.*|quick links|skip to\b.*|page contents|inhalt(?:sverzeichnis)?"
    r"|(?:auf|in) diese[rm] (?:seite|artikel)|sommaire|table des matières|sur cette page"
    r"|dans cet article|contenidos?|índice|tabla de contenidos?|en esta página|en este artículo"
    r"|conteúdo|nest[ae] (?:página|artigo)|indice|in questo articolo|in questa pagina"
    r"|inhoud(?:sopgave)?|(?:op|in) (?:deze pagina|dit artikel)|目录|目錄|目次",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W\d_]")
_WHOLE = frozenset({"html", "body", "main", "article", "td", "th", "li", "form"})
_TITLES = ("p", "div", "span", "strong", "b", *HEADINGS)


def contents_lists(root: etree._Element) -> frozenset[etree._Element]:
    """Return the tables of contents under `root`, with their headings where they have their own.

    All letters of such a list stand in links, each to an identifier of the page, and it stands in
    no other list. One that a whole sentence announces ("There are two kinds of headache that need
    a doctor:") is none.
    """
    lists = [found for found in root.iter("ul", "ol") if _is_all_fragments(found)]
    if not lists:
        return frozenset()
    there = {
        name
        for element in root.iter(etree.Element)
        for name in (element.get("id"), element.get("name"))
        if name
    }
    parts: list[etree._Element] = []
    for found in lists:
        if not _is_announced(found) and all(name in there for name in _fragments(found)):
            parts += [found, *_titles(found)]
    return frozenset(parts)


def _is_all_fragments(found: etree._Element) -> bool:
    if next(found.iterancestors("ul", "ol"), None) is not None:
        return False
    names = list(_fragments(found))
    if len(names) < 2 or not all(names):
        return False
    linked = sum(len(_LETTER.findall(shown_text(link))) for link in found.iter("a"))
    return linked == len(_LETTER.findall(shown_text(found)))


def _fragments(found: etree._Element) -> Iterator[str]:
    """Yield the identifier that each link of a list leads to, "" where it leads elsewhere."""
    for link in found.iter("a"):
        address = link.get("href") or ""
        yield address[1:] if address.startswith("#") else ""


def _is_announced(found: etree._Element) -> bool:
    before = found.getprevious()
    if before is None or before.tag in HEADINGS or (found.getparent() is None):
        return False
    text = shown_text(before)
    return text.endswith((":", "：")) and len(text.split()) > MAX_TITLE


def _titles(found: etree._Element) -> Iterator[etree._Element]:
    """Yield what stands above a table of contents and says nothing else."""
    before = found.getprevious()
    if before is None or before.tag not in _TITLES:
        return
    title = shown_text(before)
    if _TITLE.fullmatch(title.rstrip(" :：")):
        yield before
    around = found.getparent()
    if around is None or around.tag in _WHOLE or before.getprevious() is not None:
        return
    loose = (around.text or "") + (before.tail or "") + (found.tail or "")
    short = len(title.split()) <= MAX_TITLE and not any(map(str.isdigit, title))
    if short and found.getnext() is None and not loose.strip():
        yield around
