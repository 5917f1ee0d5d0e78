"""The desk at which questions are asked: one encoder, one live snapshot, every face of the service.

`Answers` is what the JSON routes, the pages and the command line share. It holds no question.
"""

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, replace

from index.batched_encoder import Vector
from index.encoder import Encoder, fits
from index.errors import EmptyQuestion, QuestionError, QuestionTooLong
from index.focus import condensed
from index.lexical import Rows
from index.names import Mention, less, stored_names
from index.orthography import canonical
from index.rerank import Reranker
from index.search import Searcher
from index.sentences import is_message
from service import answer as compose
from service.evidence.copies import copies
from service.filters import Filters, described
from service.live import Live, index_out
from service.processes.messages import Question
from service.processes.pool import Pool
from service.reading import Found, Reading
from service.safety import disclaimer, find_notice
from service.schemas import Answer, AnswerSettings, NoticeOut, TimingsOut
from service.settings import Settings
from service.turns import Turns

HITS = 40
"""Passages looked at for one answer: enough that near-copies and one article do not fill it."""
PROBABLE = 0.5
"""Below this probability, or the threshold where that is higher, misspelt words are corrected; who
lowers the threshold to see what is less probable gets questions no less corrected for it."""
SEARCHING = 4
"""Questions searched for at a time, the others wait or are being encoded. Two are often both in a
wait for the other: in turn within one process, 32 clients, 35 questions a second with 4 and 25 with
2 (mean of 15 pairs of windows of 0.8 s); 8 do as well as 4."""


