"""Which files of a corpus are new, changed or gone, and which must be read anew for others' sake.

A file is known by its size and time of change, and where these moved, or are too recent to be
trusted, by its content. Blocks that several files of one publisher have count as the site's, so
that a new file can change what is cut from an old one.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from index.errors import SourceError
from index.snapshot import Snapshot
from index.store import FileRecord
from ingest.corpus import RACY_NANOSECONDS, SourceFile, find_files
from ingest.reading import outline_of
from ingest.repetition import groups_to_look_at, repeated_blocks


class Look(NamedTuple):
    """A file (None: passed over), what is known of it, and whether it is new or changed."""

    file: SourceFile | None
    record: FileRecord
    fresh: bool


@dataclass(frozen=True, slots=True)
class Looks:
    """Every file of the corpus at a glance, and what the live snapshot knows of each source.

    `repeated` holds the blocks of each file that others have too, `anew` the files for which they
    have changed.
    """

    looks: list[Look]
    known: dict[str, FileRecord]
    repeated: dict[str, frozenset[int]]
    anew: set[str]

    def to_read(self, look: Look) -> bool:
        """Tell whether a file has to be read."""
        return look.file is not None and (look.fresh or look.record.source in self.anew)

    @property
    def removed(self) -> list[str]:
        """The sources that are known and not there any more."""
        present = {look.record.source for look in self.looks}
        return sorted(source for source in self.known if source not in present)


def look_around(corpus: Path, live: Snapshot | None) -> Looks:
    """Look at every file of `corpus` beside what `live` knows of it."""
    known = live.records.files() if live else {}
    now = time.time_ns()
    looks = [look_at(file, known, now) for file in find_files(corpus)]
    return Looks(looks, known, *_evidence(known, looks))


def look_at(file: SourceFile | FileRecord, known: Mapping[str, FileRecord], now: int) -> Look:
    """Look at one file, whose content is read only where size and time do not vouch for it.

    `now` is in nanoseconds since the epoch.
    """
    if isinstance(file, FileRecord):
        return Look(None, file, fresh=False)
    before = known.get(file.source)
    if before and _untouched(file, before):
        trusted = _trusted_time(file, now)
        same = trusted == before.modified_ns
        return Look(file, before if same else replace(before, modified_ns=trusted), fresh=False)
    outline = outline_of(file)
    record = FileRecord(
        file.source,
        outline.sha256,
        file.size,
        _trusted_time(file, now),
        group=outline.group,
        blocks=outline.blocks,
    )
    return Look(file, record, fresh=True)


def _evidence(
    known: Mapping[str, FileRecord], looks: Sequence[Look]
) -> tuple[dict[str, frozenset[int]], set[str]]:
    """Return the blocks of each file that others have too, and the files for which they changed.

    That a file's article is cut anew when another file shows which of its blocks are the site's
    keeps an index that grew equal to one built afresh. A group in which nothing changed is passed
    over.
    """
    records = [look.record for look in looks]
    groups = groups_to_look_at(known, records, {look.record.source for look in looks if look.fresh})
    before = repeated_blocks(known.values(), groups)
    now = repeated_blocks(records, groups)
    return now, {source for source in {*before, *now} if before.get(source) != now.get(source)}


def _untouched(file: SourceFile, before: FileRecord) -> bool:
    if not before.sha256:  # it could not be opened then; permissions change without a trace
        return False
    if (file.size, file.modified_ns) == (before.size, before.modified_ns):
        return True
    return file.size == before.size and hash_of(file) == before.sha256


def hash_of(file: SourceFile) -> str:
    """Return the hash of what the file holds, empty where it cannot be opened."""
    try:
        return file.fingerprint()
    except SourceError:
        return ""


def _trusted_time(file: SourceFile, now: int) -> int:
    """Return the file's time of change, or 0 ("look inside") while it is too recent to trust."""
    return file.modified_ns if file.modified_ns < now - RACY_NANOSECONDS else 0
