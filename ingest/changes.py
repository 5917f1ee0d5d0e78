"""Which files of a corpus are new, changed or gone, and which must be read anew for others' sake.

A file is known by its size and time of change, and where these moved, or are too recent to be
trusted, by its content. Blocks that several files of one publisher have count as the site's, so
that a new file can change what is cut from an old one.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from index.errors import SourceError
from index.snapshot import Snapshot
from index.store import FileRecord, KnownFile
from ingest.corpus import RACY_NANOSECONDS, Listing, Seen, SourceFile
from ingest.reading import outline_of
from ingest.repetition import groups_to_look_at, repeated_blocks


class Look(NamedTuple):
    """A file, what is known of it, and whether it is new or changed."""

    file: SourceFile
    record: FileRecord
    fresh: bool


@dataclass(frozen=True, slots=True)
class Looks:
    """What came of looking at the files of a corpus beside what the live snapshot has `known`.

    `to_read` are those that are new or changed, and those for which others' changes count;
    `repeated` holds the blocks of each of these that others have too. `renewed` are other records
    that are not as they were known: of files that are passed over, or that have another time of
    change. `removed` are the sources that are known and not there any more; `total` counts what is.
    """

    total: int
    known: Mapping[str, KnownFile]
    to_read: list[Look]
    renewed: list[FileRecord]
    removed: list[str]
    repeated: Mapping[str, frozenset[int]]


def look_around(listing: Listing, live: Snapshot | None) -> Looks:
    """Look at the files of a corpus beside what `live` knows of them."""
    known = live.records.known_files() if live else {}
    closer = list(_not_as_known(listing, known))
    passed_over = {
        record.source: record
        for record in listing.passed_over
        if known.get(record.source) != (record.source, "", 0, 0, record.problem, "")
    }
    present = {source for source, _, _ in listing.files}
    present.update(record.source for record in listing.passed_over)
    removed = sorted(known.keys() - present)
    changed = [*removed, *passed_over, *(source for source, _, _ in closer)]
    before = live.records.files_named(changed) if live else {}
    looks = [look_at(listing.file(seen), before.get(seen[0]), listing.began_ns) for seen in closer]
    after = passed_over | {look.record.source: look.record for look in looks}
    fresh = {look.record.source for look in looks if look.fresh}
    repeated, anew = _evidence(live, before, after, fresh)
    looks = [look for look in looks if look.fresh] + [
        Look(listing.file(seen), anew[seen[0]], fresh=False)
        for seen in (listing.files if anew else ())
        if seen[0] in anew
    ]
    read = {look.record.source for look in looks}
    return Looks(
        total=len(present),
        known=known,
        to_read=sorted(looks, key=lambda look: look.record.source),
        renewed=[r for r in after.values() if r.source not in read and r != before.get(r.source)],
        removed=removed,
        repeated=repeated,
    )


def _not_as_known(listing: Listing, known: Mapping[str, KnownFile]) -> Iterator[Seen]:
    """Yield the files that are not vouched for by their size and a time that can be trusted."""
    trusted = listing.began_ns - RACY_NANOSECONDS
    for seen in listing.files:
        source, size, modified_ns = seen
        was = known.get(source)
        if was is not None:
            _, sha256, known_size, known_ns, _, _ = was
            if sha256 and size == known_size and modified_ns == known_ns < trusted:
                continue
        yield seen


def look_at(file: SourceFile, before: FileRecord | None, now: int) -> Look:
    """Look at one file, whose content is read only where size and time do not vouch for it.

    `before` is what is known of it; `now` is in nanoseconds since the epoch.
    """
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
    live: Snapshot | None,
    before: Mapping[str, FileRecord],
    after: Mapping[str, FileRecord],
    fresh: Container[str],
) -> tuple[Mapping[str, frozenset[int]], dict[str, FileRecord]]:
    """Return the blocks of each file that others have too, and the records of the files, `fresh`
    ones aside, for which they changed.

    `before` and `after` are the records, by source, of all files of which they may have changed.
    That a file's article is cut anew when another file shows which of its blocks are the site's
    keeps an index that grew equal to one built afresh. A group in which nothing changed is passed
    over.
    """
    groups = groups_to_look_at(before, after.values(), fresh) - {""}
    held = live.records.files_of_groups(groups) if live and groups else {}
    stay = {source: held[source] for source in held.keys() - before.keys()}
    members = {**stay, **after}
    was = repeated_blocks(held.values(), groups)
    now = repeated_blocks(members.values(), groups)
    return now, {
        source: record
        for source, record in members.items()
        if source not in fresh and was.get(source) != now.get(source)
    }


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
