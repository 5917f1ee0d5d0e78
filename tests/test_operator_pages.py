"""The operator's pages: who may in, what each form does, and that it works without a script."""

import hashlib
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from index.snapshot import current_snapshot, snapshots
from service.settings import Settings
from service.upkeep.operator_pages import COOKIE
from service.upkeep.sessions import SESSION_SECONDS, SESSIONS, Sessions
from service.web.allowance import GUESSES_PER_MINUTE
from tests.service_fixtures import (
    SOURCES,
    TOKEN,
    build,
    client,
    settings_in,
    settled,
    wait_until,
    write_corpus,
)

OWN = {"sec-fetch-site": "same-origin", "accept": "text/html"}
TETANUS = b"# Tetanus\n\nTetanus makes the jaw stiff.\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = settings_in(tmp_path)
    write_corpus(found.corpus)
    build(found)
    return found


@pytest.fixture
def api(settings: Settings) -> Iterator[TestClient]:
    with client(settings) as opened:
        yield opened


@pytest.fixture
def operator(api: TestClient) -> TestClient:
    """The same client, signed in."""
    assert sign_in(api, TOKEN).status_code == 303
    return api


def sign_in(api: TestClient, token: str) -> Response:
    return api.post("/operator/sign-in", data={"token": token}, headers=OWN, follow_redirects=False)


def post(api: TestClient, what: str, **fields: str) -> Response:
    return api.post(f"/operator/{what}", data=fields, headers=OWN)


def words(page: Response) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def files(settings: Settings) -> set[str]:
    corpus = settings.corpus
    return {p.relative_to(corpus).as_posix() for p in corpus.rglob("*") if p.is_file()}


# Who may in


def test_without_a_token_set_the_page_is_off_and_says_how_to_open_it(settings: Settings) -> None:
    closed = settings.model_copy(update={"admin_token": None})
    with client(closed) as api:
        page = api.get("/operator", headers=OWN)
        assert page.status_code == 403
        assert "PINCITE_ADMIN_TOKEN" in page.text
        assert "<form" not in page.text.split("<main")[1].split("</main")[0]
        for path in ("sign-in", "articles", "delete", "refresh", "rollback", "metadata"):
            refused = api.post(f"/operator/{path}", data={"token": ""}, headers=OWN)
            assert refused.status_code == 403
            assert "set-cookie" not in refused.headers
    assert files(settings) == set(SOURCES)


def test_signing_in_and_out(api: TestClient) -> None:
    asked = api.get("/operator", headers=OWN)
    assert (asked.status_code, asked.headers["cache-control"]) == (200, "no-store")
    assert 'type="password"' in asked.text
    assert "set-cookie" not in asked.headers
    wrong = sign_in(api, "a-wrong-token")
    assert wrong.status_code == 401
    assert "That is not the admin token" in wrong.text
    assert "set-cookie" not in wrong.headers

    right = sign_in(api, TOKEN)
    cookie = right.headers["set-cookie"]
    assert (right.status_code, right.headers["location"]) == (303, "/operator")
    for part in ("HttpOnly", "SameSite=strict", "Path=/operator", f"Max-Age={SESSION_SECONDS}"):
        assert part in cookie
    assert TOKEN not in cookie
    assert "Secure" not in cookie  # plain HTTP here
    desk = api.get("/operator", headers=OWN)
    assert "Night leg cramps" in words(desk)
    assert TOKEN not in desk.text

    key = api.cookies[COOKIE]
    post(api, "sign-out")
    assert COOKIE not in api.cookies
    api.cookies.set(COOKIE, key, path="/operator")
    assert 'type="password"' in api.get("/operator", headers=OWN).text


def test_nobody_else_gets_a_cookie(operator: TestClient) -> None:
    for path in ("/", "/articles", "/about", "/v1/index", "/v1/ask?q=cramps", "/docs"):
        assert "set-cookie" not in operator.get(path).headers


