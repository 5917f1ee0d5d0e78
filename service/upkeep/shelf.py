"""The corpus folder as the service changes it: a file is put in or taken out, whole or not at all.

Nothing is acknowledged before it is safely on the disk: written aside under a hidden name (which
the indexer does not look at), flushed, renamed, and the folder flushed. No other module of the
service imports `ingest.upload`.
"""

import errno
import hashlib
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from index.errors import PinciteError, SourceError
from index.snapshot_writing import flush
from ingest.upload import (
    BEGINNING,
    NAME_BYTES,
    SIDECAR_SUFFIXES,
    check_content,
    entity_tags,
    plain_path,
    sidecar_bytes,
    sidecar_names,
    upload_name,
)

__all__ = ["BEGINNING", "Shelf", "check_content", "plain_path", "sidecar_bytes", "upload_name"]

PARTIAL = ".upload"


class PreconditionFailed(PinciteError):
    """The stored file is not the one that the request was made for."""

    status = 412
    kind = "precondition-failed"


class NoRoom(PinciteError):
    """The disk is full."""

    status = 507
    kind = "no-room"


class ShelfError(PinciteError):
    """The corpus folder does not take the file."""

    status = 409
    kind = "conflict"


class Shelf:
    """The files of `corpus`. Safe to share by threads: one change at a time."""

    def __init__(self, corpus: Path) -> None:
        self._corpus = corpus
        self._changing = threading.Lock()

    def sweep(self) -> None:
        """Remove what uploads that were cut off have left; call it before any begins."""
        for leftover in self._corpus.rglob(f".*{PARTIAL}"):
            leftover.unlink(missing_ok=True)

    @contextmanager
    def upload(self) -> Iterator[tuple[BinaryIO, Path]]:
        """Give a new hidden file to write to; it is gone afterwards unless `put` took it."""
        with _told():
            if not self._corpus.is_dir():
                raise ShelfError(f"the corpus {self._corpus} is not a folder.")
            path = self._corpus / f".{secrets.token_hex(8)}{PARTIAL}"
            try:
                with path.open("xb") as file:
                    yield file, path
            finally:
                path.unlink(missing_ok=True)

    def put(
        self, name: PurePosixPath, written: Path, *, match: str | None, none_match: str | None
    ) -> bool:
        """Make the file `written` the corpus's file `name`; return whether there was none before.

        Raises `PreconditionFailed`, and `ShelfError` where a folder or a link is in the way.
        """
        with _told(), self._changing:
            place = self._place(name)
            if place.is_dir():
                raise ShelfError(f"{name} is a folder of the corpus.")
            stored = self._tags(place, self._sidecar(name))
            _check(stored, match, none_match)
            self._make_folders(place.parent)
            _replace(place, written)
            return not stored

    def remove(self, name: PurePosixPath, *, match: str | None) -> bool:
        """Remove the file `name` and its own sidecars; return whether there was such a file."""
        with _told(), self._changing:
            place = self._place(name)
            stored = self._tags(place, self._sidecar(name))
            if not stored:
                return False
            _check(stored, match, None)
            # The article last: cut off in between, none is left for the next of its name.
            for sidecar, own in self._sidecars(name):
                if own:
                    sidecar.unlink()
            place.unlink()
            flush(place.parent)
            return True

    def metadata(self, name: PurePosixPath) -> str:
        """Return the sidecar of the file `name` as text; "" where it has none of its own."""
        with _told():
            sidecar = self._sidecar(name)
            return sidecar.read_text("utf-8-sig", "replace") if sidecar else ""

    def put_metadata(
        self, name: PurePosixPath, data: bytes, *, match: str | None, none_match: str | None
    ) -> bool:
        """Make `data` the sidecar of the file `name`; return whether it had none before.

        The file itself may come later. Raises what `put` raises.
        """
        with _told(), self._changing, self.upload() as (file, written):
            place = self._sidecar(name) or self._place(sidecar_names(name)[0])
            stored = self._tags(place, None)
            _check(stored, match, none_match)
            self._make_folders(place.parent)
            file.write(data)
            file.flush()
            _replace(place, written)
            return not stored

    def remove_metadata(self, name: PurePosixPath, *, match: str | None) -> bool:
        """Remove the sidecar of the file `name`; return whether it had one of its own."""
        with _told(), self._changing:
            place = self._sidecar(name)
            if place is None:
                return False
            _check(self._tags(place, None), match, None)
            place.unlink()
            flush(place.parent)
            return True

    def holds(self, name: PurePosixPath) -> bool:
        """Tell whether there is such a file."""
        with _told():
            return bool(self._place(name).is_file())

    def _place(self, name: PurePosixPath) -> Path:
        """Return where `name` lies; every folder above it must be a folder, not a link."""
        place = self._corpus
        for part in name.parts[:-1]:
            place = place / part
            if place.is_symlink() or (place.exists() and not place.is_dir()):
                raise ShelfError(f"{name}: what stands above it in the corpus is not a folder.")
        return place / name.name

    def _sidecar(self, name: PurePosixPath) -> Path | None:
        """Return the sidecar that the indexer reads with `name` and with no other file, or None."""
        beside = self._sidecars(name)
        return beside[0][0] if beside and beside[0][1] else None

    def _sidecars(self, name: PurePosixPath) -> list[tuple[Path, bool]]:
        """Return what lies where a sidecar of `name` may, what is read first first.

        With each, whether it is `name`'s own: named by all of its name, or of no other file.
        """
        names = [one for one in sidecar_names(name) if len(one.name.encode()) <= NAME_BYTES]
        places = [(beside, self._place(beside)) for beside in names]
        return [
            (place, beside.name.startswith(f"{name.name}.") or not self._has_others(beside, name))
            for beside, place in places
            if place.is_file() and not place.is_symlink()
        ]

    def _has_others(self, sidecar: PurePosixPath, name: PurePosixPath) -> bool:
        """Tell whether the indexer may read `sidecar` with another file than `name`."""
        return any(
            sidecar.name in {beside.name for beside in sidecar_names(PurePosixPath(other.name))}
            for other in self._place(name).parent.glob("*")
            if other.name != name.name
            and other.suffix not in SIDECAR_SUFFIXES
            and not other.name.startswith(".")
        )

    @staticmethod
    def _tags(place: Path, sidecar: Path | None) -> set[str]:
        """Return the hashes that name what is stored at `place`; none where there is nothing."""
        if place.is_symlink():
            return {hashlib.sha256(bytes(place.readlink())).hexdigest()}
        return entity_tags(place, sidecar) if place.is_file() else set()

    def _make_folders(self, folder: Path) -> None:
        missing = [f for f in (folder, *folder.parents) if not f.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for made in reversed(missing):
            flush(made.parent)


def _replace(place: Path, written: Path) -> None:
    flush(written)
    written.replace(place)
    flush(place.parent)


def _check(stored: set[str], match: str | None, none_match: str | None) -> None:
    """Compare entity tags (RFC 9110, section 13.1); lists and `*` are understood."""
    if match is not None and not _among(stored, match):
        raise PreconditionFailed(
            "the stored file is not the one that If-Match names. Get it again and look."
        )
    if none_match is not None and _among(stored, none_match):
        raise PreconditionFailed("there is such a file already, and If-None-Match forbids that.")


def _among(stored: set[str], tags: str) -> bool:
    if tags.strip() == "*":
        return bool(stored)
    named = {tag.strip() for tag in tags.split(",")}
    return any(f'"{tag}"' in named for tag in stored)


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the disk says into a problem that says the way out."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise NoRoom(f"the file could not be stored: {why}. Free some space.") from error
        if error.errno == errno.ENAMETOOLONG:
            raise SourceError("the id is too long for this file system.") from error
        raise ShelfError(
            f"the corpus cannot be changed: {why}. The service needs the right to write there."
        ) from error
