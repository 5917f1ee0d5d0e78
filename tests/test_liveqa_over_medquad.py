"""Judgements of our own, and the table that they give."""

import json
from pathlib import Path

import numpy as np
import pytest

from bench import liveqa_over_medquad as bench
from service.evaluation.evaluate import JUDGED, Configuration, Values


def test_good_grades_gain_and_a_query_without_an_answer_is_left_out(tmp_path: Path) -> None:
    kept = tmp_path / "judged.tsv"
    kept.write_text(
        "query-id\tcorpus-id\tgrade\na\tone\t4\na\ttwo\t3\na\tthree\t2\nb\tone\t1\nb\ttwo\t2\n"
    )
    assert bench.gains(kept) == {"a": {"one": 2, "two": 1, "three": 0}}


def test_the_judgements_are_of_messages_that_have_a_summary() -> None:
    summaries = [json.loads(line) for line in bench.SUMMARIES.read_text("utf-8").splitlines()]
    held = {line["_id"]: line["summary"] for line in summaries}
    assert len(held) == len(summaries)
    judged = [line.split("\t") for line in bench.JUDGEMENTS.read_text("utf-8").splitlines()[1:]]
    assert len({(query, document) for query, document, _ in judged}) == len(judged)
    assert {grade for _, _, grade in judged} == {"1", "2", "3", "4"}
    assert held.keys() >= {query for query, _, _ in judged}
    queries = sorted(bench.gains(), reverse=True)
    assert list(bench.texts(bench.SUMMARIES, "summary", queries).items()) == [
        (query, held[query]) for query in queries
    ]


def test_each_row_is_held_against_plain_fusion_of_the_messages() -> None:
    def score(value: float) -> dict[Configuration, dict[str, Values]]:
        return {
            "plain fusion": {
                "nDCG@10": np.array([value, value]),
                "P@1": np.array([1.0, 0.0]),
                JUDGED: np.array([1.0, 0.5]),
            }
        }

    found = bench.table({bench.MESSAGE: score(0.5), bench.SUMMARY: score(0.75)})
    assert found.splitlines()[2:] == [
        "| message | plain fusion | 0.500 (0.500 to 0.500) | +0.000 (+0.000 to +0.000) "
        "| 0.500 | 0.750 |",
        "| summary | plain fusion | 0.750 (0.750 to 0.750) | +0.250 (+0.250 to +0.250) "
        "| 0.500 | 0.750 |",
    ]


def test_without_the_data_it_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "EVAL", tmp_path / "absent")
    assert bench.main([]) == 1
    assert capsys.readouterr().out == f"skipped: {tmp_path / 'absent'} is absent\n"
