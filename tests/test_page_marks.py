"""Marks of notes, references and printed pages, and numbers above the line."""

import pytest
from lxml import html

from ingest.page_marks import is_heading_link, is_note_mark, is_page_number, raised_text


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


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        ('<a href="#n">[a]</a>', ""),
        ('<a href="#n">[note 1]</a>', ""),
        ('<a href="/n">[source needed]</a>', ""),
        ('<a href="#n">[a remark that goes on for more than forty letters]</a>', None),
        ('<a href="#n">see [a]</a>', None),
        ("[or so]", None),
        ("<button>5</button>", ""),
    ],
)
def test_what_is_raised_and_linked(inside: str, text: str | None) -> None:
    element = html.fragment_fromstring(f"<p>about 10<sup>{inside}</sup> a day</p>")[0]
    assert raised_text(element, "".join(element.itertext()), "about 10") == text


@pytest.mark.parametrize(
    ("markup", "in_heading", "outside"),
    [
        ('<h2>Causes<a href="#c">#</a></h2>', True, False),
        ('<h2>Causes<a href="#c">¶</a></h2>', True, True),
        ('<h2>Causes<a href="#c">§</a></h2>', True, False),
        ('<h2>Causes <a href="#top">Up again</a></h2>', True, False),
        ('<h2>Causes <a href="#x">Back to top</a></h2>', True, False),
        ('<h2><a href="#top">Causes</a></h2>', False, False),
        ('<h2>Causes <a href="#x">of cramp</a></h2>', False, False),
        ('<h2>Causes <a href="/x">#</a></h2>', False, False),
    ],
)
def test_links_of_headings(markup: str, in_heading: bool, outside: bool) -> None:
    link = next(html.fragment_fromstring(markup).iter("a"))
    assert is_heading_link(link, in_heading=True) is in_heading
    assert is_heading_link(link, in_heading=False) is outside
