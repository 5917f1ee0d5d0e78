"""What people say of their answers: stored on a person's own click, one line each, and no more.

An entry holds yes or no, the reason if one was written, the day, and which index answered. It
holds the question only if the person ticked the box that says so, and never who sent it. The file
is JSON Lines, appended to under a lock and flushed; an operator may read, move or delete it while
the service runs.
"""

import csv
import fcntl
import io
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

from index.errors import PinciteError

FILE = "feedback.jsonl"
REASON_CHARACTERS = 1000
"""A few sentences. The page says the limit, and the browser holds it."""
FILE_BYTES = 20_000_000
"""About 100,000 entries without words, 4,000 of the longest: what is read by a person, not a disk
that somebody can fill."""
PER_MINUTE = 30
"""Entries taken in a minute from everybody together: no address is looked at, to limit by it."""

Status = Literal["answered", "not_answered", ""]


class FeedbackNotStored(PinciteError):
    """The entry could not be stored: the file is full, or the disk does not take it."""

    status = 507
    kind = "feedback-not-stored"


@dataclass(frozen=True, slots=True)
class Feedback:
    """One entry. `day` is an ISO date in UTC; `question` is None unless it was given on purpose.

    `helped` is what was clicked, `status` whether passages had been shown, and `snapshot` the index
    they came from: with the question, enough to ask again.
    """

    day: str
    helped: bool
    reason: str
    status: Status
    language: str
    snapshot: str
    question: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What a file holds: its entries, oldest first, and the numbers of lines that are damaged."""

    entries: tuple[Feedback, ...]
    damaged: tuple[int, ...]


def append(folder: Path, entry: Feedback, most: int = FILE_BYTES) -> None:
    """Add `entry` to the file in `folder`, whole and on the disk, or raise `FeedbackNotStored`.

    Processes may append at the same time. A line that a crash has cut off stays alone.
    """
    line = (as_line(entry) + "\n").encode()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(folder / FILE) as file:
            size = os.fstat(file).st_size
            if size + len(line) > most:
                raise FeedbackNotStored(
                    f"{folder / FILE} has reached {most} bytes. Export it, then move it away."
                )
            if size and os.pread(file, 1, size - 1) != b"\n":
                line = b"\n" + line
            try:
                _write(file, line)
            except OSError:
                os.ftruncate(file, size)
                raise
    except OSError as error:
        why = error.strerror or str(error)
        raise FeedbackNotStored(f"{folder / FILE} cannot be written: {why}.") from error


def read(folder: Path) -> Kept:
    """Return what the file in `folder` holds; nothing where there is none. Raises OSError."""
    entries: list[Feedback] = []
    damaged: list[int] = []
    try:
        lines = (folder / FILE).read_bytes().split(b"\n")
    except FileNotFoundError:
        lines = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entries.append(_entry(json.loads(line)))
        except (ValueError, TypeError):
            damaged.append(number)
    return Kept(tuple(entries), tuple(damaged))


def as_line(entry: Feedback) -> str:
    """Return an entry as one line of JSON that a terminal can show.

    JSON escapes the control characters below U+0020; those above U+007E, the line separators and
    the marks that turn the direction of text are escaped here.
    """
    text = json.dumps(asdict(entry), ensure_ascii=False)
    return re.sub(
        "[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]",
        lambda found: f"\\u{ord(found[0]):04x}",
        text,
    )


def as_csv(entries: Iterable[Feedback]) -> str:
    """Return entries as CSV (RFC 4180) with a header.

    A field that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, "CSV
    Injection"). Control characters, by which a terminal takes commands, become U+FFFD.
    """
    table = io.StringIO()
    names = [field.name for field in fields(Feedback)]
    writer = csv.writer(table)
    writer.writerow(names)
    for entry in entries:
        values = (getattr(entry, name) for name in names)
        writer.writerow(["" if value is None else _plain(str(value)) for value in values])
    return table.getvalue()


def _plain(value: str) -> str:
    shown = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "\ufffd", value)
    return f"'{shown}" if value.lstrip().startswith(("=", "+", "-", "@")) else shown


def _entry(found: object) -> Feedback:
    """Return the entry that a line holds. Raises ValueError or TypeError where it is none."""
    if not isinstance(found, dict):
        raise TypeError
    entry = Feedback(**found)
    texts = (entry.day, entry.reason, entry.status, entry.language, entry.snapshot)
    if not all(isinstance(text, str) for text in texts) or not isinstance(entry.helped, bool):
        raise TypeError
    if not isinstance(entry.question, str | None):
        raise TypeError
    return entry


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Open `path` for appending, readable by its owner only, and hold its lock."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.open(path, flags, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def _write(file: int, line: bytes) -> None:
    left = memoryview(line)
    while left:
        left = left[os.write(file, left) :]
    os.fsync(file)
