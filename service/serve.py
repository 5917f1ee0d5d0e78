"""Run the service: uvicorn on the address of the settings, and the processes that answer."""

import asyncio
import ctypes
import gc
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from index.errors import SettingsError
from service.settings import Settings

if TYPE_CHECKING:
    from uvicorn import Server

    from index.encoder import Encoder


ARENAS = 2
"""Places that memory comes from. glibc has one for nearly every thread, up to 8 a core, each of
which keeps what was freed in it: at 1,000,000 passages 2,796 to 2,862 MB are left after 8 clients,
and so 2,631 to 2,674 (docs/scale.md). Of 35,000 passages answers come as fast with two."""
_M_ARENA_MAX = -8  # as in malloc.h
STOP_SECONDS = 10
"""How long what is being answered is waited for, once told to stop: some answers of a large index
on a busy machine. A client that does not read its answer, or send its request to the end, would
keep the process for as long as it likes."""


def serve(settings: Settings, announce: Callable[[str, str], None], *, watch: bool = False) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is being answered and return.

    `announce` is told the address, once questions can be asked, and what the start has cost.
    Raises `SettingsError` when the address cannot be listened on.
    """
    listener = _listen(settings.host, settings.port)
    _few_arenas()
    try:
        began = time.perf_counter()
        # Most of opening an encoder is not Python's work: it goes on while modules are imported.
        with ThreadPoolExecutor(1) as aside:
            opening = aside.submit(_open_encoder, settings)
            import uvicorn

            from service.app import create_app

            imported = time.perf_counter()
            encoder = opening.result()
        opened = time.perf_counter()
        app = create_app(settings, encoder, watch=watch, processes=True)
        # What is there by now stays: a full look through it for garbage is a pause of 0.1 s, once
        # in some 150 questions. Nothing of a snapshot may lie in a circle, or it would stay too.
        gc.collect()
        gc.freeze()
        done = time.perf_counter()
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        config = uvicorn.Config(
            app,
            # The access log would hold the questions that people put into addresses.
            access_log=False,
            log_level="warning",
            # Else uvicorn believes whoever is on this machine where a request comes from, and with
            # another address each time one may guess tokens without end.
            proxy_headers=bool(os.environ.get("FORWARDED_ALLOW_IPS")),
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        logging.getLogger("uvicorn.error").addFilter(_no_traceback_of_the_end)
        server = uvicorn.Server(config)
        with _stopping(server), _one_thread():
            announce(
                f"http://{shown}:{port}/",
                f"started in {done - began:.1f} s: imports {imported - began:.1f}, "
                f"encoder {opened - imported:.1f}, snapshot {done - opened:.1f}; {encoder.runtime}",
            )
            server.run([listener])
    finally:
        listener.close()


def _open_encoder(settings: Settings) -> "Encoder":
    from index.runtimes import open_encoder

    return open_encoder(settings.encoder, runtime=settings.runtime)


def _few_arenas() -> None:
    """Have glibc take memory from `ARENAS` places at most, unless the environment says how many.

    Elsewhere than under glibc nothing is done.
    """
    tuned = "glibc.malloc.arena_max" in os.environ.get("GLIBC_TUNABLES", "")
    if not (tuned or os.environ.get("MALLOC_ARENA_MAX")):
        with suppress(OSError, AttributeError, TypeError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS)


def _no_traceback_of_the_end(record: logging.LogRecord) -> bool:
    """Tell whether a line of uvicorn's log is more than that a request was cut off at the end.

    How many were, it says in a line before.
    """
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    return not isinstance(error, asyncio.CancelledError)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Have NumPy's products computed in one thread, unless the environment says in how many.

    What reads a question whole would wait for its other threads, and they for those of the encoder
    and of other questions: one process had 58 and 63 questions/s of 8 clients, and 70 so; of
    questions half of which are read 32, and 52 to 59 (docs/speed.md).
    """
    from threadpoolctl import threadpool_limits

    from service.processes.pool import ONE_THREAD

    told = ONE_THREAD.keys() <= os.environ.keys()
    with threadpool_limits(None if told else 1, user_api="blas"):
        yield


@contextmanager
def _stopping(server: "Server") -> Iterator[None]:
    """Let SIGINT and SIGTERM stop `server`, and do no more.

    While it serves, uvicorn has handlers of its own; when it has stopped it puts back the ones it
    has found and raises the signal again, which would end the process as if it had failed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise SettingsError(_refusal(host, port, error)) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise SettingsError(_refusal(host, port, error)) from error
    return listener


def _refusal(host: str, port: int, error: Exception) -> str:
    why = getattr(error, "strerror", None) or error
    return (
        f"cannot listen on {host} port {port}: {why}. "
        "Choose another with --host and --port (0 takes any free port)."
    )
