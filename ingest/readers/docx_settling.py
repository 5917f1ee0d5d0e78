"""What the styles and tracked changes of a Word document make of its text, written into its tree.

So that whoever reads it need look at nothing but the text itself.
"""

from collections.abc import Mapping

from lxml import etree

from ingest.readers.docx_fields import show_equations
from ingest.readers.docx_styles import Style, W, is_on, value


def settle(root: etree._Element, styles: Mapping[str, Style]) -> None:
    """Change the tree under `root` into what a person sees; may raise `RecursionError`."""
    if any(style.unseen for style in styles.values()):
        _hide(root, styles)
    _join_paragraphs(root)
    show_equations(root)


def _hide(root: etree._Element, styles: Mapping[str, Style]) -> None:
    """Say of each run what its styles hide it by, where it says nothing of that itself.

    What both the paragraph's style and the run's own switch on is off (17.7.3 of the standard).
    """
    for run in root.iter(f"{W}r"):
        paragraph = next(run.iterancestors(f"{W}p"), None)
        around = None if paragraph is None else paragraph.find(f"{W}pPr/{W}pStyle")
        own = run.find(f"{W}rPr/{W}rStyle")
        for name in _unseen(around, styles) ^ _unseen(own, styles):
            if is_on(run, name) is None:
                properties = run.find(f"{W}rPr")
                if properties is None:
                    properties = etree.Element(f"{W}rPr")
                    run.insert(0, properties)
                etree.SubElement(properties, f"{W}{name}")


def _unseen(named: etree._Element | None, styles: Mapping[str, Style]) -> frozenset[str]:
    return styles.get(value(named), Style()).unseen


def _join_paragraphs(root: etree._Element) -> None:
    """Join each paragraph whose end was deleted to the one behind it, which says what they are."""
    for paragraph in reversed(list(root.iter(f"{W}p"))):
        following = paragraph.getnext()
        if paragraph.find(f"{W}pPr/{W}rPr/{W}del") is None or following is None:
            continue
        if following.tag != f"{W}p":
            continue
        properties = following.find(f"{W}pPr")
        for child in reversed(paragraph):
            if child.tag == f"{W}pPr":
                continue
            if properties is None:
                following.insert(0, child)
            else:
                properties.addnext(child)
        parent = paragraph.getparent()
        if parent is not None:
            parent.remove(paragraph)
