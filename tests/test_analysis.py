"""Words are made comparable the same way on both sides, whatever the text and the threads."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import analysis
from index.analysis import STOP_WORDS, fold, terms, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Cramping calves", ["cramp", "calv"]),
        ("the muscle's muscles’ muscles", ["muscl", "muscl", "muscl"]),
        ("Don't", ["dont"]),
        ("Ménière's disease", ["menier", "diseas"]),
        ("night-time leg_cramps", ["night", "time", "leg", "cramp"]),
        ("B12, 37.5 °C", ["b12", "37", "5", "c"]),
        ("\N{LATIN SMALL LIGATURE FI}bre ＭＧ", ["fiber", "mg"]),
        ("Read https://example.org/foods-for-cramps#7 first.", ["read", "first"]),
        ("(WWW.Example.org/cramps) café https://example.org/é", ["cafe"]),
        ("http://", ["http"]),
        ("what is the of", []),
        ("", []),
    ],
)
def test_terms_of(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


STEMS = """
    stomach:stomach stomachs:stomach aches:ach aching:ach headaches:headach nausea:nausea
    nauseous:nauseous vomited:vomit dizziness:dizzi dizzy:dizzi feverish:feverish
    coughing:cough sneezing:sneez breathlessness:breathless breathing:breath breathe:breath
    swollen:swollen swelling:swell itching:itch itchy:itchi rashes:rash bleeding:bleed
    bled:bled bruises:bruis infection:infect infectious:infecti infected:infect
    inflammation:inflamm inflammatory:inflammatori allergies:allergi allergic:allerg
    asthma:asthma asthmatic:asthmat diabetes:diabet diabetic:diabet arthritis:arthriti
    arthritic:arthrit kidneys:kidney bladder:bladder liver:liver hearts:heart arteries:arteri
    veins:vein vessel:vessel pressure:pressur tension:tension cholesterol:cholesterol
    medicines:medicin medical:medic medications:medic tablets:tablet dosage:dosag doses:dose
    injected:inject vaccination:vaccin vaccines:vaccin pregnancy:pregnanc pregnant:pregnant
    childbirth:childbirth breastfeeding:breastfeed babies:babi children:children
    childhood:childhood elderly:elder sleepless:sleepless sleeplessness:sleepless
    insomnia:insomnia tiredness:tired tired:tire exhaustion:exhaust anxiety:anxieti
    anxious:anxious depression:depress worries:worri happily:happili generally:general
    generation:generat generous:generous university:universiti universal:universal walked:walk
    running:run runners:runner eaten:eaten drinking:drink smokers:smoker quitting:quit
    weighing:weigh weight:weight hopefully:hope carefully:care dangerously:danger
    severity:sever severely:sever relieving:reliev relief:relief operations:oper
    operating:oper cried:cri dying:die died:die lying:lie skies:sky news:news early:earli
    ugly:ugli gently:gentl singly:singl healed:heal healthier:healthier nurses:nurs
    hospitals:hospit surgeries:surgeri surgical:surgic cancerous:cancer communal:communal
    communication:communic necessarily:necessarili possibly:possibl abilities:abil
"""
"""Words of our own choosing with the stems that Snowball's own Python code gives
(`snowballstemmer.english_stemmer`, 3.1.1): what is indexed rests on them."""


@pytest.mark.parametrize(("word", "stem"), [pair.split(":") for pair in STEMS.split()])
def test_the_stems_are_those_of_english_snowball(word: str, stem: str) -> None:
    assert terms(word) == [stem]


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("ALS", ["als"]),  # not the "al" of "et al."
        ("EDS", ["eds"]),
        ("legs", ["leg"]),
        ("IVs", ["iv"]),
        ("400mg", ["400"]),
        ("5μg", ["5"]),
        ("10yrs", ["10"]),
        ("b12", ["b12"]),
        ("mg", ["mg"]),
        ("disable", ["disabl"]),
        ("disabled", ["disabl"]),
        ("was", []),
    ],
)
def test_abbreviations_and_amounts_are_their_own_terms(word: str, found: list[str]) -> None:
    assert terms(word) == found


def test_fold_lowers_and_strips_accents() -> None:
    assert fold("ÉLECTROLYTES") == "electrolytes"
    assert fold("İ") == "i"


def test_words_keep_stop_words_and_order() -> None:
    assert words("The Night's Cramp") == ["the", "night", "cramp"]


def test_stop_words_are_themselves_folded_words() -> None:
    assert all(words(word) == [word] for word in STOP_WORDS)


@given(st.text())
def test_terms_are_never_empty_and_never_hold_white_space(text: str) -> None:
    found = terms(text)
    assert all(term and not any(c.isspace() for c in term) for term in found)
    assert not STOP_WORDS.intersection(words(text)) & set(found) or found


@given(st.text())
def test_case_and_compatibility_forms_do_not_matter(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.lists(st.text(st.characters(categories=("L", "N")), min_size=1), max_size=5))
def test_terms_of_a_text_are_those_of_its_words(parts: list[str]) -> None:
    assert terms(" ".join(parts)) == [term for part in parts for term in terms(part)]


@given(st.text(st.sampled_from("aBs1'_- \n\x1f\x7f")))
def test_words_are_the_same_whatever_else_is_in_the_text(text: str) -> None:
    assert words(f"{text} –") == words(text)


def test_no_more_stems_are_kept_than_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "KEPT", 3)
    analysis._STEMS.clear()
    assert [terms("the calves cramp at night and the toes do") for _ in range(2)] == [
        ["calv", "cramp", "night", "toe"]
    ] * 2
    assert len(analysis._STEMS) <= 3


def test_a_word_too_long_to_be_one_is_stemmed_and_not_kept() -> None:
    longest = "cramp" * (analysis.LONGEST // 5)
    longer = longest + "ing"
    assert terms(f"{longest} {longer}") == [longest, longest]
    assert longest in analysis._STEMS
    assert longer not in analysis._STEMS


def test_threads_do_not_mix_up_their_words() -> None:
    stems = ("cramp", "run", "relat", "nation", "hope", "general", "muscl", "vibrat", "oper")
    endings = ("ing", "ed", "ization", "ational", "fulness", "ly", "s", "es", "ers")
    every = [stem + ending for stem in stems for ending in endings]
    analysis._STEMS.clear()
    alone = [analysis._STEMS[word] for word in every]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            for _ in range(10):
                analysis._STEMS.clear()
                assert list(threads.map(analysis._STEMS.__getitem__, every)) == alone
    finally:
        sys.setswitchinterval(interval)
