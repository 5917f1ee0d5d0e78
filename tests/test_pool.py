"""Processes that answer beside the service: what they say, and what becomes of it when they end."""

import json
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index.encoder import DeterministicEncoder, OnBatch
from index.errors import EmptyQuestion, QuestionTooLong
from index.snapshot import current_snapshot
from service.answers import Answers
from service.filters import Filters
from service.live import SnapshotNotKept
from service.processes import pool as module
from service.processes.messages import Question
from service.processes.pool import Pool, how_many
from service.schemas import Answer
from service.settings import Settings
from tests.service_fixtures import CAUSES, build, settings_in, wait_until, write_corpus

ASKED = [
    Question(CAUSES, None, None, "en"),
    Question("Does magnesiumm help with cramps? I cannot sleep.", 3, None, "es"),
    Question("Ich habe Krämpfe in der Wade", 2, None, "en"),
    Question("My calf is swollen and I cannot breathe, what should I do?", 20, None, "es"),
    Question("How do I repair a bicycle?", 1, None, "en"),
    Question("water", None, Filters(publishers=("Another Library",)), "en"),
    Question("calf cramps " * 200, None, None, "en"),
]


class Desk(Answers):
    """A desk that counts what processes have answered for it."""

    elsewhere = 0

    def _answer_elsewhere(self, *asked: object) -> bytes | None:
        found = super()._answer_elsewhere(*asked)  # type: ignore[arg-type]
        self.elsewhere += found is not None
        return found


def employed(settings: Settings, number: int, encoder: DeterministicEncoder) -> tuple[Desk, Pool]:
    desk = Desk(settings, encoder)
    pool = desk.employ(number)
    pool.start()
    wait_until(lambda: desk.processes() == (number, number))
    return desk, pool


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pool")
    write_corpus(folder / "corpus")
    build(settings_in(folder))
    return folder


@pytest.fixture(scope="module")
def both(home: Path) -> Iterator[tuple[Desk, Pool]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("OPENBLAS_NUM_THREADS", raising=False)
        desk, pool = employed(settings_in(home), 2, DeterministicEncoder())
        yield desk, pool
    pool.stop()


def timeless(answer: bytes | Answer | None) -> dict[str, object]:
    assert answer is not None
    answer = answer.model_dump_json().encode() if isinstance(answer, Answer) else answer
    fields: dict[str, object] = json.loads(answer)
    del fields["timings_ms"]
    return fields


def answered(pool: Pool, asked: Question, text: str, snapshot: str) -> bytes | None:
    return pool.answer(asked, text, snapshot, time.perf_counter())


def processes_of(pool: Pool) -> set[int]:
    return {each._process.pid for each in pool._all}


def test_a_process_answers_what_the_service_answers(both: tuple[Desk, Pool]) -> None:
    desk, pool = both
    for asked in ASKED:
        found = answered(pool, asked, asked.text[:40], desk.info.snapshot)
        assert timeless(found) == timeless(desk.answer_json(asked, time.perf_counter()))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc here")
def test_a_process_computes_in_one_thread(both: tuple[Desk, Pool]) -> None:
    _, pool = both
    for process in processes_of(pool):
        told = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
        assert b"OPENBLAS_NUM_THREADS=1" in told


def test_many_at_a_time_have_the_answer_of_one(both: tuple[Desk, Pool]) -> None:
    desk, _ = both
    questions = [f"Why does {one} matter with {other}?" for one in "abcde" for other in "vwxyz"]
    expected = [timeless(desk.ask(question, 3)) for question in questions]
    before = desk.elsewhere
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda question: desk.ask(question, 3), questions))
        written = list(threads.map(lambda question: desk.ask_json(question, 3), questions))
    assert [timeless(answer) for answer in found] == expected
    assert [timeless(answer) for answer in written] == expected
    assert desk.elsewhere > before + 25


