"""The same words in several articles, found exactly."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from service.evidence.copies import (
    RESEMBLANCE,
    SHINGLE,
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


WORDS = [
    *"abcd",
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
    for one, other in combinations(range(len(texts)), 2):
        if resemblance(sets[one], sets[other]) >= RESEMBLANCE and groups[one] is not groups[other]:
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