def test_a_secure_cookie_over_https(settings: Settings) -> None:
    with client(settings) as api:
        api.base_url = api.base_url.copy_with(scheme="https")
        assert "Secure" in sign_in(api, TOKEN).headers["set-cookie"]


def test_a_secure_cookie_behind_a_server_with_https(api: TestClient) -> None:
    """As Caddy says it without being asked, and nginx where it is told to."""
    headers = {**OWN, "x-forwarded-proto": "https"}
    data = {"token": TOKEN}
    right = api.post("/operator/sign-in", data=data, headers=headers, follow_redirects=False)
    assert "Secure" in right.headers["set-cookie"]


def test_after_a_wrong_token_the_other_language_is_a_page(api: TestClient) -> None:
    wrong = sign_in(api, "a-wrong-token").text
    assert re.findall(r'<a href="([^"]*)" lang="es"', wrong) == ["/operator?lang=es"]
    assert api.get("/operator?lang=es", headers=OWN).status_code == 200


def test_a_form_in_a_charset_that_makes_no_text_is_refused(
    operator: TestClient, settings: Settings
) -> None:
    half = rb"\ud800"

    def sent(charset: str, name: str, value: bytes, *more: str) -> tuple[int, str]:
        head = f'--x\r\nContent-Disposition: form-data; name="{name}"{"".join(more)}\r\n\r\n'
        response = operator.post(
            f"/operator/{'articles' if more else 'sign-in' if name == 'token' else 'delete'}",
            content=head.encode() + value + b"\r\n--x--\r\n",
            headers={
                "sec-fetch-site": "same-origin",
                "content-type": f"multipart/form-data; boundary=x; charset={charset}",
            },
        )
        return response.status_code, response.json()["type"]

    refused = (400, "urn:pincite:form-unreadable")
    assert sent("unicode_escape", "token", half) == refused
    assert sent("unicode_escape", "file", half) == refused
    assert sent("unicode_escape", "files", b"# A\n", '; filename="\\ud800.md"') == refused
    assert sent("undefined", "token", b"x") == refused
    assert files(settings) == set(SOURCES)


def test_who_guesses_is_stopped(api: TestClient) -> None:
    for number in range(GUESSES_PER_MINUTE):
        assert sign_in(api, f"guess-{number}").status_code == 401
    stopped = sign_in(api, TOKEN)
    assert stopped.status_code == 429
    assert int(stopped.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"origin": "http://["}, False),
        ({"origin": "http://testserver"}, True),
        ({"origin": "http://elsewhere.example"}, False),
        ({"origin": "null"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://testserver"}, False),
        ({}, False),
    ],
)
def test_a_form_of_another_site_changes_nothing(
    operator: TestClient, settings: Settings, headers: dict[str, str], taken: bool
) -> None:
    fields = {"file": "night.md", "sure": "yes"}
    answer = operator.post("/operator/delete", data=fields, headers=headers, follow_redirects=False)
    assert answer.status_code == (303 if taken else 403)
    assert ("night.md" in files(settings)) is not taken


def test_who_is_not_signed_in_changes_nothing(api: TestClient, settings: Settings) -> None:
    live = current_snapshot(settings.index)
    post(api, "delete", file="night.md", sure="yes")
    post(api, "metadata", file="night.md", metadata="title: A")
    post(api, "rollback", snapshot="")
    post(api, "refresh")
    sent = {"files": ("a.md", TETANUS)}
    assert 'type="password"' in api.post("/operator/articles", files=sent, headers=OWN).text
    by_script = {**OWN, "accept": "application/json"}
    told = api.post("/operator/articles", files=sent, headers=by_script)
    assert (told.status_code, told.json()["type"]) == (401, "urn:pincite:admin-only")
    assert 'type="password"' in api.get("/operator/files/night.md", headers=OWN).text
    assert files(settings) == set(SOURCES)
    assert api.get("/v1/index").json()["job"] is None
    assert current_snapshot(settings.index) == live


# What it does


