"""Who is signed in to the operator's page: in memory, for an hour, and in no cookie but theirs."""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

SESSION_SECONDS = 3600
"""How long a session lasts after its last request: a morning's work is not interrupted, and a
browser left open over night is signed out."""
SESSIONS = 100
"""How many there may be; the one that would end first makes room."""


@dataclass(slots=True)
class Session:
    """One operator's browser. `told` is what is to be said on the next page, then no more."""

    ends: float
    told: list[tuple[str, str]] = field(default_factory=list)

    def tell(self, kind: str, text: str) -> None:
        """Have `text` said on the next page; `kind` is "done" or "fault"."""
        self.told.append((kind, text))

    def heard(self) -> list[tuple[str, str]]:
        """Return what was told since the last call."""
        told, self.told = self.told, []
        return told


class Sessions:
    """The sessions of one service. Safe to share by threads. `clock` never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # By the hash of the key: memory that is looked at gives no key away.
        self._open: dict[str, Session] = {}

    def begin(self) -> str:
        """Begin a session; return the key that goes into the cookie."""
        key = secrets.token_urlsafe(32)
        with self._lock:
            self._sweep()
            while len(self._open) >= SESSIONS:
                del self._open[min(self._open, key=lambda name: self._open[name].ends)]
            self._open[_hash(key)] = Session(self._clock() + SESSION_SECONDS)
        return key

    def of(self, key: str | None) -> Session | None:
        """Return the session of `key`, which lasts an hour more from now; None when it has none."""
        with self._lock:
            self._sweep()
            session = self._open.get(_hash(key)) if key else None
            if session is not None:
                session.ends = self._clock() + SESSION_SECONDS
            return session

    def end(self, key: str | None) -> None:
        """End the session of `key`, if it has one."""
        with self._lock:
            self._open.pop(_hash(key or ""), None)

    def _sweep(self) -> None:
        now = self._clock()
        for name in [name for name, session in self._open.items() if session.ends <= now]:
            del self._open[name]


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
