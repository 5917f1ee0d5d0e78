"""What changed in the corpus, into the next snapshot. The one file to read first.

    files ──find──▶ changed? ──read──▶ Document ──compose──▶ Article ──segment──▶ Passages
                       │ no                                                          │
                       │                        a thread of its own: vectors ◀───────┤
                       ▼                                                │            ▼
              rows of the live snapshot ──────── merged by article id ──┴──── records, terms
                                                          │
                                          commit_snapshot ▼

An unchanged file costs a look at its size and time. A passage that reads as before keeps its
vector, whichever file it stands in now. What was read lies in files in `INDEX/.reading` until the
next snapshot is written: of a corpus of any size only a window of articles is in memory.
"""

import hashlib
import shutil
import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import Stemmer

from index.arrays import Stored
from index.encoder import Encoder
from index.errors import NoSnapshot, SnapshotError, SourceError
from index.history import open_whole_snapshot
from index.parts import PartedVectors
from index.records import Article, Manifest, Passage
from index.snapshot import FORMAT_IN_PARTS, FORMAT_VERSION, NEWER, Snapshot
from index.snapshot_writing import commit_snapshot, writer_lock
from index.store import FileRecord, KnownFile, Records
from index.store_writing import write_records
from ingest import writing
from ingest.changes import Looks, hash_of, look_around
from ingest.corpus import list_files
from ingest.encoding_aside import EncodingAside, digest
from ingest.languages import unknown_to
from ingest.reading import read_file
from ingest.segment import SegmenterSettings, announcements, search_texts, segment
from ingest.token_counts import TokenCounter, remembering
from ingest.writing import Content, proven_vectors, write_files

READING = ".reading"
"""Folder, in that of the index, of what a run has read and not yet written."""

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


@dataclass(frozen=True, slots=True)
class _Run:
    """What one run works with. What it reads afresh lies in the database `staged` meanwhile."""

    live: Snapshot | None
    encoder: Encoder
    settings: SegmenterSettings
    count_tokens: TokenCounter
    staged: Path

    def found_by(self, article: Article, passages: Sequence[Passage]) -> list[str]:
        """Return the text by which each passage is found."""
        cited = frozenset(one.number for one in article.references if one.number is not None)
        return search_texts(
            passages,
            article.title,
            self.count_tokens,
            self.settings.limit,
            cited=cited,
            announced_by=announcements(article, passages),
        )


