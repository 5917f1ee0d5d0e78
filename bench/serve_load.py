"""Questions over HTTP: `python -m bench.serve_load INDEX [--clients 1,8,32] [--seconds S]`.

Starts `pincite serve` on the index INDEX in a process of its own, on a free port of 127.0.0.1, and
asks it from this one, every client in turn with a question that nobody has asked before. Prints

- one client against bare encoding: each question is encoded here, then asked there, so that other
  work on the machine slows both; medians and 99th percentiles, and their ratios;
- questions a second, p50, p99 and errors for each number of clients;
- the same for the same pipeline without batching (`--unbatched`);
- an overload: four times as many clients as the queue takes, then one alone.

The generator is some lines of asyncio over sockets. It shares the machine's cores with the service,
so each line ends with the milliseconds of processor time (all threads) that a question took of the
service and of the generator. Two quiet cores answer at most 2,000 / (their sum) questions a second;
on a busy machine these are the figures to compare.

Questions are those of `../shared/eval` (MedQuAD's and real searches, in turn), else made up of the
words of the index's own headings. A run is bounded by `--seconds` a stage.
"""

import argparse
import asyncio
import gzip
import itertools
import json
import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.figures import Figures, Plot, Table, percentile, save
from bench.service_process import Service, running

EVAL = Path(__file__).resolve().parents[2] / "shared" / "eval"
TIMEOUT = 10.0
"""Seconds after which an answer that has not come counts as timed out."""


@dataclass(slots=True)
class Load:
    """What one stage has seen: milliseconds of each answer, and how each request ended."""

    milliseconds: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    own: float = 0.0
    service: float = 0.0

    def row(self) -> str:
        """Return the stage as a table's cells."""
        answered = len(self.milliseconds)
        if not answered:
            return f"no answer: {dict(self.ends)}"
        other = {end: count for end, count in self.ends.items() if end != "200"}
        return (
            f"{answered / self.seconds:7.1f}/s  p50 {percentile(self.milliseconds, 50):7.1f} ms  "
            f"p99 {percentile(self.milliseconds, 99):7.1f} ms  errors {other or 'none'}  "
            f"processor ms a question: service {1000 * self.service / answered:.1f}, "
            f"own {1000 * self.own / sum(self.ends.values()):.2f}"
        )


def questions(index: Path) -> Iterator[str]:
    """Yield questions, no two of which are the same."""
    chance = random.Random(8)
    medquad = EVAL / "medquad" / "queries.jsonl.gz"
    if medquad.is_file():
        with gzip.open(medquad, "rt", encoding="utf-8") as lines:
            asked = [json.loads(line)["text"] for line in lines]
        searched = [
            json.loads(line)["text"]
            for line in (EVAL / "questions" / "health_search.jsonl").read_text("utf-8").splitlines()
        ]
        chance.shuffle(asked)
        chance.shuffle(searched)
        pairs = itertools.zip_longest(asked, searched)
        found = [text for pair in pairs for text in pair if text]
    else:
        from index.snapshot import open_snapshot

        found = open_snapshot(index).records.headings()
        chance.shuffle(found)
    found = list(dict.fromkeys(found))
    for turn in itertools.count():
        # A second round asks them in other words, so that no vector is known already.
        yield from (text if not turn else f"{text} ({turn + 1})" for text in found)


@contextmanager
def served(
    index: Path, *, queue: int = 0, unbatched: bool = False, processes: int | None = None
) -> Iterator[Service]:
    """Serve `index` in a process of its own, which answers in so many others."""
    command = [sys.executable, "-m", "bench.serve_load", "--child", str(index)]
    command += ["--unbatched"] if unbatched else []
    environment = {**os.environ, **({"PINCITE_QUEUE": str(queue)} if queue else {})}
    if processes is not None:
        environment["PINCITE_PROCESSES"] = str(processes)
    with running(command, environment) as service:
        print(service.said.strip(), flush=True)
        service.wait_for_processes()
        yield service


