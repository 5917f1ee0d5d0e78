"""What a start costs, and where a question's time goes: `python -m bench.start INDEX [--rounds N]`.

Each line is a process of its own, run `--rounds` times; medians. The service is started on a free
port, waited for until it is ready, and asked questions that nobody has asked before, one after the
other; its answers tell what each stage took. Memory is what the process holds, file pages included.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path

from bench.figures import Figures, Table, bars, percentile, save
from bench.serve_load import questions
from bench.service_process import PINCITE, call, resident, running

STAGES = ("encode", "search", "answer", "total")


def command_seconds(arguments: list[str], rounds: int) -> float:
    """Return the median seconds of a command from start to end."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        done = subprocess.run([*PINCITE, *arguments], capture_output=True, check=False)
        taken.append(time.perf_counter() - began)
        if done.returncode not in {0, 4}:
            raise SystemExit(done.stderr.decode()[-500:])
    return statistics.median(taken)


def service(index: Path, asked: list[str]) -> tuple[float, float, float, dict[str, list[float]]]:
    """Start the service once; return the seconds until it was ready, the megabytes then and after
    the questions, and the milliseconds of each stage of each answer.
    """
    began = time.perf_counter()
    with running([*PINCITE, "serve", "--port", "0", "--index", str(index)]) as started:
        connection = HTTPConnection(*started.address, timeout=60)
        call(connection, "GET", "/readyz")
        ready, opened = time.perf_counter() - began, resident(started.process)
        stages: dict[str, list[float]] = {stage: [] for stage in STAGES}
        for question in asked:
            answer = json.loads(
                call(connection, "POST", "/v1/ask", json.dumps({"question": question}))
            )
            for stage in STAGES:
                stages[stage].append(answer["timings_ms"][stage])
        return ready, opened, resident(started.process), stages


def measure(index: Path, rounds: int, count: int) -> Figures:
    """Return what commands and the service take to start, and the stages of `count` questions."""
    place = ["--index", str(index)]
    seconds = {
        "python -c pass": 0.0,
        "pincite --help": command_seconds(["--help"], rounds),
        "pincite ask": command_seconds(["ask", "what causes muscle cramps?", *place], rounds),
    }
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    seconds["python -c pass"] = time.perf_counter() - began
    asked = list(islice(questions(index), rounds * count))
    runs = [service(index, asked[turn * count : (turn + 1) * count]) for turn in range(rounds)]
    seconds["pincite serve, until ready"] = statistics.median(run[0] for run in runs)
    stages = {stage: [each for run in runs for each in run[3][stage]] for stage in STAGES}
    medians = {stage: percentile(values, 50) for stage, values in stages.items()}
    return Figures(
        tables=(
            Table("Start", ("command", "seconds"), tuple(seconds.items())),
            Table(
                "Memory of the service",
                ("when", "MB"),
                (
                    ("ready", statistics.median(run[1] for run in runs)),
                    (f"after {count} questions", statistics.median(run[2] for run in runs)),
                ),
            ),
            Table(
                "Where a question's time goes, one client",
                ("stage", "p50, ms", "p99, ms"),
                tuple((stage, medians[stage], percentile(stages[stage], 99)) for stage in STAGES),
            ),
        ),
        plots=(
            bars("Seconds to start", "s", seconds),
            bars("Stages of a question, p50", "ms", medians),
        ),
    )


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    given = parser.parse_args()
    figures = measure(given.index, given.rounds, given.questions)
    for table in figures.tables:
        print(table.title)
        for name, *values in table.rows:
            print(f"  {name:28}", *(f"{float(value):10.2f}" for value in values))
    save(figures, given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
