"""Which way a sentence is worded, and about what: by words, and by a plain subject only."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.evidence.wordings import About, Pair, Subject, pairs

WORRY, HELP = pairs()


def _rare(term: str) -> float:
    return 0.1 if term == "muscl" else 3.0


def _heads(about: About | None) -> list[list[str]]:
    return [sorted(subject.head) for subject in about.subjects] if about else []


@pytest.mark.parametrize(
    ("sentence", "heads"),
    [
        ("magnesium can help.", [["magnesium"]]),
        ("taking magnesium tablets each night can help.", [["magnesium"]]),
        ("tablets can help.", [["tablet"]]),
        ("a blood test can help.", [["blood", "test"]]),
        ("the use of quinine for cramps may help.", [["quinin"]]),
        ("stretching your calves regularly may help.", [["stretch"]]),
        ("ice, heat and rest can help.", [["ice"], ["heat"], ["rest"]]),
        ("quinine is risky, and salt can help.", [["salt"]]),
        ("in a trial, they found that salt can help.", [["salt"]]),
        # Nothing, or nothing rare, that is named before the wording.
        ("drink water, which can help.", []),
        ("it can help.", []),
        ("it can help cramps.", []),
        ("a treatment can help.", []),
        ("a muscle can help.", []),
        ("can magnesium tablets, which can help, be bought?", []),
    ],
)
def test_what_helps_is_the_subject_of_its_clause(sentence: str, heads: list[list[str]]) -> None:
    assert _heads(HELP.one_way(sentence, _rare)) == heads


@pytest.mark.parametrize(
    ("sentence", "heads"),
    [
        ("magnesium does not help.", [["magnesium"]]),
        ("there is no evidence that magnesium or salt prevents cramps.", [["magnesium"], ["salt"]]),
        ("they found little evidence to support the use of magnesium.", [["magnesium"]]),
        ("there is little evidence to support the use of magnesium.", [["magnesium"]]),
        ("bouncing while stretching is not recommended.", [["bounc"]]),
        ("there is no evidence that magnesium is harmful.", []),
        ("magnesium has not been shown to raise the blood pressure.", []),
        ("magnesium has not been shown to lower the risk of cramps.", [["magnesium"]]),
        ("magnesium is not recommended for children.", []),
    ],
)
def test_what_is_not_shown_to_help_is_named_before_or_behind(
    sentence: str, heads: list[list[str]]
) -> None:
    assert _heads(HELP.other_way(sentence)) == heads


def test_an_about_holds_what_is_named_and_what_it_does() -> None:
    assert HELP.one_way("vitamin b in milk can help with migraine.", _rare) == About(
        (Subject(frozenset({"vitamin", "b"}), frozenset({"vitamin", "b", "milk"})),),
        frozenset({"migrain"}),
    )
    plain, vague = "a twitch is a sign of a bad condition.", "a twitch can be serious."
    worded = [WORRY.other_way(sentence) for sentence in (plain, vague)]
    assert worded[0]
    assert worded[1]
    assert worded[0].subjects == worded[1].subjects
    assert worded[0].place < worded[1].place


@pytest.mark.parametrize(
    ("unshown", "same"),
    [
        ("no evidence supports magnesium for leg cramps.", False),
        ("no evidence supports magnesium for sleep.", True),
        ("no evidence supports magnesium tablets.", True),
        ("no evidence supports magnesium.", True),
    ],
)
def test_what_a_thing_behind_the_wording_is_for_is_its_effect(unshown: str, same: bool) -> None:
    helps, not_shown = (
        HELP.one_way("magnesium may help with sleep.", _rare),
        HELP.other_way(unshown),
    )
    assert helps
    assert not_shown
    assert HELP.same(helps, not_shown) is same


WORDS = st.sampled_from(
    ["magnesium", "salt", "twitch", "can", "may", "help", "not", "harmless", "serious", "be", "is",
     "no", "evidence", "that", "of", "and", ",", ".", "(", "-", "'", "while", "taking", "the"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=14).map(" ".join), st.sampled_from(pairs()))
def test_no_sentence_is_worded_both_ways_and_every_subject_names_something(
    sentence: str, pair: Pair
) -> None:
    one, other = pair.one_way(sentence, _rare), pair.other_way(sentence)
    assert one is None or other is None
    for about in (one, other):
        assert about is None or about.subjects
        assert about is None or pair.same(about, about)
        assert about is None or all(subject.head for subject in about.subjects)


@pytest.mark.parametrize("row", ["salt, ", "that ", "no evidence ", "'-", "not shown to harm "])
def test_a_long_sentence_costs_no_time(row: str) -> None:
    began = time.process_time()
    for pair in pairs():
        pair.one_way(f"{row * 400}salt can help and is harmless", _rare)
        pair.other_way(f"{row * 400}salt is not effective and can be serious")
    assert time.process_time() - began < 1
