"""Questions over HTTP from wrk: `python -m bench.load_wrk INDEX [--clients 1,8,32] [--seconds S]`.

wrk is a load generator of others, in C (https://github.com/wg/wrk; Debian and Ubuntu: `apt-get
install wrk`). For each number of clients it asks a service on 127.0.0.1, and so does the generator
of `bench.serve_load` before it and after it, all with questions that nobody has asked before. Where
the two agree, what `bench.serve_load` says is no artefact of its own process.

wrk's percentiles also count the questions that a slow answer has kept from being asked (its
correction for coordinated omission), so that its p99 may be the higher one. Without wrk on the PATH
it says so, and its rows are missing.
"""

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench.figures import Figures, Table, percentile, save
from bench.serve_load import TIMEOUT, Load, ask_from, questions, served, takes_index_and_clients
from bench.service_process import Service

SCRIPT = Path(__file__).with_name("load_wrk.lua")
MOST = 2000
"""Questions a second that are made ready for wrk, some twenty times what two cores answer."""
MISSING = 'wrk is not on the PATH: its rows are missing. Debian and Ubuntu: "apt-get install wrk".'


@dataclass(frozen=True, slots=True)
class Row:
    """What one generator has seen with so many clients; milliseconds; `others`: not answered."""

    clients: int
    generator: str
    rate: float
    p50: float
    p99: float
    others: int
    processor: float

    def cells(self) -> tuple[str | float, ...]:
        """Return the row as a table's cells."""
        name = f"{self.clients} clients, {self.generator}"
        return name, self.rate, self.p50, self.p99, f"{self.others}", self.processor


def ask_with_wrk(
    wrk: str, service: Service, clients: int, seconds: float, asked: Iterator[str]
) -> Row:
    """Have wrk ask from `clients` connections for `seconds`, none of `asked` twice."""
    with tempfile.TemporaryDirectory() as folder:
        bodies = Path(folder) / "questions.jsonl"
        ready = islice(asked, int(MOST * seconds))
        bodies.write_text("".join(json.dumps({"question": each}) + "\n" for each in ready))
        used = service.processor_seconds()
        run = subprocess.run(
            [
                *(wrk, "--threads", "1", "--connections", str(clients)),
                *("--duration", f"{max(1, round(seconds))}s", "--timeout", f"{TIMEOUT:.0f}s"),
                *(
                    "--script",
                    str(SCRIPT),
                    f"http://{service.address[0]}:{service.address[1]}/v1/ask",
                ),
                *("--", str(bodies)),
            ],
            capture_output=True,
            text=True,
            timeout=seconds + 3 * TIMEOUT,
            check=False,
        )
        used = service.processor_seconds() - used
    line = next((each for each in run.stdout.splitlines() if each.startswith("figures ")), None)
    if run.returncode or line is None or run.stderr:
        raise SystemExit(f"wrk ended with {run.returncode}: {run.stdout}{run.stderr}")
    seen = json.loads(line.removeprefix("figures "))
    # To wrk every response is an answer, a 503 too.
    answered = seen["answers"] - seen["refused"]
    return Row(
        clients,
        "wrk",
        answered / seen["seconds"],
        seen["p50"],
        seen["p99"],
        seen["refused"] + seen["broken"] + seen["late"],
        1000 * used / max(1, answered),
    )


def _own(clients: int, load: Load) -> Row:
    answered = len(load.milliseconds)
    if not answered:
        raise SystemExit(f"no answer: {dict(load.ends)}")
    return Row(
        clients,
        "serve_load",
        answered / load.seconds,
        percentile(load.milliseconds, 50),
        percentile(load.milliseconds, 99),
        sum(load.ends.values()) - answered,
        1000 * load.service / answered,
    )


def measure(index: Path, clients: list[int], seconds: float) -> list[Row]:
    """Return the rows of each number of clients: ours, wrk's where it is there, ours again."""
    wrk = shutil.which("wrk")
    asked = questions(index)
    rows = []
    with served(index) as service:
        asyncio.run(ask_from(service, 4, seconds / 4, asked))  # to warm up
        for count in clients:
            rows.append(_own(count, asyncio.run(ask_from(service, count, seconds, asked))))
            if wrk is not None:
                rows.append(ask_with_wrk(wrk, service, count, seconds, asked))
                rows.append(_own(count, asyncio.run(ask_from(service, count, seconds, asked))))
    return rows


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    takes_index_and_clients(parser)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each row")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args()
    missing = shutil.which("wrk") is None
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}; index {options.index}")
    if missing:
        print(MISSING)
    columns = ("", "questions/s", "p50, ms", "p99, ms", "not answered", "processor ms each")
    print(f"| {' | '.join(columns)} |")
    print("|---" * len(columns) + "|")
    rows = [each.cells() for each in measure(options.index, options.clients, options.seconds)]
    for name, rate, p50, p99, others, processor in rows:
        print(f"| {name} | {rate:.1f} | {p50:.1f} | {p99:.1f} | {others} | {processor:.1f} |")
    title = "Two generators" + (f" ({MISSING})" if missing else "")
    save(Figures((Table(title, columns, tuple(rows)),)), options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
