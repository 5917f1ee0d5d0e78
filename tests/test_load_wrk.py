"""wrk asks each question once, in turn; what is refused is no answer; without wrk it is said."""

import json
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench import load_wrk
from bench.load_wrk import ask_with_wrk
from bench.serve_load import Load
from bench.service_process import Service

ASKED = [f"Why do “cramps” come at night? ({number})" for number in range(100_000)]


@contextmanager
def _service(heard: list[tuple[str, str]], *, refuse: int = 0) -> Iterator[Service]:
    """Listen on 127.0.0.1, note what is asked, and refuse each `refuse`-th question."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            heard.append((self.path, json.loads(body)["question"]))
            full = refuse and not len(heard) % refuse
            self.send_response(503 if full else 200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Service(("127.0.0.1", server.server_address[1]), os.getpid(), "")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def wrk() -> str:
    found = shutil.which("wrk")
    if found is None:
        pytest.skip("wrk is not on the PATH")
    return found


def test_each_question_is_asked_once_and_in_turn(wrk: str) -> None:
    heard: list[tuple[str, str]] = []
    with _service(heard) as service:
        row = ask_with_wrk(wrk, service, 1, 1, iter(ASKED))
    assert {path for path, _ in heard} == {"/v1/ask"}
    # The first is made before all others, for wrk to look at, and not sent.
    assert [question for _, question in heard] == ASKED[1 : len(heard) + 1]
    assert (row.clients, row.generator, row.others) == (1, "wrk", 0)
    assert row.rate == pytest.approx(len(heard), rel=0.3)
    assert 0 < row.p50 <= row.p99 < 1000


def test_what_is_refused_is_no_answer(wrk: str) -> None:
    heard: list[tuple[str, str]] = []
    with _service(heard, refuse=4) as service:
        row = ask_with_wrk(wrk, service, 2, 1, iter(ASKED))
    assert len({question for _, question in heard}) == len(heard)
    assert row.others == pytest.approx(len(heard) / 4, abs=2)
    assert row.rate == pytest.approx(len(heard) * 3 / 4, rel=0.3)


def test_too_few_questions_are_an_error_and_no_repetition(wrk: str) -> None:
    with _service([]) as service, pytest.raises(SystemExit, match="more questions were asked"):
        ask_with_wrk(wrk, service, 1, 1, iter(ASKED[:3]))


def test_without_wrk_it_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    @contextmanager
    def served(_: Path) -> Iterator[Service]:
        yield Service(("127.0.0.1", 1), 1, "")

    async def ask_from(*_: object) -> Load:
        load = Load(milliseconds=[2.0, 4.0], seconds=0.5, service=0.01)
        load.ends["200"] = 2
        return load

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(load_wrk, "served", served)
    monkeypatch.setattr(load_wrk, "ask_from", ask_from)
    figures = tmp_path / "figures.json"
    monkeypatch.setattr(
        sys, "argv", ["load_wrk", str(tmp_path), "--clients", "8", "--json", str(figures)]
    )
    assert load_wrk.main() == 0
    assert "wrk is not on the PATH" in capsys.readouterr().out
    (table,) = json.loads(figures.read_text())["tables"]
    assert "wrk is not on the PATH" in table["title"]
    assert table["rows"] == [["8 clients, serve_load", 4.0, 2.0, 4.0, "0", 5.0]]
