"""The records of a snapshot on disk: articles, passages and what could not be read, in SQLite.

A passage's text is not stored a second time: it is cut out of its article by the database, so a
passage that differs from its article cannot exist.
"""

import dataclasses
import json
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.errors import SnapshotDamaged
from index.records import Article, Block, CitationMark, LeftOut, Passage, Reference

_SCHEMA = """
CREATE TABLE articles (
    article_id TEXT PRIMARY KEY, source TEXT NOT NULL, first_row INTEGER NOT NULL,
    passages INTEGER NOT NULL, record TEXT NOT NULL, text TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, article_id TEXT NOT NULL, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, section TEXT NOT NULL, section_type TEXT NOT NULL
);
CREATE TABLE files (
    source TEXT PRIMARY KEY, sha256 TEXT NOT NULL, size INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL, problem TEXT NOT NULL, "group" TEXT NOT NULL, blocks BLOB NOT NULL
) WITHOUT ROWID;
"""

_PASSAGE = """
SELECT p.row, p.article_id, p.start, p."end", p.section, p.section_type,
       substr(a.text, p.start + 1, p."end" - p.start)
FROM passages p JOIN articles a USING (article_id)
"""


MAPPED = 1 << 28
"""Bytes up to which a database is mapped into memory. A larger one is read: of what lies beyond
so many bytes nothing would be mapped, and all those before would count as this process's."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file of the corpus as it was when it was read; `problem` is "" when it could be.

    For text that was copied from pages, `group` names what its article has in common with others
    of the same make, and `blocks` are the sorted hashes of its blocks, 8 bytes each.
    """

    source: str
    sha256: str
    size: int
    modified_ns: int
    problem: str = ""
    group: str = ""
    blocks: bytes = b""


