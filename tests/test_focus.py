"""Long questions: weights by hand, spans that are words of the question, sentences that fit."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.analysis import terms
from index.focus import (
    AGREEMENT,
    FLOOR,
    LONG,
    NEAREST,
    RARITY,
    SUBJECT,
    condensed,
    focus,
    term_weights,
)
from index.lexical import LexicalIndex

LEXICAL = LexicalIndex.build(
    [
        "uveitis is an inflammation of the eye",
        "uveitis treatment with drops",
        "a son and his doctor",
        "a doctor reads",
        "the son of a doctor ran yesterday",
    ]
)
NEAR = np.array([0, 1], np.int64)
MESSAGE = (
    "My son saw a doctor yesterday afternoon. He plays football every weekend, and sings. "
    "His eyes hurt since March. What treatment helps against uveitis?"
)


def test_a_short_question_counts_its_terms() -> None:
    assert dict(term_weights("uveitis, uveitis treatment?", LEXICAL, NEAR)) == {
        "uveiti": 2,
        "treatment": 1,
    }


def test_a_long_one_weighs_rarity_and_what_the_nearest_passages_hold() -> None:
    assert len(set(terms(MESSAGE))) >= LONG
    weights = term_weights(MESSAGE, LEXICAL, NEAR)
    rarest = LEXICAL.idf("treatment")
    assert weights["treatment"] == pytest.approx(FLOOR + (1 - FLOOR) * 0.5)
    assert weights["uveiti"] == pytest.approx(LEXICAL.idf("uveiti") / rarest)
    assert weights["doctor"] == pytest.approx(LEXICAL.idf("doctor") / rarest * FLOOR)
    assert "footbal" not in weights
    asked = [MESSAGE[a:b] for a, b in focus(MESSAGE, weights)]
    assert asked[-2:] == ["treatment", "uveitis"]
    assert "doctor" not in asked


def test_only_the_nearest_count() -> None:
    far = np.array([2] * NEAREST + [0, 1], np.int64)
    assert term_weights(MESSAGE, LEXICAL, far)["uveiti"] == pytest.approx(
        FLOOR * LEXICAL.idf("uveiti") / LEXICAL.idf("treatment")
    )


def about_eyes(terms: Sequence[str]) -> list[float]:
    return [0.5 if term in {"uveiti", "eye"} else -0.1 for term in terms]


def test_in_a_message_rarity_and_the_directions_of_its_terms_count_too() -> None:
    message = "Last year we moved to a house beside a river, and I read a lot. " + MESSAGE
    before = term_weights(message, LEXICAL, NEAR)
    weights = term_weights(message, LEXICAL, NEAR, about_eyes)
    rarest = LEXICAL.idf("treatment")
    assert weights.keys() == before.keys()
    for term, weight in weights.items():
        rarity = (LEXICAL.idf(term) / rarest) ** RARITY
        agreement = math.exp(AGREEMENT * about_eyes([term])[0])
        assert weight == pytest.approx(before[term] * rarity * agreement)


@pytest.mark.parametrize(
    ("subject", "marked"),
    [
        ("Drops and the eye. ", True),
        ("SUBJECT: Drops and the eye MESSAGE: ", True),
        ("Subject: drops and the eye\nMessage: ", True),
        ("Last year we bought some drops for the left eye, and a dog. ", False),
    ],
)
def test_words_of_the_subject_line_count_for_more(subject: str, marked: bool) -> None:
    def level(terms: Sequence[str]) -> list[float]:
        return [0.0] * len(terms)

    message = subject + MESSAGE
    before = term_weights(message, LEXICAL, NEAR)
    weights = term_weights(message, LEXICAL, NEAR, level)
    rarest = LEXICAL.idf("drop")
    for term, weight in weights.items():
        rarity = (LEXICAL.idf(term) / rarest) ** RARITY
        factor = SUBJECT if marked and term in {"drop", "eye"} else 1
        assert weight == pytest.approx(before[term] * rarity * factor), term


def test_one_long_sentence_and_a_short_question_are_weighed_without_them() -> None:
    sentence = MESSAGE.replace(". ", " and ")
    assert len(set(terms(sentence))) >= LONG
    for question in (sentence, "My eyes hurt. What treatment helps?"):
        assert term_weights(question, LEXICAL, NEAR, about_eyes) == term_weights(
            question, LEXICAL, NEAR
        )


def test_without_neighbours_or_known_words_nothing_breaks() -> None:
    assert term_weights(MESSAGE, LEXICAL, np.empty(0, np.int64))["doctor"] == 1
    nonsense = " ".join(f"qx{number}" for number in range(30))
    assert term_weights(nonsense, LEXICAL, NEAR) == {}
    assert focus(nonsense, {}) == ()


def test_neighbouring_words_make_one_span() -> None:
    question = "is eye inflammation, or the eye-drops, harmful"
    weights = {"eye": 1.0, "inflamm": 1.0, "drop": 1.0, "harm": 0.1}
    spans = focus(question, weights)
    assert [question[a:b] for a, b in spans] == ["eye inflammation", "eye-drops"]


WORDS = st.lists(
    st.sampled_from(["uveitis", "Eye,", "doctor", "the", "drops.", "son?", "é", "zzz"])
)


@given(WORDS.map(" ".join))
def test_spans_are_whole_words_in_order(question: str) -> None:
    spans = focus(question, term_weights(question, LEXICAL, NEAR))
    assert all(0 <= a < b <= len(question) for a, b in spans)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
    for a, b in spans:
        assert set(terms(question[a:b]))
        assert a == 0 or not question[a - 1].isalnum()
        assert b == len(question) or not question[b].isalnum()


def test_a_message_that_fits_is_read_whole() -> None:
    assert condensed(MESSAGE, lambda _: True) == MESSAGE


def test_of_one_that_does_not_the_subject_and_what_asks_stay() -> None:
    message = "Sore eyes. " + MESSAGE
    kept = condensed(message, lambda text: len(text.split()) <= 13)
    assert kept == "Sore eyes. His eyes hurt since March. What treatment helps against uveitis?"
    assert condensed(message, lambda text: len(text.split()) <= 5) == "Sore eyes."


def test_a_sentence_that_is_too_long_is_cut_to_its_last_words() -> None:
    assert condensed("one two three four five", lambda text: len(text.split()) <= 2) == "four five"
    assert condensed("x" * 1000, lambda text: len(text) <= 10) == ""


@given(st.text(alphabet="ab. ?", max_size=200), st.integers(0, 20))
def test_what_is_read_always_fits(text: str, most: int) -> None:
    kept = condensed(text, lambda part: len(part.split()) <= most)
    assert len(kept.split()) <= most
    # A sentence may end inside what white space does not part ("?a ??a").
    assert all(any(part in word for word in text.split()) for part in kept.split())
