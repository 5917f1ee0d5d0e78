"""The comparison with peers: its table, and what every peer is asked alike. No peer is needed."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bench.peers.__main__ import (
    BEGIN,
    END,
    TABLES,
    compare,
    documents_of,
    heading,
    table,
    watch,
    write,
)
from bench.peers.harness import first_k, run
from service.evaluation.dataset import read_dataset

QRELS = {"1": {"a": 1}, "2": {"b": 1}}


def row(**other: object) -> dict[str, Any]:
    return {
        "name": "Peer",
        "version": "1.2",
        "documents_per_second": 17.26,
        "p50_ms": 24.04,
        "p99_ms": 73.96,
        "questions_per_second": {"1": 41.4, "8": 40.0, "32": 39.6},
        "peak_megabytes": 1150.4,
        "rankings": {"1": ["a", "b"], "2": ["a", "b"]},
        "load": [0.2, 1.9],
        **other,
    }


def dataset(folder: Path, *, documents: int = 4) -> Path:
    (folder / "qrels").mkdir(parents=True)
    texts = [{"_id": f"d{number}", "title": "T", "text": "x"} for number in range(documents)]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, texts)), "utf-8")
    (folder / "queries.jsonl").write_text(json.dumps({"_id": "q", "text": "why?"}), "utf-8")
    (folder / "qrels" / "dev.tsv").write_text(
        f"query-id\tcorpus-id\tscore\nq\td{documents - 1}\t1\n", "utf-8"
    )
    return folder


def test_a_row_tells_what_was_measured() -> None:
    # The second query's document stands second: nDCG 1/log2(3).
    assert table([row()], QRELS).splitlines()[2:] == [
        "| Peer 1.2 | 17.3 | 24.0 | 74.0 | 41, 40, 40 | 1,150 | 0.815 |"
    ]


def test_the_table_warns_of_a_busy_machine() -> None:
    text = table([row(load=[9.0, 9.0]), row()], QRELS)
    assert "The machine was busy (load average 0.2 to 9.0 before a row)" in text


def test_the_heading_names_what_was_asked() -> None:
    assert heading(188, 5183).startswith("188 claims (SciFact, development) over 5,183 abstracts")


def test_the_table_goes_between_the_marks_and_nothing_else_changes(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", "utf-8")
    write("new\n", [page])
    write("newer\n", [page])
    assert page.read_text("utf-8") == f"before\n{BEGIN}\nnewer\n{END}\nafter\n"


def test_a_page_without_marks_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before {BEGIN} after", "utf-8")
    with pytest.raises(SystemExit, match="no lines"):
        write("new\n", [page])
    assert page.read_text("utf-8") == f"before {BEGIN} after"


@pytest.mark.parametrize("page", TABLES, ids=lambda page: page.name)
def test_the_pages_have_the_marks_once_with_one_table(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    assert text.index(BEGIN) < text.index(END)


def test_documents_that_answer_come_first_and_the_rest_keep_their_order(tmp_path: Path) -> None:
    read = read_dataset(dataset(tmp_path / "set"))
    assert [each["_id"] for each in documents_of(read, 3)] == ["d3", "d0", "d1"]
    assert [each["_id"] for each in documents_of(read, None)] == ["d0", "d1", "d2", "d3"]


def test_a_document_stands_where_its_best_chunk_stands() -> None:
    assert first_k(["b", "a", "b", "c", "a"], 2) == ["b", "a"]


def test_the_harness_asks_no_question_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ask(question: str, k: int) -> list[str]:
        asked.append(question)
        return ["d1"][:k]

    task, result = tmp_path / "task.json", tmp_path / "result.json"
    questions = {"1": "why?", "2": "how?"}
    documents = [{"_id": "d1", "title": "", "text": "x"}]
    task.write_text(
        json.dumps({"documents": documents, "questions": questions, "model": "m"}), "utf-8"
    )
    monkeypatch.setattr("sys.argv", ["with", str(task), str(result)])
    monkeypatch.setattr("bench.peers.harness.SECONDS", 0.02)
    run(lambda given, model: ask if given == documents and model == "m" else None, name="Peer")  # type: ignore[arg-type,return-value]
    measured = json.loads(result.read_text("utf-8"))
    assert measured["rankings"] == {"1": ["d1"], "2": ["d1"]}
    assert measured["name"] == "Peer"
    assert set(measured["questions_per_second"]) == {"1", "8", "32"}
    assert len(asked) == len(set(asked))


def test_a_peer_that_fails_is_named_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = read_dataset(dataset(tmp_path / "set"))

    def run_peer(peer: str, _task: Path, _folder: Path) -> dict[str, Any] | None:
        return None if peer == "txtai" else row(rankings={"q": ["d3"]})

    monkeypatch.setattr("bench.peers.__main__.run_peer", run_peer)
    given: Any = type(
        "Given", (), {"documents": None, "questions": None, "only": ["txtai", "chroma"]}
    )()
    text = compare(read, given, tmp_path)
    assert text.count("| Peer 1.2 |") == 3
    assert text.endswith("\nFailed: txtai.\n")
    with pytest.raises(SystemExit, match="another task"):
        compare(read_dataset(dataset(tmp_path / "other", documents=5)), given, tmp_path)


def test_a_peer_is_watched_with_what_it_starts_and_leaves_nothing_behind(tmp_path: Path) -> None:
    source = f"""
import subprocess, sys, time
kept = bytearray(b"x" * 60_000_000)
child = [sys.executable, "-c", "import time; kept = bytearray(b'x' * 60_000_000); time.sleep(60)"]
started = subprocess.Popen(child)
open({str(tmp_path / "pid")!r}, "w").write(str(started.pid))
time.sleep(4)
"""
    process = subprocess.Popen([sys.executable, "-c", source], start_new_session=True)
    assert watch(process, time.monotonic() + 60) > 120
    status = Path(f"/proc/{(tmp_path / 'pid').read_text('ascii')}/stat")
    until = time.monotonic() + 20
    while status.exists() and " Z " not in status.read_text("ascii"):
        assert time.monotonic() < until, "the child still runs"
        time.sleep(0.05)
