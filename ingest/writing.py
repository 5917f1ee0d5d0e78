"""What is kept and what was read, into the files of the next snapshot.

A small index is written anew: what is kept is copied from the live snapshot, row by row. A large
one grows by a newer part (`index.parts`): its base stays the live snapshot's files, linked, and
only what has come since it was written is written again. When that is a sixteenth of the base,
all is written anew in one part.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.arrays import Stored, save_array
from index.dense import SKETCHED_FROM, DenseIndex
from index.errors import SnapshotDamaged
from index.history import check_room, unread_files
from index.lexical import LexicalIndex
from index.lexical_merging import revised
from index.parts import PartedVectors, Places
from index.records import Article, Passage
from index.snapshot import NEWER, Snapshot, damaged_files
from index.snapshot_writing import can_link, link_base
from index.store import FileRecord, Newer
from index.store_writing import write_records
from ingest.encoding_aside import AHEAD, WINDOW

GROWN_FROM = SKETCHED_FROM
"""Passages from which an index grows by a newer part. Below, one part is written in seconds."""
SHARE = 16
"""Rows that came and went since the base was written, beyond one in so many of its rows, have all
written anew: what every update costs grows with them, and at 1,000,000 passages writing all takes
some 20 s where an update takes one (docs/scale.md)."""

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Content:
    """What the next snapshot holds.

    `kept` gives of the articles of the live snapshot that stay their first row and number of
    passages, `gone` names its others; `fresh` gives of all that are new the number of passages.
    `whole` and `found_by` give one of these with its passages, and the texts by which those are
    found; when these have been asked for all, in order, `vectors` gives the vectors `(f, d)` of
    their passages. `new_bytes` is the size of their text. `files` are the records of files that are
    new, `stale` the sources of those that the live snapshot has and that do not stay.
    """

    kept: Mapping[str, tuple[int, int]]
    fresh: Mapping[str, int]
    whole: Callable[[str], tuple[Article, Sequence[Passage]]]
    found_by: Callable[[str], Sequence[str]]
    vectors: Callable[[], Stored]
    files: Sequence[FileRecord]
    dimension: int
    gone: Set[str] = frozenset()
    stale: Set[str] = frozenset()
    new_bytes: int = 0

    def texts(self, order: Sequence[str]) -> Iterator[str]:
        """Yield the texts by which the passages of what is fresh are found."""
        for name in order:
            yield from self.found_by(name) if name in self.fresh else ()

    def entries(self, order: Sequence[str]) -> Iterator[tuple[Article, Sequence[Passage]] | str]:
        """Yield the articles of `order` as `write_records` takes them."""
        return (self.whole(name) if name in self.fresh else name for name in order)


def write_files(folder: Path, live: Snapshot | None, content: Content) -> tuple[int, int]:
    """Write all but the manifest into `folder`; return how many articles and passages there are.

    Raises `OSError` and `SnapshotError`.
    """
    order = sorted({*content.kept, *content.fresh})
    rows = _rows(order, content)
    places = _places(live, rows)
    if live is None or places is None:
        _write_whole(folder, live, content, order, rows)
    else:
        _write_newer(folder, live, content, order, rows, places)
    return len(order), len(rows)


def _rows(order: Sequence[str], content: Content) -> Rows:
    """Return which row of the live snapshot each of the next one is, `(n,)`; -1 for a fresh one."""
    spans = [
        (-1, content.fresh[name]) if name in content.fresh else content.kept[name] for name in order
    ]
    firsts, counts = np.array(spans, np.int64).reshape(-1, 2).T
    begins = np.cumsum(counts) - counts
    rows: Rows = np.repeat(firsts - begins, counts) + np.arange(counts.sum())
    rows[np.repeat(firsts < 0, counts)] = -1
    return rows


def _places(live: Snapshot | None, rows: Rows) -> Places | None:
    """Return where the next rows lie when the base stays; None when all is to be written anew."""
    if live is None or len(rows) < GROWN_FROM:
        return None
    base = len(live.base.vectors)
    old = rows >= 0
    places = np.full(len(rows), -1, np.int32)
    places[old] = rows[old] if live.places is None else live.places[rows[old]]
    newer = (places < 0) | (places >= base)
    came = int(newer.sum())
    gone = base - (len(rows) - came)
    places[newer] = base + np.arange(came, dtype=np.int32)
    return places if came + gone <= base // SHARE else None


def _write_whole(
    folder: Path, live: Snapshot | None, content: Content, order: Sequence[str], rows: Rows
) -> None:
    # The last new vectors may still be on their way into the file that they wait in.
    waiting = min(int((rows < 0).sum()), AHEAD + WINDOW)
    check_room(folder.parent.parent, len(rows) + waiting, content.dimension, content.new_bytes)
    kept: list[Path] = []
    if live is not None:
        _prove(live, unread_files(live.manifest, GROWN_FROM))
        parts = [live.folder] if live.newer is None else [live.folder, live.folder / NEWER]
        kept = [part / "records.db" for part in parts]
    texts = content.texts(order)
    lexical = revised(live.lexical, rows, texts) if live else LexicalIndex.build(texts)
    lexical.save(folder / "lexical")
    del lexical
    stay = live.records.files().values() if live else ()
    files = [*(record for record in stay if record.source not in content.stale), *content.files]
    files.sort(key=lambda record: record.source)
    write_records(folder / "records.db", content.entries(order), files, live=kept)
    vectors = content.vectors()
    if live is not None:
        fresh = rows < 0
        origin = np.where(fresh, len(live.dense) + np.cumsum(fresh) - 1, rows)
        vectors = PartedVectors(live.dense.vectors, vectors, origin)
    before = live.dense if live else None
    DenseIndex.build(vectors, before=before, origin=rows).save(folder / "dense.faiss")


def _write_newer(
    folder: Path,
    live: Snapshot,
    content: Content,
    order: Sequence[str],
    rows: Rows,
    places: Places,
) -> None:
    base = len(live.base.vectors)
    newer = places >= base
    linked = can_link(live.folder, folder)
    written = int(newer.sum()) + (0 if linked else base)
    index = folder.parent.parent
    check_room(index, written, content.dimension, content.new_bytes, linked=linked)
    link_base(live.folder, folder)
    part = folder / NEWER
    part.mkdir()
    save_array(part / "places.npy", places)
    # The rows of the next newer part, by those of the live one's.
    origin = rows[newer]
    if live.places is not None:
        origin = np.where(origin < 0, -1, live.places[origin] - base)
    texts = content.texts(order)
    last = live.newer
    terms = revised(last.lexical, origin, texts) if last else LexicalIndex.build(texts)
    terms.save(part / "lexical")
    _write_newer_records(part / "records.db", live, content, order)
    vectors = content.vectors()
    if live.newer is not None:
        fresh = origin < 0
        known = len(live.newer.vectors)
        lie = np.where(fresh, known + np.cumsum(fresh) - 1, origin)
        vectors = PartedVectors(live.newer.vectors, vectors, lie)
    DenseIndex(vectors).save(part / "dense.faiss")
    everything = PartedVectors(live.base.vectors, vectors, places)
    sketches = DenseIndex.build(everything, before=live.dense, origin=rows).sketches
    if sketches is not None:
        if live.dense.sketches is None or sketches.means is not live.dense.sketches.means:
            _prove(live, ["dense.faiss"])  # they were made anew, of all vectors
        sketches.save(folder / "sketches")


def _write_newer_records(
    path: Path, live: Snapshot, content: Content, order: Sequence[str]
) -> None:
    before = live.records.newer()
    in_newer = [name for name in order if name in content.fresh or name in before.articles]
    hiding = Newer(
        hidden_articles=before.hidden_articles | (content.gone - before.articles),
        hidden_files=before.hidden_files | (content.stale - before.files.keys()),
    )
    kept = [live.folder / NEWER / "records.db"] if live.newer else []
    stay = [record for source, record in before.files.items() if source not in content.stale]
    entries = content.entries(in_newer)
    write_records(path, entries, [*stay, *content.files], live=kept, hiding=hiding)


def _prove(live: Snapshot, names: Collection[str]) -> None:
    """Raise `SnapshotDamaged` unless these files of the live snapshot are what was written."""
    damaged = damaged_files(live.folder, but=live.manifest.files.keys() - {*names})
    if damaged:
        raise SnapshotDamaged(
            f"snapshot {live.manifest.snapshot} is damaged: the bytes of {', '.join(damaged)} are "
            'not those that were written. Run "pincite index --rebuild".'
        )


def proven_vectors(live: Snapshot) -> bool:
    """Tell whether the vectors of a live snapshot may be copied into another part of the next."""
    try:
        _prove(live, unread_files(live.manifest, GROWN_FROM) & {"dense.faiss"})
    except SnapshotDamaged:
        return False
    return True
