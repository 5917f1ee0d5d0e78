"""Hints spare patterns, and never a match."""

import re
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.boilerplate_rules import RULES
from ingest.boilerplate_wordings import WORD, hints_of, matching_rules

# What the patterns speak of, less their own signs; numbers, stops and marks between and around.
VOCABULARY = sorted(
    {
        word
        for rule in RULES
        for word in re.findall(r"[^\W\d_]{2,}", re.sub(r"\\.|\[[^]]*\]", " ", rule.pattern.pattern))
    }
    | {"12", "2019", "(c)", "©", "a", "I", "me@x.org", "no.", "Ltd.", "×", "Über", "CRAMPS", "»"}
)


MARKED = st.builds(
    "{}{}{}".format,
    st.sampled_from(("", "", "", "(", "“", "un-", "x")),
    st.sampled_from(VOCABULARY),
    st.sampled_from(("", "", "", ",", ".", ":", ")", "s", "…")),
)


@given(st.lists(MARKED, min_size=1, max_size=9).map(" ".join))
@example("This article is not intended as a substitute for medical advice.")
@example("For informational purposes only")
@example("It may not be published or rewritten")
@example("12 Long Lane, Leeds LS1 4AB")
@example("Dr A. Smith, MD")
@example("Find a clinic")
@example("(he has written of it")
@example("This page is informational; no, nothing in it replaces a doctor: no/not advice")
@example("Thank you for signing upon it")
def test_a_rule_that_matches_has_its_hints(text: str) -> None:
    wanted = [rule for rule in RULES if rule.words >= 9 and rule.pattern.search(text)]
    assert matching_rules(text, 9) == wanted


@pytest.mark.parametrize(
    ("text", "found"),
    [("the has", []), ("she has", ["about the author"]), ("noon: she, has", [])],
)
def test_hints_of_two_words_are_neighbours(text: str, found: list[str]) -> None:
    assert [rule.reason for rule in matching_rules(text, 100)] == found


def test_a_word_longer_than_any_is_not_remembered() -> None:
    tracemalloc.start()
    try:
        for number in range(20):
            assert hints_of(["she", f"{number}" + "x" * 10_000])[1] == 2
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 100_000


@given(st.text())
def test_words_are_counted_as_in_the_whole_text(text: str) -> None:
    assert hints_of(text.split())[1] == len(WORD.findall(text))
