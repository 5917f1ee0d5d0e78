"""Bytes in, documents out: one file a format, chosen by suffix in `READERS`.

A new format is one new module with a `read` (see `ingest.document.Reader`) and one line here.
"""

from collections.abc import Collection, Iterator, Mapping
from importlib import import_module
from pathlib import PurePosixPath
from types import MappingProxyType

from index.errors import UnsupportedFormat
from ingest.document import Document, Reader

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

# What the first bytes say, the suffixes that may begin so, and what to do with another one.
_SIGNATURES: tuple[tuple[bytes, tuple[str, ...], str], ...] = (
    (b"%PDF-", (".pdf",), "is a PDF; name it .pdf"),
    (
        b"PK\x03\x04",
        (".docx", ".epub"),
        "is a ZIP archive; name it .docx or .epub if it is one of these, else unpack it",
    ),
    (_OLE, (), "is an old or encrypted Office document; save it as an open .docx"),
    (b"{\\rtf", (), "is an RTF document; save it as .docx"),
    (b"\x89PNG", (), "is an image; Pincite reads text only"),
    (b"\xff\xd8\xff", (), "is an image; Pincite reads text only"),
)


def _reader(module: str) -> Reader:
    """Return the `read` of `ingest.readers.MODULE`, imported when it is first called."""

    def read_with(data: bytes, name: str) -> Iterator[Document]:
        reader: Reader = import_module(f"ingest.readers.{module}").read
        return reader(data, name)

    return read_with


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        ".docx": _reader("docx"),
        ".epub": _reader("epub"),
        ".gz": _reader("collection"),
        ".htm": _reader("html"),
        ".html": _reader("html"),
        ".jsonl": _reader("collection"),
        ".markdown": _reader("markdown"),
        ".md": _reader("markdown"),
        ".pdf": _reader("pdf"),
        ".text": _reader("text"),
        ".txt": _reader("text"),
        ".xml": _reader("medlineplus"),
    }
)
"""The reader of each suffix, in lower case."""

JUDGED = (".text", ".txt")
"""Suffixes of text that was copied from pages, in which blocks that other files have too count."""


def read(data: bytes, name: str, repeated: Collection[int] = frozenset()) -> Iterator[Document]:
    """Yield the articles of a file, read by the reader of its suffix.

    `repeated` are the blocks that other files of its publisher have too (`ingest.repetition`).

    Raises `UnsupportedFormat` when no reader knows the suffix or when the first bytes are those of
    another format, and what the reader raises (`SourceError`). The reading starts when the first
    article is asked for.
    """
    suffix = PurePosixPath(name).suffix.lower()
    reader = READERS.get(suffix)
    if reader is None:
        raise UnsupportedFormat(
            f'{name}: no reader for "{suffix or "no suffix"}"; Pincite reads {_known()}'
        )
    for signature, suffixes, what in _SIGNATURES:
        if data.startswith(signature) and suffix not in suffixes:
            raise UnsupportedFormat(f"{name}: {what}")
    if repeated and suffix in JUDGED:
        from ingest.readers import text

        return text.read(data, name, repeated)
    return reader(data, name)


def _known() -> str:
    *most, last = sorted(READERS)
    return f"{', '.join(most)} and {last}"
