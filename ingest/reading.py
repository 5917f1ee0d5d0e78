"""One file of the corpus into its articles: limits, sidecar, reader, language."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from traceback import walk_tb

from index.errors import LimitExceeded, SourceError
from index.records import Article
from ingest.compose import compose
from ingest.corpus import SourceFile, fingerprint
from ingest.document import Metadata
from ingest.encoding import decode
from ingest.front_matter import load_yaml, merge, metadata_from
from ingest.languages import detect_language
from ingest.readers import JUDGED, read
from ingest.readers.text import blocks_of
from ingest.repetition import group_of, packed_hashes

MAX_FILE_BYTES = 20_000_000
MAX_CONTAINER_BYTES = 100_000_000
MAX_COLLECTION_BYTES = 200_000_000
CONTAINERS = (".pdf", ".docx", ".epub")
COLLECTIONS = (".xml", ".jsonl", ".gz")
"""Above these a file is not opened: an article of 20 MB of text does not exist; one with pictures,
or a collection of articles, does."""

_HOUSE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Outline:
    """What can be said of a file before its article is looked for: see `ingest.repetition`."""

    sha256: str = ""
    group: str = ""
    blocks: bytes = b""


def outline_of(file: SourceFile) -> Outline:
    """Return the blocks of copied text; an empty outline for other files and unreadable ones."""
    if file.path.suffix.lower() not in JUDGED or file.size > MAX_FILE_BYTES:
        return Outline()
    try:
        data, sidecar = file.read()
        metadata = _sidecar_metadata(file, sidecar)
        text, _ = decode(data, file.source)
        blocks = blocks_of(text)
    except Exception:  # noqa: BLE001 (`read_file` says what it is)
        return Outline()
    group = group_of(metadata, file.source)
    return Outline(fingerprint(data, sidecar), group, packed_hashes(blocks))


def read_file(
    file: SourceFile, repeated: Collection[int] = frozenset()
) -> tuple[list[Article], str]:
    """Return the articles of a file and its fingerprint; raises `SourceError`.

    `repeated` are the blocks that other files of its publisher have too (`ingest.repetition`).
    """
    suffix = file.path.suffix.lower()
    most = MAX_CONTAINER_BYTES if suffix in CONTAINERS else MAX_FILE_BYTES
    most = MAX_COLLECTION_BYTES if suffix in COLLECTIONS else most
    if file.size > most:
        raise LimitExceeded(
            f"is {file.size / 1e6:.0f} MB; at most {most / 1e6:.0f} MB are read. Split it."
        )
    data, sidecar = file.read()
    sha256 = fingerprint(data, sidecar)
    with one_line_of_failure(file.source):
        beside = _sidecar_metadata(file, sidecar)
        articles = list(_articles(data, file.source, beside, sha256, repeated))
    if not any(article.text for article in articles):
        raise SourceError("no article was found in it. See what was left out: pincite explain FILE")
    return articles, sha256


def _articles(
    data: bytes, source: str, beside: Metadata, sha256: str, repeated: Collection[int]
) -> Iterator[Article]:
    for document in read(data, source, repeated):
        metadata = merge(beside, document.metadata)
        if metadata.language is None:
            text = "\n".join(block.text for block in document.blocks if not block.left_out)
            metadata = replace(metadata, language=detect_language(text))
        yield compose(document, metadata, source=source, source_sha256=sha256)


@contextmanager
def one_line_of_failure(source: str) -> Iterator[None]:
    """Turn whatever fails in reading a file into a `SourceError`: one file does not end a run."""
    try:
        yield
    except SourceError:
        raise
    except Exception as error:
        raise SourceError(
            f"{source}: the reader failed on it ({_failure(error)}); save it in another form, "
            "and report what it was"
        ) from error


def _failure(error: Exception) -> str:
    """Return the kind of an error, and the last place in this house that it came through."""
    place = ""
    for frame, line in walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(_HOUSE) and "site-packages" not in path.parts:
            place = f" in {path.relative_to(_HOUSE).as_posix()}, line {line}"
    return f"{type(error).__name__}{place}"


def _sidecar_metadata(file: SourceFile, sidecar: bytes) -> Metadata:
    if not sidecar or file.sidecar is None:
        return Metadata()
    where = file.sidecar.name
    try:
        text = sidecar.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"its sidecar {where} is not UTF-8 (byte {error.start})") from error
    return metadata_from(load_yaml(text, where), where)
