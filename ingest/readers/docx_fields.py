"""EQ fields of Word documents (`EQ \\f(1,2)`, a fraction) → the equations that they show.

Such a field shows what its code says and has no other text, so that "1" and a half of a tablet
would read as one tablet.
"""

import re
from collections.abc import Iterator

from lxml import etree

from ingest.readers.docx_styles import W
from ingest.readers.equations import MATH

_EQUATION = re.compile(r"\s*EQ\s(?=\s*\S)", re.IGNORECASE)
_SWITCH = re.compile(
    r"\\([abdfilorsx])((?:\s*\\(?:[blr]c\s*\\.|[a-z]{2}\s*-?\d*))*)\s*\(", re.IGNORECASE
)


def show_equations(root: etree._Element) -> None:
    """Put into each EQ field under `root` the equation that it shows; may raise `RecursionError`.

    One that holds text besides is left as it is.
    """
    for place, code in list(_fields(root)):
        found = _EQUATION.match(code)
        if found is not None:
            shown = etree.Element(f"{MATH}oMath")
            _Code(code[found.end() :].strip()).read_into(shown)
            if place.tag == f"{W}fldSimple":
                place.append(shown)
            else:
                place.addnext(shown)


def _fields(root: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Yield the element with which each field without text begins, and the field's code."""
    begin: etree._Element | None = None
    code = ""
    tags = (f"{W}{tag}" for tag in ("fldSimple", "fldChar", "instrText", "t"))
    for element in root.iter(*tags):
        kind = element.get(f"{W}fldCharType")
        if element.tag == f"{W}fldSimple":
            if next(element.iter(f"{W}t"), None) is None:
                yield element, element.get(f"{W}instr") or ""
        elif kind == "begin":
            begin, code = element, ""
        elif element.tag == f"{W}instrText":
            code += element.text or ""
        elif kind == "end" and begin is not None:
            yield begin, code
            begin = None
        elif element.tag == f"{W}t":
            begin = None


class _Code:
    """The code of one EQ field, read once from front to back."""

    def __init__(self, code: str) -> None:
        self._code = code
        self._place = 0
        # Where a comma is the decimal sign, a semicolon parts the arguments.
        self._separator = ";" if ";" in code else ","

    def read_into(self, parent: etree._Element, *, inside: bool = False) -> None:
        """Add to `parent` what the code says, `inside` an argument up to its end."""
        open_brackets = 0
        while self._place < len(self._code):
            sign = self._code[self._place]
            switch = _SWITCH.match(self._code, self._place)
            if switch is not None:
                self._place = switch.end()
                self._add(parent, switch.group(1).lower(), switch.group(2).lower())
                continue
            if inside and not open_brackets and sign in (self._separator, ")"):
                return
            open_brackets += (sign == "(") - (sign == ")")
            if sign == "\\":
                self._place += 1
                sign = self._code[self._place : self._place + 1]
            _add_text(parent, sign)
            self._place += 1

    def _add(self, parent: etree._Element, switch: str, options: str) -> None:
        arguments = list(self._arguments())
        match switch:
            case "f" if len(arguments) == 2:
                _build(parent, "f", num=arguments[0], den=arguments[1])
            case "r" if len(arguments) == 2:
                _build(parent, "rad", deg=arguments[0], e=arguments[1])
            case "r" if arguments:
                _build(parent, "rad", e=arguments[0])
            case "s" if len(arguments) == 1 and "\\do" not in options:
                _build(parent, "sSup", sup=arguments[0])
            case "s" if len(arguments) == 1:
                _build(parent, "sSub", sub=arguments[0])
            case "b" if len(arguments) == 1 and not options:
                _build(parent, "d", e=arguments[0])
            case "d":
                pass  # moves what follows, and shows nothing
            case _:
                row = etree.SubElement(parent, f"{MATH}eqArr")
                row.extend(arguments)

    def _arguments(self) -> Iterator[etree._Element]:
        """Yield the arguments of a switch, and stop behind its closing bracket."""
        while self._place < len(self._code):
            argument = etree.Element(f"{MATH}e")
            self.read_into(argument, inside=True)
            yield argument
            end = self._code[self._place : self._place + 1]
            self._place += 1
            if end == ")":
                return


def _build(parent: etree._Element, kind: str, **parts: etree._Element) -> None:
    construct = etree.SubElement(parent, f"{MATH}{kind}")
    for name, part in parts.items():
        part.tag = f"{MATH}{name}"
        construct.append(part)


def _add_text(parent: etree._Element, text: str) -> None:
    """Add text to `parent`, to the run that is its last element where it is one."""
    run = parent[-1] if len(parent) and parent[-1].tag == f"{MATH}r" else None
    if run is None:
        run = etree.SubElement(parent, f"{MATH}r")
        etree.SubElement(run, f"{MATH}t").text = ""
    said = run[0]
    said.text = (said.text or "") + text
