"""What the elements of HTML are to a reader of text: skipped, in the flow of a line, headings."""

import re

from lxml import etree

from ingest import math_markup

STRUCK = ("del", "s", "strike")
"""Elements whose text is struck out: a dose that holds no more is not to be quoted."""

SKIPPED = frozenset(STRUCK) | frozenset(
    {
        "script", "style", "template", "noscript", "iframe", "object", "embed", "svg", "canvas",
        "audio", "video", "map", "head", "title", "meta", "link", "datalist", "applet",
        "select", "textarea", "noframes", "frameset", "rp", "rt",
    }
)  # fmt: skip
"""Elements whose content is never text of the page."""

CONTROLS = frozenset({"button", "select", "option", "optgroup", "textarea", "input", "label"})

INLINE = frozenset(
    {
        "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn",
        "em", "font", "i", "img", "ins", "kbd", "mark", "nobr", "q", "rb", "ruby", "s",
        "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
        "picture", "source", "o:p", "center-inline",
    }
)  # fmt: skip
"""Elements that flow with the text around them; every other element begins a new block."""

FLOWING = INLINE | math_markup.TAGS | SKIPPED | CONTROLS | {"br"}

HEADINGS = {f"h{n}": n for n in range(1, 7)}
LISTS = frozenset({"ul", "ol", "menu", "dir"})
MAX_LEVEL = 6

CELL_ROLES = ("cell", "gridcell", "columnheader", "rowheader")

_APART = re.compile(r"display\s*:\s*(?:block|flex|grid|list-item|table)")


def stands_apart(element: etree._Element) -> bool:
    """Tell whether an inline element has a line or a cell of its own."""
    if element.get("role") in (*CELL_ROLES, "row", "listitem"):
        return True
    style = element.get("style")
    return style is not None and _APART.search(style.lower()) is not None


def is_document_title(element: etree._Element, *, first: bool) -> bool:
    """Tell whether a paragraph is the title of an exported document (Google Docs: "c3 title").

    It bears the identifier of a heading there, or is the `first` text of the page.
    """
    if element.tag != "p" or "title" not in (element.get("class") or "").split():
        return False
    return first or (element.get("id") or "").startswith("h.")


def aria_level(element: etree._Element) -> int:
    """Return the level of what is a heading by its role."""
    level = element.get("aria-level") or ""
    return min(MAX_LEVEL, max(1, int(level))) if re.fullmatch("[0-9]{1,9}", level) else 2
