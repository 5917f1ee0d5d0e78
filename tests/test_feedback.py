"""Feedback: the file, the form's route, the export."""

import csv
import io
import json
import stat
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from service import cli
from service.feedback.entries import (
    FILE,
    PER_MINUTE,
    REASON_CHARACTERS,
    Feedback,
    FeedbackNotStored,
    append,
    as_csv,
    as_line,
    read,
)
from service.settings import Settings, documented_settings
from tests.service_fixtures import CAUSES, build, client, settings_in, write_corpus

ENTRY = Feedback(
    day="2026-11-22",
    helped=True,
    reason="Clear.",
    status="answered",
    language="en",
    snapshot="01ARZ3NDEKTSV4RRFFQ69G5FAV",
)
PAGE = {"accept": "text/html"}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def entries(folder: Path) -> tuple[Feedback, ...]:
    return read(folder).entries


def test_what_is_appended_is_read_in_order_and_is_the_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "feedback"
    assert read(folder).entries == ()
    other = Feedback("2026-11-23", False, 'a "b"\nc', "", "es", "", "¿Por qué?")
    append(folder, ENTRY)
    append(folder, other)
    assert entries(folder) == (ENTRY, other)
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@given(reason=TEXT, question=st.none() | TEXT)
def test_a_line_is_one_line_that_holds_the_words_and_no_control(
    reason: str, question: str | None
) -> None:
    line = as_line(Feedback("2026-11-22", True, reason, "", "en", "", question))
    assert line.isprintable() or all(c not in line for c in "\n\r\x1b\x9b\u202e\u2028")
    assert len(line.splitlines()) == 1
    found = json.loads(line)
    assert (found["reason"], found["question"]) == (reason, question)


def test_a_line_that_was_cut_off_is_left_out_and_the_next_is_whole(tmp_path: Path) -> None:
    append(tmp_path, ENTRY)
    file = tmp_path / FILE
    file.write_bytes(file.read_bytes() + b'{"day": "2026-')
    append(tmp_path, ENTRY)
    kept = read(tmp_path)
    assert kept.entries == (ENTRY, ENTRY)
    assert kept.damaged == (2,)


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "1",
        "{}",
        '{"day": 1, "helped": true, "reason": "", "status": "", "language": "", "snapshot": ""}',
        '{"day": "", "helped": 1, "reason": "", "status": "", "language": "", "snapshot": ""}',
        "\xff",
    ],
)
def test_a_line_that_is_no_entry_is_named_by_its_number(tmp_path: Path, line: str) -> None:
    (tmp_path / FILE).write_bytes(line.encode("latin-1") + b"\n")
    assert read(tmp_path).damaged == (1,)


def test_the_file_stops_growing(tmp_path: Path) -> None:
    size = len(as_line(ENTRY).encode()) + 1
    append(tmp_path, ENTRY, 2 * size)
    append(tmp_path, ENTRY, 2 * size)
    with pytest.raises(FeedbackNotStored, match="Export it, then move it away"):
        append(tmp_path, ENTRY, 2 * size)
    assert entries(tmp_path) == (ENTRY, ENTRY)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FeedbackNotStored, match="cannot be written"):
        append(tmp_path / "file", ENTRY)
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FeedbackNotStored, match="cannot be written"):
        append(tmp_path, ENTRY)
    assert not (tmp_path / "elsewhere").exists()


def _append_many(folder: Path) -> None:
    for _ in range(50):
        append(folder, ENTRY)


def test_processes_that_append_together_lose_nothing(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_append_many, [tmp_path, tmp_path]))
    assert read(tmp_path).entries == (ENTRY,) * 100
    assert read(tmp_path).damaged == ()


def test_no_cell_of_the_csv_is_a_formula() -> None:
    risky = Feedback("2026-11-22", False, '=cmd|"/c calc"!A1', "", "en", "", " @sum(1)\n+1")
    header, row = csv.reader(io.StringIO(as_csv([risky]), newline=""))
    assert header == ["day", "helped", "reason", "status", "language", "snapshot", "question"]
    assert row[2] == '\'=cmd|"/c calc"!A1'
    assert row[6] == "' @sum(1)\n+1"


def test_no_cell_of_the_csv_is_a_command_to_the_terminal() -> None:
    risky = Feedback("2026-11-22", False, "\x1b]0;x\x07 \x9b2J\r=1\tok", "", "en", "")
    _, row = csv.reader(io.StringIO(as_csv([risky]), newline=""))
    assert row[2] == "\ufffd]0;x\ufffd \ufffd2J\ufffd=1\tok"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    write_corpus(tmp_path / "corpus")
    settings = settings_in(tmp_path)
    build(settings)
    return settings


