"""How long answers take while articles come, against a quiet minute of the same service.

    .venv/bin/python -m bench.under_fire [PASSAGES] [--encoder NAME] [--seconds S] [--rounds R]

A service of its own on a free port of this machine, a corpus of numbered sentences, clients that
ask without a pause. Each round is S quiet seconds, then S in which an article is sent as soon as
the one before is searchable, so that indexing never rests. What counts is the ratio of the two
95th percentiles: it holds on a machine that others use too, as the milliseconds do not.
"""

import argparse
import json
import os
import random
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

from bench.figures import percentile
from bench.living_index import PER_ARTICLE, write_article
from bench.service_process import call, service

LEAST, PATIENCE = 2, 90
"""Clients that never pause leave an indexing job of low priority a tenth of a core."""


@dataclass(slots=True)
class Tally:
    """What the clients of one stretch saw: seconds of each answer, failures, snapshots; and how
    many articles were sent and indexed meanwhile."""

    seconds: list[float] = field(default_factory=list)
    failures: int = 0
    snapshots: set[str] = field(default_factory=set)
    sent: int = 0

    def percentile(self, part: int) -> float:
        """Return the milliseconds that `part` per cent of the answers did not exceed."""
        return percentile(self.seconds, part) * 1e3


def stretch(port: int, articles: int, clients: int, seconds: float, corpus: Path | None) -> Tally:
    """Ask for so many seconds from so many clients; with `corpus`, send articles meanwhile, and go
    on until `LEAST` of them are searchable, `PATIENCE` seconds more at most.
    """
    tally = Tally()
    end = time.perf_counter() + seconds
    lock = threading.Lock()

    def going() -> bool:
        now = time.perf_counter()
        return now < end or (corpus is not None and tally.sent < LEAST and now < end + PATIENCE)

    def ask(number: int) -> None:
        draw = random.Random(f"{number} {end}")
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        while going():
            part = draw.randrange(articles * PER_ARTICLE)
            question = f"How many days to rest muscle {part} when it is tired?"
            began = time.perf_counter()
            try:
                answer = call(connection, "POST", "/v1/ask", json.dumps({"question": question}))
            except (OSError, RuntimeError) as error:
                print(error)
                tally.failures += 1
                connection.close()
                continue
            taken = time.perf_counter() - began
            found = re.search(rb'"snapshot":"(\w+)"', answer)
            with lock:
                tally.seconds.append(taken)
                if found:
                    tally.snapshots.add(found[1].decode())
        connection.close()

    def change(folder: Path) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        number = articles + int(time.time())
        while going():
            number += 1
            write_article(folder, number)
            (text,) = (path.read_text("utf-8") for path in folder.glob(f"*{number:05}.md"))
            job = json.loads(call(connection, "PUT", f"/v1/articles/new/{number}.md", text))["job"]
            while going():
                done = json.loads(call(connection, "GET", "/v1/index"))["job"]
                if done["job"] >= job["job"] and done["state"] in {"done", "failed"}:
                    tally.sent += 1
                    break
                time.sleep(0.1)
        connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    if corpus is not None:
        threads.append(threading.Thread(target=change, args=(corpus,)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally


def rounds(
    folder: Path, passages: int, encoder: str, *, seconds: float, count: int, clients: int
) -> Iterator[tuple[Tally, Tally]]:
    """Yield a quiet stretch and one under change, `count` times, of one service in `folder`."""
    corpus, sent = folder / "corpus", folder / "sent"
    corpus.mkdir()
    sent.mkdir()
    articles = max(1, passages // PER_ARTICLE)
    for number in range(articles):
        write_article(corpus, number)
    with service(corpus, folder / "index", encoder) as port:
        stretch(port, articles, clients, 3, None)  # warm
        for _ in range(count):
            quiet = stretch(port, articles, clients, seconds, None)
            yield quiet, stretch(port, articles, clients, seconds, sent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("passages", type=int, nargs="?", default=5_000)
    parser.add_argument("--encoder", default="all-MiniLM-L6-v2")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=8)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ratios = []
        for quiet, busy in rounds(
            Path(folder),
            given.passages,
            given.encoder,
            seconds=given.seconds,
            count=given.rounds,
            clients=given.clients,
        ):
            ratios.append(busy.percentile(95) / quiet.percentile(95))
            print(f"round {len(ratios)} (load average {os.getloadavg()[0]:.1f})")
            for name, tally in (("quiet", quiet), ("while indexing", busy)):
                print(
                    f"  {name:15} {len(tally.seconds):6} answers, p50 "
                    f"{tally.percentile(50):6.1f} ms, p95 {tally.percentile(95):6.1f} ms, "
                    f"longest {tally.percentile(100):6.0f} ms, {tally.failures} failed, "
                    f"{tally.sent} articles indexed, {len(tally.snapshots)} snapshots answered"
                )
            print(f"  p95 while indexing / quiet: {ratios[-1]:.2f}", flush=True)
        print(f"median ratio of {given.rounds} rounds: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
