"""An encoder that remembers, for benches that build the same indexes again and again."""

import hashlib
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.encoder import Before, Encoder, OnBatch, arithmetic
from index.runtimes import open_encoder

CHUNK = 512
"""Texts encoded between two writes to the file: at most a few seconds' work is lost by a stop."""


class RememberingEncoder(Before):
    """`encoder`, with every vector that it gave kept in one SQLite file, by the text's hash.

    The file serves any number of encoders: their fingerprint is part of the key, and their
    arithmetic, which moves vectors a little. Threads take turns: an index is encoded in one
    of its own.
    """

    def __init__(self, encoder: Encoder, file: Path) -> None:
        super().__init__(encoder)
        self._arithmetic = arithmetic(encoder)
        file.parent.mkdir(parents=True, exist_ok=True)
        self._turn = threading.Lock()
        self._kept = sqlite3.connect(file, check_same_thread=False)
        self._kept.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB)")

    def encode(
        self, texts: Sequence[str], *, on_batch: OnBatch | None = None
    ) -> NDArray[np.float32]:
        """Return the vectors of `texts`, `(n, d)`: those kept, and new ones, which are kept now."""
        with self._turn:
            return self._encode(texts, on_batch)

    def _encode(self, texts: Sequence[str], on_batch: OnBatch | None) -> NDArray[np.float32]:
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
        named = f"{self.record.fingerprint}\0{self._arithmetic}\0{text}"
        return hashlib.sha256(named.encode("utf-8", "surrogatepass")).digest()


def remembering(work: Path) -> tuple[RememberingEncoder, Path]:
    """Open the default encoder, remembering, and return the folder in `work` for what it makes.

    Each way of computing has one of its own: an index that is kept would hold the vectors of
    whatever made it first.
    """
    encoder = open_encoder()
    folder = work / arithmetic(encoder)
    return RememberingEncoder(encoder, folder / "vectors.db"), folder
