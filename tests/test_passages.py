"""What the sweep of passages puts beside them, and that the sweep runs from end to end."""

import json
from pathlib import Path

import numpy as np
import pytest

from bench.passages import SIZES, STANDS, Beside, overlaps, sentences, sweep, with_beside
from index.encoder import DeterministicEncoder
from index.fusion import Signals
from index.records import Article, Passage
from service.evaluation.dataset import read_dataset

TEXT = "A cramp comes. It hurts.\n\nStretch it. Then rest."
PASSAGES = [Passage("a", 0, 24, (), TEXT[:24]), Passage("a", 26, len(TEXT), (), TEXT[26:])]


@pytest.fixture
def article() -> Article:
    return Article(
        article_id="a", title="Cramp", text=TEXT, blocks=(), source="a", source_sha256=""
    )


def test_every_sentence_belongs_to_its_passage(article: Article) -> None:
    found = [(part.text, places) for part, places in sentences(article, PASSAGES)]
    assert found == [
        ("A cramp comes.", [0]),
        ("It hurts.", [0]),
        ("Stretch it.", [1]),
        ("Then rest.", [1]),
    ]


def test_an_overlap_lies_between_the_middles_of_two_passages(article: Article) -> None:
    ((part, places),) = overlaps(article, PASSAGES)
    assert (part.text, places) == ("It hurts.\n\nStretch it.", [0, 1])
    assert article.text[part.start : part.end].strip() == part.text


@pytest.mark.parametrize(("share", "expected"), [(None, [0.9, 0.2, 0.5]), (0.5, [0.6, 0.15, 0.5])])
def test_the_best_beside_a_passage_counts(share: float | None, expected: list[float]) -> None:
    def floats(*values: float) -> "np.typing.NDArray[np.float32]":
        return np.array(values, np.float32)

    none = floats(0, 0, 0)
    known = Signals(floats(0.3, 0.1, 0.5), none, none, none)
    more = Beside(
        np.array([[0.4], [0.9], [0.2]], np.float32), np.array([0, 1, 2]), np.array([2, 2, 5])
    )
    ((rows, changed),) = with_beside(
        [(np.array([2, 5, 7]), known)], np.ones((1, 1), np.float32), more, share
    )
    assert rows.tolist() == [2, 5, 7]
    assert changed.passage_dense.tolist() == pytest.approx(expected)
    assert changed.article_dense is known.article_dense


def test_the_sweep_has_a_row_for_each_way_of_cutting(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "qrels").mkdir(parents=True)
    documents = [
        {"_id": str(n), "title": word, "text": f"The {word} comes at night. It ends soon."}
        for n, word in enumerate(["cramp", "twitch", "spasm"])
    ]
    (data / "corpus.jsonl").write_text("".join(json.dumps(one) + "\n" for one in documents))
    (data / "queries.jsonl").write_text(json.dumps({"_id": "q", "text": "a twitch"}) + "\n")
    (data / "qrels" / "dev.tsv").write_text("query\tdocument\tgrade\nq\t1\t1\n")
    table = list(sweep(read_dataset(data), DeterministicEncoder(), tmp_path / "work", 1))
    assert table[2].startswith(f"| {SIZES[0]} tokens | 3 |")
    assert len(table) == 2 + len(SIZES) + 1 + 6
    assert all(row.endswith("| 1.000 | 1.000 | 1.000 |") for row in table[2:])
    assert f"| {STANDS} tokens and sentences, the greater | 12 |" in table[-6]
