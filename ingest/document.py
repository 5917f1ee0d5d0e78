"""What a reader hands on: the blocks of a source in reading order, and what it says of itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from index.records import BlockKind, Reference


@dataclass(frozen=True, slots=True)
class SourceBlock:
    """One block of a source, in reading order, before anything is left out.

    `text` has no white space at either end and no blank line inside. `source_start` is the offset
    of `text` in the decoded file when it stands there character for character, else None.
    `left_out` is the reason why the block is not the article's, or "" where it is. `opens` is
    known of an item or row that begins a list or table of its own, whatever stands before it.
    """

    kind: BlockKind
    text: str
    level: int = 0
    source_start: int | None = None
    left_out: str = ""
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a source says about itself. Unknown is None (or empty), never a guess."""

    title: str | None = None
    publisher: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None
    modified: str | None = None
    reviewed: str | None = None
    reviewed_by: str | None = None
    retrieved: str | None = None
    url: str | None = None
    licence: str | None = None
    language: str | None = None
    note: str | None = None
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One article of a source file. `key` tells apart the articles of a file that holds many."""

    blocks: tuple[SourceBlock, ...]
    metadata: Metadata = field(default_factory=Metadata)
    key: str = ""


Reader = Callable[[bytes, str], Iterator[Document]]
"""`read(data, name)`: the file's bytes and its name in the corpus (for messages and the suffix).

A reader is pure and yields the file's articles (one, for most formats). It raises `SourceError`
with a line that a person can act on when the bytes are not what the format promises.
"""
