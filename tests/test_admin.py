"""Articles over HTTP: safely on the disk before they are acknowledged, and never outside of it."""

import hashlib
import os
import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

import service.upkeep.shelf as module
from index.errors import PinciteError, SourceError, UnsupportedFormat
from index.snapshot_writing import flush
from ingest.corpus import SourceFile, find_files, sidecar_names
from ingest.upload import check_content, plain_path, upload_name
from service.upkeep.shelf import Shelf
from service.web.allowance import GUESSES_PER_MINUTE
from tests.service_fixtures import (
    SOURCES,
    TOKEN,
    build,
    client,
    refreshed,
    settings_in,
    settled,
    wait_until,
    write_corpus,
)

HEADER = {"authorization": f"Bearer {TOKEN}"}
TETANUS = b"# Tetanus\n\nTetanus makes the jaw stiff.\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("admin")
    write_corpus(folder / "corpus")
    build(settings_in(folder))
    return folder


@pytest.fixture(scope="module")
def api(home: Path) -> Iterator[TestClient]:
    with client(settings_in(home)) as opened:
        yield opened


def files(home: Path) -> set[str]:
    return {
        p.relative_to(home / "corpus").as_posix()
        for p in (home / "corpus").rglob("*")
        if not p.is_dir()
    }


def tag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()}"'


def test_an_article_comes_changes_and_goes(api: TestClient, home: Path) -> None:
    put = api.put("/v1/articles/jaw/tetanus.md", content=TETANUS, headers=HEADER)
    assert put.status_code == 202, put.text
    stored = put.json()
    assert (stored["article_id"], stored["new"]) == ("jaw/tetanus.md", True)
    assert put.headers["etag"] == tag(TETANUS) == f'"{stored["sha256"]}"'
    assert (home / "corpus/jaw/tetanus.md").read_bytes() == TETANUS
    found = settled(api)
    assert (found["job"]["state"], found["job"]["report"]["added"]) == ("done", 1)
    assert found["job"]["job"] >= stored["job"]["job"]
    got = api.get("/v1/articles/jaw/tetanus.md")
    assert got.headers["etag"] == tag(TETANUS)
    assert got.json()["text"] == "Tetanus\n\nTetanus makes the jaw stiff."

    other = TETANUS.replace(b"stiff", b"very stiff")
    stale = {**HEADER, "if-match": tag(b"something else")}
    refused = api.put("/v1/articles/jaw/tetanus.md", content=other, headers=stale)
    assert (refused.status_code, refused.json()["type"]) == (412, "urn:pincite:precondition-failed")
    assert (home / "corpus/jaw/tetanus.md").read_bytes() == TETANUS
    fresh = {**HEADER, "if-match": f'"x", {tag(TETANUS)}'}
    assert api.put("/v1/articles/jaw/tetanus.md", content=other, headers=fresh).status_code == 202
    once_more = api.put("/v1/articles/jaw/tetanus.md", content=other, headers=HEADER)
    assert (once_more.status_code, once_more.json()["new"]) == (202, False)
    settled(api)
    assert "very stiff" in api.get("/v1/articles/jaw/tetanus.md").json()["text"]

    assert api.delete("/v1/articles/jaw/tetanus.md", headers=stale).status_code == 412
    assert api.delete("/v1/articles/jaw/tetanus.md", headers=HEADER).status_code == 202
    assert api.delete("/v1/articles/jaw/tetanus.md", headers=HEADER).status_code == 404
    settled(api)
    assert api.get("/v1/articles/jaw/tetanus.md").status_code == 404
    assert files(home) == set(SOURCES)


def test_if_none_match_makes_and_never_replaces(api: TestClient, home: Path) -> None:
    header = {**HEADER, "if-none-match": "*"}
    assert api.put("/v1/articles/night.md", content=TETANUS, headers=header).status_code == 412
    assert (home / "corpus/night.md").read_text() == SOURCES["night.md"]
    header = {**HEADER, "if-match": "*"}
    assert api.put("/v1/articles/none.md", content=TETANUS, headers=header).status_code == 412
    assert files(home) == set(SOURCES)


