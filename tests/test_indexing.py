"""Indexing as a job: one at a time, in a process of its own, whose end is not the service's."""

import io
import json
import os
import sys
import threading
from pathlib import Path

import pytest

from index.snapshot import current_snapshot
from index.snapshot_writing import writer_lock
from ingest import job
from service.schemas import JobOut
from service.settings import Settings
from service.upkeep.indexing import Indexing
from tests.service_fixtures import build, settings_in, wait_until, write_corpus


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = settings_in(tmp_path)
    write_corpus(found.corpus)
    return found


def ended(indexing: Indexing) -> JobOut:
    wait_until(lambda: _last(indexing) is not None)
    last = _last(indexing)
    assert last is not None
    return last


def _last(indexing: Indexing) -> JobOut | None:
    job, waiting = indexing.jobs()
    return job if job and not waiting and job.state in {"done", "failed"} else None


def python(program: str) -> tuple[str, ...]:
    return (sys.executable, "-c", program)


def test_a_job_indexes_in_another_process_and_tells_the_follower_first(settings: Settings) -> None:
    seen: list[tuple[str | None, str]] = []

    def on_done() -> None:
        running = indexing.jobs()[0]
        assert running
        seen.append((current_snapshot(settings.index), running.state))

    indexing = Indexing(settings, on_done)
    asked = indexing.request()
    assert (asked.job, asked.state) in {(1, "waiting"), (1, "running")}
    last = ended(indexing)
    assert (last.job, last.state, last.error) == (1, "done", None)
    assert (last.stage, last.done, last.total) == ("encoding", 5, 5)
    assert last.report is not None
    assert (last.report.articles, last.report.passages, last.report.added) == (2, 5, 2)
    assert last.report.snapshot == current_snapshot(settings.index)
    assert seen == [(last.report.snapshot, "running")]
    assert not (settings.index / "pending").exists()


def test_requests_during_a_job_become_one_next_job(settings: Settings, tmp_path: Path) -> None:
    gate, log = tmp_path / "gate", tmp_path / "log"
    program = (
        "import time, pathlib\n"
        f"open({str(log)!r}, 'a').write('run\\n')\n"
        f"while not pathlib.Path({str(gate)!r}).exists(): time.sleep(0.01)\n"
        'print(\'{"report": {"snapshot": null, "articles": 0, "passages": 0, "encoded": 0, '
        '"added": 0, "changed": 0, "removed": 0, "unread": 0, "seconds": 0}}\')'
    )
    indexing = Indexing(settings, lambda: None, command=python(program))
    assert indexing.request().job == 1
    wait_until(log.exists)
    assert [indexing.request().job for _ in range(5)] == [2] * 5
    assert (settings.index / "pending").exists()
    gate.touch()
    assert ended(indexing).job == 2
    assert log.read_text() == "run\nrun\n"
    assert not (settings.index / "pending").exists()
    assert indexing.request().job == 3
    ended(indexing)


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("import os; os.kill(os.getpid(), 9)", "signal SIGKILL"),
        ("import os; os.kill(os.getpid(), 11)", "signal SIGSEGV"),
        ("raise SystemExit(7)", "exit code 7"),
        ('print(\'{"stage": "rea\')', "exit code 0"),
        ("print(5)", "exit code 0"),
        ('print(\'{"stage": "reading"}\')', "no report (KeyError)"),
    ],
)
def test_a_process_that_dies_is_a_job_that_failed(
    settings: Settings, program: str, says: str
) -> None:
    indexing = Indexing(settings, lambda: None, command=python(program))
    indexing.request()
    last = ended(indexing)
    assert last.state == "failed"
    assert last.error
    assert says in last.error
    assert "What was live still is" in last.error or "KeyError" in last.error
    assert (settings.index / "pending").exists()
    # What was asked for is done by the next service that starts.
    again = Indexing(settings, lambda: None)
    again.resume()
    assert ended(again).state == "done"
    again.resume()
    assert ended(again).job == 1


def test_a_program_that_cannot_be_started_is_a_job_that_failed(settings: Settings) -> None:
    indexing = Indexing(settings, lambda: None, command=("/nowhere/python",))
    indexing.request()
    assert "could not be started" in (ended(indexing).error or "")


def test_nothing_to_index_is_the_error_of_the_job(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    settings.corpus.mkdir()
    indexing = Indexing(settings, lambda: None)
    indexing.request()
    assert (ended(indexing).error or "").startswith("nothing in ")


def test_the_worker_outlives_whoever_is_told(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[int] = []

    def on_done() -> None:
        told.append(len(told))
        raise BrokenPipeError("zanthoxylum")

    indexing = Indexing(settings, on_done)
    for number in (1, 2):
        assert indexing.request().job == number
        last = ended(indexing)
        assert (last.job, last.state, last.error) == (number, "done", None)
    assert told == [0, 1]
    lines = [record.getMessage() for record in caplog.records]
    assert [line.partition(" at ")[0] for line in lines] == ["BrokenPipeError"] * 2
    assert "zanthoxylum" not in caplog.text


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_however_the_worker_ends_the_next_request_starts_another(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexing = Indexing(settings, lambda: None)
    plain = indexing._run

    def die(_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(indexing, "_run", die)
    indexing.request()
    wait_until(lambda: indexing._worker is None)
    monkeypatch.setattr(indexing, "_run", plain)
    assert indexing.request().job == 2
    assert ended(indexing).state == "done"


def test_stopping_ends_the_process_and_leaves_the_work_for_later(settings: Settings) -> None:
    indexing = Indexing(settings, lambda: None, command=python("import time; time.sleep(60)"))
    indexing.request()
    wait_until(lambda: indexing._process is not None)
    indexing.stop()
    job, _ = indexing.jobs()
    assert job is not None
    assert "SIGTERM" in (job.error or "")
    assert (settings.index / "pending").exists()


# The process itself


def _request(settings: Settings) -> dict[str, object]:
    return {
        "corpus": str(settings.corpus),
        "index": str(settings.index),
        "encoder": "deterministic",
        "runtime": "auto",
        "target_tokens": 96,
        "keep": 3,
        "rebuild": False,
    }


def test_the_lines_are_stages_then_a_report(settings: Settings) -> None:
    lines: list[dict[str, object]] = []
    job.run(_request(settings), lines.append)
    assert lines[0]["stage"] == "starting"
    assert {line["stage"] for line in lines[:-1]} == {"starting", "reading", "encoding"}
    assert list(lines[-1]) == ["report"]


def test_it_waits_for_another_writer_and_says_so(settings: Settings) -> None:
    build(settings)
    lines: list[dict[str, object]] = []
    waiting = threading.Event()

    def tell(line: dict[str, object]) -> None:
        lines.append(line)
        if line.get("stage") == "waiting for another writer":
            waiting.set()

    with writer_lock(settings.index):
        thread = threading.Thread(target=job.run, args=(_request(settings), tell))
        thread.start()
        assert waiting.wait(30)
    thread.join()
    assert list(lines[-1]) == ["report"]
    lines.clear()
    with writer_lock(settings.index):
        job.run(_request(settings), tell, patience=0)
    assert lines[-1]["kind"] == "writer-busy"


def test_it_runs_at_low_priority_and_keeps_its_lines_clean(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    nice: list[int] = []
    read, write = os.pipe()
    monkeypatch.setattr(os, "nice", nice.append)
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(_request(settings))))
    kept = os.dup(1)
    os.dup2(write, 1)
    os.close(write)
    try:
        job.main()
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    with os.fdopen(read) as pipe:
        lines = [json.loads(line) for line in pipe]
    assert nice == [10]
    assert "report" in lines[-1]
