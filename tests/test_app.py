"""The application put together: errors, headers and methods, whichever route they come from."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.exceptions import HTTPException

from index import errors
from index.encoder import DeterministicEncoder
from index.errors import NoSnapshot, PinciteError, SnapshotMismatch
from service import api  # noqa: F401 - their exceptions are part of the tree
from service.app import create_app
from service.safety import DISCLAIMER
from service.web import problems  # noqa: F401
from service.web.headers import SECURITY_HEADERS
from tests.service_fixtures import CAUSES, build, client, settings_in, write_corpus

PAGE = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("app")
    write_corpus(home / "corpus")
    build(settings_in(home))
    return home


@pytest.fixture(scope="module")
def app(folder: Path) -> FastAPI:
    app = create_app(settings_in(folder), DeterministicEncoder())

    @app.get("/v1/fail/{name}")
    @app.get("/fail/{name}")
    def fail(name: str) -> None:
        raise _tree()[name]("a message for the person who asked.")

    @app.get("/v1/http/{status}")
    def http(status: int) -> None:
        raise HTTPException(status, "said by the framework", {"retry-after": "7"})

    @app.get("/v1/broken")
    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("zanthoxylum")

    return app


@pytest.fixture(scope="module")
def web(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


def _tree(root: type[PinciteError] = PinciteError) -> dict[str, type[PinciteError]]:
    found = {root.__name__: root}
    for child in root.__subclasses__():
        found |= _tree(child)
    return found


def test_the_tree_is_the_one_that_is_drawn() -> None:
    drawn = set(re.findall(r"^ +(?:[│ ]*[├└]── )?([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE))
    in_errors = {name for name, kind in _tree().items() if kind.__module__ == "index.errors"}
    assert drawn == in_errors


@pytest.mark.parametrize("name", sorted(_tree()))
def test_every_error_is_a_problem_of_one_shape(web: TestClient, name: str) -> None:
    kind = _tree()[name]
    response = web.get(f"/v1/fail/{name}")
    assert response.status_code == kind.status
    assert 400 <= kind.status < 600
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    facts = response.json()
    assert facts.pop("title")
    assert facts == {
        "type": f"urn:pincite:{kind.kind}",
        "status": kind.status,
        "detail": "a message for the person who asked.",
    }
    for header, value in SECURITY_HEADERS:
        assert response.headers[header] == value


@pytest.mark.parametrize("name", sorted(_tree()))
def test_a_browser_gets_the_same_facts_as_a_page(web: TestClient, name: str) -> None:
    response = web.get(f"/fail/{name}", headers=PAGE)
    assert response.status_code == _tree()[name].status
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    # A sentence on a page begins with a capital. That of a crowd is for the operator: a person is
    # told in the words of the page (tests/test_middleware.py).
    if name != "Crowded":
        assert "A message for the person who asked." in response.text
    for header, value in SECURITY_HEADERS:
        assert response.headers[header] == value


def test_kinds_are_told_apart() -> None:
    # The pages tell these two from other questions that cannot be searched; programs need not.
    within = {"EmptyQuestion", "QuestionTooLong"}
    kinds = [kind.kind for name, kind in _tree().items() if name not in within]
    assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize(
    ("status", "kind", "title"),
    [
        (400, "bad-request", "Bad Request"),
        (413, "content-too-large", "Content Too Large"),
        (422, "unprocessable-content", "Unprocessable Content"),
        (503, "service-unavailable", "Service Unavailable"),
    ],
)
def test_what_the_framework_refuses_is_a_problem_too(
    web: TestClient, status: int, kind: str, title: str
) -> None:
    response = web.get(f"/v1/http/{status}")
    assert response.status_code == status
    assert response.headers["retry-after"] == "7"
    assert response.json() == {
        "type": f"urn:pincite:{kind}",
        "title": title,
        "status": status,
        "detail": "said by the framework",
    }


def test_nothing_at_an_address(web: TestClient) -> None:
    response = web.get("/v1/nothing")
    assert (response.status_code, response.json()["type"]) == (404, "urn:pincite:not-found")
    page = web.get("/nothing/here", headers=PAGE)
    assert page.status_code == 404
    assert "There is nothing at this address" in page.text


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/v1/ask", "GET, HEAD, POST"),
        ("PUT", "/v1/index", "GET, HEAD"),
        ("GET", "/v1/verify", "POST"),
        ("HEAD", "/v1/verify", "POST"),
        ("POST", "/healthz", "GET, HEAD"),
        ("PATCH", "/", "GET, HEAD, POST"),
        ("OPTIONS", "/v1/suggest", "GET, HEAD, POST"),
        ("GET", "/check", "POST"),
    ],
)
def test_a_method_that_is_not_offered_names_those_that_are(
    web: TestClient, method: str, path: str, allow: str
) -> None:
    response = web.request(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allow)
    if method != "HEAD":
        asked = "GET" if method == "HEAD" else method
        facts = response.json()
        assert facts["type"] == "urn:pincite:method-not-allowed"
        assert facts["detail"] == f"{asked} is not offered here; {allow} is."


@pytest.mark.parametrize(
    "path",
    ["/", "/articles", "/articles/night.md", "/about", "/docs", "/openapi.json", "/healthz",
     "/readyz", "/metrics", "/v1/index", "/v1/articles", "/v1/articles/night.md", "/v1/suggest",
     "/v1/ask?q=cramps", "/v1/nothing"],
)  # fmt: skip
def test_head_is_get_without_the_body(web: TestClient, path: str) -> None:
    got, head = web.get(path), web.head(path)
    assert head.status_code == got.status_code
    assert head.content == b""
    same = {"content-type", "cache-control", *(name for name, _ in SECURITY_HEADERS)}
    assert {n: head.headers.get(n) for n in same} == {n: got.headers.get(n) for n in same}
    if path not in {"/metrics", "/v1/ask?q=cramps"}:
        assert head.headers["content-length"] == got.headers["content-length"]


def test_a_failure_is_an_answer_with_headers_and_without_its_message(
    web: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        response = web.get("/v1/broken")
        page = web.get("/broken", headers=PAGE)
    assert response.status_code == page.status_code == 500
    assert response.json() == {
        "type": "urn:pincite:internal",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "something failed inside Pincite. The log says where.",
    }
    assert "The log says where." in page.text
    for failed in (response, page):
        assert "zanthoxylum" not in failed.text
        for name, value in SECURITY_HEADERS:
            assert failed.headers[name] == value
    own = [record for record in caplog.records if record.name == "pincite"]
    assert [re.sub(r" at .*(test_app\.py):\d+", r" at \1", r.getMessage()) for r in own] == [
        "RuntimeError at test_app.py"
    ] * 2
    assert "zanthoxylum" not in caplog.text


def test_a_failure_does_not_leave_the_application(app: FastAPI) -> None:
    with TestClient(app, raise_server_exceptions=True) as strict:
        assert strict.get("/v1/broken").status_code == 500


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/ask", 422), ("GET", "/v1/ask?q=", 422), ("POST", "/v1/ask", 422),
     ("DELETE", "/v1/ask", 405), ("GET", "/?q=", 422), ("PUT", "/", 405)],
)  # fmt: skip
def test_an_error_about_asking_carries_the_disclaimer_once(
    web: TestClient, method: str, path: str, status: int
) -> None:
    for headers in ({}, PAGE):
        response = web.request(method, path, headers=headers)
        assert response.status_code == status
        assert response.text.count(DISCLAIMER) == 1


def test_other_errors_do_not_carry_it(web: TestClient) -> None:
    for path in ("/v1/articles/none", "/nothing", "/articles/none"):
        for headers in ({}, PAGE):
            assert DISCLAIMER not in web.get(path, headers=headers).text


def test_a_disclaimer_of_ones_own_is_the_only_one(folder: Path) -> None:
    words = "Ask the nurse at the desk; this is no advice."
    with client(settings_in(folder, disclaimer=words)) as own:
        answer = own.post("/v1/ask", json={"question": CAUSES}).text
        page = own.get("/", params={"q": CAUSES}, headers=PAGE).text
        refused = own.post("/v1/ask", json={}).text
    for text in (answer, page, refused):
        assert (text.count(words), text.count(DISCLAIMER)) == (1, 0)


def test_without_an_index_or_with_another_encoder_it_does_not_start(
    tmp_path: Path, folder: Path
) -> None:
    with pytest.raises(NoSnapshot, match='Run "pincite index"'):
        create_app(settings_in(tmp_path), DeterministicEncoder())
    with pytest.raises(SnapshotMismatch, match=r"64 dimensions.*this service is set to .*32"):
        create_app(settings_in(folder), DeterministicEncoder(dimension=32))


def test_no_telemetry_leaves_the_process(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    app = create_app(settings_in(folder), DeterministicEncoder())
    assert app._native_telemetry.enabled() is False
    assert app._telemetry["auto_configure"] is False
