"""The article side: every article as the sum of its passages, by brute force."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.analysis import terms
from index.articles import ArticleIndex, MeanDirections
from index.encoder import DeterministicEncoder
from index.snapshot import open_snapshot
from ingest.pipeline import update_index
from tests.sample_corpus import write

TEXTS = ["calf cramp at night", "stretch the calf", "salts", "eyelid twitch"]


def test_mean_directions_by_hand() -> None:
    vectors = np.array([[1, 0], [0, 1], [0.6, 0.8], [1, 0], [-1, 0]], np.float32)
    half = 0.5**0.5
    expected = [[half, half], [0.6, 0.8], [0, 0]]
    assert MeanDirections(vectors, np.array([0, 2, 3]))[:] == pytest.approx(np.array(expected))
    assert MeanDirections(vectors[:0], np.empty(0, np.int64))[:].shape == (0, 2)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=12), st.integers(1, 13), st.data())
def test_directions_that_are_held_and_others_are_the_same_bits(
    counts: list[int], held: int, data: st.DataObject
) -> None:
    drawn = np.random.default_rng(sum(counts)).normal(size=(sum(counts), 384))
    vectors = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    firsts = np.cumsum([0, *counts[:-1]])
    every = MeanDirections(vectors, firsts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("index.articles.HELD", held)
        some = MeanDirections(vectors, firsts)
    assert len(some) == len(every) == len(counts)
    assert some.shape == every.shape == (len(counts), 384)
    assert some[:].tobytes() == every[:].tobytes()
    asked = np.array(data.draw(st.lists(st.integers(0, len(counts) - 1))), np.int64)
    assert some[asked].tobytes() == every[:][asked].tobytes()
    assert some[1::2].tobytes() == every[:][1::2].tobytes()


def test_an_article_is_the_sum_of_its_passages(
    corpus: Path, tmp_path: Path, encoder: DeterministicEncoder
) -> None:
    update_index(corpus, tmp_path / "index", encoder, target_tokens=24)
    snapshot = open_snapshot(tmp_path / "index")
    articles = ArticleIndex.of(snapshot)
    rows = snapshot.records.article_rows()
    order = sorted(rows, key=lambda name: rows[name])
    for place, name in enumerate(order):
        first, count = rows[name]
        assert articles.article_of[first : first + count].tolist() == [place] * count
        mean = snapshot.dense.vectors[first : first + count].astype(np.float64).mean(axis=0)
        assert articles.vectors[:][place] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)
    assert len(articles.article_of) == snapshot.manifest.passages
    assert len(articles.lexical) == len(articles.vectors) == snapshot.manifest.articles
    held = Counter(terms("cramp"))
    best = int(np.argmax(articles.lexical.scores_of_terms(held)))
    assert order[best] == "calf-cramps.md"


def test_a_grown_index_has_the_same_article_side_as_a_fresh_one(
    corpus: Path,
    tmp_path: Path,
    encoder: DeterministicEncoder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    update_index(corpus, tmp_path / "grown", encoder)
    write(corpus / "fresh.md", "# Fresh\n\nA new article on calf cramps.\n")
    (corpus / "salts.html").unlink()
    update_index(corpus, tmp_path / "grown", encoder)
    update_index(corpus, tmp_path / "new", encoder)
    grown, new = (ArticleIndex.of(open_snapshot(tmp_path / name)) for name in ("grown", "new"))
    assert grown.article_of.tolist() == new.article_of.tolist()
    assert grown.vectors[:].tobytes() == new.vectors[:].tobytes()
    for query in ("cramp", "calf salts", "eyelid"):
        assert grown.lexical.scores(query).tolist() == new.lexical.scores(query).tolist()
    monkeypatch.setattr("index.articles.HELD", 2)
    few = ArticleIndex.of(open_snapshot(tmp_path / "grown"))
    assert len(few.vectors) > 2
    vector, places = encoder.encode(["calf cramp"])[0], np.array([2, 0, 2, 1])
    assert few.scores_of(vector, places).tobytes() == new.scores_of(vector, places).tobytes()


def test_a_direction_is_the_unit_sum_of_a_run_and_zeros_where_it_cancels_out() -> None:
    drawn = np.random.default_rng(0).normal(size=(40, 12))
    vectors = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    vectors[31] = -vectors[30]
    firsts = np.array([0, 1, 17, 30, 32])
    sums = np.add.reduceat(vectors, firsts, axis=0, dtype=np.float64)
    found = MeanDirections(vectors, firsts)[:]
    assert not found[3].any()
    full = [0, 1, 2, 4]
    units = (sums[full] / np.linalg.norm(sums[full], axis=1, keepdims=True)).astype(np.float32)
    assert found[full].tobytes() == units.tobytes()