def _send(web: TestClient, headers: dict[str, str] | None = None, **fields: str) -> int:
    return web.post("/feedback", data=fields, headers=PAGE | (headers or {})).status_code


def test_the_form_under_an_answer_is_stored(settings: Settings) -> None:
    with client(settings) as web:
        page = web.post("/?lang=es", data={"q": CAUSES}, headers=PAGE).text
        assert 'action="/feedback?lang=es"' in page
        snapshot = web.get("/v1/index").json()["snapshot"]
        sent = {"helped": "no", "reason": " uno\r\ndos ", "status": "answered"}
        told = web.post("/feedback?lang=es", data=sent | {"snapshot": snapshot}, headers=PAGE)
        assert "Su opinión se ha guardado, sin su pregunta." in told.text
        sent = {"helped": "yes", "status": "made up", "snapshot": "../../x", "question": CAUSES}
        told = web.post("/feedback", data=sent, headers=PAGE)
        assert "together with your question" in told.text
    first, second = entries(settings.feedback_folder)
    assert (first.helped, first.reason, first.status) == (False, "uno\ndos", "answered")
    assert (first.language, first.snapshot, first.question) == ("es", snapshot, None)
    assert (second.helped, second.status, second.snapshot) == (True, "", "")
    assert second.question == CAUSES


def test_what_is_neither_yes_nor_no_or_too_long_is_refused(settings: Settings) -> None:
    with client(settings) as web:
        assert _send(web, reason="x") == 422
        assert _send(web, helped="maybe") == 422
        assert _send(web, helped="yes", reason="é" * (REASON_CHARACTERS + 1)) == 422
        assert _send(web, helped="yes", question="a" * 10_001) == 422
        assert _send(web, helped="yes", reason="a" * 300_000) == 413
        assert web.get("/feedback", headers=PAGE).status_code == 405
    assert entries(settings.feedback_folder) == ()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"origin": "https://elsewhere.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://testserver"}, 200),
        ({}, 200),
    ],
)
def test_no_other_site_can_send_it(
    settings: Settings, headers: dict[str, str], status: int
) -> None:
    with client(settings) as web:
        assert _send(web, headers, helped="yes") == status
    assert len(entries(settings.feedback_folder)) == (status == 200)


def test_so_many_a_minute_and_no_more(settings: Settings) -> None:
    with client(settings) as web:
        statuses = [_send(web, helped="yes") for _ in range(PER_MINUTE + 1)]
        told = web.post("/feedback", data={"helped": "yes"}, headers=PAGE)
    assert statuses == [200] * PER_MINUTE + [429]
    assert 1 <= int(told.headers["retry-after"]) <= 60
    assert len(entries(settings.feedback_folder)) == PER_MINUTE


def test_a_disk_that_fails_is_told_to_the_person_and_its_place_to_the_operator(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.feedback_folder.write_text("a file is in the way")
    with client(settings) as web:
        told = web.post("/feedback", data={"helped": "yes"}, headers=PAGE)
        spanish = web.post("/feedback?lang=es", data={"helped": "yes"}, headers=PAGE)
    for page, words in ((told, "cannot keep feedback"), (spanish, "no puede guardar opiniones")):
        assert page.status_code == 507
        assert words in page.text
        assert settings.feedback_folder.name + "/" not in page.text
        assert str(settings.feedback_folder.parent) not in page.text
    said = [record.getMessage() for record in caplog.records if record.name == "pincite"]
    assert any(f"{settings.feedback_folder / FILE} cannot be written" in line for line in said)


def test_off_by_the_setting(settings: Settings) -> None:
    off = settings.model_copy(update={"feedback": False})
    with client(off) as web:
        assert "data-feedback" not in web.post("/", data={"q": CAUSES}, headers=PAGE).text
        assert "Did this answer your question?" not in web.get("/about", headers=PAGE).text
        assert _send(web, helped="yes") == 404
    assert not settings.feedback_folder.exists()
    with client(settings) as web:
        assert "Did this answer your question?" in web.get("/about", headers=PAGE).text


def test_the_operator_exports_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, _, _ in documented_settings():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PINCITE_FEEDBACK_FOLDER", "said")

    def export(*options: str) -> tuple[str, str]:
        monkeypatch.setattr(sys, "argv", ["pincite", "feedback", "export", *options])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code in {0, None}
        out, err = capsys.readouterr()
        return out, err

    assert export() == ("", "0 entries, 0 of them yes.\n")
    append(tmp_path / "said", ENTRY)
    with (tmp_path / "said" / FILE).open("a") as file:
        file.write("damaged\n")
    out, err = export()
    assert out == as_line(ENTRY) + "\n"
    assert err == "line 2 cannot be read and is left out.\n1 entries, 1 of them yes.\n"
    assert export("--format", "csv")[0] == as_csv([ENTRY])
