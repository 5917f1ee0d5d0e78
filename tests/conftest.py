"""What several test files share: a small encoder and a small corpus."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from index.encoder import DeterministicEncoder
from ingest.corpus import SourceFile
from tests.sample_corpus import CALF, EYELID, SALTS, write

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# A loaded machine is slow, not wrong: no example has a deadline.
settings.register_profile(
    "pincite", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("pincite")


@pytest.fixture
def encoder() -> DeterministicEncoder:
    return DeterministicEncoder()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder of three articles, one a format, changed long enough ago for its times to count."""
    folder = tmp_path / "corpus"
    (folder / "eyes").mkdir(parents=True)
    write(folder / "calf-cramps.md", CALF)
    write(folder / "eyes" / "eyelid.txt", EYELID)
    write(folder / "salts.html", SALTS)
    return folder


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources of the files of a corpus that have been read, one for each time."""
    sources: list[str] = []
    plain = SourceFile.read

    def read(file: SourceFile) -> tuple[bytes, bytes]:
        sources.append(file.source)
        return plain(file)

    monkeypatch.setattr(SourceFile, "read", read)
    return sources


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """One browser for all tests of a file; they are skipped where there is none."""
    from tests.browser import chromium

    with chromium() as browser:
        yield browser
