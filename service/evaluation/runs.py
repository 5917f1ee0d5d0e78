"""What an evaluation found so far, on disk: an interrupted one goes on where it stopped.

    FOLDER/runs-KEY.jsonl    {"text", "rankings": {configuration: [document, …]}, "seconds": {…}}

A line for each query, written when it was answered; `text` is the SHA-256 of the query's. The key
is made of the snapshot, the corpus, what computes the vectors, and the code that searches: when one
of them is another, nothing is taken over. A query's times are those of the run that answered it.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import index

Rankings = Mapping[str, list[str]]
Seconds = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Runs:
    """The queries answered so far, kept in the file `path`."""

    path: Path
    answered: dict[str, tuple[Rankings, Seconds]]  # by the SHA-256 of the query's text

    @classmethod
    def open(cls, folder: Path, parts: tuple[str, ...], *, fresh: bool = False) -> "Runs":
        """Return the runs kept in `folder` under the key of `parts`; none of them with `fresh`.

        Runs under another key go: no evaluation will ask for them again.
        """
        key = hashlib.sha256("\0".join((*parts, code_sha256())).encode()).hexdigest()[:16]
        path = folder / f"runs-{key}.jsonl"
        for other in folder.glob("runs-*.jsonl"):
            if fresh or other != path:
                other.unlink(missing_ok=True)
        return cls(path, _read(path))

    def get(self, text: str) -> tuple[Rankings, Seconds] | None:
        """Return what was found for a query of this text, and the seconds of each stage."""
        return self.answered.get(_sha256(text))

    def add(self, text: str, rankings: Rankings, seconds: Seconds) -> None:
        """Keep what was found for a query, in memory and at the end of the file."""
        self.answered[_sha256(text)] = (rankings, seconds)
        line = json.dumps({"text": _sha256(text), "rankings": rankings, "seconds": seconds})
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")


def code_sha256() -> str:
    """Return the SHA-256 of all source files of the search and of what runs it for an evaluation.

    An answer found by other code is not the answer of this one.
    """
    folder = Path(next(iter(index.__path__)))
    digest = hashlib.sha256()
    for path in (
        *sorted(folder.glob("*.py")),
        *sorted(folder.glob("*.toml")),
        Path(__file__).with_name("evaluate.py"),
    ):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _read(path: Path) -> dict[str, tuple[Rankings, Seconds]]:
    """Return the whole lines of `path`; what a run that was cut off left half written is cut."""
    if not path.is_file():
        return {}
    lines = path.read_bytes().split(b"\n")
    if lines[-1]:
        path.write_bytes(b"".join(line + b"\n" for line in lines[:-1]))
    found = {}
    for line in lines[:-1]:
        # Of a line that is not whole nothing is known: its query is asked again.
        with suppress(ValueError, KeyError, TypeError):
            fields = json.loads(line)
            found[fields["text"]] = (fields["rankings"], fields["seconds"])
    return found
