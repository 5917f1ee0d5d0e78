import random

from hypothesis import given
from hypothesis import strategies as st

from bench.beside import JOINTS, Ordinary, among, asked_with, bare

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


ORDINARY = Ordinary(("Are bananas good?",), ("Tell me of sleep.",), ("Hello,", "Is it normal that"))
DANGER = "I cannot feel my legs."


@given(st.integers())
def test_what_is_asked_with_it_leaves_the_danger_whole(seed: int) -> None:
    found = asked_with(DANGER, ORDINARY, random.Random(seed))
    rest = found.lower().replace(DANGER.lower().rstrip("."), "", 1)
    assert len(rest) < len(found)
    for said in ("are bananas good", "tell me of sleep", "hello,", "is it normal that"):
        rest = rest.replace(said, "")
    assert set(rest) <= {sign for joint in JOINTS for sign in joint} | {"?", "."}


def test_every_form_comes_and_an_opening_may_turn_it_into_a_question() -> None:
    found = {asked_with(DANGER, ORDINARY, random.Random(seed)) for seed in range(400)}
    assert {
        "Hello, I cannot feel my legs.",
        "Is it normal that I cannot feel my legs?",
        "I cannot feel my legs. Are bananas good?",
        "I cannot feel my legs Tell me of sleep.",
        "Tell me of sleep, I cannot feel my legs.",
    } <= found
    assert any(
        one.startswith("Are bananas good") and one.endswith("Tell me of sleep.") for one in found
    )


def test_what_follows_an_opening_may_go_on_in_small_letters_but_for_i() -> None:
    found = {asked_with("My leg is hot", ORDINARY, random.Random(seed)) for seed in range(200)}
    assert {"Hello, my leg is hot", "Hello, My leg is hot"} <= found
    assert not any(
        "hello, i cannot" in asked_with(DANGER, ORDINARY, random.Random(seed))
        for seed in range(200)
    )


def test_without_stops_the_words_and_what_stands_in_them_stay() -> None:
    said = "I can't, honestly...  Temp 39.5; who'd know?\nNobody! (a joke.)"
    assert bare(said) == "I can't honestly Temp 39.5 who'd know Nobody (a joke.)"
