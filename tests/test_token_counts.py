"""Counting by remembered words gives what the tokenizer gives."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.encoder import DeterministicEncoder, Encoder
from index.runtimes import open_encoder
from ingest.token_counts import TokenCounter, remembering

COUNT = DeterministicEncoder().count_tokens


@given(st.lists(st.lists(st.text(max_size=60)), max_size=4))
def test_counts_equal_those_of_the_tokenizer(calls: list[list[str]]) -> None:
    count = remembering(COUNT)
    for texts in calls:
        assert count(texts) == COUNT(texts)


@pytest.fixture
def spied() -> tuple[TokenCounter, list[str]]:
    """A counter that remembers, and what it has asked the tokenizer since it was made."""
    asked: list[str] = []

    def spy(texts: Sequence[str]) -> list[int]:
        asked.extend(texts)
        return COUNT(texts)

    count = remembering(spy)
    asked.clear()
    return count, asked


def test_a_word_is_counted_once(spied: tuple[TokenCounter, list[str]]) -> None:
    count, asked = spied
    assert count(["calf cramp", "cramp, calf"]) == [2, 3]
    assert count(["cramp calf calf"]) == [3]
    assert sorted(asked) == ["calf", "cramp", "cramp,"]


def test_white_space_of_other_kinds_is_left_to_the_tokenizer(
    spied: tuple[TokenCounter, list[str]],
) -> None:
    count, asked = spied
    assert count(["  calf \n\n\tcramp\r\n", "calf\x0bcramp\u00a0night"]) == [2, 3]
    assert sorted(asked) == ["calf", "calf\x0bcramp\u00a0night", "cramp"]


def test_a_tokenizer_that_reads_across_spaces_is_asked_each_time() -> None:
    def letters_and_spaces(texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]

    assert remembering(letters_and_spaces) is letters_and_spaces


@pytest.fixture(scope="module")
def reference() -> Encoder:
    return open_encoder()


@pytest.mark.slow
def test_the_default_encoder_counts_by_words(reference: Encoder) -> None:
    exact = reference.count_tokens
    count = remembering(exact)
    assert count is not exact

    @given(st.lists(st.text(), max_size=5))
    def equal(texts: list[str]) -> None:
        assert count(texts) == exact(texts)

    equal()
