"""Text that was copied from a web page (`.txt`): paragraphs, list items and headings by their look.

Such text has lost its markup. What is left is lines: blank lines between blocks in some files, one
line a block in others, and in others again paragraphs that were wrapped at a fixed width. Every
block is a slice of the decoded file (see `ingest.encoding`), the blocks are in order and do not
overlap, and nothing but white space stands outside them.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from index.errors import LimitExceeded
from index.records import BlockKind
from ingest.boilerplate import judge
from ingest.boilerplate_reasons import REFERENCES, STRAY
from ingest.document import Document, Metadata, SourceBlock
from ingest.encoding import decode
from ingest.references import parse_references
from ingest.repetition import is_copy

_BULLET = r"[♦•◦▪▫●○■□►▸▶‣⁃∙·*✓✔✗✘➤➢→\-–—]"
_NUMBER = r"\(?\d{1,3}[.)]|[a-z]\)"
_ITEM = re.compile(rf"(?:{_BULLET}|{_NUMBER})\s+\S|[♦•▪●■►‣]\S")
_NUMBERED = re.compile(rf"(?:{_NUMBER})\s+\S")
_MARK_ONLY = re.compile(rf"(?:{_BULLET}|{_NUMBER})$")
_COUNTED = re.compile(r"\(?(\d{1,3})[.)]\s")
_RULE = re.compile(r"([=\-_~*])\1{2,}$")
_COLUMNS = re.compile(r"\S(?: *\t\s*| {3,}| ?\| ?)\S")
_FIRST_WORD = re.compile(r"\S+")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*(?:\[?\d{1,3}\]?)?$")
_INNER_END = re.compile(r"[.!?]\s+\S|[。！？].")
_CLINGING_MARK = re.compile(r"(?<=[.:;,])\d{1,2}(?:[,–-]\d{1,2})*$")
_ADDRESS = re.compile(r"https?://|www\.|\S@\S+\.\w")
_LEAD_IN = re.compile(
    r"\b(?:are|as|by|following|for|from|if|in|include|includes|including|is|of|on|or|than|that"
    r"|to|when|with|you)\s*:$",
    re.IGNORECASE,
)
_QUESTIONS = re.compile(
    r"(?:faqs?|frequently asked questions|common questions|questions (?:and|&) answers|q ?& ?a)\b",
    re.IGNORECASE,
)

MAX_CHARACTERS = 5_000_000
"""Longest file read. Until its passages are cut a million characters of prose cost a second or so;
of the shapes in `tests/test_fuzz_findings.py` ideographs in sentences of two cost most, 6 s for a
million bytes when measured. The Bible in English has 4.3 million."""

MAX_BLOCKS = 100_000
"""Most blocks read: some 3 s to judge. The longest of books have a tenth; a file of one letter a
line, of the 20 MB that are opened, would have a hundred times as many."""

_MAX_HEADING_CHARACTERS = 110
_MAX_HEADING_WORDS = 16
_MIN_WRAPPED = 40  # characters: shorter lines say nothing about a wrapping width
_MAX_WRAPPED = 130  # characters: nobody wraps wider
_WRAPPED_SHARE = 0.4  # of long lines go on in the next; in wrapped English prose about 0.7 do


class _Line(NamedTuple):
    """`text[start:end]` is the line without the white space around it; `width` counts its indent.

    `chunk` numbers the runs of lines between blank ones.
    """

    start: int
    end: int
    width: int
    chunk: int


def read(data: bytes, name: str, repeated: Collection[int] = frozenset()) -> Iterator[Document]:
    """Yield the one document of a plain text file.

    `source_start` of each block is its offset in the decoded file. What is not the article is
    marked with its reason; a reference list becomes the article's references. The title is the
    first heading that belongs to the article, where nothing else of it stands before. `repeated`
    are the blocks that others of its publisher have too (see `ingest.repetition`); as evidence
    they never leave nothing of a file.

    Raises:
        SourceError: the bytes are not text, or empty.
        LimitExceeded: more blocks than `MAX_BLOCKS`, or characters than `MAX_CHARACTERS`.
    """
    text, _ = decode(data, name)
    blocks = blocks_of(text)
    if repeated and is_copy(blocks, repeated):
        repeated = frozenset()
    reasons = judge(blocks, repeated=repeated)
    if repeated and all(reasons):
        reasons = judge(blocks)
    reasons = [
        reason or (STRAY if _RULE.match(block.text) else "")
        for block, reason in zip(blocks, reasons, strict=True)
    ]
    listed = [b for b, reason in zip(blocks, reasons, strict=True) if reason == REFERENCES]
    metadata = Metadata(references=parse_references(listed))
    first = next((place for place, reason in enumerate(reasons) if not reason), None)
    if first is not None and blocks[first].kind == "heading":
        blocks[first] = replace(blocks[first], level=1)
        metadata = replace(metadata, title=" ".join(blocks[first].text.split()))
    marked = (
        replace(block, left_out=reason) if reason else block
        for block, reason in zip(blocks, reasons, strict=True)
    )
    yield Document(blocks=tuple(marked), metadata=metadata)


def blocks_of(text: str) -> list[SourceBlock]:
    """Return the blocks of `text` in order, each with the kind and level that its look gives it.

    Raises `LimitExceeded` where there are more than `MAX_BLOCKS`, or than `MAX_CHARACTERS`.
    """
    if len(text) > MAX_CHARACTERS:
        raise LimitExceeded(
            f"has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read. "
            "Split it into one file an article"
        )
    spans = _spans(text)
    if len(spans) > MAX_BLOCKS:
        raise LimitExceeded(
            f"has {len(spans):,} lines or paragraphs; at most {MAX_BLOCKS:,} are read. "
            "Split it into one file an article"
        )
    kinds = _kinds(text, spans)
    blocks = []
    under_questions = False
    for (start, end, _), kind in zip(spans, kinds, strict=True):
        body = text[start:end]
        level = 0
        if kind == "item":
            level = 1
        elif kind == "heading":
            level = 3 if under_questions and body.endswith("?") else 2
            if _QUESTIONS.match(body):
                under_questions = True
        blocks.append(SourceBlock(kind=kind, text=body, level=level, source_start=start))
    return blocks


def _lines(text: str) -> list[_Line]:
    lines = []
    chunk = offset = 0
    for raw in text.splitlines(keepends=True):
        stripped = raw.strip()
        if stripped:
            start = offset + len(raw) - len(raw.lstrip())
            end = start + len(stripped)
            lines.append(_Line(start, end, end - offset, chunk))
        else:
            chunk += 1
        offset += len(raw)
    return lines


def _spans(text: str) -> list[tuple[int, int, int]]:
    """Return (start, end, chunk) of each block: lines, joined where one goes on in the next."""
    lines = _lines(text)
    width = _wrapping_width(text, lines)
    spans: list[tuple[int, int, int]] = []
    before: _Line | None = None
    number = 0  # of the last item that was counted
    for line in lines:
        counted = _COUNTED.match(text, line.start, line.end)
        follows = counted is not None and int(counted.group(1)) in (1, number + 1)
        if before is not None and _goes_on(text, before, line, width, follows=follows):
            spans[-1] = (spans[-1][0], line.end, line.chunk)
        else:
            spans.append((line.start, line.end, line.chunk))
            number = int(counted.group(1)) if counted is not None else number
        before = line
    return spans


def _wrapping_width(text: str, lines: list[_Line]) -> int | None:
    """Return the width in characters at which the file's paragraphs are wrapped, if they are."""
    long = sorted(line.width for line in lines if line.width >= _MIN_WRAPPED)
    if not long or long[int(0.9 * (len(long) - 1))] > _MAX_WRAPPED:
        return None
    pairs = [
        (line, after)
        for line, after in pairwise(lines)
        if line.chunk == after.chunk and _MIN_WRAPPED <= line.width <= _MAX_WRAPPED
    ]
    broken = [line.width for line, after in pairs if _mid_sentence(text, line, after)]
    if not broken or len(broken) < _WRAPPED_SHARE * len(pairs):
        return None
    return max(broken)


