"""Why a file is read as it is: its blocks, each with the reason where it is left out."""

from pathlib import Path

from index.errors import SourceError
from index.store import FileRecord
from ingest.changes import look_at
from ingest.corpus import SourceFile, find_files
from ingest.document import Document
from ingest.readers import JUDGED, read
from ingest.reading import one_line_of_failure
from ingest.repetition import repeated_blocks


def explain_file(path: Path, corpus: Path | None = None) -> list[Document]:
    """Return the documents of one file, each block with its reason where it is left out.

    Where the file lies in `corpus`, the blocks that other articles of its publisher have too count
    against it as they do when the corpus is indexed. Raises `SourceError`.
    """
    (found,) = find_files(path)
    if isinstance(found, FileRecord):
        raise SourceError(f"{path}: {found.problem}")
    data, _ = found.read()
    repeated = _repeated_in(path, corpus) if corpus else frozenset()
    with one_line_of_failure(found.source):
        return list(read(data, found.source, repeated))


def _repeated_in(path: Path, corpus: Path) -> frozenset[int]:
    """Return the blocks of a file that other files of its group in `corpus` have too."""
    whole = path.resolve()
    if path.suffix.lower() not in JUDGED or not whole.is_relative_to(corpus.resolve()):
        return frozenset()
    files = [file for file in find_files(corpus) if isinstance(file, SourceFile)]
    source = next((file.source for file in files if file.path.resolve() == whole), "")
    records = [look_at(file, None, 0).record for file in files]
    groups = {record.group for record in records if record.source == source}
    return repeated_blocks(records, groups).get(source, frozenset())
