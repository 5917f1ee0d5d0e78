"""A service in a process of its own, for the benches that send it articles and questions."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

if TYPE_CHECKING:
    from http.client import HTTPConnection

PINCITE = (sys.executable, "-c", "import service.cli; service.cli.main()")
"""The command line, of the checkout that this is."""
TOKEN = "a-token-for-the-bench"


@dataclass(frozen=True, slots=True)
class Service:
    """A service that runs: where it listens, which process it is, and what it said till then."""

    address: tuple[str, int]
    process: int
    said: str

    def processes(self) -> list[int]:
        """Return its processes, itself first: those that it has started, and theirs (Linux)."""
        parents: dict[int, int] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # of a process that has just ended
                fields = stat.read_text("ascii", "replace").rpartition(")")[2].split()
                parents[int(stat.parent.name)] = int(fields[1])
        found = [self.process]
        for process in found:
            found += [child for child, parent in parents.items() if parent == process]
        return found

    def processor_seconds(self) -> float:
        """Return the processor time that all of it has used (Linux)."""
        ticks = 0
        for process in self.processes():
            stat = Path(f"/proc/{process}/stat").read_text("ascii")
            # Of all its threads, and of its processes that have ended.
            ticks += sum(map(int, stat.rpartition(")")[2].split()[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def wait_for_processes(self) -> None:
        """Return when as many answer as are to, or after a minute."""
        until = time.monotonic() + 60
        url = f"http://{self.address[0]}:{self.address[1]}/metrics"
        while time.monotonic() < until:
            with urlopen(url) as response:
                said = dict(
                    re.findall(r'pincite_processes.state="(\w+)". (\d+)', response.read().decode())
                )
            if said["answering"] == said["wanted"]:
                return
            time.sleep(0.1)

    def memory(self) -> list[float]:
        """Return the megabytes of each process, pages that several have shared out (Linux)."""
        return [1e-3 * _kilobytes(process, "Pss:") for process in self.processes()]


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str] | None = None
) -> Iterator[Service]:
    """Run a command that serves, wait for its address on standard error, and end it at last."""
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        said = ""
        for line in process.stderr:
            said += line
            if found := re.search(r"http://\[?([^/\]]+)\]?:(\d+)/", line):
                break
        else:
            raise SystemExit(f"the service did not start: {said}")
        yield Service((found[1], int(found[2])), process.pid, said)
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def service(corpus: Path, index: Path, encoder: str, *, index_first: bool = True) -> Iterator[int]:
    """Index the corpus, unless told not to, and serve it; give the port."""
    environment = {
        **os.environ,
        "PINCITE_ADMIN_TOKEN": TOKEN,
        "PINCITE_ENCODER": encoder,
        "PINCITE_ANSWER_THRESHOLD": "0.000001",
        "PINCITE_CHANGES_PER_MINUTE": "100000",
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    places = ["--corpus", str(corpus), "--index", str(index)]
    if index_first:
        subprocess.run([*PINCITE, "index", *places], env=environment, check=True)
    with running([*PINCITE, "serve", "--port", "0", *places], environment) as started:
        yield started.address[1]


def _kilobytes(process: int, what: str) -> int:
    for line in Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines():
        if line.startswith(what):
            return int(line.split()[1])
    return 0


def resident(process: int | str = "self") -> float:
    """Return the megabytes of memory that a process, or this one, holds (Linux)."""
    pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def call(connection: "HTTPConnection", method: str, path: str, body: str | None = None) -> bytes:
    headers = {"authorization": f"Bearer {TOKEN}"} if method == "PUT" else {}
    if method == "POST":
        headers = {"content-type": "application/json"}
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    data = response.read()
    if response.status >= 400:
        raise RuntimeError(f"{response.status}: {data[:300]!r}")
    return data
