"""The reference lists of a document, set apart from its text."""

from collections.abc import Sequence
from dataclasses import replace

from index.records import Reference
from ingest.boilerplate_reasons import REFERENCES
from ingest.document import SourceBlock
from ingest.references import parse_references, reference_blocks


def set_apart(
    blocks: Sequence[SourceBlock],
) -> tuple[tuple[SourceBlock, ...], tuple[Reference, ...]]:
    """Return `blocks` with the reference lists left out, and the references in them.

    What a reader has already left out stays so. Where nothing but references would be left, the
    document is a list of references on purpose, and is kept.
    """
    listed = reference_blocks([block for block in blocks if not block.left_out])
    if all(listed):
        return tuple(blocks), ()
    found = iter(listed)
    marked = tuple(
        replace(block, left_out=REFERENCES) if not block.left_out and next(found) else block
        for block in blocks
    )
    return marked, parse_references(b for b in marked if b.left_out == REFERENCES)
