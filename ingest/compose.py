"""A document into the article as stored: its kept blocks become the canonical text."""

import dataclasses
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from index.records import Article, Block, CitationMark, LeftOut, Reference
from ingest.document import Document, Metadata, SourceBlock
from ingest.references import citation_marks, cited_numbers

# SQLite ends a text at NUL, and UTF-8 has no lone surrogates.
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_LONGEST_BEGINNING = 80
"""Characters of the words that stand for the title of an article among many of a file. Read above
its later passages, 40 have .826 on MED, 80 .830, 150 .827 (docs/retrieval.md)."""

_LONGEST_TITLE = 300
"""A first heading longer than this is a paragraph in disguise: its beginning is the title."""


def compose(document: Document, metadata: Metadata, *, source: str, source_sha256: str) -> Article:
    """Join the kept blocks into one text: a line end between the items or rows of one list or
    table, else a blank line.

    `metadata` is the merged one (sidecar, front matter, page). The title is the first of: the
    metadata's, the first heading at the head of the article, the file's name made readable. The
    name of a file that holds many articles says nothing of one: its title is its first words.
    """
    metadata = _storable_fields(metadata)
    kept = _kept(document.blocks)
    pieces: list[str] = []
    blocks: list[Block] = []
    position = 0
    before: SourceBlock | None = None
    for block in kept:
        text = _storable(block.text)
        if before is not None:
            continues = before.kind == block.kind in {"item", "row"} and not block.opens
            gap = "\n" if continues else "\n\n"
            pieces.append(gap)
            position += len(gap)
        level = block.level or (2 if block.kind == "heading" else 0)
        blocks.append(Block(position, position + len(text), block.kind, level, block.source_start))
        pieces.append(text)
        position += len(text)
        before = block
    text = "".join(pieces)
    return Article(
        article_id=f"{source}/{_storable(document.key)}" if document.key else source,
        title=metadata.title or _storable(_own_title(kept, source, document.key)),
        text=text,
        blocks=tuple(blocks),
        source=source,
        source_sha256=source_sha256,
        publisher=metadata.publisher,
        authors=metadata.authors,
        published=metadata.published,
        modified=metadata.modified,
        reviewed=metadata.reviewed,
        reviewed_by=metadata.reviewed_by,
        retrieved=metadata.retrieved,
        url=metadata.url,
        licence=metadata.licence,
        language=metadata.language,
        note=metadata.note,
        references=metadata.references,
        left_out=tuple(
            LeftOut(_storable(block.text), block.left_out)
            for block in document.blocks
            if block.left_out
        ),
        citation_marks=tuple(_citation_marks(text, blocks, metadata.references)),
    )


def _kept(blocks: Sequence[SourceBlock]) -> list[SourceBlock]:
    """Return the article's own blocks; the first one kept of a list or table opens it."""
    kept: list[SourceBlock] = []
    opens = False
    for block in blocks:
        opens = opens or block.opens
        if not block.left_out and block.text.strip():
            kept.append(dataclasses.replace(block, opens=opens) if opens else block)
            opens = False
    return kept


def _citation_marks(
    text: str, blocks: Sequence[Block], references: Sequence[Reference]
) -> Iterator[CitationMark]:
    """Yield the marks in the text that cite `references`, or can be nothing but citations."""
    listed = {entry.number for entry in references if entry.number is not None}
    for block in blocks:
        inside = text[block.start : block.end]
        for start, end in citation_marks(inside, listed or None):
            numbers = tuple(n for n in cited_numbers(inside[start:end]) if n in listed)
            yield CitationMark(block.start + start, block.start + end, numbers)


def _storable(text: str) -> str:
    """Return `text` with each character that cannot be stored replaced by U+FFFD."""
    if text.isascii() and "\x00" not in text:
        return text
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _storable_fields(value: Any) -> Any:  # noqa: ANN401 (a field of a dataclass may be anything)
    """Return `value` with every text in it storable, at whatever depth."""
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, tuple):
        return tuple(_storable_fields(item) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        was = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        now = {name: _storable_fields(held) for name, held in was.items()}
        return value if now == was else dataclasses.replace(value, **now)
    return value


def _own_title(kept: Sequence[SourceBlock], source: str, key: str) -> str:
    heading = _first_heading(kept)
    if heading:
        return heading
    return (_beginning(kept) or key) if key else _named(source, kept)


def _beginning(kept: Sequence[SourceBlock]) -> str:
    """Return the first words of the article, with "…" where it goes on."""
    if not kept:
        return ""
    text = kept[0].text
    words = " ".join(text.split())
    if len(words) > _LONGEST_BEGINNING:
        cut = words[: _LONGEST_BEGINNING + 1].rpartition(" ")[0] or words[:_LONGEST_BEGINNING]
        return f"{cut}…"
    return words if len(kept) == 1 else f"{words}…"


def _first_heading(kept: Sequence[SourceBlock]) -> str:
    if kept and kept[0].kind == "heading":
        return " ".join(kept[0].text.split())[:_LONGEST_TITLE]
    return ""


def _named(source: str, kept: Sequence[SourceBlock]) -> str:
    """Return the file's name made readable, or, where it has no word in it, any first heading."""
    stem = re.sub(r"[-_]+", " ", PurePosixPath(source).stem).strip()
    if not re.search(r"\b[^\W\d_]{3,}\b", stem):
        for block in kept:
            if block.kind == "heading":
                return " ".join(block.text.split())[:_LONGEST_TITLE]
    return stem.capitalize() or source
