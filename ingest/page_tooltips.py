"""Tooltips of a page: what shows only while the pointer rests on a term, and is in no sentence."""

from lxml import etree


def hide_tooltips(root: etree._Element) -> etree._Element:
    """Mark the tooltips under `root` as hidden, in place, and return `root`.

    One is known by its role, and by a term that it describes or that it clings to. The role alone
    is often given to the term itself, which is a word of its sentence.
    """
    tooltips = [found for found in root.iter(etree.Element) if found.get("role") == "tooltip"]
    if tooltips:
        described = {
            identifier
            for element in root.iter(etree.Element)
            for name in ("aria-describedby", "aria-labelledby")
            for identifier in (element.get(name) or "").split()
        }
        for tooltip in tooltips:
            if tooltip.get("id") in described or _clings(tooltip):
                tooltip.set("hidden", "")
    return root


def _clings(tooltip: etree._Element) -> bool:
    """Tell whether its first letter stands right behind a letter: no two words are written so."""
    before, parent = tooltip.getprevious(), tooltip.getparent()
    if before is None:
        behind = parent.text if parent is not None else ""
    else:
        behind = before.tail or "".join(before.itertext())
    text = "".join(tooltip.itertext())
    return (behind or "")[-1:].isalnum() and text[:1].isalnum()
