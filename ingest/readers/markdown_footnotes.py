"""Footnotes of Markdown: `[^1]` in the text, and `[^1]: the note` with its indented paragraphs."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

OPEN = "footnote_open"
CLOSE = "footnote_close"
MARK = "footnote_mark"

_LABEL = r"\[\^([^\]\[\s^]{1,60})\]"
_DEFINITION = re.compile(rf"{_LABEL}:[ \t]*")
_MARK = re.compile(_LABEL)
_INDENT = 4


def add_footnotes(parser: MarkdownIt) -> None:
    """Have `parser` tell notes and their marks from the text.

    A note stands between tokens `OPEN`, whose `info` is its label, and `CLOSE`; a mark without a
    note is text.
    """
    parser.block.ruler.before(
        "reference",
        "footnote",
        _definition,
        {"alt": ["paragraph", "reference", "blockquote", "list"]},
    )
    parser.inline.ruler.before("link", "footnote", _mark)


def _definition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    first = state.bMarks[start] + state.tShift[start]
    found = _DEFINITION.match(state.src, first, state.eMarks[start])
    if found is None:
        return False
    if silent:
        return True
    state.env.setdefault("footnotes", set()).add(found.group(1))
    token = state.push(OPEN, "", 1)
    token.info = found.group(1)
    token.map = [start, start]
    kept = state.bMarks[start], state.tShift[start], state.sCount[start], state.parentType
    # The note's first line begins behind its label, as if that were indentation.
    state.bMarks[start], state.tShift[start] = found.end(), 0
    state.blkIndent += _INDENT
    state.sCount[start] = state.blkIndent
    state.parentType = "footnote"
    state.md.block.tokenize(state, start, end)
    state.blkIndent -= _INDENT
    state.bMarks[start], state.tShift[start], state.sCount[start], state.parentType = kept
    token.map[1] = state.line
    state.push(CLOSE, "", -1)
    return True


def _mark(state: StateInline, silent: bool) -> bool:
    found = _MARK.match(state.src, state.pos)
    if found is None or found.group(1) not in state.env.get("footnotes", ()):
        return False
    if not silent:
        state.push(MARK, "", 0).content = found.group()
    state.pos = found.end()
    return True
