"""The corpus folder as the service changes it: a file is put in or taken out, whole or not at all.

Nothing is acknowledged before it is safely on the disk: written aside under a hidden name (which
the indexer does not look at), flushed, renamed, and the folder flushed.
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
from index.snapshot import file_sha256, flush

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
            stored = self._stored(place)
            _check(stored, match, none_match)
            self._make_folders(place.parent)
            flush(written)
            written.replace(place)
            flush(place.parent)
            return stored is None

    def remove(self, name: PurePosixPath, *, match: str | None) -> bool:
        """Remove the file `name`; return whether there was one."""
        with _told(), self._changing:
            place = self._place(name)
            stored = self._stored(place)
            if stored is None:
                return False
            _check(stored, match, None)
            place.unlink()
            flush(place.parent)
            return True

    def _place(self, name: PurePosixPath) -> Path:
        """Return where `name` lies; every folder above it must be a folder, not a link."""
        place = self._corpus
        for part in name.parts[:-1]:
            place = place / part
            if place.is_symlink() or (place.exists() and not place.is_dir()):
                raise ShelfError(f"{name}: what stands above it in the corpus is not a folder.")
        return place / name.name

    @staticmethod
    def _stored(place: Path) -> str | None:
        if place.is_symlink():
            return hashlib.sha256(bytes(place.readlink())).hexdigest()
        return file_sha256(place) if place.is_file() else None

    def _make_folders(self, folder: Path) -> None:
        missing = [f for f in (folder, *folder.parents) if not f.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for made in reversed(missing):
            flush(made.parent)


def _check(stored: str | None, match: str | None, none_match: str | None) -> None:
    """Compare entity tags (RFC 9110, section 13.1); lists and `*` are understood."""
    held = f'"{stored}"'
    if match is not None and (stored is None or not _among(held, match)):
        raise PreconditionFailed(
            "the stored file is not the one that If-Match names. Get it again and look."
        )
    if none_match is not None and stored is not None and _among(held, none_match):
        raise PreconditionFailed("there is such a file already, and If-None-Match forbids that.")


def _among(held: str, tags: str) -> bool:
    return tags.strip() == "*" or held in (tag.strip() for tag in tags.split(","))


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
