"""Runs on disk: gone on with, cut off, of other content, and the same measures either way."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

import service.evaluation.evaluate
import service.evaluation.runs
from index.encoder import DeterministicEncoder
from index.search import Searcher
from index.snapshot import open_snapshot
from ingest.pipeline import update_index
from service.cli import app
from service.evaluation.dataset import read_dataset
from service.evaluation.evaluate import evaluate
from service.evaluation.runs import Runs
from tests.test_evaluate import write_dataset

FOUND = {"lexical": ["calf", "salt"], "dense": []}
SECONDS = {"encode": 0.25}


def test_what_was_found_is_read_again(tmp_path: Path) -> None:
    Runs.open(tmp_path, ("snapshot", "corpus")).add("crämp?", FOUND, SECONDS)
    again = Runs.open(tmp_path, ("snapshot", "corpus"))
    assert again.get("crämp?") == (FOUND, SECONDS)
    assert again.get("cramp?") is None
    assert "cr" not in again.path.read_text().replace("seconds", "").replace("encode", "")


def test_of_other_content_nothing_is_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Runs.open(tmp_path, ("snapshot", "corpus"))
    first.add("cramp", FOUND, SECONDS)
    assert Runs.open(tmp_path, ("snapshot", "corpus"), fresh=True).get("cramp") is None
    first.add("cramp", FOUND, SECONDS)
    assert Runs.open(tmp_path, ("another", "corpus")).get("cramp") is None
    assert not first.path.exists()
    first.add("cramp", FOUND, SECONDS)
    monkeypatch.setattr(service.evaluation.runs, "code_sha256", lambda: "other code")
    assert Runs.open(tmp_path, ("snapshot", "corpus")).get("cramp") is None


def test_a_line_that_was_cut_off_is_asked_again(tmp_path: Path) -> None:
    runs = Runs.open(tmp_path, ("snapshot",))
    runs.add("whole", FOUND, SECONDS)
    runs.add("half", FOUND, SECONDS)
    runs.path.write_bytes(runs.path.read_bytes()[:-9])
    again = Runs.open(tmp_path, ("snapshot",))
    assert again.get("whole") == (FOUND, SECONDS)
    assert again.get("half") is None
    again.add("half", FOUND, SECONDS)
    assert Runs.open(tmp_path, ("snapshot",)).get("half") == (FOUND, SECONDS)


def test_an_interrupted_evaluation_goes_on(
    tmp_path: Path, encoder: DeterministicEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = read_dataset(write_dataset(tmp_path / "small"))
    update_index(dataset.corpus, tmp_path / "index", encoder)
    searcher = Searcher(open_snapshot(tmp_path / "index"))
    whole = evaluate(dataset, searcher, encoder)

    def interrupt(done: int, _total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(
            dataset, searcher, encoder, runs=Runs.open(tmp_path, ("s",)), on_progress=interrupt
        )
    asked: list[str] = []
    real = service.evaluation.evaluate._run

    def counted(text: str, *rest: object) -> object:
        asked.append(text)
        return real(text, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(service.evaluation.evaluate, "_run", counted)
    found = evaluate(dataset, searcher, encoder, runs=Runs.open(tmp_path, ("s",)))
    assert set(asked) == {"eyelid twitch"}  # the other was answered before the interruption
    assert [(r.configuration, r.measures) for r in found.results] == [
        (r.configuration, r.measures) for r in whole.results
    ]
    asked.clear()
    evaluate(dataset, searcher, encoder, runs=Runs.open(tmp_path, ("s",)))
    assert asked == []


def test_the_command_asks_once_and_again_when_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_dataset(tmp_path / "small")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PINCITE_ENCODER", "deterministic")
    outputs = [
        CliRunner().invoke(app, ["eval", str(folder), "--json", *more]).stdout
        for more in ([], [], ["--fresh"])
    ]
    assert outputs[0] == outputs[1]  # with the times of the first
    assert outputs[2] != outputs[0]


def test_a_line_that_is_not_whole_is_asked_again(tmp_path: Path) -> None:
    runs = Runs.open(tmp_path, ("s",))
    runs.add("cramp", {}, {})
    with runs.path.open("a", encoding="utf-8") as file:
        file.write('garbage\n{"text": "abc"}\n[1]\n')
    again = Runs.open(tmp_path, ("s",))
    assert again.get("cramp") == ({}, {})
    assert len(again.answered) == 1