def test_a_change_while_a_job_runs_is_picked_up_by_the_next(api: TestClient, home: Path) -> None:
    for number in range(6):
        put = api.put(
            f"/v1/articles/many/{number}.md", content=TETANUS + b"%d" % number, headers=HEADER
        )
        assert put.status_code == 202
    wait_until(lambda: settled(api)["articles"] == 8)
    for number in range(6):
        api.delete(f"/v1/articles/many/{number}.md", headers=HEADER)
    wait_until(lambda: settled(api)["articles"] == 2)
    assert files(home) == set(SOURCES)


def test_a_file_that_cannot_be_read_is_kept_and_named(api: TestClient) -> None:
    put = api.put("/v1/articles/broken.pdf", content=b"%PDF-1.7 no more", headers=HEADER)
    assert put.status_code == 202
    found = settled(api)
    # What the job says tells why, where it is not so.
    assert (list(found["problems"]), found["job"]["error"]) == (["broken.pdf"], None)
    assert api.delete("/v1/articles/broken.pdf", headers=HEADER).status_code == 202
    assert settled(api)["problems"] == {}


def test_what_a_job_that_is_done_has_made_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_in(tmp_path)
    write_corpus(settings.corpus)
    build(settings)
    with client(settings) as web:
        indexing = web.app.state.indexing  # type: ignore[attr-defined]
        jobs = indexing.jobs

        def ends_meanwhile() -> object:
            monkeypatch.undo()
            (settings.corpus / "broken.pdf").write_bytes(b"%PDF-1.7 no more")
            refreshed(web)
            return jobs()

        monkeypatch.setattr(indexing, "jobs", ends_meanwhile)
        found = web.get("/v1/index").json()
    assert found["job"]["state"] == "done"
    assert list(found["problems"]) == ["broken.pdf"]


def docx() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("path", "content_type", "body", "status"),
    [
        ("a.pdf", "", TETANUS, 415),
        ("a.md", "", b"%PDF-1.7", 415),
        ("a.md", "", docx(), 415),
        ("a.md", "", b"x\0y", 415),
        ("a.docx", "", TETANUS, 415),
        ("a.gz", "", TETANUS, 415),
        ("a.png", "", b"\x89PNG", 415),
        ("a.yaml", "", b"title: A", 415),
        ("a.md", "application/pdf", TETANUS, 415),
        ("a.md", "application/x-www-form-urlencoded", TETANUS, 415),
        ("a", "", TETANUS, 415),
        ("a.md", "", b"", 422),
        ("%2e%2e/a.md", "", TETANUS, 422),
        ("x/%2e%2e/%2e%2e/a.md", "", TETANUS, 422),
        ("%2Fetc/a.md", "", TETANUS, 422),
        ("x//a.md", "", TETANUS, 422),
        (".hidden.md", "", TETANUS, 422),
        ("~$lock.md", "", TETANUS, 422),
        (".git/a.md", "", TETANUS, 422),
        ("a%00.md", "", TETANUS, 422),
        ("a%0A.md", "", TETANUS, 404),
        ("x%5C..%5Ca.md", "", TETANUS, 422),
        ("y" * 300 + ".md", "", TETANUS, 422),
        ("a/" * 20 + "a.md", "", TETANUS, 422),
        ("night.md/a.md", "", TETANUS, 409),
    ],
)
def test_what_is_refused_leaves_nothing(
    api: TestClient, home: Path, path: str, content_type: str, body: bytes, status: int
) -> None:
    header = {**HEADER, "content-type": content_type}
    response = api.put(f"/v1/articles/{path}", content=body, headers=header)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert files(home) == set(SOURCES)
    assert {p.name for p in home.iterdir()} == {"corpus", "index"}


