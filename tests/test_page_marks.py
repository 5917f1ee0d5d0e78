"""Marks of notes, references and printed pages, and numbers above the line."""

import pytest
from lxml import html

from ingest.page_marks import is_note_mark, is_page_number, raised_text


@pytest.mark.parametrize(
    ("before", "raised", "after", "text"),
    [
        ("at least 10", "5", " CFU/mL", "⁵"),
        ("1 in 10", "6", " people", "⁶"),
        ("5 × 10", "9", "/l", "⁹"),
        ("R", "2", "=0.8", "²"),
        ("lb/in", "2", "", "²"),
        ("kg/m", "2", "", "²"),
        ("for 5.10", "3", " days", ""),
        ("for 110", "3", " days", ""),
        ("it sets in", "2", " a day", ""),
        ("in group R", "3", " too", ""),
        ("the 4", "th", " day", None),
    ],
)
def test_what_is_raised(before: str, raised: str, after: str, text: str | None) -> None:
    element = html.fragment_fromstring(f"<p>{before}<sup>{raised}</sup>{after}</p>")[0]
    assert raised_text(element, raised, before) == text


@pytest.mark.parametrize(
    ("markup", "note", "number"),
    [
        ('<a role="doc-noteref">1</a>', True, False),
        ('<a epub:type="noteref">[12]</a>', True, False),
        ('<a epub:type="noteref">*</a>', True, False),
        ('<a epub:type="noteref">the note on warfarin</a>', False, False),
        ("<a>[3]</a>", True, False),
        ("<b>[3]</b>", False, False),
        ('<span role="doc-pagebreak">12</span>', False, True),
        ('<span epub:type="pagebreak"></span>', False, True),
        ('<div role="doc-pagebreak">Take it with some water.</div>', False, False),
    ],
)
def test_marks_of_notes_and_pages(markup: str, note: bool, number: bool) -> None:
    element = html.fragment_fromstring(markup)
    assert (is_note_mark(element), is_page_number(element)) == (note, number)
