"""Other names: found only where they mean the thing, worth less than the word, kept in order."""

import tomllib
from collections import Counter
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csc_matrix

from index.analysis import terms, words
from index.lexical import LexicalIndex
from index.names import (
    WEIGHT,
    Mention,
    Name,
    Names,
    lift,
    mentions,
    misprints,
    preferred,
    stored_names,
    worded,
)

TABLE = tomllib.loads(files("index").joinpath("names.toml").read_text("utf-8"))
GROUPS = [group for block in TABLE["block"] for group in block["groups"]]
EVERYDAY = tomllib.loads(files("index").joinpath("names_everyday.toml").read_text("utf-8"))
ROWS = [row for block in EVERYDAY["block"] for row in block["rows"]]

NAMES = Names(
    [
        ["heart attack", "myocardial infarction", "MI"],
        ["heart failure", "CHF"],
        ["multiple sclerosis", "MS"],
        ["uterus", "womb"],
    ],
    {"MS": ["relapse"], "MI": [], "tick": ["eyelid"]},
    [
        (["booze", "a few pints"], ["alcohol"]),
        (["womb"], ["pelvis"]),
        (["rowing"], ["exercise"]),
        (["tick"], ["twitch"]),
        (["needle"], ["injection"]),
    ],
    ["rowing"],
    ["dry needling"],
)


def typed(question: str, names: Names = NAMES) -> list[str]:
    return [" ".join(one.typed) for one in names.in_question(question)]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is a heart attack?", ["heart attack"]),
        ("HEART-ATTACK", ["heart attack"]),
        ("heart failure after a heart attack", ["heart failur", "heart attack"]),
        ("attack of the heart", []),
        ("my heart's failure", ["heart failur"]),
        ("Is MS inherited?", ["ms"]),
        ("Is Ms Jones ill?", []),
        ("is ms inherited?", []),
        ("ms and its relapses", ["ms"]),
        ("DO MS PATIENTS RECOVER?", []),
        ("a MI", ["mi"]),
        ("mi corazon", []),
        ("womb, womb and wombs", ["womb"]),
        ("", []),
        ("Rowing, and rowing", ["row"]),
        ("three nights in a row", []),
        ("my eyelid ticks", ["tick"]),
        ("a tick's bite", []),
        ("needles", ["needl"]),
        ("dry needling with a needle", ["needl"]),
        ("dry-needling", []),
    ],
)
def test_names_are_found_where_they_mean_the_thing(question: str, expected: list[str]) -> None:
    assert typed(question) == expected


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("what helps a charley horse", "muscle cramp"),
        ("Lou Gehrig's disease", "amyotrophic lateral sclerosis"),
        ("Lou Gehrig disease", "ALS"),
        ("UTI in men", "urinary tract infection"),
        ("pinkeye", "conjunctivitis"),
        ("high blood pressure", "hypertension"),
        ("oesophageal reflux: gastro-oesophageal reflux disease", "GERD"),
        ("slipped disc", "herniated disk"),
        ("haemorrhoids", "piles"),
        ("paracetamol for a child", "Tylenol"),
        ("x-ray of the foot", "radiograph"),
        ("what is MS", "multiple sclerosis"),
        ("does ALS run in families", "amyotrophic lateral sclerosis"),
        ("is aids a virus", "acquired immunodeficiency syndrome"),
        ("what is MD (muscular dystrophy)", "muscular dystrophy"),
        ("I keep throwing up", "vomiting"),
        ("he throws his milk up", "vomiting"),
        ("the first AIDS drug", "acquired immunodeficiency syndrome"),
        ("does light help SAD", "seasonal affective disorder"),
        ("is the clap contagious", "gonorrhea"),
    ],
)
def test_the_table_knows_what_people_say(question: str, other: str) -> None:
    found = [name.text for one in stored_names().in_question(question) for name in one.others]
    assert other in found


@pytest.mark.parametrize(
    "question",
    [
        "what helps me sleep at night",
        "does it add up to much",
        "how many aids are there for walking",
        "I am sad about my dog",
        "ms smith is my teacher",
        "pots and pans",
        "a firm brain",
        "Al is my husband",
        "can hearing aids cause an infection",
        "what first aid is there against a virus",
        "is smoking pot safe",
        "standing on pots",
        "Should I see an MD?",
        "I feel SO SAD",
        "I JUMP now",
        "go to the ED now",
        "I throw a ball",
        "I clap my hands",
        "I sleep well",
        "do I drink enough",
        "I throw a ball and run up",
        "I have a sense of smell",
        "I don't want to die",
    ],
)
def test_everyday_words_are_no_names(question: str) -> None:
    assert stored_names().in_question(question) == ()


