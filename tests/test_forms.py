"""Whose page a form comes from, by what browsers say of it."""

import pytest
from starlette.requests import Request

from service.web.forms import is_own


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({}, True),
        ({"origin": "http://clinic:8000"}, True),
        ({"origin": "http://elsewhere"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://["}, False),
        ({"origin": "http://clinic:8000", "sec-fetch-site": "cross-site"}, False),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, True),
    ],
)
def test_only_forms_of_our_own_pages_are_taken(headers: dict[str, str], *, own: bool) -> None:
    sent = {"host": "clinic:8000"} | headers
    pairs = [(name.encode(), value.encode()) for name, value in sent.items()]
    assert is_own(Request({"type": "http", "headers": pairs})) is own
