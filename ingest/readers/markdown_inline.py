"""The inline markup of Markdown → the text that a reader sees, with the way back to the file.

What is struck out is not read, and no text of elements that show none. What stands in `<sup>` reads
as on a web page: "10⁹", and no number of a reference.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markdown_it.helpers import parseLinkDestination, parseLinkTitle
from markdown_it.token import Token

from ingest.page_marks import superscript

HTML_MARKUP = "HTML markup"
IMAGE = "image"
STRUCK_OUT = "struck out"

NOWHERE = -1
"""The offset of a character that the file does not hold."""

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_HIDDEN = frozenset({"script", "style", "template", "textarea", "title", "noscript"})
_BEFORE = 8  # characters, by which it is known what a raised number is
_STRUCK = frozenset({"del", "s", "strike"})


@dataclass(slots=True)
class Rendered:
    """The readable text of inline tokens, in pieces, each with its offsets in the file.

    `url` is the first link in it; `dropped` says what was not read, "" where all of it was.
    """

    pieces: list[str]
    offsets: list[int]
    url: str | None = None
    dropped: str = ""

    def joined(self) -> tuple[str, list[int]]:
        """Return the text, and the offset of each of its characters."""
        return "".join(self.pieces), self.offsets


def render(
    tokens: Sequence[Token], content: str, places: Sequence[int], hurry: Callable[[], None]
) -> Rendered:
    """Return what `tokens`, the inline tokens of `content`, read as.

    `places[i]` is the offset in the file of `content[i]`. `hurry` is called before each token.
    """
    reading = _Reading(tokens, content, places)
    for number, token in enumerate(tokens):
        hurry()
        reading.take(token, number)
    return reading.rendered


class _Reading:
    """The tokens so far as text.

    A token's text is found in `content` from behind the one before it, links skipped whole, so that
    nothing is taken for text that stands in an address.
    """

    def __init__(self, tokens: Sequence[Token], content: str, places: Sequence[int]) -> None:
        self.rendered = Rendered([], [])
        self._content = content
        self._places = places
        self._flat = content.replace("\n", " ")
        self._position = 0
        self._hidden = ""  # the element that shows no text and has not ended yet
        self._struck = 0
        self._gap = False  # behind what was struck out, where two spaces may meet
        self._link_open = False
        self._raised: _Raised | None = None
        self._tokens = tokens
        self._ends = {
            token.content.lower(): number
            for number, token in enumerate(tokens)
            if token.type == "html_inline"
        }

    def take(self, token: Token, number: int) -> None:
        match token.type:
            case "text_special":
                self._add(token.content, token.markup)
            case "text" | "code_inline":
                self._add(token.content, token.content)
            case "softbreak" | "hardbreak":
                self._break()
            case "s_open" | "s_close":
                self._struck += token.nesting
                self._gap = True
                self.rendered.dropped = self.rendered.dropped or STRUCK_OUT
            case "link_open":
                self.rendered.url = self.rendered.url or str(token.attrGet("href") or "") or None
                self._link_open = True
                if self._raised is not None:
                    self._raised.linked = True
            case "link_close":
                self._link_open = False
                if token.markup != "autolink":
                    end = self._flat.find("]", self._position)
                    self._position = _after_link(self._content, end)
            case "image":
                self._image(token)
            case "footnote_mark":
                found = self._content.find(token.content, self._position)
                self._position = max(self._position, found + len(token.content))
                self._close_gap(self._text_behind(number))
            case "html_inline":
                self._tag(token.content, number)

    def _add(self, text: str, markup: str) -> None:
        flat, places = self._flat, self._places
        found = flat.find(markup.replace("\n", " "), self._position) if markup else -1
        if found < 0:
            places_of = [NOWHERE] * len(text)
        elif len(markup) == len(text):
            places_of = list(places[found : found + len(text)])
        else:
            places_of = [places[found]] * len(text)
        if found >= 0:
            self._position = found + len(markup)
        if not self._hidden and not self._struck:
            pieces = self.rendered.pieces
            cut = int(self._gap and text[:1] == " " == "".join(pieces[-1:])[-1:])
            pieces.append(text[cut:])
            self.rendered.offsets.extend(places_of[cut:])
            self._gap = False

    def _break(self) -> None:
        content = self._content
        end = content.find("\n", self._position)
        if end >= 0:
            self._add_break(end)
        self._position = max(self._position, end + 1)
        while self._position < len(content) and content[self._position] in " \t":
            self._position += 1

    def _add_break(self, place: int) -> None:
        if not self._hidden and not self._struck:
            self.rendered.pieces.append("\n")
            self.rendered.offsets.append(self._places[place])

    def _image(self, token: Token) -> None:
        self.rendered.dropped = self.rendered.dropped or IMAGE
        flat, position = self._flat, self._position
        alt = max(flat.find("![", position), position)
        alt = max(flat.find(token.content.replace("\n", " "), alt), position)
        self._position = _after_link(self._content, flat.find("]", alt + len(token.content)))

    def _tag(self, tag: str, number: int) -> None:
        self.rendered.dropped = HTML_MARKUP
        opening = _TAG.match(tag)
        element = opening.group(2).lower() if opening and not opening.group(1) else ""
        if element in _STRUCK and not self._hidden and self._ends.get(f"</{element}>", -1) > number:
            self._hidden, self._gap = element, True
        if element == "sup" and not self._hidden and self._ends.get("</sup>", -1) > number:
            self._raised = _Raised(len(self.rendered.pieces), self._link_open)
        elif tag.lower() == "</sup>" and self._raised is not None:
            self._lower(self._raised, number)
            self._raised = None
        start = self._content.find(tag, self._position)
        self._position = max(self._position, start + len(tag))
        self._hidden, breaks = _hides(tag, self._hidden)
        if breaks and start >= 0:
            self._add_break(start)

    def _lower(self, raised: "_Raised", number: int) -> None:
        """Put what stands above the line, up to the tag `number`, into the line."""
        pieces, offsets = self.rendered.pieces, self.rendered.offsets
        text = "".join(pieces[raised.first :])
        before = "".join(pieces[max(0, raised.first - _BEFORE) : raised.first])[-_BEFORE:]
        after = self._text_behind(number)
        read = superscript(text.strip(), before, after, linked=raised.linked)
        if read is None:
            return
        start = len(offsets) - len(text)
        first = start + len(text) - len(text.lstrip())
        pieces[raised.first :] = [read]
        offsets[start:] = offsets[first : first + len(read)]
        if not read:
            self._close_gap(after)

    def _text_behind(self, number: int) -> str:
        """Return the text right behind the token `number`, "" where markup stands there."""
        following = self._tokens[number + 1 : number + 2]
        return "".join(one.content for one in following if one.type in ("text", "text_special"))

    def _close_gap(self, after: str) -> None:
        """Take away the space before a dropped mark where none is wanted after it."""
        pieces, offsets = self.rendered.pieces, self.rendered.offsets
        while after and not after[0].isalnum() and pieces and not pieces[-1][-1:].strip():
            last = pieces.pop()
            kept = last.rstrip()
            del offsets[len(offsets) - len(last) + len(kept) :]
            pieces += [kept] if kept else []


@dataclass(slots=True)
class _Raised:
    """Text above the line under way: its first piece, and whether it is a link or holds one."""

    first: int
    linked: bool


def _hides(tag: str, hidden: str) -> tuple[str, bool]:
    """Return the element whose text is hidden behind this tag ("" for none), and if it breaks."""
    match = _TAG.match(tag)
    if match is None:
        return hidden, False
    closing, element = match.group(1), match.group(2).lower()
    if hidden:
        return ("" if closing and element == hidden else hidden), False
    if element in _HIDDEN and not closing and not tag.endswith("/>"):
        return element, False
    return "", element == "br"


def _after_link(content: str, bracket: int) -> int:
    """Return the place behind a link or image whose text ends at `content[bracket]`, a `]`."""
    if bracket < 0:
        return len(content)
    position = bracket + 1
    if content[position : position + 1] == "(":
        end = len(content)
        inside = _skip_space(content, position + 1)
        destination = parseLinkDestination(content, inside, end)
        if destination.ok:
            inside = _skip_space(content, destination.pos)
            title = parseLinkTitle(content, inside, end)
            if title.ok:
                inside = _skip_space(content, title.pos)
        if content[inside : inside + 1] == ")":
            return inside + 1
    if content[position : position + 1] == "[":
        close = content.find("]", position)
        if close >= 0:
            return close + 1
    return position


def _skip_space(content: str, position: int) -> int:
    while position < len(content) and content[position] in " \t\n":
        position += 1
    return position
