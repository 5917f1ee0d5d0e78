"""Indexing as a job: one at a time, in a process of its own, followed by the service.

What is asked for while a job runs is one next job, however often it is asked: that one looks at
the whole corpus again. A process that dies is a job that failed, and nothing else. `INDEX/pending`
stands from a request until a job has done it, so that a service that is killed takes the work up
again when it is started.
"""

import contextlib
import json
import logging
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from service.aside import environment, how_ended, module_command
from service.failures import place_of
from service.schemas import JobOut, JobReport
from service.settings import Settings

COMMAND = module_command("ingest.job")

_LOG = logging.getLogger("pincite")


@dataclass(slots=True)
class _Job:
    number: int
    asked: str
    state: str = "waiting"
    stage: str = ""
    done: int = 0
    total: int = 0
    error: str | None = None
    report: dict[str, Any] | None = None
    ended: str | None = None


class Indexing:
    """Runs the jobs of one service. Safe to share by threads."""

    def __init__(
        self,
        settings: Settings,
        on_done: Callable[[], None],
        *,
        command: tuple[str, ...] = COMMAND,
    ) -> None:
        self._settings = settings
        self._on_done = on_done
        self._command = command
        self._lock = threading.Lock()
        self._latest: _Job | None = None
        self._next: _Job | None = None
        self._number = 0
        self._process: subprocess.Popen[str] | None = None
        self._worker: threading.Thread | None = None
        self._stopped = False
        self._pending = settings.index / "pending"

    def request(self) -> JobOut:
        """Ask for a run that begins after this call; returns the job that will be it."""
        with self._lock:
            # Under the lock, as a job that ends may take the mark away where none is to follow.
            with contextlib.suppress(OSError):  # the job itself will say that it cannot write there
                self._pending.parent.mkdir(parents=True, exist_ok=True)
                self._pending.touch()
            if self._next is None:
                self._number += 1
                self._next = _Job(self._number, _now())
            job = self._next
            if self._worker is None and not self._stopped:
                self._worker = threading.Thread(target=self._work, name="indexing", daemon=True)
                self._worker.start()
            return _job_out(job)

    def resume(self) -> None:
        """Take up what a service that was stopped or killed has left undone."""
        if self._pending.exists():
            self.request()

    def jobs(self) -> tuple[JobOut | None, JobOut | None]:
        """Return the job that runs or ran last, and the one that waits for it."""
        with self._lock:
            return (
                _job_out(self._latest) if self._latest else None,
                _job_out(self._next) if self._next else None,
            )

    def stop(self) -> None:
        """End the job that runs, if one does; the live snapshot stays as it is."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.terminate()
            worker = self._worker
        if worker is not None:
            worker.join()

    def _work(self) -> None:
        try:
            self._work_off()
        finally:
            with self._lock:
                # However it ended, the next request starts another.
                if self._worker is threading.current_thread():
                    self._worker = None

    def _work_off(self) -> None:
        """Run what was asked for until nothing more is."""
        while True:
            with self._lock:
                job, self._next = self._next, None
                if job is None or self._stopped:
                    self._worker = None
                    return
                self._latest = job
                job.state = "running"
            try:
                self._run(job)
            except OSError as error:
                job.error = f"indexing could not be started: {error.strerror or error}."
            except Exception as error:  # noqa: BLE001 - the worker outlives whatever the child said
                job.report = None
                job.error = f"indexing ended in what is no report ({type(error).__name__})."
                _LOG.error("%s", place_of(error))
            try:
                self._on_done()
            except Exception as error:  # noqa: BLE001 - and whatever it tells
                _LOG.error("%s", place_of(error))
            with self._lock:
                job.state = "failed" if job.error else "done"
                job.ended = _now()
                if job.state == "done" and self._next is None:
                    with contextlib.suppress(OSError):
                        self._pending.unlink(missing_ok=True)

    def _run(self, job: _Job) -> None:
        settings = self._settings
        request = {
            "corpus": str(settings.corpus),
            "index": str(settings.index),
            "encoder": settings.encoder,
            "runtime": settings.runtime,
            "target_tokens": settings.passage_tokens,
            "keep": settings.keep_snapshots,
            "rebuild": False,
        }
        with self._lock:
            if self._stopped:
                job.error = "the service was stopped."
                return
            process = self._process = subprocess.Popen(  # noqa: S603 - ours, no shell
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                env=environment(),
            )
        with process:
            if process.stdin is not None:
                with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
                    json.dump(request, pipe)
            for line in process.stdout or ():
                _take(job, line)
        with self._lock:
            self._process = None
        if job.report is None and job.error is None:
            job.error = (
                f"indexing ended before it was done ({how_ended(process.returncode)}). What was "
                "live still is. Ask for it again: POST /v1/index/refresh."
            )


def _take(job: _Job, line: str) -> None:
    try:
        fields = json.loads(line)
    except ValueError:  # the last line of a process that was killed while it wrote it
        return
    if not isinstance(fields, dict):  # or what a library printed
        return
    if "stage" in fields:
        job.stage, job.done, job.total = fields["stage"], fields["done"], fields["total"]
    job.error = fields.get("error")
    job.report = fields.get("report")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _job_out(job: _Job) -> JobOut:
    return JobOut.model_validate(
        {
            "job": job.number,
            "state": job.state,
            "stage": job.stage,
            "done": job.done,
            "total": job.total,
            "error": job.error,
            "report": None if job.report is None else JobReport(**job.report),
            "asked": job.asked,
            "ended": job.ended,
        }
    )