def _child(index: Path, *, unbatched: bool) -> None:
    from service.serve import serve
    from service.settings import load_settings

    if unbatched:
        from index import batched_encoder

        batched_encoder.TOGETHER = 1
    settings = load_settings(index=index, port=0)
    serve(settings, lambda address, cost: print(address, cost, file=sys.stderr, flush=True))


class Client:
    """One connection that asks one question after the other."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def __aenter__(self) -> "Client":
        self._reader, self._writer = await asyncio.open_connection(*self._address)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def ask(self, question: str) -> str:
        """Return the status of the answer, read whole."""
        body = json.dumps({"question": question}).encode()
        head = (
            f"POST /v1/ask HTTP/1.1\r\nhost: {self._address[0]}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answer.partition(b"content-length:")[2].split()[0])
        await self._reader.readexactly(length)
        return answer.split(maxsplit=2)[1].decode()


async def ask_from(service: Service, clients: int, seconds: float, asked: Iterator[str]) -> Load:
    """Ask from `clients` connections for `seconds`, each its next question when one is answered."""
    load = Load()
    began, own, used = time.perf_counter(), time.process_time(), service.processor_seconds()

    async def one() -> None:
        async with Client(service.address) as client:
            while time.perf_counter() - began < seconds:
                start = time.perf_counter()
                try:
                    status = await asyncio.wait_for(client.ask(next(asked)), TIMEOUT)
                except TimeoutError:
                    load.ends["timed out"] += 1
                    return
                except (OSError, asyncio.IncompleteReadError):
                    load.ends["broken off"] += 1
                    return
                taken = 1000 * (time.perf_counter() - start)
                load.ends[status] += 1
                (load.milliseconds if status == "200" else load.refusals).append(taken)
                if status != "200":
                    await asyncio.sleep(0.05)

    await asyncio.gather(*(one() for _ in range(clients)))
    load.seconds = time.perf_counter() - began
    load.own = time.process_time() - own
    load.service = service.processor_seconds() - used
    return load


async def against_encoding(service: Service, asked: Sequence[str]) -> tuple[Load, Load]:
    """Encode each question here and ask it there, one after the other."""
    from index.runtimes import open_encoder

    encoder = open_encoder()
    bare, over = Load(), Load()
    async with Client(service.address) as client:
        for number, question in enumerate(asked):
            start = time.perf_counter()
            encoder.encode([question])
            middle = time.perf_counter()
            over.ends[await client.ask(question)] += 1
            done = time.perf_counter()
            if number >= len(asked) // 5:  # those before are for warming up
                bare.milliseconds.append(1000 * (middle - start))
                over.milliseconds.append(1000 * (done - middle))
    return bare, over


async def _run(options: argparse.Namespace, asked: Iterator[str]) -> Figures:
    alone: list[tuple[str, float, float, float]] = []
    stages: dict[str, Load] = {}
    served_so = partial(served, options.index, processes=options.processes)
    with served_so() as service:
        await ask_from(service, 4, options.seconds / 4, asked)  # to warm up
        bare, over = await against_encoding(service, list(itertools.islice(asked, options.alone)))
        ratios = [o / b for o, b in zip(over.milliseconds, bare.milliseconds, strict=True)]
        print("one client, each question encoded here and then asked there:")
        for part in (50, 99):
            one, other = percentile(bare.milliseconds, part), percentile(over.milliseconds, part)
            alone.append((f"p{part}", one, other, other / one))
            print(
                f"  p{part}: encoding {one:.1f} ms, over HTTP {other:.1f} ms, × {other / one:.2f}"
            )
        print(f"  ratio of each pair, median: × {statistics.median(ratios):.2f}; {dict(over.ends)}")
        first = None
        for clients in options.clients:
            load = await ask_from(service, clients, options.seconds, asked)
            stages[f"{clients} clients"] = load
            first = first or percentile(load.milliseconds, 50)
            by = percentile(load.milliseconds, 99) / first
            print(f"{clients:4} clients: {load.row()}  p99 is × {by:.1f} of one's p50", flush=True)
        memory = service.memory()
        print(f"memory {sum(memory):.0f} MB: {' + '.join(f'{each:.0f}' for each in memory)}")
    if options.unbatched:
        with served_so(unbatched=True) as service:
            await ask_from(service, 4, options.seconds / 4, asked)
            for clients in options.clients[-1:]:
                load = await ask_from(service, clients, options.seconds, asked)
                stages[f"{clients} clients, one text a batch"] = load
                print(f"{clients:4} clients, one text a batch: {load.row()}", flush=True)
    if options.overload:
        with served_so(queue=options.overload) as service:
            load = await ask_from(service, 4 * options.overload, options.seconds, asked)
            stages[f"queue of {options.overload}, {4 * options.overload} clients"] = load
            print(f"queue of {options.overload}, {4 * options.overload} clients: {load.row()}")
            if load.refusals:
                print(
                    f"  refusals: p50 {percentile(load.refusals, 50):.1f} ms, "
                    f"p99 {percentile(load.refusals, 99):.1f} ms"
                )
            after = await ask_from(service, 1, options.seconds / 4, asked)
            stages["one client right after it"] = after
            print(f"  one client right after it: {after.row()}")
    return figures(alone, stages, options.clients)


def figures(
    alone: Sequence[tuple[str, float, float, float]], stages: dict[str, Load], clients: list[int]
) -> Figures:
    """Return what one client and each load has seen, and curves against the number of clients."""
    answered = {name: load for name, load in stages.items() if load.milliseconds}
    rows = tuple(
        (
            name,
            len(load.milliseconds) / load.seconds,
            percentile(load.milliseconds, 50),
            percentile(load.milliseconds, 99),
            f"{load.ends['503']}",
            f"{sum(load.ends.values()) - load.ends['200'] - load.ends['503']}",
            1000 * load.service / len(load.milliseconds),
        )
        for name, load in answered.items()
    )
    columns = ("", "questions/s", "p50, ms", "p99, ms", "503", "other errors", "processor ms each")
    named = {n: answered.get(f"{n} clients") for n in clients}
    loads = [(n, load) for n, load in named.items() if load]
    curves = {
        f"p{part}": tuple((float(n), percentile(load.milliseconds, part)) for n, load in loads)
        for part in (50, 99)
    }
    rates = tuple((float(n), len(load.milliseconds) / load.seconds) for n, load in loads)
    plots = (
        Plot("Answers", "lines", "clients", "questions/s", {"questions/s": rates}),
        Plot("Waiting", "lines", "clients", "ms", curves),
    )
    return Figures(
        (
            Table("One client", ("", "encoding alone, ms", "over HTTP, ms", "ratio"), tuple(alone)),
            Table("Under load", columns, rows),
        ),
        plots if loads else (),
    )


def takes_index_and_clients(parser: argparse.ArgumentParser) -> None:
    """Have a command line take the folder of an index, and numbers of clients."""
    parser.add_argument("index", type=Path)
    parser.add_argument(
        "--clients",
        type=lambda text: [int(part) for part in text.split(",")],
        default=[1, 8, 32],
        help="numbers of clients, by commas",
    )


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    takes_index_and_clients(parser)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--alone", type=int, default=250, help="questions of the one client")
    parser.add_argument("--processes", type=int, help="that answer; 0: the service itself")
    parser.add_argument("--unbatched", action="store_true", help="without batching too")
    parser.add_argument("--overload", type=int, default=16, metavar="QUEUE", help="0: none")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _child(options.index, unbatched=options.unbatched)
        return 0
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}; index {options.index}")
    save(asyncio.run(_run(options, questions(options.index))), options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
