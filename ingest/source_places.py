"""Proof that an article's offsets lead back to the characters of its file: plain text, Markdown."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from index.errors import SourceError
from index.records import Article, Block
from ingest.encoding import decode
from ingest.readers import read
from ingest.readers.markdown import source_map
from ingest.superscripts import SUPERSCRIPT

PLAIN = (".text", ".txt")
MARKDOWN = (".markdown", ".md")

_RENDERED = frozenset("&\\|<>`*_~[]()!#")
"""Signs of Markdown where a character of the text may come from them: "&amp;", "\\*"."""


def has_places(source: str) -> bool:
    """Tell whether the articles of the file `source` say where in it they stand."""
    return PurePosixPath(source).suffix.lower() in PLAIN + MARKDOWN


def source_faults(article: Article, data: bytes) -> list[str]:
    """Return a line for each block of `article` that does not stand in its file where it says.

    `data` are the file's bytes. A block with a `source_start` stands there character for
    character. Where Markdown's markup is between the characters of a block, each of them comes,
    in order, from the same character, from the one that is raised above the line to it, from white
    space or from markup that renders as it. Files of other formats have no such places, and no
    faults.
    """
    if not has_places(article.source):
        return []
    suffix = PurePosixPath(article.source).suffix.lower()
    try:
        text, _ = decode(data, article.source)
        places = _places(text, data, article) if suffix in MARKDOWN else ()
    except SourceError as error:
        return [f"{article.article_id}: its file cannot be read any more: {error}"]
    if suffix in MARKDOWN and len(places) != len(article.blocks):
        return [f"{article.article_id}: its file holds {len(places)} blocks, not as many as it"]
    faults = []
    for number, block in enumerate(article.blocks):
        own = article.text[block.start : block.end]
        if block.source_start is not None:
            start = block.source_start
            holds = text[start : start + len(own)] == own
        else:
            holds = suffix in MARKDOWN and _leads_back(own, text, places[number])
        if not holds:
            faults.append(_fault(article, block))
    return faults


def _places(text: str, data: bytes, article: Article) -> list[tuple[int, ...]]:
    (document,) = read(data, article.source)
    mapped = source_map(text, article.source)
    return [
        offsets
        for block, offsets in zip(document.blocks, mapped, strict=True)
        if not block.left_out and block.text.strip()
    ]


def _leads_back(own: str, text: str, places: Sequence[int]) -> bool:
    found = [(character, place) for character, place in zip(own, places, strict=True) if place >= 0]
    order = [place for _, place in found]
    return order == sorted(order) and all(
        place < len(text)
        and (
            text[place] == character
            or text[place].translate(SUPERSCRIPT) == character
            or (text[place].isspace() and character.isspace())
            or text[place] in _RENDERED
        )
        for character, place in found
    )


def _fault(article: Article, block: Block) -> str:
    where = "nowhere" if block.source_start is None else f"at {block.source_start}"
    return (
        f"{article.article_id}: its characters {block.start}-{block.end} do not lead back to those "
        f"of its file ({where})"
    )
