"""What names say of the parts of a page, and which names say nothing: those made of headings."""

import pytest
from lxml import html

from ingest.page_regions import region_of, without_heading_names


def named(identifier: str, inside: str = "", tag: str = "div") -> str | None:
    region = region_of(html.fragment_fromstring(f'<{tag} id="{identifier}">{inside}</{tag}>'))
    return region.reason if region else None


@pytest.mark.parametrize(
    "identifier",
    [
        "alcohol-related-liver-disease",
        "work-related-asthma",
        "drug-related-problems",
        "needle-sharing",
        "nutrition-and-social-support",
        "social-anxiety",
        "cookies-and-cakes",
        "suggested-doses",
        "recommended-vaccines",
        "menu-planning",
        "health-promotion",
        "how-to-respond",
        "informed-consent",
        "skin-tags",
    ],
)
def test_names_of_what_an_article_is_about_are_no_parts_of_a_site(identifier: str) -> None:
    assert named(identifier) is None


@pytest.mark.parametrize(
    ("identifier", "reason"),
    [
        ("related-posts", "related articles"),
        ("news-related__slider", "related articles"),
        ("jp-relatedposts", "related articles"),
        ("post-related-grid", "related articles"),
        ("c-related__inner", "related articles"),
        ("recommended-stories", "related articles"),
        ("suggested", "related articles"),
        ("article__social", "share buttons"),
        ("sd-sharing-enabled", "share buttons"),
        ("cookie-banner", "cookie banner"),
        ("consent", "cookie banner"),
        ("comment-respond", "comment"),
        ("respond", "comment"),
        ("main-menu", "navigation"),
        ("promotion", "advertisement"),
        ("post-tags", "navigation"),
    ],
)
def test_names_of_parts_of_a_site(identifier: str, reason: str) -> None:
    assert named(identifier) == reason


@pytest.mark.parametrize(
    ("identifier", "heading"),
    [
        ("you-may-also-like", "You may also like"),
        ("more-from-health", "More from Health"),
        ("recommended-for-you", "Recommended for you"),
        ("most-popular", "Most popular"),
        ("join-our-newsletter", "Join our newsletter"),
        ("social-media", "Social media"),
    ],
)
def test_a_part_whose_heading_names_it_too_is_one(identifier: str, heading: str) -> None:
    assert named(identifier, f"<h2>{heading}</h2><p>Ten foods</p>") is not None


def test_an_identifier_made_of_the_heading_inside_names_no_part() -> None:
    assert named("consent", "<h2>Consent</h2><p>You decide.</p>") is None
    assert named("social-media-1", "<div><h3>Social <i>media</i></h3></div>", "section") is None
    assert named("consent", "<h2>Cookies</h2>") == "cookie banner"
    assert named("related-articles", "<h2>Related articles</h2>") == "related articles"
    assert named("comments", "<h2>Comments</h2>") == "comment"


def test_a_copy_without_names_of_headings_leaves_the_page_as_it_was() -> None:
    source = '<div id="a"><section id="key-points"><h2 id="key">Key points</h2></section></div>'
    page = html.fragment_fromstring(source)
    copied = without_heading_names(page)
    assert html.tostring(copied) == b'<div id="a"><section><h2>Key points</h2></section></div>'
    assert html.tostring(page) == source.encode()


def test_an_identifier_of_a_heading_names_no_part() -> None:
    assert named("age-related-loss", "Age-related loss", "h2") is None
    assert named("related", "Age", "h2") is None
    classed = html.fragment_fromstring('<h2 id="x" class="related-posts">More</h2>')
    region = region_of(classed)
    assert region is not None
    assert region.reason == "related articles"


TABLE = "<table><tr><td>Adult</td><td>5 mg</td></tr></table>"


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        (f"<figure>{TABLE}<figcaption id='c'>Doses</figcaption></figure>", None),
        (f"<div><p id='c' class='caption'>Doses</p>{TABLE}</div>", None),
        (f"<div><p class='caption'><b id='c' class='caption-text'>A</b></p>{TABLE}</div>", None),
        (
            f"<section><h3>Table 1</h3><div id='c' class='caption p'>Doses</div>"
            f"<div>{TABLE}</div></section>",
            None,
        ),
        (f"<div><img><p>A</p>{TABLE}<p id='c' class='caption'>Doses</p></div>", None),
        (f"<div>{TABLE}<p id='c' class='caption'>A leg</p><img></div>", "picture caption"),
        (f"<div>{TABLE}<div id='c' class='caption'><img>A leg</div></div>", "picture caption"),
        ("<figure><img><figcaption id='c'>A leg</figcaption></figure>", "picture caption"),
        (
            f"<div>{TABLE}<p>A</p><figure><img><figcaption id='c'>B</figcaption></figure></div>",
            "picture caption",
        ),
    ],
)  # fmt: skip
def test_captions_of_tables_and_pictures(markup: str, reason: str | None) -> None:
    region = region_of(html.fragment_fromstring(markup).get_element_by_id("c"))
    assert (region.reason if region else None) == reason


@pytest.mark.parametrize(
    ("markup", "reason"),
    [
        ('<div><p><a href="#cmnt_ref1">[a]</a>ask the ward</p></div>', "comment"),
        ('<p><a href="#cmnt_ref1">[a]</a>ask the ward</p>', "comment"),
        ('<p><a href="#ftnt_ref1">[1]</a>not for children</p>', None),
        ('<p>As said<a href="#cmnt1">[a]</a></p>', None),
    ],
)
def test_remarks_exported_with_a_document(markup: str, reason: str | None) -> None:
    region = region_of(html.fragment_fromstring(markup))
    assert (region.reason if region else None) == reason
