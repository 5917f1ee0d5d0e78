"""What changed in the corpus, into the next snapshot. The one file to read first.

    files ──find──▶ changed? ──read──▶ Document ──compose──▶ Article ──segment──▶ Passages
                       │ no                                                          │
                       ▼                                                             ▼
              rows of the live snapshot ────────────── merged by article id ──▶ vectors, terms
                                                                                     │
                                                                     commit_snapshot ▼

An unchanged file costs a look at its size and time. A passage that reads as before keeps its
vector, whichever file it stands in now.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.dense import DenseIndex
from index.encoder import Encoder
from index.errors import NoSnapshot, SnapshotError, SourceError
from index.history import check_room, open_whole_snapshot
from index.lexical import LexicalIndex
from index.records import Article, Manifest, Passage
from index.snapshot import (
    FORMAT_VERSION,
    Snapshot,
    commit_snapshot,
    writer_lock,
)
from index.store import FileRecord, write_records
from ingest.corpus import RACY_NANOSECONDS, SourceFile, find_files
from ingest.document import Document
from ingest.languages import unknown_to
from ingest.readers import read
from ingest.reading import outline_of, read_file
from ingest.repetition import groups_to_look_at, repeated_blocks
from ingest.segment import SegmenterSettings, search_texts, segment
from ingest.token_counts import remembering

OnProgress = Callable[[str, int, int], None]
"""Told `(stage, done, total)`; the stages are "reading" (files) and "encoding" (passages)."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did. `manifest` is None when nothing had changed and no snapshot was made."""

    manifest: Manifest | None
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    problems: tuple[FileRecord, ...] = ()
    notes: tuple[str, ...] = ()
    articles: int = 0
    passages: int = 0
    encoded: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class _Draft:
    """The next snapshot as it takes shape: each article from the live one or read afresh."""

    kept: dict[str, tuple[int, int]] = field(default_factory=dict)
    fresh: dict[str, tuple[Article, list[Passage]]] = field(default_factory=dict)
    files: list[FileRecord] = field(default_factory=list)
    reusable: list[str] = field(default_factory=list)


class _Look(NamedTuple):
    """A file (None: passed over), what is known of it, and whether it is new or changed."""

    file: SourceFile | None
    record: FileRecord
    fresh: bool


def update_index(
    corpus: Path,
    index: Path,
    encoder: Encoder,
    *,
    target_tokens: int = 96,
    keep: int = 3,
    rebuild: bool = False,
    on_progress: OnProgress = lambda *_: None,
    step: Callable[[str], None] = lambda *_: None,
) -> Report:
    """Bring `index` up to date with `corpus` and return what was done.

    Raises `SourceError` when there is nothing at `corpus` or no article in it (the live snapshot
    stays), and `WriterBusy` while another process writes to `index`.
    """
    if not corpus.exists():
        raise SourceError(f"there is no corpus at {corpus}. Name one with --corpus, or make it.")
    started = time.monotonic()
    settings = SegmenterSettings(target_tokens, encoder.record.max_tokens)
    with writer_lock(index):
        live, notes = _live(index, encoder, settings, rebuild=rebuild)
        try:
            draft, changes = _read_changes(corpus, live, encoder, settings, on_progress)
            report = Report(
                None,
                *changes,
                problems=tuple(record for record in draft.files if record.problem),
                notes=(*notes, *_same_content(draft), *_foreign(draft, encoder.record.name)),
            )
            if live is not None and not any(changes) and _same_files(live, draft):
                return replace(
                    report,
                    articles=live.manifest.articles,
                    passages=live.manifest.passages,
                    seconds=time.monotonic() - started,
                )
            if not draft.kept and not draft.fresh:
                raise SourceError(_nothing_to_index(corpus, draft))
            encoded = 0

            def write(folder: Path, identifier: str) -> Manifest:
                nonlocal encoded
                manifest, encoded = _write(
                    folder, identifier, live, draft, encoder, settings, on_progress
                )
                return manifest

            manifest = commit_snapshot(index, write, keep=keep, step=step)
        finally:
            if live is not None:
                live.records.close()
    return replace(
        report,
        manifest=manifest,
        articles=manifest.articles,
        passages=manifest.passages,
        encoded=encoded,
        seconds=time.monotonic() - started,
    )


def explain_file(path: Path) -> list[Document]:
    """Return the documents of one file, each block with its reason where it is left out."""
    (file,) = (found for found in find_files(path) if isinstance(found, SourceFile))
    data, _ = file.read()
    return list(read(data, file.source))