def test_files_are_added_looked_at_and_deleted_without_a_script(
    operator: TestClient, settings: Settings
) -> None:
    several = [
        ("files", ("tetanus.md", TETANUS, "application/octet-stream")),
        ("files", ("C:\\scans\\photo.png", b"\x89PNG", "image/png")),
        ("files", ("broken.pdf", b"%PDF-1.7 no more", "application/pdf")),
        ("files", ("plain", b"Rest helps a tired jaw.", "text/plain")),
        ("files", (".hidden.md", TETANUS, "text/markdown")),
    ]
    page = operator.post(
        "/operator/articles", data={"folder": " jaw/ "}, files=several, headers=OWN
    )
    assert page.status_code == 200
    told = re.findall(r'<p class="told told-(\w+)" role="(\w+)"><bdi>(.*?)</bdi>', page.text)
    assert [(kind, role) for kind, role, _ in told] == [
        ("done", "status"), ("fault", "alert"), ("done", "status"), ("done", "status"),
        ("fault", "alert"),
    ]  # fmt: skip
    assert told[0][2].startswith("jaw/tetanus.md is stored.")
    assert told[1][2].startswith("jaw/photo.png was not taken: no reader for")
    assert told[3][2].startswith("jaw/plain.txt is stored.")
    assert files(settings) == {*SOURCES, "jaw/tetanus.md", "jaw/broken.pdf", "jaw/plain.txt"}
    settled(operator)

    desk = operator.get("/operator", headers=OWN)
    assert "is stored." not in desk.text, "told once"
    assert "Tetanus" in words(desk)
    assert re.search(r"Indexed\. Files added: \d, changed: 0, removed: 0;", words(desk))
    assert re.search(r"jaw/broken\.pdf.*?the PDF is damaged", words(desk))
    looked = operator.get("/operator/files/jaw/broken.pdf", headers=OWN)
    assert "This file could not be read." in words(looked)

    unsure = post(operator, "delete", file="jaw/broken.pdf")
    assert "Nothing was deleted" in words(unsure)
    assert "jaw/broken.pdf" in files(settings)
    for name in ("jaw/broken.pdf", "jaw/plain.txt", "jaw/tetanus.md"):
        assert f"{name} is deleted" in words(post(operator, "delete", file=name, sure="yes"))
    assert "There is no file" in words(post(operator, "delete", file="jaw/plain.txt", sure="yes"))
    assert settled(operator)["problems"] == {}
    assert operator.get("/v1/articles/jaw/tetanus.md").status_code == 404
    assert files(settings) == set(SOURCES)


def test_a_script_is_told_as_json(operator: TestClient, settings: Settings) -> None:
    header = {**OWN, "accept": "application/json"}
    answer = operator.post(
        "/operator/articles",
        files=[("files", ("a.md", TETANUS)), ("files", ("a.docx", TETANUS))],
        headers=header,
    )
    good, bad = answer.json()["files"]
    assert good == {"file": "a.md", "problem": None}
    assert "ZIP archive" in bad["problem"]
    stored = settings.corpus / "a.md"
    assert hashlib.sha256(stored.read_bytes()).digest() == hashlib.sha256(TETANUS).digest()
    assert "is stored" not in operator.get("/operator", headers=OWN).text
    settled(operator)


def test_no_file_chosen_is_said(operator: TestClient) -> None:
    page = operator.post("/operator/articles", files={"files": ("", b"")}, headers=OWN)
    assert "No file was chosen." in words(page)