@pytest.mark.parametrize(
    ("question", "written"),
    [
        ("does booze bring it on", "alcohol"),
        ("my asthma puffer", "inhaler"),
        ("pee like coke", "urine"),
        ("what is a CK test", "creatine kinase"),
        ("my calves hurt", "calf"),
        ("water tablets", "diuretic"),
        ("HRT", "estrogen"),
        ("brown pee after a race", "dark urine"),
        ("I've a touch of the sun", "heat exhaustion"),
        ("fidgety legs in bed", "restless legs"),
        ("chundering all night", "vomiting"),
        ("out of puff on the stairs", "breathlessness"),
        ("can't see in the dark", "night blindness"),
        ("my waters broke", "amniotic fluid"),
    ],
)
def test_the_table_knows_what_articles_write(question: str, written: str) -> None:
    found = [name.text for one in stored_names().in_question(question) for name in one.written]
    assert written in found


@pytest.mark.parametrize(
    "question",
    [
        "three nights in a row",
        "what is a normal pulse",
        "can I go private",
        "range of motion of the hip",
        "what do I expect of it",
        "is the wind cold",
        "poor posture",
        "is it good for me",
        "an immune disease",
        "my cycle is late",
        "a month ago",
        "chilli",
        "cat fur",
        "can I catch a train",
        "a green tea tree",
        "pull a tick off the dog",
        "the light flickers",
        "a shot in the leg",
        "an eye exam",
        "hash browns",
        "cider vinegar",
        "dry needling",
        "I feel like crap",
        "is fatty liver dangerous",
        "my engine shudders",
        "what makes a jelly jiggle",
        "my phone vibrates",
        "when do labour contractions start in my legs",
        "I put my weight on it",
        "my neck cracks",
        "I look after my mum",
        "keep it in a dark place",
        "lately my period is short",
        "cells of all germ layers",
        "calcitonin salmon spray",
        "she lost baby teeth",
        "a rigorous specification",
        "is ham sweetened",
        "it was knocked out",
        "splash your eye with water",
        "will the results come soon",
    ],
)
def test_an_everyday_word_is_not_read_in_another_sense(question: str) -> None:
    found = stored_names().in_question(question)
    assert [one for one in found if one.written] == []


@pytest.mark.parametrize(
    ("question", "written"),
    [
        ("the calf keeps pulsing", "twitch"),
        ("my eyelid flickers", "twitch"),
        ("the muscle shudders", "twitch"),
        ("a tetanus shot", "injection"),
        ("is tetanus catching", "infectious"),
        ("furred up arteries", "atherosclerosis"),
        ("immunised against it", "vaccine"),
        ("IMMUNIZED AGAINST IT", "vaccine"),
        ("why does my foot fall asleep", "numbness"),
        ("on a drip in hospital", "vein"),
    ],
)
def test_it_is_in_its_own(question: str, written: str) -> None:
    found = [name.text for one in stored_names().in_question(question) for name in one.written]
    assert written in found


@pytest.mark.parametrize("part", ["arm", "leg", "wrist", "ankle", "toe", "finger", "foot", "hip"])
def test_a_broken_bone_is_not_one_of_another_part_of_the_body(part: str) -> None:
    (found,) = stored_names().in_question(f"a broken {part}")
    assert found.written
    assert all(terms(part)[0] in name.terms for name in found.written)


def test_a_class_of_drugs_for_blood_pressure_is_not_one_of_them() -> None:
    (found,) = stored_names().in_question("do blood pressure tablets give you cramp")[:1]
    assert found.typed == ("blood", "pressur", "tablet")
    assert "diuretic" not in {term for name in found.written for term in name.terms}


def test_every_block_of_the_tables_names_its_reference() -> None:
    blocks = TABLE["block"] + EVERYDAY["block"]
    assert all(block["source"] and block["topic"] for block in blocks)


def test_an_everyday_word_stands_in_one_row_and_is_not_all_that_is_written_for_it() -> None:
    counted = Counter(key for row in ROWS for key in {tuple(terms(text)) for text in row["said"]})
    assert [key for key, count in counted.items() if count > 1] == []
    for row in ROWS:
        written = {tuple(terms(text)) for text in row["written"]}
        assert [text for text in row["said"] if not written - {tuple(terms(text))}] == []


