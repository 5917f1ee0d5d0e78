"""Watching the corpus: a change there is a request for indexing."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from watchfiles import Change, watch

from index.errors import SourceError

SETTLE_MILLISECONDS = 1000
"""How long changes are gathered into one: copying a folder of articles is one change, not many."""
LOOK_MILLISECONDS = 500
"""How often it is looked whether to stop, and whether the folder is still the same one."""

_LOG = logging.getLogger("pincite")


class Watcher:
    """Calls `on_change` after each change under `corpus`, in a thread of its own."""

    def __init__(self, corpus: Path, on_change: Callable[[], object]) -> None:
        self._corpus = corpus
        self._on_change = on_change
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def check(self) -> None:
        """Raise `SourceError` when there is no corpus to watch."""
        if not self._corpus.exists():
            raise SourceError(f"there is no corpus at {self._corpus} to watch. Make it first.")

    def start(self) -> None:
        """Begin; raises `SourceError` when there is no corpus to watch."""
        self.check()
        self._thread.start()

    def stop(self) -> None:
        """Stop; returns when the thread has ended."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        polling = False
        while not self._stop.wait(0 if not polling else LOOK_MILLISECONDS / 1000):
            folder = self._identity()
            if folder is None:
                self._stop.wait(LOOK_MILLISECONDS / 1000)
                continue
            try:
                self._follow(folder, polling=polling)
            except (OSError, RuntimeError) as error:
                # Too many folders for the operating system, or one that went while it was entered.
                _LOG.warning("the corpus is looked through instead of watched: %s", error)
                polling = True

    def _follow(self, folder: tuple[int, int], *, polling: bool) -> None:
        """Watch until told to stop, or until another folder stands in the place of this one."""
        begun = False
        for changes in watch(
            self._corpus,
            watch_filter=self._concerns,
            debounce=SETTLE_MILLISECONDS,
            stop_event=self._stop,
            rust_timeout=LOOK_MILLISECONDS,
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=polling or None,
        ):
            # What happened before the watch began is a change too.
            if changes or not begun:
                begun = True
                self._on_change()
            if self._identity() != folder:
                return

    def _identity(self) -> tuple[int, int] | None:
        """Return which folder the corpus is; None while there is none."""
        try:
            found = self._corpus.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _concerns(self, _: Change, path: str) -> bool:
        """Tell whether the indexer looks at `path`: no part of it below the corpus is hidden."""
        try:
            parts = Path(path).relative_to(self._corpus.resolve()).parts
        except ValueError:
            parts = Path(path).parts[-1:]
        return not any(part.startswith(".") for part in parts)
