"""Killed at each step and at any moment: what is live is whole, the next run finishes the work.

`PINCITE_TEST_KILLS` asks for more random moments than the 20 of the plain test.
"""

import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest

from index.encoder import DeterministicEncoder
from index.errors import SnapshotError
from index.history import open_whole_snapshot, roll_back
from index.snapshot import current_snapshot
from ingest.pipeline import update_index
from ingest.verify import verify_index
from tests.sample_corpus import write
from tests.service_fixtures import TOKEN, wait_until

KILLS = int(os.environ.pop("PINCITE_TEST_KILLS", "20"))

# Killed at a named step, or at the line whose number is drawn: every line that Python runs in
# index/ and ingest/ after the imports is a moment, and none is missed by a slow or busy machine.
WRITER = """
import os, signal, sys
from pathlib import Path
from index.encoder import DeterministicEncoder
from ingest.pipeline import update_index
import ingest.readers.markdown, ingest.readers.text, ingest.readers.html
import ingest.writing
if "GROWN" in os.environ:
    ingest.writing.GROWN_FROM, ingest.writing.SHARE = 0, 0.01
corpus, index, at = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
def step(name):
    if name == at:
        os.kill(os.getpid(), signal.SIGKILL)
lines = 0
def trace(frame, event, argument):
    global lines
    if not frame.f_code.co_filename.endswith(("snapshot.py", "store.py", "pipeline.py", "dense.py",
                                             "lexical.py", "merging.py", "history.py", "writing.py",
                                             "parts.py")):
        return None
    if event == "line":
        lines += 1
        if str(lines) == at:
            os.kill(os.getpid(), signal.SIGKILL)
    return trace
def run():
    if at.isdigit() or at == "count":
        sys.settrace(trace)
    update_index(corpus, index, DeterministicEncoder(), step=step)
    sys.settrace(None)
    print(lines, flush=True)
if at != "each":
    run()
else:  # a writer forked for each line of input, so that what is imported is imported once
    for line in sys.stdin:
        at = line.strip()
        child = os.fork()
        if not child:
            run()
            os._exit(0)
        print("ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def run(corpus: Path, index: Path, at: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WRITER, str(corpus), str(index), at],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )


@pytest.fixture(params=["one part", "two parts"])
def parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have the writer write everything anew, or grow the index by a newer part."""
    if request.param == "two parts":
        monkeypatch.setenv("GROWN", "yes")
        monkeypatch.setattr("ingest.writing.GROWN_FROM", 0)
        monkeypatch.setattr("ingest.writing.SHARE", 0.01)
    return str(request.param)


def whole(index: Path) -> str:
    """Open the live snapshot, every byte compared; return its id."""
    snapshot = open_whole_snapshot(index)
    for article, _, passages in snapshot.records.every_article():
        for passage in passages:
            assert article.text[passage.start : passage.end] == passage.text
    snapshot.records.close()
    return snapshot.manifest.snapshot


def finishes(corpus: Path, index: Path) -> None:
    update_index(corpus, index, DeterministicEncoder())
    assert verify_index(corpus, index).faults == ()
    assert [p.name for p in (index / "snapshots").glob(".*")] == []


@pytest.mark.parametrize("step", ["write", "seal", "rename", "point", "prune"])
def test_killed_at_each_step(corpus: Path, tmp_path: Path, step: str, parts: str) -> None:
    index = tmp_path / "index"
    update_index(corpus, index, DeterministicEncoder())
    before = current_snapshot(index)
    write(corpus / "new.md", "# New\n\nRest helps a tired muscle.\n")
    assert run(corpus, index, step).returncode == -signal.SIGKILL
    assert (whole(index) == before) == (step != "prune")
    finishes(corpus, index)
    assert (open_whole_snapshot(index).newer is None) == (parts == "one part")


def test_killed_at_any_moment(corpus: Path, tmp_path: Path, parts: str) -> None:
    index = tmp_path / "index"
    update_index(corpus, index, DeterministicEncoder())
    write(corpus / "new.md", "# New\n\nRest helps a tired muscle.\n")
    with writers(corpus, index) as (ask, answers):
        ask("count")
        lines = int(next(answers))
        assert next(answers) == "ended 0\n"
        draw = random.Random(6)
        killed = 0
        seen: set[bool] = set()
        for turn in range(KILLS):
            text = f"# New\n\nRest {turn} days. It helps a tired muscle.\n"
            write(corpus / "new.md", text, changed=1_700_000_001 + turn)
            before = current_snapshot(index)
            ask(str(draw.randint(1, lines)))
            killed += list(upto_end(answers))[-1] == f"ended {-signal.SIGKILL}\n"
            after = whole(index)
            assert after in {before, current_snapshot(index)}
            seen.add(after == before)
            finishes(corpus, index)
    assert killed >= KILLS * 0.8
    assert True in seen
    assert (open_whole_snapshot(index).newer is None) == (parts == "one part")


