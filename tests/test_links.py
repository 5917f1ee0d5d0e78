"""The address at the quote, as "URL Fragment Text Directives" (WICG) writes it."""

import re
from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.records import Article, Passage, sha256_of
from service.evidence.links import article_href, article_link, original_link


def _article(url: str | None = "https://example.org/cramp") -> Article:
    return Article("cramp.md", "Cramp", "", (), "cramp.md", "0" * 64, url=url)


@pytest.mark.parametrize(
    ("body", "fragment"),
    [
        ("Drink water.", "Drink%20water."),
        ("one two three four five six seven", "one%20two%20three%20four%20five%20six%20seven"),
        (
            "one two three four five six seven eight nine ten eleven twelve thirteen",
            "one%20two%20three%20four%20five%20six,eight%20nine%20ten%20eleven%20twelve%20thirteen",
        ),
        ("A well-known cause", "A%20well%2Dknown%20cause"),
        ("salt, water & rest", "salt%2C%20water%20%26%20rest"),
        ("50% of people? #1 +", "50%25%20of%20people%3F%20%231%20%2B"),
        ("white \t  space", "white%20space"),
        ("légs", "l%C3%A9gs"),
        ("\U0001f9b5 hurts", "%F0%9F%A6%B5%20hurts"),
        ("تشنج العضلات", "%D8%AA%D8%B4%D9%86%D8%AC%20%D8%A7%D9%84%D8%B9%D8%B6%D9%84%D8%A7%D8%AA"),
    ],
)
def test_the_words_of_a_quote_percent_encoded(body: str, fragment: str) -> None:
    assert original_link(_article(), body) == f"https://example.org/cramp#:~:text={fragment}"


def test_neither_end_reaches_over_a_block() -> None:
    body = (
        "Stretch the calf\n\nDrink water with a pinch of salt in it\n\nRest\n\nWarm the muscle up"
    )
    link = original_link(_article(), body)
    assert link is not None
    assert link.split("text=")[1] == "Stretch%20the%20calf,Warm%20the%20muscle%20up"


def test_a_line_of_a_word_or_two_does_not_name_the_place() -> None:
    body = "Rest.\n\nStretch the calf slowly\n\nHeat."
    assert original_link(_article(), body) == (
        "https://example.org/cramp#:~:text=Stretch%20the%20calf%20slowly"
    )
    assert original_link(_article(), "Rest.\nHeat.") == (
        "https://example.org/cramp#:~:text=Rest.,Heat."
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/a#causes", "https://example.org/a#causes:~:text=Rest."),
        ("https://example.org/a#", "https://example.org/a#:~:text=Rest."),
        ("https://example.org/?a=1&b=2", "https://example.org/?a=1&b=2#:~:text=Rest."),
        ("https://example.org/a#:~:text=old", "https://example.org/a#:~:text=Rest."),
        ("https://example.org/a#b:~:text=old", "https://example.org/a#b:~:text=Rest."),
        ("HTTP://EXAMPLE.ORG", "HTTP://EXAMPLE.ORG#:~:text=Rest."),
    ],
)
def test_an_address_with_a_query_or_a_fragment_keeps_it(url: str, expected: str) -> None:
    assert original_link(_article(url), "Rest.") == expected


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "JavaScript:alert(1)//https://example.org",
        " javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.org/a",
        "//example.org/a",
        "example.org/a",
        "https://",
        "https:///path",
        "https:// example.org",
        "file:///etc/passwd",
    ],
)
def test_what_is_not_a_web_address_is_no_link(url: str | None) -> None:
    assert original_link(_article(url), "Rest.") is None


def test_no_words_open_the_page_itself() -> None:
    assert original_link(_article(), " \n ") == "https://example.org/cramp"
    assert original_link(_article("https://example.org/#"), "") == "https://example.org/"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_a_directive_reads_back_and_means_nothing_else(body: str) -> None:
    link = original_link(_article(), body)
    assert link is not None
    address, _, directive = link.partition("#:~:text=")
    assert address == "https://example.org/cramp"
    assert re.fullmatch(r"[A-Za-z0-9_.~%]*(,[A-Za-z0-9_.~%]+)?", directive)
    for part in directive.split(","):
        assert unquote(part) in " ".join(body.split())


def test_the_article_here_at_the_passage() -> None:
    passage = Passage("back/why cramp?#1.md", 5, 25, (), "x" * 20)
    link = article_link(passage)
    assert link == (
        "/articles/back/why%20cramp%3F%231.md?start=5&end=25&sha256=d4fc1db665446507#p5-25"
    )
    assert sha256_of("x" * 20).startswith("d4fc1db665446507")
    assert urlsplit(link).fragment == "p5-25"
    assert article_link(replace(passage, article_id="légs.md")).startswith(
        "/articles/l%C3%A9gs.md?"
    )


def test_an_article_address_escapes_its_id() -> None:
    assert article_href("a/b c?d#e%.md") == "/articles/a/b%20c%3Fd%23e%25.md"
    assert article_href("a.md", 3, 9) == "/articles/a.md?start=3&end=9#p3-9"
    assert article_href("a.md", 3, 9, "0123456789abcdef" * 4) == (
        "/articles/a.md?start=3&end=9&sha256=0123456789abcdef#p3-9"
    )
