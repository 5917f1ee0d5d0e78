"""What the headers of a request ask for, as RFC 9110 writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.web.negotiation import is_known, takes_gzip, weighted


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (None, []),
        ("", []),
        ("es", [("es", 1)]),
        ("es; q=0.9, EN;Q=0.5 , *;q=0", [("es", 0.9), ("en", 0.5), ("*", 0)]),
        ("es;level=1;q=0.2", [("es", 0.2)]),
        ("a;q=x, b;q=nan, c;q=-1, d;q=, ;q=1, e", [("e", 1)]),
    ],
)
def test_what_is_listed_has_its_weight(header: str | None, found: list[tuple[str, float]]) -> None:
    assert weighted(header) == found


@given(st.text())
def test_nothing_that_is_sent_breaks_it(header: str) -> None:
    assert all(0 <= weight < 2 for _, weight in weighted(header))
    assert not takes_gzip(header) or "gzip" in header.lower() or "*" in header
    assert not is_known('"a"', header) or '"a"' in header or "*" in header


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        (None, False),
        ("identity", False),
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("br, gzip;q=0.1", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("gzipped", False),
    ],
)
def test_gzip_is_sent_to_who_takes_it(header: str | None, taken: bool) -> None:
    assert takes_gzip(header) is taken


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (None, False),
        ('"a"', True),
        ('W/"a"', True),
        ('"b", W/"a"', True),
        ("*", True),
        ('"a-gz"', False),
        ("a", False),
    ],
)
def test_what_a_client_has_is_compared_weakly(header: str | None, known: bool) -> None:
    assert is_known('"a"', header) is known