def test_no_phrase_is_one_common_word_once_its_stop_words_are_dropped() -> None:
    phrases = [text for row in ROWS for text in row["said"] if len(words(text)) > 1]
    assert [text for text in phrases if len(terms(text)) < 2] == []


def test_no_name_stands_in_two_groups_and_no_group_has_one_name_only() -> None:
    keys = [{tuple(terms(name)) for name in group} for group in GROUPS]
    counted = Counter(key for group in keys for key in group)
    assert [name for name, count in counted.items() if count > 1] == []
    assert [group for group in keys if len(group) < 2] == []
    assert () not in counted


def test_every_uncertain_name_is_in_the_table_and_every_cue_is_a_word() -> None:
    said = [row["said"] for row in ROWS]
    for table, names in ((TABLE, GROUPS), (EVERYDAY, said)):
        known = {tuple(terms(name)) for group in names for name in group}
        for name, cues in table["uncertain"].items():
            assert tuple(terms(name)) in known, name
            assert all(len(terms(cue)) == 1 for cue in cues), name


def test_every_word_as_spelled_is_said_and_every_phrase_elsewhere_would_be_taken_for_one() -> None:
    said = {text for row in ROWS for text in row["said"]}
    assert [word for word in EVERYDAY["as_spelled"] if word not in said] == []
    rows = [(row["said"], row["written"]) for row in ROWS]
    plain = Names([], {}, rows, EVERYDAY["as_spelled"])
    phrases = EVERYDAY["elsewhere"]
    assert [text for text in phrases if len(terms(text)) < 2 or not plain.in_question(text)] == []
    grouped, forms = Names(GROUPS), TABLE["forms"]
    named = {name for group in GROUPS for name in group}
    assert [word for word in (*forms["as_spelled"], *forms["quiet"]) if word not in named] == []
    assert [
        text for text in forms["elsewhere"] if len(terms(text)) < 2 or not grouped.in_question(text)
    ] == []


TEXTS = [
    "heart attack signs",
    "myocardial infarction signs",
    "myocardial disease",
    "heart attack or myocardial infarction",
    "infarction of myocardial tissue and more words than the others have",
    "nothing of it",
]
LEXICAL = LexicalIndex.build(TEXTS)


def _lift(question: str, lexical: LexicalIndex = LEXICAL) -> np.ndarray:
    weights = {term: 1.0 for term in terms(question) if term in lexical}
    return lift(mentions(question, weights, lexical, NAMES), weights, lexical)


def test_a_row_with_all_words_of_the_other_name_is_lifted_and_no_other() -> None:
    lifted = _lift("heart attack")
    assert (lifted > 0).tolist() == [False, True, False, False, True, False]


def test_the_other_name_is_worth_its_share_of_the_word_at_most() -> None:
    own = LEXICAL.scores("heart attack")
    assert 0 < _lift("heart attack")[1] <= WEIGHT * own[0] * (1 + 1e-6)


def test_only_names_that_the_articles_have_are_given() -> None:
    (found,) = mentions("heart attack", {"heart": 1, "attack": 1}, LEXICAL, NAMES)
    assert found == Mention(
        ("heart", "attack"), (Name("myocardial infarction", ("myocardi", "infarct")),)
    )
    assert mentions("womb", {}, LEXICAL, NAMES) == ()


def test_what_the_articles_rather_say_is_preferred() -> None:
    clinical = LexicalIndex.build(["myocardial infarction"] * 3 + ["heart attack", "MI", "x"])
    (found,) = preferred("heart attack", clinical, NAMES)
    assert found == Mention(
        ("heart", "attack"), (Name("myocardial infarction", ("myocardi", "infarct")),)
    )
    assert worded("heart attack?", [found]) == "heart attack? (myocardial infarction)"
    assert preferred("myocardial infarction", clinical, NAMES) == ()
    assert preferred("heart attack", LEXICAL, NAMES) == ()
    assert preferred("womb", clinical, NAMES) == ()
    assert worded("womb", ()) == "womb"


def test_what_articles_write_is_held_always_and_searched_for_where_nobody_has_the_word() -> None:
    sober = LexicalIndex.build(["alcohol and cramps", "the pelvis", "womb", "cramps"])
    (held,) = mentions("booze", {"booz": 1}, sober, NAMES)
    assert held == Mention(("booz",), (Name("alcohol", ("alcohol",)),))
    assert preferred("booze", sober, NAMES) == (held,)
    assert worded("booze?", preferred("booze?", sober, NAMES)) == "booze? (alcohol)"
    # One way only.
    assert mentions("alcohol", {"alcohol": 1}, sober, NAMES) == ()
    # A row has the word.
    (held,) = mentions("womb", {"womb": 1}, sober, NAMES)
    assert held.others == (Name("pelvis", ("pelvi",)),)
    assert preferred("womb", sober, NAMES) == ()