@dataclass(slots=True)
class _Draft:
    """The next snapshot as it takes shape: each article from the live one or read afresh.

    `kept` gives the place of an article of the live one that stays, `gone` names the others;
    `fresh` holds the number of passages of those read afresh. `files` are the records of files that
    are new, `stale` the sources of those of the live one that do not stay. No two files give the
    same article: an id begins with the path of its file, and no path goes through another file.
    """

    kept: dict[str, tuple[int, int]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    fresh: dict[str, int] = field(default_factory=dict)
    files: list[FileRecord] = field(default_factory=list)
    stale: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    new_bytes: int = 0

    def take(
        self, articles: Sequence[Article], run: _Run, aside: EncodingAside
    ) -> Iterator[tuple[Article, list[Passage]]]:
        """Cut the articles of one file, have them encoded, and yield those to be staged.

        Of several with one id the last counts.
        """
        by_id = {article.article_id: article for article in articles}
        if len(by_id) < len(articles):
            self.notes.append(_lost(articles))
        for article in by_id.values():
            name = article.article_id
            passages = segment(article, run.count_tokens, run.settings)
            aside.add(run.found_by(article, passages))
            self.new_bytes += len(article.text.encode())
            if unknown_to(run.encoder.record.name, article.language):
                self.notes.append(_foreign(article, run.encoder.record.name))
            self.fresh[name] = len(passages)
            yield article, passages


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
        # The files are looked at while the bytes of the live snapshot are compared.
        with ThreadPoolExecutor(1, "list") as meanwhile:
            listed = meanwhile.submit(list_files, corpus)
            live, notes = _live(index, encoder, settings, rebuild=rebuild)
        reading = index / READING
        try:
            shutil.rmtree(reading, ignore_errors=True)
            count_tokens = remembering(encoder.count_tokens)
            run = _Run(live, encoder, settings, count_tokens, reading / "records.db")
            looks = look_around(listed.result(), live)
            aside = EncodingAside(
                encoder,
                reading / "vectors.f32",
                _known_texts(looks, run),
                lambda done, wanted: on_progress("encoding", done, wanted),
            )
            with aside:
                draft, changes = _read_changes(looks, run, aside, on_progress)
                report = Report(
                    None,
                    *changes,
                    problems=_problems(looks, draft, live),
                    notes=(*notes, *_same_content(looks, draft), *draft.notes),
                )
                if live is not None and not any(changes) and _same_files(looks, draft):
                    return replace(
                        report,
                        articles=live.manifest.articles,
                        passages=live.manifest.passages,
                        seconds=time.monotonic() - started,
                    )
                if not draft.kept and not draft.fresh:
                    raise SourceError(_nothing_to_index(corpus, looks.total, report.problems))

                def write(folder: Path, identifier: str) -> Manifest:
                    return _write(folder, identifier, draft, run, aside)

                manifest = commit_snapshot(index, write, keep=keep, step=step)
        finally:
            shutil.rmtree(reading, ignore_errors=True)
            if live is not None:
                live.records.close()
    return replace(
        report,
        manifest=manifest,
        articles=manifest.articles,
        passages=manifest.passages,
        encoded=aside.wanted,
        seconds=time.monotonic() - started,
    )


@cache
def code_fingerprint() -> str:
    """Return a hash of the code that reads and cuts articles and makes terms of words: another one
    reads everything anew, so that a passage's terms and a question's are made alike."""
    hashed = hashlib.sha256(Stemmer.version().encode())
    house = Path(__file__).parent.parent
    code = [*house.glob("ingest/**/*.py"), *house.glob("ingest/**/*.json")]
    names = ("analysis", "leads", "orthography", "sentences")
    shared = (house / "index" / f"{name}.py" for name in names)
    for path in sorted([*code, *shared]):
        hashed.update(path.relative_to(house).as_posix().encode() + b"\0" + path.read_bytes())
    return hashed.hexdigest()[:16]


def _segmenter(settings: SegmenterSettings) -> dict[str, int | str]:
    return {**settings.as_dict(), "code": code_fingerprint()}


def _live(
    index: Path, encoder: Encoder, settings: SegmenterSettings, *, rebuild: bool
) -> tuple[Snapshot | None, list[str]]:
    """Return the live snapshot where its rows can be used again, else None and why not."""
    try:
        # Every byte that is built upon: what is damaged there would be sealed as whole in the next.
        live = open_whole_snapshot(index, unread_from=writing.GROWN_FROM)
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


def _known_texts(looks: Looks, run: _Run) -> dict[bytes, int]:
    """Return the live rows of the passages whose files are gone or read anew, by their texts."""
    found: dict[bytes, int] = {}
    if run.live is None:
        return found
    anew = [look.record.source for look in looks.to_read]
    if not anew:  # where files only went, nothing is there to have their vectors
        return found
    for source in (*anew, *looks.removed):
        if source in looks.known:
            for article, first, passages in run.live.records.articles_of_source(source):
                texts = run.found_by(article, passages)
                found.update({digest(text): first + at for at, text in enumerate(texts)})
    return found if found and proven_vectors(run.live) else {}


def _read_changes(
    looks: Looks, run: _Run, aside: EncodingAside, on_progress: OnProgress
) -> tuple[_Draft, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
    """Read what has to be read, into `run.staged`; its passages begin to be encoded."""
    draft = _Draft(files=[*looks.renewed])
    passed = looks.total - len(looks.to_read)
    added: list[str] = []
    changed: list[str] = []

    def articles() -> Iterator[tuple[Article, list[Passage]]]:
        for done, (file, record, fresh) in enumerate(looks.to_read, passed):
            on_progress("reading", done, looks.total)
            source, before = record.source, looks.known.get(record.source)
            try:
                found, sha256 = read_file(file, looks.repeated.get(source, frozenset()))
            except SourceError as error:
                # A reader names the file; so does whoever tells of its problem.
                problem = str(error).removeprefix(f"{source}: ")
                failed = replace(record, sha256=hash_of(file), problem=problem)
                draft.files.append(failed)
                if before and _state(before) == (failed.sha256, failed.problem):
                    continue
            else:
                yield from draft.take(found, run, aside)
                # A file that has changed since its blocks were compared is read again next time.
                steady = record.sha256 in {"", sha256}
                draft.files.append(replace(record, sha256=sha256 if steady else "", problem=""))
            if fresh:
                (changed if before else added).append(source)
        on_progress("reading", looks.total, looks.total)

    try:
        run.staged.parent.mkdir()
        write_records(run.staged, articles(), [])
    except OSError as error:
        raise SnapshotError(
            f"what was read could not be written to {run.staged.parent}: "
            f"{error.strerror or error}. What was live still is. Free some space or mend the "
            'folder, then run "pincite index" again.'
        ) from error
    draft.stale.update(looks.removed)
    draft.stale.update(looks.known.keys() & {record.source for record in draft.files})
    # Records alone may be renewed of a file whose articles stay.
    left = draft.stale - {record.source for record in looks.renewed if not record.problem}
    for name, source, first, count in run.live.records.article_places() if run.live else ():
        if source in left:
            draft.gone.add(name)
        else:
            draft.kept[name] = first, count
    return draft, (tuple(added), tuple(changed), tuple(looks.removed))


def _state(known: KnownFile) -> tuple[str, str]:
    """Return what of a known file counts when nothing else has changed: its hash, its problem."""
    _, sha256, _, _, problem, _ = known
    return sha256, problem


def _same_files(looks: Looks, draft: _Draft) -> bool:
    """Tell whether the files' states, times aside, are those that the live snapshot knows."""
    return not looks.removed and all(
        r.source in looks.known and _state(looks.known[r.source]) == (r.sha256, r.problem)
        for r in draft.files
    )


def _problems(looks: Looks, draft: _Draft, live: Snapshot | None) -> tuple[FileRecord, ...]:
    """Return the records of all files that have a problem, by source."""
    found = [record for record in draft.files if record.problem]
    stay = [source for source, known in looks.known.items() if _state(known)[1]]
    if live is not None:
        known = live.records.files_named(source for source in stay if source not in draft.stale)
        found += known.values()
    return tuple(sorted(found, key=lambda record: record.source))


def _same_content(looks: Looks, draft: _Draft) -> Iterator[str]:
    """Yield a line for each file, by source, that has the content of one before it."""
    found = {s: _state(known) for s, known in looks.known.items() if s not in draft.stale}
    found |= {record.source: (record.sha256, record.problem) for record in draft.files}
    first: dict[str, str] = {}
    for source in sorted(found):
        sha256, problem = found[source]
        if problem or not sha256:
            continue
        other = first.setdefault(sha256, source)
        if other != source:
            yield f"{source} has the same content as {other}: it is quoted once, with both."


def _lost(articles: Sequence[Article]) -> str:
    """Return a line for a file in which several articles have one id."""
    times = Counter(article.article_id for article in articles)
    several = [name for name, count in times.items() if count > 1]
    return (
        f"{articles[0].source}: {len(articles) - len(times)} of its {len(articles)} articles are "
        f"lost, since a later one has the same id, {several[0]} for one. Give each its own."
    )


def _foreign(article: Article, encoder: str) -> str:
    return (
        f"{article.article_id} is in the language {article.language!r}, which the encoder "
        f"{encoder} does not know: it is found by its words only. Set PINCITE_ENCODER to a "
        "multilingual model."
    )


def _nothing_to_index(corpus: Path, files: int, problems: Iterable[FileRecord]) -> str:
    reasons = "".join(f"\n  {record.source}: {record.problem}" for record in problems)
    return f"nothing in {corpus} could be indexed ({files} files).{reasons}"


def _write(
    folder: Path, identifier: str, draft: _Draft, run: _Run, aside: EncodingAside
) -> Manifest:
    """Write the files of the next snapshot, and return its manifest."""
    staged = Records(run.staged)
    places = array("q")

    def whole(name: str) -> tuple[Article, Sequence[Passage]]:
        article = staged.article(name)
        if article is None:
            raise LookupError(f"article {name} was read and is not in {run.staged}")
        return article, staged.passages_of(name)

    def found_by(name: str) -> list[str]:
        texts = run.found_by(*whole(name))
        places.extend(aside.place(text) for text in texts)
        return texts

    def vectors() -> Stored:
        new = aside.finish()
        old: Stored = run.live.dense.vectors if run.live else new[:0]
        at = np.array(places, np.int64)
        return PartedVectors(old, new, np.where(at < 0, -1 - at, len(old) + at))

    dimension = run.encoder.record.dimension
    try:
        articles, passages = write_files(
            folder,
            run.live,
            Content(
                draft.kept, draft.fresh, whole, found_by, vectors, draft.files, dimension,
                draft.gone, draft.stale, draft.new_bytes,
            ),
        )  # fmt: skip
    finally:
        staged.close()
    return Manifest(
        format_version=FORMAT_IN_PARTS if (folder / NEWER).is_dir() else FORMAT_VERSION,
        snapshot=identifier,
        built=datetime.now(UTC).isoformat(timespec="seconds"),
        encoder=run.encoder.record,
        segmenter=_segmenter(run.settings),
        articles=articles,
        passages=passages,
        files={},
    )
