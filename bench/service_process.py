"""A service in a process of its own, for the benches that send it articles and questions."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

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

    def processor_seconds(self) -> float:
        """Return the processor time that it has used, in all its threads (Linux)."""
        fields = Path(f"/proc/{self.process}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
