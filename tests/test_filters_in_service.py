"""Filters over HTTP, on the page and on the command line: the same ones, by the same names."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from index.errors import QuestionError
from index.filters import Filter
from service.cli import app
from service.filters import Filters, described, filters_from
from service.web.filter_parameters import query_filters
from tests.service_fixtures import CAUSES, SOURCES, build, client, settings_in, write_corpus


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("filters")
    write_corpus(home / "corpus")
    build(settings_in(home))
    with client(settings_in(home)) as opened:
        yield opened


def publishers(answer: dict[str, Any]) -> set[str]:
    return {passage["article"]["publisher"] for passage in answer["passages"]}


def test_without_filters_both_articles_speak(api: TestClient) -> None:
    answer = api.post("/v1/ask", json={"question": CAUSES}).json()
    assert publishers(answer) == {"Example Library", "Another Library"}
    assert answer["settings"]["filters"] is None
    empty = api.post("/v1/ask", json={"question": CAUSES, "filters": {}}).json()
    assert {**empty, "timings_ms": 0} == {**answer, "timings_ms": 0}


@pytest.mark.parametrize(
    ("filters", "query"),
    [
        ({"publishers": ["example LIBRARY"]}, "publisher=example+LIBRARY"),
        ({"articles": ["night.md", "none.md"]}, "article=night.md&article=none.md"),
        ({"languages": ["en"], "published_until": "2025"}, "language=en&published_until=2025"),
        ({"published_since": "2025-03-04"}, "published_since=2025-03-04&section_type="),
    ],
)
def test_post_get_and_page_search_the_same_passages(
    api: TestClient, filters: dict[str, Any], query: str
) -> None:
    posted = api.post("/v1/ask", json={"question": CAUSES, "filters": filters}).json()
    assert publishers(posted) == {"Example Library"}
    assert posted["reason"] is None
    given = {name: value for name, value in posted["settings"]["filters"].items() if value}
    assert given == filters
    got = api.get(f"/v1/ask?q={CAUSES}&{query}").json()
    assert {**got, "timings_ms": 0} == {**posted, "timings_ms": 0}
    page = api.get(f"/?q={CAUSES}&{query}").text
    assert "Calf cramps at night happen" in page
    assert "Dehydration can cause cramps" not in page


def test_section_types_choose_passages_and_leave_the_word_on_doctors(api: TestClient) -> None:
    filters = {"section_types": ["causes"]}
    answer = api.post("/v1/ask", json={"question": CAUSES, "filters": filters}).json()
    assert {passage["section_type"] for passage in answer["passages"]} == {"causes"}
    assert {care["section_type"] for care in answer["see_a_doctor"]} == {"when_to_seek_care"}


def test_a_filter_that_nothing_passes_is_said_to_be_the_reason(api: TestClient) -> None:
    filters = {"publishers": ["Nobody"], "modified_since": "2020"}
    answer = api.post("/v1/ask", json={"question": CAUSES, "filters": filters}).json()
    assert (answer["status"], answer["passages"]) == ("not_answered", [])
    assert answer["nearest_topics"] == []
    assert answer["reason"] == (
        "No passage passed the filters (publishers: Nobody; modified since: 2020)."
    )
    assert answer["disclaimer"]


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"publisher": ["x"]}, "filters.publisher"),
        ({"published_since": "yesterday"}, "is not a date"),
        ({"section_types": ["cures"]}, "section_types"),
        ({"languages": [""]}, "languages"),
        ({"articles": ["x"] * 101}, "articles"),
    ],
)
def test_filters_that_make_no_sense_are_refused_by_name(
    api: TestClient, filters: dict[str, Any], said: str
) -> None:
    response = api.post("/v1/ask", json={"question": CAUSES, "filters": filters})
    assert response.status_code == 422
    assert said in response.json()["detail"]
    assert not response.json()["detail"].endswith("..")


@pytest.mark.parametrize("query", ["section_type=cures", "modified_until=2020-13"])
def test_so_are_those_of_an_address(api: TestClient, query: str) -> None:
    response = api.get(f"/v1/ask?q={CAUSES}&{query}")
    assert response.status_code == 422
    assert query.partition("=")[0] in response.json()["detail"]
    assert api.get(f"/?q={CAUSES}&{query}").status_code == 422


class _Form(HTMLParser):
    """What a browser sends of the form that asks: hidden fields, and what each list has chosen."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self.inside, self.list = False, ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("class", "").split()[:1] == ["ask"]
        elif self.inside and tag == "select":
            self.list = given["name"]
        elif self.inside and (tag == "option" and "selected" in given):
            self.fields.append((self.list, given["value"]))
        elif self.inside and tag == "input":
            self.fields.append((given["name"], given["value"]))

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"