class Records:
    """Read access to `records.db`. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            self._database = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
        except sqlite3.DatabaseError as error:
            raise SnapshotDamaged(f"{path.name} cannot be read: {error}.") from error
        # The last reader of a snapshot that another has replaced closes it by letting go of it.
        weakref.finalize(self, self._database.close).atexit = False
        try:
            # Read in place instead of copied page by page: the file never changes. 40 passages
            # take 0.85 ms of processor time so, and 1.35 without.
            self._query(f"PRAGMA mmap_size = {MAPPED if path.stat().st_size <= MAPPED else 0}")
            # What SQLite does not look for by itself: pages missing at the end.
            (((pages,),), ((size,),)) = (self._query(f"PRAGMA page_{s}") for s in ("count", "size"))
            if pages * size != path.stat().st_size or not pages:
                raise SnapshotDamaged(f"{path.name} cannot be read: it is cut off.")
            self.counts()
        except SnapshotDamaged:
            self._database.close()
            raise

    def close(self) -> None:
        """Close the database. Reading afterwards is an error."""
        with self._lock:
            self._database.close()

    def _query(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._database.execute(statement, values).fetchall()
            except sqlite3.DatabaseError as error:
                raise SnapshotDamaged(f"records.db cannot be read: {error}.") from error

    def counts(self) -> tuple[int, int]:
        """Return the numbers of articles and of passages."""
        (articles,) = self._query("SELECT count(*) FROM articles")[0]
        (passages,) = self._query("SELECT count(*) FROM passages")[0]
        return int(articles), int(passages)

    def passages(self, rows: Iterable[int]) -> dict[int, Passage]:
        """Return the passages of `rows`, by row."""
        wanted = sorted({int(row) for row in rows})
        found: dict[int, Passage] = {}
        for begin in range(0, len(wanted), 500):
            part = wanted[begin : begin + 500]
            marks = ",".join("?" * len(part))
            for row, *columns in self._query(f"{_PASSAGE} WHERE p.row IN ({marks})", part):
                found[row] = _passage(columns)
        return found

    def passages_of(self, article_id: str) -> list[Passage]:
        """Return the passages of an article in order; empty when there is no such article."""
        found = self._query(f"{_PASSAGE} WHERE p.article_id = ? ORDER BY p.row", (article_id,))
        return [_passage(columns) for _, *columns in found]

    def article(self, article_id: str) -> Article | None:
        """Return an article with its text, or None."""
        found = self._query("SELECT record, text FROM articles WHERE article_id = ?", (article_id,))
        return article_from_json(*found[0]) if found else None

    def titles(self, article_ids: Iterable[str]) -> dict[str, str]:
        """Return, by id, the title of each of these articles that there is."""
        return dict(
            self._query(
                "SELECT article_id, json_extract(record, '$.title') FROM articles "
                "WHERE article_id IN (SELECT value FROM json_each(?))",
                (json.dumps(list(article_ids)),),
            )
        )

    def articles_by_source(self) -> dict[str, list[str]]:
        """Return the ids of the articles of each file, in order."""
        found: dict[str, list[str]] = {}
        for source, name in self._query("SELECT source, article_id FROM articles ORDER BY 2"):
            found.setdefault(source, []).append(name)
        return found

    def articles(self, *, after: str = "", limit: int = -1) -> list[Article]:
        """Return articles by id with `text` left empty, those whose id comes after `after`."""
        found = self._query(
            "SELECT record FROM articles WHERE article_id > ? ORDER BY article_id LIMIT ?",
            (after, limit),
        )
        return [article_from_json(record, "") for (record,) in found]

    def every_article(self) -> Iterator[tuple[Article, int, list[Passage]]]:
        """Yield each article by id, with its first row and its passages."""
        after = ""
        while found := self._query(
            "SELECT article_id, first_row, record, text FROM articles WHERE article_id > ? "
            "ORDER BY article_id LIMIT 100",
            (after,),
        ):
            for after, first_row, record, text in found:
                yield article_from_json(record, text), first_row, self.passages_of(after)

    def article_rows(self) -> dict[str, tuple[int, int]]:
        """Return, by article id, its first row and its number of passages."""
        found = self._query("SELECT article_id, first_row, passages FROM articles")
        return {article_id: (first, count) for article_id, first, count in found}

    def ids_of_source(self, source: str) -> list[str]:
        """Return the ids of the articles that the file `source` gave, in order."""
        found = self._query(
            "SELECT article_id FROM articles WHERE source = ? ORDER BY article_id", (source,)
        )
        return [article_id for (article_id,) in found]

    def articles_of_source(self, source: str) -> list[tuple[Article, int, list[Passage]]]:
        """Return the articles that the file `source` gave, as `every_article` yields them."""
        found = self._query(
            "SELECT article_id, first_row, record, text FROM articles WHERE source = ? "
            "ORDER BY article_id",
            (source,),
        )
        return [
            (article_from_json(record, text), first, self.passages_of(article_id))
            for article_id, first, record, text in found
        ]

    def article_facts(self) -> tuple[list[str], list[str], list[str], list[str], list[str]]:
        """Return, of the articles that have passages, in the order of their rows: the ids, the
        publishers, the languages, and when each was published and modified; "" where not stated.
        """
        found = self._query(
            """SELECT article_id, coalesce(json_extract(record, '$.publisher'), ''),
                      coalesce(json_extract(record, '$.language'), ''),
                      coalesce(json_extract(record, '$.published'), ''),
                      coalesce(json_extract(record, '$.modified'), '')
            FROM articles WHERE passages > 0 ORDER BY first_row"""
        )
        ids, publishers, languages, published, modified = ([f[i] for f in found] for i in range(5))
        return ids, publishers, languages, published, modified

    def section_types(self) -> list[str]:
        """Return the section type of every row, in order."""
        return [kind for (kind,) in self._query("SELECT section_type FROM passages ORDER BY row")]

    def headings(self) -> list[str]:
        """Return every heading of every passage's path, each once, in the order of rows."""
        found = self._query("SELECT section FROM passages GROUP BY section ORDER BY min(row)")
        return list(dict.fromkeys(h for (section,) in found for h in json.loads(section)))

    def files(self) -> dict[str, FileRecord]:
        """Return what is known of every file of the corpus, by source."""
        found = self._query(
            'SELECT source, sha256, size, modified_ns, problem, "group", blocks FROM files'
        )
        return {record[0]: FileRecord(*record) for record in found}

    def problems(self) -> dict[str, str]:
        """Return, by source, why a file of the corpus could not be read; none that could be."""
        return dict(self._query("SELECT source, problem FROM files WHERE problem != ''"))


