"""What waits for a process is encoded together, shortly before its turn comes.

Four questions in a batch take half of the processor time that they take one by one. Who comes is
not encoded at once, then, where others are ahead: only when few that are encoded still wait for a
process, and with others that have come by then; or with what a process needs to go on.
"""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager

from index.batched_encoder import BatchedEncoder, Vector

AT_ONCE = 4
"""Texts that are encoded together at most. Processor milliseconds a question, on a quiet machine:
12.6, 9.6, 6.4, 6.1 and 6.0 in batches of 1, 2, 4, 8 and 16. A process that needs something encoded
to go on waits for the batch that is under way: long ones would cost what they save. Questions a
second of 32 clients, three processes: 75 with what these need in the same batches, 67 without."""


class _Turn:
    """One text that waits. `leads` has those that it encodes, itself first; or none."""

    __slots__ = ("leads", "text", "vector")

    def __init__(self, text: str) -> None:
        self.text = text
        self.leads: Future[list[_Turn]] = Future()
        self.vector: Future[Vector | None] = Future()


class Ahead:
    """Encodes the texts of questions in the order in which they come. Safe to share by threads."""

    def __init__(self, encoder: BatchedEncoder, enough: int) -> None:
        """Encode no more while `enough` questions are encoded and wait."""
        self._encoder = encoder
        self._enough = enough
        self._lock = threading.Lock()
        self._ahead = 0
        self._waiting: deque[_Turn] = deque()

    @contextmanager
    def encoded(self, text: str) -> Iterator[Vector]:
        """Give the vector `(d,)` of `text`; as long as the context lasts, it waits for a process.

        Raises `EncoderError` when it is longer than the encoder's window.
        """
        turn = _Turn(text)
        with self._lock:
            self._waiting.append(turn)
            self._go_on()
        try:
            led = turn.leads.result()
            if led:
                self._encode(led)
            vector = turn.vector.result()
            # None: one of them could not be encoded. Each finds out for itself.
            yield self._encoder.vector(text) if vector is None else vector
        finally:
            with self._lock:
                self._ahead -= 1
                self._go_on()

    def vectors(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vector `(d,)` of each text, and encode some that wait with them.

        Raises `EncoderError` when one of them is longer than the encoder's window.
        """
        with self._lock:
            led = self._led(AT_ONCE - len(texts))
            for turn in led:
                turn.leads.set_result([])
        found = self._encode(led, texts)
        return self._encoder.vectors(texts) if found is None else found

    def _go_on(self) -> None:
        if self._ahead < self._enough and (led := self._led(AT_ONCE)):
            for turn in led:
                turn.leads.set_result(led if turn is led[0] else [])

    def _led(self, most: int) -> list[_Turn]:
        led = [self._waiting.popleft() for _ in range(min(len(self._waiting), max(most, 0)))]
        self._ahead += len(led)
        return led

    def _encode(self, turns: list[_Turn], texts: Sequence[str] = ()) -> list[Vector] | None:
        """Encode what waits, and `texts`; return the vectors of these, None where one failed."""
        vectors: list[Vector | None] = [None] * len(turns)
        found: list[Vector] | None = None
        try:
            every = self._encoder.vectors([*texts, *(turn.text for turn in turns)])
            found, vectors[:] = every[: len(texts)], every[len(texts) :]
        except Exception:  # noqa: BLE001 - it is one text's, and raised again for that one
            found = None
        finally:
            for turn, vector in zip(turns, vectors, strict=True):
                turn.vector.set_result(vector)
        return found
