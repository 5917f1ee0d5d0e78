"""The corpus folder: which files it holds, and what lies beside each of them."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from index.errors import SourceError
from index.store import FileRecord

SIDECAR_SUFFIXES = (".yaml", ".yml")
RACY_NANOSECONDS = 2_000_000_000
"""A file changed this shortly ago may change again within the same time stamp."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the corpus with its sidecar, if it has one. `source` is its path in the corpus."""

    source: str
    path: Path
    sidecar: Path | None
    size: int
    modified_ns: int

    def read(self) -> tuple[bytes, bytes]:
        """Return the bytes of the file and of its sidecar (empty without one)."""
        try:
            return self.path.read_bytes(), self.sidecar.read_bytes() if self.sidecar else b""
        except OSError as error:
            raise SourceError(f"cannot be read: {error.strerror or error}") from error


def fingerprint(data: bytes, sidecar: bytes) -> str:
    """Return the hash by which a file with its sidecar is known: of the file alone without one."""
    digest = hashlib.sha256(data)
    if sidecar:
        digest.update(hashlib.sha256(sidecar).digest())
    return digest.hexdigest()


def find_files(corpus: Path) -> Iterator[SourceFile | FileRecord]:
    """Yield the files of `corpus` by path; a `FileRecord` with its problem for one to pass over.

    `corpus` may be a single file. Hidden files and folders are not looked at, and links are
    followed only where they stay inside the corpus.
    """
    if corpus.is_file():
        yield _source_file(corpus, corpus.parent, {})
        return
    root = corpus.resolve()
    paths: list[Path] = []
    for folder, folders, names in os.walk(corpus):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths += [Path(folder) / name for name in names if not name.startswith(".")]
    sidecars = {path for path in paths if path.suffix.lower() in SIDECAR_SUFFIXES}
    by_owner = _owners(sidecars, paths)
    owned = set(by_owner.values())
    for path in sorted(paths, key=lambda path: path.relative_to(corpus).as_posix()):
        source = path.relative_to(corpus).as_posix()
        if path in owned:
            continue
        if path in sidecars:
            yield FileRecord(source, "", 0, 0, "a sidecar with no article beside it")
        elif path.is_symlink() and not path.resolve().is_relative_to(root):
            yield FileRecord(source, "", 0, 0, "a link out of the corpus; not followed")
        elif not path.exists():
            yield FileRecord(source, "", 0, 0, "a link to nothing")
        elif path.is_file():
            yield _source_file(path, corpus, by_owner)


def _owners(sidecars: set[Path], paths: list[Path]) -> dict[Path, Path]:
    """Return each article's sidecar: `name.txt.yaml` first, else `name.yaml`."""
    found: dict[Path, Path] = {}
    for path in paths:
        if path in sidecars:
            continue
        for suffix in SIDECAR_SUFFIXES:
            for candidate in (path.with_name(path.name + suffix), path.with_suffix(suffix)):
                if candidate in sidecars:
                    found.setdefault(path, candidate)
    return found


def _source_file(path: Path, corpus: Path, by_owner: dict[Path, Path]) -> SourceFile:
    sidecar = by_owner.get(path)
    stats = [path.stat(), *([sidecar.stat()] if sidecar else [])]
    return SourceFile(
        source=path.relative_to(corpus).as_posix(),
        path=path,
        sidecar=sidecar,
        size=sum(stat.st_size for stat in stats),
        modified_ns=max(stat.st_mtime_ns for stat in stats),
    )
