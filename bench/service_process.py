"""A service in a process of its own, for the benches that send it articles and questions."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

TOKEN = "a-token-for-the-bench"


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
    command = [sys.executable, "-c", "import service.cli; service.cli.main()"]
    places = ["--corpus", str(corpus), "--index", str(index)]
    if index_first:
        subprocess.run([*command, "index", *places], env=environment, check=True)
    process = subprocess.Popen(
        [*command, "serve", "--port", "0", *places],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        said = process.stderr.readline() if process.stderr else ""
        found = re.search(r":(\d+)/", said)
        if found is None:
            raise SystemExit(said)
        yield int(found[1])
    finally:
        process.terminate()
        process.communicate()


def call(connection: HTTPConnection, method: str, path: str, body: str | None = None) -> bytes:
    headers = {"authorization": f"Bearer {TOKEN}"} if method == "PUT" else {}
    if method == "POST":
        headers = {"content-type": "application/json"}
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    data = response.read()
    if response.status >= 400:
        raise RuntimeError(f"{response.status}: {data[:300]!r}")
    return data
