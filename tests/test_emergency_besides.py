"""What a text says besides its questions."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.emergency.besides import without_questions

FOOTBALL = "My son, who hit his head, plays football."
DANGER = "My chest hurts and my left arm is numb."


@pytest.mark.parametrize("ending", ["?", "??", "???", "?!", "!?", "...?", " ?", " ???"])
def test_a_question_is_left_out_however_it_ends(ending: str) -> None:
    assert without_questions(f"{DANGER} What causes muscle spasms{ending}") == DANGER
    assert without_questions(f"What causes muscle spasms{ending} {DANGER}") == DANGER


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("So how do I stretch? my chest hurts! And why?", "my chest hurts!"),
        ("I have crushing chest pain, is it a cramp?", "I have crushing chest pain."),
        ("I am vomiting blood (what helps?)", "I am vomiting blood."),
        ("He fell (what now?), his leg is bleeding", "He fell. his leg is bleeding"),
        ("my face has dropped on one side - what helps?", "my face has dropped on one side."),
        ("I called 911 \u2014 should I wait? He is grey", "I called 911. He is grey"),
        ("I took pills; what now?; he died", "I took pills. he died"),
        ("my chest hurts\n\n \n  Please,  what is good for cramps?", "my chest hurts"),
        ("My son, who hit his head, plays football, how can he heal?", FOOTBALL),
        ("my calf, which is hot, hurts, which stretches help?", "my calf, which is hot, hurts."),
        ("my calf hurts, who do I call?", "my calf hurts."),
        ("his temp is 39.5, what do I give? he is limp", "his temp is 39.5. he is limp"),
        ("what is a stroke?", None),
        ("What is a stroke? Is it bad? Am I at risk?", None),
        ("my chest hurts", None),
        ("which is it, my chest hurts?", None),
        ("what a day. my chest hurts", None),
        ("He isn't breathing?", None),
        ("", None),
    ],
)
def test_what_is_said_besides(question: str, rest: str | None) -> None:
    assert without_questions(question) == rest


@given(st.text("aw hat?!.,;:()-\n", max_size=60))
@example("what? a" + "." * 40)
def test_nothing_is_said_that_the_text_does_not_say(text: str) -> None:
    rest = without_questions(text)
    if rest is not None:
        said = iter(text)
        assert all(letter in said for letter in rest if letter.isalnum())
        assert "  " not in rest


@pytest.mark.parametrize(
    "text",
    ["what," * 4_000, "so, " * 5_000 + "?", "what? a" + "." * 20_000 + "x", "(what?)" * 3_000],
)
def test_no_text_takes_long(text: str) -> None:
    started = time.process_time()
    without_questions(text)
    # Some take 1.5 to 5 seconds where any place is looked at twice.
    assert time.process_time() - started < 0.3
