"""A part of a Word document → its visible text.

What a person who opens the file does not see is not read: deleted, struck out and hidden text,
field codes, the fallback of a drawing.
"""

import re

from lxml import etree

from ingest.readers import equations, symbol_fonts
from ingest.readers.block_text import raised
from ingest.readers.docx_styles import UNSEEN, W, is_on, value
from ingest.readers.equations import MATH

FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SKIPPED = frozenset(
    {f"{W}{tag}" for tag in ("del", "moveFrom", "instrText", "delText", "delInstrText")}
    | {f"{W}{tag}" for tag in ("rPr", "pPr", "sdtPr", "rt", "txbxContent")}
    | {FALLBACK}
)
_CHARACTERS = {
    f"{W}tab": " ",
    f"{W}br": "\n",
    f"{W}cr": "\n",
    f"{W}noBreakHyphen": "-",
    f"{W}ptab": " ",
}
_RAISED = "raised"
_SYMBOLS = re.compile(f"[{chr(symbol_fonts.FIRST)}-{chr(symbol_fonts.LAST)}]")
_CODE = re.compile(r"[0-9A-Fa-f]{2,4}")


def visible_text(element: etree._Element) -> str:
    """Return the visible text under `element`, text boxes excepted."""
    pieces: list[tuple[str, str]] = []  # each text and its kind: as in `equations`, or raised
    stack = [element]
    while stack:
        node = stack.pop()
        if node.tag == f"{W}t":
            pieces.append((_plain(node), ""))
        elif node.tag == f"{W}sym":
            pieces.append((_symbol(node), ""))
        elif node.tag == f"{MATH}oMath":
            pieces += equations.parts(node)
        elif node.tag in _CHARACTERS:
            if node.get(f"{W}type") != "page":
                pieces.append((_CHARACTERS[node.tag], ""))
        elif node.tag == f"{W}r" and any(is_on(node, name) for name in UNSEEN):
            continue
        elif node.tag == f"{W}r" and node is not element and _is_superscript(node):
            pieces.append((visible_text(node), _RAISED))
        else:
            stack += [child for child in reversed(node) if child.tag not in _SKIPPED]
    return equations.join(_with_raised(pieces))


def _with_raised(pieces: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the pieces of a text with those above the line as they read there."""
    if all(kind != _RAISED for _, kind in pieces):
        return pieces
    follows = [""] * len(pieces)
    after = ""
    for place in reversed(range(len(pieces))):
        follows[place] = after
        piece, kind = pieces[place]
        if piece and kind != _RAISED:
            after = piece
    made: list[tuple[str, str]] = []
    for (piece, kind), after in zip(pieces, follows, strict=True):
        if kind == _RAISED:
            before = made[-1][0] if made else ""
            if len(made) > 1 and before.isspace():
                before = made[-2][0] + before
            made.append((raised(piece, before, after), ""))
        else:
            made.append((piece, kind))
        if not made[-1][0]:
            made.pop()
    return made


def _plain(text: etree._Element) -> str:
    """Return the text of a `w:t`, with the signs of symbol fonts as those of Unicode."""
    said = text.text or ""
    if _SYMBOLS.search(said) is None:
        return said
    run = text.getparent()
    fonts = None if run is None else run.find(f"{W}rPr/{W}rFonts")
    named = () if fonts is None else (fonts.get(f"{W}ascii"), fonts.get(f"{W}hAnsi"))
    font = str(next(filter(None, named), ""))
    return _SYMBOLS.sub(lambda found: symbol_fonts.sign(ord(found.group()), font), said)


def _symbol(element: etree._Element) -> str:
    """Return the sign that was put in by the font and its code there."""
    code = str(element.get(f"{W}char", ""))
    if _CODE.fullmatch(code) is None:
        return symbol_fonts.UNKNOWN
    number, font = int(code, 16), str(element.get(f"{W}font", ""))
    if number < 0x100 or symbol_fonts.FIRST <= number <= symbol_fonts.LAST:
        return symbol_fonts.sign(number, font)
    return chr(number) if chr(number).isprintable() else symbol_fonts.UNKNOWN


def _is_superscript(run: etree._Element) -> bool:
    return value(run.find(f"{W}rPr/{W}vertAlign")) == "superscript"
