"""Marks in the text of a page or book that are no words of it: of notes, references and pages.

And what is raised: a number above the line is an exponent, or the number of a reference, which no
sentence needs.
"""

import re

from lxml import etree

from ingest.superscripts import SUPERSCRIPT

_CITATION = re.compile(r"^[\[(]?\s*\d{1,3}(?:\s*[,;–—-]\s*\d{1,3})*\s*[\])]?[,;]?$")
_BRACKETED = re.compile(r"^\[\s*(?:\d{1,3}(?:\s*[,;–—-]\s*\d{1,3})*|edit)\s*\]$")
_MARKED = re.compile(r"^\[[^\[\]]{1,40}\]$")
_PERMALINK = re.compile(r"[#¶\N{LINK SYMBOL}\N{ANCHOR}\ue000-\uf8ff]\ufe0f?|§")
_WAY_UP = re.compile(
    r"[↑⬆▲^]?\s*(?:(?:back|return|go) to (?:the )?(?:top|contents)|(?:nach|zurück nach) oben"
    r"|zum seitenanfang|haut de (?:la )?page|retour en haut|volver arriba|ir arriba|torna su)?"
    r"\s*[↑⬆▲^]?",
    re.IGNORECASE,
)
_TOPS = ("#top", "#page-top", "#toc", "#contents")
_NOTE = re.compile(r"\W*(?:notes?\W*)?(?:\d{1,4}|[a-z]|[ivxl]{1,7})?\W*", re.IGNORECASE)
_UNIT = re.compile(r"(?:^|[^A-Za-zµμ'’])(?:[kcdmnµμ]?m|ft|yd)$|/(?:s|in)$")
_TEN = re.compile(r"[×x·*]\s?10$|(?<![\w.,])10$")
_STATISTIC = re.compile(r"(?<!\w)[Rrχ]$")
_SIGNED = re.compile(r"^(?:[+\-−–]?\d{1,3}[+\-−–]?|[+\-−–])$")
_NOTES = frozenset({"endnote", "endnotes", "footnote", "footnotes", "rearnote", "rearnotes"})
_EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"


def is_note_mark(element: etree._Element) -> bool:
    """Tell whether an element is the mark of a note or of a reference, and says nothing else."""
    named = "noteref" in _types(element)
    if not named and element.tag != "a":
        return False
    text = "".join(element.itertext()).strip()
    return bool(_NOTE.fullmatch(text) if named else _BRACKETED.match(text))


def is_note(element: etree._Element) -> bool:
    """Tell whether an element is by its markup a note, or several, to which marks lead."""
    return not _NOTES.isdisjoint(_types(element))


def is_citation(text: str) -> bool:
    """Tell whether a text is the number of a reference, or several: "3", "[4, 5]"."""
    return _CITATION.match(text) is not None


def is_heading_link(element: etree._Element, *, in_heading: bool) -> bool:
    """Tell whether a link is the sign of a heading's own address, or in one leads to the top."""
    address = element.get("href") or ""
    if element.tag != "a" or not address.startswith("#"):
        return False
    text = "".join(element.itertext()).strip()
    if _PERMALINK.fullmatch(text):
        return in_heading or text not in ("#", "§")
    if not in_heading or not text:
        return False
    return _WAY_UP.fullmatch(text) is not None or (
        address.lower() in _TOPS and _has_text_beside(element)
    )


def _has_text_beside(element: etree._Element) -> bool:
    parent = element.getparent()
    if parent is None:
        return False
    own = "".join(element.itertext()).split()
    return len("".join(parent.itertext()).split()) > len(own)


def is_page_number(element: etree._Element) -> bool:
    """Tell whether an element marks where a page of the printed book begins."""
    return "pagebreak" in _types(element) and len("".join(element.itertext()).split()) < 3


def _types(element: etree._Element) -> list[str]:
    """Return what a book says that an element is: "noteref" (EPUB), "doc-noteref" (ARIA)."""
    said = (element.get(_EPUB_TYPE) or element.get("epub:type"), element.get("role"))
    return [kind.removeprefix("doc-") for kinds in said if kinds for kind in kinds.lower().split()]


def raised_text(element: etree._Element, text: str, before: str) -> str | None:
    """Return how a `<sup>` reads behind `before`: "" for a citation, None for no number at all.

    `text` is what it says, without white space at its ends.
    """
    linked = next(element.iter("a", "button"), None) is not None or any(
        ancestor.tag == "a" for ancestor in element.iterancestors()
    )
    return superscript(text, before, element.tail or "", linked=linked)


def superscript(text: str, before: str, after: str, *, linked: bool) -> str | None:
    """Return how `text` above the line reads: "" for a citation, None for no number at all.

    `linked` tells whether it is a link or holds one.
    """
    if not linked and _SIGNED.match(text):
        follows = after[:1]
        isotope = (not before or before[-1:].isspace()) and follows.isupper()
        divided = follows in ("/", "⁄") and not before[-1:].isalpha()
        if not text.isdigit() or isotope or divided or _is_power(text, before):
            return text.translate(SUPERSCRIPT)
    return "" if _CITATION.match(text) or (linked and _MARKED.match(text)) else None


def _is_power(text: str, before: str) -> bool:
    if _UNIT.search(before) or _TEN.search(before):
        return True
    return text == "2" and _STATISTIC.search(before) is not None