@pytest.mark.parametrize(
    ("article_id", "content_type", "name"),
    [
        ("a", "text/html; charset=utf-8", "a.html"),
        ("a.b", "text/markdown", "a.b.md"),
        ("a", "application/pdf", "a.pdf"),
        ("a.htm", "text/html", "a.htm"),
        ("A.PDF", "application/pdf", "A.PDF"),
        ("a.md", "text/plain", "a.md"),
        ("a.xml", "application/octet-stream", "a.xml"),
        ("water & salt/ä é.md", "", "water & salt/ä é.md"),
    ],
)
def test_the_suffix_comes_from_the_id_or_from_the_content_type(
    article_id: str, content_type: str, name: str
) -> None:
    assert upload_name(article_id, content_type) == PurePosixPath(name)


@pytest.mark.parametrize("article_id", ["Asthma_files/frame.html", "a/b_files/c/d.md"])
def test_no_upload_goes_where_the_parts_of_a_page_are_passed_over(article_id: str) -> None:
    with pytest.raises(SourceError, match="ends in _files"):
        upload_name(article_id, "")
    assert str(plain_path(article_id)) == article_id


@given(st.text(max_size=60) | st.from_regex(r"[./\\a \x00]{1,12}(\.md)?", fullmatch=True))
def test_no_id_leaves_the_corpus(article_id: str) -> None:
    try:
        path = plain_path(article_id)
    except SourceError:
        return
    assert str(path) == article_id
    corpus = Path("/nowhere/corpus")
    assert Path(os.path.normpath(corpus / path)) == corpus / path
    assert (corpus / path).is_relative_to(corpus)


@given(st.binary(max_size=40), st.sampled_from(["a.md", "a.pdf", "a.docx", "a.gz", "a.html"]))
def test_any_beginning_is_taken_or_refused_by_name(beginning: bytes, name: str) -> None:
    refused = ""
    try:
        check_content(PurePosixPath(name), beginning)
    except (SourceError, UnsupportedFormat) as error:
        refused = str(error)
    assert refused or beginning


# Metadata


def test_metadata_comes_changes_and_goes(api: TestClient, home: Path) -> None:
    api.put("/v1/articles/jaw/tetanus.md", content=TETANUS, headers=HEADER)
    said = b"title: Lockjaw\npublisher: A Library\npublished: 2026-03\ncolour: red\n"
    put = api.put("/v1/metadata/jaw/tetanus.md", content=said, headers=HEADER)
    assert put.status_code == 202, put.text
    stored = put.json()
    assert (stored["article_id"], stored["new"]) == ("jaw/tetanus.md", True)
    assert stored["fields"] == ["title", "publisher", "published"]
    assert put.headers["etag"] == tag(said) == f'"{stored["sha256"]}"'
    assert (home / "corpus/jaw/tetanus.md.yaml").read_bytes() == said
    settled(api)
    got = api.get("/v1/articles/jaw/tetanus.md")
    assert (got.json()["title"], got.json()["published"]) == ("Lockjaw", "2026-03")

    stale = {**HEADER, "if-match": tag(b"something else")}
    other = '{"title": "Tetanus \\u2013 \\ud83d\\ude00", "authors": ["A", "B"]}'
    as_json = {**HEADER, "content-type": "application/json"}
    assert (
        api.put("/v1/metadata/jaw/tetanus.md", content=other, headers=stale).status_code,
        api.delete("/v1/metadata/jaw/tetanus.md", headers=stale).status_code,
    ) == (412, 412)
    again = api.put("/v1/metadata/jaw/tetanus.md", content=other, headers=as_json)
    assert (again.status_code, again.json()["new"]) == (202, False)
    settled(api)
    got = api.get("/v1/articles/jaw/tetanus.md")
    assert got.json()["title"] == "Tetanus \u2013 \U0001f600"
    assert got.json()["authors"] == ["A", "B"]
    # The tag that GET gives, which counts the metadata in, is good for a change too.
    assert got.headers["etag"] != tag(TETANUS)
    match = {**HEADER, "if-match": got.headers["etag"]}
    assert api.put("/v1/articles/jaw/tetanus.md", content=TETANUS, headers=match).is_success

    assert api.delete("/v1/metadata/jaw/tetanus.md", headers=HEADER).status_code == 202
    assert api.delete("/v1/metadata/jaw/tetanus.md", headers=HEADER).status_code == 404
    settled(api)
    assert api.get("/v1/articles/jaw/tetanus.md").json()["title"] == "Tetanus"
    api.put("/v1/metadata/jaw/tetanus.md", content=said, headers=HEADER)
    api.delete("/v1/articles/jaw/tetanus.md", headers=HEADER)
    assert settled(api)["problems"] == {}
    assert files(home) == set(SOURCES)


