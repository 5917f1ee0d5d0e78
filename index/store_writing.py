"""Writing `records.db`: articles and passages, read afresh or copied from a snapshot before."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from index.article_json import article_to_json
from index.errors import SnapshotDamaged
from index.records import Article, Passage
from index.store import FileRecord, Newer, read_only

# No "WITHOUT ROWID" for articles: of rows as large as theirs a page holds two or three, so that the
# way to one leads through many pages. By an index of the ids a look at one takes 2 microseconds
# instead of 8 (35,927 passages), and the file is 17% smaller.
_SCHEMA = """
CREATE TABLE articles (
    article_id TEXT PRIMARY KEY NOT NULL, source TEXT NOT NULL, first_row INTEGER NOT NULL,
    passages INTEGER NOT NULL, record TEXT NOT NULL, text TEXT NOT NULL
);
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, article_id TEXT NOT NULL, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, section TEXT NOT NULL, section_type TEXT NOT NULL
);
CREATE TABLE files (
    source TEXT PRIMARY KEY, sha256 TEXT NOT NULL, size INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL, problem TEXT NOT NULL, "group" TEXT NOT NULL, blocks BLOB NOT NULL
) WITHOUT ROWID;
"""

_HIDING = """
CREATE TABLE hidden_articles (article_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE hidden_files (source TEXT PRIMARY KEY) WITHOUT ROWID;
"""
"""What the database of a newer part has besides: what of the base does not count any more."""


def write_records(
    path: Path,
    articles: Iterable[tuple[Article, Sequence[Passage]] | str],
    files: Iterable[FileRecord],
    *,
    live: Sequence[Path] = (),
    hiding: Newer | None = None,
) -> tuple[int, int]:
    """Write a new `records.db`; `articles` come by id. Return how many articles and passages.

    An article given by its id alone is copied with its passages from the last of the databases
    `live` that holds it. Row numbers are given in that order, from 0, passage after passage. With
    `hiding` it is the database of a newer part, and says what of the base is hidden. Raises
    `OSError` when the disk is full or fails, and `SnapshotDamaged` when `live` does not hold such
    an article.
    """
    try:
        database = sqlite3.connect(path.absolute().as_uri(), uri=True)
    except sqlite3.OperationalError as error:
        raise OSError(f"{path.name}: {error}") from error
    try:
        database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA)
        for number, kept in enumerate(live):
            database.execute(f"ATTACH DATABASE ? AS live{number}", (read_only(kept),))
        row = count = 0
        for entry in articles:
            if isinstance(entry, str):
                row += _copy(database, entry, row, len(live))
            else:
                row += _insert(database, *entry, row)
            count += 1
        database.executemany(
            "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?)",
            [tuple(getattr(record, name) for name in FileRecord.__slots__) for record in files],
        )
        if hiding is not None:
            database.executescript(_HIDING)
            for table, names in (
                ("hidden_articles", hiding.hidden_articles),
                ("hidden_files", hiding.hidden_files),
            ):
                rows = [(name,) for name in sorted(names)]
                database.executemany(f"INSERT INTO {table} VALUES (?)", rows)  # noqa: S608
        database.execute("CREATE INDEX passages_by_article ON passages (article_id, row)")
        database.execute("CREATE INDEX articles_by_source ON articles (source, article_id)")
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


def _copy(database: sqlite3.Connection, article_id: str, row: int, live: int) -> int:
    """Copy an article from the `live` attached databases, of which the last that holds it counts,
    to begin at `row`; return its passages' number."""
    for name in (f"live{number}" for number in reversed(range(live))):
        found = database.execute(
            f"SELECT first_row, passages FROM {name}.articles WHERE article_id = ?",  # noqa: S608
            (article_id,),
        ).fetchone()
        if found is None:
            continue
        first, passages = found
        database.execute(
            "INSERT INTO articles SELECT article_id, source, ?, passages, record, text "  # noqa: S608
            f"FROM {name}.articles WHERE article_id = ?",
            (row, article_id),
        )
        database.execute(
            "INSERT INTO passages "  # noqa: S608 - a name of ours
            'SELECT row + ?, article_id, start, "end", section, section_type '
            f"FROM {name}.passages WHERE row >= ? AND row < ?",
            (row - first, first, first + passages),
        )
        return int(passages)
    raise SnapshotDamaged(f"records.db does not hold article {article_id} any more.")
