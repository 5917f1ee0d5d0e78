"""One immutable generation of the index on disk, and the pointer to the one that is live.

    INDEX/
      CURRENT                      the id of the live snapshot, replaced atomically
      writer.lock                  held (flock) by the one process that may write
      snapshots/ID/manifest.json   written last: a folder without it is not a snapshot
                   records.db      articles and passages (index.store)
                   dense.faiss     vectors (index.dense)
                   sketches/       from 200,000 passages on (index.sketches)
                   lexical/        terms (index.lexical)
                   newer/          in a large index, what is newer than the files above:
                                   records.db, dense.faiss, lexical/, and places.npy, which
                                   says where each row lies (index.parts)

The files beside `newer/` are then those of the snapshot before, hard links where the disk has them:
nothing is copied. A snapshot is written in a folder whose name begins with a dot, flushed to the
disk, renamed, and only then pointed at. A crash at any moment leaves the old one live and whole.
"""

import dataclasses
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from index.arrays import Stored
from index.dense import DenseIndex, open_vectors
from index.errors import (
    NoSnapshot,
    SnapshotDamaged,
    SnapshotError,
    SnapshotMismatch,
    WriterBusy,
)
from index.lexical import LexicalIndex
from index.parts import PartedLexicalIndex, PartedVectors, Places, fault_of
from index.records import EncoderRecord, Manifest
from index.store import Records

FORMAT_VERSION = 2
FORMAT_IN_PARTS = 3
"""Of a snapshot with a newer part: a Pincite that does not know of these would read its base."""
NEWER = "newer"
"""Folder, in that of a snapshot, of the part that is newer than its base."""
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_IDENTIFIER = re.compile(f"[0-7][{_ALPHABET}]{{25}}")


class Mark(NamedTuple):
    """Which file of the disk it is: another one, or one that was written to, has another mark."""

    device: int
    inode: int
    size: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> "Mark | None":
        """Return the mark of the file at `path`, or None where none can be seen."""
        try:
            found = path.stat()
        except OSError:
            return None
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class Part:
    """The rows that were written together: their vectors and their terms.

    `words` gives the terms, opened when first asked for.
    """

    vectors: Stored
    words: Callable[[], LexicalIndex]

    @classmethod
    def open(cls, folder: Path, *, look: bool = True) -> "Part":
        """Open the part in `folder`; unless it is to be looked at, no more than is asked for.

        Raises `SnapshotDamaged`.
        """
        vectors = open_vectors(folder / "dense.faiss", look=look)
        words = cache(partial(LexicalIndex.open, folder / "lexical", len(vectors)))
        if look:
            words()
        return cls(vectors, words)

    @property
    def lexical(self) -> LexicalIndex:
        """The terms of its rows."""
        return self.words()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An open snapshot: everything that answers a question, from one generation only.

    With a `newer` part, row i is row `places[i]` of `base` and `newer` (`index.parts`).
    """

    manifest: Manifest
    records: Records
    dense: DenseIndex
    words: Callable[[], LexicalIndex]
    folder: Path
    base: Part
    newer: Part | None = None
    places: Places | None = None
    marks: Mapping[str, Mark] = field(default_factory=dict)
    """Of the files that were compared with their hashes, what tells that they are still the same"""

    @property
    def lexical(self) -> LexicalIndex:
        """The terms of all rows."""
        return self.words()


def new_snapshot_id(after: str | None = None) -> str:
    """Return a ULID: 48 bits of milliseconds, 80 random bits, sorting by time.

    It sorts after `after` even when the clock has jumped back.
    """
    milliseconds = time.time_ns() // 1_000_000
    if after is not None:
        milliseconds = max(milliseconds, (_decode(after) >> 80) + 1)
    number = (milliseconds << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def _decode(identifier: str) -> int:
    number = 0
    for character in identifier:
        number = number * 32 + _ALPHABET.index(character)
    return number


def snapshots(index: Path) -> list[str]:
    """Return the ids of the complete snapshots of `index`, newest first."""
    folder = index / "snapshots"
    if not folder.is_dir():
        return []
    complete = (entry for entry in folder.iterdir() if (entry / "manifest.json").is_file())
    return sorted((e.name for e in complete if _IDENTIFIER.fullmatch(e.name)), reverse=True)


def current_snapshot(index: Path) -> str | None:
    """Return the id of the live snapshot of `index`, or None when there is none yet.

    Raises `SnapshotDamaged` when the pointer cannot be read or holds something else.
    """
    pointer = index / "CURRENT"
    try:
        found = pointer.read_bytes().decode("ascii", "backslashreplace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SnapshotDamaged(f"{pointer} cannot be read: {error.strerror}.") from error
    if not _IDENTIFIER.fullmatch(found):
        kept = ", ".join(snapshots(index)) or "none"
        raise SnapshotDamaged(
            f"{pointer} holds {found[:40]!r}, which is not the id of a snapshot (kept: {kept}). "
            'Run "pincite index", which makes a new one.'
        )
    return found


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of the snapshot in `folder`.

    Raises `SnapshotDamaged` when it cannot be read, `SnapshotMismatch` for another format.
    """
    path = folder / "manifest.json"
    try:
        fields = json.loads(path.read_text("utf-8"))
        version = fields["format_version"]
        if version in {FORMAT_VERSION, FORMAT_IN_PARTS}:
            fields["encoder"] = EncoderRecord(**fields["encoder"])
            if not isinstance(fields["files"], dict):
                raise ValueError("no list of files")
            return Manifest(**fields)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SnapshotDamaged(
            f"snapshot {folder.name} has no readable manifest.json ({error}). "
            'Run "pincite rollback" for the one before, or "pincite index --rebuild".'
        ) from error
    raise SnapshotMismatch(
        f"snapshot {folder.name} has format {version}; this Pincite reads format "
        f'{FORMAT_VERSION}. Run "pincite index --rebuild".'
    )