@pytest.mark.parametrize(
    ("path", "content_type", "body", "status", "says"),
    [
        ("night.md", "application/yaml", b"title: [a, b", 422, "the YAML cannot be read"),
        ("night.md", "application/json", b'{"title": ', 422, "is not JSON"),
        ("night.md", "application/json", b"[" * 100_000, 422, "is not JSON"),
        ("night.md", "application/json", b"[1]", 422, "key: value"),
        ("night.md", "", b"published: soon", 422, "published"),
        ("night.md", "", b"title: \xff", 422, "UTF-8"),
        ("night.md", "", b" \n", 422, "empty"),
        ("night.md", "text/html", b"<p>", 415, "YAML"),
        ("night.png", "", b"title: A", 415, "no reader|suffix"),
        ("../night.md", "", b"title: A", 404, ""),
        ("x/%2e%2e/night.md", "", b"title: A", 422, "inside the corpus"),
    ],
)
def test_metadata_that_is_refused_leaves_nothing(
    api: TestClient, home: Path, path: str, content_type: str, body: bytes, status: int, says: str
) -> None:
    header = {**HEADER, "content-type": content_type}
    response = api.put(f"/v1/metadata/{path}", content=body, headers=header)
    assert response.status_code == status, response.text
    assert re.search(says, response.json()["detail"])
    assert files(home) == set(SOURCES)


def test_a_sidecar_that_two_articles_share_is_nobodys_own(tmp_path: Path) -> None:
    for name in ("a.md", "a.txt", "b.md", "b.yaml", "a.yaml"):
        (tmp_path / name).write_text("title: A")
    shelf = Shelf(tmp_path)
    assert not shelf.remove_metadata(PurePosixPath("a.md"), match=None)
    assert shelf.put_metadata(PurePosixPath("a.md"), b"title: B", match=None, none_match=None)
    assert shelf.metadata(PurePosixPath("a.md")) == "title: B"
    assert shelf.metadata(PurePosixPath("a.txt")) == ""
    assert not shelf.put_metadata(PurePosixPath("b.md"), b"title: C", match=None, none_match=None)
    assert shelf.remove(PurePosixPath("a.md"), match=None)
    assert shelf.remove(PurePosixPath("b.md"), match=None)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.txt", "a.yaml"]


def test_the_sidecar_of_another_file_is_left_alone(tmp_path: Path) -> None:
    for name in ("page.md", "page.md.yaml", "page.md.html", "d.jsonl", "d.jsonl.yml", "d.jsonl.gz"):
        (tmp_path / name).write_text("title: A")
    shelf = Shelf(tmp_path)
    page, packed = PurePosixPath("page.md.html"), PurePosixPath("d.jsonl.gz")
    assert shelf.put_metadata(page, b"title: B", match=None, none_match=None)
    assert (tmp_path / "page.md.yaml").read_text() == "title: A"
    assert (tmp_path / "page.md.html.yaml").read_text() == "title: B"
    assert shelf.remove(page, match=None)
    assert shelf.remove(packed, match=None)
    left = ["d.jsonl", "d.jsonl.yml", "page.md", "page.md.yaml"]
    assert sorted(p.name for p in tmp_path.iterdir()) == left


