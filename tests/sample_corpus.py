"""Three small articles in our own words, one a format, and how a test writes one to disk."""

import os
from pathlib import Path

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


def write(path: Path, text: str | bytes, *, changed: int = 1_700_000_000) -> None:
    """Write a file of the corpus, with a time of change (in seconds) that is long past."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(path, (changed, changed))
