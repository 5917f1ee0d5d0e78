"""Filters over HTTP, on the page and on the command line: the same ones, by the same names."""

import json
from collections.abc import Iterator
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
from tests.service_fixtures import CAUSES, build, client, settings_in, write_corpus


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