def test_no_metadata_of_an_article_outlives_it(tmp_path: Path) -> None:
    for name in ("b.md", "b.md.yaml", "b.yaml", "b.yml"):
        (tmp_path / name).write_text("title: A")
    assert Shelf(tmp_path).remove(PurePosixPath("b.md"), match=None)
    assert list(tmp_path.iterdir()) == []


def test_an_article_of_the_longest_name_is_removed(tmp_path: Path) -> None:
    name = PurePosixPath(f"{'x' * 249}.md")
    (tmp_path / name).write_text("# A")
    assert Shelf(tmp_path).metadata(name) == ""
    assert Shelf(tmp_path).remove(name, match=None)


def test_the_sidecar_that_is_written_is_the_one_that_is_read(tmp_path: Path) -> None:
    for present in sidecar_names(PurePosixPath("x/a.md")):
        folder = tmp_path / present.name
        (folder / "x").mkdir(parents=True)
        (folder / "x/a.md").write_text("# A")
        (folder / present).write_text("title: A")
        Shelf(folder).put_metadata(
            PurePosixPath("x/a.md"), b"title: B", match=None, none_match=None
        )
        (found,) = find_files(folder)
        assert isinstance(found, SourceFile)
        assert found.sidecar == folder / present
        assert found.read()[1] == b"title: B"


# Who may


def test_without_the_token_nothing_is_read_and_nothing_changes(api: TestClient, home: Path) -> None:
    for header in ({}, {"authorization": "Bearer wrong-token"}):
        for call in (api.put("/v1/articles/a.md", content=TETANUS, headers=header),
                     api.delete("/v1/articles/night.md", headers=header)):  # fmt: skip
            assert (call.status_code, call.json()["type"]) == (401, "urn:pincite:admin-only")
    with client(settings_in(home, admin_token=None)) as closed:
        for call in (closed.put("/v1/articles/a.md", content=TETANUS, headers=HEADER),
                     closed.delete("/v1/articles/night.md", headers=HEADER)):  # fmt: skip
            assert (call.status_code, call.json()["type"]) == (403, "urn:pincite:admin-off")
            assert "PINCITE_ADMIN_TOKEN" in call.json()["detail"]
    assert files(home) == set(SOURCES)


