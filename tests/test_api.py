"""Every JSON route: what it answers, and how it refuses."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from index.encoder import DeterministicEncoder
from index.records import sha256_of
from service.safety import DISCLAIMER, disclaimer
from service.schemas import Answer, ArticleFull
from service.web.headers import SECURITY_HEADERS
from tests.service_fixtures import (
    CAUSES,
    SHOW_NONE,
    TOKEN,
    build,
    client,
    refreshed,
    settings_in,
    write_corpus,
)

if TYPE_CHECKING:
    from httpx2 import Response

TEXT = (
    "Night leg cramps\n\nWhat causes cramps at night?\n\nCalf cramps at night happen when the foot "
    "points down. The calf muscle is short then.\n\nHow to stretch\n\nPull the toes towards the "
    "shin and hold them there for half a minute.\n\nWhen to see a doctor\n\nSee a doctor when the "
    "calf is swollen, red or warm."
)
NIGHT = {
    "article_id": "night.md",
    "title": "Night leg cramps",
    "publisher": "Example Library",
    "authors": ["A. Writer", "B. Writer"],
    "published": "2025-03-04",
    "modified": None,
    "reviewed": "2025-06",
    "reviewed_by": None,
    "retrieved": None,
    "url": "https://example.org/night?a=1",
    "licence": "CC0-1.0",
    "language": "en",
    "note": None,
    "sha256": sha256_of(TEXT),
}
WATER = "more/water & salt.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("api")
    write_corpus(home / "corpus")
    build(settings_in(home))
    return home


@pytest.fixture(scope="module")
def api(folder: Path) -> Iterator[TestClient]:
    with client(settings_in(folder)) as opened:
        yield opened


@pytest.fixture(scope="module")
def silent(folder: Path) -> Iterator[TestClient]:
    with client(settings_in(folder, answer_threshold=SHOW_NONE)) as opened:
        yield opened


def _problem(response: "Response", status: int, kind: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    for name, value in SECURITY_HEADERS:
        assert response.headers[name] == value
    facts: dict[str, Any] = response.json()
    assert (facts["type"], facts["status"]) == (f"urn:pincite:{kind}", status)
    assert set(facts) - {"disclaimer"} == {"type", "title", "status", "detail"}
    about_asking = response.request.url.path == "/v1/ask"
    assert facts.get("disclaimer") == (DISCLAIMER if about_asking else None)
    assert response.text.count("not medical advice") == int(about_asking)
    return facts


# Asking


def test_an_answer_quotes_and_proves(api: TestClient) -> None:
    response = api.post("/v1/ask", json={"question": CAUSES, "k": 1})
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    for name, value in SECURITY_HEADERS:
        assert response.headers[name] == value
    found = response.json()
    assert (found["question"], found["status"], found["notice"]) == (CAUSES, "answered", None)
    assert found["disclaimer"] == DISCLAIMER
    assert response.text.count("not medical advice") == 1
    (passage,) = found["passages"]
    assert passage["passage_id"] == "night.md:0-133"
    assert passage["text"] == TEXT[0:133] == TEXT[passage["start"] : passage["end"]]
    assert passage["sha256"] == sha256_of(TEXT[0:133])
    assert passage["section"] == ["Night leg cramps", "What causes cramps at night?"]
    assert [passage["text"][a:b] for a, b in passage["highlights"]] == [
        "Calf cramps at night happen when the foot points down."
    ]
    assert 0 < passage["probability"] <= 1
    assert {name: passage["article"][name] for name in NIGHT} == NIGHT
    assert passage["links"] == {
        "article": "/articles/night.md?start=0&end=133&sha256=9cc4adb50817f66a#p0-133",
        "original": "https://example.org/night?a=1#:~:text=Calf%20cramps%20at%20night%20happen"
        "%20when,The%20calf%20muscle%20is%20short%20then.",
    }
    (care,) = found["see_a_doctor"]
    assert care["text"] == TEXT[222:295]
    assert found["index"]["encoder"] == "deterministic"
    assert (found["index"]["articles"], found["index"]["passages"]) == (2, 5)
    assert set(found["timings_ms"]) == {"encode", "search", "answer", "total"}
    Answer.model_validate(found)


def test_get_and_post_answer_the_same(api: TestClient) -> None:
    posted = api.post("/v1/ask", json={"question": CAUSES, "k": 3}).json()
    got = api.get("/v1/ask", params={"q": CAUSES, "k": 3}).json()
    assert posted.pop("timings_ms").keys() == got.pop("timings_ms").keys()
    assert posted == got
    assert len(got["passages"]) == 3


def test_silence_shows_no_passage_and_the_nearest_headings(silent: TestClient) -> None:
    found = silent.post("/v1/ask", json={"question": "How do I repair a bicycle?"}).json()
    assert (found["status"], found["passages"], found["see_a_doctor"]) == ("not_answered", [], [])
    assert found["disclaimer"] == DISCLAIMER
    assert found["nearest_topics"][0]["title"] in {"Night leg cramps", "Water and salt"}
    for topic in found["nearest_topics"]:
        assert set(topic) >= {"title", "section", "link"}
        assert "muscle is short" not in json.dumps(topic)


def test_an_emergency_gets_its_notice_above_the_passages(api: TestClient) -> None:
    question = "I have crushing chest pain and my left arm is numb, is it a cramp?"
    found = api.post("/v1/ask", json={"question": question}).json()
    assert found["notice"]["kind"] == "emergency"
    assert found["passages"]
    assert found["disclaimer"] == DISCLAIMER


@pytest.mark.parametrize("k", [1, 2, 4, 20])
def test_k_bounds_the_passages(api: TestClient, k: int) -> None:
    found = api.get("/v1/ask", params={"q": "cramps", "k": k}).json()
    assert 1 <= len(found["passages"]) <= k
    assert len({p["passage_id"] for p in found["passages"]}) == len(found["passages"])


@pytest.mark.parametrize("k", [0, -1, 21, 10**30, 1.5, "many"])
def test_k_out_of_bounds_is_refused_by_name(api: TestClient, k: object) -> None:
    posted = api.post("/v1/ask", json={"question": CAUSES, "k": k})
    assert _problem(posted, 422, "invalid-request")["detail"].startswith("body.k: ")
    got = api.get("/v1/ask", params={"q": CAUSES, "k": str(k)})
    assert _problem(got, 422, "invalid-request")["detail"].startswith("query.k: ")


@pytest.mark.parametrize("question", ["", "   ", "?!", "\n\t", "\u0000", "\u200b", "…"])
def test_an_empty_question_is_refused(api: TestClient, question: str) -> None:
    for response in (
        api.post("/v1/ask", json={"question": question}),
        api.get("/v1/ask", params={"q": question}),
    ):
        facts = _problem(response, 422, "question")
        assert facts["detail"] == "the question is empty. Type what you want to know."


def test_a_question_of_a_million_letters_is_refused_by_its_length(api: TestClient) -> None:
    facts = _problem(api.post("/v1/ask", json={"question": "a" * 900_000}), 422, "question")
    assert "900000 characters; at most 10000" in facts["detail"]
    _problem(api.post("/v1/ask", json={"question": "a" * 1_000_001}), 413, "content-too-large")
    long_enough = "cramp " * 1666
    assert api.post("/v1/ask", json={"question": long_enough}).status_code == 200


@pytest.mark.parametrize(
    "question",
    [
        "cramp\u0000s at night",
        "\U0001f9b5 cramps?",
        "تشنج",
        "ﬁ ﬀ K",
        "a\u0301" * 400,
        "cramps\r\n?",
    ],
)
def test_odd_characters_are_taken_and_given_back(api: TestClient, question: str) -> None:
    response = api.post("/v1/ask", json={"question": question})
    assert response.status_code == 200
    assert response.json()["question"] == question


# The body

JSON = {"content-type": "application/json"}
SECRET = "is it zanthoxylum poisoning"


@pytest.mark.parametrize(
    ("body", "status", "kind", "detail"),
    [
        (b'{"question": "\\ud800 ' + SECRET.encode() + b'"}', 422, "question", "the question h"),
        (b'{"question": "' + SECRET.encode(), 422, "invalid-request", "body.13: JSON decode error"),
        (b"question=" + SECRET.encode(), 422, "invalid-request", "body.0: JSON decode error"),
        (b'{"question": "\xff"}', 400, "bad-request", "There was an error parsing the body"),
        (b"[" * 200_000, 400, "bad-request", "There was an error parsing the body"),
        (b'{"question": ' + b"1" * 5000 + b"}", 400, "bad-request", "There was an error"),
        (b"", 422, "invalid-request", "body: Field required."),
        (b"null", 422, "invalid-request", "body: Input should be"),
        (b'"' + SECRET.encode() + b'"', 422, "invalid-request", "body: Input should be"),
        (b"[]", 422, "invalid-request", "body: Input should be"),
        (b"{}", 422, "invalid-request", "body.question: Field required."),
        (b'{"question": 7}', 422, "invalid-request", "body.question: Input should be a valid str"),
        (b'{"question": "a", "n": 1}', 422, "invalid-request", "body.n: Extra inputs"),
        (
            b'{"question": "a", "' + SECRET.encode() + b'?": 1}',
            422,
            "invalid-request",
            "body.(a name): Extra inputs",
        ),
    ],
)  # fmt: skip
def test_a_body_that_is_no_request_is_refused_and_not_repeated(
    api: TestClient, body: bytes, status: int, kind: str, detail: str
) -> None:
    response = api.post("/v1/ask", content=body, headers=JSON)
    facts = _problem(response, status, kind)
    assert facts["detail"].startswith(detail)
    assert "zanthoxylum" not in response.text


@pytest.mark.parametrize("route", ["/v1/ask", "/v1/verify"])
def test_a_body_of_another_type_is_refused(api: TestClient, route: str) -> None:
    for media_type in ("text/plain", "application/x-www-form-urlencoded"):
        response = api.post(
            route, content=b"q=" + SECRET.encode(), headers={"content-type": media_type}
        )
        _problem(response, 422, "invalid-request")
        assert "zanthoxylum" not in response.text


@pytest.mark.parametrize("route", ["/v1/ask", "/v1/verify"])
def test_a_body_of_more_than_a_megabyte_is_refused_unread(api: TestClient, route: str) -> None:
    facts = _problem(
        api.post(route, content=b"x" * 1_000_001, headers=JSON), 413, "content-too-large"
    )
    assert facts["detail"] == "the body is longer than 1000000 bytes."
    assert facts["title"] == "Content Too Large"
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 50_000_000:
            sent += 100_000
            yield b"x" * 100_000

    _problem(api.post(route, content=endless(), headers=JSON), 413, "content-too-large")


# Articles


def test_the_articles_with_their_hashes_page_by_page(api: TestClient) -> None:
    whole = api.get("/v1/articles").json()
    assert [a["article_id"] for a in whole["articles"]] == [WATER, "night.md"]
    assert {name: whole["articles"][1][name] for name in NIGHT} == NIGHT
    assert "text" not in whole["articles"][1]
    assert whole["next"] is None
    first = api.get("/v1/articles", params={"limit": 1}).json()
    assert (first["articles"], first["next"]) == (whole["articles"][:1], WATER)
    rest = api.get("/v1/articles", params={"limit": 1, "cursor": first["next"]}).json()
    assert (rest["articles"], rest["next"]) == (whole["articles"][1:], None)
    assert api.get("/v1/articles", params={"cursor": "zzz"}).json() == {
        "articles": [],
        "next": None,
    }
    for limit in (0, 501, "x"):
        _problem(api.get("/v1/articles", params={"limit": limit}), 422, "invalid-request")


def test_one_article_whole(api: TestClient) -> None:
    response = api.get("/v1/articles/night.md")
    assert response.headers["cache-control"] == "no-cache"
    found = response.json()
    assert {name: found[name] for name in NIGHT} == NIGHT
    assert (found["text"], found["source"], found["left_out"]) == (TEXT, "night.md", [])
    assert found["references"] == [
        {"number": None, "text": "A reference book", "url": "https://example.org/book", "doi": None}
    ]
    assert [(p["start"], p["end"]) for p in found["passages"]] == [(0, 133), (135, 220), (222, 295)]
    for passage in found["passages"]:
        assert passage["text"] == TEXT[passage["start"] : passage["end"]]
        assert passage["passage_id"] == f"night.md:{passage['start']}-{passage['end']}"
    ArticleFull.model_validate(found)


def test_an_article_in_a_folder_with_odd_letters_in_its_name(api: TestClient) -> None:
    assert api.get("/v1/articles/more/water%20%26%20salt.md").json()["title"] == "Water and salt"
    assert api.get("/v1/articles/more%2Fwater%20&%20salt.md").json()["article_id"] == WATER


@pytest.mark.parametrize(
    "name", ["nothing.md", "", "..%2f..%2fetc%2fpasswd", "a%00b", "%FF", "x" * 999]
)
def test_an_article_that_is_not_there(api: TestClient, name: str) -> None:
    facts = _problem(api.get(f"/v1/articles/{name}"), 404, "not-found")
    assert facts["detail"].startswith("there is no article '")
    assert facts["detail"].endswith("GET /v1/articles lists them.")
    assert len(facts["detail"]) < 300


# Verifying


def test_every_passage_that_is_given_out_verifies(api: TestClient) -> None:
    for passage in api.get("/v1/ask", params={"q": "cramps water doctor", "k": 20}).json()[
        "passages"
    ]:
        quote = {"article_id": passage["article"]["article_id"]}
        quote |= {name: passage[name] for name in ("start", "end", "text", "sha256")}
        response = api.post("/v1/verify", json=quote)
        assert response.headers["cache-control"] == "no-store"
        found = response.json()
        assert (found["status"], found["sha256"]) == ("verbatim", passage["sha256"])
        assert found["article_sha256"] == passage["article"]["sha256"]
        changed = {**quote, "text": passage["text"].replace("a", "o", 1), "sha256": None}
        assert api.post("/v1/verify", json=changed).json()["status"] == "changed"


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"text": None}, "body: give text, sha256 or both."),
        ({"start": -1}, "body.start: Input should be greater than or equal to 0."),
        ({"end": "x"}, "body.end: "),
        ({"sha256": "ABC"}, "body.sha256: String should match pattern"),
        ({"text": "x" * 100_001}, "body.text: String should have at most 100000 characters."),
        ({"article_id": None}, "body.article_id: "),
        ({"article_id": "\ud800"}, "body.article_id: Input should be a valid string, unable"),
        ({"text": "\udfff"}, "body.text: Input should be a valid string, unable"),
    ],
)  # fmt: skip
def test_a_quote_that_is_none_is_refused(
    api: TestClient, change: dict[str, object], detail: str
) -> None:
    quote = {"article_id": "night.md", "start": 0, "end": 5, "text": "Night", **change}
    body = json.dumps(quote)
    facts = _problem(api.post("/v1/verify", content=body, headers=JSON), 422, "invalid-request")
    assert facts["detail"].startswith(detail)


# Completions, the index, operation


def test_completions(api: TestClient) -> None:
    response = api.get("/v1/suggest", params={"q": "what c"})
    assert response.headers["cache-control"] == "no-store"
    assert response.json() == {
        "suggestions": [{"text": "What causes cramps at night?", "kind": "heading"}]
    }
    assert api.get("/v1/suggest").json() == {"suggestions": []}
    assert api.get("/v1/suggest", params={"q": "WATER"}).json()["suggestions"][0] == {
        "text": "Water and salt",
        "kind": "title",
    }
    response = api.get("/v1/suggest", params={"q": SECRET * 20})
    _problem(response, 422, "invalid-request")
    assert "zanthoxylum" not in response.text


@pytest.mark.parametrize("typed", ["what c", "WATER", "", "\x00", "water "])
def test_what_is_typed_may_be_sent_in_the_body(api: TestClient, typed: str) -> None:
    sent = api.post("/v1/suggest", json={"q": typed})
    assert (sent.status_code, sent.headers["cache-control"]) == (200, "no-store")
    assert sent.json() == api.get("/v1/suggest", params={"q": typed}).json()


@pytest.mark.parametrize("body", [{}, {"q": SECRET * 20}, {"q": 1}, {"q": "a", SECRET: "b"}])
def test_completions_of_what_is_no_beginning_are_refused(
    api: TestClient, body: dict[str, Any]
) -> None:
    response = api.post("/v1/suggest", json=body)
    _problem(response, 422, "invalid-request")
    assert "zanthoxylum" not in response.text


def test_what_is_live(api: TestClient) -> None:
    found = api.get("/v1/index").json()
    assert found["snapshots"] == [found["snapshot"]]
    assert (found["articles"], found["passages"], found["problems"]) == (2, 5, {})
    assert api.get("/readyz").json() == {"status": "ready", "snapshot": found["snapshot"]}
    assert api.get("/healthz").json()["status"] == "alive"
    for path in ("/healthz", "/readyz", "/metrics"):
        assert api.get(path).headers["cache-control"] == "no-store"


def test_metrics_count_by_route_and_hold_no_question(folder: Path) -> None:
    with client(settings_in(folder)) as fresh:
        fresh.get("/v1/ask", params={"q": SECRET})
        fresh.post("/v1/ask", json={"question": SECRET})
        fresh.get("/v1/articles/night.md")
        fresh.get(f"/v1/articles/{SECRET}")
        fresh.get(f"/{SECRET}")
        response = fresh.get("/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = response.text.splitlines()
    assert "pincite_articles 2" in lines
    assert "pincite_passages 5" in lines
    assert 'pincite_requests_total{route="/v1/ask",status="200"} 2' in lines
    assert 'pincite_requests_total{route="/v1/articles/{article_id:path}",status="200"} 1' in lines
    assert 'pincite_requests_total{route="/v1/articles/{article_id:path}",status="404"} 1' in lines
    assert 'pincite_requests_total{route="other",status="404"} 1' in lines
    assert "zanthoxylum" not in response.text


# Re-indexing


def test_refresh_needs_the_token(api: TestClient, folder: Path) -> None:
    for header in ({}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN},
                   {"authorization": f"Basic {TOKEN}"}, {"authorization": "Bearer é"}):  # fmt: skip
        encoded = {name: value.encode("latin-1") for name, value in header.items()}
        response = api.post("/v1/index/refresh", headers=encoded)  # type: ignore[arg-type]
        _problem(response, 401, "admin-only")
        assert response.headers["www-authenticate"] == "Bearer"
        assert TOKEN not in response.text
    with client(settings_in(folder, admin_token=None)) as closed:
        response = closed.post("/v1/index/refresh", headers={"authorization": "Bearer None"})
        assert "PINCITE_ADMIN_TOKEN" in _problem(response, 403, "admin-off")["detail"]


def test_refresh_follows_the_corpus_without_a_restart(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    write_corpus(settings.corpus)
    build(settings)
    with client(settings) as api:
        before = api.get("/v1/index").json()
        assert refreshed(api)["snapshot"] == before["snapshot"]
        write_corpus(settings.corpus, {"tetanus.md": "# Tetanus\n\nTetanus makes the jaw stiff.\n"})
        (settings.corpus / "night.md").unlink()
        (settings.corpus / "broken.pdf").write_bytes(b"%PDF-1.7 no more")
        assert api.get("/v1/suggest", params={"q": "tet"}).json() == {"suggestions": []}
        after = refreshed(api)
        assert after["snapshot"] != before["snapshot"]
        assert after["snapshots"] == [after["snapshot"], before["snapshot"]]
        assert (after["articles"], list(after["problems"])) == (2, ["broken.pdf"])
        assert api.get("/v1/suggest", params={"q": "tet"}).json()["suggestions"] == [
            {"text": "Tetanus", "kind": "title"}
        ]
        _problem(api.get("/v1/articles/night.md"), 404, "not-found")
        found = api.get("/v1/ask", params={"q": "stiff jaw tetanus", "k": 1}).json()
        assert found["passages"][0]["article"]["article_id"] == "tetanus.md"


def test_refresh_with_nothing_left_keeps_what_is_live(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    write_corpus(settings.corpus)
    build(settings)
    with client(settings, DeterministicEncoder()) as api:
        for path in settings.corpus.rglob("*.md"):
            path.unlink()
        after = refreshed(api)
        assert after["job"]["state"] == "failed"
        assert after["job"]["error"].startswith("nothing in ")
        assert after["articles"] == 2


def test_the_disclaimer_and_the_notice_speak_the_language_asked_for(api: TestClient) -> None:
    question = "my friend is unconscious"
    english = api.post("/v1/ask", json={"question": question}).json()
    spanish = [
        api.post("/v1/ask", json={"question": question, "lang": "es"}).json(),
        api.get("/v1/ask", params={"q": question, "lang": "es"}).json(),
        api.get("/v1/ask", params={"q": question}, headers={"accept-language": "es-MX"}).json(),
    ]
    assert english["disclaimer"] == disclaimer(None, "en")
    for answer in spanish:
        assert answer["disclaimer"] == disclaimer(None, "es")
        assert answer["notice"]["text"].startswith("Algunas palabras de su pregunta")
        assert answer["notice"]["spans"] == english["notice"]["spans"] == [[13, 24]]
        assert answer["passages"] == english["passages"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"question": " "}, 422),
        ({"question": "x" * 10_001}, 422),
        ({"question": "cramps", "k": 99}, 422),
        ({}, 422),
        ({"question": "cramps", "snapshot": "0" * 26}, 404),
    ],
)
def test_a_refusal_speaks_the_language_asked_for(
    api: TestClient, body: dict[str, object], status: int
) -> None:
    for lang, accepted, spoken in (
        ("es", "en", "es"),
        ("en", "es", "en"),
        (None, "es", "es"),
        ("tlh", "es", "es"),
    ):
        asked = body if lang is None else body | {"lang": lang}
        refused = api.post("/v1/ask", json=asked, headers={"accept-language": accepted})
        assert refused.status_code == status
        assert refused.json()["disclaimer"] == disclaimer(None, spoken)
    garbled = api.post("/v1/ask", json={"lang": ["es"]}, headers={"accept-language": "es"})
    assert garbled.json()["disclaimer"] == disclaimer(None, "es")
    empty = api.get("/v1/ask", params={"q": " ", "lang": "es"}).json()
    assert empty["disclaimer"] == disclaimer(None, "es")
