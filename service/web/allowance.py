"""How many requests are taken in a minute: a bucket of them, filled again as time passes."""

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from index.errors import PinciteError

GUESSES_PER_MINUTE = 20
"""Wrong tokens that one address may send: more than a person mistypes, and a token of eight
characters stands for ten thousand years and more."""
ADDRESSES = 1000
"""Addresses that are remembered for it; the one that was seen longest ago is forgotten first."""
ROUNDING = 1e-6
"""Of one request, which sums of what has flowed in may lack."""


class TooMany(PinciteError):
    """More was asked for than is taken in a minute. After `seconds` there is room again."""

    status = 429
    kind = "too-many"

    def __init__(self, message: str, seconds: int = 60) -> None:
        super().__init__(message)
        self.seconds = seconds


class Allowance:
    """A token bucket: `per_minute` at once, and as many in each minute. Safe to share by threads.

    `clock` gives seconds that never go back.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._left = float(per_minute)
        self._at = clock()
        self._lock = threading.Lock()

    def wait(self, *, take: bool = True) -> int:
        """Take one and return 0, or return the whole seconds after which there is one to take."""
        with self._lock:
            now = self._clock()
            per_second = self._per_minute / 60
            self._left = min(self._per_minute, self._left + (now - self._at) * per_second)
            self._at = now
            if self._left >= 1 - ROUNDING:
                self._left = max(0.0, self._left - take)
                return 0
            return max(1, math.ceil((1 - self._left) / per_second))


class Changes:
    """The changes of the index that are taken in a minute, from whomever they come."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._allowance = Allowance(per_minute)

    def take(self) -> None:
        """Count one change; raises `TooMany` when there have been too many."""
        seconds = self._allowance.wait()
        if seconds:
            raise TooMany(
                f"at most {self._per_minute} changes a minute are taken. Wait {seconds} s, or set "
                "PINCITE_CHANGES_PER_MINUTE.",
                seconds,
            )


def whose(address: str) -> str:
    """Return what stands for whoever has `address`: of IPv6 the network of 64 bits, for each of
    its 2**64 addresses is the same one's.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:  # a name, or a socket without any
        return address
    if not isinstance(found, ipaddress.IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


class Guesses:
    """Wrong tokens, counted by the address that they come from: `whose` it is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: OrderedDict[str, Allowance] = OrderedDict()

    def check(self, address: str) -> None:
        """Raise `TooMany` when `address` has sent too many wrong tokens; the right one waits too.

        Otherwise a guesser would be told, by who is let in, which one is right.
        """
        with self._lock:
            allowance = self._of.get(whose(address))
        seconds = allowance.wait(take=False) if allowance else 0
        if seconds:
            raise TooMany(f"too many wrong tokens came from here. Wait {seconds} s.", seconds)

    def wrong(self, address: str) -> None:
        """Count a wrong token."""
        with self._lock:
            sender = whose(address)
            allowance = self._of.setdefault(sender, Allowance(GUESSES_PER_MINUTE))
            self._of.move_to_end(sender)
            while len(self._of) > ADDRESSES:
                self._of.popitem(last=False)
        allowance.wait()
