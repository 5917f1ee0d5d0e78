"""Blocks that stand in several articles of one publisher: evidence that they are its frame.

Copied text has lost the markup that tells a menu from an article, but what a site puts round one
article it puts round the next. Which blocks these are follows from the files alone: the same files
give the same evidence, in whatever order they came.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import numpy as np

from index.store import FileRecord
from ingest.boilerplate_features import LONG, block_hash, normalised
from ingest.document import Metadata, SourceBlock

MIN_ARTICLES = 3
"""Articles of a group in which a block stands. Two may share a heading, or quote each other."""

MAX_COPIED = 0.5
"""Share of an article's words in paragraphs that, being repeated, show the article to be a copy of
another (syndicated, or under a second name). What it shares with its copies is no frame."""


def packed_hashes(blocks: Iterable[SourceBlock]) -> bytes:
    """Return the hashes of `blocks`, each once and in order, as `FileRecord.blocks` keeps them."""
    return np.array(sorted({block_hash(block.text) for block in blocks}), "<i8").tobytes()


def group_of(metadata: Metadata, source: str) -> str:
    """Return what a file's articles have in common with others of the same make.

    That is the publisher, else the host of the address, else the folder of the file `source`.
    """
    if metadata.publisher:
        return f"publisher {normalised(metadata.publisher)}"
    try:
        host = urlsplit(metadata.url or "").hostname
    except ValueError:
        host = None
    if host:
        return f"host {host.removeprefix('www.')}"
    return f"folder {PurePosixPath(source).parent}"


def repeated_blocks(
    files: Iterable[FileRecord], groups: Container[str]
) -> dict[str, frozenset[int]]:
    """Return, by source, the hashes of a file's blocks that stand in `MIN_ARTICLES` of its group.

    Files with the same blocks count once. Only files of `groups` are looked at, and those without
    such a block are not in the result.
    """
    members: dict[str, list[FileRecord]] = {}
    for file in files:
        if file.blocks and file.group in groups:
            members.setdefault(file.group, []).append(file)
    found: dict[str, frozenset[int]] = {}
    for together in members.values():
        different = {file.blocks for file in together}
        if len(different) < MIN_ARTICLES:
            continue
        hashes, counts = np.unique(np.frombuffer(b"".join(different), "<i8"), return_counts=True)
        common = hashes[counts >= MIN_ARTICLES]
        if not len(common):
            continue
        # All files at once: one by one, 150,000 of them took four times as long.
        every = np.frombuffer(b"".join(file.blocks for file in together), "<i8")
        places = np.minimum(np.searchsorted(common, every), len(common) - 1)
        shared = common[places] == every
        ends = np.cumsum([len(file.blocks) // every.itemsize for file in together])
        until = np.concatenate([[0], np.cumsum(shared)])[ends].tolist()
        held = every[shared].tolist()
        for file, first, end in zip(together, [0, *until], until, strict=False):
            if end > first:
                found[file.source] = frozenset(held[first:end])
    return found


def groups_to_look_at(
    before: Mapping[str, FileRecord], after: Iterable[FileRecord], anew: Container[str]
) -> set[str]:
    """Return the groups that a file has joined, left or changed in, or has a file read `anew`."""
    groups: set[str] = set()
    seen: set[str] = set()
    for file in after:
        seen.add(file.source)
        was = before.get(file.source)
        known = (was.group, was.blocks) if was else ("", b"")
        if known != (file.group, file.blocks) or file.source in anew:
            groups |= {file.group, known[0]}
    return groups | {file.group for file in before.values() if file.source not in seen}


def is_copy(blocks: Sequence[SourceBlock], repeated: Container[int]) -> bool:
    """Tell whether most of the text, by words in its paragraphs, is `repeated`."""
    total = copied = 0
    for block in blocks:
        size = len(block.text.split())
        if size >= LONG:
            total += size
            copied += size if block_hash(block.text) in repeated else 0
    return copied > MAX_COPIED * total
