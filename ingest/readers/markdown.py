"""Markdown (CommonMark with tables) → blocks, each with the way back to the file's characters.

A block's text is what a reader of the rendered page reads: `**bold**` gives "bold", a link its
text. Most blocks hold no markup; those stand in the file character for character and say where
(`source_start`). For all of them `source_map` tells the offset of every single character.

Of raw HTML the text is read: inline tags vanish, and blocks of it are read as a web page's are. One
without text, and one whose markup says that it is no part of the article, is left out as markup.
Scripts, styles and what is struck out vanish whole.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from index.errors import LimitExceeded, SourceError
from index.records import BlockKind, Reference
from ingest.boilerplate_reasons import REFERENCES
from ingest.document import Document, Metadata, SourceBlock
from ingest.encoding import decode
from ingest.front_matter import merge, metadata_from, reference_from, split_front_matter
from ingest.readers import markdown_footnotes
from ingest.readers.block_text import tidy_with_offsets
from ingest.readers.markdown_footnotes import add_footnotes
from ingest.readers.markdown_header import split_header
from ingest.readers.markdown_html import html_blocks
from ingest.readers.markdown_inline import HTML_MARKUP, NOWHERE, render
from ingest.references import citation_score, is_ambiguous, is_heading

MAX_CHARACTERS = 3_000_000
"""Longest file read; parsing plain prose costs about four seconds a million characters."""

MAX_NESTING = 60
"""Deepest nesting of lists and quotes read (two levels a list, one a quote)."""

MAX_SECONDS = 30.0
"""Longest time for one file: some inputs cost a Markdown parser time in the square of length."""

_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class _Traced:
    """A block and, for each character of its text, its offset in the decoded file (or -1)."""

    block: SourceBlock
    offsets: tuple[int, ...]
    number: int | None = None
    url: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    text: str


def read(data: bytes, name: str) -> Iterator[Document]:
    """Yield the one article of a Markdown file.

    Raises `SourceError` when the file is not text, its front matter is not YAML or no text is
    left, and `LimitExceeded` when it is too long, nested too deep or takes too long.
    """
    text, _ = decode(data, name)
    stated, body = _split_metadata(text, name)
    traced = list(_without_references(list(_trace(text, body, name))))
    if not traced:
        raise SourceError(f"{name}: there is no text in it; remove it or write the article")
    page = Metadata(
        title=next((one.block.text for one in traced if _is_title(one.block)), None),
        references=tuple(_references(traced)),
    )
    yield Document(tuple(one.block for one in traced), merge(stated, page))


def source_map(text: str, name: str = "") -> tuple[tuple[int, ...], ...]:
    """Return, for each block that `read` makes of the decoded file `text`, where it stands there.

    The i-th number of a block is the offset in `text` of the i-th character of the block's text:
    the same character, or the markup that renders as it (`&amp;` for "&", a line end for a
    space), and -1 where the file holds no such place (the bar between two cells of a table).
    """
    _, body = _split_metadata(text, name)
    return tuple(one.offsets for one in _trace(text, body, name))


def _split_metadata(text: str, name: str) -> tuple[Metadata, int]:
    """Return what stands above the article, and the offset at which that begins."""
    mapping, body = split_front_matter(text, name)
    return split_header(text) if mapping is None else (metadata_from(mapping, name), body)


def _is_title(block: SourceBlock) -> bool:
    return block.kind == "heading" and block.level == 1 and not block.left_out


def _trace(text: str, body: int, name: str) -> Iterator[_Traced]:
    if len(text) > MAX_CHARACTERS:
        raise LimitExceeded(
            f"{name}: {len(text):,} characters; a Markdown file may have {MAX_CHARACTERS:,}. "
            "Split it into one file an article"
        )
    # markdown-it counts lines by "\n" alone, as `decode` leaves them.
    lines = []
    start = body
    for line in text[body:].split("\n"):
        lines.append(_Line(start, line))
        start += len(line) + 1
    hurry = _deadline(name)
    return _Walker(lines, hurry).walk(_parser(name, hurry).parse(text[body:]))


def _deadline(name: str) -> Callable[[], None]:
    """Return what raises `LimitExceeded` once `MAX_SECONDS` have passed from now on."""
    deadline = time.monotonic() + MAX_SECONDS

    def hurry() -> None:
        if time.monotonic() > deadline:
            raise LimitExceeded(f"{name}: took more than {MAX_SECONDS:g} s to read; simplify it")

    return hurry


def _parser(name: str, hurry: Callable[[], None]) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable(
        ["table", "strikethrough"]
    )
    # Keeps `\*` and `&amp;` as tokens of their own, with the markup that they come from.
    parser.disable("text_join")

    def check(nesting: int) -> None:
        if nesting >= MAX_NESTING:
            raise LimitExceeded(
                f"{name}: lists or quotes nested too deep (about {MAX_NESTING // 2} is the most); "
                "flatten them"
            )
        hurry()

    def check_block(state: StateBlock, _start: int, _end: int, _silent: bool) -> bool:
        # A list opens two levels at once, and beyond the limit the parser drops text in silence.
        check(state.level + 2)
        return False

    def check_inline(_state: StateInline, _silent: bool) -> bool:
        check(0)
        return False

    # Among what may end them, so that it is asked at each line of a long paragraph or table too.
    parser.block.ruler.before(
        "table",
        "limits",
        check_block,
        {"alt": ["paragraph", "reference", "blockquote", "list"]},
    )
    parser.inline.ruler.before("text", "limits", check_inline)
    add_footnotes(parser)
    return parser


class _Walker:
    """Walks the tokens of one file once, front to back."""

    def __init__(self, lines: Sequence[_Line], hurry: Callable[[], None]) -> None:
        self._lines = lines
        self._hurry = hurry
        self._lists: list[int | None] = []  # of each open list the next number, None for bullets
        self._item: int | None = None  # the number of the item whose first paragraph is awaited
        self._awaits_item = False
        self._opens = False
        self._list_before = ""
        self._cells: list[tuple[str, tuple[int, ...]]] | None = None
        self._cursor = (0, 0)  # line and column behind the last cell of the table row
        self._notes: list[str] = []  # labels of the open footnotes

    def walk(self, tokens: Sequence[Token]) -> Iterator[_Traced]:
        for before, token in pairwise([Token("", "", 0), *tokens]):
            self._hurry()
            if token.type == "inline":
                yield from self._inline(token, before)
            elif token.type in ("fence", "code_block"):
                yield from self._code(token)
            elif token.type == "html_block":
                yield from self._html(token)
            elif token.type == "tr_close":
                yield from self._row()
            else:
                self._enter(token)

    def _enter(self, token: Token) -> None:
        if not self._lists and token.type in ("bullet_list_open", "ordered_list_open"):
            # Lists of one kind in a row are one, whose signs differ.
            self._opens = token.tag != self._list_before
            self._list_before = token.tag
        if token.type == "table_open":
            self._opens = True
        elif token.type == "bullet_list_open":
            self._lists.append(None)
        elif token.type == "ordered_list_open":
            self._lists.append(int(token.attrGet("start") or 1))
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
        elif token.type == "list_item_open":
            self._item = self._lists[-1]
            self._awaits_item = True
            if self._item is not None:
                self._lists[-1] = self._item + 1
        elif token.type == "list_item_close":
            self._awaits_item = False
        elif token.type == markdown_footnotes.OPEN:
            self._notes.append(token.info)
        elif token.type == markdown_footnotes.CLOSE:
            self._notes.pop()
        elif token.type == "tr_open":
            self._cells = []
            self._cursor = (token.map[0] if token.map else 0, 0)

    def _inline(self, token: Token, opening: Token) -> Iterator[_Traced]:
        if self._cells is not None:
            content, places = token.content, self._cell_places(token.content)
            rendered = render(token.children or [], content, places, self._hurry)
            self._cells.append(tidy_with_offsets(*rendered.joined()))
            return
        first = token.map[0] if token.map else 0
        content, places = token.content, self._places(token.content, first)
        rendered = render(token.children or [], content, places, self._hurry)
        kind: BlockKind = "paragraph"
        level = 0
        number = None
        if opening.type == "heading_open":
            kind, level = "heading", int(opening.tag[1])
        elif self._awaits_item:
            kind, level, number = "item", len(self._lists), self._item
            self._awaits_item = False
        text, offsets = rendered.joined()
        made = list(self._block(kind, text, offsets, level, number=number, url=rendered.url))
        if made:
            yield from made
        elif rendered.dropped:
            yield from self._block("paragraph", content, places, left_out=rendered.dropped)

    def _code(self, token: Token) -> Iterator[_Traced]:
        first = (token.map[0] if token.map else 0) + (token.type == "fence")
        places = self._places(token.content, first)
        start = 0
        for part in re.split(r"(\n[^\S\n]*\n\s*)", token.content):
            end = start + len(part)
            yield from self._block("paragraph", part, places[start:end])
            start = end

    def _html(self, token: Token) -> Iterator[_Traced]:
        content = token.content
        places = self._places(content, token.map[0] if token.map else 0)
        blocks = html_blocks(content, places)
        if all(block.left_out for block, _ in blocks):
            yield from self._block("paragraph", content, places, left_out=HTML_MARKUP)
            return
        for block, offsets in blocks:
            self._opens = self._opens or block.opens
            yield from self._block(
                block.kind, block.text, offsets, block.level, left_out=block.left_out
            )

    def _row(self) -> Iterator[_Traced]:
        cells, self._cells = self._cells or [], None
        filled = [number for number, (cell, _) in enumerate(cells) if cell]
        text = ""
        offsets: list[int] = []
        before = filled[0] if len(filled) == 1 else 0
        for number in filled:
            cell, places = cells[number]
            # An empty cell keeps its place, so that what follows stays under its heading.
            bars = (" |" * (number - before) + " ") if number > before else ""
            bars = bars if text else bars.lstrip()
            start = places[0] - len(bars)
            # The bars of the file are ours where nothing else stands between the cells.
            same = start >= 0 and self._file_slice(start, len(bars)) == bars
            same = same and (not offsets or offsets[-1] == start - 1)
            text += bars + cell
            offsets += range(start, places[0]) if same else [NOWHERE] * len(bars)
            offsets += places
            before = number
        yield from self._block("row", text, offsets)

    def _block(
        self,
        kind: BlockKind,
        text: str,
        offsets: Sequence[int],
        level: int = 0,
        *,
        left_out: str = "",
        number: int | None = None,
        url: str | None = None,
    ) -> Iterator[_Traced]:
        text, places = tidy_with_offsets(text, offsets)
        if not text:
            return
        if kind == "heading":
            text = re.sub(r"\s", " ", text)
        verbatim = self._stands_at(places, text)
        opens = self._opens and kind in {"item", "row"}
        self._opens = self._opens and not opens
        block = SourceBlock(kind, text, level, verbatim, left_out, opens)
        note = self._notes[-1] if self._notes else None
        if note is not None and note.isdecimal():
            number = int(note)
        yield _Traced(block, places, number, url, note)

    def _stands_at(self, places: Sequence[int], text: str) -> int | None:
        """Return the first place when the others follow it one by one, with the same characters."""
        first = places[0]
        if first == NOWHERE or any(place != first + i for i, place in enumerate(places)):
            return None
        return first if self._file_slice(first, len(text)) == text else None

    def _file_slice(self, start: int, length: int) -> str:
        low, high = 0, len(self._lines) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if self._lines[middle].start <= start:
                low = middle
            else:
                high = middle - 1
        taken = ""
        column = start - self._lines[low].start
        while len(taken) < length and low < len(self._lines):
            taken += self._lines[low].text[column:] + "\n"
            column, low = 0, low + 1
        return taken[:length]

    def _places(self, content: str, first: int) -> list[int]:
        """Return the offset in the file of each character of a block's content.

        The parser takes indentation and quote signs off the head of a line, never anything from
        its middle, so a line of the content is looked for from the end of its line in the file.
        """
        places: list[int] = []
        for row, piece in enumerate(content.split("\n")):
            if row:
                places.append(
                    self._lines[first + row - 1].start + len(self._lines[first + row - 1].text)
                )
            line = self._lines[first + row] if first + row < len(self._lines) else None
            column = line.text.rfind(piece) if line is not None and piece.strip() else -1
            if line is None or column < 0:
                places += [NOWHERE] * len(piece)
            else:
                places += range(line.start + column, line.start + column + len(piece))
        return places

    def _cell_places(self, content: str) -> list[int]:
        row, column = self._cursor
        line = self._lines[row]
        found = line.text.find(content, column) if content else -1
        if found < 0:  # an escaped bar in the cell, which the parser has unescaped
            return [NOWHERE] * len(content)
        self._cursor = (row, found + len(content))
        return list(range(line.start + found, line.start + found + len(content)))


def _without_references(traced: Sequence[_Traced]) -> Iterator[_Traced]:
    """Leave out each reference list: a heading that says so, and what stands under it."""
    under = 0  # the level of the open reference heading, 0 for none
    article = False  # whether a block of the article came before
    for place, one in enumerate(traced):
        block = one.block
        if block.kind == "heading":
            if under and block.level <= under:
                under = 0
            if not under and article and is_heading(block.text) and _lists_works(traced, place):
                under = block.level
        if not block.left_out and (under or one.note is not None):
            yield replace(one, block=replace(block, left_out=REFERENCES))
        else:
            article = article or not block.left_out
            yield one


def _lists_works(traced: Sequence[_Traced], place: int) -> bool:
    """Tell whether works stand under a heading; "Sources" may be of vitamins."""
    heading = traced[place].block
    if not is_ambiguous(heading.text):
        return True
    entries = works = 0
    for one in traced[place + 1 :]:
        block = one.block
        if block.kind == "heading" and block.level <= heading.level:
            break
        if block.kind == "heading" or block.left_out:
            continue
        entries += 1
        dated = block.kind == "item" and _YEAR.search(block.text) is not None
        works += bool(_address(one)) or dated or citation_score(block.text) > 0
    return works > 0 and works >= entries / 2


def _address(one: _Traced) -> str | None:
    return one.url if one.url and one.url.startswith(("http://", "https://")) else None


def _references(traced: Sequence[_Traced]) -> Iterator[Reference]:
    note: str | None = None
    for one in traced:
        block = one.block
        goes_on = one.note is not None and one.note == note  # what is cited stands first in it
        note = one.note
        if block.left_out == REFERENCES and block.kind != "heading" and not goes_on:
            yield reference_from(block.text, one.number, _address(one))