class Answers(Live):
    """Answers questions from the live snapshot. Safe to share between threads."""

    def __init__(self, settings: Settings, encoder: Encoder) -> None:
        super().__init__(settings, encoder)
        self._reranker = (
            Reranker(settings.reranker, settings.rerank_ms) if settings.reranker else None
        )
        # Python runs one thread at a time: many more of them would only take turns more often.
        self._searching = Turns(SEARCHING)
        self._sharing = threading.Lock()
        self._under_way: dict[Hashable, Future[Answer | bytes]] = {}
        self._is_word = everyday_words(self._encoder)
        self._pool: Pool | None = None

    def employ(self, number: int) -> Pool:
        """Return `number` processes which answer, once they are started, what is asked here."""
        self._pool = Pool(self._settings, self._encoder, number, self.info.snapshot)
        return self._pool

    def processes(self) -> tuple[int, int]:
        """Return how many processes answer now, and how many there are to be."""
        return self._pool.there() if self._pool else (0, 0)

    def refresh(self) -> bool:
        """Follow the pointer to the live snapshot, and have the processes follow."""
        moved = super().refresh()
        if moved and self._pool:
            self._pool.follow(self.info.snapshot)
        return moved

    def disclaimer(self, language: str = "en") -> str:
        """Return the disclaimer of every answer: the operator's, else ours in `language`."""
        return disclaimer(self._settings.disclaimer, language)

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
        found = self._shared(Question(question, k, filters, language), snapshot)
        return found if isinstance(found, Answer) else Answer.model_validate_json(found)

    def ask_json(
        self,
        question: str,
        k: int | None = None,
        snapshot: str | None = None,
        filters: Filters | None = None,
        language: str = "en",
    ) -> bytes:
        """Return what `ask` does, as JSON: what a process has answered is written already."""
        found = self._shared(Question(question, k, filters, language), snapshot)
        return _json(found) if isinstance(found, Answer) else found

    def answer_json(self, asked: Question, began: float) -> bytes:
        """Return the answer of the live snapshot as JSON, found here and now.

        `began` is when it was asked, by `time.perf_counter`.
        """
        return _json(self._answer(self._searcher, asked, began))

    def _shared(self, asked: Question, snapshot: str | None) -> Answer | bytes:
        """Answer a question, or wait for the answer of who asks the same."""
        began = time.perf_counter()
        searcher = self.searcher_of(snapshot)
        asking = (asked, searcher.snapshot.manifest.snapshot)
        with self._sharing:
            shared = self._under_way.get(asking)
            if shared is None:
                mine = self._under_way[asking] = Future[Answer | bytes]()
                alone = len(self._under_way) == 1
        if shared is not None:
            return shared.result()
        try:
            answer: Answer | bytes | None = None
            if not alone:
                answer = self._answer_elsewhere(searcher, asked, began)
            if answer is None:
                answer = self._answer(searcher, asked, began)
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            mine.set_result(answer)
            return answer
        finally:
            with self._sharing:
                del self._under_way[asking]

    def _answer_elsewhere(self, searcher: Searcher, asked: Question, began: float) -> bytes | None:
        """Have a process answer, as JSON; None where none can, or none is employed."""
        if self._pool is None:
            return None
        self._checked(asked.text)
        text = searcher.worded(condensed(asked.text, self._fits), self._fits)
        return self._pool.answer(asked, text, searcher.snapshot.manifest.snapshot, began)

    def _answer(self, searcher: Searcher, asked: Question, began: float) -> Answer:
        question, filters, language = asked.text, asked.filters, asked.language
        plain = self._checked(question)
        # Before a turn is taken: it may have to encode.
        query = condensed(question, self._fits)
        notice = self._notice(question, language)
        filters = None if filters == Filters() else filters
        only = filters.as_filter() if filters else None
        allowed = None
        if only:
            with self._searching:
                allowed = searcher.rows_of(only)
        wanted = _Wanted(asked.k or self._settings.answer_passages, filters, allowed)
        found = self._find(searcher, question, query, wanted)
        sure = max(self._settings.answer_threshold, PROBABLE)
        meant = None if found.best >= sure else searcher.corrected(plain, self._is_word)
        if meant is not None and meant != found.meant:
            again = self._find(searcher, meant, condensed(meant, self._fits), wanted)
            spent = (
                found.encode_seconds + again.encode_seconds,
                found.search_seconds + again.search_seconds,
            )
            # Good enough to be corrected for, or an answer where there was none.
            better = again.best >= sure or (bool(again.chosen) and not found.chosen)
            found, meant = (again, meant) if better else (found, None)
            found = replace(found, encode_seconds=spent[0], search_seconds=spent[1])
        meant = found.meant or meant
        with self._searching:
            return self._composed(question, meant, notice, wanted, found, began, language)

    def _notice(self, question: str, language: str) -> NoticeOut | None:
        """Return the notice that `question` raises."""
        notice = find_notice(
            question,
            emergency_number=self._settings.emergency_number,
            crisis_line=self._settings.crisis_line,
            by_meaning=True,
            language=language,
        )
        if notice is None:
            return None
        return NoticeOut(
            kind=notice.kind,
            text=notice.text,
            matched=notice.matched,
            spans=notice.spans,
            source=notice.source,
        )

    def _composed(
        self,
        question: str,
        meant: str | None,
        notice: NoticeOut | None,
        wanted: "_Wanted",
        found: Found,
        began: float,
        language: str,
    ) -> Answer:
        """Return what is shown of what was found for `question`, or for what it `meant`."""
        chosen, reading = found.chosen, found.reading
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
        topics = [] if chosen else reading.nearest_topics()
        index = index_out(reading.searcher)
        done = time.perf_counter()
        return Answer(
            question=question,
            did_you_mean=meant,
            focus=found.focus,
            also_searched=found.reading.also_searched,
            status="answered" if chosen else "not_answered",
            reason=None if chosen else wanted.left(index.passages),
            notice=notice,
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

    def _encoded(self, query: str, searcher: Searcher) -> tuple[tuple[Mention, ...], Vector, float]:
        """Return the names in `query` that the articles call something else, its vector, and the
        seconds it took.
        """
        began = time.perf_counter()
        named = searcher.named(query)
        vector = self._encoder.vector(searcher.worded(query, self._fits, named))
        return named, vector, time.perf_counter() - began

    def _fits(self, text: str) -> bool:
        # A word piece of ASCII has a character at least, and most questions are short.
        short = len(text) <= self._encoder.record.max_tokens and text.isascii()
        return short or fits(self._encoder, text)

    def _find(self, searcher: Searcher, question: str, query: str, wanted: "_Wanted") -> Found:
        """Search for `question`, a message as it is meant, and choose what is good enough.

        `query` is what the encoder takes of it.
        """
        named, vector, encode_seconds = self._encoded(query, searcher)
        meant, search_seconds = None, 0.0
        if is_message(question):
            with self._searching:
                began = time.perf_counter()
                meant = searcher.meant(question, vector, self._is_word, allowed=wanted.allowed)
                search_seconds = time.perf_counter() - began
        if meant is not None:
            question, query = meant, condensed(meant, self._fits)
            named, vector, again_seconds = self._encoded(query, searcher)
            encode_seconds += again_seconds
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
            search_seconds += time.perf_counter() - began
            hits = result.hits
            reading = Reading(searcher, query, named, vector, hits, self.known_of(searcher))
            probable = reading.probabilities()
            # Where none answers with all its missing words, one may that misses none that matters.
            answered = (probable >= threshold).any()
            hoped = probable if answered else reading.hoped(probable, threshold)
            doubts = reading.doubts(hoped, threshold)
        without: dict[str, Vector] = {}
        if doubts:
            began = time.perf_counter()
            vectors = self._encoder.vectors(
                [
                    searcher.worded(text, self._fits, less(named, term))
                    for term, text in doubts.items()
                ]
            )
            without = dict(zip(doubts, vectors, strict=True))
            encode_seconds += time.perf_counter() - began
        with self._searching:
            probable = reading.probabilities(without) if without else probable
            # Where no passage answers, none is shown, and whose copy it is does not matter.
            answered = (probable >= threshold).any()
            groups = copies([hit.passage.text for hit in hits]) if answered else range(len(hits))
            began = time.perf_counter()
            probable = reading.vetoed(probable, threshold, groups)
            search_seconds += time.perf_counter() - began
            candidates = sorted(
                map(compose.Candidate, hits, probable.tolist(), groups),
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
            result.focus,
            candidates,
            chosen,
            encode_seconds,
            search_seconds,
            reranked,
            meant,
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

    def _checked(self, question: str) -> str:
        try:
            question.encode()
        except UnicodeEncodeError as error:
            raise QuestionError(
                "the question holds bytes or half characters that are not text. Send it as UTF-8."
            ) from error
        asked = " ".join(question.split())
        if not any(character.isalnum() for character in asked):
            raise EmptyQuestion("the question is empty. Type what you want to know.")
        most = self._settings.question_characters
        if len(question) > most:
            raise QuestionTooLong(
                f"the question has {len(question)} characters; at most {most} are taken. "
                "Ask the main thing in a few sentences.",
                len(question),
                most,
            )
        return asked


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


def everyday_words(encoder: Encoder) -> Callable[[str], bool]:
    """Return what tells whether a word is no misspelt one: the encoder knows it whole, as everyday
    words, or it is of a name that the tables know ("COPD" is no cold).

    A snapshot's spelling keeps it, so that it must not hold on to a desk, and by it to another
    snapshot.
    """
    # The tables are read when a word is first looked up, and not at the start.
    return lambda word: (
        canonical(word) in stored_names().words or encoder.count_tokens([word]) == [1]
    )


def _json(answer: Answer) -> bytes:
    return answer.__pydantic_serializer__.to_json(answer)


def _milliseconds(begin: float, end: float) -> float:
    return round((end - begin) * 1000, 3)
