"""What is live goes on following the pointer, whatever is asked of snapshots that are kept."""

import threading
from pathlib import Path

import pytest

from index.encoder import DeterministicEncoder
from index.history import open_whole_snapshot
from index.snapshot import Snapshot, current_snapshot
from service.live import Live
from tests.service_fixtures import build, settings_in, write_corpus


def test_a_new_snapshot_goes_live_while_a_kept_one_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_in(tmp_path)
    write_corpus(settings.corpus)
    build(settings)
    first = current_snapshot(settings.index)
    write_corpus(settings.corpus, {"a.md": "# Jaws\n\nTetanus makes the jaw stiff.\n"})
    build(settings)
    desk = Live(settings, DeterministicEncoder())
    write_corpus(settings.corpus, {"b.md": "# Hips\n\nA hip may click and be well.\n"})
    build(settings)
    comparing, go_on = threading.Event(), threading.Event()

    def slow(
        index: Path, identifier: str | None = None, *, before: Snapshot | None = None
    ) -> Snapshot:
        if identifier == first:
            comparing.set()
            assert go_on.wait(30)
        return open_whole_snapshot(index, identifier, before=before)

    monkeypatch.setattr("service.live.open_whole_snapshot", slow)
    kept: list[str] = []

    def ask() -> None:
        kept.append(desk.searcher_of(first).snapshot.manifest.snapshot)

    asking = threading.Thread(target=ask)
    asking.start()
    assert comparing.wait(30)
    following = threading.Thread(target=desk.refresh)
    following.start()
    following.join(20)
    moved = desk.info.snapshot
    go_on.set()
    asking.join(30)
    following.join(30)
    assert moved == current_snapshot(settings.index)
    assert kept == [first]
