"""Questions that come together are encoded together; each has the vector that it has alone.

No thread waits for another to turn up. The thread that comes first encodes what is there, which is
its own question when it is alone; what comes while it does so is the next batch, and the first who
waits for it encodes that. So one client waits for nobody, and many share the cost of a batch.
"""

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .encoder import Before, Encoder, SentenceTransformerEncoder
from .errors import EncoderError

Vector = NDArray[np.float32]

TOGETHER = 16
"""Questions in a batch at most. By then most of what a batch saves is saved (`AT_ONCE` in
`index.openvino_encoder`), and the first of more would wait for the last."""

KEPT = 1024
"""Vectors that are kept: of 384 components, 1.5 MB."""


class _Turn:
    """One text on its way. Its thread wakes when it has to lead, or when the outcome is there."""

    __slots__ = ("leads", "name", "outcome", "text", "there", "wake")

    def __init__(self, name: bytes, text: str) -> None:
        self.name = name
        self.text = text
        self.leads = False
        self.wake = threading.Event()
        self.there = threading.Event()
        self.outcome: Vector | Exception = EncoderError("the encoder was interrupted.")

    def result(self) -> Vector:
        """Return the outcome, once it is there."""
        self.there.wait()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


class BatchedEncoder(Before):
    """An encoder whose `vector` is shared by many threads. The rest is the encoder's own.

    A few vectors, none of those that `encode` gives, are kept under a keyed hash of their text; the
    key is made here and never leaves the process, so that nothing that is kept tells, or confirms,
    what was asked.
    """

    def __init__(self, encoder: Encoder, *, kept: int = KEPT) -> None:
        super().__init__(encoder)
        self._most = kept
        # The reference pads a text to the longest of its batch, which moves its last bits.
        self._together = 1 if isinstance(encoder, SentenceTransformerEncoder) else TOGETHER
        self._key = secrets.token_bytes(32)
        self._kept: OrderedDict[bytes, Vector] = OrderedDict()
        self._lock = threading.Lock()
        self._under_way: dict[bytes, _Turn] = {}
        # Turns that no batch has taken. While `_led` is False there is none.
        self._waiting: list[_Turn] = []
        self._led = False

    def vector(self, text: str) -> Vector:
        """Return the vector `(d,)` of `text`, read-only, encoded with others that are waiting.

        Raises `EncoderError` when the text is longer than the encoder's window.
        """
        return self.vectors([text])[0]

    def vectors(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vector of each text, as `vector` does, in one batch if there is room.

        Raises `EncoderError` when one of them is longer than the encoder's window.
        """
        found: list[Vector | _Turn] = []
        own: list[_Turn] = []
        with self._lock:
            for text in texts:
                name = self._name(text)
                kept = self._kept.get(name)
                if kept is not None:
                    self._kept.move_to_end(name)
                    found.append(kept)
                    continue
                turn = self._under_way.get(name)
                if turn is None:
                    turn = self._under_way[name] = _Turn(name, text)
                    self._waiting.append(turn)
                    turn.leads, self._led = not self._led, True
                    own.append(turn)
                found.append(turn)
        # Its own first: while this thread leads, nobody else's text comes to be encoded.
        interrupted: BaseException | None = None
        for turn in own:
            if not turn.leads:
                turn.wake.wait()
            if turn.leads:
                try:
                    self._lead()
                except BaseException as error:  # noqa: BLE001 - a later one may have the lead now
                    interrupted = error
        if interrupted is not None:
            raise interrupted
        return [each.result() if isinstance(each, _Turn) else each for each in found]

    def _name(self, text: str) -> bytes:
        encoded = text.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(encoded, key=self._key, digest_size=16).digest()

    def _lead(self) -> None:
        """Encode the batch that is waiting, the leader's own text first, and hand on the lead."""
        with self._lock:
            batch, self._waiting = self._waiting[: self._together], self._waiting[self._together :]
        try:
            for turn, outcome in zip(batch, self._outcomes(batch), strict=True):
                turn.outcome = outcome
        finally:
            with self._lock:
                for turn in batch:
                    del self._under_way[turn.name]
                    if not isinstance(turn.outcome, Exception):
                        self._kept[turn.name] = turn.outcome
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
                self._led = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].leads = True
                    self._waiting[0].wake.set()
            for turn in batch:
                turn.wake.set()
                turn.there.set()

    def _outcomes(self, batch: Sequence[_Turn]) -> list[Vector | Exception]:
        """Return the vector of each turn, or what kept it from having one and no other."""
        try:
            vectors = self._encoder.encode([turn.text for turn in batch])
        except Exception as error:  # noqa: BLE001 - it belongs to whoever asked, whatever it is
            if len(batch) == 1:
                return [error]
            return [outcome for turn in batch for outcome in self._outcomes([turn])]
        # Each a copy: a kept row of a batch would keep the whole batch.
        rows = [row.copy() for row in vectors]
        for row in rows:
            row.setflags(write=False)
        return list(rows)

    def forget(self) -> None:
        """Drop the vectors that are kept."""
        with self._lock:
            self._kept.clear()
