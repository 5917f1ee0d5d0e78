"""Lexical indexes made of others against those built afresh of the same texts."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.lexical import LexicalIndex
from index.lexical_merging import merged, revised
from index.parts import PartedLexicalIndex
from tests.test_lexical import TEXTS, same


@given(st.data(), TEXTS, TEXTS)
def test_revised_equals_built_bit_for_bit(
    data: st.DataObject, texts: list[str], added: list[str]
) -> None:
    rows = data.draw(st.sets(st.integers(0, len(texts) - 1))) if texts else []
    kept = iter(sorted(rows))
    origin = [row if row < 0 else next(kept)
              for row in data.draw(st.permutations([*rows, *[-1] * len(added)]))]  # fmt: skip
    fresh = iter(added)
    wanted = [texts[row] if row >= 0 else next(fresh) for row in origin]
    built = LexicalIndex.build(wanted)
    index = revised(LexicalIndex.build(texts), np.array(origin, np.int64), added)
    same(index, built)
    query = " ".join([*texts, *added])
    assert index.scores(query).tobytes() == built.scores(query).tobytes()


def test_a_forgotten_word_is_no_longer_known() -> None:
    index = revised(LexicalIndex.build(["calf cramp", "tetanus"]), np.array([0]), [])
    assert index.vocabulary == ["calf", "cramp"]
    assert index.idf("tetanus") == pytest.approx(math.log(1 + 1.5 / 0.5))
    assert index.idf("calf") == pytest.approx(math.log(1 + 0.5 / 1.5))


def test_merged_rows_hold_the_terms_of_their_group() -> None:
    texts = ["calf cramp at night", "stretch the calf", "salts", "eyelid twitch"]
    index = merged(LexicalIndex.build(texts), np.array([0, 0, 1, 1]))
    fresh = LexicalIndex.build(["calf cramp at night stretch the calf", "salts eyelid twitch"])
    assert index.vocabulary == fresh.vocabulary
    for query in ("calf", "night salts", "eyelid calf calf"):
        assert index.scores(query).tolist() == fresh.scores(query).tolist()


def test_a_term_that_stands_very_often_in_a_group_is_counted() -> None:
    texts = ["salt " * 200, "salt " * 200, "calf", "salt " * 70_000, "calf cramp", "salt"]
    groups = np.array([0, 0, 1, 2, 2, 3])
    index = merged(LexicalIndex.build(texts), groups)
    fresh = LexicalIndex.build([f"{texts[0]} {texts[1]}", "calf", f"{texts[3]} calf cramp", "salt"])
    assert index.postings()[2].tobytes() == fresh.postings()[2].tobytes()
    assert index._matrix().toarray().tolist() == fresh._matrix().toarray().tolist()
    few = merged(LexicalIndex.build(["salt", "calf"]), np.array([0, 1]))
    parted = PartedLexicalIndex(few, index, np.array([0, 2, 3, 1, 4, 5], np.int32))
    whole = LexicalIndex.build(
        ["salt", f"{texts[0]} {texts[1]}", "calf", "calf", f"{texts[3]} calf cramp", "salt"]
    )
    assert parted.scores("salt calf cramp").tobytes() == whole.scores("salt calf cramp").tobytes()


def test_nothing_merged_is_nothing() -> None:
    assert len(merged(LexicalIndex.build([]), np.empty(0, np.int64))) == 0
