"""The snapshots that are kept: listing them, going back to one, and room for the next.

Going back is pointing: nothing is copied, and nothing is lost by it.
"""

import shutil
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from index.errors import NoSnapshot, SnapshotDamaged, SnapshotError
from index.records import Manifest
from index.snapshot import (
    NEWER,
    Mark,
    Snapshot,
    base_files,
    current_snapshot,
    damaged_files,
    open_snapshot,
    read_manifest,
    snapshots,
    vouched_for,
)
from index.snapshot_writing import point_to, writer_lock

ROOM_TO_SPARE = 16_000_000
"""Bytes that must be left after the next snapshot: the pointer, the lock and SQLite's own pages
need a little, and a disk filled to the last byte troubles everybody else on it."""


@dataclass(frozen=True, slots=True)
class KeptSnapshot:
    """A snapshot of the list. `problem` is "" when its manifest can be read."""

    snapshot: str
    built: str
    articles: int
    passages: int
    live: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RolledBack:
    """What a rollback did: `before` was live (None: no readable pointer), `after` is now.

    `passed_over` says of each newer one that could not be taken what is wrong with it.
    """

    before: str | None
    after: KeptSnapshot
    passed_over: tuple[str, ...] = ()


def kept_snapshots(index: Path) -> list[KeptSnapshot]:
    """Return the complete snapshots of `index`, newest first, damaged ones with their problem."""
    live = _pointer(index)
    return [_kept(index, identifier, live) for identifier in snapshots(index)]


def open_whole_snapshot(
    index: Path,
    identifier: str | None = None,
    *,
    before: Snapshot | None = None,
    unread_from: int | None = None,
) -> Snapshot:
    """Open a snapshot of `index` after comparing every byte with what was written.

    The live one, unless `identifier` names another. Costs reading it once; files that are those
    which `before` has compared are not read again, nor is the base of an index of `unread_from`
    passages or more: who builds on it must prove what is copied. Raises what
    `open_snapshot` raises, and `SnapshotDamaged` with the names of the files whose bytes have
    changed.
    """
    while True:
        snapshot = open_snapshot(index, identifier, before=before, unread_from=unread_from)
        try:
            marks = _marks(snapshot)
            unread = unread_files(snapshot.manifest, unread_from)
            vouched = vouched_for(snapshot.manifest, snapshot.folder, before) if before else set()
            fault = _damage(index, snapshot.manifest.snapshot, unread | vouched)
        except BaseException:
            snapshot.records.close()
            raise
        if not fault:
            read = {name: mark for name, mark in marks.items() if mark and name not in unread}
            return replace(snapshot, marks=read)
        snapshot.records.close()
        # One that was removed while it was being compared is not damaged: another is live by now.
        if identifier is not None or current_snapshot(index) == snapshot.manifest.snapshot:
            raise SnapshotDamaged(fault)


def unread_files(manifest: Manifest, unread_from: int | None) -> set[str]:
    """Return the files that are not compared of a snapshot of `unread_from` passages or more.

    They are its base, which is linked with the hash that it was sealed with, but for the records:
    which rows are kept, and which vectors are used again, follows from them.
    """
    if unread_from is None or manifest.passages < unread_from:
        return set()
    return {*base_files(manifest)} - {"records.db"}


def _marks(snapshot: Snapshot) -> dict[str, Mark | None]:
    folder = snapshot.folder
    return {name: Mark.of(folder / name) for name in snapshot.manifest.files}


def roll_back(index: Path, identifier: str | None = None) -> RolledBack:
    """Make an older snapshot the live one: `identifier`, or the newest whole one before the live.

    Every byte of it is compared first. Takes the writer's lock. Raises `NoSnapshot` when there is
    none to go back to, `SnapshotDamaged` when the one named is damaged, and `WriterBusy`.
    """
    if not index.is_dir():
        raise NoSnapshot(f'nothing is indexed in {index} yet. Run "pincite index".')
    with writer_lock(index):
        before = _pointer(index)
        kept = snapshots(index)
        if identifier is not None and identifier not in kept:
            raise NoSnapshot(
                f"snapshot {identifier} is not in {index} (kept: {', '.join(kept) or 'none'})."
            )
        wanted = [identifier] if identifier else [k for k in kept if before is None or k < before]
        passed_over: list[str] = []
        for candidate in wanted:
            fault = _damage(index, candidate)
            if fault:
                passed_over.append(fault)
                continue
            try:
                point_to(index, candidate)
            except OSError as error:
                raise SnapshotError(
                    f"{index / 'CURRENT'} cannot be written: {error.strerror}. What was live "
                    "still is."
                ) from error
            return RolledBack(before, _kept(index, candidate, candidate), tuple(passed_over))
    if identifier:
        raise SnapshotDamaged(passed_over[0])
    reasons = "".join(f" {fault}" for fault in passed_over)
    raise NoSnapshot(f"there is no snapshot before {before} to go back to.{reasons}")


def check_room(
    index: Path, passages: int, dimension: int, text_bytes: int, *, linked: bool = False
) -> None:
    """Raise `SnapshotError` unless the disk has room for a snapshot of so many passages.

    `text_bytes` is the size of the texts that are new, in UTF-8. The estimate: the vectors, the
    live snapshot's other files, and four times the new text (itself, its record of blocks, and
    its terms). Where its base is `linked`, `passages` are those of the newer part, and of the
    live snapshot's files only that part's and the sketches are written again.
    """
    needed = 4 * passages * dimension + 4 * text_bytes + _other_bytes(index, linked) + ROOM_TO_SPARE
    place = index if index.exists() else index.parent
    free = shutil.disk_usage(place).free
    if free < needed:
        raise SnapshotError(
            f"the next snapshot needs about {needed / 1e6:,.0f} MB and {index} has "
            f"{free / 1e6:,.0f} MB free. What was live still is. Free some space, keep fewer "
            "snapshots (PINCITE_KEEP_SNAPSHOTS), or name another folder with PINCITE_INDEX."
        )


def _other_bytes(index: Path, linked: bool) -> int:
    """Return the size of the live snapshot's files, vectors aside; 0 without a live one.

    Those of the base are left out where they will be linked.
    """
    live = _pointer(index)
    if live is None:
        return 0
    folder = index / "snapshots" / live
    return sum(
        path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
        and path.name != "dense.faiss"
        and not (linked and path.relative_to(folder).parts[0] not in {NEWER, "sketches"})
    )


def _pointer(index: Path) -> str | None:
    try:
        return current_snapshot(index)
    except SnapshotDamaged:
        return None


def _damage(index: Path, identifier: str, spared: Collection[str] = ()) -> str:
    """Return what is wrong with a snapshot, or ""; files that are `spared` are not looked at."""
    try:
        damaged = damaged_files(index / "snapshots" / identifier, but=spared)
    except SnapshotError as error:
        return str(error)
    except OSError as error:
        return f"snapshot {identifier} cannot be read: {error.strerror}."
    if not damaged:
        return ""
    return (
        f"snapshot {identifier} is damaged: the bytes of {', '.join(damaged)} are not those that "
        'were written. Run "pincite rollback" for the one before, or "pincite index --rebuild".'
    )


def _kept(index: Path, identifier: str, live: str | None) -> KeptSnapshot:
    try:
        manifest = read_manifest(index / "snapshots" / identifier)
    except SnapshotError as error:
        return KeptSnapshot(identifier, "", 0, 0, identifier == live, str(error))
    return KeptSnapshot(
        identifier, manifest.built, manifest.articles, manifest.passages, identifier == live
    )
