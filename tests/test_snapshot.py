"""Snapshots are complete or absent, whatever happens and whenever."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import index.snapshot as module
from index.dense import DenseIndex
from index.errors import (
    NoSnapshot,
    SnapshotDamaged,
    SnapshotError,
    SnapshotMismatch,
    WriterBusy,
)
from index.lexical import LexicalIndex
from index.records import Article, Block, EncoderRecord, Manifest, Passage
from index.snapshot import (
    FORMAT_VERSION,
    check_encoder,
    current_snapshot,
    damaged_files,
    new_snapshot_id,
    open_snapshot,
    snapshots,
)
from index.snapshot_writing import commit_snapshot, point_to, writer_lock
from index.store_writing import write_records

ENCODER = EncoderRecord("tiny", 2, 10, "fingerprint-of-tiny")
STEPS = ["write", "seal", "rename", "point", "prune"]


class Crash(BaseException):
    """What no `except Exception` catches: as near to a kill as one process can get."""


def write(folder: Path, identifier: str, text: str = "Rest.") -> Manifest:
    article = Article("a.txt", "A", text, (Block(0, len(text), "paragraph"),), "a.txt", "")
    passage = Passage("a.txt", 0, len(text), (), text)
    DenseIndex.build(np.array([[0.6, 0.8]], np.float32)).save(folder / "dense.faiss")
    LexicalIndex.build([text]).save(folder / "lexical")
    write_records(folder / "records.db", [(article, [passage])], [])
    return Manifest(FORMAT_VERSION, identifier, "2026-11-22", ENCODER, {"target": 96}, 1, 1, {})


def commit(index: Path, keep: int = 3) -> str:
    return commit_snapshot(index, write, keep=keep).snapshot


def live_and_whole(index: Path, identifier: str) -> None:
    snapshot = open_snapshot(index)
    assert snapshot.manifest.snapshot == identifier
    assert snapshot.records.passages([0])[0].text == "Rest."
    assert damaged_files(snapshot.folder) == []
    snapshot.records.close()


# Writing


def test_a_snapshot_is_written_pointed_at_and_opened(tmp_path: Path) -> None:
    identifier = commit(tmp_path)
    assert current_snapshot(tmp_path) == identifier
    assert snapshots(tmp_path) == [identifier]
    live_and_whole(tmp_path, identifier)
    manifest = open_snapshot(tmp_path).manifest
    assert sorted(manifest.files) == [
        "dense.faiss",
        "lexical/frequencies.npy",
        "lexical/rows.npy",
        "lexical/starts.npy",
        "lexical/terms.txt",
        "records.db",
    ]
    assert replace(manifest, files={}) == Manifest(
        FORMAT_VERSION, identifier, "2026-11-22", ENCODER, {"target": 96}, 1, 1, {}
    )


@pytest.mark.parametrize("crash", STEPS)
@pytest.mark.parametrize("first", [True, False])
def test_a_crash_at_each_step_leaves_the_old_one_live(
    tmp_path: Path, crash: str, first: bool
) -> None:
    before = None if first else commit(tmp_path)
    reached: list[str] = []

    def step(name: str) -> None:
        reached.append(name)
        if name == crash:
            raise Crash

    with pytest.raises(Crash):
        commit_snapshot(tmp_path, write, keep=3, step=step)
    assert reached == STEPS[: STEPS.index(crash) + 1]
    if crash == "prune":
        live_and_whole(tmp_path, snapshots(tmp_path)[0])
    elif before:
        live_and_whole(tmp_path, before)
    else:
        with pytest.raises(NoSnapshot, match='Run "pincite index"'):
            open_snapshot(tmp_path)
    live_and_whole(tmp_path, commit(tmp_path))


@pytest.mark.parametrize("crash", STEPS)
def test_a_kill_at_each_step_leaves_the_old_one_live(tmp_path: Path, crash: str) -> None:
    before = commit(tmp_path)
    script = f"""
import os, signal, sys
sys.path[:0] = {[str(Path(__file__).parent.parent), str(Path(__file__).parent)]!r}
from pathlib import Path
from index.snapshot_writing import commit_snapshot
from test_snapshot import write
def step(name):
    if name == {crash!r}:
        os.kill(os.getpid(), signal.SIGKILL)
