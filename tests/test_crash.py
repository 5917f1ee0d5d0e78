"""Indexing killed at each step and at any moment: what is live is whole, the next run finishes.

`PINCITE_TEST_KILLS` asks for more random moments than the 20 of the plain test.
"""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from index.encoder import DeterministicEncoder
from index.history import open_whole_snapshot
from index.snapshot import current_snapshot
from ingest.pipeline import update_index
from ingest.verify import verify_index
from tests.sample_corpus import write

KILLS = int(os.environ.pop("PINCITE_TEST_KILLS", "20"))

# Killed at a named step, or at the line whose number is drawn: every line that Python runs in
# index/ and ingest/ after the imports is a moment, and none is missed by a slow or busy machine.
WRITER = """
import os, signal, sys
from pathlib import Path
from index.encoder import DeterministicEncoder
from ingest.pipeline import update_index
import ingest.readers.markdown, ingest.readers.text, ingest.readers.html
corpus, index, at = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
def step(name):
    if name == at:
        os.kill(os.getpid(), signal.SIGKILL)
lines = 0
def trace(frame, event, argument):
    global lines
    if not frame.f_code.co_filename.endswith(("snapshot.py", "store.py", "pipeline.py", "dense.py",
                                             "lexical.py", "history.py")):
        return None
    if event == "line":
        lines += 1
        if str(lines) == at:
            os.kill(os.getpid(), signal.SIGKILL)
    return trace
if at.isdigit() or at == "count":
    sys.settrace(trace)
update_index(corpus, index, DeterministicEncoder(), step=step)
sys.settrace(None)
print(lines)
"""


def run(corpus: Path, index: Path, at: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WRITER, str(corpus), str(index), at],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )


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
def test_killed_at_each_step(corpus: Path, tmp_path: Path, step: str) -> None:
    index = tmp_path / "index"
    update_index(corpus, index, DeterministicEncoder())
    before = current_snapshot(index)
    write(corpus / "new.md", "# New\n\nRest helps a tired muscle.\n")
    assert run(corpus, index, step).returncode == -signal.SIGKILL
    assert (whole(index) == before) == (step != "prune")
    finishes(corpus, index)


def test_killed_at_any_moment(corpus: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    update_index(corpus, index, DeterministicEncoder())
    write(corpus / "new.md", "# New\n\nRest helps a tired muscle.\n")
    counted = run(corpus, index, "count")
    lines = int(counted.stdout)
    draw = random.Random(6)
    killed = 0
    for turn in range(KILLS):
        text = f"# New\n\nRest {turn} days. It helps a tired muscle.\n"
        write(corpus / "new.md", text, changed=1_700_000_001 + turn)
        before = current_snapshot(index)
        ended = run(corpus, index, str(draw.randint(1, lines)))
        killed += ended.returncode == -signal.SIGKILL
        assert whole(index) in {before, current_snapshot(index)}
        finishes(corpus, index)
    assert killed >= KILLS * 0.8
