"""Older snapshots: listed, gone back to, and room for the next one."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

import index.history as module
from index.encoder import DeterministicEncoder
from index.errors import NoSnapshot, SnapshotDamaged, SnapshotError, WriterBusy
from index.history import check_room, kept_snapshots, open_whole_snapshot, roll_back
from index.snapshot import current_snapshot, open_snapshot
from index.snapshot_writing import writer_lock
from ingest.pipeline import update_index
from ingest.verify import verify_index
from service.cli import app
from tests.sample_corpus import write


@pytest.fixture
def three(corpus: Path, tmp_path: Path, encoder: DeterministicEncoder) -> list[str]:
    """Three snapshots in `tmp_path/index`, oldest first, of 3, 4 and 5 articles."""
    made = []
    for number in range(3):
        if number:
            write(corpus / f"more-{number}.txt", f"Rest number {number} helps a tired muscle.")
        report = update_index(corpus, tmp_path / "index", encoder)
        assert report.manifest
        made.append(report.manifest.snapshot)
    return made


def test_the_list_is_newest_first_with_the_live_one_marked(
    three: list[str], tmp_path: Path
) -> None:
    found = kept_snapshots(tmp_path / "index")
    assert [one.snapshot for one in found] == three[::-1]
    assert [one.articles for one in found] == [5, 4, 3]
    assert [one.live for one in found] == [True, False, False]


def test_rolling_back_goes_one_back_each_time_then_says_there_is_no_more(
    three: list[str], tmp_path: Path
) -> None:
    index = tmp_path / "index"
    for before, after in ((three[2], three[1]), (three[1], three[0])):
        done = roll_back(index)
        assert (done.before, done.after.snapshot) == (before, after)
        assert current_snapshot(index) == after
    with pytest.raises(NoSnapshot, match=f"no snapshot before {three[0]}"):
        roll_back(index)
    assert roll_back(index, three[2]).after.articles == 5
    assert open_snapshot(index).manifest.snapshot == three[2]


def test_a_damaged_one_is_passed_over_and_refused_by_name(three: list[str], tmp_path: Path) -> None:
    index = tmp_path / "index"
    flip(index / "snapshots" / three[1] / "records.db")
    with pytest.raises(SnapshotDamaged, match=f"{three[1]} is damaged: .*records.db"):
        roll_back(index, three[1])
    assert current_snapshot(index) == three[2]
    done = roll_back(index)
    assert done.after.snapshot == three[0]
    assert [three[1] in reason for reason in done.passed_over] == [True]


def test_a_damaged_live_one_is_named_and_the_one_before_offered(
    three: list[str], tmp_path: Path
) -> None:
    index = tmp_path / "index"
    flip(index / "snapshots" / three[2] / "records.db")
    with pytest.raises(SnapshotDamaged, match=r"records\.db.*pincite rollback"):
        open_whole_snapshot(index)
    roll_back(index)
    assert open_whole_snapshot(index).manifest.snapshot == three[1]


def test_a_lost_pointer_goes_to_the_newest_whole_one(three: list[str], tmp_path: Path) -> None:
    index = tmp_path / "index"
    (index / "CURRENT").write_text("what?")
    done = roll_back(index)
    assert (done.before, done.after.snapshot) == (None, three[2])


def test_one_that_is_not_kept_is_refused_with_those_that_are(
    three: list[str], tmp_path: Path
) -> None:
    with pytest.raises(NoSnapshot, match=f"0ABC is not in .*{three[2]}, {three[1]}, {three[0]}"):
        roll_back(tmp_path / "index", "0ABC")
    with pytest.raises(NoSnapshot, match="nothing is indexed"):
        roll_back(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_rolling_back_waits_for_no_writer(three: list[str], tmp_path: Path) -> None:
    with writer_lock(tmp_path / "index"), pytest.raises(WriterBusy):
        roll_back(tmp_path / "index")
    assert current_snapshot(tmp_path / "index") == three[2]


def test_after_a_rollback_the_next_run_brings_the_corpus_back(
    three: list[str], corpus: Path, tmp_path: Path, encoder: DeterministicEncoder
) -> None:
    roll_back(tmp_path / "index", three[0])
    report = update_index(corpus, tmp_path / "index", encoder)
    assert (report.articles, report.added) == (5, ("more-1.txt", "more-2.txt"))


def test_a_copied_snapshot_answers_elsewhere(
    three: list[str], corpus: Path, tmp_path: Path, encoder: DeterministicEncoder
) -> None:
    there = tmp_path / "elsewhere"
    # As the documentation says: the snapshot first, then the pointer that names it.
    shutil.copytree(tmp_path / "index/snapshots" / three[2], there / "snapshots" / three[2])
    shutil.copy(tmp_path / "index/CURRENT", there / "CURRENT")
    shutil.rmtree(tmp_path / "index")
    restored = open_whole_snapshot(there)
    assert (restored.manifest.snapshot, restored.manifest.articles) == (three[2], 5)
    assert verify_index(corpus, there).faults == ()
    assert update_index(corpus, there, encoder).manifest is None  # nothing has changed


def test_no_room_is_said_before_anything_is_written(
    three: list[str],
    corpus: Path,
    tmp_path: Path,
    encoder: DeterministicEncoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index = tmp_path / "index"
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _: SimpleNamespace(free=module.ROOM_TO_SPARE + 1_000)
    )
    write(corpus / "new.txt", "Rest helps. " * 50)
    with pytest.raises(SnapshotError, match=r"needs about .* MB .* free\. What was live still is"):
        update_index(corpus, index, encoder)
    assert current_snapshot(index) == three[2]
    assert sorted(p.name for p in (index / "snapshots").iterdir()) == three
    monkeypatch.undo()
    assert update_index(corpus, index, encoder).added == ("new.txt",)


def test_the_estimate_is_never_less_than_what_is_written(
    corpus: Path, tmp_path: Path, encoder: DeterministicEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROOM_TO_SPARE", 50_000)  # the fixed cost of a tiny snapshot
    texts = [f"Muscle {n} is tired. Rest it {n} times a day.\n\n" * 60 for n in range(20)]
    for number, text in enumerate(texts):
        write(corpus / f"{number}.txt", text)
    report = update_index(corpus, tmp_path / "index", encoder)
    assert report.manifest
    folder = tmp_path / "index" / "snapshots" / report.manifest.snapshot
    written = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    size = sum(
        len(a.text.encode()) for a, _, _ in open_snapshot(folder.parents[1]).records.every_article()
    )
    fits: Callable[[int], object] = lambda free: SimpleNamespace(free=free)  # noqa: E731
    monkeypatch.setattr(shutil, "disk_usage", lambda _: fits(written))
    with pytest.raises(SnapshotError):
        check_room(tmp_path / "empty", report.passages, encoder.record.dimension, size)


def test_the_commands_say_what_they_did(
    three: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner()
    index = ("--index", str(tmp_path / "index"))
    listed = run.invoke(app, ["snapshots", *index])
    assert [line.split()[0] for line in listed.output.splitlines()] == three[::-1]
    assert [" live " in line for line in listed.output.splitlines()] == [True, False, False]
    done = run.invoke(app, ["rollback", *index])
    assert done.output.startswith(f"Snapshot {three[1]} (built 20")
    assert done.output.endswith(f" 4 articles, {passages(tmp_path, 1)} passages) is live; it was "
                                f"{three[2]}.\n")  # fmt: skip
    found = json.loads(run.invoke(app, ["snapshots", "--json", *index]).output)
    assert [one["live"] for one in found] == [False, True, False]
    empty = run.invoke(app, ["snapshots", "--index", str(tmp_path / "none")])
    assert "Nothing is indexed" in empty.output


def passages(tmp_path: Path, place: int) -> int:
    return kept_snapshots(tmp_path / "index")[place].passages


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
