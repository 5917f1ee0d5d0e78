"""The title of a page's article, told from the name of its site."""

import pytest
from lxml import html

from ingest.page_metadata import page_metadata
from ingest.page_title import without_site

HOME = '<h1 class="title"><a href="https://blog.example/">Harbour Blog</a></h1>'
POST = "<h3>Night cramps</h3><p>The calf hurts.</p>"


def title_of(head: str, body: str) -> str | None:
    source = f"<html><head>{head}</head><body>{body}</body></html>"
    return page_metadata(html.document_fromstring(source)).title


def json_ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Cramp at night - Harbour Lane</title>", "<h1>Cramp at night</h1>",
         "Cramp at night"),
        ("<title>Cramp at night | Harbour</title>", "<p>x</p>", "Cramp at night"),
        (
            '<meta property="og:site_name" content="Harbour Lane">'
            "<title>Cramp at night – Harbour Lane</title>",
            "<h1>Harbour Lane</h1><h2>Cramp at night</h2>",
            "Cramp at night",
        ),
        ("<title>Cramp – why it comes</title>", "<p>x</p>", "Cramp – why it comes"),
        (
            "<title>Sleep and legs</title>",
            "<h1>Our clinic</h1><h1>Sleep and legs</h1>",
            "Sleep and legs",
        ),
        (json_ld('{"@type": "Article", "headline": "Legs &amp; sleep"}'), "", "Legs & sleep"),
        ("", "<h1>First</h1><h1>Second</h1>", "First"),
        ("", '<nav><h1>Menu</h1></nav><p>x</p>', None),
    ],
)  # fmt: skip
def test_titles(head: str, body: str, title: str | None) -> None:
    assert title_of(head, body or "<p>x</p>") == title


@pytest.mark.parametrize(
    ("title", "site", "bare"),
    [
        ("Cramp | Symptoms and treatment | NHS", [], "Cramp | Symptoms and treatment"),
        ("Harbour Lane: Cramp", ["Harbour Lane"], "Harbour Lane: Cramp"),
        ("Harbour Lane - Cramp", ["Harbour Lane"], "Cramp"),
        ("Cramp - The Harbour", ["harbour.org"], "Cramp"),
        ("Cramp", ["Cramp"], "Cramp"),
        ("", [], ""),
    ],
)
def test_the_name_of_the_site_is_taken_off(title: str, site: list[str], bare: str) -> None:
    assert without_site(title, site) == bare


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("<title>Harbour Blog: Night cramps</title>", HOME + POST),
        ("<title>Night cramps - Harbour Blog</title>", HOME + POST),
        ("<title>Harbour Blog</title>", HOME + "<h1>Night cramps</h1>"),
        (
            '<title>Harbour Blog: Night cramps</title><meta property="og:title"'
            ' content="Night cramps">',
            "<h1>Harbour Blog</h1>" + POST,
        ),
        ("<title>Night cramps - Harbour</title>", "<h1>Harbour</h1><h1>Night cramps</h1>"),
        (
            "<title>Night cramps - Blog of cramps</title>",
            '<h1 class="site-title">Blog of cramps</h1>' + POST,
        ),
        (
            '<title>Night cramps</title><meta property="og:site_name" content="Cramps Online">',
            "<h1>Cramps Online</h1>" + POST,
        ),
        (
            '<meta property="og:title" content="Harbour Blog"><title>Night cramps</title>'
            '<meta property="og:site_name" content="Harbour Blog">',
            "<h2>Night cramps</h2>",
        ),
    ],
)
def test_the_name_of_a_site_is_no_title(head: str, body: str) -> None:
    assert title_of(head, body) == "Night cramps"


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Leg cramps - Causes</title>", "<h1>Leg cramps</h1><h2>Causes</h2>", "Leg cramps"),
        ("<title>Leg cramps: causes</title>", "<h1>Leg cramps</h1>", "Leg cramps"),
        (
            '<link rel="canonical" href="https://a.example/legs/"><title>Legs</title>',
            '<h1><a href="https://a.example/legs/">Legs</a></h1>',
            "Legs",
        ),
        ("<title>Harbour Blog</title>", HOME, "Harbour Blog"),
    ],
)
def test_a_title_that_could_be_the_name_of_a_site(head: str, body: str, title: str) -> None:
    assert title_of(head, body) == title


@pytest.mark.parametrize("head", ["", "<title>Untitled document</title>", "<title>l.docx</title>"])
def test_the_title_of_an_exported_document(head: str) -> None:
    title = '<p class="c3 title" id="h.1"><span>Night cramps</span></p>'
    assert title_of(head, f"<p>Draft</p>{title}<h1>Causes</h1><p>x</p>") == "Night cramps"
    plain = '<p class="title">Night cramps</p><h1>Causes</h1><p class="title">Dr</p>'
    assert title_of(head, plain) == "Night cramps"
