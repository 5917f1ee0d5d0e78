"""Proof for a whole index: every passage against its article, every article against its file."""

from dataclasses import dataclass
from pathlib import Path

from index.errors import SnapshotDamaged, SourceError
from index.records import Article, Passage
from index.snapshot import damaged_files, open_snapshot
from ingest.corpus import SourceFile, find_files
from ingest.reading import read_file
from ingest.repetition import repeated_blocks
from ingest.source_places import has_places, source_faults


@dataclass(frozen=True, slots=True)
class VerifiedIndex:
    """What was checked, and in `faults` a line for each thing that does not hold."""

    snapshot: str
    articles: int
    passages: int
    faults: tuple[str, ...]


def verify_index(corpus: Path, index: Path) -> VerifiedIndex:
    """Read every file again and compare: bytes, text, offsets, places in the file.

    Raises `SnapshotError`.
    """
    snapshot = open_snapshot(index)
    faults = [
        f"{name}: the bytes are not those that were written"
        for name in damaged_files(snapshot.folder)
    ]
    present = {f.source: f for f in find_files(corpus) if isinstance(f, SourceFile)}
    known = snapshot.records.files().values()
    repeated = repeated_blocks(known, {record.group for record in known})
    again: dict[str, dict[str, Article] | str] = {}
    articles = passages = 0
    try:
        for article, _, cut in snapshot.records.every_article():
            articles += 1
            passages += len(cut)
            faults += _passage_faults(article, cut)
            if article.source not in again:
                again[article.source] = _read_again(
                    present.get(article.source), repeated.get(article.source, frozenset())
                )
            found = _article_faults(article, again[article.source])
            if not found and article.source in present and has_places(article.source):
                found = _place_faults(article, present[article.source])
            faults += found
    except SnapshotDamaged as error:
        faults.append(str(error))
    finally:
        snapshot.records.close()
    return VerifiedIndex(snapshot.manifest.snapshot, articles, passages, tuple(faults))


def _passage_faults(article: Article, passages: list[Passage]) -> list[str]:
    faults = [
        f"{passage.passage_id}: the passage is not its article's text at that place"
        for passage in passages
        if not passage.text or article.text[passage.start : passage.end] != passage.text
    ]
    position = 0
    for passage in passages:
        if passage.start < position or article.text[position : passage.start].strip():
            faults.append(f"{passage.passage_id}: words before it are lost or repeated")
        position = passage.end
    if article.text[position:].strip():
        faults.append(f"{article.article_id}: words after its last passage are lost")
    return faults


def _read_again(file: SourceFile | None, repeated: frozenset[int]) -> dict[str, Article] | str:
    if file is None:
        return "its file is gone"
    try:
        articles, _ = read_file(file, repeated)
    except SourceError as error:
        return f"its file cannot be read any more: {error}"
    return {article.article_id: article for article in articles}


def _place_faults(article: Article, file: SourceFile) -> list[str]:
    try:
        data, _ = file.read()
    except SourceError as error:
        return [f"{article.article_id}: its file cannot be read any more: {error}"]
    return source_faults(article, data)


def _article_faults(article: Article, again: dict[str, Article] | str) -> list[str]:
    name = article.article_id
    if isinstance(again, str):
        return [f"{name}: {again}"]
    now = again.get(name)
    if now is None:
        return [f"{name}: its file does not hold it any more"]
    if now.text != article.text:
        changed = now.source_sha256 != article.source_sha256
        why = "its file has changed since" if changed else "the same file reads differently now"
        return [f'{name}: {why}. Run "pincite index".']
    return []
