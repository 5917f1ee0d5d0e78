"""What is asked of every peer alike. Runs in the peer's environment: the standard library only.

    PYTHON -m bench.peers.with_NAME TASK.json RESULT.json

A task names the model's folder and holds documents and questions; the result holds the rankings,
to be scored by the caller, and what the clocks said. Documents go in once, one after the other or
at once, as the peer likes best; questions are asked one at a time, then by several threads. No
question is asked twice in the same words, so that what a peer remembers does not count.
"""

import itertools
import json
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

CLIENTS = (1, 8, 32)
SECONDS = 5.0
K = 10

Document = dict[str, str]  # _id, title, text
Ask = Callable[[str, int], list[str]]  # question, k -> ids of documents, best first
Build = Callable[[Sequence[Document], str], Ask]  # documents, the model's folder


def run(build: Build, **about: str) -> None:
    """Do the task that the command line names, and write what came of it."""
    task = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    began = time.perf_counter()
    ask = build(task["documents"], task["model"])
    built = time.perf_counter() - began
    result = {
        **about,
        "python": sys.version.split()[0],
        "documents_per_second": len(task["documents"]) / built,
        **_one_by_one(ask, task["questions"]),
        "questions_per_second": {
            str(clients): _together(ask, list(task["questions"].values()), clients)
            for clients in CLIENTS
        },
        "clients_seconds": SECONDS,
    }
    Path(sys.argv[2]).write_text(json.dumps(result), "utf-8")


def _one_by_one(ask: Ask, questions: dict[str, str]) -> dict[str, Any]:
    for question in list(questions.values())[:5]:
        ask(f"{question} (to warm up)", K)
    rankings, times = {}, []
    for name, question in questions.items():
        began = time.perf_counter()
        rankings[name] = ask(question, K)
        times.append(1000 * (time.perf_counter() - began))
    hundredths = statistics.quantiles(times, n=100)
    return {
        "rankings": rankings,
        "p50_ms": statistics.median(times),
        "p99_ms": hundredths[98],
    }


def _together(ask: Ask, questions: list[str], clients: int) -> float:
    """Return questions a second, asked by `clients` threads for `SECONDS`."""
    done = [0] * clients
    failures: list[BaseException] = []
    turns = itertools.count()
    began = time.perf_counter()

    def client(number: int) -> None:
        try:
            while time.perf_counter() < began + SECONDS:
                again, position = divmod(next(turns), len(questions))
                ask(f"{questions[position]} ({clients} {again})", K)
                done[number] += 1
        except BaseException as failure:  # noqa: BLE001 - raised again by the main thread
            failures.append(failure)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return sum(done) / (time.perf_counter() - began)


def first_k(ids: Sequence[str], k: int) -> list[str]:
    """Return the first `k` distinct ids: a document stands where its best chunk stands."""
    return list(dict.fromkeys(ids))[:k]