def test_a_long_question_prefers_nothing() -> None:
    clinical = LexicalIndex.build(["myocardial infarction"])
    story = " ".join(f"word{n}" for n in range(10))
    assert len(preferred("heart attack and some story", clinical, NAMES)) == 1
    assert preferred(f"heart attack {story}", clinical, NAMES) == ()


def test_a_name_that_no_article_has_finds_its_other_names() -> None:
    lexical = LexicalIndex.build([text for text in TEXTS if "heart" not in text])
    assert _lift("heart attack", lexical)[0] > 0


def test_of_a_long_question_only_names_that_are_asked_about_count() -> None:
    weights = {"heart": 0.1, "attack": 0.1, "sign": 1.0}
    assert mentions("heart attack signs", weights, LEXICAL, NAMES) == ()
    assert len(mentions("heart attack signs", weights | {"heart": 0.3}, LEXICAL, NAMES)) == 1


WORDS = st.sampled_from(["heart", "attack", "myocardial", "infarction", "mi", "sign", "tissue"])


@given(
    st.lists(st.lists(WORDS, max_size=6).map(" ".join), min_size=1, max_size=6),
    st.lists(WORDS, max_size=4).map(" ".join),
)
def test_lifts_are_never_negative_and_always_the_same(texts: list[str], question: str) -> None:
    lexical = LexicalIndex.build(texts)
    lifted = _lift(question, lexical)
    assert lifted.shape == (len(texts),)
    assert (lifted >= 0).all()
    assert np.array_equal(lifted, _lift(question, LexicalIndex.build(texts)))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("banana", ("bananna",)),
        ("isaac", ("issac",)),  # one letter single, another doubled
        ("hemorrhage", ()),  # stands in an article as it is typed
        ("feel", ()),  # too short: "fell" is another word
        ("gout", ()),
        ("aaaaab", ("ab",)),
    ],
)
def test_a_word_of_no_article_may_stand_there_with_other_letters_doubled(
    typed: str, found: tuple[str, ...]
) -> None:
    lexical = LexicalIndex(
        ["ab", "bananna", "fell", "hemorrhage", "issac"], csc_matrix(np.ones((1, 5), np.int32))
    )
    mentioned = misprints([typed], lexical)
    assert tuple(name.text for one in mentioned for name in one.others) == found
    assert all(one.typed == (typed,) for one in mentioned)


@pytest.mark.parametrize(
    ("typed", "written", "another"),
    [
        ("after an accident", "Lactic acid builds up.", True),
        ("to carry bags", "Dental caries hurts.", True),
        ("can I marry", "Mary is a name.", True),
        ("inflamed", "Inflammation of the joint.", False),  # of one family
        ("Isaac", "Issac is misprinted.", False),
        ("diarhea", "Diarrhea can last.", False),
    ],
)
def test_a_common_word_is_no_misprint_of_another(typed: str, written: str, another: bool) -> None:
    assert (misprints(terms(typed), LexicalIndex.build([written])) == ()) == another


@pytest.mark.parametrize(
    ("question", "denied"),
    [
        ("I'm not sleeping well", True),
        ("I don't really sleep well", True),
        ("I sleep well but not at night", False),
        ("there is not a night in which I sleep well", False),
        ("i dont sleep well", True),
        ("I hardly ever sleep well", True),
        ("No, I sleep well", False),
        ("I am not ill, I sleep well", False),
        ("without waking I sleep well", False),
    ],
)
def test_what_is_said_to_be_not_so_needs_its_not(question: str, denied: bool) -> None:
    found = stored_names().in_question(question)
    assert [one.typed for one in found if one.typed == ("sleep", "well")] == denied * [
        ("sleep", "well")
    ]


def test_a_word_too_long_to_be_one_is_not_looked_for_misprinted() -> None:
    # The spellings of a run of n letters are n * n / 2 of n letters each.
    assert misprints(["acgt" * 2_000], LexicalIndex.build(["banana"])) == ()
    assert misprints(["banna" * 8], LexicalIndex.build(["banana"])) == ()


def test_the_words_of_all_names_are_told() -> None:
    assert {"copd", "sids", "booze", "lou", "gehrig", "hemorrhoids"} <= stored_names().words
    assert "zanthoxylum" not in stored_names().words