def write_records(
    path: Path,
    articles: Iterable[tuple[Article, Sequence[Passage]] | str],
    files: Iterable[FileRecord],
    *,
    live: Path | None = None,
) -> tuple[int, int]:
    """Write a new `records.db`; `articles` come by id. Return how many articles and passages.

    An article given by its id alone is copied with its passages from the database `live`. Row
    numbers are given in that order, from 0, passage after passage. Raises `OSError` when the disk
    is full or fails, and `SnapshotDamaged` when `live` does not hold such an article.
    """
    try:
        database = sqlite3.connect(path.absolute().as_uri(), uri=True)
    except sqlite3.OperationalError as error:
        raise OSError(f"{path.name}: {error}") from error
    try:
        database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA)
        if live is not None:
            kept = f"{live.absolute().as_uri()}?mode=ro&immutable=1"
            database.execute("ATTACH DATABASE ? AS live", (kept,))
        row = count = 0
        for entry in articles:
            if isinstance(entry, str):
                row += _copy(database, entry, row)
            else:
                row += _insert(database, *entry, row)
            count += 1
        database.executemany(
            "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?)",
            [tuple(getattr(record, name) for name in FileRecord.__slots__) for record in files],
        )
        database.execute("CREATE INDEX passages_by_article ON passages (article_id, row)")
        database.execute("CREATE INDEX articles_by_source ON articles (source)")
        database.commit()
    except sqlite3.OperationalError as error:
        raise OSError(f"{path.name}: {error}") from error
    finally:
        database.close()
    return count, row


def _insert(
    database: sqlite3.Connection, article: Article, passages: Sequence[Passage], row: int
) -> int:
    """Insert an article whose first passage is `row`; return how many passages it has."""
    database.execute(
        "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?)",
        (
            article.article_id,
            article.source,
            row,
            len(passages),
            article_to_json(article),
            article.text,
        ),
    )
    database.executemany(
        "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                row + offset,
                passage.article_id,
                passage.start,
                passage.end,
                json.dumps(passage.section, ensure_ascii=False),
                passage.section_type,
            )
            for offset, passage in enumerate(passages)
        ],
    )
    return len(passages)


def _copy(database: sqlite3.Connection, article_id: str, row: int) -> int:
    """Copy an article from the attached database to begin at `row`; return its passages' number."""
    found = database.execute(
        "SELECT first_row, passages FROM live.articles WHERE article_id = ?", (article_id,)
    ).fetchone()
    if found is None:
        raise SnapshotDamaged(f"records.db does not hold article {article_id} any more.")
    first, passages = found
    database.execute(
        "INSERT INTO articles SELECT article_id, source, ?, passages, record, text "
        "FROM live.articles WHERE article_id = ?",
        (row, article_id),
    )
    database.execute(
        'INSERT INTO passages SELECT row + ?, article_id, start, "end", section, section_type '
        "FROM live.passages WHERE row >= ? AND row < ?",
        (row - first, first, first + passages),
    )
    return int(passages)


def _passage(columns: Sequence[Any]) -> Passage:
    article_id, start, end, section, section_type, text = columns
    try:
        return Passage(article_id, start, end, tuple(json.loads(section)), text, section_type)
    except (ValueError, TypeError) as error:
        raise _altered(article_id, error) from error


def _altered(name: object, error: Exception) -> SnapshotDamaged:
    return SnapshotDamaged(f"records.db was altered: the record of {name} is not one ({error}).")


def article_to_json(article: Article) -> str:
    """Return everything but the text as JSON, blocks as plain lists."""
    fields = {
        name: getattr(article, name)
        for name in Article.__slots__
        if name not in {"text", "blocks", "references", "left_out", "citation_marks"}
    }
    fields["blocks"] = [dataclasses.astuple(block) for block in article.blocks]
    fields["references"] = [dataclasses.astuple(entry) for entry in article.references]
    fields["left_out"] = [dataclasses.astuple(block) for block in article.left_out]
    fields["citation_marks"] = [dataclasses.astuple(mark) for mark in article.citation_marks]
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def article_from_json(record: str, text: str) -> Article:
    """Return the article that `article_to_json` wrote, with `text` beside it.

    Raises `SnapshotDamaged` when `record` is something else.
    """
    try:
        fields = json.loads(record)
        fields["authors"] = tuple(fields["authors"])
        fields["blocks"] = tuple(Block(*block) for block in fields["blocks"])
        fields["references"] = tuple(Reference(*entry) for entry in fields["references"])
        fields["left_out"] = tuple(LeftOut(*block) for block in fields["left_out"])
        fields["citation_marks"] = tuple(
            CitationMark(start, end, tuple(numbers))
            for start, end, numbers in fields["citation_marks"]
        )
        return Article(text=text, **fields)
    except (ValueError, TypeError, KeyError) as error:
        raise _altered("an article", error) from error
