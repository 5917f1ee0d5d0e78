"""The desk at which questions are asked: one encoder, one live snapshot, every face of the service.

`Answers` is what the JSON routes, the pages and the command line share. It holds no question.
"""

import copy
import threading
import time
from collections import deque
from collections.abc import Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from index.batched_encoder import BatchedEncoder, Vector
from index.encoder import Encoder, fits
from index.errors import PinciteError, QuestionError, SnapshotError
from index.focus import condensed
from index.history import open_whole_snapshot
from index.lexical import Rows
from index.names import Mention
from index.records import Article, Passage
from index.rerank import Reranker
from index.search import Searcher
from index.snapshot import check_encoder, current_snapshot, snapshots
from index.store import Records
from service import answer as compose
from service.copies import copies
from service.filters import Filters, described
from service.reading import Found, Known, Reading, article_out, built_on
from service.safety import disclaimer, find_notice
from service.schemas import (
    Answer,
    AnswerSettings,
    ArticleOut,
    IndexOut,
    IndexStatus,
    NoticeOut,
    TimingsOut,
    Verification,
    VerifyRequest,
)
from service.settings import Settings
from service.suggest import Kind
from service.verify import verify

HITS = 40
"""Passages looked at for one answer: enough that near-copies and one article do not fill it."""
SEARCHING = 2
"""Questions searched for at a time, the others wait or are being encoded."""
KEPT_OPEN = 2
"""Snapshots other than the live one that stay open once they were asked for."""


class SnapshotNotKept(PinciteError):
    """The snapshot that an answer was asked from is not there, or was made for another encoder."""

    status = 404
    kind = "snapshot-not-kept"