def _mid_sentence(text: str, line: _Line, after: _Line) -> bool:
    last = text[line.end - 1]
    return (last.isalnum() or last in ",-–—'’)") and text[after.start].islower()


def _goes_on(text: str, line: _Line, after: _Line, width: int | None, *, follows: bool) -> bool:
    """Tell whether `after` goes on with `line`; `follows` if its number is the next of a list."""
    if line.chunk != after.chunk or _is_rule(text, line) or _is_rule(text, after):
        return False
    if _MARK_ONLY.match(text, line.start, line.end):
        return True
    if width is None or line.width < _MIN_WRAPPED:
        return False
    if _ITEM.match(text, after.start, after.end):
        # "for no longer than | 10. Then ask" is no list, whose items count from 1.
        counted = _COUNTED.match(text, after.start, after.end) is not None
        if follows or not counted or not text[line.end - 1].isalnum():
            return False
    elif _mid_sentence(text, line, after):
        return True
    # Wrapped because the next word did not fit, or ended because the paragraph does.
    word = _FIRST_WORD.match(text, after.start)
    return word is not None and line.width + 1 + len(word.group()) > width


def _is_rule(text: str, line: _Line) -> bool:
    return _RULE.match(text, line.start, line.end) is not None


def _kinds(text: str, spans: list[tuple[int, int, int]]) -> list[BlockKind]:
    """Items by their marks, then runs of short lines, then headings by what follows them."""
    bodies = [text[start:end] for start, end, _ in spans]
    kinds: list[BlockKind] = [
        "item" if _ITEM.match(body) or _MARK_ONLY.match(body) else "paragraph" for body in bodies
    ]
    chunks = [chunk for _, _, chunk in spans]
    _mark_plain_lists(bodies, chunks, kinds)
    columns = _in_columns(bodies, chunks)
    for index in range(len(bodies) - 1, -1, -1):
        after = index + 1
        if after == len(bodies) or not _looks_like_heading(bodies[index], kinds[index]):
            continue
        if columns[index]:
            continue
        if _RULE.match(bodies[after]) and chunks[index] == chunks[after]:
            kinds[index] = "heading"
            continue
        opens_text = kinds[after] != "heading" and (
            len(bodies[after]) > len(bodies[index])
            or bool(_SENTENCE_END.search(bodies[after]))
            or (kinds[after] == "item" and kinds[index] != "item")
        )
        if kinds[index] == "item":
            # A numbered heading ("1. Rest") opens a paragraph, not the next item of its list.
            if opens_text and kinds[after] == "paragraph" and len(bodies[after]) >= 80:
                kinds[index] = "heading"
        elif opens_text or (kinds[after] == "heading" and _stacks(kinds, after)):
            kinds[index] = "heading"
    return kinds


