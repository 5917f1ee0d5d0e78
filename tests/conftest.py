"""What several test files share: a small encoder and a small corpus in our own words."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from index.encoder import DeterministicEncoder

# A loaded machine is slow, not wrong; pytest-timeout or a person watches the clock.
settings.register_profile(
    "pincite", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("pincite")

CALF = """---
title: Calf cramps
publisher: The sample library
---

# Calf cramps

A calf cramp is a sudden, painful tightening of the calf. It lasts from seconds to minutes.

## How to stop one

Straighten the knee and pull the toes towards the shin. Rub the muscle until it gives way.

Things that help afterwards:

- a warm bath
- a short walk
- a glass of water
"""

EYELID = """Eyelid twitching

The lid of one eye may flutter for days. Tiredness, coffee and dry eyes are the usual reasons.

It is harmless and stops on its own. Rest, and drink less coffee.
"""

SALTS = """<!doctype html><html lang="en"><head><title>Salts and muscles</title></head><body>
<main><article><h1>Salts and muscles</h1>
<p>Muscles need sodium, potassium, calcium and magnesium to contract and to let go again. Losing
much of them in sweat can make a muscle twitch or cramp.</p>
<h2>Who loses salts</h2>
<p>People who work in the heat, and people who take water tablets, lose more salts than others.</p>
</article></main></body></html>
"""


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


def write(path: Path, text: str | bytes, *, changed: int = 1_700_000_000) -> None:
    """Write a file of the corpus, with a time of change (in seconds) that is long past."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(path, (changed, changed))