@cache
def code_fingerprint() -> str:
    """Return a hash of the code that reads and cuts articles: another one reads everything anew."""
    digest = hashlib.sha256()
    house = Path(__file__).parent.parent
    code = [*house.glob("ingest/**/*.py"), *house.glob("ingest/**/*.json")]
    for path in sorted([*code, house / "index" / "sentences.py"]):
        digest.update(path.relative_to(house).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _segmenter(settings: SegmenterSettings) -> dict[str, int | str]:
    return {**settings.as_dict(), "code": code_fingerprint()}


def _live(
    index: Path, encoder: Encoder, settings: SegmenterSettings, *, rebuild: bool
) -> tuple[Snapshot | None, list[str]]:
    """Return the live snapshot where its rows can be used again, else None and why not."""
    try:
        # Every byte: what is damaged there would be copied into the next one, and sealed as whole.
        live = open_whole_snapshot(index)
    except NoSnapshot:
        return None, []
    except SnapshotError as error:
        return None, [f"Everything is read anew: {error}"]
    made = live.manifest
    why = ""
    if rebuild:
        why = "Everything is read anew, as asked."
    elif made.encoder.fingerprint != encoder.record.fingerprint:
        why = f"The encoder is now {encoder.record.name}: everything is encoded anew."
    elif made.segmenter != _segmenter(settings):
        why = "Pincite reads or cuts articles differently now: everything is read anew."
    if why:
        live.records.close()
        return None, [why]
    return live, []


def _read_changes(
    corpus: Path,
    live: Snapshot | None,
    encoder: Encoder,
    settings: SegmenterSettings,
    on_progress: OnProgress,
) -> tuple[_Draft, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
    known = live.records.files() if live else {}
    rows = live.records.article_rows() if live else {}
    owned: dict[str, list[str]] = {}
    if live:
        for article in live.records.articles():
            owned.setdefault(article.source, []).append(article.article_id)
    count_tokens = remembering(encoder.count_tokens)
    draft = _Draft()
    added: list[str] = []
    changed: list[str] = []
    now = time.time_ns()
    looks = [_look(file, known, now) for file in find_files(corpus)]
    repeated, judged_anew = _evidence(known, looks)
    for done, (file, record, fresh) in enumerate(looks):
        on_progress("reading", done, len(looks))
        source, before = record.source, known.get(record.source)
        if file is None or not (fresh or source in judged_anew):
            draft.files.append(record)
            draft.kept.update({name: rows[name] for name in owned.get(source, []) if file})
            continue
        try:
            articles, sha256 = read_file(file, repeated.get(source, frozenset()))
            cut = {
                article.article_id: (article, segment(article, count_tokens, settings))
                for article in articles
            }
            draft.fresh.update(cut)
            # A file that has changed since its blocks were compared is read again the next time.
            steady = record.sha256 in {"", sha256}
            draft.files.append(replace(record, sha256=sha256 if steady else "", problem=""))
        except SourceError as error:
            failed = replace(record, sha256=_hash(file), problem=str(error))
            draft.files.append(failed)
            if before and (before.sha256, before.problem) == (failed.sha256, failed.problem):
                continue
        if fresh:
            (changed if before else added).append(source)
        draft.reusable += [source] if before else []
    on_progress("reading", len(looks), len(looks))
    present = {record.source for record in draft.files}
    removed = sorted(source for source in known if source not in present)
    draft.reusable += removed
    return draft, (tuple(added), tuple(changed), tuple(removed))


def _look(file: SourceFile | FileRecord, known: Mapping[str, FileRecord], now: int) -> _Look:
    if isinstance(file, FileRecord):
        return _Look(None, file, fresh=False)
    before = known.get(file.source)
    if before and _untouched(file, before):
        return _Look(file, replace(before, modified_ns=_trusted_time(file, now)), fresh=False)
    outline = outline_of(file)
    record = FileRecord(file.source, outline.sha256, file.size, _trusted_time(file, now))
    return _Look(file, replace(record, group=outline.group, blocks=outline.blocks), fresh=True)


def _evidence(
    known: Mapping[str, FileRecord], looks: Sequence[_Look]
) -> tuple[dict[str, frozenset[int]], set[str]]:
    """Return the blocks of each file that others have too, and the files for which they changed.

    That a file's article is cut anew when another file shows which of its blocks are the site's
    keeps an index that grew equal to one built afresh. A group in which nothing changed is passed
    over.
    """
    records = [look.record for look in looks]
    groups = groups_to_look_at(known, records, {look.record.source for look in looks if look.fresh})
    before = repeated_blocks(known.values(), groups)
    now = repeated_blocks(records, groups)
    return now, {source for source in {*before, *now} if before.get(source) != now.get(source)}


def _untouched(file: SourceFile, before: FileRecord) -> bool:
    if not before.sha256:  # it could not be opened then; permissions change without a trace
        return False
    if (file.size, file.modified_ns) == (before.size, before.modified_ns):
        return True
    return file.size == before.size and _hash(file) == before.sha256


def _hash(file: SourceFile) -> str:
    try:
        return file.fingerprint()
    except SourceError:
        return ""


def _trusted_time(file: SourceFile, now: int) -> int:
    """Return the file's time of change, or 0 ("look inside") while it is too recent to trust."""
    return file.modified_ns if file.modified_ns < now - RACY_NANOSECONDS else 0


def _same_files(live: Snapshot, draft: _Draft) -> bool:
    """Tell whether the files' states, times aside, are those that the live snapshot knows."""

    def states(records: Sequence[FileRecord]) -> list[tuple[str, str, str]]:
        return sorted((r.source, r.sha256, r.problem) for r in records)

    return states(list(live.records.files().values())) == states(draft.files)


def _same_content(draft: _Draft) -> Iterator[str]:
    first: dict[str, str] = {}
    for record in draft.files:
        if record.problem or not record.sha256:
            continue
        other = first.setdefault(record.sha256, record.source)
        if other != record.source:
            yield f"{record.source} has the same content as {other}: it is quoted once, with both."


def _foreign(draft: _Draft, encoder: str) -> Iterator[str]:
    for article, _ in draft.fresh.values():
        if unknown_to(encoder, article.language):
            yield (
                f"{article.article_id} is in the language {article.language!r}, which the encoder "
                f"{encoder} does not know: it is found by its words only. Set PINCITE_ENCODER to a "
                "multilingual model."
            )


def _nothing_to_index(corpus: Path, draft: _Draft) -> str:
    reasons = "".join(f"\n  {r.source}: {r.problem}" for r in draft.files if r.problem)
    return f"nothing in {corpus} could be indexed ({len(draft.files)} files).{reasons}"


def _write(
    folder: Path,
    identifier: str,
    live: Snapshot | None,
    draft: _Draft,
    encoder: Encoder,
    settings: SegmenterSettings,
    on_progress: OnProgress,
) -> tuple[Manifest, int]:
    """Write the files of the next snapshot; return its manifest and how many texts were encoded."""
    order = sorted({*draft.kept, *draft.fresh})
    origin: list[int] = []
    texts: list[str] = []
    for name in order:
        if name in draft.fresh:
            article, passages = draft.fresh[name]
            texts += _found_by(article, passages, encoder, settings)
            origin += [-1] * len(passages)
        else:
            first, count = draft.kept[name]
            origin += range(first, first + count)
    rows = np.array(origin, np.int64)
    new_bytes = sum(len(article.text.encode()) for article, _ in draft.fresh.values())
    check_room(folder.parent.parent, len(rows), encoder.record.dimension, new_bytes)
    vectors, encoded = _vectors(live, draft, rows, texts, encoder, settings, on_progress)
    before = live.dense if live else None
    DenseIndex.build(vectors, before=before, origin=rows).save(folder / "dense.faiss")
    lexical = live.lexical.revised(rows, texts) if live else LexicalIndex.build(texts)
    lexical.save(folder / "lexical")

    counts = write_records(
        folder / "records.db",
        (draft.fresh.get(name, name) for name in order),
        draft.files,
        live=live.folder / "records.db" if live else None,
    )
    return Manifest(
        format_version=FORMAT_VERSION,
        snapshot=identifier,
        built=datetime.now(UTC).isoformat(timespec="seconds"),
        encoder=encoder.record,
        segmenter=_segmenter(settings),
        articles=counts[0],
        passages=counts[1],
        files={},
    ), encoded


def _found_by(
    article: Article, passages: Sequence[Passage], encoder: Encoder, settings: SegmenterSettings
) -> list[str]:
    cited = frozenset(entry.number for entry in article.references if entry.number is not None)
    return search_texts(passages, article.title, encoder.count_tokens, settings.limit, cited=cited)


def _vectors(
    live: Snapshot | None,
    draft: _Draft,
    rows: NDArray[np.int64],
    texts: Sequence[str],
    encoder: Encoder,
    settings: SegmenterSettings,
    on_progress: OnProgress,
) -> tuple[NDArray[np.float32], int]:
    """Return the vectors `(len(rows), d)`: the live snapshot's where they hold, new ones else."""
    vectors = np.empty((len(rows), encoder.record.dimension), np.float32)
    same: dict[str, int] = {}
    if live is not None:
        kept = rows >= 0
        vectors[kept] = live.dense.vectors[rows[kept]]
        for source in draft.reusable:
            for article, first, passages in live.records.articles_of_source(source):
                read_as = _found_by(article, passages, encoder, settings)
                same.update({text: first + offset for offset, text in enumerate(read_as)})
        places = np.flatnonzero(~kept)
    else:
        places = np.arange(len(rows))
    # A text that stands more than once (a syndicated copy) is encoded once.
    wanted = list(dict.fromkeys(text for text in texts if text not in same))
    done = 0

    def on_batch(count: int) -> None:
        nonlocal done
        done += count
        on_progress("encoding", done, len(wanted))

    new = encoder.encode(wanted, on_batch=on_batch)
    at = {text: position for position, text in enumerate(wanted)}
    for place, text in zip(places, texts, strict=True):
        vectors[place] = (
            live.dense.vectors[same[text]] if live is not None and text in same else new[at[text]]
        )
    return vectors, len(wanted)
