"""The same words in several articles, found exactly."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.evidence.copies import (
    RESEMBLANCE,
    SHINGLE,
    _points,
    copies,
    joined,
    resemblance,
    shingles,
    together,
)

TEXT = (
    "Pull the toes towards the shin and hold them there for half a minute. Let go slowly, shake "
    "the leg, and do it again on the other side before you lie down for the night."
)


def test_a_shingle_is_three_folded_words_in_a_row() -> None:
    assert SHINGLE == 3
    assert shingles("Rest the CALF, then walk.") == {
        ("rest", "the", "calf"),
        ("the", "calf", "then"),
        ("calf", "then", "walk"),
    }
    assert shingles("Rest!") == {("rest",)}
    assert shingles("...") == {()}


@given(st.text(st.sampled_from("aB9_ -'.\n\x1f\x7fé²")))
def test_words_are_the_same_whatever_else_is_in_the_text(text: str) -> None:
    assert shingles(text) - shingles("") == shingles(f"{text} –") - shingles("")


def test_case_marks_and_line_ends_make_no_other_text() -> None:
    other = TEXT.upper().replace(",", " –").replace(" ", "\n")
    assert copies([TEXT, "Drink water before you are thirsty.", other]) == [0, 1, 0]


def test_one_word_changed_is_a_copy_and_another_text_is_not() -> None:
    assert copies([TEXT, TEXT.replace("half a minute", "one minute")]) == [0, 0]
    assert copies([TEXT, TEXT[:60] + " Drink water, rest, and see a doctor when it stays."]) == [
        0,
        1,
    ]


def test_a_chain_of_copies_is_one_group() -> None:
    words = [f"word{number}" for number in range(40)]
    chain = [" ".join(words[at : at + 25]) for at in (0, 4, 8)]
    first, second, third = map(shingles, chain)
    assert resemblance(first, second) >= RESEMBLANCE > resemblance(first, third)
    assert copies(chain) == [0, 0, 0]


def say_different_things(one: str, other: str) -> bool:
    return _points(one).oppose(_points(other))


DOSE = (
    "Take 5 mg of it with a glass of water before you lie down for the night, and let a day go by "
    "before you take the next one from the box."
)
DRIVE = (
    "Whoever was given the injection into the calf today must not drive a car or ride a bicycle "
    "before the next morning, however well the leg feels by then."
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (DOSE, DOSE.replace("5 mg", "50 mg")),
        (DOSE, DOSE.replace("5 mg", "0.5 mg")),
        (DOSE.replace("5 mg", "(1,200 mg)"), DOSE.replace("5 mg", "(1,250 mg)")),
        (DRIVE, DRIVE.replace("must not", "may")),
        (DRIVE.replace("must not", "mustn’t"), DRIVE.replace("must not", "may")),
        (f"{TEXT} {TEXT} {DRIVE}", f"{TEXT} {TEXT} {DRIVE}".replace("must not", "may")),
        # Numbers that look like those of a page.
        (DOSE.replace("5 mg", "2000 mg"), DOSE.replace("5 mg", "1000 mg")),
        (f"It harms one in 2000. {DOSE}", f"It harms one in 1950. {DOSE}"),
        (f"{DOSE} Or call (911).", f"{DOSE} Or call (112)."),
        (f"{DOSE} Call (20) 555 0100.", f"{DOSE} Call (21) 555 0100."),
        (f"1.5 mg is enough. {DOSE}", f"2.5 mg is enough. {DOSE}"),
        (DOSE.replace("5 mg", "2·5 mg"), DOSE.replace("5 mg", "3·5 mg")),
        (f"{DOSE} Call 0800 123 4567.", f"{DOSE} Call 0800 123 4568."),
        ("???", "…!"),
        ("", "???"),
    ],
)
def test_what_may_contradict_a_text_is_no_copy_of_it(one: str, other: str) -> None:
    assert resemblance(shingles(one), shingles(other)) >= RESEMBLANCE
    assert say_different_things(one, other)
    assert copies([one, TEXT, other, one]) == [0, 1, 2, 0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (DOSE, DOSE.replace("5 mg", "5.0 mg")),
        (DOSE.replace("5 mg", "1,200 mg"), DOSE.replace("5 mg", "1200 mg")),
        (DOSE.replace("5 mg", "911 or 5 mg"), DOSE.replace("5 mg", "9-1-1 or 5 mg")),
        # One leaves a number out; citations are numbered anew.
        (DOSE, DOSE.replace("5 mg", "some")),
        (DOSE.replace("night,", "night [3],"), DOSE.replace("night,", "night [7],")),
        (DOSE + ".3", DOSE + ".7"),
        (DOSE.replace("night,", "night (3),"), DOSE.replace("night,", "night (7),")),
        (f"{DOSE} Last looked at: 5 March 2021", f"{DOSE} Last looked at: 8 June 2023"),
        (f"{DOSE} Last looked at: May 5, 2021.", f"{DOSE} Last looked at: Sept. 8th 2023."),
        (f"{DOSE} Updated: 2021", f"{DOSE} Updated: 2023"),
        (f"In 1998, this was new. {DOSE}", f"In 2003, this was new. {DOSE}"),
        (f"1. {DOSE}", f"2. {DOSE}"),
        (f"{TEXT}\n3. {DOSE}", f"{TEXT}\n4. {DOSE}"),
        (f"{DOSE} Page 3 of 9", f"{DOSE} Page 4 of 9"),
        (DOSE.replace("5 mg", "2·5 mg"), DOSE.replace("5 mg", "2.5 mg")),
        (f"{DOSE} Call 0800 123 4567.", f"{DOSE} Call 0800 1234567."),
        (DRIVE.replace("must not", "cannot"), DRIVE.replace("must not", "can’t")),
        (f"{TEXT} {TEXT} {DRIVE}", f"{TEXT} {TEXT} {DRIVE} It does not hurt."),
        ("???", "???"),
    ],
)
def test_what_says_the_same_is_a_copy(one: str, other: str) -> None:
    assert not say_different_things(one, other)
    assert copies([one, other]) == [0, 0]


def test_a_text_without_the_number_joins_no_two_that_have_another() -> None:
    small, none, large = DOSE, DOSE.replace("5 mg", "one"), DOSE.replace("5 mg", "50 mg")
    assert copies([small, none, large]) == [0, 0, 2]
    assert copies([none, large, small]) == [0, 0, 2]
    assert copies([large, none, small, none, small, large]) == [0, 0, 2, 0, 2, 0]


WORDS = [
    *"abcd",
    "not",
    "5",
    "50",
    "é",
    "oesophag",
    "oesophagi",
    "oesophagogastric",
    "oesophagogastrit",
    "oesophagoé",
]


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join), max_size=9))
def test_copies_are_what_comparing_every_pair_finds(texts: list[str]) -> None:
    sets = [shingles(text) for text in texts]
    groups = [{number} for number in range(len(texts))]
    every = list(combinations(range(len(texts)), 2))
    for one, other in sorted(every, key=lambda pair: texts[pair[0]] != texts[pair[1]]):
        if (
            resemblance(sets[one], sets[other]) >= RESEMBLANCE
            and groups[one] is not groups[other]
            and not any(
                say_different_things(texts[here], texts[there])
                for here in groups[one]
                for there in groups[other]
            )
        ):
            groups[one] |= groups[other]
            for member in groups[other]:
                groups[member] = groups[one]
    assert copies(texts) == [min(group) for group in groups]


@given(st.lists(st.lists(st.integers(0, 9), max_size=4), max_size=6))
def test_members_of_a_group_are_joined_to_the_lowest(groups: list[list[int]]) -> None:
    first = joined(10, together(groups))
    assert all(
        first[number] <= number and first[first[number]] == first[number] for number in first
    )
    for group in groups:
        assert len({first[number] for number in group}) <= 1