@contextmanager
def writers(corpus: Path, index: Path) -> Iterator[tuple[Callable[[str], None], Iterator[str]]]:
    """Start the process that forks writers; give how to ask for one, and what they say."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", WRITER, str(corpus), str(index), "each"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert process.stdin
    assert process.stdout
    pipe = process.stdin

    def ask(at: str) -> None:
        pipe.write(f"{at}\n")
        pipe.flush()

    try:
        yield ask, iter(process.stdout)
    finally:
        process.kill()
        process.communicate()


def upto_end(answers: Iterator[str]) -> Iterator[str]:
    """Yield what a writer said, up to and with how it ended."""
    for said in answers:
        yield said
        if said.startswith("ended"):
            return


# The service killed while it takes articles


@contextmanager
def serving(
    corpus: Path, index: Path, *options: str
) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Run `pincite serve` on a free port; give the process and its address, or what it said."""
    environment = {name: v for name, v in os.environ.items() if not name.startswith("PINCITE_")}
    environment |= {"PINCITE_ENCODER": "deterministic", "PINCITE_ADMIN_TOKEN": TOKEN}
    process = subprocess.Popen(
        [sys.executable, "-c", "import service.cli; service.cli.main()", "serve", "--port", "0",
         "--index", str(index), "--corpus", str(corpus), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment | {"PYTHONPATH": str(Path(__file__).parents[1])},
        cwd=corpus.parent,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        said = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        yield process, found[0] if found else said
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_for(address: str, path: str, status: int) -> httpx.Response:
    end = time.monotonic() + 60
    while True:
        answer = httpx.get(f"{address}{path}", verify=False)
        if answer.status_code == status:
            return answer
        assert time.monotonic() < end, f"{path} is {answer.status_code}, not {status}"
        time.sleep(0.05)


def test_nothing_acknowledged_is_lost_when_the_service_is_killed(
    corpus: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    update_index(corpus, index, DeterministicEncoder())
    header = {"authorization": f"Bearer {TOKEN}"}
    acknowledged: dict[str, str | None] = {}
    draw = random.Random(6)
    lock = threading.Lock()

    def send(address: str, turn: int, number: int) -> None:
        with httpx.Client(base_url=address, headers=header, verify=False) as client:
            try:
                for count in range(1000):
                    name = f"sent/{turn}-{number}-{count}.md"
                    text = f"# Sent {name}\n\nRest {turn} {number} {count} helps.\n" * 5
                    answer = client.put(f"/v1/articles/{name}", content=text)
                    if answer.status_code == 202:
                        with lock:
                            acknowledged[name] = answer.json()["sha256"]
                    if count % 3 == 2:
                        gone = f"sent/{turn}-{number}-{count - 1}.md"
                        if client.delete(f"/v1/articles/{gone}").status_code == 202:
                            with lock:
                                acknowledged[gone] = None
            except httpx.HTTPError:
                return  # killed: what was not answered may be there or not

    for turn in range(3):
        with serving(corpus, index) as (process, address):
            threads = [
                threading.Thread(target=send, args=(address, turn, number)) for number in range(3)
            ]
            for thread in threads:
                thread.start()
            moment = len(acknowledged) + draw.randint(5, 40)
            wait_until(lambda: len(acknowledged) >= moment)  # noqa: B023 - within this turn
            time.sleep(draw.uniform(0, 0.05))
            process.kill()
            for thread in threads:
                thread.join()
        whole(index)
    assert len(acknowledged) >= 15
    assert None in acknowledged.values()
    for name, sha256 in acknowledged.items():
        stored = corpus / name
        found = hashlib.sha256(stored.read_bytes()).hexdigest() if stored.exists() else None
        # A delete whose answer was lost may have been done; nothing else may differ.
        assert found == sha256 or (found is None and sha256 is not None), name
    lost = [n for n, s in acknowledged.items() if s is not None and not (corpus / n).exists()]
    assert len(lost) <= 9, "more than the nine deletes that can have gone unanswered"
    # The next service takes the work up without being asked.
    with serving(corpus, index) as (_, address):
        for name, sha256 in acknowledged.items():
            wait_for(address, f"/v1/articles/{name}", 200 if (corpus / name).exists() else 404)
            assert sha256 is None or name in lost or (corpus / name).exists()
    assert list(corpus.rglob(".*.upload")) == []
    assert verify_index(corpus, index).faults == ()


# What else befalls an index


def test_a_service_does_not_start_on_a_damaged_snapshot_and_says_what_to_do(
    corpus: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    update_index(corpus, index, DeterministicEncoder())
    before = current_snapshot(index)
    write(corpus / "new.md", "# New\n\nRest helps a tired muscle.\n")
    update_index(corpus, index, DeterministicEncoder())
    live = current_snapshot(index)
    path = index / "snapshots" / str(live) / "dense.faiss"
    data = bytearray(path.read_bytes())
    data[-4] ^= 1  # the least bit of the last component: it opens as before
    path.write_bytes(data)
    with serving(corpus, index) as (process, said):
        assert process.wait(timeout=60) == 1
        assert said.startswith(f"pincite: snapshot {live} is damaged: ")
        assert "dense.faiss" in said
        assert 'Run "pincite rollback" for the one before, or "pincite index --rebuild"' in said
    assert roll_back(index).after.snapshot == before
    with serving(corpus, index) as (_, address):
        assert httpx.get(f"{address}/readyz", verify=False).json()["snapshot"] == before


def test_vectors_of_a_damaged_snapshot_are_not_used_again(corpus: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    update_index(corpus, index, DeterministicEncoder())
    live = current_snapshot(index)
    path = index / "snapshots" / str(live) / "dense.faiss"
    data = bytearray(path.read_bytes())
    data[-4] ^= 1
    path.write_bytes(data)
    write(corpus / "new.md", "# New\n\nRest helps a tired muscle.\n")
    report = update_index(corpus, index, DeterministicEncoder())
    assert report.notes[0].startswith(f"Everything is read anew: snapshot {live} is damaged: ")
    assert report.encoded == report.passages
    fresh = tmp_path / "fresh"
    update_index(corpus, fresh, DeterministicEncoder())
    vectors = [open_whole_snapshot(place).dense.vectors[:].tobytes() for place in (index, fresh)]
    assert vectors[0] == vectors[1]


def test_a_clock_that_jumps_back_a_year_changes_nothing(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    update_index(corpus, index, DeterministicEncoder(), keep=2)
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() - 365 * 86_400 * 1_000_000_000)
    made = [current_snapshot(index)]
    for number in range(3):
        text = f"# New\n\nRest {number} days helps a tired muscle.\n"
        write(corpus / "new.md", text, changed=1_700_000_000 - number)  # older, says the file
        report = update_index(corpus, index, DeterministicEncoder(), keep=2)
        assert (report.changed if number else report.added) == ("new.md",)
        made.append(current_snapshot(index))
        assert whole(index) == made[-1]
    assert made == sorted(made, key=str)
    assert len(set(made)) == 4
    assert update_index(corpus, index, DeterministicEncoder(), keep=2).manifest is None
    monkeypatch.undo()
    write(corpus / "new.md", "# New\n\nRest always helps.\n")
    assert update_index(corpus, index, DeterministicEncoder()).changed == ("new.md",)
    finishes(corpus, index)


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
def test_a_folder_that_cannot_be_written_to_leaves_what_is_live(
    corpus: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    update_index(corpus, index, DeterministicEncoder())
    before = current_snapshot(index)
    write(corpus / "new.md", "# New\n\nRest helps a tired muscle.\n")
    for folder in (index / "snapshots", index):
        folder.chmod(0o555)
    try:
        # Root writes anywhere: give the right to do so up, as a service has none.
        ended = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", UNPRIVILEGED + WRITER, str(corpus), str(index),
             "-"],
            capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        )  # fmt: skip
    finally:
        for folder in (index, index / "snapshots"):
            folder.chmod(0o755)
    assert ended.returncode == 1
    assert re.search(r"SnapshotError: .*(cannot be written|could not be written)", ended.stderr)
    assert whole(index) == before
    finishes(corpus, index)


# Drops CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH (bits 1 and 2) where there are any.
UNPRIVILEGED = """
import ctypes
class Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]
class Data(ctypes.Structure):
    _fields_ = [(n, ctypes.c_uint32) for n in ("effective", "permitted", "inheritable")]
libc = ctypes.CDLL(None, use_errno=True)
header, data = Header(0x20080522, 0), (Data * 2)()
assert libc.capget(ctypes.byref(header), data) == 0
data[0].effective &= ~0b110
assert libc.capset(ctypes.byref(header), data) == 0
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 20 MB in memory."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(place)],
        capture_output=True, text=True, check=False,
    ) if sys.platform == "linux" and shutil.which("mount") else None  # fmt: skip
    if mounted is None or mounted.returncode:
        pytest.skip("a file system of its own cannot be mounted here (it takes root)")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_is_full_at_any_byte_leaves_what_is_live(
    corpus: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch, parts: str
) -> None:
    # As if others wrote too.
    monkeypatch.setattr("ingest.writing.check_room", lambda *_, **__: None)
    index, ballast = small_disk / "index", small_disk / "ballast"
    update_index(corpus, index, DeterministicEncoder())
    size = sum(path.stat().st_size for path in index.rglob("*") if path.is_file())
    refused = 0
    for turn, free in enumerate(range(0, int(size * 1.5), 4096)):
        text = f"# New\n\nRest {turn} days. It helps a tired muscle.\n"
        write(corpus / "new.md", text, changed=1_700_000_001 + turn)
        before = current_snapshot(index)
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, shutil.disk_usage(small_disk).free - free))
        try:
            update_index(corpus, index, DeterministicEncoder())
        except SnapshotError as error:
            refused += 1
            said = str(error)
        else:
            said = ""
        ballast.unlink()
        assert not said or ("What was live still is" in said and current_snapshot(index) == before)
        whole(index)
        finishes(corpus, index)
    assert refused > 5
    assert (open_whole_snapshot(index).newer is None) == (parts == "one part")
