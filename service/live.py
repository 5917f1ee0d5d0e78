"""The live snapshot and others that are kept: opened, followed, and read by every face.

What is read of a snapshot once, for all that is asked of it, is kept as long as it is open.
"""

import copy
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

from index.batched_encoder import BatchedEncoder
from index.encoder import Encoder
from index.errors import PinciteError, SnapshotError
from index.history import open_whole_snapshot
from index.records import Article, Passage
from index.search import Searcher
from index.snapshot import check_encoder, current_snapshot, snapshots
from index.store import Records
from service.evidence.verify import Quote, verify
from service.filters import Filters
from service.quoting import Known, article_out, built_on
from service.schemas import ArticleOut, IndexOut, IndexStatus, Verification
from service.settings import Settings
from service.suggest import Kind

KEPT_OPEN = 2
"""Snapshots other than the live one that stay open once they were asked for."""


class SnapshotNotKept(PinciteError):
    """The snapshot that an answer was asked from is not there, or was made for another encoder."""

    status = 404
    kind = "snapshot-not-kept"


class Live:
    """What is live, and what is read of it. Safe to share between threads."""

    def __init__(self, settings: Settings, encoder: Encoder) -> None:
        self._settings = settings
        self._encoder = BatchedEncoder(encoder)
        self._swap = threading.Lock()
        # Apart from the one above: comparing kept snapshots may take long, and whoever asks for
        # several in turn must not keep a new one from going live.
        self._opening = threading.Lock()
        self._keeping = threading.Lock()  # brief: nothing is compared under it
        self._searcher = self._open(settings.index)
        self._known: dict[str, Known] = {}
        self._kept: dict[str, Searcher] = {}

    def _open(self, index: Path, before: Searcher | None = None) -> Searcher:
        """Open the live snapshot; what it shares with that of `before` is not read again."""
        snapshot = open_whole_snapshot(index, before=before.snapshot if before else None)
        check_encoder(snapshot.manifest, self._encoder.record)
        searcher = Searcher(snapshot, before)
        # The first question should not be the one that reads the files into memory.
        searcher.search("", self._encoder.encode([""])[0], 1)
        return searcher

    def refresh(self) -> bool:
        """Follow the pointer to the live snapshot; return whether it had moved.

        Questions that are running finish on the snapshot they began with.
        """
        with self._swap:
            if current_snapshot(self._settings.index) == self.info.snapshot:
                return False
            self._searcher = self._open(self._settings.index, self._searcher)
            self._encoder.forget()
            return True

    def held(self) -> Self:
        """Return the same desk with the snapshot that is live now, whatever is swapped in later.

        What is read of it one thing after the other belongs together.
        """
        return copy.copy(self)

    @property
    def info(self) -> IndexOut:
        """What is live."""
        return index_out(self._searcher)

    def status(self) -> IndexStatus:
        """What is live, which snapshots are kept, which files could not be read."""
        searcher = self._searcher
        return IndexStatus(
            **index_out(searcher).model_dump(),
            snapshots=tuple(snapshots(self._settings.index)),
            problems=searcher.snapshot.records.problems(),
        )

    def articles(self) -> Sequence[Article]:
        """Return every article by title, read once for each snapshot.

        `text`, `blocks`, `references` and `citation_marks` are left empty.
        """
        searcher = self._searcher
        listed = self.known_of(searcher).listed
        if not listed:
            found = (
                replace(article, blocks=(), references=(), citation_marks=())
                for article in searcher.snapshot.records.articles()
            )
            # In one step: another thread that lists them too finds none of them, or all.
            listed[:] = sorted(found, key=lambda one: (one.title.casefold(), one.article_id))
        return listed

    def headings(self) -> list[tuple[str, Kind]]:
        """Return the titles and headings of all articles, each once, for completions.

        They are read each time: who completes by them keeps them as long as the snapshot lives.
        """
        return _headings(self._searcher.snapshot.records)

    def known_of(self, searcher: Searcher) -> Known:
        """Return what was read of a searcher's snapshot once, for all that is asked of it."""
        identifier = searcher.snapshot.manifest.snapshot
        known = self._known.get(identifier)
        if known is None:
            rows = searcher.snapshot.records.article_rows()
            known = Known({name: first for name, (first, some) in rows.items() if some}, {}, {}, [])
            with self._keeping:
                for closed in self._known.keys() - {self.info.snapshot, *self._kept}:
                    del self._known[closed]
                self._known[identifier] = known
        return known

    def searcher_of(self, identifier: str | None) -> Searcher:
        """Return the live searcher, or that of a snapshot that is kept beside it.

        Raises `SnapshotNotKept`.
        """
        live = self._searcher
        if identifier is None or identifier == live.snapshot.manifest.snapshot:
            return live
        kept = snapshots(self._settings.index)
        if identifier not in kept:
            raise SnapshotNotKept(
                f"snapshot {identifier[:40]!r} is not kept here (kept: {', '.join(kept)}). Leave "
                "it out to ask the live one; PINCITE_KEEP_SNAPSHOTS says how many are kept."
            )
        with self._opening:
            found = self._kept.pop(identifier, None)
            if found is None:
                try:
                    snapshot = open_whole_snapshot(
                        self._settings.index, identifier, before=live.snapshot
                    )
                    check_encoder(snapshot.manifest, self._encoder.record)
                except SnapshotError as error:
                    why = self._settings.without_folders(str(error))
                    raise SnapshotNotKept(
                        f"snapshot {identifier} cannot be asked any more: {why}"
                    ) from error
                found = Searcher(snapshot, live)
            # The one asked for last comes last; the one not asked for longest makes room.
            while len(self._kept) >= KEPT_OPEN:
                del self._kept[next(iter(self._kept))]
            self._kept[identifier] = found
        return found

    def described(self, article: Article) -> ArticleOut:
        """Return a whole article as answers name it, with its labels."""
        return article_out(article, built_on(self._searcher.snapshot.manifest))

    def articles_after(self, cursor: str, limit: int) -> list[Article]:
        """Return at most `limit` articles by id, whole, that come after `cursor`.

        Whole, because an article's hash is its text's.
        """
        records = self._searcher.snapshot.records
        named = records.articles(after=cursor, limit=limit)
        return [article for name in named if (article := records.article(name.article_id))]

    def article(self, article_id: str) -> Article | None:
        """Return one article, whole."""
        return self._searcher.snapshot.records.article(article_id)

    def articles_with(self, filters: Filters) -> frozenset[str]:
        """Return the ids of the articles that have a passage which passes `filters`."""
        searcher = self._searcher
        first_rows = self.known_of(searcher).first_rows
        names = sorted(first_rows, key=first_rows.__getitem__)
        rows = searcher.rows_of(filters.as_filter())
        return frozenset(names[number] for number in searcher.articles.article_of[rows].tolist())

    def section_types(self) -> frozenset[str]:
        """Return the types of section that some passage has."""
        return frozenset(self._searcher.snapshot.records.section_types())

    def articles_of(self, source: str, most: int) -> tuple[int, list[Article]]:
        """Return how many articles the file `source` gave, and the first `most`, whole, by id."""
        records = self._searcher.snapshot.records
        names = records.ids_of_source(source)
        return len(names), [found for name in names[:most] if (found := records.article(name))]

    def passages(self, article_id: str) -> Sequence[Passage]:
        """Return the passages of an article, in order."""
        return self._searcher.snapshot.records.passages_of(article_id)

    def article_with_passages(self, article_id: str) -> tuple[Article, Sequence[Passage]] | None:
        """Return one article, whole, and its passages in order, of one snapshot."""
        records = self._searcher.snapshot.records
        article = records.article(article_id)
        return None if article is None else (article, records.passages_of(article_id))

    def verify(self, quote: Quote, snapshot: str | None = None) -> Verification:
        """Tell whether a quote really stands in an article, at that place.

        Of the live snapshot, or of `snapshot` while it is kept; raises `SnapshotNotKept`.
        """
        searcher = self.searcher_of(snapshot)
        article = searcher.snapshot.records.article(quote.article_id)
        return verify(quote, article, searcher.snapshot.manifest.snapshot)


def _headings(records: Records) -> list[tuple[str, Kind]]:
    found: dict[str, Kind] = {}
    for article in records.articles():
        found.setdefault(article.title, "title")
    for heading in records.headings():
        found.setdefault(heading, "heading")
    return list(found.items())


def index_out(searcher: Searcher) -> IndexOut:
    """Return what a searcher's snapshot is, as answers name it."""
    manifest = searcher.snapshot.manifest
    return IndexOut(
        snapshot=manifest.snapshot,
        built=manifest.built,
        encoder=manifest.encoder.name,
        articles=manifest.articles,
        passages=manifest.passages,
    )
