"""The records of a snapshot on disk: articles, passages and what could not be read, in SQLite.

A passage's text is not stored a second time: it is cut out of its article when it is read, so a
passage that differs from its article cannot exist.
"""

import json
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.article_json import altered, article_from_json
from index.errors import SnapshotDamaged
from index.parts import fault_of, numbers_of
from index.records import Article, Passage, SectionType

_HIDDEN = [
    f"CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} "  # noqa: S608 - names of ours
    f"WHERE {name} NOT IN (SELECT {name} FROM newer.{hidden})"
    for table, name, hidden in (
        ("articles", "article_id", "hidden_articles"),
        ("passages", "article_id", "hidden_articles"),
        ("files", "source", "hidden_files"),
    )
]

_KNOWN = 'source, sha256, size, modified_ns, problem, "group"'
_FILES = f"SELECT {_KNOWN}, blocks FROM files"  # noqa: S608 - names of ours

_PASSAGES = 'SELECT row, article_id, start, "end", section, section_type FROM passages WHERE'
_TEXTS = "SELECT article_id, text FROM articles WHERE"

KnownFile = tuple[str, str, int, int, str, str]
"""The fields of a `FileRecord` in their order, without the last."""

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


@dataclass(frozen=True, slots=True)
class Newer:
    """What the newer part of an index holds, and what it hides of the base: ids and sources.

    `files` are those that it holds, by source.
    """

    articles: Set[str] = frozenset()
    files: Mapping[str, FileRecord] = field(default_factory=dict)
    hidden_articles: Set[str] = frozenset()
    hidden_files: Set[str] = frozenset()


class _Database:
    """One file of records, read only. Safe to share between threads."""

    def __init__(self, path: Path, newer: Path | None = None) -> None:
        """Open `path`; with `newer`, what that file says is gone or stands in it is not found."""
        self._lock = threading.Lock()
        try:
            length = path.stat().st_size
            self._connection = sqlite3.connect(read_only(path), uri=True, check_same_thread=False)
        except (OSError, sqlite3.DatabaseError) as error:
            raise SnapshotDamaged(f"{path.name} cannot be read: {error}.") from error
        # The last reader of a snapshot that another has replaced closes it by letting go of it.
        weakref.finalize(self, self._connection.close).atexit = False
        try:
            # Read in place instead of copied page by page: the file never changes. 40 passages
            # take 0.85 ms of processor time so, and 1.35 without.
            self.query(f"PRAGMA mmap_size = {MAPPED if length <= MAPPED else 0}")
            # What SQLite does not look for by itself: pages missing at the end.
            (((pages,),), ((size,),)) = (self.query(f"PRAGMA page_{s}") for s in ("count", "size"))
            if pages * size != length or not pages:
                raise SnapshotDamaged(f"{path.name} cannot be read: it is cut off.")
            if newer is not None:
                self.query("ATTACH DATABASE ? AS newer", (read_only(newer),))
                for statement in _HIDDEN:
                    self.query(statement)
        except SnapshotDamaged:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the database. Reading afterwards is an error."""
        with self._lock:
            self._connection.close()

    def query(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return what a statement finds; raises `SnapshotDamaged`."""
        with self._lock:
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.DatabaseError as error:
                raise SnapshotDamaged(f"records.db cannot be read: {error}.") from error


def read_only(path: Path) -> str:
    """Return the address at which SQLite opens a file that never changes."""
    return f"{path.absolute().as_uri()}?mode=ro&immutable=1"


