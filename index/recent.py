"""What was used last, within so many bytes."""

import threading
from collections import OrderedDict
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """Values by key: those that were used last, of `most` bytes together. Threads may share it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._bytes = 0
        self._using = threading.Lock()

    @property
    def size(self) -> int:
        """How many bytes are held, never more than `most`."""
        with self._using:
            return self._bytes

    def get(self, key: Key) -> Value | None:
        """Return what is held for `key`, which is thereby the last that was used."""
        with self._using:
            found = self._held.get(key)
            if found is None:
                return None
            self._held.move_to_end(key)
            return found[0]

    def keep(self, key: Key, value: Value, size: int) -> None:
        """Hold a value of `size` bytes, and let go of those that were not used for longest.

        One that is larger than all may be is not held.
        """
        with self._using:
            _, before = self._held.pop(key, (None, 0))
            self._bytes -= before
            if size > self._most:
                return
            self._held[key] = value, size
            self._bytes += size
            while self._bytes > self._most:
                _, (_, gone) = self._held.popitem(last=False)
                self._bytes -= gone

    def clear(self) -> None:
        """Let go of all."""
        with self._using:
            self._held.clear()
            self._bytes = 0
