"""Sections of a page that are not the article's, known by their headings and by what they hold.

Reference lists, links to related articles, whom the press may call, and what a publisher says of
itself below its articles.
"""

import re
from collections.abc import Sequence
from functools import cached_property
from urllib.parse import urlsplit

from ingest import page_regions as regions
from ingest.dom_blocks import DomBlock
from ingest.element_kinds import MAX_LEVEL
from ingest.page_lines import LINKED
from ingest.references import citation_score

_REFERENCES = re.compile(
    r"^(?:(?:article|medical|selected|our) )?(?:references?(?: list| and further reading)?"
    r"|works cited|bibliography|literature cited"
    r"|sources? (?:and|&) references|references (?:and|&) sources"
    r"|literaturverzeichnis|références|referencias|bibliografía)\W*$",
    re.IGNORECASE,
)
_PERHAPS_REFERENCES = re.compile(
    r"^(?:(?:article|our|information) )?(?:sources?|citations|literature|literatur|quellen"
    r"|footnotes|notes)\W*$",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"(?:media|press)(?: and (?:media|press))? (?:contacts?|enquir(?:y|ies)|inquir(?:y|ies))\W*$"
    r"|contacts? for (?:the )?(?:media|press)\W*$",
    re.IGNORECASE,
)
_CITED = re.compile(r"https?://|\bdoi\b|et al\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
LONG_NOTE = 25
"""Words from which a year alone does not make a paragraph under "Notes" a citation."""

NAMED_LINKS = 0.3
"""Share of link text above which a link to another site names a work, not a word of a sentence."""


def leave_out_sections(
    blocks: Sequence[DomBlock],
    decided: list[str],
    *,
    address: str | None = None,
    publisher: str | None = None,
    title: str | None = None,
) -> None:
    """Leave out, in place, what stands under a heading that speaks of no part of the article.

    `decided` are the reasons of `blocks` so far, `address` is the page's own.
    """
    host = _host(address)
    publisher = _speaking_name(publisher, title)
    reason, level = "", 0
    citing = _Citing(blocks, decided, host)
    for index, block in enumerate(blocks):
        opens = _opens_section(blocks, decided, index, citing) or _presents(
            blocks, index, publisher
        )
        if opens:
            reason, level = opens, block.level or MAX_LEVEL
            decided[index] = decided[index] or reason
            continue
        closes = block.kind == "heading" and block.level <= level
        if closes or _ends_early(reason, block):
            reason = ""
        if reason and not decided[index]:
            decided[index] = reason


def _ends_early(reason: str, block: DomBlock) -> bool:
    """Tell whether a block is no part of such a section, though no heading parts the two."""
    if reason == regions.RELATED:
        return block.link_share <= LINKED
    sentence = block.text.endswith((".", "!", "?")) and "@" not in block.text
    return reason == regions.CONTACT and sentence


def _speaking_name(publisher: str | None, title: str | None) -> str:
    """Return the publisher's name where it can be no subject of the article, else ""."""
    name = (publisher or "").casefold()
    return name if len(name.split()) > 1 and name not in (title or "").casefold() else ""


def _presents(blocks: Sequence[DomBlock], index: int, publisher: str) -> str:
    """Return the reason of a section that tells whom the press may call, or who publishes this."""
    block = blocks[index]
    if _CONTACT.match(block.text):
        return regions.CONTACT
    if block.kind != "heading" or index + 1 == len(blocks) or not publisher:
        return ""
    name = block.text.casefold().removeprefix("about ").removeprefix("the ").strip(" :.")
    about = name == publisher.removeprefix("the ") and block.text.casefold().startswith("about ")
    said = blocks[index + 1].text.casefold().removeprefix("the ")
    return regions.OTHER if about and said.startswith((name, "we ", "our ")) else ""


class _Citing:
    """How many blocks behind one, up to the next heading, cite: each looked at once, when asked.

    What is left out counts only if it cites, and not at all in another named part of the page: a
    footer's links are no references, and its lines no food that holds a vitamin.
    """

    def __init__(self, blocks: Sequence[DomBlock], decided: Sequence[str], host: str) -> None:
        self._blocks = blocks
        self._decided = tuple(decided)
        self._host = host

    @cached_property
    def _behind(self) -> list[tuple[int, int]]:
        """For each block those that cite, and all, from it on to the next heading."""
        behind = [(0, 0)]
        for block, reason in zip(reversed(self._blocks), reversed(self._decided), strict=True):
            cited, count = behind[-1]
            if block.kind == "heading":
                behind.append((0, 0))
            elif reason != regions.REFERENCES and any(
                region.reason == reason for region in block.regions
            ):
                behind.append((cited, count))
            else:
                cites = _cites(block, self._host)
                behind.append((cited + cites, count + (cites or not reason)))
        return behind[::-1]

    def most(self, index: int) -> bool:
        """Tell whether most blocks behind that of `index` cite a work, up to the next heading."""
        cited, count = self._behind[index + 1]
        return 2 * cited > count


def _opens_section(
    blocks: Sequence[DomBlock], decided: Sequence[str], index: int, citing: _Citing
) -> str:
    """Return the reason that a heading gives for all of its section, or ""."""
    text = blocks[index].text
    if blocks[index].kind != "heading" and (len(text) > 40 or blocks[index].kind == "row"):
        return ""
    if _REFERENCES.match(text):
        return regions.REFERENCES
    if _PERHAPS_REFERENCES.match(text):
        # "Sources" may also be the foods that hold a vitamin: only citations say what they are.
        return regions.REFERENCES if citing.most(index) else ""
    return regions.RELATED if decided[index] == regions.RELATED else ""


def _cites(block: DomBlock, host: str) -> bool:
    """Tell whether a block names a work elsewhere, as a link inside a sentence does not."""
    if _CITED.search(block.text):
        return True
    marks = citation_score(block.text)
    if _YEAR.search(block.text) and (marks or len(block.text.split()) < LONG_NOTE):
        return True
    away = any(_host(href) not in ("", host) for href in block.hrefs)
    return away and (block.link_share > NAMED_LINKS or marks > 0)


def _host(address: str | None) -> str:
    """Return the host of an absolute web address, "" for any other."""
    try:
        parts = urlsplit(address or "")
        host = parts.hostname if parts.scheme in ("http", "https") else None
    except ValueError:
        return ""
    return (host or "").removeprefix("www.")
