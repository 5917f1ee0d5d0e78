"""The list of articles: its filters, its choices, and narrowing an answer by the same."""

from collections.abc import Iterator, Sequence
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from index.records import Article
from service.answers import Answers
from service.evidence.sources import latest_date
from service.filters import Filters, filters_from, parameters_of
from service.suggest import Kind
from service.web.browse import Catalogue, Choices, browse, chosen_from, foreign
from tests.service_fixtures import (
    CAUSES,
    SHOW_NONE,
    SOURCES,
    build,
    client,
    settings_in,
    write_corpus,
)

CALAMBRES = """---
title: Calambres
publisher: Otra biblioteca
published: 2019-01-02
modified: 2021
language: es
---

# Calambres

## Causes

El calor y el cansancio causan calambres por la noche en las piernas.
"""
PAGE = {"accept": "text/html"}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("browse")
    write_corpus(home / "corpus", {**SOURCES, "es/calambres.md": CALAMBRES})
    settings = settings_in(home)
    build(settings)
    with client(settings) as opened:
        yield opened


@pytest.fixture
def answers(web: TestClient) -> Answers:
    answers: Answers = web.app.state.answers  # type: ignore[attr-defined]
    return answers


def titles(answers: Answers, **chosen: str) -> list[str]:
    return [article.title for article in browse(answers, chosen_from(chosen), 1).articles]


NIGHT, WATER, SPANISH = "Night leg cramps", "Water and salt", "Calambres"


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({}, [SPANISH, NIGHT, WATER]),
        ({"publisher": "Example Library"}, [NIGHT]),
        ({"publisher": "example library"}, []),
        ({"section_type": "when_to_seek_care"}, [NIGHT]),
        ({"section_type": "causes"}, [SPANISH, NIGHT]),
        ({"section_type": "no such kind"}, []),
        ({"language": "es"}, [SPANISH]),
        ({"since": "2021"}, [SPANISH, NIGHT]),
        ({"since": "2022"}, [NIGHT]),
        ({"since": "none"}, [WATER]),
        ({"since": "2021", "order": "newest"}, [NIGHT, SPANISH]),
        ({"since": "2021", "language": "es", "title": "CALAM"}, [SPANISH]),
        ({"since": "2021", "language": "es", "title": "night"}, []),
    ],
)
def test_articles_fit_all_that_is_chosen(
    answers: Answers, chosen: dict[str, str], found: list[str]
) -> None:
    assert titles(answers, **chosen) == found


def test_the_latest_date_that_is_stated_counts(answers: Answers) -> None:
    dates = {article.title: latest_date(article) for article in answers.articles()}
    assert dates == {SPANISH: "2021", NIGHT: "2025-06", WATER: None}


def test_the_choices_are_those_of_the_articles(answers: Answers) -> None:
    choices = Catalogue().choices(answers)
    assert choices == Choices(
        publishers=("Another Library", "Example Library", "Otra biblioteca"),
        kinds=choices.kinds,
        languages=("en", "es"),
        years=("2025", "2021"),
        undated=True,
        unnamed=True,
    )
    assert {"causes", "when_to_seek_care"} <= set(choices.kinds)


@pytest.mark.parametrize(
    ("tags", "language", "found"),
    [
        (("en", "es"), "es", ()),
        (("es-MX",), "es", ()),
        (("en", "en-GB"), "es", ("en",)),
        (("fr", "en"), "es", ("fr", "en")),
        ((), "es", ()),
    ],
)
def test_languages_that_are_not_the_pages(
    tags: tuple[str, ...], language: str, found: tuple[str, ...]
) -> None:
    assert foreign(Choices((), (), tags, (), undated=False), language) == found
    some_unnamed = Choices((), (), tags, (), undated=False, unnamed=True)
    assert foreign(some_unnamed, language) == ()


