"""Equations of Office documents (Office MathML; ECMA-376, part 1, 22.1) → one line of text.

"weight/(height²)": what stands above, below and beside is written with signs, so that no number
of a formula runs into another. Elements that are not known give the text in them.
"""

import re
from collections.abc import Iterable, Iterator

from lxml import etree

from ingest.superscripts import SUPERSCRIPT

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
STRICT_MATH = "http://purl.oclc.org/ooxml/officeDocument/math"

_SIMPLE = re.compile(r"[\w.,%°]+|\([^()]*\)")
_PROPERTIES = re.compile(r"(?:Pr|}rPr)$")
_OPEN = re.compile(r"[/^√_][\w.,%°]+$")
_NEAR = 40  # characters in which the last sign of an equation is looked for
_SUBSCRIPT = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")
_BUILT = frozenset(f"{MATH}{kind}" for kind in ("f", "m", "nary", "rad", "sSup"))
"""What reads as signs in a line: what is raised behind it would be raised behind its end alone."""
_DELETED = ("}del", "}moveFrom", "}instrText", "}delText")


def parts(element: etree._Element) -> Iterator[tuple[str, str]]:
    """Yield the text of each part of an equation and the part's kind: "f", "sSup", "" for words."""
    for child in element:
        tag = str(child.tag)
        if tag.startswith(MATH):
            kind = tag.removeprefix(MATH)
            yield equation(child), "" if kind in ("r", "t") else kind
        # A run of an equation holds elements of the text's own kind for deleted and inserted signs.
        elif not tag.endswith(_DELETED):
            if tag.endswith("}t"):
                yield child.text or "", ""
            yield from parts(child)


def join(pieces: Iterable[tuple[str, str]]) -> str:
    """Join the texts of an equation's parts, or of an equation and the words around it ("").

    A space parts what would run together: "1 1/2" and not "11/2".
    """
    joined = before = ""
    for text, kind in pieces:
        if text:
            joined += " " * _runs_together(joined, before, text, kind) + text
            before = kind
    return joined


def _runs_together(joined: str, before: str, text: str, kind: str) -> bool:
    if not joined or not (before or kind):
        return False
    if kind in ("f", "sPre") and joined[-1].isalnum():
        return True
    if text[0].isdecimal() and joined[-1].isdecimal():
        return True
    follows = text[0].isalpha() or text[0].isdecimal()  # and is not above the line
    return follows and (before == "f" or _OPEN.search(joined[-_NEAR:]) is not None)


def equation(element: etree._Element) -> str:
    """Return an equation, or a part of one, as text. May raise `RecursionError`."""
    tag = str(element.tag)
    if tag == f"{MATH}t":
        return element.text or ""
    if _PROPERTIES.search(tag):
        return ""
    return _construct(tag.removeprefix(MATH), element)


def _construct(kind: str, element: etree._Element) -> str:
    match kind:
        case "f":
            return f"{_enclosed(_part(element, 'num'))}/{_enclosed(_part(element, 'den'))}"
        case "sSub":
            return _lowered(element)
        case "sSup":
            return _base(element) + _power(_part(element, "sup"))
        case "sSubSup":
            return _lowered(element) + _power(_part(element, "sup"))
        case "sPre":
            below = _part(element, "sub")
            low = f"_{_enclosed(below)} " if below.strip("0123456789+-−") else below
            return _power(_part(element, "sup")) + low.translate(_SUBSCRIPT) + _part(element, "e")
        case "rad":
            return f"{_power(_part(element, 'deg'), '')}√{_enclosed(_part(element, 'e'))}"
        case "nary":
            bounds = f"{_part(element, 'sub')}{_power(_part(element, 'sup'))}"
            return f"{_property(element, 'naryPr', 'chr', '∫')}{bounds} {_part(element, 'e')}"
        case "d":
            within = [equation(part) for part in element.findall(f"{MATH}e")]
            inside = _property(element, "dPr", "sepChr", "|").join(within)
            begin = _property(element, "dPr", "begChr", "(")
            return f"{begin}{inside}{_property(element, 'dPr', 'endChr', ')')}"
        case "mr" | "eqArr":
            return ", ".join(filter(None, map(equation, element)))
        case "m":
            return "; ".join(filter(None, map(equation, element)))
        case _:
            return join(parts(element))


def _part(element: etree._Element, name: str) -> str:
    part = element.find(f"{MATH}{name}")
    return "" if part is None else equation(part).strip()


def _base(element: etree._Element) -> str:
    base = element.find(f"{MATH}e")
    text = _part(element, "e")
    built = base is not None and any(child.tag in _BUILT for child in base)
    return f"({text})" if built else text


def _lowered(element: etree._Element) -> str:
    """Return a base and what stands below it, apart where both would read as one number."""
    base, below = _base(element), _part(element, "sub")
    if base[-1:].isdigit() and below[:1].isdigit():
        return f"{base}_{_enclosed(below)}"
    return base + below


def _property(element: etree._Element, properties: str, name: str, default: str) -> str:
    found = element.find(f"{MATH}{properties}/{MATH}{name}")
    return default if found is None else str(found.get(f"{MATH}val", default))


def _enclosed(text: str) -> str:
    return text if not text or _SIMPLE.fullmatch(text) else f"({text})"


def _power(text: str, sign: str = "^") -> str:
    if not text:
        return ""
    if not text.strip("0123456789+-−"):
        return text.translate(SUPERSCRIPT)
    return f"{sign}{_enclosed(text)}"
