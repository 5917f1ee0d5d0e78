"""Passages are encoded in a thread of its own while the articles after them are still read.

Reading is Python's work and encoding the processor's, in a library that lets other threads run: so
a run takes about as long as the encoding alone. Only a window of texts is in memory at a time: no
more than `AHEAD` wait, and vectors go into a file as they are made.
"""

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.encoder import Encoder

AHEAD = 8192
"""Texts that are read ahead of the encoder: about 5 MB, and a minute of its work."""
WINDOW = 2048
"""Texts that the encoder gets at once, to sort by length. At the end of each it has nothing to do
on one core or the other for a batch or two, of 512."""
LEAST = 256
"""Texts that it waits for while more are to come."""
LOOK_SECONDS = 0.2
"""Time between two reports of progress while there is nothing else to do."""


class _Stopped(Exception):
    """The run ends before its texts are encoded."""


def digest(text: str) -> bytes:
    """Return what a text is known by here."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class EncodingAside:
    """Encodes each different text once, into `file`, in a thread that lives within a `with`.

    `known` gives the rows elsewhere of texts that need no encoding, by `digest`. `on_progress` is
    told `(done, wanted)`, in the thread that calls `add` and `finish`.
    """

    def __init__(
        self,
        encoder: Encoder,
        file: Path,
        known: Mapping[bytes, int],
        on_progress: Callable[[int, int], None],
    ) -> None:
        self._encoder = encoder
        self._file = file
        self._known = known
        self._on_progress = on_progress
        self._rows: dict[bytes, int] = {}
        self._change = threading.Condition()
        self._waiting: list[str] = []
        self._complete = self._stopped = False
        self._done = self._told = 0
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._change:
            self._stopped = True
            self._change.notify_all()
        if self._thread is not None:
            self._thread.join()

    @property
    def wanted(self) -> int:
        """Number of texts to encode, of those that were added."""
        return len(self._rows)

    def add(self, texts: Iterable[str]) -> None:
        """Have `texts` encoded; waits while too many are. Raises what the encoder raised."""
        new = []
        for text in texts:
            name = digest(text)
            if name not in self._known and name not in self._rows:
                self._rows[name] = len(self._rows)
                new.append(text)
        if not new:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._encode, name="encode", daemon=True)
            self._thread.start()
        with self._change:
            self._waiting += new
            self._change.notify_all()
        self._wait(lambda: len(self._waiting) <= AHEAD)

    def finish(self) -> NDArray[np.float32]:
        """Wait until all is encoded; return the vectors `(wanted, d)`, mapped from the file."""
        with self._change:
            self._complete = True
            self._change.notify_all()
        self._wait(lambda: self._thread is None or not self._thread.is_alive())
        shape = (self.wanted, self._encoder.record.dimension)
        if not self.wanted:
            return np.empty(shape, np.float32)
        return np.memmap(self._file, np.float32, "r", shape=shape)

    def place(self, text: str) -> int:
        """Return the row of a text that was added: i of the file, or -1 - j of row j elsewhere."""
        name = digest(text)
        return -1 - self._known[name] if name in self._known else self._rows[name]

    def _wait(self, enough: Callable[[], bool]) -> None:
        while True:
            with self._change:
                if self._failure is None and not enough():
                    self._change.wait(LOOK_SECONDS)
                done, failure = self._done, self._failure
                arrived = enough()
            if failure is not None:
                raise failure
            if done != self._told:
                self._told = done
                self._on_progress(done, self.wanted)
            if arrived:
                return

    def _encode(self) -> None:
        try:
            with self._file.open("wb") as file:
                while window := self._window():
                    vectors = self._encoder.encode(window, on_batch=self._count)
                    # Not `tofile`, which says nothing of a disk that is full.
                    file.write(np.ascontiguousarray(vectors, np.float32).data)
        except _Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where it can be answered
            with self._change:
                self._failure = error
        finally:
            with self._change:
                self._change.notify_all()

    def _window(self) -> list[str]:
        """Wait for texts and take them; none is left when the last have been taken."""
        with self._change:
            self._change.wait_for(
                lambda: self._stopped or self._complete or len(self._waiting) >= LEAST
            )
            if self._stopped:
                raise _Stopped
            window, self._waiting = self._waiting[:WINDOW], self._waiting[WINDOW:]
            self._change.notify_all()
            return window

    def _count(self, number: int) -> None:
        with self._change:
            self._done += number
            if self._stopped:
                raise _Stopped
