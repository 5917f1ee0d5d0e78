"""Formulas of web pages and books (MathML) → text in a line.

"weight/height²": what stands above, below and beside is written with signs, so that no number of a
formula runs into another. Elements that are not known give the text in them.
"""

import re
from collections.abc import Iterable, Sequence

from lxml import etree

from ingest.superscripts import SUPERSCRIPT

TAGS = frozenset(
    {
        "math", "maction", "menclose", "merror", "mfenced", "mfrac", "mi", "mlabeledtr",
        "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mprescripts", "mroot", "mrow",
        "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext",
        "mtr", "munder", "munderover", "none", "semantics", "annotation", "annotation-xml",
    }
)  # fmt: skip
"""The elements of MathML: all of them flow with the text around them."""

_BUILT = frozenset(
    {
        "mfenced", "mfrac", "mlabeledtr", "mover", "mroot", "mspace", "msub", "msubsup", "msup",
        "mtable", "mtr", "munder", "munderover",
    }
)  # fmt: skip
"""Those whose parts have each a place of its own; all others are rows."""
_UNSEEN = frozenset({"annotation", "annotation-xml", "mphantom", "mprescripts", "none"})
_SPACED = frozenset("=≈≠<>≤≥≡∼~±∓+-−–×⋅·÷→⇌∝")
_SIMPLE = re.compile(r"[\w.,%°√]+|\([^()]*\)")
_MARKS = "′″‴°∘*†¯ˉ^ˆ~˜→˙."
_UNWRITTEN = dict.fromkeys(range(0x2061, 0x2065))
"""Signs of multiplication and the like that are there for machines alone."""


def math_text(element: etree._Element) -> str:
    """Return a formula, or a part of one, as text. The parser bounds the depth of the tree."""
    tag = element.tag
    if not isinstance(tag, str) or tag in _UNSEEN:
        return ""
    if tag in ("mi", "mn", "mo", "mtext", "ms"):
        return " ".join("".join(element.itertext()).translate(_UNWRITTEN).split())
    if tag not in _BUILT:
        row = _row(element)
        return f"√{_enclosed(row)}" if tag == "msqrt" else row
    parts = [math_text(child) for child in element if isinstance(child.tag, str)]
    first, second, third = (*parts, "", "", "")[:3]
    match tag:
        case "mfrac":
            return f"{_enclosed(first)}/{_enclosed(second)}"
        case "msup" | "mover":
            return first + _power(second)
        case "msub" | "munder":
            return first + _index(second)
        case "msubsup" | "munderover":
            return first + _index(second) + _power(third)
        case "mroot":
            return f"{_power(second, '')}√{_enclosed(first)}"
        case "mfenced":
            inside = ", ".join(filter(None, parts))
            return f"{element.get('open', '(')}{inside}{element.get('close', ')')}"
        case "mtable" | "mtr" | "mlabeledtr":
            return ("; " if tag == "mtable" else ", ").join(filter(None, parts))
        case _:
            return " "


def _row(element: etree._Element) -> str:
    pieces = [(element.text or "").strip()]
    for child in element:
        text = math_text(child)
        if child.tag == "mo" and text in _SPACED and _ends_operand(pieces):
            text = f" {text} "
        pieces += [text, (child.tail or "").strip()]
        if child.tag == "mfrac" and (after := child.getnext()) is not None and after.tag != "mo":
            pieces.append(" ")
    return _joined(filter(None, pieces)).strip()


def _ends_operand(pieces: Sequence[str]) -> bool:
    """Tell whether a sign after `pieces` stands between two things: "a − b", but "−b"."""
    before = next((piece.rstrip() for piece in reversed(pieces) if piece.strip()), "")
    return bool(before) and before[-1] not in _SPACED and before[-1] not in "(["


def _joined(pieces: Iterable[str]) -> str:
    """Join `pieces`, words and numbers parted by a space where they would run together."""
    joined = ""
    for piece in pieces:
        apart = joined[-1:].isdigit() and piece[:1].isdigit()
        words = joined[-1:].isalnum() and len(piece) > 1 and piece[:2].isalpha()
        joined += f" {piece}" if apart or words else piece
    return joined


def _enclosed(text: str) -> str:
    return text if not text or _SIMPLE.fullmatch(text) else f"({text})"


def _power(text: str, sign: str = "^") -> str:
    if not text.strip("0123456789+-−–"):
        return text.translate(SUPERSCRIPT)
    return text.replace("∘", "°") if not text.strip(_MARKS) else f"{sign}{_enclosed(text)}"


def _index(text: str) -> str:
    return text if not text or _SIMPLE.fullmatch(text) else f"_({text})"
