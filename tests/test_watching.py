"""A change of the corpus is noticed, gathered with its neighbours, and indexed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import watchfiles

from index.encoder import DeterministicEncoder
from index.errors import SourceError
from index.snapshot_writing import writer_lock
from service.answers import Answers
from service.app import create_app
from service.upkeep import watching
from service.upkeep.watching import Watcher
from tests.service_fixtures import build, settings_in, wait_until, write_corpus

ROOT = Path(__file__).parents[1]


def test_a_served_corpus_is_followed_without_a_word(tmp_path: Path) -> None:
    from fastapi.testclient import TestClient

    settings = settings_in(tmp_path, admin_token=None)
    write_corpus(settings.corpus)
    build(settings)
    with TestClient(create_app(settings, watch=True)) as api:
        wait_until(lambda: (api.get("/v1/index").json()["job"] or {}).get("state") == "done")
        write_corpus(settings.corpus, {"jaw/tetanus.md": "# Tetanus\n\nIt makes the jaw stiff.\n"})
        wait_until(lambda: api.get("/v1/articles/jaw/tetanus.md").status_code == 200)
        (settings.corpus / "jaw" / "tetanus.md").unlink()
        wait_until(lambda: api.get("/v1/articles/jaw/tetanus.md").status_code == 404)
    assert not [thread for thread in threading.enumerate() if thread.name == "watch"]


def test_many_changes_at_once_are_few_requests_and_hidden_files_none(tmp_path: Path) -> None:
    calls: list[float] = []
    watcher = Watcher(tmp_path, lambda: calls.append(time.monotonic()))
    watcher.start()
    try:
        wait_until(lambda: len(calls) == 1)  # what happened before the watch began
        time.sleep(0.5)
        (tmp_path / ".half.upload").write_text("x")
        time.sleep(1.5)
        assert len(calls) == 1
        for number in range(50):
            (tmp_path / f"{number}.md").write_text("x")
        wait_until(lambda: len(calls) >= 2)
        time.sleep(1.5)
        assert len(calls) <= 3
    finally:
        watcher.stop()


def test_a_folder_that_is_replaced_by_another_is_followed(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    calls: list[float] = []
    watcher = Watcher(corpus, lambda: calls.append(time.monotonic()))
    watcher.start()
    try:
        wait_until(lambda: len(calls) == 1)
        corpus.rename(tmp_path / "old")
        time.sleep(1)
        (tmp_path / "new").mkdir()
        (tmp_path / "new/a.md").write_text("x")
        before = len(calls)
        (tmp_path / "new").rename(corpus)
        wait_until(lambda: len(calls) > before)
        before = len(calls)
        time.sleep(0.2)
        (corpus / "b.md").write_text("x")
        wait_until(lambda: len(calls) > before)
    finally:
        watcher.stop()


def test_where_the_system_cannot_watch_the_folder_is_looked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    plain = watchfiles.watch

    def refusing(place: Path, *, force_polling: bool, **options: object) -> Iterator[set[Any]]:
        if not force_polling:
            raise OSError(28, "OS file watch limit reached")
        yield from plain(place, force_polling=True, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(watching, "watch", refusing)
    calls: list[float] = []
    watcher = Watcher(tmp_path, lambda: calls.append(time.monotonic()))
    watcher.start()
    try:
        wait_until(lambda: len(calls) == 1)
        assert "OS file watch limit reached" in caplog.text
        (tmp_path / "a.md").write_text("x")
        wait_until(lambda: len(calls) == 2)
    finally:
        watcher.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_follows_a_folder_and_stops_when_it_is_told(
    tmp_path: Path, number: signal.Signals
) -> None:
    settings = settings_in(tmp_path)
    write_corpus(settings.corpus)
    environment = {n: v for n, v in os.environ.items() if not n.startswith("PINCITE_")}
    environment |= {"PINCITE_ENCODER": "deterministic", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", "import service.cli; service.cli.main()", "watch",
         "--corpus", str(settings.corpus), "--index", str(settings.index)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=tmp_path,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith("2 articles, 5 passages (5 encoded): snapshot ")
        write_corpus(settings.corpus, {"jaw/tetanus.md": "# Tetanus\n\nIt makes the jaw stiff.\n"})
        assert process.stdout.readline().startswith("3 articles, 6 passages ")
        desk = Answers(settings, DeterministicEncoder())
        quoted = desk.ask("what makes the jaw stiff").passages
        assert "jaw/tetanus.md" in {passage.article.article_id for passage in quoted}
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    assert (process.returncode, out, err) == (0, "", "")
    assert not (settings.index / "pending").exists()


def test_when_nobody_reads_what_it_tells_it_ends(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    write_corpus(settings.corpus)
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as unread:
        done = subprocess.run(
            [sys.executable, "-c", "import service.cli; service.cli.main()", "watch",
             "--corpus", str(settings.corpus), "--index", str(settings.index)],
            stdout=unread, stderr=subprocess.PIPE, text=True, cwd=tmp_path, timeout=60, check=False,
            env={"PATH": os.environ["PATH"], "PINCITE_ENCODER": "deterministic",
                 "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")


def test_told_to_stop_in_the_middle_of_a_job_it_leaves_no_process_behind(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    write_corpus(settings.corpus)
    with writer_lock(settings.index):  # so that the job waits for as long as it is let
        process = subprocess.Popen(
            [sys.executable, "-c", "import service.cli; service.cli.main()", "watch",
             "--corpus", str(settings.corpus), "--index", str(settings.index)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PINCITE_ENCODER": "deterministic",
                 "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        try:
            wait_until(lambda: bool(children(process.pid)))
            (child,) = children(process.pid)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
    assert process.returncode == 0
    assert not Path(f"/proc/{child}").exists()
    assert (settings.index / "pending").exists()  # the next one takes it up


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task")
    return [int(c) for task in tasks.glob("*/children") for c in task.read_text().split()]


def test_a_service_that_is_to_watch_nothing_does_not_start(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    write_corpus(settings.corpus)
    build(settings)
    nowhere = settings.model_copy(update={"corpus": tmp_path / "none"})
    with pytest.raises(SourceError, match="no corpus at"):
        create_app(nowhere, DeterministicEncoder(), watch=True)


def test_what_was_started_is_stopped_where_the_rest_cannot_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fastapi.testclient import TestClient

    settings = settings_in(tmp_path)
    write_corpus(settings.corpus)
    build(settings)
    app = create_app(settings, DeterministicEncoder(), watch=True)

    def gone(_: Watcher) -> None:
        raise SourceError("the corpus has gone.")

    monkeypatch.setattr(Watcher, "start", gone)
    with pytest.raises(SourceError, match="has gone"), TestClient(app):
        pass
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"follow", "indexing", "watch"}


def test_nothing_to_watch_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no corpus at"):
        Watcher(tmp_path / "none", lambda: None).start()
