"""Buttons and tabs of a page: which are words of a sentence, and what a tab calls its panel."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from ingest.element_kinds import FLOWING, HEADINGS, INLINE, SKIPPED
from ingest.page_marks import is_citation
from ingest.page_regions import names_panel

MAX_RUN = 8
"""Neighbours that are looked at, to each side, for the text beside a button."""

_ACTION = re.compile(
    r"(?:show|see|view|read|load|learn|open|expand|hide|close|collapse)"
    r"(?: (?:all|more|less|details?|section|answer))?"
    r"|(?:share|print|copy|save|download|edit|email|listen|play|pause)"
    r"(?: (?:this|the|a|link|page|to)\b.*)?"
    r"|yes|no|like|reply|follow|search|submit|subscribe|sign up|log in|continue|next|previous|back"
    r"|top|menu|ok|cancel|clear|reset|more",
    re.IGNORECASE,
)  # fmt: skip
"""What a button beside a text says that does something with the page."""

_ENDED = re.compile(r"[.?!…。？！]['\"’”»)\]]*$")
_PARAGRAPHS = frozenset(
    {"p", "li", "dd", "dt", "td", "th", "blockquote", "caption", "figcaption", *HEADINGS}
)


def is_word_button(button: etree._Element) -> bool:
    """Tell whether a button is one of the words of a sentence: a term that it explains.

    It then has text beside it in its line, and does not stand between two sentences. One that
    shows nothing but a picture interrupts no sentence either.
    """
    if button.tag != "button":
        return False
    own = shown_text(button)
    if not own:
        return True
    before, after = _beside(button, back=True).rstrip(), _beside(button, back=False).lstrip()
    begins = not before or _ENDED.search(before) is not None
    ends = not after or after[0].isupper()
    if begins and ends:
        return False
    if before and after:
        return True
    says = any(map(str.isalnum, own)) and _ACTION.fullmatch(own) is None
    return says and _line_holder(button).tag in _PARAGRAPHS


def without_word_buttons(root: etree._Element) -> etree._Element:
    """Make the buttons that are words of a sentence such words, in place, and return `root`."""
    for button in [found for found in root.iter("button") if is_word_button(found)]:
        button.tag = "span"
    return root


def is_action(button: etree._Element) -> bool:
    """Tell whether an element is a button that does something with the page by what it says."""
    return button.tag == "button" and _ACTION.fullmatch(shown_text(button)) is not None


def is_note_button(button: etree._Element) -> bool:
    """Tell whether a button is the number of a note: "uptake.<button>3</button>"."""
    if button.tag != "button":
        return False
    own = shown_text(button)
    if not is_citation(own):
        return False
    last = _beside(button, back=True)[-1:]
    return own.startswith("[") or last.isalnum() or last in tuple(".,;:!?)]”’\"'%")


def opens_panel(element: etree._Element) -> bool:
    """Tell whether a button is the heading of a fold-out panel (an FAQ's question)."""
    if element.tag != "button" and element.get("role") != "button":
        return False
    if element.get("aria-controls") is None and not names_panel(element):
        return False
    return len(shown_text(element).split()) > 2


def _beside(element: etree._Element, *, back: bool) -> str:
    """Return the text beside `element` in its line, past other buttons; "" where there is none."""
    here = element
    for _ in range(MAX_RUN):
        beside = here.getprevious() if back else here.getnext()
        parent = here.getparent()
        if parent is None:
            return ""
        source = here if not back else parent if beside is None else beside
        between = str((source.text if source is parent else source.tail) or "")
        if between.strip():
            return between
        if beside is None:
            if parent.tag not in INLINE:
                return ""
            here = parent
            continue
        here = beside
        if beside.tag == "br" or (isinstance(beside.tag, str) and beside.tag not in FLOWING):
            return ""
        if beside.tag in INLINE and (within := shown_text(beside)):
            return within
    return ""


def _line_holder(element: etree._Element) -> etree._Element:
    """Return the innermost block element around an inline one."""
    above = (parent for parent in element.iterancestors() if parent.tag not in INLINE)
    return next(above, element)


def shown_text(element: etree._Element) -> str:
    """Return the text inside `element` in one line, without what is never text of a page."""
    return " ".join("".join(_texts(element)).split())


def _texts(element: etree._Element) -> Iterator[str]:
    if isinstance(element.tag, str) and element.tag not in SKIPPED:
        yield element.text or ""
        for child in element:
            yield from _texts(child)
            yield child.tail or ""


@dataclass(frozen=True, slots=True)
class Tabs:
    """The tabs of a page: which elements they are, and for each panel the words of its tab."""

    controls: frozenset[etree._Element] = frozenset()
    names: Mapping[etree._Element, str] = field(default_factory=dict)


def find_tabs(root: etree._Element) -> Tabs:
    """Return the tabs under `root` whose panels are there too, with the copies of them.

    An entry of an accordion whose heading stands right above its panel is none, though its role
    may say so.
    """
    tabs = [element for element in root.iter(etree.Element) if _is_tab(element)]
    if not tabs:
        return Tabs()
    wanted = {target for tab in tabs for target in _targets(tab)}
    shown: dict[str, etree._Element] = {}
    labelled: dict[str, etree._Element] = {}
    for element in root.iter(etree.Element):
        if (own := element.get("id")) in wanted:
            shown.setdefault(own or "", element)
        if element.get("role") == "tabpanel":
            for identifier in (element.get("aria-labelledby") or "").split():
                labelled.setdefault(identifier, element)
    controls: list[etree._Element] = []
    names: dict[etree._Element, str] = {}
    for tab in tabs:
        found = (shown[target] for target in _targets(tab) if target in shown)
        panel = next(found, labelled.get(tab.get("id") or ""))
        name = shown_text(tab)
        if panel is None or not name or _is_heading_above(tab, panel):
            continue
        if panel in tab.iterancestors():
            continue
        controls.append(tab)
        if panel not in names and not _begins_with_heading(panel, name):
            names[panel] = name
    said = {shown_text(tab) for tab in controls}
    copies = [tab for tab in tabs if shown_text(tab) in said and not _has_heading(tab)]
    return Tabs(frozenset([*controls, *copies]), names)


def _is_tab(element: etree._Element) -> bool:
    return _is_called_tab(element) and not any(map(_is_called_tab, element.iterancestors()))


def _is_called_tab(element: etree._Element) -> bool:
    toggle = element.get("data-bs-toggle") or element.get("data-toggle")
    return element.get("role") == "tab" or toggle in ("tab", "pill")


def _targets(tab: etree._Element) -> Iterator[str]:
    """Yield the identifiers of what a tab may show."""
    for element in tab.iter(etree.Element):
        yield from (element.get("aria-controls") or "").split()
        for name in ("href", "data-bs-target", "data-target"):
            said = element.get(name) or ""
            if said.startswith("#") and len(said) > 1:
                yield said[1:]


def _is_heading_above(tab: etree._Element, panel: etree._Element) -> bool:
    return _has_heading(tab) and tab.getnext() is panel


def _has_heading(element: etree._Element) -> bool:
    return next(element.iter(*HEADINGS), None) is not None


def _begins_with_heading(panel: etree._Element, name: str) -> bool:
    heading = next(panel.iter(*HEADINGS), None)
    return heading is not None and shown_text(heading).casefold() == name.casefold()
