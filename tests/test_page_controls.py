"""Buttons that are words, buttons that are none, and the tabs of a page."""

import pytest
from lxml import etree, html

from ingest.page_controls import (
    find_tabs,
    is_note_button,
    is_word_button,
    shown_text,
    without_word_buttons,
)


def button(markup: str) -> etree._Element:
    return next(html.fragment_fromstring(markup).iter("button"))


@pytest.mark.parametrize(
    "markup",
    [
        "<p>Take <button>quinine</button> at night.</p>",
        "<p>Take it. <button>Quinine</button> is bitter.</p>",
        "<p><button>Quinine</button> is bitter.</p>",
        "<p>No more than <button>6 mg</button></p>",
        "<p>Take <span><button>quinine</button></span> at night.</p>",
        "<p>Take <b>some</b> <button>quinine</button></p>",
        "<p>Painkillers: <button>naproxen</button> <button>ibuprofen</button></p>",
        "<div>Take <button>quinine</button> at night.</div>",
        "<h3>What does <button>quinine</button> do?</h3>",
        "<p>Take it <button><svg></svg></button>at night.</p>",
    ],
)
def test_buttons_that_are_words_of_a_sentence(markup: str) -> None:
    assert is_word_button(button(markup))


@pytest.mark.parametrize(
    "markup",
    [
        "<div><button>Share</button></div>",
        "<p>The cramp ends by itself. <button>Share</button></p>",
        "<p><button>Listen</button> The cramp ends by itself.</p>",
        "<p>It hurts. <button>Listen</button> It ends by itself.</p>",
        "<p><button>Listen</button> (3 min)</p>",
        "<p>Was this of use? <button>Oui</button> <button>Non</button></p>",
        "<p>About the authors <button>Show more</button></p>",
        "<p>News <button>\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}</button></p>",
        "<div>Text size <button>larger</button></div>",
        "<div><p>Take</p><button>quinine</button><p>at night</p></div>",
        "<p>Take<br><button>quinine</button></p>",
    ],
)
def test_buttons_that_do_something(markup: str) -> None:
    assert not is_word_button(button(markup))


@pytest.mark.parametrize(
    ("markup", "note"),
    [
        ("<p>It slows uptake.<button>3</button> Rest.</p>", True),
        ("<p>It slows uptake<button>3, 4</button></p>", True),
        ("<p>It slows uptake <button>[3]</button></p>", True),
        ("<p>Take <button>3</button> tablets</p>", False),
        ("<p>Take some (<button>3</button> or so)</p>", False),
        ("<p>Vitamin<button>B12</button></p>", False),
    ],
)
def test_buttons_that_are_numbers_of_notes(markup: str, note: bool) -> None:
    assert is_note_button(button(markup)) is note


def test_word_buttons_become_words() -> None:
    page = html.fragment_fromstring("<p>Take <button>quinine</button>. <button>Print</button></p>")
    assert [found.tag for found in without_word_buttons(page)] == ["span", "button"]


TABS = (
    '<div><ul><li><a role="tab" href="#s">Symptoms</a></li>'
    '<li><button data-bs-toggle="tab" data-bs-target="#t">Treatment</button></li>'
    '<li id="c"><a role="tab" id="tab-c" href="">Costs</a></li></ul>'
    '<div id="s"><p>It hurts.</p></div><div id="t" role="tabpanel"><h3>Treatment</h3>Rest.</div>'
    '<div role="tab">Costs</div><div role="tabpanel" aria-labelledby="tab-c">None.</div>'
    '<a role="tab" href="#gone">Elsewhere</a></div>'
)


def test_tabs_name_their_panels() -> None:
    found = find_tabs(html.fragment_fromstring(TABS))
    assert {shown_text(panel): name for panel, name in found.names.items()} == {
        "It hurts.": "Symptoms",
        "None.": "Costs",
    }
    assert sorted(shown_text(tab) for tab in found.controls) == [
        "Costs",
        "Costs",
        "Symptoms",
        "Treatment",
    ]


def test_a_heading_right_above_its_panel_is_no_tab() -> None:
    accordion = (
        '<div><div role="tab" id="one"><h4>Is it catching?</h4></div>'
        '<div role="tabpanel" aria-labelledby="one">No.</div></div>'
    )
    found = find_tabs(html.fragment_fromstring(accordion))
    assert (found.controls, dict(found.names)) == (frozenset(), {})
