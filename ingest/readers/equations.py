"""Equations of Office documents (Office MathML; ECMA-376, part 1, 22.1) → one line of text.

"weight/(height²)": what stands above, below and beside is written with signs, so that no number
of a formula runs into another. Elements that are not known give the text in them.
"""

import re

from lxml import etree

from ingest.superscripts import SUPERSCRIPT

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
STRICT_MATH = "http://purl.oclc.org/ooxml/officeDocument/math"

_SIMPLE = re.compile(r"[\w.,%°]+|\([^()]*\)")
_PROPERTIES = re.compile(r"(?:Pr|}rPr)$")


def equation(element: etree._Element) -> str:
    """Return an equation, or a part of one, as text. May raise `RecursionError`."""
    tag = str(element.tag)
    if not tag.startswith(MATH):
        # A run of an equation holds elements of the text's own kind for deleted and inserted signs.
        if tag.endswith(("}del", "}moveFrom", "}instrText", "}delText")):
            return ""
        own = element.text or "" if tag.endswith("}t") else ""
        return own + "".join(map(equation, element))
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
            return _part(element, "e") + _power(_part(element, "sup"))
        case "sSubSup":
            return _lowered(element) + _power(_part(element, "sup"))
        case "rad":
            return f"{_power(_part(element, 'deg'), '')}√{_enclosed(_part(element, 'e'))}"
        case "nary":
            bounds = f"{_part(element, 'sub')}{_power(_part(element, 'sup'))}"
            return f"{_property(element, 'naryPr', 'chr', '∫')}{bounds} {_part(element, 'e')}"
        case "d":
            parts = [equation(part) for part in element.findall(f"{MATH}e")]
            inside = _property(element, "dPr", "sepChr", "|").join(parts)
            begin = _property(element, "dPr", "begChr", "(")
            return f"{begin}{inside}{_property(element, 'dPr', 'endChr', ')')}"
        case "mr" | "eqArr":
            return ", ".join(filter(None, map(equation, element)))
        case "m":
            return "; ".join(filter(None, map(equation, element)))
        case _:
            return "".join(map(equation, element))


def _part(element: etree._Element, name: str) -> str:
    part = element.find(f"{MATH}{name}")
    return "" if part is None else equation(part).strip()


def _lowered(element: etree._Element) -> str:
    """Return a base and what stands below it, apart where both would read as one number."""
    base, below = _part(element, "e"), _part(element, "sub")
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
