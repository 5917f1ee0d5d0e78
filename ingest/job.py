"""One indexing run as a process of its own: `python -m ingest.job`, started by the service.

The request is one JSON object on standard input: `corpus`, `index`, `encoder`, `runtime`,
`target_tokens`, `keep`, `rebuild`. Each line of standard output is one JSON object: first any
number of `{"stage", "done", "total"}`, then one `{"report"}` or one `{"error", "kind"}`. It
runs at low priority, so that answering stays quick, and a process that dies takes no service
with it.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from index.errors import PinciteError, WriterBusy

NICE = 10
TELL_SECONDS = 0.2
"""Least time between two lines about the same stage."""
BUSY_SECONDS = 600
"""How long to wait for another writer, who is at work on the same articles."""

Tell = Callable[[dict[str, object]], None]


def run(request: dict[str, Any], tell: Tell, *, patience: float = BUSY_SECONDS) -> None:
    """Bring the index up to date as `request` says; `tell` gets each line."""
    from index.runtimes import open_encoder
    from ingest.pipeline import update_index

    told: dict[str, float] = {}

    def on_progress(stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done >= total or now - told.get(stage, 0) >= TELL_SECONDS:
            told[stage] = now
            tell({"stage": stage, "done": done, "total": total})

    try:
        tell({"stage": "starting", "done": 0, "total": 0})
        encoder = open_encoder(request["encoder"], runtime=request["runtime"])
        began = time.monotonic()
        while True:
            try:
                report = update_index(
                    Path(request["corpus"]),
                    Path(request["index"]),
                    encoder,
                    target_tokens=request["target_tokens"],
                    keep=request["keep"],
                    rebuild=request["rebuild"],
                    on_progress=on_progress,
                )
                break
            except WriterBusy:
                if time.monotonic() - began > patience:
                    raise
                tell({"stage": "waiting for another writer", "done": 0, "total": 0})
                time.sleep(0.5)
    except PinciteError as error:
        tell({"error": str(error), "kind": error.kind})
        return
    tell(
        {
            "report": {
                "snapshot": report.manifest.snapshot if report.manifest else None,
                "articles": report.articles,
                "passages": report.passages,
                "encoded": report.encoded,
                "added": len(report.added),
                "changed": len(report.changed),
                "removed": len(report.removed),
                "unread": len(report.problems),
                "seconds": round(report.seconds, 3),
            }
        }
    )


def main() -> None:
    """Read the request, run it, write what happens."""
    os.nice(NICE)
    # Whatever a library prints must not come between the lines: it goes where errors go.
    with os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1) as lines:
        os.dup2(2, 1)
        try:
            run(json.load(sys.stdin), lambda line: print(json.dumps(line), file=lines))
        except BrokenPipeError:  # the service is gone, and takes the work up when it is back
            os._exit(1)


if __name__ == "__main__":
    main()
