"""Backing up while the service runs and articles change: as the documentation prints it."""

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from index.encoder import DeterministicEncoder
from index.history import open_whole_snapshot
from index.snapshot import current_snapshot
from ingest.pipeline import update_index
from service.settings import Settings
from tests.service_fixtures import build, client, settings_in, write_corpus

ROOT = Path(__file__).parents[1]
DOCS = (ROOT / "docs/living-index.md").read_text("utf-8")
SECTION = DOCS.split("## Backup and restore")[1].split("\n## ")[0]


def commands() -> str:
    """Return the commands that the documentation gives for a backup."""
    block = re.search(r"\n\n((?:    .*\n)+)", SECTION)
    assert block is not None
    return re.sub(r"(?m)^    ", "", block[1])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = settings_in(tmp_path, index=tmp_path / "var/index")
    write_corpus(found.corpus)
    build(found)
    return found


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_a_backup_made_under_change_answers_elsewhere(settings: Settings, tmp_path: Path) -> None:
    stop = threading.Event()

    def change() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            text = f"# Changing\n\nRest {number} days helps a tired muscle.\n"
            write_corpus(settings.corpus, {"changing.md": text})
            update_index(settings.corpus, settings.index, DeterministicEncoder(), keep=50)

    writer = threading.Thread(target=change)
    with client(settings) as api:
        writer.start()
        try:
            time.sleep(0.5)
            done = subprocess.run(
                ["bash", "-eu", "-c", commands()], cwd=tmp_path, capture_output=True, text=True,
                check=False,
            )  # fmt: skip
            assert (done.returncode, done.stderr) == (0, "")
            assert api.get("/readyz").status_code == 200
        finally:
            stop.set()
            writer.join()
    backup = tmp_path / "backup"
    held = current_snapshot(backup)
    assert held is not None
    restored = open_whole_snapshot(backup)
    assert restored.manifest.articles == 3
    restored.records.close()
    shutil.rmtree(settings.index)
    # As a newcomer restores it: the setting alone.
    environment = {n: v for n, v in os.environ.items() if not n.startswith("PINCITE_")}
    environment |= {
        "PINCITE_INDEX": "backup",
        "PINCITE_ENCODER": "deterministic",
        "PINCITE_ANSWER_THRESHOLD": "0.000001",
        "PYTHONPATH": str(ROOT),
    }
    asked = subprocess.run(
        [sys.executable, "-c", "import service.cli; service.cli.main()", "ask", "tired muscle"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    assert "changing.md:" in asked.stdout
    # And the next run on it brings the copy up to date with the articles.
    report = update_index(settings.corpus, backup, DeterministicEncoder())
    assert (report.added, report.removed) == ((), ())
