"""Blocks of raw HTML in Markdown → their text, with the way back to the file."""

import re
from collections.abc import Sequence

from ingest.document import SourceBlock
from ingest.readers.markdown_inline import HTML_MARKUP, NOWHERE
from ingest.readers.markup import fragment

# What is no text: comments, elements that show none, tags. A quote in a tag may hold ">".
_NO_TEXT = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(script|style|template|textarea|title|noscript)\b.*?(?:</\1\s*>|\Z)"
    r"|</?[a-zA-Z!?](?:[^<>\"']|\"[^\"]*\"|'[^']*')*+>",
    re.DOTALL | re.IGNORECASE,
)
_NEAR = 200  # characters between a word and the next one that stands in the file as it is read
_WORD = re.compile(r"\S+")


def html_blocks(content: str, places: Sequence[int]) -> list[tuple[SourceBlock, tuple[int, ...]]]:
    """Return the blocks of a piece of HTML, each with the offset of every character.

    `places[i]` is the offset in the file of `content[i]`. What stands in a part that is by its own
    markup not the article's (a menu, buttons to share it) is left out.
    """
    # Of the same length: a place in it is one in `content`.
    text = _NO_TEXT.sub(lambda found: " " * len(found.group()), content)
    position = 0
    made = []
    for block in fragment(content):
        offsets = [NOWHERE] * len(block.text)
        for word in _WORD.finditer(block.text):
            while position < len(text) and text[position].isspace():
                position += 1
            found = text.find(word.group(), position, position + len(word.group()) + _NEAR)
            if found < 0:  # written with an entity, or in pieces
                continue
            position = found + len(word.group())
            offsets[word.start() : word.end()] = places[found:position]
            before = word.start() - 1
            if before >= 0 and found and text[found - 1].isspace():
                offsets[before] = places[found - 1]
        reason = HTML_MARKUP if block.regions else ""
        made.append(
            (
                SourceBlock(
                    block.kind, block.text, block.level, left_out=reason, opens=block.opens
                ),
                tuple(offsets),
            )
        )
    return made