def open_snapshot(
    index: Path,
    identifier: str | None = None,
    *,
    before: Snapshot | None = None,
    unread_from: int | None = None,
) -> Snapshot:
    """Open the live snapshot of `index`, or the one named `identifier`.

    What `before` has open of files that are this one's too is not opened again. The base of an
    index of `unread_from` passages or more is not looked over, but read as it is asked for. Raises
    `NoSnapshot`, `SnapshotDamaged` or `SnapshotMismatch`. Row counts are compared; hashes are not
    (`damaged_files` does that, at the cost of reading everything).
    """
    wanted = identifier or current_snapshot(index)
    if wanted is None:
        raise NoSnapshot(f'nothing is indexed in {index} yet. Run "pincite index".')
    try:
        return _open(index, wanted, before, unread_from)
    except SnapshotError:
        # A writer may have put another in its place, and removed this one, while it was opened.
        if identifier is None and current_snapshot(index) != wanted:
            return open_snapshot(index, before=before, unread_from=unread_from)
        raise


def _open(index: Path, wanted: str, before: Snapshot | None, unread_from: int | None) -> Snapshot:
    folder = index / "snapshots" / wanted
    if not folder.is_dir():
        kept = ", ".join(snapshots(index)) or "none"
        raise NoSnapshot(f"snapshot {wanted} is not in {index} (kept: {kept}).")
    manifest = read_manifest(folder)
    missing = [name for name in manifest.files if not (folder / name).is_file()]
    if missing:
        raise SnapshotDamaged(_damage(folder, f"{', '.join(missing)} missing"))
    try:
        look = unread_from is None or manifest.passages < unread_from
        shared = before is not None and shares_base(folder, before)
        base = before.base if before and shared else Part.open(folder, look=look)
        newer, places = None, None
        vectors, words = base.vectors, base.words
        if any(name.startswith(f"{NEWER}/") for name in manifest.files):
            newer = Part.open(folder / NEWER)
            places = _places(folder / NEWER, base, newer)
            vectors = PartedVectors(base.vectors, newer.vectors, places)
            words = cache(partial(_parted_words, base, newer, places))
        dense = DenseIndex.over(vectors, folder / "sketches")
        newer_records = folder / NEWER / "records.db" if newer else None
        records = Records(folder / "records.db", newer_records, places)
        rows = len(words()) if look else len(dense)
        counts = (*records.counts(), len(dense), rows, dense.dimension)
    except SnapshotDamaged as error:
        raise SnapshotDamaged(_damage(folder, str(error))) from error
    expected = (
        manifest.articles,
        manifest.passages,
        manifest.passages,
        manifest.passages,
        manifest.encoder.dimension,
    )
    if counts != expected:
        records.close()
        raise SnapshotDamaged(
            _damage(folder, f"articles, passages, rows and dimension are {counts}, not {expected}")
        )
    return Snapshot(manifest, records, dense, words, folder, base, newer, places)


