"""Directions of terms: by hand, against brute force, and where they are not asked for."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import index.directions
from index.analysis import terms
from index.directions import TermDirections, is_one_sentence
from index.encoder import DeterministicEncoder
from index.fusion import RARE_WEIGHTS, SENTENCE_WEIGHTS, Signals, Weights, fuse_signals
from index.lexical import LexicalIndex
from index.search import Searcher
from index.snapshot import open_snapshot
from ingest.pipeline import update_index
from tests.sample_corpus import write

TEXTS = ["calf cramp", "night cramp cramp", "salt water", "the of"]
VECTORS = np.array([[1, 0, 0], [0.6, 0.8, 0], [0, 0, 1], [0, 1, 0]], np.float32)


@pytest.fixture
def lexical() -> LexicalIndex:
    return LexicalIndex.build(TEXTS)


def made(lexical: LexicalIndex, vectors: NDArray[np.float32] = VECTORS) -> TermDirections:
    directions = TermDirections.of(lexical, vectors)
    assert directions is not None
    return directions


def unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return vector / np.linalg.norm(vector)


def test_a_direction_is_the_mean_of_its_passages_by_gain(lexical: LexicalIndex) -> None:
    directions = made(lexical)
    centred = VECTORS.astype(np.float64) - VECTORS.mean(axis=0)
    gains = lexical.scores("cramp")
    expected = {"calf": unit(centred[0]), "salt": unit(centred[2])}
    expected["cramp"] = unit(gains[0] * centred[0] + gains[1] * centred[1])
    for term, direction in expected.items():
        assert directions.vectors[directions.columns[term]] == pytest.approx(direction, abs=1e-6)


def test_only_the_passages_where_it_gains_most_count(
    lexical: LexicalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index.directions, "PROMINENT", 1)
    directions = made(lexical)
    first = int(np.argmax(lexical.scores("cramp")))
    expected = unit(VECTORS[first].astype(np.float64) - VECTORS.mean(axis=0))
    assert directions.vectors[directions.columns["cramp"]] == pytest.approx(expected, abs=1e-6)


def test_signals_are_those_of_brute_force(lexical: LexicalIndex) -> None:
    directions = made(lexical)
    rows = np.array([0, 2, 3])
    asked = {"salt": 1, "cramp": 2, "unheard": 1}
    found = directions.signals(asked, lexical, VECTORS, rows, rows)
    assert found is not None
    of = {t: directions.vectors[c].astype(np.float64) for t, c in directions.columns.items()}
    share = {"salt": lexical.idf("salt") ** 1.5, "cramp": 2 * lexical.idf("cramp") ** 1.5}
    whole = sum(share.values())
    towards = sum(share[term] / whole * of[term] for term in share)
    assert found.direction == pytest.approx(VECTORS[rows] @ towards, abs=1e-6)
    for row, likeness in zip(rows, found.likeness, strict=True):
        held = terms(TEXTS[row])
        nearest = {t: max((of[t] @ of[other] for other in held), default=0.0) for t in share}
        expected = sum(share[term] / whole * nearest[term] for term in share)
        assert likeness == pytest.approx(expected, abs=1e-6)


def test_agreement_is_the_cosine_with_a_question(
    lexical: LexicalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = np.array([0.6, 0, 0.8], np.float32)
    asked = ["salt", "calf", "salt"]
    for axes in (index.directions.AXES, 2):
        monkeypatch.setattr(index.directions, "AXES", axes)
        directions = made(lexical)
        expected = [
            float(directions.axes @ directions.vectors[directions.columns[term]] @ question)
            for term in asked
        ]
        assert directions.agreement(question, asked) == pytest.approx(expected, abs=1e-6)
        assert directions.agreement(question, []) == []


def test_nothing_known_says_nothing(lexical: LexicalIndex) -> None:
    directions = made(lexical)
    some, none = np.arange(3), np.empty(0, np.int64)
    assert directions.signals({}, lexical, VECTORS, some, some) is None
    assert directions.signals({"unheard": 1}, lexical, VECTORS, some, some) is None
    assert directions.signals({"salt": 1}, lexical, VECTORS, none, some) is None
    nobody = made(LexicalIndex.build([]), np.empty((0, 3), np.float32))
    assert nobody.signals({"salt": 1}, lexical, VECTORS, none, none) is None


def test_rare_is_what_few_hold_and_the_nearest_passages_do() -> None:
    # Of 60 passages, one holds "digoxin" and all hold "heart": idf 3.71 and .01, 4.80 for unknown.
    lexical = LexicalIndex.build(["heart digoxin", *["heart"] * 59])
    vectors = np.tile(np.eye(3, dtype=np.float32), (20, 1))
    directions, rows = made(lexical, vectors), np.arange(60)

    def rare(query: str, near: NDArray[np.int64]) -> bool:
        found = directions.signals(dict.fromkeys(terms(query), 1.0), lexical, vectors, rows, near)
        assert found is not None
        return found.rare

    assert rare("digoxin for the heart", rows)
    assert not rare("the heart", rows)
    assert not rare("digoxin for the heart", rows[1:])
    # The first 20 of the nearest count.
    assert rare("digoxin for the heart", np.roll(rows, 19))
    assert not rare("digoxin for the heart", np.roll(rows, 20))


def test_too_many_passages_get_none(lexical: LexicalIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index.directions, "MOST_ROWS", 3)
    assert TermDirections.of(lexical, VECTORS) is None


@pytest.mark.parametrize(
    ("query", "one"),
    [
        ("Statins lower the risk of stroke.", True),
        ("what helps\nagainst cramps?", True),
        ("cramp", True),
        ("", False),
        ("My calf hurts. What helps?", False),
    ],
)
def test_one_sentence_or_a_message(query: str, one: bool) -> None:
    assert is_one_sentence(query, len(set(terms(query)))) is one


def test_a_long_run_of_words_is_a_message() -> None:
    assert not is_one_sentence("cramp and so on", 33)


@pytest.mark.parametrize(("rare", "weights"), [(False, SENTENCE_WEIGHTS), (True, RARE_WEIGHTS)])
def test_by_hand_fused_with_the_rest(rare: bool, weights: Weights) -> None:
    level = np.zeros(2, np.float32)
    found = index.directions.TermSignals(
        np.array([0.1, 0.3], np.float32), np.array([0.9, 0.2], np.float32), rare
    )
    fused = fuse_signals(Signals(level, level, level, level, found))
    assert fused == pytest.approx([weights.likeness, weights.direction])
    assert fuse_signals(Signals(level, level, level, level)).tolist() == [0, 0]


def test_a_grown_index_has_the_same_directions_as_a_fresh_one(
    corpus: Path, tmp_path: Path, encoder: DeterministicEncoder
) -> None:
    update_index(corpus, tmp_path / "grown", encoder)
    write(corpus / "fresh.md", "# Fresh\n\nA new article on calf cramps.\n")
    (corpus / "salts.html").unlink()
    update_index(corpus, tmp_path / "grown", encoder)
    update_index(corpus, tmp_path / "new", encoder)
    grown, new = (Searcher(open_snapshot(tmp_path / name)).directions for name in ("grown", "new"))
    assert grown is not None
    assert new is not None
    assert grown.columns == new.columns
    assert grown.vectors.tobytes() == new.vectors.tobytes()
    assert grown.held.tolist() == new.held.tolist()


def test_a_message_is_searched_without_them(
    corpus: Path, tmp_path: Path, encoder: DeterministicEncoder
) -> None:
    update_index(corpus, tmp_path / "index", encoder)
    searcher = Searcher(open_snapshot(tmp_path / "index"))
    for query, asked in (("calf cramp", True), ("My calf hurts. Is it a cramp?", False)):
        _, signals = searcher.signals(query, encoder.encode([query])[0])
        assert (signals.terms is not None) is asked
