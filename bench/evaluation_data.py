"""The evaluation data: where they lie beside the checkout, and their files of JSON lines."""

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
EVAL = SHARED / "eval"
SCIFACT = EVAL / "scifact"
ARTICLES = EVAL / "medquad" / "articles.jsonl.gz"
"""MedQuAD's articles, whole."""


def entries(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the object of each line of `path`, compressed (`.gz`) or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def hashes(paths: Iterable[Path]) -> dict[str, str]:
    """Return the hexadecimal SHA-256 of each file, by its name: what something was fitted on."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