class Answers:
    """Answers questions from the live snapshot. Safe to share between threads."""

    def __init__(self, settings: Settings, encoder: Encoder) -> None:
        self._settings = settings
        self._encoder = BatchedEncoder(encoder)
        self._reranker = (
            Reranker(settings.reranker, settings.rerank_ms) if settings.reranker else None
        )
        self._swap = threading.Lock()
        # Python runs one thread at a time: more of them at it only take turns more often.
        self._searching = _Turns(SEARCHING)
        self._sharing = threading.Lock()
        self._under_way: dict[Hashable, Future[Answer]] = {}
        self._searcher = self._open(settings.index)
        self._known: dict[str, Known] = {}
        self._kept: dict[str, Searcher] = {}

    def _open(self, index: Path) -> Searcher:
        snapshot = open_whole_snapshot(index)
        check_encoder(snapshot.manifest, self._encoder.record)
        searcher = Searcher(snapshot)
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
            self._searcher = self._open(self._settings.index)
            self._encoder.forget()
            return True

    def held(self) -> "Answers":
        """Return the same desk with the snapshot that is live now, whatever is swapped in later.

        What is read of it one thing after the other belongs together.
        """
        return copy.copy(self)

    @property
    def info(self) -> IndexOut:
        """What is live."""
        return _index_out(self._searcher)

    def disclaimer(self, language: str = "en") -> str:
        """Return the disclaimer of every answer: the operator's, else ours in `language`."""
        return disclaimer(self._settings.disclaimer, language)

    def status(self) -> IndexStatus:
        """What is live, which snapshots are kept, which files could not be read."""
        searcher = self._searcher
        return IndexStatus(
            **_index_out(searcher).model_dump(),
            snapshots=tuple(snapshots(self._settings.index)),
            problems=searcher.snapshot.records.problems(),
        )

    def articles(self) -> Sequence[Article]:
        """Return every article by title, read once for each snapshot.

        `text`, `blocks`, `references` and `citation_marks` are left empty.
        """
        searcher = self._searcher
        listed = self._known_of(searcher).listed
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

    def _known_of(self, searcher: Searcher) -> "Known":
        identifier = searcher.snapshot.manifest.snapshot
        known = self._known.get(identifier)
        if known is None:
            rows = searcher.snapshot.records.article_rows()
            known = Known({name: first for name, (first, some) in rows.items() if some}, {}, {}, [])
            with self._swap:
                _make_room(self._known, KEPT_OPEN + 1)
                self._known[identifier] = known
        return known

    def _searcher_of(self, identifier: str | None) -> Searcher:
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
        with self._swap:
            found = self._kept.get(identifier)
            if found is None:
                try:
                    snapshot = open_whole_snapshot(self._settings.index, identifier)
                    check_encoder(snapshot.manifest, self._encoder.record)
                except SnapshotError as error:
                    raise SnapshotNotKept(
                        f"snapshot {identifier} cannot be asked any more: {error}"
                    ) from error
                _make_room(self._kept, KEPT_OPEN)
                found = self._kept[identifier] = Searcher(snapshot)
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
        first_rows = self._known_of(searcher).first_rows
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

    def verify(
        self,
        article_id: str,
        start: int,
        end: int,
        text: str | None,
        sha256: str | None = None,
        snapshot: str | None = None,
    ) -> Verification:
        """Tell whether a quote really stands in an article, at that place.

        Of the live snapshot, or of `snapshot` while it is kept; raises `SnapshotNotKept`.
        """
        searcher = self._searcher_of(snapshot)
        quote = VerifyRequest(article_id=article_id, start=start, end=end, text=text, sha256=sha256)
        article = searcher.snapshot.records.article(article_id)
        return verify(quote, article, searcher.snapshot.manifest.snapshot)

    def ask(
        self,
        question: str,
        k: int | None = None,
        snapshot: str | None = None,
        filters: Filters | None = None,
        language: str = "en",
    ) -> Answer:
        """Answer `question` with at most `k` passages, from the live snapshot or another one kept.

        With `filters`, from the passages that pass them; what is said of when to see a doctor
        comes from the whole of the articles that answer. The disclaimer and a notice are written
        in `language`; what is quoted stays as it is.
        The same question of the same snapshot has the same answer, `timings_ms` aside, and with a
        reranker the order of what it read in its time.
        Raises `QuestionError` when the question is empty or longer than the setting allows,
        `SnapshotNotKept` when there is no such snapshot.
        """
        searcher = self._searcher_of(snapshot)
        asking = (question, k, searcher.snapshot.manifest.snapshot, filters, language)
        with self._sharing:
            shared = self._under_way.get(asking)
            if shared is None:
                mine = self._under_way[asking] = Future[Answer]()
        if shared is not None:
            return shared.result()
        try:
            answer = self._answer(searcher, question, k, filters, language)
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            mine.set_result(answer)
            return answer
        finally:
            with self._sharing:
                del self._under_way[asking]

    def _answer(
        self,
        searcher: Searcher,
        question: str,
        k: int | None,
        filters: Filters | None,
        language: str,
    ) -> Answer:
        began = time.perf_counter()
        asked = self._checked(question)
        filters = None if filters == Filters() else filters
        only = filters.as_filter() if filters else None
        allowed = None
        if only:
            with self._searching:
                allowed = searcher.rows_of(only)
        wanted = _Wanted(k or self._settings.answer_passages, filters, allowed)
        found = self._find(searcher, question, wanted)
        meant = None if found.chosen else searcher.corrected(asked, self._is_word)
        if meant is not None:
            again = self._find(searcher, meant, wanted)
            spent = (
                found.encode_seconds + again.encode_seconds,
                found.search_seconds + again.search_seconds,
            )
            found, meant = (again, meant) if again.chosen else (found, None)
            found = replace(found, encode_seconds=spent[0], search_seconds=spent[1])
        with self._searching:
            return self._composed(question, meant, wanted, found, began, language)

    def _composed(
        self,
        question: str,
        meant: str | None,
        wanted: "_Wanted",
        found: Found,
        began: float,
        language: str,
    ) -> Answer:
        """Return what is shown of what was found for `question`, or for what it `meant`."""
        notice = find_notice(
            question,
            emergency_number=self._settings.emergency_number,
            crisis_line=self._settings.crisis_line,
            language=language,
        )
        hits, chosen, reading = found.hits, found.chosen, found.reading
        searched = time.perf_counter()
        passages = [
            reading.passage_out(
                one.hit.passage, one.probability, compose.also_in(one, found.candidates)
            )
            for one in chosen
        ]
        care = reading.seek_care([candidate.hit.passage for candidate in chosen])
        speaking = found.speaking(self._settings.answer_threshold)
        mentioned, differing = reading.who_says_so(speaking) if chosen else ([], [])
        topics = [] if chosen else reading.nearest_topics(hits)
        index = _index_out(reading.searcher)
        done = time.perf_counter()
        return Answer(
            question=question,
            did_you_mean=meant,
            focus=found.focus,
            also_searched=found.reading.also_searched,
            status="answered" if chosen else "not_answered",
            reason=None if chosen else wanted.left(index.passages),
            notice=NoticeOut(
                kind=notice.kind,
                text=notice.text,
                matched=notice.matched,
                spans=notice.spans,
                source=notice.source,
            )
            if notice
            else None,
            passages=tuple(passages),
            see_a_doctor=tuple(care),
            mentions=tuple(mentioned),
            differing=tuple(differing),
            nearest_topics=tuple(topics),
            disclaimer=self.disclaimer(language),
            index=index,
            settings=AnswerSettings(
                k=wanted.k,
                per_article=self._settings.passages_per_article,
                threshold=self._settings.answer_threshold,
                filters=wanted.filters,
                reranker=self._reranker.name if self._reranker else None,
                reranked=found.reranked,
            ),
            timings_ms=TimingsOut(
                encode=_milliseconds(0.0, found.encode_seconds),
                search=_milliseconds(0.0, found.search_seconds),
                answer=_milliseconds(searched, done),
                total=_milliseconds(began, done),
            ),
        )

    def _encoded(
        self, question: str, searcher: Searcher
    ) -> tuple[str, tuple[Mention, ...], Vector, float]:
        """Return what of `question` the encoder takes, the names in it that the articles call
        something else, its vector, and the seconds it took.
        """
        began = time.perf_counter()
        query = condensed(question, self._fits)
        named = searcher.named(query)
        vector = self._encoder.vector(searcher.worded(query, self._fits, named))
        return query, named, vector, time.perf_counter() - began

    def _fits(self, text: str) -> bool:
        # A word piece of ASCII has a character at least, and most questions are short.
        short = len(text) <= self._encoder.record.max_tokens and text.isascii()
        return short or fits(self._encoder, text)

    def _find(self, searcher: Searcher, question: str, wanted: "_Wanted") -> Found:
        """Search for `question` as it stands, and choose what is good enough to be shown."""
        query, named, vector, encode_seconds = self._encoded(question, searcher)
        threshold = self._settings.answer_threshold
        with self._searching:
            began = time.perf_counter()
            # The whole question: only its vector is bounded by the encoder's window.
            result = searcher.find(
                question,
                vector,
                HITS,
                allowed=wanted.allowed,
                named=named if query == question else None,
            )
            search_seconds = time.perf_counter() - began
            hits = result.hits
            reading = Reading(searcher, query, named, vector, self._known_of(searcher))
            probable = reading.probabilities(hits)
            doubts = reading.doubts(hits, probable, threshold)
        without: dict[str, Vector] = {}
        if doubts:
            began = time.perf_counter()
            vectors = self._encoder.encode(
                [searcher.worded(text, self._fits) for text in doubts.values()]
            )
            without = dict(zip(doubts, vectors, strict=True))
            encode_seconds += time.perf_counter() - began
        with self._searching:
            probable = reading.probabilities(hits, without) if without else probable
            # Where no passage answers, none is shown, and whose copy it is does not matter.
            answered = any(one >= threshold for one in probable)
            groups = copies([hit.passage.text for hit in hits]) if answered else range(len(hits))
            candidates = sorted(
                map(compose.Candidate, hits, probable, groups),
                key=lambda one: (-one.probability, one.hit.row),
            )
            candidates, reranked = self._reranked(question, candidates)
            chosen = compose.choose(
                candidates,
                k=wanted.k,
                per_article=self._settings.passages_per_article,
                threshold=threshold,
            )
        return Found(
            reading,
            hits,
            result.focus,
            candidates,
            chosen,
            encode_seconds,
            search_seconds,
            reranked,
        )

    def _reranked(
        self, question: str, candidates: list[compose.Candidate]
    ) -> tuple[list[compose.Candidate], int]:
        """Return the candidates, answers as the reranker orders them, and how many it read."""
        threshold = self._settings.answer_threshold
        speaking = [one for one in candidates if one.probability >= threshold]
        if self._reranker is None or not speaking:
            return candidates, 0
        texts = [one.hit.passage.text for one in speaking]
        order, read = self._reranker.order(question, texts)
        return [speaking[place] for place in order] + candidates[len(speaking) :], read

    def _is_word(self, word: str) -> bool:
        """Tell whether the encoder knows `word` whole, which it does of everyday words only."""
        return self._encoder.count_tokens([word]) == [1]

    def _checked(self, question: str) -> str:
        try:
            question.encode()
        except UnicodeEncodeError as error:
            raise QuestionError(
                "the question holds bytes or half characters that are not text. Send it as UTF-8."
            ) from error
        asked = " ".join(question.split())
        if not any(character.isalnum() for character in asked):
            raise QuestionError("the question is empty. Type what you want to know.")
        most = self._settings.question_characters
        if len(question) > most:
            raise QuestionError(
                f"the question has {len(question)} characters; at most {most} are taken. "
                "Ask the main thing in a few sentences."
            )
        return asked


