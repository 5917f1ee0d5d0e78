"""A change of the corpus is noticed, gathered with its neighbours, and indexed."""

import threading
import time
from pathlib import Path

import pytest

from index.errors import SourceError
from service.app import create_app
from service.watching import Watcher
from tests.service_fixtures import build, settings_in, wait_until, write_corpus


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


def test_nothing_to_watch_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no corpus at"):
        Watcher(tmp_path / "none", lambda: None).start()
