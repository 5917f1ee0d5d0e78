"""The service follows the pointer to the live snapshot, without a restart.

A thread looks at `INDEX/CURRENT` (one `stat`) and, when it has moved, has the new snapshot compared
byte by byte, opened and warmed aside, and swapped in. One that is damaged or does not fit is
refused: the old one goes on answering, and `GET /v1/index` says what is wrong.
"""

import logging
import threading
from pathlib import Path

from index.errors import PinciteError
from service.answers import Answers
from service.failures import place_of

LOOK_SECONDS = 0.5
"""Time between two looks. A look is one `stat`, about 2 microseconds."""

_LOG = logging.getLogger("pincite")


class Follower:
    """Keeps `answers` on the live snapshot of the folder `index`. Safe to share by threads."""

    def __init__(self, answers: Answers, index: Path, *, every: float | None = None) -> None:
        self._answers = answers
        self._pointer = index / "CURRENT"
        self._every = LOOK_SECONDS if every is None else every
        self._seen: tuple[int, int] | None = None
        self._stop = threading.Event()
        self._looking = threading.Lock()
        self._thread: threading.Thread | None = None
        self.refused: str | None = None
        """What is wrong with the snapshot that is pointed at, or None when it answers."""

    def look(self, *, again: bool = False) -> None:
        """Swap the snapshot when the pointer has moved; with `again`, also when it has not.

        Returns when the new one answers or `refused` says why it does not; raises nothing.
        """
        with self._looking:
            seen = self._signature()
            if seen == self._seen and not again:
                return
            try:
                moved = self._answers.refresh()
            except PinciteError as error:
                self.refused = str(error)
            except Exception as error:  # noqa: BLE001 - the thread outlives whatever it meets
                self.refused = f"the new snapshot could not be opened ({type(error).__name__})."
                _LOG.error("%s", place_of(error))
            else:
                self.refused = None
                # A pointer that moved while it was followed is looked at once more.
                self._seen = seen if not moved or seen == self._signature() else None
                return
            self._seen = seen
            _LOG.warning("%s", self.refused)

    def _signature(self) -> tuple[int, int] | None:
        """Return what changes when the pointer is replaced: it is always a new file."""
        try:
            found = self._pointer.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    def start(self) -> None:
        """Follow in a thread of its own until `stop`."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._follow, name="follow", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop following; returns when the thread has ended."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _follow(self) -> None:
        while not self._stop.wait(self._every):
            self.look()
