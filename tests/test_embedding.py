"""What other sites may embed, and which of them may ask."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from fastapi.testclient import TestClient

from index.errors import SettingsError
from index.leads import LeadKind
from service.evidence.sources import LabelKind
from service.evidence.wordings import DifferenceKind
from service.settings import documented_settings, load_settings
from service.web.embedding import OPEN_PATHS, SCRIPT, with_words
from service.web.render import LIKELIHOODS
from service.web.strings import locales
from tests.service_fixtures import CAUSES, TOKEN, build, client, settings_in, write_corpus

FRIEND = "https://friend.example"
STRANGER = "https://stranger.example"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("embedding")
    write_corpus(home / "corpus")
    settings = settings_in(home, allowed_origins=f"{FRIEND}, http://127.0.0.1:9999")
    build(settings)
    with client(settings) as opened:
        yield opened


def _preflight(web: TestClient, origin: str, path: str = "/v1/ask") -> dict[str, str]:
    headers = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
    }
    response = web.options(path, headers=headers)
    return {k: v for k, v in response.headers.items() if k.startswith("access-control-")}


def test_a_page_of_an_allowed_origin_may_ask_and_read(web: TestClient) -> None:
    allowed = _preflight(web, FRIEND)
    assert allowed["access-control-allow-origin"] == FRIEND
    assert "POST" in allowed["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in allowed
    answer = web.post("/v1/ask", json={"question": CAUSES}, headers={"origin": FRIEND})
    assert answer.headers["access-control-allow-origin"] == FRIEND
    assert "Origin" in answer.headers["vary"]
    assert answer.headers["cache-control"] == "no-store"


def test_errors_can_be_read_too(web: TestClient) -> None:
    refused = web.post("/v1/ask", json={"question": " "}, headers={"origin": FRIEND})
    assert refused.status_code == 422
    assert refused.headers["access-control-allow-origin"] == FRIEND
    long = web.post("/v1/ask", content=b"x" * 1_100_000, headers={"origin": FRIEND})
    assert long.status_code == 413
    assert long.headers["access-control-allow-origin"] == FRIEND


@pytest.mark.parametrize(
    "origin",
    [
        STRANGER,
        "null",
        f"{FRIEND}.evil.example",
        f"{FRIEND}:8443",
        "http://friend.example",
        "https://FRIEND.example",
        "https://friend.exampl",
    ],
)
def test_no_other_origin_is_told_anything(web: TestClient, origin: str) -> None:
    assert "access-control-allow-origin" not in _preflight(web, origin)
    answer = web.post("/v1/ask", json={"question": CAUSES}, headers={"origin": origin})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/", "/feedback", "/check", "/v1/index/refresh", "/v1/articles/night.md", "/v1/index"]
)
def test_what_changes_something_is_closed_to_every_other_origin(web: TestClient, path: str) -> None:
    assert path not in OPEN_PATHS
    assert _preflight(web, FRIEND, path) == {}
    headers = {"origin": FRIEND, "authorization": f"Bearer {TOKEN}"}
    assert "access-control-allow-origin" not in web.get(path, headers=headers).headers


def test_without_the_setting_no_origin_is_allowed(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus")
    build(settings_in(tmp_path))
    with client(settings_in(tmp_path)) as web:
        assert _preflight(web, FRIEND) == {}
        answer = web.post("/v1/ask", json={"question": CAUSES}, headers={"origin": FRIEND})
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        ("https://a.example", "https://a.example"),
        (
            " https://a.example,http://localhost:8080  https://a.example",
            "https://a.example http://localhost:8080",
        ),
        ("http://[::1]:3000", "http://[::1]:3000"),
        (",", None),
    ],
)
def test_origins_are_listed(
    value: str, origins: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, _, _ in documented_settings():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PINCITE_ALLOWED_ORIGINS", value)
    assert load_settings().allowed_origins == origins


@pytest.mark.parametrize(
    "value",
    [
        "*",
        "null",
        "a.example",
        "https://*.example",
        "https://a.example/",
        "https://a.example/page",
        "https://A.example",
        "https://a.example:443",
        "http://a.example:80",
        "https://user@a.example",
        "ftp://a.example",
        "https://a.example https://b.example/",
    ],
)
def test_what_is_no_exact_origin_is_refused(
    value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PINCITE_ALLOWED_ORIGINS", value)
    with pytest.raises(SettingsError, match=r"PINCITE_ALLOWED_ORIGINS.* is not an origin"):
        load_settings()


def test_the_script_has_an_address_that_stays_and_is_for_everybody(web: TestClient) -> None:
    script = web.get("/static/pincite-search.js", headers={"origin": STRANGER})
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["access-control-allow-origin"] == "*"
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"
    assert script.headers["cache-control"] == "public, max-age=3600"
    etag = {"if-none-match": script.headers["etag"]}
    assert web.get("/static/pincite-search.js", headers=etag).status_code == 304


def test_the_script_is_small_and_writes_no_markup(web: TestClient) -> None:
    script = web.get("/static/pincite-search.js").content
    assert len(gzip.compress(script)) < 15_000
    for writes in (b"innerHTML", b"outerHTML", b"insertAdjacent", b"document.write", b"eval("):
        assert writes not in script


def test_the_script_carries_the_words_of_every_language(web: TestClient) -> None:
    script = web.get("/static/pincite-search.js").text
    line = next(line for line in script.splitlines() if line.startswith("const PINCITE = "))
    given = json.loads(line.removeprefix("const PINCITE = ").removesuffix(";"))
    assert given["words"].keys() == locales().keys()
    assert given["words"]["es"]["ask.button"] == locales()["es"].texts["ask.button"]
    composed = {
        *(f"label.{kind}" for kind in get_args(LabelKind)),
        *(f"said.{kind}_{side}" for kind in get_args(DifferenceKind) for side in ("one", "other")),
        *(f"answer.{date}" for date in ("published", "reviewed", "retrieved")),
        *(f"answer.{words}" for _, words in LIKELIHOODS),
        *(f"answer.lead_{of}" for of in get_args(LeadKind)),
    }
    for key in _named(script) | composed:
        for words in given["words"].values():
            assert key in words or f"{key}.one" in words, key


def _named(script: str) -> set[str]:
    """Return the keys that the script asks for, and hold that there are some."""
    code = script.split("STYLE =")[1]
    found = set(re.findall(r'"((?:answer|article|ask|embed|none|said)\.[a-z_]+)"', code))
    assert {"ask.label", "embed.later", "none.title", "answer.also_in", "said.differing"} <= found
    return found


def test_a_script_without_a_place_for_the_words_is_refused() -> None:
    with pytest.raises(ValueError, match="must say"):
        with_words(b"const PINCITE = null;")
    assert SCRIPT == "pincite-search.js"