def test_who_reads_in_another_language_is_told_that_of_the_articles(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", {"night.md": SOURCES["night.md"]})
    settings = settings_in(tmp_path)
    build(settings)
    with client(settings) as web:
        assert "están en inglés" in web.get("/?lang=es", headers=PAGE).text
        assert "are in English" not in web.get("/", headers=PAGE).text
        answer = web.post("/?lang=es", data={"q": CAUSES}, headers=PAGE).text
        assert "Idioma: inglés" in answer
        assert "Language: English" not in web.post("/", data={"q": CAUSES}, headers=PAGE).text
    with client(settings.model_copy(update={"answer_threshold": SHOW_NONE})) as web:
        none = web.post("/?lang=es", data={"q": CAUSES}, headers=PAGE).text
        assert "están en inglés: pregunte en ese idioma" in none


def test_the_page_offers_and_keeps_the_choices(web: TestClient) -> None:
    query = {"section_type": "causes", "since": "2021", "language": "es"}
    page = web.get("/articles", params=query, headers=PAGE).text
    for option in (
        '<option value="causes" selected>Causes</option>',
        '<option value="2021" selected>2021 or later</option>',
        '<option value="es" selected>Español</option>',
        '<option value="none">Not stated</option>',
    ):
        assert option in page
    assert "1 article." in page
    assert web.get("/articles?since=x&language=%00&page=-1", headers=PAGE).status_code == 200


@pytest.mark.parametrize(
    "filters",
    [
        None,
        Filters(publishers=("A", "B & C"), section_types=("causes",), published_since="2020"),
        Filters(articles=("x.md",), languages=("en",), modified_until="2024-02"),
    ],
)
def test_parameters_are_read_as_they_were_written(filters: Filters | None) -> None:
    assert filters_from(parameters_of(filters)) == filters


def test_an_answer_is_narrowed_by_its_form_and_says_so(web: TestClient) -> None:
    asked = {"q": CAUSES, "publisher": "Another Library", "section_type": "", "language": ""}
    page = web.post("/", data=asked, headers=PAGE).text
    assert "Searched only:" in page
    assert "Search everything" in page
    assert '<details class="narrow" open>' in page
    assert "night.md" not in page
    shared = unescape(page[page.index('class="share-link"') :].split('href="')[1].split('"')[0])
    assert shared.endswith("&publisher=Another+Library")
    again = web.get(shared, headers=PAGE).text
    assert "Searched only:" in again
    switch = page[page.index('<form method="post" action="/?lang=es">') :].split("</form>")[0]
    assert '<input type="hidden" name="publisher" value="Another Library">' in switch
    whole = web.post("/", data={"q": CAUSES, "publisher": ""}, headers=PAGE).text
    assert "Searched only:" not in whole
    assert '<details class="narrow">' in whole


def test_several_of_one_kind_are_kept_from_form_to_form(web: TestClient) -> None:
    asked = {"q": CAUSES, "publisher": ["Another Library", "Example Library"]}
    page = web.post("/", data=asked, headers=PAGE).text
    switch = page[page.index('<form method="post" action="/?lang=es">') :].split("</form>")[0]
    for name in asked["publisher"]:
        assert f'<input type="hidden" name="publisher" value="{name}">' in switch
    assert "night.md" in page
    assert "Otra biblioteca" not in page.split('class="narrowed"')[1]


def test_a_narrowed_search_that_finds_nothing_leads_on(web: TestClient) -> None:
    asked = {"q": CAUSES, "publisher": "Nobody"}
    page = web.post("/", data=asked, headers=PAGE).text
    assert "Others may: search everything." in page
    assert "<blockquote" not in page


def test_a_filter_that_makes_no_sense_is_a_clear_error(web: TestClient) -> None:
    page = web.post("/", data={"q": CAUSES, "published_since": "soon"}, headers=PAGE)
    assert page.status_code == 422
    assert "is not a date" in unescape(page.text)


@pytest.fixture
def behind(tmp_path: Path) -> tuple[TestClient, Answers]:
    """Return a service that has yet to see that Spanish was added, and what answers in it."""
    settings = settings_in(tmp_path)
    write_corpus(settings.corpus)
    build(settings)
    web = client(settings)  # not entered: nothing follows the index but the test
    desk: Answers = web.app.state.answers  # type: ignore[attr-defined]
    write_corpus(settings.corpus, {"es/calambres.md": CALAMBRES})
    build(settings)
    return web, desk


def test_a_swap_in_the_middle_labels_nothing_new_with_the_old_snapshot(
    behind: tuple[TestClient, Answers], monkeypatch: pytest.MonkeyPatch
) -> None:
    web, desk = behind
    read = Answers.articles
    swapped: list[bool] = []

    def swapping(self: Answers) -> Sequence[Article]:
        swapped.append(desk.refresh())
        return read(self)

    monkeypatch.setattr(Answers, "articles", swapping)
    old = desk.held()
    during, after = (web.get("/", headers=PAGE).text for _ in range(2))
    assert swapped[:2] == [True, False]
    assert "Otra biblioteca" not in during
    assert "2 articles are indexed" in during
    assert "Otra biblioteca" in after
    assert "3 articles are indexed" in after
    assert (old.info.articles, desk.info.articles) == (2, 3)
    assert [article.title for article in old.articles()] == [NIGHT, WATER]


def test_completions_are_those_of_the_snapshot_they_are_kept_for(
    behind: tuple[TestClient, Answers], monkeypatch: pytest.MonkeyPatch
) -> None:
    web, desk = behind
    headings = Answers.headings

    def swapping(self: Answers) -> list[tuple[str, Kind]]:
        desk.refresh()
        return headings(self)

    monkeypatch.setattr(Answers, "headings", swapping)
    offered = [web.get("/v1/suggest?q=calam").json()["suggestions"] for _ in range(2)]
    assert offered == [[], [{"text": SPANISH, "kind": "title"}]]


def test_an_article_without_passages_shifts_no_other(tmp_path: Path) -> None:
    bare = (
        '{"_id": "bare", "title": "", "text": ""}\n{"_id": "rest", "title": "", "text": "Rest."}\n'
    )
    write_corpus(tmp_path / "corpus", {**SOURCES, "a.jsonl": bare})
    settings = settings_in(tmp_path)
    build(settings)
    with client(settings) as opened:
        desk: Answers = opened.app.state.answers  # type: ignore[attr-defined]
        assert not desk.passages("a.jsonl/bare")
        assert titles(desk, section_type="when_to_seek_care") == [NIGHT]
