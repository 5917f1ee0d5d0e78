"""The corpus folder: which files it holds, and what lies beside each of them."""

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TypeVar

from index.errors import SourceError
from index.store import FileRecord

SIDECAR_SUFFIXES = (".yaml", ".yml")
RACY_NANOSECONDS = 2_000_000_000
"""A file changed this shortly ago may change again within the same time stamp."""

_Name = TypeVar("_Name", bound=PurePath)


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
            raise _unreadable(error) from error

    def fingerprint(self) -> str:
        """Return `fingerprint` of what `read` returns, without holding a large file in memory."""
        return self.fingerprints()[1]

    def fingerprints(self) -> tuple[str, str]:
        """Return the hash of the file alone, and `fingerprint`: of the file with its sidecar."""
        try:
            with self.path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256")
            alone = digest.hexdigest()
            return alone, _with_sidecar(digest, self.sidecar.read_bytes() if self.sidecar else b"")
        except OSError as error:
            raise _unreadable(error) from error


def fingerprint(data: bytes, sidecar: bytes) -> str:
    """Return the hash by which a file with its sidecar is known: of the file alone without one."""
    return _with_sidecar(hashlib.sha256(data), sidecar)


def _with_sidecar(digest: "hashlib._Hash", sidecar: bytes) -> str:
    if sidecar:
        digest.update(hashlib.sha256(sidecar).digest())
    return digest.hexdigest()


def _unreadable(error: OSError) -> SourceError:
    return SourceError(f"cannot be read: {error.strerror or error}")


def sidecar_names(name: _Name) -> list[_Name]:
    """Return where the sidecar of the file `name` may lie, what is read first first.

    For `a.txt`: `a.txt.yaml`, `a.yaml`, `a.txt.yml`, `a.yml`.
    """
    return [
        beside
        for suffix in SIDECAR_SUFFIXES
        for beside in (name.with_name(name.name + suffix), name.with_suffix(suffix))
    ]


def find_files(corpus: Path) -> Iterator[SourceFile | FileRecord]:
    """Yield the files of `corpus` by path; a `FileRecord` with its problem for one to pass over.

    `corpus` may be a single file. Hidden files and folders are not looked at. A link to a file is
    followed where it stays inside the corpus; a link to a folder never is (its files would come
    twice, or round in circles).
    """
    if corpus.is_file():
        beside = [
            path for path in corpus.parent.iterdir() if path.suffix.lower() in SIDECAR_SUFFIXES
        ]
        yield _found(corpus, corpus.parent, _owners(set(beside), [corpus]))
        return
    root = corpus.resolve()
    paths: list[Path] = []
    passed_over: list[FileRecord] = []

    def unopened(error: OSError) -> None:
        source = _source(Path(error.filename), corpus)
        passed_over.append(FileRecord(source, "", 0, 0, f"cannot be opened: {error.strerror}"))

    for folder, folders, names in os.walk(corpus, onerror=unopened):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        here = Path(folder)
        paths += [here / name for name in names if not name.startswith(".")]
        linked = [here / name for name in folders if (here / name).is_symlink()]
        passed_over += [
            FileRecord(_source(path, corpus), "", 0, 0, "a link to a folder; not followed")
            for path in linked
        ]
    kept: list[Path] = []
    for path in paths:
        problem = _problem(path, root)
        if problem:
            passed_over.append(FileRecord(_source(path, corpus), "", 0, 0, problem))
        else:
            kept.append(path)
    sidecars = {path for path in kept if path.suffix.lower() in SIDECAR_SUFFIXES}
    by_owner = _owners(sidecars, kept)
    lonely = sidecars - set(by_owner.values())
    passed_over += [
        FileRecord(_source(path, corpus), "", 0, 0, "a sidecar with no article beside it")
        for path in lonely
    ]
    found = [_found(path, corpus, by_owner) for path in kept if path not in sidecars]
    yield from sorted([*passed_over, *found], key=lambda file: file.source)


def _source(path: Path, corpus: Path) -> str:
    """Return the path inside the corpus; a byte of a name that is not UTF-8 stands as U+FFFD."""
    # As text: taking two paths apart took a third of the time of looking at 150,000 files.
    name = str(path).removeprefix(os.path.join(corpus, ""))  # noqa: PTH118
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _problem(path: Path, root: Path) -> str:
    """Return why the file is not looked into, or ""."""
    try:
        path.name.encode("utf-8")
        if stat.S_ISREG(path.lstat().st_mode):
            return ""
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            return "a link out of the corpus; not followed"
        if not path.exists():
            return "a link to nothing" if path.is_symlink() else "it vanished while being listed"
        if not path.is_file():
            return "not a file that can be read (a pipe, a socket or a device)"
    except FileNotFoundError:
        return "it vanished while being listed"
    except UnicodeEncodeError:
        return "its name is not UTF-8; rename it"
    except RuntimeError:  # how pathlib reports a circle before Python 3.13
        return "a link to nothing"
    except OSError as error:
        return f"cannot be looked at: {error.strerror}"
    return ""


def _owners(sidecars: set[Path], paths: list[Path]) -> dict[Path, Path]:
    """Return each article's sidecar: the first of its `sidecar_names` that there is."""
    found: dict[Path, Path] = {}
    folders = {path.parent for path in sidecars}
    for path in paths if folders else ():
        if path.parent not in folders or path in sidecars:
            continue
        for candidate in sidecar_names(path):
            if candidate in sidecars:
                found.setdefault(path, candidate)
    return found


def _found(path: Path, corpus: Path, by_owner: dict[Path, Path]) -> SourceFile | FileRecord:
    sidecar = by_owner.get(path)
    try:
        looks = [path.stat(), *([sidecar.stat()] if sidecar else [])]
    except OSError as error:
        return FileRecord(_source(path, corpus), "", 0, 0, str(_unreadable(error)))
    return SourceFile(
        source=_source(path, corpus),
        path=path,
        sidecar=sidecar,
        size=sum(look.st_size for look in looks),
        modified_ns=max(look.st_mtime_ns for look in looks),
    )