class _Turns:
    """Lets in so many at a time, first come, first served.

    A semaphore of `threading` lets whoever comes just then go before those who wait, again and
    again: of 32 clients some waited four times as long as most.
    """

    def __init__(self, most: int) -> None:
        self._free = most
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = threading.Event()
            self._waiting.append(turn)
        turn.wait()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is wanted of a search: how many passages, of which rows (None: of all)."""

    k: int
    filters: Filters | None
    allowed: Rows | None

    def left(self, every: int) -> str | None:
        """Return what the filters left of `every` passages, or None without any."""
        if self.filters is None or self.allowed is None:
            return None
        passed = len(self.allowed)
        few = f"{passed} of {every} passages" if passed else "No passage"
        return f"{few} passed the filters ({described(self.filters.as_filter())})."


def _make_room(kept: dict[str, Any], most: int) -> None:
    """Drop the oldest entries until there is room for one more."""
    while len(kept) >= most:
        del kept[next(iter(kept))]


def _headings(records: Records) -> list[tuple[str, Kind]]:
    found: dict[str, Kind] = {}
    for article in records.articles():
        found.setdefault(article.title, "title")
    for heading in records.headings():
        found.setdefault(heading, "heading")
    return list(found.items())


def _index_out(searcher: Searcher) -> IndexOut:
    manifest = searcher.snapshot.manifest
    return IndexOut(
        snapshot=manifest.snapshot,
        built=manifest.built,
        encoder=manifest.encoder.name,
        articles=manifest.articles,
        passages=manifest.passages,
    )


def _milliseconds(begin: float, end: float) -> float:
    return round((end - begin) * 1000, 3)
