"""What a page says about itself: data in several shapes, visible lines, and never a guess."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from ingest.document import Metadata
from ingest.page_metadata import page_metadata
from ingest.stated_dates import iso_date

MESSY = (Path(__file__).parent / "data" / "messy_page.html").read_bytes()


def metadata(head: str = "", body: str = "<h1>Cramp</h1><p>Text.</p>", root: str = "") -> Metadata:
    source = f"<html {root}><head>{head}</head><body>{body}</body></html>"
    return page_metadata(html.document_fromstring(source))


def json_ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


def test_a_messy_page() -> None:
    tree = html.document_fromstring(MESSY.decode())
    assert page_metadata(tree) == Metadata(
        title="Night leg cramps: what helps",
        publisher="Harbour Lane Clinic",
        authors=("Ines Calloway",),
        published="2023-02-01",
        modified="2024-06-02",
        reviewed="2024-05-17",
        reviewed_by="Tomas Wren, MD",
        url="https://clinic.example/leg-cramps",
        licence="https://creativecommons.org/licenses/by/4.0/",
        language="en",
    )


def test_a_page_that_says_nothing() -> None:
    assert metadata(body="<p>Text.</p>") == Metadata()


@pytest.mark.parametrize(
    "text",
    [
        '{"@type": "Article", "author": {"name": "Ines Calloway"}, "datePublished": "2024-01-02"}',
        '[{"@type": "Article", "author": ["Ines Calloway"], "datePublished": "2024-01-02"}]',
        '{"@graph": [{"@type": "Person", "@id": "#i", "name": "Ines Calloway"}, {"@type":'
        ' "MedicalWebPage", "author": {"@id": "#i"}, "datePublished": "2024-01-02T23:00-08:00"}]}',
        '{"@type": "WebPage", "mainEntity": {"@type": ["BlogPosting"], "author":'
        ' "By Ines Calloway",'
        ' "datePublished": "2024-01-02"}}',
        '<!-- {"@type": "https://schema.org/NewsArticle", "author":'
        ' [{"name": ["Ines Calloway"]}],\n'
        '"datePublished": "2024-01-02",} -->',
        '//<![CDATA[\n{"@type": "Article", "author": {"name": "Ines Calloway"},\n"description":'
        ' "two\n'
        'lines", "datePublished": "January 2, 2024"}\n//]]>',
        '{"@type": "Article", "author": {"name": "Ines Calloway"}, "datePublished": "2024-01-02"};'
        '{"@type": "BreadcrumbList"}',
    ],
)  # fmt: skip
def test_shapes_of_json_ld(text: str) -> None:
    found = metadata(json_ld(text))
    assert (found.authors, found.published) == (("Ines Calloway",), "2024-01-02")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        '{"@type": "Article", "headline": ',
        "[" * 50_000,
        "null",
        '"Article"',
        '{"@type": 7, "author": 8}',
        '{"@type": "Article", "author": [[["x"]]], "datePublished": {"a": 1}, "publisher": [1]}',
        '{"@type": "Article", "license": [], "url": {}, "inLanguage": [{}]}',
        '{"@type": "ItemList", "itemListElement": [{"@type": "Article", "author": "Otto Berg"}]}',
    ],
)
def test_broken_or_foreign_json_ld_states_nothing(text: str) -> None:
    assert metadata(json_ld(text)) == Metadata(title="Cramp")


def test_the_author_is_not_the_publisher_again() -> None:
    text = (
        '{"@type": "Article", "author": {"@type": "Organization", "name": "Harbour Lane"},'
        ' "publisher": {"name": "Harbour Lane"}}'
    )
    found = metadata(json_ld(text))
    assert (found.authors, found.publisher) == ((), "Harbour Lane")


def test_meta_tags() -> None:
    head = (
        '<meta property="og:site_name" content="Harbour Lane"><meta name="author" content="Ines'
        ' Calloway and Otto Berg"><meta property="article:modified_time" content="2024-03-04T05Z">'
        '<meta name="DC.date.issued" content="2023-11"><meta name="lastReviewed"'
        ' content="5 May 2024">'
        '<meta name="dcterms.license" content="CC BY 4.0"><meta property="og:url"'
        ' content="https://clinic.example/cramp"><meta property="og:locale" content="de_AT">'
    )
    assert metadata(head) == Metadata(
        title="Cramp",
        publisher="Harbour Lane",
        authors=("Ines Calloway", "Otto Berg"),
        published="2023-11",
        modified="2024-03-04",
        reviewed="2024-05-05",
        url="https://clinic.example/cramp",
        licence="CC BY 4.0",
        language="de",
    )


def test_microdata() -> None:
    body = (
        '<h1>Cramp</h1><p>By <span itemprop="author" itemscope><b itemprop="name">Ines Calloway</b>'
        '</span> <time itemprop="datePublished" datetime="2024-02-03">last week</time></p>'
        '<div class="related-posts"><span itemprop="author">Otto Berg</span></div>'
    )
    found = metadata(body=body)
    assert (found.authors, found.published) == (("Ines Calloway",), "2024-02-03")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ["Medically reviewed by Tomas Wren, MD — By Ines Calloway — Updated on March 3, 2024"],
            Metadata(modified="2024-03-03", reviewed_by="Tomas Wren, MD"),
        ),
        (
            ["Written by Ines Calloway", "Medically Reviewed by:", "Tomas Wren, PhD"],
            Metadata(authors=("Ines Calloway",), reviewed_by="Tomas Wren, PhD"),
        ),
        (
            ["By Ines Calloway and Otto van den Berg", "Published: 2 January 2023"],
            Metadata(authors=("Ines Calloway", "Otto van den Berg"), published="2023-01-02"),
        ),
        (
            ["Page last reviewed: 12 April 2024 Next review due: 12 April 2027"],
            Metadata(reviewed="2024-04-12"),
        ),
        (["Last updated", "May 2022"], Metadata(modified="2022-05")),
        (["Reviewed 3/4/2024"], Metadata()),
        (["Next review due: 12 April 2027"], Metadata()),
        (["By resting you help the leg."], Metadata()),
        (["Updated advice: drink when thirsty."], Metadata()),
    ],
)
def test_visible_lines(lines: list[str], expected: Metadata) -> None:
    body = "<h1>Cramp</h1>" + "".join(f"<p>{line}</p>" for line in lines)
    found = metadata(body=body)
    assert (found.authors, found.reviewed_by) == (expected.authors, expected.reviewed_by)
    assert (found.published, found.modified, found.reviewed) == (
        expected.published,
        expected.modified,
        expected.reviewed,
    )


def test_prose_and_other_articles_state_nothing() -> None:
    body = (
        "<h1>Cramp</h1><p>Text.</p><p>The guidance of the society was last updated in a meeting"
        " on 5 May 2020, and was reviewed by Anna Stone and her colleagues, who had asked many of"
        " the people that live with cramps about what helps them most in long winter nights.</p>"
        '<div class="related-posts"><p>By Otto Berg</p><p>Published 3 May 2021</p></div>'
    )
    assert metadata(body=body) == Metadata(title="Cramp")


@pytest.mark.parametrize(
    ("head", "address"),
    [
        ('<link rel="canonical" href="https://a.example/x">', "https://a.example/x"),
        ('<link rel="canonical" href="/x"><base href="https://a.example/">', "https://a.example/x"),
        ('<link rel="canonical" href="/x">', None),
        ('<link rel="canonical" href="javascript:void(0)">', None),
        ('<link rel="canonical" href="http://[bad">', None),
        (json_ld('{"@type": "Article", "mainEntityOfPage": {"@id": "https://a.example/y"}}'),
         "https://a.example/y"),
    ],
)  # fmt: skip
def test_addresses(head: str, address: str | None) -> None:
    assert metadata(head).url == address


@pytest.mark.parametrize(
    ("root", "language"),
    [('lang="en-US"', "en"), ('lang="pt_BR"', "pt"), ('lang=""', None), ('lang="english"', None)],
)
def test_languages(root: str, language: str | None) -> None:
    assert metadata(root=root).language == language


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2024-05-06T07:08:09Z", "2024-05-06"),
        ("20240506", "2024-05-06"),
        ("2024/5/6", "2024-05-06"),
        ("6 May 2024", "2024-05-06"),
        ("6th of May, 2024", "2024-05-06"),
        ("May 6, 2024", "2024-05-06"),
        ("Sept. 6, 2024", "2024-09-06"),
        ("6. März 2024", "2024-03-06"),
        ("le 6 février 2024", "2024-02-06"),
        ("6 de mayo de 2024", "2024-05-06"),
        ("May 2024", "2024-05"),
        ("2024", "2024"),
        ("25/12/2023", "2023-12-25"),
        ("12/25/2023", "2023-12-25"),
        ("25.12.2023", "2023-12-25"),
        ("05/05/2023", "2023-05-05"),
        ("03/04/2023", None),
        ("31 February 2023", None),
        ("1970-01-01T00:00:00Z", None),
        ("0001-01-01", None),
        ("room 2024b", None),
        ("Monday", None),
        ("", None),
    ],
)
def test_dates(text: str, date: str | None) -> None:
    assert iso_date(text) == date


@given(st.text(alphabet="0123456789-/. TMayJunedof,", max_size=30))
def test_a_date_is_a_date_or_nothing(text: str) -> None:
    found = iso_date(text)
    assert found is None or len(found) in (4, 7, 10)


@pytest.mark.parametrize(
    ("names", "authors"),
    [
        ("Calloway, Ines; Wren, Tomas", ("Calloway, Ines", "Wren, Tomas")),
        ("Ines Calloway, Tomas Wren", ("Ines Calloway", "Tomas Wren")),
        ("Calloway, Ines", ("Calloway, Ines",)),
    ],
)
def test_authors_in_one_tag(names: str, authors: tuple[str, ...]) -> None:
    assert metadata(f'<meta name="citation_authors" content="{names}">').authors == authors


def test_the_date_of_an_abbreviation_is_its_title() -> None:
    stated = '<abbr itemprop="datePublished" title="2024-03-02T08:00:00-08:00">8:00 AM</abbr>'
    assert metadata(body=stated).published == "2024-03-02"


@pytest.mark.parametrize(
    ("line", "field", "day"),
    [
        ("Publié le 1er mars 2024", "published", "2024-03-01"),
        ("Publié le 3 mars 2024, mis à jour le 5 avril 2024", "modified", "2024-04-05"),
        ("Veröffentlicht am 3. März 2024", "published", "2024-03-03"),
        ("Aktualisiert am 03.04.2024", "modified", "2024-04-03"),
        ("Medizinisch geprüft am 3. März 2024", "reviewed", "2024-03-03"),
        ("Stand: 3. März 2024", "modified", "2024-03-03"),
        ("Publicado el 3 de marzo de 2024", "published", "2024-03-03"),
        ("Última actualización: 3 de marzo de 2024", "modified", "2024-03-03"),
        ("Pubblicato il 3 marzo 2024", "published", "2024-03-03"),
        ("Publicado em 3 de março de 2024", "published", "2024-03-03"),
        ("Gepubliceerd op 3 maart 2024", "published", "2024-03-03"),
        ("发布日期：2024-03-03", "published", "2024-03-03"),
        ("更新时间：2024年3月3日", "modified", "2024-03-03"),
        ("Publicado el 04/03/2024", "published", None),
        ("El ensayo, publicado el 3 de marzo de 2019, no halló nada.", "published", None),
        ("该指南发布于2019年3月3日，建议休息。", "published", None),
    ],
)
def test_dates_in_other_languages(line: str, field: str, day: str | None) -> None:
    assert getattr(metadata(body=f"<h1>Cramp</h1><p>{line}</p>"), field) == day


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("Écrit par Ines Calloway", ("Ines Calloway",)),
        ("Geschrieben von Ines Calloway", ("Ines Calloway",)),
        ("A cura di Ines Calloway", ("Ines Calloway",)),
        ("Autora: Ines Calloway", ("Ines Calloway",)),
        ("作者：张三 发布时间：2024-03-03", ("张三",)),
    ],
)
def test_authors_in_other_languages(line: str, authors: tuple[str, ...]) -> None:
    assert metadata(body=f"<h1>Cramp</h1><p>{line}</p>").authors == authors
