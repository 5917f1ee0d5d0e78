import random

from hypothesis import given
from hypothesis import strategies as st

from bench.train_meaning import JOINTS, among

CALM = [f"calm piece {number}." for number in range(8)]
QUESTION = "He fell and his leg is bleeding?"


@given(st.integers(), st.integers(0, 200))
def test_a_question_among_calm_pieces_is_whole_and_not_too_long(seed: int, longest: int) -> None:
    found = among(QUESTION, CALM, random.Random(seed), lambda text: len(text) > longest)
    assert QUESTION.rstrip("?") in found
    assert len(found) <= longest or found == QUESTION


@given(st.integers())
def test_what_is_set_beside_a_question_are_calm_pieces_as_people_join_them(seed: int) -> None:
    found = among(QUESTION, CALM, random.Random(seed), lambda _: False)
    before, after = found.split(QUESTION.rstrip("?"))
    pieces = [piece.rstrip(".") for piece in CALM if piece.rstrip(".") in found]
    assert 1 <= len(pieces) <= 6
    for piece in pieces:
        before, after = before.replace(piece, ""), after.replace(piece, "")
    joints = {sign for joint in JOINTS for sign in joint}
    assert set(before + after) <= joints | {"?"}


def test_the_same_seed_gives_the_same() -> None:
    once, again = (among(QUESTION, CALM, random.Random(3), lambda _: False) for _ in range(2))
    assert once == again
