"""What the service and a process that answers say to each other, over a pipe without a name.

    service                                    process
       │ ── Setup ─────────────────────────────▶ │   once
       │ ── Open ──────────────────────────────▶ │   once, and when another snapshot is live
       │ ── Ask ───────────────────────────────▶ │   one at a time
       │ ◀────────────────────── Encode, Count ─ │   as often as it needs some:
       │ ── vectors, counts, or Failed ────────▶ │
       │ ◀───────────────────── at last: Opened, │
       │   the answer's JSON, QuestionError or   │
       │   Failed                                │

They are pickled: each end believes the other, which is Pincite too. Nothing of them is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from index.batched_encoder import Vector
from index.records import EncoderRecord
from service.filters import Filters
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Setup:
    """How to answer, and what encodes."""

    settings: Settings
    record: EncoderRecord
    runtime: str


@dataclass(frozen=True, slots=True)
class Open:
    """Have the live snapshot open."""


@dataclass(frozen=True, slots=True)
class Opened:
    """This snapshot is open, and what is asked next is answered from it."""

    snapshot: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question, as `Answers.ask` takes it."""

    text: str
    k: int | None
    filters: Filters | None
    language: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to answer. `known` holds texts that were encoded already, and their vectors.

    `began` is when it was asked, by `time.perf_counter`: the processes of a machine share that
    clock (`CLOCK_MONOTONIC`, on macOS `mach_absolute_time`).
    """

    question: Question
    known: Mapping[str, Vector]
    began: float


@dataclass(frozen=True, slots=True)
class Encode:
    """Wanted: the vector `(d,)` of each text."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """Wanted: the number of word pieces of each text."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """It could not be done. `place` is what `service.failures.place_of` says: never a message."""

    place: str
