"""The styles of a Word document: what is a heading, what stands in a list, what nobody sees."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
TITLE = 10
"""The heading level by which a title is known until levels are settled."""
UNSEEN = ("vanish", "strike", "dstrike")
"""The properties of text that nobody sees, or sees struck out."""

_OFF = ("0", "false", "off")
_HEADING_STYLE = re.compile(r"heading ([1-9])$", re.IGNORECASE)
_CONTENTS_STYLE = re.compile(r"toc (?:\d|heading)$|table of (?:figures|contents)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Numbering:
    """Whether a paragraph is in a list, and how deep (from 0); None where nothing is said."""

    listed: bool | None = None
    depth: int | None = None

    def over(self, inherited: "Numbering") -> "Numbering":
        """Return what is said here, and where nothing is, what is inherited."""
        return Numbering(
            inherited.listed if self.listed is None else self.listed,
            inherited.depth if self.depth is None else self.depth,
        )


@dataclass(frozen=True, slots=True)
class Style:
    """What a style says: its heading level (0 for none), its list, its kind, what it hides by."""

    heading: int = 0
    numbering: Numbering = Numbering()
    contents: bool = False
    unseen: frozenset[str] = frozenset()


def styles_of(root: etree._Element) -> Mapping[str, Style]:
    """Return each style of paragraphs and characters by its id, what it inherits included."""
    found = {
        str(style.get(f"{W}styleId")): style
        for style in root.iter(f"{W}style")
        if style.get(f"{W}type", "paragraph") in ("paragraph", "character")
    }
    return {identifier: _style(identifier, found) for identifier in found}


def _style(identifier: str, found: Mapping[str, etree._Element]) -> Style:
    heading, numbering, contents = 0, Numbering(), False
    said: dict[str, bool] = {}
    seen: set[str] = set()
    while identifier in found and identifier not in seen:  # a style may inherit from itself
        seen.add(identifier)
        style = found[identifier]
        named = value(style.find(f"{W}name"))
        level = _HEADING_STYLE.match(named)
        if not heading and named.casefold() == "title":
            heading = TITLE
        elif not heading and level:
            heading = int(level.group(1))
        properties = style.find(f"{W}pPr")
        if properties is not None:
            heading = heading or outline(properties)
            numbering = numbering.over(numbering_of(properties))
        contents = contents or _CONTENTS_STYLE.match(named) is not None
        for name in UNSEEN:
            on = is_on(style, name)
            if on is not None:
                said.setdefault(name, on)
        identifier = value(style.find(f"{W}basedOn"))
    unseen = frozenset(name for name, on in said.items() if on)
    return Style(heading, numbering, contents, unseen)


def value(element: etree._Element | None) -> str:
    """Return what an element says of a property, "" where there is none."""
    return "" if element is None else str(element.get(f"{W}val", ""))


def is_on(element: etree._Element, name: str) -> bool | None:
    """Tell whether a run, or a style, has a property of text; None where it does not say."""
    said = element.find(f"{W}rPr/{W}{name}")
    return None if said is None else str(said.get(f"{W}val", "1")) not in _OFF


def outline(properties: etree._Element) -> int:
    """Return the heading level that the properties of a paragraph state, 0 for none."""
    level = value(properties.find(f"{W}outlineLvl"))
    return int(level) + 1 if level in tuple("012345678") else 0


def numbering_of(properties: etree._Element) -> Numbering:
    """Return what the properties of a paragraph say of a list; number 0 takes it out of one."""
    numbering = properties.find(f"{W}numPr")
    if numbering is None:
        return Numbering()
    number = numbering.find(f"{W}numId")
    level = value(numbering.find(f"{W}ilvl"))
    return Numbering(
        None if number is None else value(number) != "0",
        int(level) if re.fullmatch(r"[0-8]", level) else None,
    )