def _parted_words(base: Part, newer: Part, places: Places) -> LexicalIndex:
    return PartedLexicalIndex(base.lexical, newer.lexical, places)


def _places(folder: Path, base: Part, newer: Part) -> Places:
    """Return where each row lies; raises `SnapshotDamaged` when that does not fit the parts."""
    try:
        places: Places = np.load(folder / "places.npy")
        fault = fault_of(places, len(base.vectors), len(newer.vectors))
    except Exception as error:  # whatever damaged bytes set off in NumPy's parser is one fact
        raise SnapshotDamaged(f"places.npy cannot be read: {error}.") from error
    if fault:
        raise SnapshotDamaged(f"places.npy cannot be read: {fault}.")
    return places


def base_files(manifest: Manifest) -> list[str]:
    """Return the names of the files that a snapshot may share with the one before."""
    whole = {"records.db", "dense.faiss"}
    return [name for name in manifest.files if name in whole or name.startswith("lexical/")]


def shares_base(folder: Path, other: Snapshot) -> bool:
    """Tell whether the snapshot in `folder` stands on the same files as `other`, which is open."""
    manifest = read_manifest(folder)
    return {*base_files(manifest)} <= vouched_for(manifest, folder, other)


def vouched_for(manifest: Manifest, folder: Path, before: Snapshot) -> set[str]:
    """Return the files of a snapshot that are, on the disk, those that `before` has compared.

    One that has been compared and is held open since can only be another file by another inode, and
    only be written to at another time: its bytes, as far as the disk keeps them, are the same. What
    a disk loses later is found at the next start, and by `pincite verify`.
    """
    hashes, known = manifest.files, before.manifest.files
    names = [name for name in before.marks if hashes.get(name) == known.get(name)]
    return {name for name in names if Mark.of(folder / name) == before.marks[name]}


def check_encoder(manifest: Manifest, encoder: EncoderRecord) -> None:
    """Raise `SnapshotMismatch` unless `encoder` is the one that made the snapshot's vectors."""
    made = manifest.encoder
    if (made.fingerprint, made.dimension) != (encoder.fingerprint, encoder.dimension):
        raise SnapshotMismatch(
            f"snapshot {manifest.snapshot} was built by encoder {made.name} "
            f"({made.dimension} dimensions, {made.fingerprint[:12]}); this service is set to "
            f"{encoder.name} ({encoder.dimension}, {encoder.fingerprint[:12]}). "
            f'Run "pincite index --rebuild", or set PINCITE_ENCODER={made.name}.'
        )


def damaged_files(folder: Path, *, but: Collection[str] = ()) -> list[str]:
    """Return the names of the files of a snapshot whose bytes are not what was written.

    Those named in `but` are not looked at.
    """
    manifest = read_manifest(folder)
    return [
        name
        for name, sha256 in manifest.files.items()
        if name not in but
        and (not (folder / name).is_file() or file_sha256(folder / name) != sha256)
    ]


def _damage(folder: Path, what: str) -> str:
    return (
        f"snapshot {folder.name} is damaged: {what}. "
        'Run "pincite rollback" for the one before, or "pincite index --rebuild".'
    )


def file_sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def writer_lock(index: Path) -> Iterator[None]:
    """Hold the right to write to `index`; raises `WriterBusy` when another process holds it.

    Raises `SnapshotError` when `index` cannot be made or written to.

    The lock is the operating system's (flock): it goes with the process that holds it, however
    that ends.
    """
    try:
        index.mkdir(parents=True, exist_ok=True)
        lock = (index / "writer.lock").open("ab+", buffering=0)
    except OSError as error:
        raise _unwritable(index, error) from error
    with lock as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().decode("ascii", "replace").strip() or "another process"
            raise WriterBusy(
                f"{holder} is writing to {index}. Wait for it to end, then run this again."
            ) from error
        try:
            file.truncate(0)
            file.write(f"process {os.getpid()}".encode())
        except OSError as error:
            raise _unwritable(index, error) from error
        yield


def _unwritable(index: Path, error: OSError) -> SnapshotError:
    return SnapshotError(
        f"{index} cannot be written to: {error.strerror}. Free some space or change its "
        "permissions, or name another folder with --index or PINCITE_INDEX."
    )


