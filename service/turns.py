"""Taking turns at what only so many may do at a time."""

import threading
from collections import deque


class Turns:
    """Lets in so many at a time, first come, first served.

    A semaphore of `threading` lets whoever comes just then go before those who wait, again and
    again: of 32 clients some waited four times as long as most.
    """

    def __init__(self, most: int) -> None:
        self._free = most
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = threading.Event()
            self._waiting.append(turn)
        try:
            turn.wait()
        except BaseException:
            # Interrupted: the turn that may have come meanwhile is the next one's.
            with self._lock:
                if turn in self._waiting:
                    self._waiting.remove(turn)
                    raise
            self.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