class Records:
    """Read access to `records.db`. Safe to share between threads.

    Where an index has a newer part (`index.parts`), it is read together with the database of that:
    no article is in both.
    """

    def __init__(
        self, path: Path, newer: Path | None = None, places: NDArray[np.int32] | None = None
    ) -> None:
        self._places = places
        self._databases = [_Database(path, newer)]
        self._numbers: list[NDArray[np.int32]] = []
        try:
            if newer is not None and places is not None:
                self._databases.append(_Database(newer))
                sizes = [
                    d.query("SELECT count(*) FROM main.passages")[0][0] for d in self._databases
                ]
                if fault_of(places, *sizes):
                    raise SnapshotDamaged(f"places.npy cannot be read: {fault_of(places, *sizes)}.")
                self._numbers += numbers_of(places, *sizes)
            self.counts()
        except SnapshotDamaged:
            self.close()
            raise

    def close(self) -> None:
        """Close the database. Reading afterwards is an error."""
        for database in self._databases:
            database.close()

    def _query(
        self, statement: str, values: Sequence[Any] = (), *, row: int | None = None
    ) -> list[tuple[Any, ...]]:
        """Return what a statement finds, in the base first. Column `row` holds row numbers."""
        found = [database.query(statement, values) for database in self._databases]
        if row is not None:
            for number, part in zip(self._numbers, found, strict=False):
                # An article without passages begins where the next does, which may be nowhere.
                at = np.minimum([each[row] for each in part], len(number) - 1)
                shown = number[at.astype(np.int64)].tolist() if len(number) else [0] * len(part)
                part[:] = [
                    (*each[:row], one, *each[row + 1 :])
                    for each, one in zip(part, shown, strict=True)
                ]
        return [each for part in found for each in part]

    def counts(self) -> tuple[int, int]:
        """Return the numbers of articles and of passages."""
        articles = sum(count for (count,) in self._query("SELECT count(*) FROM articles"))
        if self._places is not None:
            return articles, len(self._places)
        ((passages,),) = self._query("SELECT count(*) FROM passages")
        return articles, int(passages)

    def newer(self) -> Newer:
        """Return what the newer part holds and hides; nothing where there is none."""
        if self._places is None:
            return Newer()
        newer = self._databases[1]
        ids, hidden_ids, hidden_files = (
            {name for (name,) in newer.query(query)}
            for query in (
                "SELECT article_id FROM articles",
                "SELECT article_id FROM hidden_articles",
                "SELECT source FROM hidden_files",
            )
        )
        files = {record[0]: FileRecord(*record) for record in newer.query(_FILES)}
        return Newer(ids, files, hidden_ids, hidden_files)

    def passages(self, rows: Iterable[int]) -> dict[int, Passage]:
        """Return the passages of `rows`, by row."""
        wanted = sorted({int(row) for row in rows})
        if self._places is None:
            return _passages_at(self._databases[0], wanted)
        wanted = [row for row in wanted if row < len(self._places)]
        places = self._places[wanted].tolist()
        base = len(self._numbers[0])
        shown = dict(zip(places, wanted, strict=True))
        old = _passages_at(self._databases[0], [place for place in places if place < base])
        new = _passages_at(self._databases[1], [p - base for p in places if p >= base])
        found = {shown[place]: passage for place, passage in old.items()}
        return found | {shown[base + place]: passage for place, passage in new.items()}

    def passages_of(self, article_id: str) -> list[Passage]:
        """Return the passages of an article in order; empty when there is no such article."""
        found = self._query(f"{_PASSAGES} article_id = ? ORDER BY row", (article_id,))
        texts = self._query(f"{_TEXTS} article_id = ?", (article_id,))
        return list(_cut(found, dict(texts)).values())

    def with_section(self, article_ids: Iterable[str], section_type: SectionType) -> set[str]:
        """Return which of these articles have a passage of a section of this type."""
        names = list(article_ids)
        found = self._query(
            "SELECT DISTINCT article_id FROM passages "  # noqa: S608 - marks
            f"WHERE article_id IN ({_marks(names)}) AND section_type = ?",
            (*names, section_type),
        )
        return {name for (name,) in found}

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

    def articles(self, *, after: str = "", limit: int = -1) -> list[Article]:
        """Return articles by id with `text` left empty, those whose id comes after `after`."""
        found = self._query(
            "SELECT article_id, record FROM articles WHERE article_id > ? "
            "ORDER BY article_id LIMIT ?",
            (after, limit),
        )
        records = [record for _, record in sorted(found)]
        return [
            article_from_json(record, "") for record in records[: limit if limit >= 0 else None]
        ]

    def every_article(self) -> Iterator[tuple[Article, int, list[Passage]]]:
        """Yield each article by id, with its first row and its passages."""
        after = ""
        while found := sorted(
            self._query(
                "SELECT article_id, first_row, record, text FROM articles WHERE article_id > ? "
                "ORDER BY article_id LIMIT 100",
                (after,),
                row=1,
            )
        )[:100]:
            for after, first_row, record, text in found:
                yield article_from_json(record, text), first_row, self.passages_of(after)

    def article_rows(self) -> dict[str, tuple[int, int]]:
        """Return, by article id, its first row and its number of passages."""
        return {name: (first, count) for name, _, first, count in self.article_places()}

    def article_places(self) -> list[tuple[str, str, int, int]]:
        """Return of each article its id, its source, its first row and its number of passages."""
        return self._query("SELECT article_id, source, first_row, passages FROM articles", row=2)

    def spans(self) -> list[list[tuple[int, int]]]:
        """Return, for the base and for the newer part, the first row and the number of passages of
        each article of its own rows, those of the base that do not count any more with them."""
        asked = "SELECT first_row, passages FROM main.articles"
        return [database.query(asked) for database in self._databases]

    def ids_of_source(self, source: str) -> list[str]:
        """Return the ids of the articles that the file `source` gave, in order."""
        found = self._query(
            "SELECT article_id FROM articles WHERE source = ? ORDER BY article_id", (source,)
        )
        return sorted(article_id for (article_id,) in found)

    def articles_of_source(self, source: str) -> list[tuple[Article, int, list[Passage]]]:
        """Return the articles that the file `source` gave, as `every_article` yields them."""
        found = self._query(
            "SELECT article_id, first_row, record, text FROM articles WHERE source = ? "
            "ORDER BY article_id",
            (source,),
            row=1,
        )
        return [
            (article_from_json(record, text), first, self.passages_of(article_id))
            for article_id, first, record, text in sorted(found)
        ]

    def article_facts(self) -> tuple[list[str], list[str], list[str], list[str], list[str]]:
        """Return, of the articles that have passages, in the order of their rows: the ids, the
        publishers, the languages, and when each was published and modified; "" where not stated.
        """
        found = self._query(
            """SELECT first_row, article_id, coalesce(json_extract(record, '$.publisher'), ''),
                      coalesce(json_extract(record, '$.language'), ''),
                      coalesce(json_extract(record, '$.published'), ''),
                      coalesce(json_extract(record, '$.modified'), '')
            FROM articles WHERE passages > 0 ORDER BY first_row""",
            row=0,
        )
        found.sort(key=itemgetter(0))
        _, *facts = ([f[i] for f in found] for i in range(6))
        ids, publishers, languages, published, modified = facts
        return ids, publishers, languages, published, modified

    def section_types(self) -> list[str]:
        """Return the section type of every row, in order."""
        asked = "SELECT section_type FROM main.passages ORDER BY row"
        found = [kind for database in self._databases for (kind,) in database.query(asked)]
        return found if self._places is None else [found[place] for place in self._places.tolist()]

    def headings(self) -> list[str]:
        """Return every heading of every passage's path, each once, in the order of rows."""
        found = self._query("SELECT min(row), section FROM passages GROUP BY section", row=0)
        return list(dict.fromkeys(h for _, section in sorted(found) for h in json.loads(section)))

    def files(self) -> dict[str, FileRecord]:
        """Return what is known of every file of the corpus, by source."""
        return {record[0]: FileRecord(*record) for record in self._query(_FILES)}

    def files_named(self, sources: Iterable[str]) -> dict[str, FileRecord]:
        """Return, by source, what is known of each of these files that there is."""
        return self._files_of("source", sources)

    def files_of_groups(self, groups: Iterable[str]) -> dict[str, FileRecord]:
        """Return, by source, what is known of the files of these groups."""
        return self._files_of('"group"', groups)

    def _files_of(self, column: str, names: Iterable[str]) -> dict[str, FileRecord]:
        asked = f"{_FILES} WHERE {column} IN (SELECT value FROM json_each(?))"  # noqa: S608
        found = self._query(asked, (json.dumps(list(names)),))
        return {record[0]: FileRecord(*record) for record in found}

    def known_files(self) -> dict[str, KnownFile]:
        """Return by what every file of the corpus is known again, by source: for 150,000 in a
        third of the time, and of the memory, of `files`."""
        found = self._query(f"SELECT {_KNOWN} FROM files")  # noqa: S608 - names of ours
        return {known[0]: known for known in found}

    def problems(self) -> dict[str, str]:
        """Return, by source, why a file of the corpus could not be read; none that could be."""
        return dict(self._query("SELECT source, problem FROM files WHERE problem != ''"))