def commit_snapshot(
    index: Path,
    write: Callable[[Path, str], Manifest],
    *,
    keep: int,
    step: Callable[[str], None] = lambda _: None,
) -> Manifest:
    """Write a snapshot aside with `write(folder, id)`, make it durable, and make it the live one.

    The caller holds `writer_lock`. `write` returns the manifest with `files` empty. Of the complete
    snapshots the newest `keep` stay, and the live one always. `step` is told the name of each
    step before it happens: `write`, `seal`, `rename`, `point`, `prune`.

    Raises `SnapshotError` when the disk does not take it: full, read-only or failing.
    """
    folder = index / "snapshots"
    try:
        identifier, manifest = _write_aside(folder, write, step)
        step("point")
        point_to(index, identifier)
    except OSError as error:
        raise SnapshotError(
            f"the next snapshot could not be written to {index}: {error.strerror or error}. What "
            'was live still is. Free some space or mend the folder, then run "pincite index" again.'
        ) from error
    step("prune")
    for old in snapshots(index)[keep:]:
        if old != identifier:
            # Gone in one step: one that is killed leaves what the next writer sweeps away.
            aside = folder / f".{old}.partial"
            with suppress(OSError):
                (folder / old).rename(aside)
            shutil.rmtree(aside, ignore_errors=True)
    return manifest


def _write_aside(
    folder: Path, write: Callable[[Path, str], Manifest], step: Callable[[str], None]
) -> tuple[str, Manifest]:
    """Write a complete snapshot into `folder`, durably; return its id and its manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(".*.partial"):
        shutil.rmtree(leftover, ignore_errors=True)
    kept = snapshots(folder.parent)
    identifier = new_snapshot_id(after=kept[0] if kept else None)
    partial = folder / f".{identifier}.partial"
    partial.mkdir()
    try:
        step("write")
        manifest = write(partial, identifier)
        step("seal")
        paths = sorted(partial.rglob("*"))
        linked = any(p.is_file() and p.stat().st_nlink > 1 for p in paths)
        known = _sealed(folder.parent) if linked else {}
        hashes = {
            p.relative_to(partial).as_posix(): known.get(Mark.of(p), "") or file_sha256(p)
            for p in paths
            if p.is_file()
        }
        manifest = dataclasses.replace(manifest, files=hashes)
        text = json.dumps(dataclasses.asdict(manifest), indent=2, ensure_ascii=False)
        (partial / "manifest.json").write_text(text + "\n", "utf-8")
        for path in (*paths, partial / "manifest.json", partial):
            flush(path)
        step("rename")
        partial.rename(folder / identifier)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    flush(folder)
    return identifier, manifest


def _sealed(index: Path) -> dict[Mark | None, str]:
    """Return the hashes of the files of the live snapshot, as they were sealed.

    A file that the next one has a link to keeps its hash: it is not that of bytes that may have
    gone bad since, and so such bytes are never sealed as whole.
    """
    try:
        live = current_snapshot(index)
        manifest = read_manifest(index / "snapshots" / live) if live else None
    except SnapshotError:
        return {}
    if live is None or manifest is None:
        return {}
    folder = index / "snapshots" / live
    marks = {Mark.of(folder / name): sha256 for name, sha256 in manifest.files.items()}
    marks.pop(None, None)
    return marks


def link_base(live: Path, folder: Path) -> None:
    """Give the snapshot in `folder` the base files of the one in `live`, without copying them.

    They are copied where the disk has no hard links. Raises `OSError`, and `SnapshotDamaged` when
    what is copied is not what was written.
    """
    (folder / "lexical").mkdir()
    manifest = read_manifest(live)
    for name in base_files(manifest):
        try:
            os.link(live / name, folder / name)
        except OSError:
            shutil.copyfile(live / name, folder / name)
            if file_sha256(folder / name) != manifest.files[name]:
                raise SnapshotDamaged(_damage(live, f"{name} has changed")) from None


def point_to(index: Path, identifier: str) -> None:
    """Make the snapshot `identifier` the live one, atomically and durably."""
    temporary = index / ".CURRENT.partial"
    temporary.write_text(identifier + "\n", "ascii")
    flush(temporary)
    temporary.replace(index / "CURRENT")
    flush(index)


def flush(path: Path) -> None:
    """Have the operating system write a file, or a folder's entries, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
