"""Watching the corpus: a change there is a request for indexing."""

import threading
from collections.abc import Callable
from pathlib import Path

from watchfiles import Change, watch

from index.errors import SourceError

SETTLE_MILLISECONDS = 1000
"""How long changes are gathered into one: copying a folder of articles is one change, not many."""


class Watcher:
    """Calls `on_change` after each change under `corpus`, in a thread of its own."""

    def __init__(self, corpus: Path, on_change: Callable[[], object]) -> None:
        self._corpus = corpus
        self._on_change = on_change
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def start(self) -> None:
        """Begin; raises `SourceError` when there is no corpus to watch."""
        if not self._corpus.exists():
            raise SourceError(f"there is no corpus at {self._corpus} to watch. Make it first.")
        self._thread.start()

    def stop(self) -> None:
        """Stop; returns when the thread has ended."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        # What happened before the watch began is a change too.
        self._on_change()
        for _ in watch(
            self._corpus,
            watch_filter=self._concerns,
            debounce=SETTLE_MILLISECONDS,
            stop_event=self._stop,
            rust_timeout=500,
            raise_interrupt=False,
        ):
            self._on_change()

    def _concerns(self, _: Change, path: str) -> bool:
        """Tell whether the indexer looks at `path`: no part of it below the corpus is hidden."""
        try:
            parts = Path(path).relative_to(self._corpus.resolve()).parts
        except ValueError:
            parts = Path(path).parts[-1:]
        return not any(part.startswith(".") for part in parts)
