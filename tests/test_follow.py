"""The service follows a new snapshot, refuses a damaged one, and gives back what it held."""

import gc
import os
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray

from index.encoder import DeterministicEncoder, OnBatch
from index.history import roll_back
from index.snapshot import current_snapshot, snapshots
from index.snapshot_writing import point_to
from service.answers import Answers
from service.settings import Settings
from service.upkeep.follow import Follower
from tests.service_fixtures import build, client, settings_in, wait_until, write_corpus


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = settings_in(tmp_path)
    write_corpus(found.corpus)
    build(found)
    return found


@pytest.fixture
def desk(settings: Settings) -> Answers:
    return Answers(settings, DeterministicEncoder())


def add(settings: Settings, number: int) -> str:
    write_corpus(
        settings.corpus, {f"more-{number}.md": f"# More {number}\n\nRest {number} days.\n"}
    )
    made = build(settings).manifest
    assert made is not None
    return made.snapshot


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_running_service_follows_a_new_snapshot_and_a_rollback(settings: Settings) -> None:
    with client(settings) as api:
        before = live(api)
        after = add(settings, 1)
        wait_until(lambda: live(api) == after)
        assert api.get("/v1/articles/more-1.md").status_code == 200
        roll_back(settings.index)
        wait_until(lambda: live(api) == before)
        assert api.get("/v1/articles/more-1.md").status_code == 404
    assert not [t for t in threading.enumerate() if t.name in {"follow", "indexing"}]


def live(api: TestClient) -> str:
    return str(api.get("/v1/index").json()["snapshot"])


@pytest.mark.parametrize("how", ["flipped", "cut", "gone", "pointer"])
def test_a_damaged_new_snapshot_is_refused_and_the_old_one_answers(
    settings: Settings, desk: Answers, how: str
) -> None:
    before = desk.info.snapshot
    follower = Follower(desk, settings.index)
    follower.look()
    new = add(settings, 1)
    file = settings.index / "snapshots" / new / "records.db"
    if how == "flipped":
        flip(file)
    elif how == "cut":
        file.write_bytes(file.read_bytes()[:5000])
    elif how == "gone":
        file.unlink()
    else:
        (settings.index / "CURRENT").write_text("nonsense")
    follower.look()
    assert desk.info.snapshot == before
    assert desk.ask("calf cramps at night").passages
    assert follower.refused
    wanted = "records.db" if how != "pointer" else "CURRENT"
    assert wanted in follower.refused
    assert 'Run "pincite' in follower.refused
    # Going back to the one before is followed, and then nothing is refused any more.
    add(settings, 2)
    follower.look()
    assert desk.info.snapshot == current_snapshot(settings.index) != new
    assert not follower.refused


def test_a_refused_one_is_shown_and_not_opened_again_at_every_look(
    settings: Settings, desk: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = Follower(desk, settings.index)
    flip(settings.index / "snapshots" / add(settings, 1) / "records.db")
    follower.look()
    tried: list[int] = []
    monkeypatch.setattr(desk, "refresh", lambda: tried.append(1))
    follower.look()
    assert tried == []
    follower.look(again=True)
    assert tried == [1]


def test_a_failure_that_nobody_expected_does_not_end_the_following(
    settings: Settings, desk: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = Follower(desk, settings.index, every=0.01)
    plain = desk.refresh
    calls: list[int] = []

    def broken() -> bool:
        calls.append(1)
        raise RuntimeError("zanthoxylum")

    monkeypatch.setattr(desk, "refresh", broken)
    follower.start()
    try:
        wait_until(lambda: follower.refused is not None)
        assert follower.refused == "the new snapshot could not be opened (RuntimeError)."
        monkeypatch.setattr(desk, "refresh", plain)
        new = add(settings, 1)
        wait_until(lambda: desk.info.snapshot == new)
        wait_until(lambda: follower.refused is None)
    finally:
        follower.stop()


def test_a_question_that_runs_finishes_on_the_snapshot_it_began_with(settings: Settings) -> None:
    class Slow(DeterministicEncoder):
        reached, go = threading.Event(), threading.Event()

        def encode(
            self, texts: Sequence[str], *, on_batch: OnBatch | None = None
        ) -> NDArray[np.float32]:
            if texts == ["calf cramps at night"]:
                self.reached.set()
                assert self.go.wait(30)
            return super().encode(texts, on_batch=on_batch)

    desk = Answers(settings, Slow())
    before = desk.info.snapshot
    got: list[str] = []
    thread = threading.Thread(
        target=lambda: got.append(desk.ask("calf cramps at night").index.snapshot)
    )
    thread.start()
    assert Slow.reached.wait(30)
    new = settings.model_copy(update={"keep_snapshots": 1})
    after = add(new, 1)
    assert desk.refresh()
    Slow.go.set()
    thread.join()
    assert got == [before]
    assert desk.info.snapshot == after


def open_files() -> list[str]:
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(entry.readlink()))
        except OSError:
            continue
    return [name for name in found if "/snapshots/" in name]


def mapped() -> int:
    lines = Path("/proc/self/maps").read_text().splitlines()
    return sum("/snapshots/" in line for line in lines)


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs Linux's /proc")
def test_a_hundred_swaps_give_back_files_maps_and_memory(settings: Settings, desk: Answers) -> None:
    # Big enough for one snapshot that is held on to to show: 800 passages of 384 components.
    text = "\n\n".join(f"## Part {n}\n\nRest {n} days and drink {n} glasses." for n in range(800))
    write_corpus(settings.corpus, {"long.md": f"# Long\n\n{text}\n"})
    build(settings)
    desk.refresh()
    add(settings, 1)
    desk.refresh()
    first, second = snapshots(settings.index)[:2]

    def swap(times: int) -> None:
        for number in range(times):
            point_to(settings.index, (second, first)[number % 2])
            assert desk.refresh()
            assert desk.ask("how many glasses").passages

    gc.disable()  # what only the collector of circles would free counts as held
    try:
        swap(6)
        files, maps, memory = len(open_files()), mapped(), resident()
        swap(100)
        assert (len(open_files()), mapped()) == (files, maps)
        held = resident() - memory
    finally:
        gc.enable()
    size = sum(p.stat().st_size for p in (settings.index / "snapshots" / first).rglob("*.*"))
    assert held < 10 * size, f"{held} bytes more after 100 swaps of {size} bytes"
