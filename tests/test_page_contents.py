"""Lists of links to parts of the same page, and what is none."""

import pytest
from lxml import html

from ingest.page_contents import contents_lists
from ingest.page_controls import shown_text

LIST = '<ul><li><a href="#a">Warum</a></li><li><a href="#b">Was hilft</a></li></ul>'
PARTS = '<h2 id="a">Warum</h2><p>Alter.</p><h2 id="b">Was hilft</h2><p>Dehnen.</p>'


def found(markup: str) -> list[str]:
    page = html.fragment_fromstring(f"<main>{markup}{PARTS}</main>")
    parts = contents_lists(page)
    return [shown_text(element) for element in page.iter() if element in parts]


def test_a_table_of_contents_in_any_language() -> None:
    assert found(LIST) == ["WarumWas hilft"]
    nested = LIST.replace("</li></ul>", '<ol><li>1.1 <a href="#b">Mehr</a></li></ol></li></ul>')
    assert len(found(nested)) == 1


def test_its_heading_goes_with_it() -> None:
    assert found(f"<h2>Quick links:</h2>{LIST}") == ["Quick links:", "WarumWas hilft"]
    assert len(found(f"<div><p>Gehe zu</p>{LIST}</div>")) == 2
    # Of a heading that names no contents, the text after the list is the section.
    assert found(f"<h2>Wadenkrampf</h2>{LIST}") == ["WarumWas hilft"]
    assert len(found(f"<div><h2>Wadenkrampf</h2>{LIST}<p>Er kommt nachts.</p></div>")) == 1


@pytest.mark.parametrize(
    "markup",
    [
        LIST.replace("#b", "/b"),
        LIST.replace("#b", "#"),
        LIST.replace("#b", "#elsewhere"),
        LIST.replace("Was hilft</a>", "Was hilft</a> am besten"),
        '<ul><li><a href="#a">Warum</a></li></ul>',
        f"<p>Es gibt zwei Arten, die ein Arzt sehen muss:</p>{LIST}",
    ],
)
def test_lists_that_are_no_table_of_contents(markup: str) -> None:
    assert found(markup) == []
