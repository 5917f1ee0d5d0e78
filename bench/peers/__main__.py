"""Pincite beside its peers, in one run: the same documents, questions and vectors for each.

    python -m bench.peers [--documents N] [--questions N] [--only NAME ...] [--keep FOLDER]
                          [--write]

Each peer gets an environment of its own in var/peers (made when it is missing, pinned by
bench/peers/requirements), the weights that Pincite uses, and the settings that its documentation
recommends (they stand in its script). The dataset is SciFact's development claims, read in place;
of N documents, those that answer a claim come first. A peer runs alone, in a process of its own,
whose memory (and that of its children) is watched from outside. One that fails is named, and the
rest goes on. `--keep` keeps every result, and takes those that are there already, so that a run
can go on where it was stopped. `--write` puts the table into docs/peers.md and the README.
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from bench.evaluation_data import ROOT, SCIFACT, entries
from index.weights import DEFAULT_ENCODER, locate
from service.evaluation.dataset import Dataset, Qrels, read_dataset
from service.evaluation.evaluate import interval, measure
from service.processes.pool import ONE_THREAD

HERE = Path(__file__).parent
ENVIRONMENTS = ROOT / "var" / "peers"
TABLES = (ROOT / "docs" / "peers.md", ROOT / "README.md")
BEGIN, END = "<!-- peers: begin -->", "<!-- peers: end -->"

PEERS = ("txtai", "haystack", "llamaindex", "chroma", "verbatim_rag")
OURS = ("pincite", "pincite --answers")
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "ANONYMIZED_TELEMETRY": "False",
    "TOKENIZERS_PARALLELISM": "true",
}
HOUR = 3600
WATCHED = 0.5
"""Seconds between two looks at a peer's memory: a look takes some milliseconds of one core."""

Document = dict[str, str]


def documents_of(dataset: Dataset, most: int | None) -> list[Document]:
    """Return the dataset's documents, or `most` of them, those that answer a query first."""
    documents = [
        {key: str(each.get(key, "")) for key in ("_id", "title", "text")}
        for each in entries(dataset.corpus)
    ]
    if most is None:
        return documents
    wanted = {name for grades in dataset.qrels.values() for name in grades}
    documents.sort(key=lambda each: each["_id"] not in wanted)
    return documents[:most]


def python_of(peer: str) -> str:
    """Return the interpreter of the peer's own environment, made and filled when missing."""
    environment = ENVIRONMENTS / peer
    interpreter = environment / "bin" / "python"
    requirements = HERE / "requirements" / f"{peer}.txt"
    filled = environment / ".filled"
    if not filled.is_file() or filled.read_text("utf-8") != requirements.read_text("utf-8"):
        print(f"{peer}: filling {environment} (about 2 GB)", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        install = [str(interpreter), "-m", "pip", "install", "--quiet", "-r", str(requirements)]
        subprocess.run(install, check=True)
        filled.write_text(requirements.read_text("utf-8"), "utf-8")
    return str(interpreter)


def run_peer(peer: str, task: Path, folder: Path) -> dict[str, Any] | None:
    """Return what the peer's script measured and the memory that it took; None when it failed."""
    name, *options = peer.split()
    result = folder / f"{name}{''.join(options)}.json"
    if result.is_file():
        print(f"{peer}: as measured before", flush=True)
        kept: dict[str, Any] = json.loads(result.read_text("utf-8"))
        return kept
    interpreter = sys.executable if name == "pincite" else python_of(name)
    raw = result.with_suffix(".raw")
    command = [interpreter, "-m", f"bench.peers.with_{name}", str(task), str(raw), *options]
    print(f"{peer} …", flush=True)
    began, load = time.monotonic(), os.getloadavg()[0]
    log = result.with_suffix(".log")
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            cwd=ROOT,
            # In as many threads of NumPy as `pincite serve` computes in.
            env={**(ONE_THREAD if name == "pincite" else {}), **os.environ, **QUIET},
            start_new_session=True,
        )
        peak = watch(process, began + HOUR)
    if process.returncode or not raw.is_file():
        tail = log.read_text("utf-8", "replace")[-2000:]
        print(f"{peer} failed ({process.returncode}):\n{tail}", file=sys.stderr)
        return None
    measured: dict[str, Any] = json.loads(raw.read_text("utf-8"))
    measured |= {"peak_megabytes": peak, "load": [round(load, 1), round(os.getloadavg()[0], 1)]}
    result.write_text(json.dumps(measured), "utf-8")
    print(f"  {time.monotonic() - began:.0f} s", flush=True)
    return measured


