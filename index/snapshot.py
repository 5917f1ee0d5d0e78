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
disk, renamed, and only then pointed at (`index.snapshot_writing`). A crash at any moment leaves the
old one live and whole.
"""

import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable, Collection, Mapping
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
PIECE = 1 << 22
"""Bytes that are hashed in one go. Another thread that runs Python lets this one have its turn
between two pieces only: with 1 GB beside a listing of 150,000 files both took 1.2 s with pieces of
4 MB, and one after the other, 1.6 s, with the 256 kB of `hashlib.file_digest`."""
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
        raise SnapshotDamaged(damage_told(folder, f"{', '.join(missing)} missing"))
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
        raise SnapshotDamaged(damage_told(folder, str(error))) from error
    expected = (
        manifest.articles,
        manifest.passages,
        manifest.passages,
        manifest.passages,
        manifest.encoder.dimension,
    )
    if counts != expected:
        records.close()
        what = f"articles, passages, rows and dimension are {counts}, not {expected}"
        raise SnapshotDamaged(damage_told(folder, what))
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


def damage_told(folder: Path, what: str) -> str:
    """Return what is said of a snapshot that is damaged: `what`, and the ways out."""
    return (
        f"snapshot {folder.name} is damaged: {what}. "
        'Run "pincite rollback" for the one before, or "pincite index --rebuild".'
    )


def file_sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file's bytes."""
    hashed, piece = hashlib.sha256(), memoryview(bytearray(PIECE))
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(piece):
            hashed.update(piece[:size])
    return hashed.hexdigest()
