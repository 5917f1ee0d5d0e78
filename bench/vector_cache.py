"""An encoder that remembers, for benches that build the same indexes again and again."""

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.encoder import Encoder, OnBatch
from index.records import EncoderRecord

CHUNK = 512
"""Texts encoded between two writes to the file: at most a few seconds' work is lost by a stop."""


class RememberingEncoder:
    """`encoder`, with every vector that it gave kept in one SQLite file, by the text's hash.

    The file serves any number of encoders: their fingerprint is part of the key. One thread.
    """

    def __init__(self, encoder: Encoder, file: Path) -> None:
        self._encoder = encoder
        file.parent.mkdir(parents=True, exist_ok=True)
        self._kept = sqlite3.connect(file)
        self._kept.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB)")

    @property
    def record(self) -> EncoderRecord:
        """The encoder's own."""
        return self._encoder.record

    @property
    def runtime(self) -> str:
        """The encoder's own."""
        return self._encoder.runtime

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return what the encoder counts."""
        return self._encoder.count_tokens(texts)

    def encode(
        self, texts: Sequence[str], *, on_batch: OnBatch | None = None
    ) -> NDArray[np.float32]:
        """Return the vectors of `texts`, `(n, d)`: those kept, and new ones, which are kept now."""
        vectors = np.empty((len(texts), self.record.dimension), np.float32)
        new: list[int] = []
        for row, text in enumerate(texts):
            found = self._kept.execute(
                "SELECT vector FROM vectors WHERE key = ?", (self._key(text),)
            ).fetchone()
            if found:
                vectors[row] = np.frombuffer(found[0], np.float32)
            else:
                new.append(row)
        if on_batch and len(new) < len(texts):
            on_batch(len(texts) - len(new))
        for first in range(0, len(new), CHUNK):
            rows = new[first : first + CHUNK]
            vectors[rows] = self._encoder.encode([texts[row] for row in rows], on_batch=on_batch)
            self._kept.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                [(self._key(texts[row]), vectors[row].tobytes()) for row in rows],
            )
            self._kept.commit()
        return vectors

    def _key(self, text: str) -> bytes:
        named = f"{self.record.fingerprint}\0{text}".encode("utf-8", "surrogatepass")
        return hashlib.sha256(named).digest()