def _passages_at(database: _Database, wanted: Sequence[int]) -> dict[int, Passage]:
    """Return the passages of rows of one database, by row."""
    found: dict[int, Passage] = {}
    for begin in range(0, len(wanted), 500):
        part = wanted[begin : begin + 500]
        places = database.query(f"{_PASSAGES} row IN ({_marks(part)})", part)
        # Each article once, and not for each of its passages: in two thirds of the time.
        names = list({name for _, name, *_ in places})
        texts = database.query(f"{_TEXTS} article_id IN ({_marks(names)})", names)
        found |= _cut(places, dict(texts))
    return found


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _cut(places: Iterable[tuple[Any, ...]], texts: Mapping[str, str]) -> dict[int, Passage]:
    """Return the passages of `_PASSAGES` by row, cut out of the texts of their articles."""
    found: dict[int, Passage] = {}
    for row, name, start, end, section, kind in places:
        if name in texts:
            try:
                text = texts[name][start:end]
                found[row] = Passage(name, start, end, _headings(section), text, kind)
            except (ValueError, TypeError) as error:
                raise altered(name, error) from error
    return found


@lru_cache(maxsize=4096)
def _headings(stored: str) -> tuple[str, ...]:
    """Return the headings above a passage; most passages have them in common with others."""
    return tuple(json.loads(stored))
