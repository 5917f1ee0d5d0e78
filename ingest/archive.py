"""ZIP archives that are documents (DOCX, EPUB), read in memory under limits.

Nothing is written to disk, and no size that the archive states is trusted: what counts is what
comes out of the decompressor.
"""

import io
import zipfile
import zlib
from collections.abc import Mapping
from types import MappingProxyType

from index.errors import LimitExceeded, SourceError

MAX_BYTES = 100_000_000
MAX_MEMBERS = 10_000
MAX_MEMBER_BYTES = 50_000_000
MAX_TOTAL_BYTES = 200_000_000
MAX_RATIO = 200
"""Greatest decompressed size for each compressed byte. XML of real documents reaches 20 to 60,
deflate at its best 1,032."""

_FREE_BYTES = 1_000_000  # a member this small is read whatever its ratio
_CHUNK = 1 << 16
_ENCRYPTED = 0x1

# What zipfile and its decompressors raise on damaged data.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    MemoryError,
)


class Archive:
    """An open archive: its members by name, decompressed when they are asked for.

    `kind` is what the archive should be ("DOCX", "EPUB"), for messages. Raises `SourceError` when
    `data` is not a ZIP archive, and `LimitExceeded` when it holds too many members or one whose
    name points outside of it.
    """

    def __init__(self, data: bytes, name: str, kind: str) -> None:
        self._name = name
        self._kind = kind
        self._total = 0
        if len(data) > MAX_BYTES:
            raise LimitExceeded(
                f"{name}: {len(data) / 1e6:.0f} MB; a {kind} may have {MAX_BYTES / 1e6:.0f}"
            )
        try:
            self._file = zipfile.ZipFile(io.BytesIO(data))
            members = self._file.infolist()
        except _DAMAGE as error:
            raise self._damaged() from error
        if len(members) > MAX_MEMBERS:
            raise LimitExceeded(
                f"{name}: {len(members):,} files inside; a {kind} may have {MAX_MEMBERS:,}"
            )
        for member in members:
            if _points_outside(member.filename):
                raise LimitExceeded(
                    f'{name}: holds a file named "{_shown(member.filename)}", which points outside '
                    f"of the archive; no word processor writes that. Remove it"
                )
        self.members: Mapping[str, zipfile.ZipInfo] = MappingProxyType(
            {member.filename: member for member in members if member.filename[-1:] != "/"}
        )

    def read(self, member: str) -> bytes:
        """Return the content of `member`.

        Raises `SourceError` when it is missing, damaged or encrypted, and `LimitExceeded` when it
        is a decompression bomb, alone or with what was read before.
        """
        info = self.members.get(member)
        if info is None:
            raise SourceError(
                f'{self._name}: not a {self._kind}: "{_shown(member)}" is missing; save it again'
            )
        if info.flag_bits & _ENCRYPTED:
            raise SourceError(f"{self._name}: locked with a password; save it without one")
        pieces: list[bytes] = []
        size = 0
        try:
            with self._file.open(info) as stream:
                while piece := stream.read(_CHUNK):
                    size += len(piece)
                    self._total += len(piece)
                    self._check(member, size, info.compress_size)
                    pieces.append(piece)
        except _DAMAGE as error:
            raise self._damaged() from error
        return b"".join(pieces)

    def _check(self, member: str, size: int, compressed: int) -> None:
        if (
            size > MAX_MEMBER_BYTES
            or self._total > MAX_TOTAL_BYTES
            or (size > _FREE_BYTES and size > MAX_RATIO * max(compressed, 1))
        ):
            raise LimitExceeded(
                f'{self._name}: "{_shown(member)}" unpacks to far more than a document holds (at '
                f"least {size / 1e6:.0f} MB out of {compressed:,} bytes); it is not read"
            )

    def _damaged(self) -> SourceError:
        return SourceError(
            f"{self._name}: damaged, or not a {self._kind}; save or download it again"
        )


def _shown(member: str) -> str:
    """Return the name of a member as a message may hold it: short, on one line."""
    return " ".join(member[:80].split())


def _points_outside(name: str) -> bool:
    path = name.replace("\\", "/")
    return path.startswith("/") or ".." in path.split("/") or path[1:2] == ":" or "\x00" in path