commit_snapshot(Path({str(tmp_path)!r}), write, keep=3, step=step)
"""
    ended = subprocess.run([sys.executable, "-W", "ignore", "-c", script], check=False)
    assert ended.returncode == -signal.SIGKILL
    live_and_whole(tmp_path, before if crash != "prune" else snapshots(tmp_path)[0])
    after = commit(tmp_path)
    live_and_whole(tmp_path, after)
    assert [p.name for p in (tmp_path / "snapshots").glob(".*")] == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_disk_that_fails_leaves_the_live_one_and_says_so(tmp_path: Path, code: int) -> None:
    before = commit(tmp_path)

    def fails(folder: Path, identifier: str) -> Manifest:
        write(folder, identifier)
        raise OSError(code, os.strerror(code))

    with pytest.raises(SnapshotError, match=f"{os.strerror(code)}.*What was live still is"):
        commit_snapshot(tmp_path, fails, keep=3)
    live_and_whole(tmp_path, before)
    assert [entry.name for entry in (tmp_path / "snapshots").iterdir()] == [before]


def test_a_disk_that_is_full_when_pointing_leaves_the_live_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = commit(tmp_path)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("index.snapshot_writing.point_to", full)
    with pytest.raises(SnapshotError, match="No space left on device"):
        commit(tmp_path)
    live_and_whole(tmp_path, before)


def test_old_snapshots_go_and_the_newest_stay(tmp_path: Path) -> None:
    made = [commit(tmp_path, keep=2) for _ in range(4)]
    assert snapshots(tmp_path) == [made[3], made[2]]


@pytest.mark.parametrize("keep", [0, 1])
def test_the_live_one_stays_however_few_are_kept(tmp_path: Path, keep: int) -> None:
    commit(tmp_path, keep=3)
    identifier = commit(tmp_path, keep=keep)
    assert snapshots(tmp_path) == [identifier]
    live_and_whole(tmp_path, identifier)


def test_a_reader_keeps_what_it_has_open(tmp_path: Path) -> None:
    commit(tmp_path)
    open_one = open_snapshot(tmp_path)
    commit(tmp_path, keep=1)
    assert not open_one.folder.exists()
    assert open_one.records.passages([0])[0].text == "Rest."
    assert open_one.lexical.scores("rest").tolist() != [0]


def test_a_foreign_folder_among_the_snapshots_is_no_snapshot(tmp_path: Path) -> None:
    identifier = commit(tmp_path)
    for name in ("backup", f"{identifier}.old", "ZZZ"):
        (tmp_path / "snapshots" / name).mkdir()
        (tmp_path / "snapshots" / name / "manifest.json").write_text("{}")
    later = commit(tmp_path, keep=1)
    assert snapshots(tmp_path) == [later]
    assert (tmp_path / "snapshots" / "backup" / "manifest.json").exists()


def test_rolling_back_is_pointing(tmp_path: Path) -> None:
    first, second = commit(tmp_path), commit(tmp_path)
    point_to(tmp_path, first)
    live_and_whole(tmp_path, first)
    third = commit(tmp_path)
    assert first < second < third
    live_and_whole(tmp_path, third)


# Identifiers


def test_an_identifier_is_a_ulid_of_now() -> None:
    before = time.time_ns() // 1_000_000
    identifier = new_snapshot_id()
    assert module._IDENTIFIER.fullmatch(identifier)
    assert before <= module._decode(identifier) >> 80 <= time.time_ns() // 1_000_000


@given(st.lists(st.integers(0, 2**40), min_size=2, max_size=10))
def test_identifiers_sort_in_order_even_when_the_clock_jumps_back(clock: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        made: list[str] = []
        for milliseconds in clock:
            patch.setattr(time, "time_ns", lambda at=milliseconds: at * 1_000_000)
            made.append(new_snapshot_id(after=made[-1] if made else None))
    assert made == sorted(set(made))


# Opening


def test_nothing_indexed_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoSnapshot, match=r'nothing is indexed in .* yet. Run "pincite index"'):
        open_snapshot(tmp_path / "nowhere")


def test_a_snapshot_that_is_gone_is_named_with_those_that_are_kept(tmp_path: Path) -> None:
    identifier = commit(tmp_path)
    with pytest.raises(NoSnapshot, match=f"snapshot 0123 is not in .* \\(kept: {identifier}\\)"):
        open_snapshot(tmp_path, "0123")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"../../etc", b"\0" * 26])
def test_a_damaged_pointer_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    identifier = commit(tmp_path)
    (tmp_path / "CURRENT").write_bytes(content)
    with pytest.raises(SnapshotDamaged, match=f"not the id of a snapshot \\(kept: {identifier}"):
        open_snapshot(tmp_path)
    live_and_whole(tmp_path, commit(tmp_path))


NAMES = [
    "dense.faiss",
    "lexical/frequencies.npy",
    "lexical/rows.npy",
    "lexical/starts.npy",
    "lexical/terms.txt",
    "records.db",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_flipped_bit_is_named(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "snapshots" / commit(tmp_path)
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    assert damaged_files(folder) == [name]


@pytest.mark.parametrize("missing", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_a_missing_or_cut_file_is_refused_with_the_way_out(
    tmp_path: Path, name: str, missing: bool
) -> None:
    folder = tmp_path / "snapshots" / commit(tmp_path)
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: len(data) // 2])
    if missing:
        (folder / name).unlink()
    with pytest.raises(SnapshotDamaged, match=r'Run "pincite rollback" .* --rebuild"'):
        open_snapshot(tmp_path)
    assert damaged_files(folder) == [name]


@pytest.mark.parametrize(
    "change",
    [
        {"passages": 2},
        {"articles": 0},
        {"encoder": {"name": "", "dimension": 3, "max_tokens": 1, "fingerprint": ""}},
        {"encoder": None},
        {"files": []},
        {"surprise": 1},
    ],
)
def test_a_manifest_that_does_not_fit_is_damage(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "snapshots" / commit(tmp_path) / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(SnapshotDamaged, match='"pincite rollback"'):
        open_snapshot(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"{}"])
def test_a_manifest_that_is_none_is_damage(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "snapshots" / commit(tmp_path) / "manifest.json"
    path.write_bytes(content)
    with pytest.raises(SnapshotDamaged, match=r"no readable manifest\.json"):
        open_snapshot(tmp_path)


def test_another_format_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "snapshots" / commit(tmp_path) / "manifest.json"
    path.write_text(json.dumps({"format_version": 99, "of": "the future"}))
    with pytest.raises(SnapshotMismatch, match=r'has format 99; .* Run "pincite index --rebuild"'):
        open_snapshot(tmp_path)


def test_another_encoder_is_refused_with_both_ways_out(tmp_path: Path) -> None:
    commit(tmp_path)
    manifest = open_snapshot(tmp_path).manifest
    check_encoder(manifest, ENCODER)
    other = EncoderRecord("grand", 768, 10, "fingerprint-of-grand")
    with pytest.raises(
        SnapshotMismatch, match=r"by encoder tiny .*set to grand .*PINCITE_ENCODER=tiny"
    ):
        check_encoder(manifest, other)


def test_a_snapshot_pruned_while_it_is_opened_gives_way_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = commit(tmp_path)
    plain = module.read_manifest

    def slow(folder: Path) -> Manifest:
        if folder.name == first and current_snapshot(tmp_path) == first:
            commit(tmp_path, keep=1)
        return plain(folder)

    monkeypatch.setattr(module, "read_manifest", slow)
    snapshot = open_snapshot(tmp_path)
    assert snapshot.manifest.snapshot == current_snapshot(tmp_path) != first


# The lock


def test_a_second_writer_is_told_who_is_writing(tmp_path: Path) -> None:
    with (
        writer_lock(tmp_path),
        pytest.raises(WriterBusy, match=f"process {os.getpid()} is writing"),
        writer_lock(tmp_path),
    ):
        pass
    with writer_lock(tmp_path):
        pass


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    script = f"""
import sys, time
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from pathlib import Path
from index.snapshot_writing import writer_lock
with writer_lock(Path({str(tmp_path)!r})):
    print("held", flush=True)
    time.sleep(60)
"""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", script], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_lock_of_a_killed_writer_is_free(
    tmp_path: Path, holder: "subprocess.Popen[str]"
) -> None:
    with pytest.raises(WriterBusy, match=f"process {holder.pid} is"), writer_lock(tmp_path):
        pass
    holder.kill()
    holder.wait()
    with writer_lock(tmp_path):
        pass


def test_a_place_that_cannot_be_written_to_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "index"):
        with (
            pytest.raises(SnapshotError, match=r"cannot be written to: .*PINCITE_INDEX"),
            writer_lock(place),
        ):
            pass
