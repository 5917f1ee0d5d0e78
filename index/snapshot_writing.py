"""Writing a snapshot: aside, durably, and one writer at a time (`index.snapshot` draws it)."""

import dataclasses
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from index.errors import SnapshotDamaged, SnapshotError, WriterBusy
from index.records import Manifest
from index.snapshot import (
    Mark,
    base_files,
    current_snapshot,
    damage_told,
    file_sha256,
    new_snapshot_id,
    read_manifest,
    snapshots,
)


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


def can_link(live: Path, folder: Path) -> bool:
    """Tell whether the disk lets the snapshot in `folder` have links to the files of `live`."""
    trial = folder / ".link"
    try:
        os.link(live / "records.db", trial)
    except OSError:
        return False
    trial.unlink()
    return True


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
                raise SnapshotDamaged(damage_told(live, f"{name} has changed")) from None


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
