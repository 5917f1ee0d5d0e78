"""The corpus folder: which files it holds, and what lies beside each of them."""

import hashlib
import os
import stat
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path, PurePath
from typing import TypeVar

from index.errors import SourceError
from index.store import FileRecord

SIDECAR_SUFFIXES = (".yaml", ".yml")
PAGE_SUFFIXES = (".htm", ".html")
PARTS_OF_A_PAGE = "_files"
"""How the folder ends in which a browser saves the pictures and frames of a page, beside it."""
RACY_NANOSECONDS = 2_000_000_000
"""A file changed this shortly ago may change again within the same time stamp."""

Seen = tuple[str, int, int]
"""Of a file: its source, its size, and when it changed last in nanoseconds since the epoch. With a
sidecar the sizes are added up, and the later change counts."""

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


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a corpus, looked at and not opened. Plain tuples: there may be 150,000.

    `files` come by source, which is a file's path below `folder`; `sidecars` gives by source the
    name of the sidecar beside it. `passed_over` has what is not looked into, with the problem. No
    source comes twice. `began_ns` is the time before the first of them was looked at.
    """

    folder: Path
    began_ns: int
    files: list[Seen]
    sidecars: dict[str, str]
    passed_over: list[FileRecord]

    def file(self, seen: Seen) -> SourceFile:
        """Return one of `files` as what can be read."""
        source, size, modified_ns = seen
        path, sidecar = self.folder / source, self.sidecars.get(source)
        beside = path.with_name(sidecar) if sidecar else None
        return SourceFile(source, path, beside, size, modified_ns)


def sidecar_names(path: _Name) -> list[_Name]:
    """Return where the sidecar of the file at `path` may lie, what is read first first.

    For `a.txt`: `a.txt.yaml`, `a.yaml`, `a.txt.yml`, `a.yml`.
    """
    return [path.with_name(beside) for beside in _names_beside(path.name)]


def _names_beside(name: str) -> list[str]:
    dot = name.rfind(".")
    stem = name[:dot] if 0 < dot < len(name) - 1 else name
    return [f"{own}{suffix}" for suffix in SIDECAR_SUFFIXES for own in (name, stem)]


def find_files(corpus: Path) -> list[SourceFile | FileRecord]:
    """Return what `list_files` sees, by source; a `FileRecord` for what is passed over."""
    listing = list_files(corpus)
    found = [listing.file(seen) for seen in listing.files]
    return sorted([*listing.passed_over, *found], key=lambda file: file.source)


def list_files(corpus: Path) -> Listing:
    """Look at every file of `corpus`, which may be a single file.

    Hidden files and folders are not looked at, nor the files by which Word locks a document. A link
    to a file is followed where it stays inside the corpus; a link to a folder never is (its files
    would come twice, or round in circles). What a browser has saved beside a page, its pictures and
    frames, is passed over. So is what has a name that is not UTF-8, a folder with all that it
    holds: no address could name it. So a source is a path, and no two files have the same.
    """
    began_ns = time.time_ns()
    if corpus.is_file():
        return _single_file(corpus, began_ns)
    root = corpus.resolve()
    files: list[Seen] = []
    sidecars: dict[str, str] = {}
    problems: dict[str, str] = {}
    folders = [""]
    while folders:
        here = folders.pop()
        place = str(corpus / here)
        try:
            with os.scandir(place) as scanned:
                entries = list(scanned)
        except OSError as error:
            problems[here[:-1] or place] = f"cannot be opened: {error.strerror}"
            continue
        looks: dict[str, os.stat_result] = {}
        parts = _parts_of_pages(entry.name for entry in entries)
        for entry in entries:
            name = entry.name
            if name.startswith((".", "~$")):
                continue
            look = _look(entry, root)
            if isinstance(look, str):
                problems[here + os.fsencode(name).decode("utf-8", "backslashreplace")] = look
            elif stat.S_ISDIR(look.st_mode) and name in parts:
                problems[here + name] = f"parts of the page {parts[name]}; not looked into"
            elif stat.S_ISDIR(look.st_mode):
                folders.append(f"{here}{name}/")
            else:
                looks[name] = look
        beside = {name for name in looks if name.lower().endswith(SIDECAR_SUFFIXES)}
        owned = _owned(looks.keys() - beside, beside) if beside else {}
        files += [
            _seen(here + name, look, looks[owned[name]] if name in owned else None)
            for name, look in looks.items()
            if name not in beside
        ]
        sidecars |= {here + name: sidecar for name, sidecar in owned.items()}
        lonely = beside.difference(owned.values())
        problems |= {here + name: "a sidecar with no article beside it" for name in lonely}
    files.sort(key=itemgetter(0))
    # What is passed over may be shown by the very name that another file has.
    taken = {source for source, _, _ in files} if problems else set()
    passed_over = [
        FileRecord(source, "", 0, 0, problem)
        for source, problem in sorted(problems.items())
        if source not in taken
    ]
    return Listing(corpus, began_ns, files, sidecars, passed_over)


def _parts_of_pages(names: Iterable[str]) -> dict[str, str]:
    """Return, by the name of the folder in which its parts would be saved, each page."""
    return {
        f"{PurePath(name).stem}{PARTS_OF_A_PAGE}": name
        for name in names
        if name.lower().endswith(PAGE_SUFFIXES)
    }


def _single_file(corpus: Path, began_ns: int) -> Listing:
    beside = [] if corpus.suffix.lower() in SIDECAR_SUFFIXES else sidecar_names(corpus)
    sidecar = next((path for path in beside if path.is_file()), None)
    source = corpus.name
    try:
        source.encode("utf-8")
        seen = _seen(source, corpus.stat(), sidecar.stat() if sidecar else None)
    except (OSError, UnicodeEncodeError) as error:
        source = os.fsencode(source).decode("utf-8", "backslashreplace")
        passed_over = FileRecord(source, "", 0, 0, _problem(error))
        return Listing(corpus.parent, began_ns, [], {}, [passed_over])
    sidecars = {source: sidecar.name} if sidecar else {}
    return Listing(corpus.parent, began_ns, [seen], sidecars, [])


def _look(entry: "os.DirEntry[str]", root: Path) -> os.stat_result | str:
    """Return what the disk says of a folder or of a file that can be read, else the problem."""
    try:
        if not entry.name.isascii():
            entry.name.encode("utf-8")
        look = entry.stat(follow_symlinks=False)
        if stat.S_ISREG(look.st_mode) or stat.S_ISDIR(look.st_mode):
            return look
        path = Path(entry.path)
        if entry.is_symlink():
            if path.is_dir():
                return "a link to a folder; not followed"
            if not path.resolve().is_relative_to(root):
                return "a link out of the corpus; not followed"
            if not path.exists():
                return "a link to nothing"
        if not path.is_file():
            return "not a file that can be read (a pipe, a socket or a device)"
        return path.stat()
    except (OSError, UnicodeEncodeError, RuntimeError) as error:
        return _problem(error)


def _problem(error: Exception) -> str:
    """Return why a file is not looked into, by what came of looking at it."""
    if isinstance(error, UnicodeEncodeError):
        return "its name is not UTF-8; rename it"
    if isinstance(error, FileNotFoundError):
        return "it vanished while being listed"
    if isinstance(error, OSError):
        return f"cannot be looked at: {error.strerror}"
    return "a link to nothing"  # how pathlib reports a circle before Python 3.13: RuntimeError


def _owned(names: Collection[str], sidecars: Collection[str]) -> dict[str, str]:
    """Return, by the name of a file, its sidecar: the first of its names beside that there is."""
    found = {name: [one for one in _names_beside(name) if one in sidecars] for name in names}
    return {name: beside[0] for name, beside in found.items() if beside}


def _seen(source: str, look: os.stat_result, sidecar: os.stat_result | None) -> Seen:
    if sidecar is None:
        return source, look.st_size, look.st_mtime_ns
    changed = max(look.st_mtime_ns, sidecar.st_mtime_ns)
    return source, look.st_size + sidecar.st_size, changed
