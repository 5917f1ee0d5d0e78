"""The processes that answer, as the service sees them: started, kept, asked, ended.

Python runs one thread at a time, so that one process answers on one core. Here each question goes
to a process of its own, as soon as one is free; the service keeps what is shared (the encoder, who
asks the same, HTTP) and answers itself whenever no process is there: while they start, while they
open a snapshot that has just become live, and where the system lets none run.
"""

import logging
import os
import subprocess
import threading
from collections import deque
from concurrent.futures import Future
from multiprocessing import Pipe

from index.batched_encoder import BatchedEncoder
from index.errors import QuestionError
from service.aside import environment, how_ended, module_command
from service.failures import place_of
from service.processes.ahead import Ahead
from service.processes.messages import Ask, Count, Encode, Failed, Open, Opened, Question, Setup
from service.settings import Settings

COMMAND = module_command("service.processes.worker")
MOST = 4
"""Processes at most, unless more are asked for, and one more than there are cores: of 2, 3 and 4 on
two cores 3 answer most (docs/speed.md). More were not to be measured, and each takes memory."""
FEW_PASSAGES = 200_000
"""From so many passages on there are none unless they are asked for: each process derives arrays of
its own from a snapshot, and the whole service is to fit into 2.5 GiB at 1,000,000 passages."""
TRIES = 2
"""Processes that a question is given to, one after the other, where the first ends under it. One
that ends two may be what ends them; it must not end the service too."""
ENOUGH = 2
"""Questions that are encoded and wait, for each process: fewer leave one idle while the next are
encoded."""
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""Unless it is set: there is a process for each core already, and what reads a text whole by NumPy
would have them wait for each other. Eight clients of five articles, many of whose questions are
read: 38 questions/s instead of 13 (docs/speed.md)."""
AGAIN = 30.0
"""Seconds until a process that could not be started, or not open the snapshot, tries again."""

_LOG = logging.getLogger("pincite")


def how_many(settings: Settings, passages: int) -> int:
    """Return how many processes answer questions of an index of so many passages."""
    if settings.processes is not None:
        return settings.processes
    cores = _cores()
    if cores < 2 or settings.reranker or passages >= FEW_PASSAGES:
        return 0
    return min(cores + 1, MOST)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Process:
    """One process and the pipe to it. One thread at a time talks to it."""

    def __init__(self, setup: Setup) -> None:
        """Start it; raises `OSError` where the system does not let it run."""
        self._pipe, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - ours, no shell
                [*COMMAND, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={**ONE_THREAD, **environment()},
                # Ctrl-C on a terminal is for the service; this ends with it.
                process_group=0,
            )
        self._pipe.send(setup)
        self.snapshot: str | None = None

    def told(self, said: Open | Ask, encoder: BatchedEncoder, ahead: Ahead) -> object:
        """Return the reply to what is said, encoding what it needs for that.

        Raises `EOFError` or `OSError` when the process has ended.
        """
        self._pipe.send(said)
        while True:
            reply = self._pipe.recv()
            given: object
            try:
                if isinstance(reply, Encode):
                    given = ahead.vectors(reply.texts)
                elif isinstance(reply, Count):
                    given = encoder.count_tokens(reply.texts)
                else:
                    return reply
            except Exception as error:  # noqa: BLE001 - the process says that it cannot go on
                given = Failed(place_of(error))
            self._pipe.send(given)

    def kill(self) -> None:
        """End it at once: it only reads, so that nothing is lost."""
        self._process.kill()

    def ended(self) -> int:
        """Wait until it has ended, however it does; return its code."""
        return self._process.wait()


class Pool:
    """So many processes that answer, first come, first served. Safe to share by threads."""

    def __init__(
        self, settings: Settings, encoder: BatchedEncoder, number: int, snapshot: str
    ) -> None:
        # Who may change the index is no affair of those who answer.
        answering = settings.model_copy(update={"admin_token": None})
        self._setup = Setup(answering, encoder.record, encoder.runtime)
        self._encoder = encoder
        self._ahead = Ahead(encoder, number * ENOUGH)
        self._starting = threading.Lock()  # one after the other: the service needs a core meanwhile
        self._changed = threading.Condition()
        # What follows is read and written by whoever has `_changed`.
        self._snapshot = snapshot
        self._stopped = False
        self._all: set[_Process] = set()
        self._there: set[_Process] = set()  # with the live snapshot open, free or asked
        self._free: list[_Process] = []
        self._waiting: deque[Future[_Process | None]] = deque()
        self._keepers = [
            threading.Thread(target=self._keep, name=f"answering-{place}", daemon=True)
            for place in range(number)
        ]

    def start(self) -> None:
        """Start the processes, which will answer of what is followed, and return at once."""
        for keeper in self._keepers:
            keeper.start()

    def follow(self, snapshot: str) -> None:
        """Answer of `snapshot` from now on, as soon as a process has opened it."""
        with self._changed:
            self._snapshot = snapshot
            behind, self._free = self._free, []
            self._none_there()
            self._changed.notify_all()
        for process in behind:
            self._reopen(process)

    def stop(self) -> None:
        """End the processes; returns when they have ended."""
        with self._changed:
            self._stopped = True
            self._none_there()
            self._changed.notify_all()
            for process in self._all:
                process.kill()
        for keeper in self._keepers:
            keeper.join()

    def there(self) -> tuple[int, int]:
        """Return how many processes answer, and how many there are to be."""
        # Without the lock: asked on the event loop, and a process may be starting under it.
        return len(self._there), len(self._keepers)

    def answer(self, question: Question, text: str, snapshot: str, began: float) -> bytes | None:
        """Return the JSON of the answer of `snapshot`, or None where no process can give it.

        `text` is what the encoder reads of the question, `began` as `Ask` has it.
        Raises `QuestionError`, as `Answers.ask` does.
        """
        tries = 0
        while tries < TRIES:
            if not self._answers_of(snapshot):
                return None  # rather than wait to be encoded for nothing
            with self._ahead.encoded(text) as vector:
                process = self._taken(snapshot)
            if process is None:
                return None
            try:
                ask = Ask(question, {text: vector}, began)
                reply = process.told(ask, self._encoder, self._ahead)
            except (EOFError, OSError) as error:
                # Else it had ended before it was asked, or while it waited for what it needs.
                tries += not isinstance(error, BrokenPipeError)
                process.kill()
                self._lose(process)
                continue
            except BaseException:
                process.kill()  # half a conversation cannot be gone on with
                raise
            self._give_back(process)
            if isinstance(reply, bytes):
                return reply
            if isinstance(reply, QuestionError):
                raise reply
            _LOG.warning("an answering process failed: %s", _place(reply))
            return None
        raise RuntimeError(f"{TRIES} processes ended while they answered one question")

    def _answers_of(self, snapshot: str) -> bool:
        with self._changed:
            return snapshot == self._snapshot and bool(self._there)

    def _taken(self, snapshot: str) -> _Process | None:
        """Return a process that has `snapshot` open, once it is this one's turn."""
        with self._changed:
            if not self._answers_of(snapshot):
                return None
            if self._free:
                # The last that was asked: what it has read lately is at hand.
                return self._free.pop()
            turn: Future[_Process | None] = Future()
            self._waiting.append(turn)
        return turn.result()

    def _give_back(self, process: _Process) -> None:
        if not self._placed(process):
            self._reopen(process)

    def _placed(self, process: _Process) -> bool:
        """Give a process to who waits longest, or keep it; False where another snapshot is live."""
        with self._changed:
            if process.snapshot != self._snapshot:
                return False
            if process in self._all:
                self._there.add(process)
                if self._waiting:
                    self._waiting.popleft().set_result(process)
                else:
                    self._free.append(process)
            return True

    def _reopen(self, process: _Process) -> None:
        opening = threading.Thread(target=self._open, args=[process], name="reopening", daemon=True)
        try:
            opening.start()
        except RuntimeError:  # the system lets no more threads run: its keeper starts it anew
            process.kill()

    def _open(self, process: _Process) -> None:
        """Have a process open what is live, until it answers of it or has ended."""
        while True:
            with self._changed:
                wanted = self._snapshot
            try:
                reply = process.told(Open(), self._encoder, self._ahead)
            except (EOFError, OSError):
                return
            if isinstance(reply, Opened):
                process.snapshot = reply.snapshot
            else:
                _LOG.warning(
                    "an answering process could not open snapshot %s: %s", wanted, _place(reply)
                )
            if self._placed(process):
                return
            with self._changed:
                # It may be ahead of the service, which looks for another only now and then.
                if not self._stopped and self._snapshot == wanted:
                    self._changed.wait(AGAIN)

    def _keep(self) -> None:
        """Keep one process running: when it ends, for whatever reason, start another."""
        while True:
            process = None
            with self._starting:
                try:
                    process = self._started()
                except OSError as error:
                    _LOG.warning("an answering process could not be started: %s.", error.strerror)
                if process is not None:
                    self._open(process)
            if process is not None:
                code = process.ended()
                self._lose(process)
            with self._changed:
                if self._stopped:
                    return
                if process is not None:
                    _LOG.warning(
                        "an answering process ended (%s); another is started.", how_ended(code)
                    )
                if process is None or process.snapshot is None:
                    self._changed.wait_for(lambda: self._stopped, AGAIN)

    def _started(self) -> _Process | None:
        with self._changed:
            if self._stopped:
                return None
            process = _Process(self._setup)
            self._all.add(process)
            return process

    def _lose(self, process: _Process) -> None:
        with self._changed:
            self._all.discard(process)
            self._there.discard(process)
            if process in self._free:
                self._free.remove(process)
            if not self._there:
                self._none_there()

    def _none_there(self) -> None:
        """Have the service itself answer who waits for a process."""
        self._there.clear()
        while self._waiting:
            self._waiting.popleft().set_result(None)


def _place(reply: object) -> str:
    return reply.place if isinstance(reply, Failed) else f"it said {type(reply).__name__}"
