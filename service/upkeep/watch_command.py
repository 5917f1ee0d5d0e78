"""`pincite watch`: index, and again whenever an article comes, changes or goes."""

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.settings import load_settings

if TYPE_CHECKING:
    from service.schemas import JobOut


def watch(
    corpus: Annotated[Path | None, typer.Option(help="Folder of articles.")] = None,
    index: Annotated[Path | None, typer.Option(help="Folder of the snapshots.")] = None,
) -> None:
    """Index the articles, and again after each change, until it is told to stop."""
    from service.upkeep.indexing import Indexing
    from service.upkeep.watching import Watcher

    settings = load_settings(corpus=corpus, index=index)

    def tell() -> None:
        try:
            _tell(indexing.jobs()[0])
        except OSError as error:
            unheard.append(error)
            stop.set()

    indexing = Indexing(settings, tell)
    watcher = Watcher(settings.corpus, indexing.request)
    stop = threading.Event()
    unheard: list[OSError] = []
    # A signal that came in the middle of a job would else leave its process behind.
    before = {n: signal.signal(n, lambda *_: stop.set()) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        watcher.start()
        stop.wait()
    finally:
        watcher.stop()
        indexing.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
    if unheard:  # whoever read what is told has gone, as `head` does
        raise unheard[0]


def _tell(job: "JobOut | None") -> None:
    if job and job.error:
        typer.echo(job.error, err=True)
    elif job and job.report and job.report.snapshot:
        done = job.report
        typer.echo(
            f"{done.articles} articles, {done.passages} passages ({done.encoded} encoded): "
            f"snapshot {done.snapshot} is live. {done.unread} files could not be read."
        )
