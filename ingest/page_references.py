"""The reference list of a page → `Reference`s: what is written, and what the markup adds to it."""

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import unquote

from index.records import Reference
from ingest.document import SourceBlock
from ingest.dom_blocks import DomBlock
from ingest.page_regions import REFERENCES
from ingest.references import parse_references


def page_references(decided: Iterable[tuple[DomBlock, str]]) -> tuple[Reference, ...]:
    """Return the entries of the page's reference lists, in order, each once.

    An entry without a written number takes the one that a browser prints before its list item;
    one without a written address or DOI takes those that its links lead to.
    """
    entries: dict[str, Reference] = {}
    for block, reason in decided:
        if reason != REFERENCES or block.kind == "heading":
            continue
        parsed = parse_references([SourceBlock(block.kind, block.text, block.level)])
        if len(parsed) == 1:
            parsed = (_linked(parsed[0], block),)
        for entry in parsed:
            entries.setdefault(entry.text, entry)
    return tuple(entries.values())


def _linked(entry: Reference, block: DomBlock) -> Reference:
    addresses = [href for href in block.hrefs if href.startswith(("http://", "https://"))]
    dois = (
        found.doi
        for address in addresses
        for found in parse_references([SourceBlock("item", f"see {unquote(address)}", 1)])
    )
    return replace(
        entry,
        number=block.number if entry.number is None else entry.number,
        url=entry.url or next(iter(addresses), None),
        doi=entry.doi or next((doi for doi in dois if doi), None),
    )