def watch(process: "subprocess.Popen[bytes]", until: float) -> float:
    """Return the most megabytes that the process and its children held; end them at `until`."""
    peak = 0.0
    try:
        while process.poll() is None and time.monotonic() < until:
            peak = max(peak, sum(map(_megabytes, _session(process.pid))))
            time.sleep(WATCHED)
        return peak
    finally:
        # What it has started may outlive it, or this process be the one that is ended.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _session(leader: int) -> list[int]:
    """Return the processes of the leader's session (Linux)."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
            except OSError:
                continue  # gone meanwhile
            if int(fields[3]) == leader:
                found.append(int(entry.name))
    return found


def _megabytes(process: int) -> float:
    """Return the megabytes that a process holds; what several share is divided among them."""
    try:
        rolled = Path(f"/proc/{process}/smaps_rollup").read_text("ascii")
    except OSError:
        return 0.0  # gone meanwhile
    return (
        sum(int(line.split()[1]) for line in rolled.splitlines() if line.startswith("Pss:")) / 1000
    )


def heading(questions: int, documents: int) -> str:
    """Return what the table was made of."""
    return (
        f"{questions} claims (SciFact, development) over {documents:,} abstracts, all-MiniLM-L6-v2,"
        f" in process, {os.cpu_count()} cores, Python {platform.python_version()};"
        f" `python -m bench.peers`.\n\n"
    )


def table(rows: Sequence[Mapping[str, Any]], qrels: Qrels) -> str:
    """Return the comparison as a Markdown table, with a warning when the machine was busy."""
    lines = [
        "| | documents/s | p50, ms | p99, ms | questions/s: 1, 8, 32 clients | peak MB | nDCG@10 |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        found = interval(measure(qrels, row["rankings"], relevant=1)["nDCG@10"])
        rates = ", ".join(f"{row['questions_per_second'][each]:.0f}" for each in ("1", "8", "32"))
        lines.append(
            f"| {row['name']} {row['version']} | {row['documents_per_second']:.1f} "
            f"| {row['p50_ms']:.1f} | {row['p99_ms']:.1f} | {rates} "
            f"| {row['peak_megabytes']:,.0f} | {found.mean:.3f} |"
        )
    loads = [row["load"][0] for row in rows]
    if max(loads) > 1 + (os.cpu_count() or 1) / 4:
        lines.append(
            f"\nThe machine was busy (load average {min(loads):.1f} to {max(loads):.1f} before a "
            "row): the figures compare with each other at best, and with no other run's."
        )
    return "\n".join(lines) + "\n"


def write(text: str, pages: Sequence[Path] = TABLES) -> None:
    """Put `text` between the marks of each page; raises `SystemExit` where there are none."""
    for page in pages:
        before, begin, rest = page.read_text("utf-8").partition(BEGIN)
        _, end, after = rest.partition(END)
        if not (begin and end):
            raise SystemExit(f"{page} has no lines {BEGIN} and {END} to write between.")
        page.write_text(f"{before}{BEGIN}\n{text}{END}{after}", "utf-8")


def compare(dataset: Dataset, given: argparse.Namespace, folder: Path) -> str:
    """Run every peer on the dataset, one after the other; return the table."""
    asked = dict(islice(dataset.queries.items(), given.questions))
    documents = documents_of(dataset, given.documents)
    task = folder / "task.json"
    model = str(locate(DEFAULT_ENCODER).path)
    wanted = json.dumps({"documents": documents, "questions": asked, "model": model})
    if task.is_file() and task.read_text("utf-8") != wanted:
        raise SystemExit(f"{folder} keeps the results of another task: name another folder.")
    task.write_text(wanted, "utf-8")
    peers = (*OURS, *(given.only or PEERS))
    measured = {each: run_peer(each, task, folder) for each in peers}
    rows = [row for row in measured.values() if row]
    if not rows:
        raise SystemExit("nothing was measured.")
    qrels = {query: dataset.qrels[query] for query in asked}
    text = heading(len(asked), len(documents)) + table(rows, qrels)
    failed = [each for each, row in measured.items() if row is None]
    return text + (f"\nFailed: {', '.join(failed)}.\n" if failed else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, help="not all documents, but this many")
    parser.add_argument("--questions", type=int, help="not all questions, but the first so many")
    parser.add_argument("--only", nargs="+", choices=PEERS, help="not all peers, but these")
    parser.add_argument("--keep", type=Path, help="keep results here, and use those kept")
    parser.add_argument("--write", action="store_true", help="into docs/peers.md and README.md")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    if not SCIFACT.is_dir():
        raise SystemExit(f"{SCIFACT} is absent: there is nothing to compare on.")
    with tempfile.TemporaryDirectory() as aside:
        folder = (given.keep or Path(aside)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        text = compare(read_dataset(SCIFACT), given, folder)
    print(text)
    if given.write:
        write(text)


if __name__ == "__main__":
    main()