def _in_columns(bodies: list[str], chunks: list[int]) -> list[bool]:
    """Tell of each line whether it is of a table: in columns, and so is one beside it."""
    found = [False] * len(bodies)
    lines = (index for index, body in enumerate(bodies) if not _RULE.match(body))
    for line, after in pairwise(lines):
        together = chunks[line] == chunks[after]
        if together and _COLUMNS.search(bodies[line]) and _COLUMNS.search(bodies[after]):
            found[line] = found[after] = True
    return found


def _stacks(kinds: list[BlockKind], after: int) -> bool:
    """At most three headings stand on one another; more of them are a menu."""
    return kinds[after : after + 3].count("heading") < 3


def _mark_plain_lists(bodies: list[str], chunks: list[int], kinds: list[BlockKind]) -> None:
    """Mark, in place, lines of one chunk that follow a colon as the items of a list."""
    index = 0
    while index < len(bodies):
        if kinds[index] != "paragraph" or not bodies[index].endswith(":"):
            index += 1
            continue
        end = index + 1
        chunk = chunks[end] if end < len(bodies) else None
        while (
            end < len(bodies)
            and chunks[end] == chunk
            and kinds[end] == "paragraph"
            and len(bodies[end]) <= _MAX_HEADING_CHARACTERS
            and not _INNER_END.search(bodies[end])
        ):
            end += 1
        if end - index > 2:
            kinds[index + 1 : end] = ["item"] * (end - index - 1)
        index = max(end, index + 1)


def _looks_like_heading(body: str, kind: BlockKind) -> bool:
    if len(body) > _MAX_HEADING_CHARACTERS or "\n" in body:
        return False
    if kind == "item":
        if not _NUMBERED.match(body):
            return False
        body = body.split(maxsplit=1)[1]
    body = _CLINGING_MARK.sub("", body)
    words = body.split()
    first = next((character for character in body if character.isalnum()), "")
    if len(words) > _MAX_HEADING_WORDS or not first or first.islower():
        return False
    if body[-1] in ".,;…。" or _INNER_END.search(body) or _ADDRESS.search(body):
        return False
    if body[-1] == ":":
        return len(words) <= 3 and not _LEAD_IN.search(body)
    return sum(map(str.isalpha, body)) >= 0.5 * len(body.replace(" ", ""))
