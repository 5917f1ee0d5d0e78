"""The evaluation: measures against values worked out by hand, on datasets written here."""

import gzip
import json
import math
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from index.encoder import DeterministicEncoder, arithmetic
from index.errors import SourceError
from index.search import Searcher
from index.snapshot import open_snapshot
from ingest.pipeline import update_index
from service.cli import app
from service.evaluation.dataset import read_dataset
from service.evaluation.evaluate import (
    CONFIGURATIONS,
    best_passages,
    evaluate,
    interval,
    latency,
    measure,
)

DOCUMENTS = {
    "calf": ("Calf cramps", "A calf cramp at night. Stretch the calf and hold it."),
    "eye": ("Eyelid twitch", "An eyelid twitch may last for days. Sleep helps."),
    "salt": ("Salts", "Salts are lost with sweat. Drink water on hot days."),
    "back": ("Back pain", "Pain in the back often passes. Keep moving."),
}
QUERIES = {"q1": "calf cramp", "q2": "eyelid twitch", "unjudged": "what is this", "zero": "nothing"}
QRELS = [("q1", "calf", 2), ("q1", "salt", 1), ("q2", "eye", 1), ("zero", "back", 0)]


def write_dataset(folder: Path, *, compressed: bool = False) -> Path:
    (folder / "qrels").mkdir(parents=True)
    corpus = "".join(
        json.dumps({"_id": key, "title": title, "text": text}) + "\n"
        for key, (title, text) in DOCUMENTS.items()
    )
    queries = "".join(json.dumps({"_id": k, "text": t}) + "\n" for k, t in QUERIES.items())
    for name, text in (("corpus.jsonl", corpus), ("queries.jsonl", queries)):
        if compressed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
        else:
            (folder / name).write_text(text)
    rows = "".join(f"{q}\t{d}\t{g}\n" for q, d, g in QRELS)
    (folder / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\n" + rows)
    return folder


def log2(value: int) -> float:
    return math.log2(value)


def test_measures_by_hand() -> None:
    qrels = {"a": {"d1": 2, "d2": 1, "d9": 0}, "b": {"d1": 1}, "c": {"d5": 1}}
    rankings = {"a": ["d9", "d1", "d3", "d2"], "b": [f"x{i}" for i in range(10)] + ["d1"], "c": []}
    found = measure(qrels, rankings)
    ideal = 2 + 1 / log2(3)
    assert found["nDCG@10"] == pytest.approx([(2 / log2(3) + 1 / log2(5)) / ideal, 0, 0])
    assert found["MAP@10"] == pytest.approx([(1 / 2 + 2 / 4) / 2, 0, 0])
    assert found["MRR@10"] == pytest.approx([1 / 2, 0, 0])
    assert found["Recall@10"] == pytest.approx([1, 0, 0])
    assert found["Recall@100"] == pytest.approx([1, 1, 0])
    assert found["P@1"] == pytest.approx([0, 0, 0])
    assert found["judged@10"] == pytest.approx([3 / 4, 0, 0])


def test_a_higher_bar_leaves_grades_below_it_out_of_all_but_ndcg() -> None:
    qrels = {"a": {"d1": 1, "d2": 3}}
    found = measure(qrels, {"a": ["d1", "d2"]}, relevant=3)
    assert found["MRR@10"] == pytest.approx([0.5])
    assert found["P@1"] == pytest.approx([0])
    assert found["nDCG@10"] == pytest.approx([(1 + 3 / log2(3)) / (3 + 1 / log2(3))])


def test_the_order_given_is_the_order_measured() -> None:
    qrels = {"a": {"d1": 1}}
    assert measure(qrels, {"a": ["d1", "d2"]})["P@1"] == [1]
    assert measure(qrels, {"a": ["d2", "d1"]})["P@1"] == [0]


def test_a_document_stands_where_its_best_passage_stands() -> None:
    article_of = np.array([0, 0, 1, 2, 2])
    assert best_passages([3, 0, 4, 1, 2], article_of, ["x", "y", "z"]) == ["z", "x", "y"]


def test_interval_holds_the_mean_and_is_the_same_each_time() -> None:
    values = np.array([0.0, 1.0] * 50)
    found = interval(values)
    assert found.mean == 0.5
    # The normal approximation: 0.5 ± 1.96 · 0.5 / √100.
    assert found.low == pytest.approx(0.402, abs=0.02)
    assert found.high == pytest.approx(0.598, abs=0.02)
    assert interval(values) == found
    assert interval(np.ones(3)) == interval(np.ones(7))


def test_latency_is_in_milliseconds() -> None:
    found = latency([0.001, 0.002, 0.003])
    assert found.p50 == pytest.approx(2)
    assert found.p95 == pytest.approx(2.9)


@pytest.mark.parametrize("compressed", [False, True])
def test_a_dataset_is_read_plain_or_compressed(tmp_path: Path, compressed: bool) -> None:
    dataset = read_dataset(write_dataset(tmp_path / "small", compressed=compressed))
    assert dataset.name == "small"
    assert dataset.queries == {"q1": "calf cramp", "q2": "eyelid twitch"}
    assert dataset.qrels == {"q1": {"calf": 2, "salt": 1}, "q2": {"eye": 1}}
    only = read_dataset(tmp_path / "small", relevant=2)
    assert list(only.queries) == ["q1"]


def test_judgements_are_chosen_by_name_and_ranks_of_others_left_alone(tmp_path: Path) -> None:
    folder = write_dataset(tmp_path / "small")
    (folder / "qrels" / "dev.ranks.tsv").write_text("query-id\tcorpus-id\trank\nq1\teye\t1\n")
    (folder / "qrels" / "other.tsv").write_text("q2\tback\t3\n")
    assert read_dataset(folder).qrels["q2"] == {"eye": 1, "back": 3}
    assert read_dataset(folder, "dev").qrels["q1"] == {"calf": 2, "salt": 1}
    with pytest.raises(SourceError, match=r"no test\.tsv \(there: dev, dev\.ranks, other\)"):
        read_dataset(folder, "test")


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("corpus.jsonl", None, r"has no corpus\.jsonl or corpus\.jsonl\.gz"),
        ("queries.jsonl", '{"_id": "q1"}\n', r"queries\.jsonl: line 1 is not an object"),
        ("queries.jsonl", "[]\n", r"line 1 is not an object"),
        ("queries.jsonl", '{"_id": "other", "text": "x"}\n', "no query of queries.jsonl has"),
        ("qrels/dev.tsv", "query-id\tcorpus-id\tscore\nq1\tcalf\n", r"dev\.tsv: line 2 is not"),
        ("qrels/dev.tsv", None, r"no judgements\.tsv \(there: none\)"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, path: str, text: str | None, message: str) -> None:
    folder = write_dataset(tmp_path / "small")
    if text is None:
        (folder / path).unlink()
    else:
        (folder / path).write_text(text)
    with pytest.raises(SourceError, match=message):
        read_dataset(folder)


def test_all_configurations_side_by_side(tmp_path: Path) -> None:
    dataset = read_dataset(write_dataset(tmp_path / "small"))
    encoder = DeterministicEncoder()
    update_index(dataset.corpus, tmp_path / "index", encoder)
    seen: list[tuple[int, int]] = []
    found = evaluate(
        dataset,
        Searcher(open_snapshot(tmp_path / "index")),
        encoder,
        worst=1,
        on_progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(1, 2), (2, 2)]
    assert [result.configuration for result in found.results] == list(CONFIGURATIONS)
    assert (found.queries, found.articles) == (2, 4)
    lexical, *_, pipeline = found.results
    # BM25 finds "calf" and nothing else for q1, "eye" alone for q2.
    ideal = 2 + 1 / log2(3)
    assert lexical.measures["nDCG@10"].mean == pytest.approx((2 / ideal + 1) / 2)
    assert lexical.measures["Recall@10"].mean == pytest.approx(0.75)
    assert lexical.measures["judged@10"].mean == 1
    assert pipeline.measures["P@1"].mean == 1
    assert found.results[2].gain.mean == found.results[2].gain.high == 0
    assert set(found.stages) == {"encode", "search"}
    (miss,) = found.worst
    assert miss.query_id == "q1"
    assert [(d.document_id, d.title, d.grade) for d in miss.wanted] == [
        ("calf", "Calf cramps", 2),
        ("salt", "Salts", 1),
    ]
    assert miss.wanted[0].rank == 1
    strict = evaluate(
        dataset, Searcher(open_snapshot(tmp_path / "index")), encoder, relevant=2, worst=2
    )
    assert [
        [d.document_id for d in one.wanted] for one in strict.worst if one.query_id == "q1"
    ] == [["calf"]]
    assert miss.found[0].document_id == "calf"


class Page(HTMLParser):
    """What a page holds: its text, and whatever it would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "link", "img", "iframe"}:
            self.fetched.append(tag)
        self.fetched += [name for name, _ in attrs if name in {"src", "href", "srcset"}]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("qrels/test.tsv", "1\t0\t2\t1\n", r"line 1 has four fields, as in TREC's files"),
        ("qrels/test.tsv", "q1\tcalf\t1.0\n", "line 1 is not query-id, corpus-id and a whole"),
        ("qrels/test.tsv", "q1\tcalf\t100000000\n", "line 1 has the grade 100000000; at most 1000"),
        ("queries.jsonl", '{"_id": "q", "text": "a \\ud800"}', "line 1 is not an object with"),
        ("queries.jsonl", '{"_id": null, "text": "a"}', "line 1 is not an object with"),
        ("queries.jsonl", '{"_id": 1, "text": "a"}\n' * 2, "line 2 has the id 1, as a line"),
        ("queries.jsonl", "[" * 200_000, "line 1 is not an object with"),
    ],
)
def test_what_would_be_misread_is_refused_by_its_line(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    folder = write_dataset(tmp_path / "small")
    for path in (folder / "qrels").glob("*.tsv"):
        path.unlink()
    (folder / "qrels" / "test.tsv").write_text("q1\tcalf\t1\n")
    (folder / name).write_text(text)
    with pytest.raises(SourceError, match=message):
        read_dataset(folder)


def test_a_document_that_is_lost_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_dataset(tmp_path / "small")
    with (folder / "corpus.jsonl").open("a") as file:
        file.write(json.dumps({"_id": "calf", "title": "Roses", "text": "Roses want sun."}) + "\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PINCITE_ENCODER", "deterministic")
    result = CliRunner().invoke(app, ["eval", str(folder), "--json"])
    assert "a later one has the same id, corpus.jsonl/calf for one" in result.stderr
    assert json.loads(result.stdout)["queries"] == 2


def test_the_command_prints_a_table_json_and_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_dataset(tmp_path / "small")
    with (folder / "queries.jsonl").open("a") as file:
        file.write(json.dumps({"_id": "q3", "text": "<b>salts</b> & sweat"}) + "\n")
    (folder / "qrels" / "more.tsv").write_text("q3\tback\t1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PINCITE_ENCODER", "deterministic")
    command = ["eval", str(folder), "--json", "--html", "report.html"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["queries"] == 3
    assert [r["configuration"] for r in found["results"]] == list(CONFIGURATIONS)
    assert found["worst"][0]["query_id"] == "q3"
    kept = list((tmp_path / "var" / "eval").iterdir())
    computed = arithmetic(DeterministicEncoder())
    assert [path.name for path in kept] == [f"small-{found['sha256'][:12]}-{computed}"]

    page = Page()
    page.feed((tmp_path / "report.html").read_text("utf-8"))
    words = " ".join(" ".join(page.words).split())
    assert page.fetched == []
    assert "<b>salts</b> & sweat" in words
    assert "Back pain (back, grade 1): " in words
    pipeline = found["results"][3]["measures"]["nDCG@10"]["mean"]
    assert f"{pipeline:.3f}" in words

    again = CliRunner().invoke(app, ["eval", str(folder), "--qrels", "dev"])
    assert again.exit_code == 0, again.output
    assert "small: 2 queries, 4 articles" in again.stdout
    for name in CONFIGURATIONS:
        assert name in again.stdout


def test_the_command_names_what_is_missing(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["eval", str(tmp_path)])
    assert isinstance(result.exception, SourceError)
    assert "has no corpus.jsonl" in str(result.exception)