def test_a_file_beyond_the_limit_is_refused_by_what_it_says_and_by_what_comes(
    api: TestClient, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.web.middleware.UPLOAD_BYTES", 3_000_000)
    monkeypatch.setattr("service.upkeep.admin.UPLOAD_BYTES", 3_000_000)

    def parts() -> Iterator[bytes]:
        for _ in range(40):
            yield b"Rest. " * 20_000

    for body in (b"x" * 3_000_001, parts()):
        response = api.put("/v1/articles/long.md", content=body, headers=HEADER)
        assert (response.status_code, response.json()["status"]) == (413, 413)
    assert files(home) == set(SOURCES)
    longer_than_a_question = b"Rest. " * 300_000
    response = api.put("/v1/articles/long.md", content=longer_than_a_question, headers=HEADER)
    assert response.status_code == 202
    api.delete("/v1/articles/long.md", headers=HEADER)
    settled(api)


def test_more_changes_than_are_taken_in_a_minute_are_asked_to_wait(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, changes_per_minute=3)
    write_corpus(settings.corpus)
    build(settings)
    with client(settings) as api:
        calls = [
            api.put("/v1/articles/a.md", content=TETANUS, headers=HEADER),
            api.put("/v1/metadata/a.md", content=b"title: A", headers=HEADER),
            api.delete("/v1/articles/a.md", headers=HEADER),
            api.put("/v1/articles/b.md", content=TETANUS, headers=HEADER),
        ]
        assert [call.status_code for call in calls] == [202, 202, 202, 429]
        told = calls[-1]
        assert told.headers["content-type"] == "application/problem+json"
        assert told.json()["type"] == "urn:pincite:too-many"
        assert "PINCITE_CHANGES_PER_MINUTE" in told.json()["detail"]
        assert 1 <= int(told.headers["retry-after"]) <= 20
        assert api.post("/v1/index/refresh").status_code == 401  # who may not is not counted
        assert api.get("/v1/index").status_code == 200
    assert files(tmp_path) == set(SOURCES)


def test_who_guesses_tokens_is_stopped(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    write_corpus(settings.corpus)
    build(settings)
    with client(settings) as api:
        wrong = [
            api.post("/v1/index/refresh", headers={"authorization": f"Bearer guess-{n}"})
            for n in range(GUESSES_PER_MINUTE + 1)
        ]
        assert [call.status_code for call in wrong] == [401] * GUESSES_PER_MINUTE + [429]
        right = api.post("/v1/index/refresh", headers=HEADER)
        assert (right.status_code, right.json()["type"]) == (429, "urn:pincite:too-many")


# The shelf


@pytest.mark.parametrize("failing", ["flush", "full"])
def test_a_disk_that_fails_acknowledges_nothing(
    api: TestClient, home: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if failing == "flush":
        monkeypatch.setattr(module, "flush", full)
    else:
        monkeypatch.setattr("secrets.token_hex", full)
    response = api.put("/v1/articles/night.md", content=TETANUS, headers=HEADER)
    assert (response.status_code, response.json()["type"]) == (507, "urn:pincite:no-room")
    assert (home / "corpus/night.md").read_text() == SOURCES["night.md"]
    assert files(home) == set(SOURCES)


def test_it_is_on_the_disk_before_its_name_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(tmp_path)
    flushed: list[tuple[str, bool]] = []
    plain = flush

    def noted(path: Path) -> None:
        flushed.append((path.name, (tmp_path / "x/a.md").exists()))
        plain(path)

    monkeypatch.setattr(module, "flush", noted)
    with shelf.upload() as (file, path):
        file.write(TETANUS)
        file.flush()
        assert shelf.put(PurePosixPath("x/a.md"), path, match=None, none_match=None)
    assert flushed == [(tmp_path.name, False), (path.name, False), ("x", True)]
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside, corpus = tmp_path / "outside", tmp_path / "corpus"
    outside.mkdir()
    corpus.mkdir()
    (outside / "a.md").write_text("mine")
    (corpus / "out").symlink_to(outside)
    (corpus / "a.md").symlink_to(outside / "a.md")
    shelf = Shelf(corpus)

    def put(name: str) -> None:
        with shelf.upload() as (file, path):
            file.write(TETANUS)
            file.flush()
            shelf.put(PurePosixPath(name), path, match=None, none_match=None)

    with pytest.raises(PinciteError, match="not a folder"):
        put("out/a.md")
    with pytest.raises(PinciteError, match="not a folder"):
        shelf.remove(PurePosixPath("out/a.md"), match=None)
    put("a.md")
    assert (outside / "a.md").read_text() == "mine"
    assert (corpus / "a.md").read_bytes() == TETANUS


def test_what_a_killed_upload_left_is_swept_away_and_is_never_indexed(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    write_corpus(settings.corpus)
    (settings.corpus / ".0123.upload").write_bytes(TETANUS)
    assert build(settings).articles == 2
    Shelf(settings.corpus).sweep()
    assert files(tmp_path) == set(SOURCES)


def test_what_was_acknowledged_is_indexed_by_the_next_service(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    write_corpus(settings.corpus)
    build(settings)
    # As a service leaves it that is killed between its answer and its job.
    (settings.corpus / "tetanus.md").write_bytes(TETANUS)
    (settings.index / "pending").touch()
    with client(settings) as api:
        wait_until(lambda: api.get("/v1/articles/tetanus.md").status_code == 200)
        assert settled(api)["job"]["state"] == "done"
    assert not (settings.index / "pending").exists()


def test_no_room_is_told_from_other_failures() -> None:
    for number, status in ((28, 507), (13, 409), (30, 409), (36, 422)):
        with pytest.raises(PinciteError) as caught, module._told():
            raise OSError(number, os.strerror(number))
        assert caught.value.status == status
