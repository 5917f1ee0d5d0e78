"""`index.spelling`: misspelt words towards the corpus's own, real words left alone."""

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.lexical import LexicalIndex
from index.spelling import Spelling

TEXTS = [
    "Muscle spasms follow unfamiliar exercise.",
    "A single dose of magnesium does little for cramps at night.",
    "Rhabdomyolysis is the breakdown of muscle.",
    "Tetanus comes from Clostridium tetani.",
    "The dose, the haste and the shoulder.",
    "A good night without a wound, a cold or a lot of care is a whole one.",
]
SURFACE = {
    "muscl": "muscle",
    "spasm": "spasm",
    "exercis": "exercise",
    "rhabdomyolysi": "rhabdomyolysis",
    "magnesium": "magnesium",
    "singl": "single",
    "cramp": "cramps",
    "tetanus": "tetanus",
    "tetani": "tetani",
    "shoulder": "shoulder",
    "hast": "haste",
    "good": "good",
    "wound": "wound",
    "cold": "cold",
    "whole": "whole",
    "lot": "lot",
}
EVERYDAY = {"crampx"}


@pytest.fixture(scope="module")
def spelling() -> Spelling:
    return Spelling(LexicalIndex.build(TEXTS), _forms(SURFACE), EVERYDAY.__contains__)


def _forms(surface: Mapping[str, str]) -> Callable[[str], Sequence[str]]:
    return lambda term: [surface[term]] if term in surface else []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("spazm from new excercise", "spasm from new exercise"),
        ("mussle spazms", "muscle spasm"),
        ("Rabdomyolysis?", "rhabdomyolysis?"),
        ("tetanas symptoms", "tetanus symptoms"),
        ("magnisium for crampz", "magnesium for cramps"),
        ("MUSSLE SPAZM", "muscle spasm"),  # all in capitals: none of them stands out
        ("SPAZM after it", "spasm after it"),
        ("see www.crampz.net on crampz", "see www.crampz.net on cramps"),
    ],
)
def test_misspelt_words_become_the_corpus_s_own(spelling: Spelling, typed: str, meant: str) -> None:
    assert spelling.corrected(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "muscle spasms after exercise",
        "how do I renew my passport",
        "who wrote it",
        "a litre of petrol",
        "metformin",
        "the cat",
        "a crampx",
        "",
        "B12?",
        "doesnt hasnt shouldn't",
        "I should've rested, I would’ve, who'll, y'all",
        "shouldve wouldve alot",
        "What helps with GORD?",
        "see https://exercize.com/mussle or mussle@spazm.org, www.crampz.net",
    ],
)
def test_what_is_right_or_too_far_is_left_alone(spelling: Spelling, typed: str) -> None:
    assert spelling.corrected(typed) is None


def test_a_word_of_english_is_not_another_that_the_articles_have() -> None:
    texts = ["To stop smoking helps.", "Tender points.", "A clot."]
    surface = {"smoke": "smoking", "point": "points", "clot": "clot"}
    spelling = Spelling(LexicalIndex.build(texts), _forms(surface), lambda _: False)
    for typed in ("is snoring tiring?", "a pint of milk", "clogs"):
        assert spelling.corrected(typed) is None
    assert spelling.corrected("smolking") == "smoking"


def test_of_the_forms_of_a_word_the_nearest_is_meant() -> None:
    forms = {"exhaust": ["exhausted", "exhausting", "exhaustion"], "twist": ["twisting"]}
    texts = ["Exhausting work.", "Exhaustion.", "Twitching is no twisting."]
    spelling = Spelling(
        LexicalIndex.build(texts), lambda term: forms.get(term, []), lambda _: False
    )
    assert spelling.corrected("exhastion") == "exhaustion"
    assert spelling.corrected("exhustingly") == "exhausting"
    forms["cramp"] = ["cramp", "cramps"]  # as many edits: the one of as many letters
    spelling = Spelling(LexicalIndex.build(["A cramp."]), lambda term: forms[term], lambda _: False)
    assert spelling.corrected("crampz") == "cramps"


def test_with_passages_only_what_one_of_them_holds_and_what_is_near_enough() -> None:
    texts = ["Rickets comes of too little vitamin D.", "The littoral has more sun.", "Lime."]
    surface = {"ricket": "rickets", "littor": "littoral", "lime": "lime"}
    spelling = Spelling(LexicalIndex.build(texts), _forms(surface), lambda _: False)
    typed = "Ricketts. Is Lipitor safe?"
    assert spelling.corrected(typed) == "rickets. Is littoral safe?"
    assert spelling.corrected(typed, lambda: np.array([0, 1, 2])) == "rickets. Is Lipitor safe?"
    assert spelling.corrected(typed, lambda: np.array([0])) == "rickets. Is Lipitor safe?"
    assert spelling.corrected(typed, lambda: np.array([1, 2])) is None
    assert spelling.corrected(typed, lambda: np.array([], np.int64)) is None


def test_a_word_and_its_number_are_parted_where_the_articles_have_them_so() -> None:
    texts = ["Type 2 diabetes, covid 19, vitamin B12.", "A stage 4 tumour; gene brca2, omega 3."]
    spelling = Spelling(LexicalIndex.build(texts), _forms(SURFACE), lambda _: False)
    assert spelling.corrected("type2 diabetes") == "type 2 diabetes"
    assert spelling.corrected("Is COVID19 worse at stage4?") == "Is COVID 19 worse at stage 4?"
    for question in (
        "vitamin b12",
        "brca2",
        "type 2",
        "type7",
        "kind2",
        "omega3x",
        "the2",
        "type20000",
    ):
        assert spelling.corrected(question) is None


@given(st.text(max_size=60))
def test_a_correction_is_stable_and_never_fails(text: str) -> None:
    spelling = Spelling(LexicalIndex.build(TEXTS), _forms(SURFACE), EVERYDAY.__contains__)
    corrected = spelling.corrected(text)
    if corrected is not None:
        assert corrected != text
        assert spelling.corrected(corrected) is None


def test_one_long_run_of_letters_costs_no_time(spelling: Spelling) -> None:
    began = time.process_time()
    assert spelling.corrected("w" * 50_000) is None
    assert time.process_time() - began < 2
