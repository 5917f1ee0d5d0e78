"""The reference list of a page → `Reference`s with number, address and DOI."""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from index.records import Reference
from ingest.dom_blocks import DomBlock
from ingest.page_regions import REFERENCES

_DOI = re.compile(r"\b(10\.\d{4,9}/[^\s\"<>]+)", re.IGNORECASE)
_NUMBER = re.compile(r"^[\[(]?(\d{1,3})[\])]?[.:)]?\s+(?=\S)")
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
_TRAILING = ".,;:)]}>'\""


def page_references(decided: Iterable[tuple[DomBlock, str]]) -> tuple[Reference, ...]:
    """Return the entries of the page's reference lists, in order, each once."""
    entries: list[Reference] = []
    for block, reason in decided:
        if reason != REFERENCES or block.kind == "heading" or len(block.text) < 12:
            continue
        entry = _reference(block)
        if all(entry.text != other.text for other in entries):
            entries.append(entry)
    return tuple(entries)


def _reference(block: DomBlock) -> Reference:
    text = block.text.removeprefix("↑ ").removeprefix("^ ")
    number = block.number
    written = _NUMBER.match(text)
    if written:
        number, text = int(written.group(1)), text[written.end() :]
    addresses = [href for href in block.hrefs if href.startswith(("http://", "https://"))]
    addresses += [found.rstrip(_TRAILING) for found in _ADDRESS.findall(text)]
    doi = next(
        (
            found.group(1).rstrip(_TRAILING).lower()
            for place in (text, *map(unquote, addresses))
            if (found := _DOI.search(place))
        ),
        None,
    )
    return Reference(text, number, addresses[0] if addresses else None, doi)
