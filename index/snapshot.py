"""One immutable generation of the index on disk, and the pointer to the one that is live.

    INDEX/
      CURRENT                      the id of the live snapshot, replaced atomically
      writer.lock                  held (flock) by the one process that may write
      snapshots/ID/manifest.json   written last: a folder without it is not a snapshot
                   records.db      articles and passages (index.store)
                   dense.faiss     vectors (index.dense)
                   sketches/       from 200,000 passages on (index.sketches)
                   lexical/        terms (index.lexical)

A snapshot is written in a folder whose name begins with a dot, flushed to the disk, renamed, and
only then pointed at. A crash at any moment leaves the old one live and whole.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from index.dense import DenseIndex
from index.errors import (
    NoSnapshot,
    SnapshotDamaged,
    SnapshotError,
    SnapshotMismatch,
    WriterBusy,
)
from index.lexical import LexicalIndex
from index.records import EncoderRecord, Manifest
from index.store import Records

FORMAT_VERSION = 2
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_IDENTIFIER = re.compile(f"[0-7][{_ALPHABET}]{{25}}")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An open snapshot: everything that answers a question, from one generation only."""

    manifest: Manifest
    records: Records
    dense: DenseIndex
    lexical: LexicalIndex
    folder: Path


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
        if version == FORMAT_VERSION:
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


def open_snapshot(index: Path, identifier: str | None = None) -> Snapshot:
    """Open the live snapshot of `index`, or the one named `identifier`.

    Raises `NoSnapshot`, `SnapshotDamaged` or `SnapshotMismatch`. Row counts are compared; hashes
    are not (`damaged_files` does that, at the cost of reading everything).
    """
    wanted = identifier or current_snapshot(index)
    if wanted is None:
        raise NoSnapshot(f'nothing is indexed in {index} yet. Run "pincite index".')
    try:
        return _open(index, wanted)
    except SnapshotError:
        # A writer may have put another in its place, and removed this one, while it was opened.
        if identifier is None and current_snapshot(index) != wanted:
            return open_snapshot(index)
        raise


def _open(index: Path, wanted: str) -> Snapshot:
    folder = index / "snapshots" / wanted
    if not folder.is_dir():
        kept = ", ".join(snapshots(index)) or "none"
        raise NoSnapshot(f"snapshot {wanted} is not in {index} (kept: {kept}).")
    manifest = read_manifest(folder)
    missing = [name for name in manifest.files if not (folder / name).is_file()]
    if missing:
        raise SnapshotDamaged(_damage(folder, f"{', '.join(missing)} missing"))
    try:
        dense = DenseIndex.open(folder / "dense.faiss")
        lexical = LexicalIndex.open(folder / "lexical", len(dense))
        records = Records(folder / "records.db")
        counts = (*records.counts(), len(dense), len(lexical), dense.dimension)
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
    return Snapshot(manifest, records, dense, lexical, folder)


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


def damaged_files(folder: Path) -> list[str]:
    """Return the names of the files of a snapshot whose bytes are not what was written."""
    manifest = read_manifest(folder)
    return [
        name
        for name, sha256 in manifest.files.items()
        if not (folder / name).is_file() or file_sha256(folder / name) != sha256
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
            shutil.rmtree(folder / old, ignore_errors=True)
    return manifest


def _write_aside(
    folder: Path, write: Callable[[Path, str], Manifest], step: Callable[[str], None]
) -> tuple[str, Manifest]:
    """Write a complete snapshot into `folder`, durably; return its id and its manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(".*.partial"):
        shutil.rmtree(leftover, ignore_errors=True)
    known = snapshots(folder.parent)
    identifier = new_snapshot_id(after=known[0] if known else None)
    partial = folder / f".{identifier}.partial"
    partial.mkdir()
    try:
        step("write")
        manifest = write(partial, identifier)
        step("seal")
        paths = sorted(partial.rglob("*"))
        hashes = {p.relative_to(partial).as_posix(): file_sha256(p) for p in paths if p.is_file()}
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
