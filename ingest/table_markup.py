"""The tables of a page: which hold data, and their captions, rows and cells in reading order.

Besides `<table>` those that are made of other elements and say so by their roles.
"""

import re

from lxml import etree

from ingest.element_kinds import CELL_ROLES, HEADINGS

MAX_CELL_PARAGRAPHS = 3
"""A table cell with more paragraphs than this is a column of a page layout, not a datum."""

ROLES = ("table", "grid")

_LAYOUT = ("table", "form", "nav")
_LAYOUT_UNLESS_HEADED = ("article", "section", *HEADINGS)


def is_data_table(table: etree._Element) -> bool:
    """Tell a table of data from one that lays out a page, and from what is no table.

    Where the first row is all header cells, headings and many paragraphs in a cell are data too.
    """
    if not _is_table(table) or table.get("role") in ("presentation", "none"):
        return False
    if table.tag != "table" and _is_nested(table):
        return False
    filled = [cells for row in rows(table) if (cells := row_cells(row))]
    if not filled or max(map(len, filled)) < 2:
        return False
    if any(next(cell.iter(*_LAYOUT), None) is not None for cells in filled for cell in cells):
        return False
    headed = len(filled) > 1 and len(filled[0]) > 1 and all(map(_is_header, filled[0]))
    return headed or not any(_lays_out(cell) for cells in filled for cell in cells)


def _is_table(element: etree._Element) -> bool:
    return element.tag == "table" or element.get("role") in ROLES


def _is_nested(table: etree._Element) -> bool:
    """Tell whether a table made by roles holds another, or rows or cells in each other."""
    if any(map(_is_table, table.iterdescendants(etree.Element))):
        return True
    return any(
        inner.get("role") == part.get("role")
        for part in table.iterdescendants(etree.Element)
        if part.get("role") in ("row", *CELL_ROLES)
        for inner in part.iterdescendants(etree.Element)
        if inner.get("role") in ("row", *CELL_ROLES)
    )


def _is_header(cell: etree._Element) -> bool:
    return cell.tag == "th" or cell.get("role") in ("columnheader", "rowheader")


def _lays_out(cell: etree._Element) -> bool:
    paragraphs = 0
    for inner in cell.iterdescendants():
        if inner.tag in _LAYOUT_UNLESS_HEADED:
            return True
        paragraphs += inner.tag == "p"
    return paragraphs > MAX_CELL_PARAGRAPHS


def rows(table: etree._Element) -> list[etree._Element]:
    """Return the rows of a table as they are shown: those of its foot last."""
    if table.tag != "table":
        return [element for element in table.iter(etree.Element) if element.get("role") == "row"]
    return sorted(table.iter("tr"), key=_stands_in_foot)


def _stands_in_foot(row: etree._Element) -> bool:
    parent = row.getparent()
    return parent is not None and parent.tag == "tfoot"


def row_cells(row: etree._Element) -> list[etree._Element]:
    """Return the cells of a row, in order."""
    if row.tag == "tr":
        return [cell for cell in row if cell.tag in ("td", "th")]
    return [cell for cell in row.iter(etree.Element) if cell.get("role") in CELL_ROLES]


def cell_spans(cell: etree._Element) -> tuple[int, int]:
    """Return in how many columns and rows a cell stands; 0 rows are all that follow."""
    across, down = (
        int(said) if re.fullmatch(r"[0-9]{1,9}", said := (cell.get(name) or "").strip()) else 1
        for name in ("colspan", "rowspan")
    )
    return across, down