def test_a_process_that_no_thread_can_open_for_is_started_anew(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, pool = employed(settings_in(home), 1, DeterministicEncoder())

    def none_left(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    try:
        before = processes_of(pool)
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", none_left)
            pool.follow("another")
        pool.follow(desk.info.snapshot)
        wait_until(lambda: desk.processes() == (1, 1) and processes_of(pool) != before)
        assert answered(pool, ASKED[0], CAUSES, desk.info.snapshot) is not None
    finally:
        pool.stop()


def test_what_no_process_has_open_is_not_encoded_ahead(
    both: tuple[Desk, Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, pool = both
    monkeypatch.setattr(pool, "_ahead", None)
    assert answered(pool, ASKED[0], CAUSES, "another") is None


def test_who_asks_alone_is_answered_in_process(both: tuple[Desk, Pool]) -> None:
    desk, _ = both
    before = desk.elsewhere
    assert timeless(desk.ask_json(CAUSES)) == timeless(desk.ask(CAUSES))
    assert desk.elsewhere == before


def test_the_time_that_a_question_waited_is_in_its_total(both: tuple[Desk, Pool]) -> None:
    desk, pool = both
    snapshot = desk.info.snapshot
    asked = time.perf_counter() - 10
    total = json.loads(pool.answer(ASKED[0], CAUSES, snapshot, asked) or "")["timings_ms"]["total"]
    assert 10_000 <= total <= (time.perf_counter() - asked) * 1000


def test_what_is_no_question_is_refused_alike(both: tuple[Desk, Pool]) -> None:
    desk, pool = both
    long = "cramp " * 5000
    with pytest.raises(QuestionTooLong) as here:
        desk.ask(long)
    with pytest.raises(QuestionTooLong) as there:
        answered(pool, Question(long, None, None, "en"), "", desk.info.snapshot)
    assert str(there.value) == str(here.value)
    assert (there.value.characters, there.value.most) == (len(long), here.value.most)
    with pytest.raises(EmptyQuestion, match="Type what you want to know"):
        answered(pool, Question("?!", None, None, "en"), "", desk.info.snapshot)


def test_a_process_that_is_killed_costs_no_answer_and_is_replaced(
    both: tuple[Desk, Pool], caplog: pytest.LogCaptureFixture
) -> None:
    desk, pool = both
    before = processes_of(pool)
    questions = [f"Why does zanthoxylum {number} help?" for number in range(200)]
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(desk.ask_json, question) for question in questions]
        asked[20].result()
        os.kill(min(before), signal.SIGKILL)
        asked[60].result()
        os.kill(max(before), signal.SIGKILL)
        for question, answer in zip(questions, asked, strict=True):
            assert json.loads(answer.result(30))["question"] == question
    wait_until(lambda: desk.processes() == (2, 2))
    assert not processes_of(pool) & before
    assert [record.getMessage() for record in caplog.records] == [
        "an answering process ended (signal SIGKILL); another is started."
    ] * 2
    assert timeless(answered(pool, ASKED[0], CAUSES, desk.info.snapshot)) == timeless(
        desk.answer_json(ASKED[0], time.perf_counter())
    )


def test_a_question_that_ends_process_after_process_ends_no_more(
    both: tuple[Desk, Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, pool = both
    asked = []

    def told(self: module._Process, *_: object) -> object:
        asked.append(self)
        raise EOFError

    with monkeypatch.context() as patch:
        patch.setattr(module._Process, "told", told)
        with pytest.raises(RuntimeError, match="2 processes ended while they answered"):
            answered(pool, ASKED[0], CAUSES, desk.info.snapshot)
        assert len({*asked}) == 2
    wait_until(lambda: desk.processes() == (2, 2))


def test_they_follow_the_live_snapshot_and_a_kept_one_can_be_asked(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    write_corpus(settings.corpus)
    build(settings)
    desk, pool = employed(settings, 1, DeterministicEncoder())
    try:
        before = desk.info.snapshot
        old = timeless(answered(pool, ASKED[0], CAUSES, before))
        write_corpus(settings.corpus, {"rest.md": "# Rest\n\nCalf cramps pass with rest.\n"})
        build(settings)
        assert desk.refresh()
        after = desk.info.snapshot
        assert after == current_snapshot(settings.index) != before
        assert answered(pool, ASKED[0], CAUSES, before) is None
        wait_until(lambda: desk.processes() == (1, 1))
        new = timeless(answered(pool, ASKED[0], CAUSES, after))
        assert new["index"]["snapshot"] == after  # type: ignore[index]
        assert new == timeless(desk.answer_json(ASKED[0], time.perf_counter()))
        with ThreadPoolExecutor(4) as threads:
            kept = threads.map(lambda k: desk.ask_json(CAUSES, k, before), [None, 1, 2, 3])
            assert timeless(next(kept)) == old
            assert {json.loads(answer)["index"]["snapshot"] for answer in kept} == {before}
        with pytest.raises(SnapshotNotKept):
            desk.ask_json(CAUSES, snapshot="01ARZ3NDEKTSV4RRFFQ69G5FAV")
    finally:
        pool.stop()
    assert not processes_of(pool)


def test_they_start_with_what_has_become_live_since_they_were_employed(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    write_corpus(settings.corpus)
    build(settings)
    desk = Desk(settings, DeterministicEncoder())
    pool = desk.employ(1)
    write_corpus(settings.corpus, {"rest.md": "# Rest\n\nCalf cramps pass with rest.\n"})
    build(settings)
    assert desk.refresh()
    pool.start()
    try:
        wait_until(lambda: desk.processes() == (1, 1))
        found = timeless(answered(pool, ASKED[0], CAUSES, desk.info.snapshot))
        assert found == timeless(desk.answer_json(ASKED[0], time.perf_counter()))
    finally:
        pool.stop()


class FailingEncoder(DeterministicEncoder):
    """An encoder that fails on a question, and says so with the question's words."""

    def encode(
        self, texts: Sequence[str], *, on_batch: OnBatch | None = None
    ) -> NDArray[np.float32]:
        """Fail, naming the texts; the empty one, by which a desk warms up, passes."""
        if any("zanthoxylum" in text for text in texts):
            raise RuntimeError(f"cannot encode {texts!r}")
        return super().encode(texts, on_batch=on_batch)


def test_what_fails_in_a_process_fails_here_too_and_is_not_written_down(
    home: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    desk, pool = employed(settings_in(home), 1, FailingEncoder())
    try:
        asked = Question("Is zanthoxylum good for cramps?", None, None, "en")
        with caplog.at_level(logging.DEBUG):
            # What came encoded is not what is needed: the process asks for it, in vain.
            assert answered(pool, asked, "", desk.info.snapshot) is None
        (record,) = caplog.records
        assert "an answering process failed: EncoderError at " in record.getMessage()
        with pytest.raises(RuntimeError, match="cannot encode"):
            answered(pool, asked, asked.text, desk.info.snapshot)
        with pytest.raises(RuntimeError, match="cannot encode"):
            desk.ask_json(asked.text)
        assert timeless(answered(pool, ASKED[0], CAUSES, desk.info.snapshot)) == timeless(
            desk.answer_json(ASKED[0], time.perf_counter())
        )
    finally:
        pool.stop()
    assert "zanthoxylum" not in caplog.text + "".join(capfd.readouterr())


def test_without_a_process_the_service_answers_itself(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "COMMAND", (str(home / "no-such-program"),))
    desk = Desk(settings_in(home), DeterministicEncoder())
    pool = desk.employ(1)
    pool.start()
    try:
        wait_until(lambda: "could not be started: No such file or directory" in caplog.text)
        with ThreadPoolExecutor(4) as threads:
            found = [*threads.map(lambda k: desk.ask(CAUSES, k), range(1, 5))]
        assert [answer.settings.k for answer in found] == [1, 2, 3, 4]
        assert desk.elsewhere == 0
    finally:
        pool.stop()


def test_as_many_as_are_asked_for_else_by_cores_and_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cores = 2
    monkeypatch.setattr(module, "_cores", lambda: cores)
    automatic, none, five = (settings_in(tmp_path, processes=n) for n in (None, 0, 5))
    assert how_many(automatic, 199_999) == 3
    assert (how_many(automatic, 200_000), how_many(five, 200_000)) == (0, 5)
    assert (how_many(none, 10), how_many(five, 10)) == (0, 5)
    assert how_many(settings_in(tmp_path, reranker="a/b"), 10) == 0
    cores = 1
    assert (how_many(automatic, 10), how_many(five, 10)) == (0, 5)
    cores = 64
    assert how_many(automatic, 10) == 4