def test_more_than_is_taken_at_once_is_refused(
    operator: TestClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.upkeep.operator_pages.UPLOAD_BYTES", 1000)
    monkeypatch.setattr("service.upkeep.operator_pages.BODY_BYTES", 1000)
    sent = {"files": ("long.md", b"Rest. " * 1000)}
    assert operator.post("/operator/articles", files=sent, headers=OWN).status_code == 413

    def parts() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="long.md"\r\n\r\n'
        for _ in range(40):
            yield b"Rest. " * 100
        yield b"\r\n--x--\r\n"

    header = {**OWN, "content-type": "multipart/form-data; boundary=x"}
    answer = operator.post("/operator/articles", content=parts(), headers=header)
    assert answer.status_code == 413
    assert files(settings) == set(SOURCES)


def test_the_page_of_a_file_says_what_was_kept_and_what_was_left_out(operator: TestClient) -> None:
    html = (
        "<html><head><title>Jaw</title></head><body><nav><a href='/'>Home</a></nav>"
        "<article><h1>Jaw</h1><p>"
        + "A stiff jaw wants rest and warmth. " * 20
        + "</p></article><footer>All rights reserved.</footer></body></html>"
    )
    sent = {"files": ("jaw & <b>.html", html)}
    operator.post("/operator/articles", files=sent, headers=OWN)
    settled(operator)
    page = operator.get("/operator/files/jaw%20%26%20%3Cb%3E.html", headers=OWN)
    assert page.status_code == 200
    assert '<h1 dir="auto">jaw &amp; &lt;b&gt;.html</h1>' in page.text
    article = operator.get("/v1/articles/jaw%20%26%20%3Cb%3E.html").json()
    assert article["left_out"]
    for block in article["left_out"]:
        assert block["text"] in unescape(page.text)
        assert block["reason"] in unescape(page.text)
    assert operator.get("/operator/files/none.md", headers=OWN).status_code == 404
    assert operator.get("/operator/files/../../etc/passwd", headers=OWN).status_code == 404


def test_metadata_is_saved_refused_and_removed(operator: TestClient, settings: Settings) -> None:
    sidecar = settings.corpus / "night.md.yaml"
    saved = post(operator, "metadata", file="night.md", metadata="title: Calves\r\nnote: A\r\n")
    assert "Understood: title, note." in words(saved)
    assert sidecar.read_bytes() == b"title: Calves\nnote: A\n"
    unknown = post(operator, "metadata", file="more/water & salt.md", metadata="colour: blue")
    assert "but no line of it is one that is read here" in words(unknown)
    assert (settings.corpus / "more/water & salt.md.yaml").read_text() == "colour: blue"
    settled(operator)
    assert operator.get("/v1/articles/night.md").json()["title"] == "Calves"
    assert "title: Calves" in operator.get("/operator/files/night.md", headers=OWN).text
    refused = post(operator, "metadata", file="night.md", metadata="published: soon")
    assert "Metadata: &#34;published&#34; is" in refused.text
    assert sidecar.read_bytes() == b"title: Calves\nnote: A\n"
    assert "removed" in words(post(operator, "metadata", file="night.md", metadata=" "))
    assert not sidecar.exists()
    settled(operator)
    assert operator.get("/v1/articles/night.md").json()["title"] == "Night leg cramps"


def test_lists_fetched_anew_leave_what_is_told_to_the_page_that_shows_it(
    operator: TestClient,
) -> None:
    operator.post("/operator/refresh", headers=OWN, follow_redirects=False)
    script = {**OWN, "x-requested-with": "XMLHttpRequest"}
    assert "Indexing has been asked for." not in words(operator.get("/operator", headers=script))
    assert "Indexing has been asked for." in words(operator.get("/operator", headers=OWN))
    assert "Indexing has been asked for." not in words(operator.get("/operator", headers=OWN))
    settled(operator)


def test_going_back_and_indexing_again(operator: TestClient, settings: Settings) -> None:
    write_corpus(settings.corpus, {"new.md": "# New\n\nRest two days.\n"})
    assert "Indexing has been asked for." in words(post(operator, "refresh"))
    settled(operator)
    new, old = snapshots(settings.index)
    desk = operator.get("/operator", headers=OWN).text
    assert re.findall(r'name="snapshot" value="(\w+)"', desk) == [old]
    done = post(operator, "rollback", snapshot=old)
    assert f"Snapshot {old} is live, with 2 articles." in words(done)
    assert operator.get("/v1/index").json()["snapshot"] == old == current_snapshot(settings.index)
    assert operator.get("/v1/articles/new.md").status_code == 404
    assert f"Snapshot {new} is live, with 3 articles." in words(
        post(operator, "rollback", snapshot=new)
    )
    none = words(post(operator, "rollback", snapshot="0ABC"))
    assert "Snapshot 0ABC is not in" in none
    assert current_snapshot(settings.index) == new


def test_articles_are_found_by_title_or_file(operator: TestClient) -> None:
    def listed(query: str) -> list[str]:
        page = operator.get("/operator", params={"q": query}, headers=OWN).text
        return re.findall(r'<code dir="auto">(.*?)</code>', page)

    assert listed("") == ["night.md", "more/water &amp; salt.md"]
    assert listed("NIGHT leg") == ["night.md"]
    assert listed("salt.md") == ["more/water &amp; salt.md"]
    assert listed("zebra") == []
    assert operator.get("/operator?page=99999999&q=%00", headers=OWN).status_code == 200


def test_a_job_that_fails_and_a_snapshot_that_is_refused_are_said(
    operator: TestClient, settings: Settings
) -> None:
    for name in SOURCES:
        (settings.corpus / name).unlink()
    post(operator, "refresh")
    settled(operator)
    assert "Indexing failed. nothing in" in words(operator.get("/operator", headers=OWN))
    (settings.index / "CURRENT").write_text("nonsense")
    wait_until(lambda: bool(operator.get("/v1/index").json()["refused"]))
    assert "The newest snapshot is not used." in words(operator.get("/operator", headers=OWN))


def test_too_many_changes_are_asked_to_wait(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, changes_per_minute=1)
    write_corpus(settings.corpus)
    build(settings)
    with client(settings) as api:
        sign_in(api, TOKEN)
        assert "Indexing has been asked for." in words(post(api, "refresh"))
        assert "At most 1 changes a minute are taken." in words(post(api, "refresh"))
        header = {**OWN, "accept": "application/json"}
        sent = {"files": ("a.md", TETANUS)}
        told = api.post("/operator/articles", files=sent, headers=header)
        assert (told.status_code, told.json()["type"]) == (429, "urn:pincite:too-many")
        assert int(told.headers["retry-after"]) >= 1
        settled(api)


def test_spanish_travels_through_the_forms(operator: TestClient) -> None:
    desk = operator.get("/operator?lang=es", headers=OWN)
    assert "Mesa del operador" in desk.text
    actions = re.findall(r'<form[^>]* action="(/operator[^"]*)"', desk.text)
    posted = [action for action in actions if "#" not in action]
    assert posted
    assert all(action.endswith("?lang=es") for action in posted)
    answer = operator.post("/operator/refresh?lang=es", headers=OWN)
    assert "Se ha pedido la indexación." in words(answer)
    settled(operator)


# Sessions


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_session_ends_an_hour_after_its_last_request() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    key = sessions.begin()
    clock.now = SESSION_SECONDS - 1
    assert sessions.of(key)
    clock.now += SESSION_SECONDS - 1
    assert sessions.of(key)
    clock.now += SESSION_SECONDS
    assert sessions.of(key) is None
    assert sessions.of(None) is None
    assert sessions.of("") is None


def test_sessions_are_their_own_few_and_say_a_thing_once() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    keys = []
    for number in range(SESSIONS + 1):
        clock.now = float(number)
        keys.append(sessions.begin())
    assert len(set(keys)) == SESSIONS + 1
    assert sessions.of(keys[0]) is None
    session = sessions.of(keys[1])
    assert session is not None
    session.tell("done", "x")
    assert sessions.of(keys[2]) is not session
    assert session.heard() == [("done", "x")]
    assert session.heard() == []
    sessions.end(keys[1])
    assert sessions.of(keys[1]) is None
    assert keys[2] not in str(vars(sessions))
