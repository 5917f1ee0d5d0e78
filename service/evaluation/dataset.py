"""A dataset in BEIR's form: a corpus, queries, and judgements of which documents answer them.

    DATASET/corpus.jsonl[.gz]    {"_id", "title", "text"} a line
            queries.jsonl[.gz]   {"_id", "text"} a line
            qrels/NAME.tsv       query-id, corpus-id, grade; a heading line

Grades are whole numbers; 0 and less say that a document does not answer.
"""

import gzip
import hashlib
import json
import zlib
from dataclasses import dataclass
from pathlib import Path

from index.errors import SourceError

Qrels = dict[str, dict[str, int]]

TREC_FIELDS = 4
"""Query, a field that is always 0, document, grade."""
HIGHEST_GRADE = 1000
"""The measures' library takes memory by the grade: 1 GB at 100,000,000."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """`queries` are those with at least one answering document, in the order of their file."""

    name: str
    corpus: Path
    queries: dict[str, str]
    qrels: Qrels
    sha256: str


def read_dataset(folder: Path, qrels: str | None = None, relevant: int = 1) -> Dataset:
    """Read the dataset in `folder`, with all of its judgements or those of `qrels/QRELS.tsv`.

    Only queries count that have a document of grade `relevant` or more. Raises `SourceError`.
    """
    corpus, questions = _file(folder, "corpus.jsonl"), _file(folder, "queries.jsonl")
    available = sorted((folder / "qrels").glob("*.tsv"), key=lambda path: path.stem)
    if qrels is not None:
        chosen = [path for path in available if path.stem == qrels]
    else:
        # Ranks of other systems lie beside the judgements in some sets, as NAME.WHAT.tsv.
        chosen = [path for path in available if "." not in path.stem]
    if not chosen:
        names = ", ".join(path.stem for path in available) or "none"
        raise SourceError(
            f"{folder / 'qrels'} has no {qrels or 'judgements'}.tsv (there: {names})."
        )
    judged: Qrels = {}
    for path in chosen:
        _add_judgements(path, judged)
    texts = _queries(questions)
    answered = {
        query
        for query, grades in judged.items()
        if query in texts and any(grade >= relevant for grade in grades.values())
    }
    if not answered:
        raise SourceError(
            f"{folder}: no query of {questions.name} has a document of grade {relevant} or more."
        )
    return Dataset(
        name=folder.resolve().name,
        corpus=corpus,
        queries={query: text for query, text in texts.items() if query in answered},
        qrels={query: judged[query] for query in texts if query in answered},
        sha256=_sha256(corpus),
    )


def _file(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise SourceError(
        f"{folder} has no {name} or {name}.gz. A dataset in BEIR's form has corpus.jsonl, "
        "queries.jsonl and qrels/NAME.tsv."
    )


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        return (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot be read ({error}).") from error


def _queries(path: Path) -> dict[str, str]:
    queries: dict[str, str] = {}
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            name, text = entry["_id"], entry["text"]
            if not isinstance(name, str | int) or not isinstance(text, str):
                raise TypeError("not an identifier and a text")
            text.encode()
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise SourceError(
                f'{path}: line {number} is not an object with "_id" and "text".'
            ) from error
        if str(name) in queries:
            raise SourceError(f"{path}: line {number} has the id {name}, as a line before it has.")
        queries[str(name)] = text
    return queries


def _add_judgements(path: Path, judged: Qrels) -> None:
    for number, line in enumerate(_text(path).splitlines(), start=1):
        fields = line.split("\t")
        if not line.strip():
            continue
        if number == 1 and _is_heading(fields):
            continue
        try:
            query, document, grade = fields[0], fields[1], int(fields[2])
        except (IndexError, ValueError) as error:
            raise SourceError(
                f"{path}: line {number} is not query-id, corpus-id and a whole number, with tabs."
            ) from error
        if len(fields) == TREC_FIELDS and fields[3].strip().lstrip("-").isdigit():
            raise SourceError(
                f"{path}: line {number} has four fields, as in TREC's files. Leave out the 2nd."
            )
        if abs(grade) > HIGHEST_GRADE:
            raise SourceError(
                f"{path}: line {number} has the grade {grade}; at most {HIGHEST_GRADE} is taken."
            )
        judged.setdefault(query, {})[document] = grade


def _is_heading(fields: list[str]) -> bool:
    """Return whether the first line tells what stands in the others: its third field is a word."""
    try:
        float(fields[2])
    except (IndexError, ValueError):
        return True
    return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
