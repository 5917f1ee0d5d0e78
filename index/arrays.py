"""Arrays as files that are whole, or an error that says why not."""

import mmap
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

import numpy as np
from numpy.typing import NDArray


class Stored(Protocol):
    """Vectors `(n, d)`, float32: an array, or what is read like one, by rows or by slices."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of rows and of components."""
        ...

    def __len__(self) -> int: ...
    def __getitem__(self, rows: slice | NDArray[Any], /) -> NDArray[np.float32]: ...


class _Plain:
    """A file of which NumPy sees nothing but `write`.

    Of a real file it takes the descriptor and writes past Python, through a buffer of the C library
    that is emptied at the end by a call whose result nobody looks at: on a disk that is full, the
    last 4 kB are missing, and no error says so.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, data: bytes) -> int:
        """Write all of `data`; raises `OSError`."""
        return self._file.write(data)


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write `array` as a `.npy` file, as `numpy.save` does; raises `OSError` unless it is whole."""
    with path.open("wb") as file:
        np.lib.format.write_array(cast("Any", _Plain(file)), array, allow_pickle=False)


def release(array: Stored | NDArray[Any]) -> None:
    """Let go of the pages of a memory-mapped file that were read into this process, if it is one.

    Nothing is lost: what is looked at again is mapped again. A pass over all of a large file would
    otherwise leave all of it in the memory that is counted as this process's.
    """
    base: object = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap):
        base.madvise(mmap.MADV_DONTNEED)
