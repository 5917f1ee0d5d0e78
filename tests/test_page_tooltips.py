"""Tooltips: hidden where they explain a term, shown where the term itself bears the role."""

import pytest
from lxml import etree, html

from ingest.page_tooltips import hide_tooltips


@pytest.mark.parametrize(
    "markup",
    [
        '<p><a aria-describedby="k t">Potassium</a> <b role="tooltip" id="t">a salt</b></p>',
        '<p>Low <b>potassium</b><span role="tooltip">a salt</span> hurts.</p>',
        '<p>Low potassium<span role="tooltip">a salt</span> hurts.</p>',
        '<div><button aria-labelledby="t">i</button><div role="tooltip" id="t">a salt</div></div>',
    ],
)
def test_what_explains_a_term_is_hidden(markup: str) -> None:
    assert hidden(markup) == ["a salt"]


@pytest.mark.parametrize(
    "markup",
    [
        '<p>Low <span role="tooltip" id="t" title="a salt">potassium</span> hurts.</p>',
        '<p>Low (<span role="tooltip">potassium</span>) hurts.</p>',
        '<p><span role="tooltip">Potassium</span> is a salt.</p>',
    ],
)
def test_a_term_that_bears_the_role_is_shown(markup: str) -> None:
    assert hidden(markup) == []


def hidden(markup: str) -> list[str]:
    root: etree._Element = hide_tooltips(html.fragment_fromstring(markup))
    return ["".join(found.itertext()) for found in root.iter("*") if found.get("hidden") == ""]
