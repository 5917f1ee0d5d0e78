"""The description of the interface: true, with examples that run; and the page made from it."""

import json
import re
import shlex
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from service.web.docs_page import routes
from service.web.headers import SECURITY_HEADERS
from tests.service_fixtures import TOKEN, build, client, settings_in, write_corpus


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("openapi")
    night = "# Night leg cramps\n\nCalf cramps at night can be caused by dehydration.\n"
    write_corpus(
        home / "corpus", {"night-leg-cramps.md": night, "it's.md": "# It’s\n\nA 'quote'.\n"}
    )
    build(settings_in(home))
    with client(settings_in(home)) as opened:
        yield opened


@pytest.fixture(scope="module")
def schema(api: TestClient) -> dict[str, Any]:
    response = api.get("/openapi.json")
    assert response.headers["content-type"] == "application/json"
    found: dict[str, Any] = response.json()
    return found


def test_it_describes_every_route_of_the_design(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")
    assert {(m.upper(), path) for path, ops in schema["paths"].items() for m in ops} >= {
        ("POST", "/v1/ask"),
        ("GET", "/v1/ask"),
        ("GET", "/v1/articles"),
        ("GET", "/v1/articles/{article_id}"),
        ("GET", "/v1/index"),
        ("POST", "/v1/index/refresh"),
        ("PUT", "/v1/articles/{article_id}"),
        ("DELETE", "/v1/articles/{article_id}"),
        ("PUT", "/v1/metadata/{article_id}"),
        ("DELETE", "/v1/metadata/{article_id}"),
        ("POST", "/v1/verify"),
        ("GET", "/v1/suggest"),
        ("POST", "/v1/suggest"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
    }
    assert "Not medical advice." in schema["info"]["description"]


def test_every_error_is_said_to_be_a_problem(schema: dict[str, Any]) -> None:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            failures = {s: r for s, r in operation["responses"].items() if s[0] in "45"}
            assert set(failures) == {"4XX", "5XX"}, (method, path)
            for response in failures.values():
                assert response["content"] == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                }
    assert "HTTPValidationError" not in schema["components"]["schemas"]


def test_every_model_and_route_says_what_it_is(schema: dict[str, Any]) -> None:
    for name, model in schema["components"]["schemas"].items():
        assert model.get("description"), name
    for operations in schema["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            for parameter in operation.get("parameters", ()):
                assert parameter["in"] == "header" or parameter.get("description"), parameter


def _bodies(schema: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if "requestBody" not in operation:
                continue
            reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            model = schema["components"]["schemas"][reference.rsplit("/", 1)[1]]
            assert model["examples"], reference
            for example in model["examples"]:
                yield method, path, example


def test_the_examples_of_bodies_run(api: TestClient, schema: dict[str, Any]) -> None:
    run = {}
    for method, path, example in _bodies(schema):
        response = api.request(method, path, json=example)
        assert response.status_code == 200, (path, response.text)
        run[path] = response.json()
    assert set(run) >= {"/v1/ask", "/v1/verify"}
    assert run["/v1/verify"]["status"] == "verbatim"
    assert run["/v1/ask"]["status"] == "answered"


def test_the_examples_of_parameters_run(api: TestClient, schema: dict[str, Any]) -> None:
    for path, operations in schema["paths"].items():
        if "get" not in operations:
            continue
        query = {}
        address = path
        for parameter in operations["get"].get("parameters", ()):
            examples = parameter["schema"].get("examples") or parameter.get("examples") or [None]
            if parameter["in"] == "path":
                address = address.replace(f"{{{parameter['name']}}}", str(examples[0]))
            elif examples[0] is not None:
                query[parameter["name"]] = examples[0]
            assert not parameter["required"] or examples[0] is not None, parameter
        response = api.get(address, params=query)
        assert response.status_code == 200, (address, response.text)


def _curl(api: TestClient, command: str) -> Any:  # noqa: ANN401 - whatever JSON comes back
    """Do what `curl` would do with the words of `command`."""
    words = shlex.split(command.replace("$PINCITE_ADMIN_TOKEN", TOKEN))
    assert words[:2] == ["curl", "-s"]
    words = words[2:]
    method, headers, data, address = "GET", {}, None, ""
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-T":
            assert words.pop(0) == "FILE"
            method = "PUT"
        elif word == "-d":
            data, method = words.pop(0), "POST"
        else:
            address = word
    if method == "PUT":
        sidecar, article = "title: Cramps\n", "# Night leg cramps\n\nRest the calf.\n"
        data = sidecar if "/v1/metadata/" in address else article
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}" == "http://testserver"
    return api.request(method, address, headers=headers, content=data)


def test_the_page_loads_nothing_and_its_commands_work_as_printed(
    api: TestClient, schema: dict[str, Any]
) -> None:
    response = api.get("/docs")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    for name, value in SECURITY_HEADERS:
        assert response.headers[name] == value
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", response.text)
    assert " style=" not in response.text
    commands = [unescape(found) for found in re.findall(r"<pre>(.*?)</pre>", response.text, re.S)]
    assert len(commands) == sum(len(operations) for operations in schema["paths"].values())
    for command in commands:
        answer = _curl(api, command)
        changes = "PINCITE_ADMIN_TOKEN" in command
        assert answer.status_code == (202 if changes else 200), (command, answer.text)
        if "/v1/verify" in command:
            assert answer.json()["status"] == "verbatim"


def test_the_page_names_every_route_and_parameter(api: TestClient, schema: dict[str, Any]) -> None:
    text = unescape(re.sub(r"<[^>]+>", " ", api.get("/docs").text))
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert f"{method.upper()} {path}" in text
            assert operation["summary"] in text
    assert "integer, 1 to 20" in text
    assert "integer, 1 to 500, 100 unless given" in text
    assert "Needs the admin token." in text


def test_a_strange_host_is_shown_as_text_and_quoted_for_the_shell(api: TestClient) -> None:
    page = api.get("/docs", headers={"host": "x$(reboot)'<b>"})
    assert "<b>" not in page.text.split("<main")[1]


def test_routes_say_what_a_schema_says(schema: dict[str, Any]) -> None:
    found = {(r.method, r.path): r for r in routes(schema, "http://h:1", {"article_id": "a b'.md"})}
    article = found["GET", "/v1/articles/{article_id}"]
    assert article.curl == "curl -s http://h:1/v1/articles/a%20b%27.md"
    assert [(p.name, p.place, p.required) for p in article.parameters] == [
        ("article_id", "path", True)
    ]
    ask = found["POST", "/v1/ask"]
    assert [(p.name, p.place, p.kind, p.required) for p in ask.parameters] == [
        ("question", "body", "string", True),
        ("k", "body", "integer, 1 to 20", False),
        ("snapshot", "body", "string, at most 64 characters", False),
        ("filters", "body", "object", False),
        ("lang", "body", "string, at most 35 characters", False),
    ]
    data = shlex.split(ask.curl)[-1]
    assert json.loads(data) == {"question": "What causes muscle spasms?", "k": 3}
    refresh = found["POST", "/v1/index/refresh"]
    assert refresh.admin
    assert not ask.admin
    assert refresh.curl == (
        "curl -s -X POST http://h:1/v1/index/refresh "
        '-H "Authorization: Bearer $PINCITE_ADMIN_TOKEN"'
    )