@pytest.mark.parametrize(
    "narrowed",
    [
        [("article", "night.md")],
        [("article", "night.md"), ("article", "more/water & salt.md")],
        [("publisher", "Example Library")],
        [("publisher", "example LIBRARY")],
        [("publisher", "Another Library"), ("publisher", "Example Library")],
        [("publisher", "Nobody")],
        [("section_type", "causes")],
        [("section_type", "causes"), ("section_type", "treatment")],
        [("language", "en"), ("language", "es")],
        [("language", 'e"><b>')],
        [("published_since", "2024-03-15")],
        [("published_since", "2025"), ("published_until", "2025-12")],
        [("modified_since", "2024"), ("modified_until", "2026")],
    ],
)
@pytest.mark.parametrize("articles", [1, 2, 4])
def test_asking_again_from_an_answer_asks_the_same_articles(
    homes: dict[int, TestClient], articles: int, narrowed: list[tuple[str, str]]
) -> None:
    page = homes[articles].get("/", params=[("q", CAUSES), *narrowed]).text
    sent = _Form(page).fields
    assert sent.count(("q", CAUSES)) == 1
    assert filters_from(sent) == filters_from(narrowed)
    assert len([pair for pair in sent if pair in narrowed]) == len(narrowed)


def test_of_a_list_another_can_be_chosen(homes: dict[int, TestClient]) -> None:
    """What a list shows is no hidden field, which would go on narrowing what is asked."""
    narrowed = [("publisher", "example LIBRARY"), ("published_since", "2024-03-15")]
    page = homes[4].get("/", params=[("q", CAUSES), *narrowed]).text
    assert 'type="hidden" name="published_since"' not in page.partition("</search>")[0]
    assert 'type="hidden" name="publisher"' not in page.partition("</search>")[0]
    assert "15 March 2024 or later</option>" in page


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, TestClient]]:
    """Services of one article, where there is nothing to choose, of two and of four."""
    more = {
        "new.md": "---\npublished: 2022\nlanguage: es\npublisher: A & B\n---\n\n# N\n\nCalf.\n",
        "old.md": "---\npublished: 2019-05\nlanguage: en-GB\n---\n\n# O\n\nCalf.\n",
    }
    sources = list({**SOURCES, **more}.items())
    with ExitStack() as opened:
        found = {}
        for number in (1, 2, 4):
            home = tmp_path_factory.mktemp("choices")
            write_corpus(home / "corpus", dict(sources[:number]))
            build(settings_in(home))
            found[number] = opened.enter_context(client(settings_in(home)))
        yield found


def test_parameters_become_filters() -> None:
    assert filters_from([("q", "x"), ("publisher", " "), ("k", "3")]) is None
    assert filters_from([("publishers", "x")]) is None
    found = filters_from([("publisher", "A"), ("publisher", "B"), ("modified_since", "2020")])
    assert found == Filters(publishers=("A", "B"), modified_since="2020")
    assert found is not None
    assert found.as_filter() == Filter(publishers=("A", "B"), modified_since="2020")
    assert described(found.as_filter()) == "publishers: A, B; modified since: 2020"
    assert query_filters(section_type=["causes"]) == Filters(section_types=("causes",))
    told = r"filter published_until cannot be used: '2' is not .* or 2024\.$"
    with pytest.raises(QuestionError, match=told):
        filters_from([("published_until", "2")])


def test_the_command_takes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_corpus(tmp_path / "corpus")
    build(settings_in(tmp_path))
    monkeypatch.setenv("PINCITE_ENCODER", "deterministic")
    monkeypatch.setenv("PINCITE_ANSWER_THRESHOLD", "1e-9")
    asked = ["ask", CAUSES, "--index", str(tmp_path / "index")]
    some = ["--publisher", "Another Library", "--since", "2020"]
    answered = CliRunner().invoke(app, [*asked, "--json", *some[:2]])
    assert answered.exit_code == 0
    assert publishers(json.loads(answered.stdout)) == {"Another Library"}
    silent = CliRunner().invoke(app, [*asked, *some])
    assert silent.exit_code == 4
    assert "No passage passed the filters (publishers: Another Library; published since" in (
        " ".join(silent.stdout.split())
    )
