"""The disclaimer, and the notice above a question that describes an emergency."""

import json
import time
import tomllib
from collections import Counter
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench import false_alarms
from bench.evaluation_data import EVAL
from service.emergency.grammar import Spelling, compile_pattern
from service.safety import DISCLAIMER, Notice, disclaimer, find_notice

DATA = Path(__file__).parent / "data"
HOUSE = Path(__file__).parents[1]
RULES = HOUSE / "service" / "emergency" / "rules.toml"


def rows(name: str) -> list[dict[str, Any]]:
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def raised(name: str, side: str) -> tuple[list[str], list[str]]:
    """Return the questions of one side that raise a notice, and those that do not."""
    questions = [row["question"] for row in rows(name) if row["side"] == side]
    found = {question: find_notice(question) is not None for question in questions}
    return [q for q in questions if found[q]], [q for q in questions if not found[q]]


def notice(
    question: str, *, emergency_number: str | None = None, crisis_line: str | None = None
) -> Notice:
    found = find_notice(question, emergency_number=emergency_number, crisis_line=crisis_line)
    assert found is not None, question
    return found


# The vignettes. Floors are what docs/emergency-notice.md reports; they go down only on purpose.


def test_the_vignettes_are_what_the_documentation_counts() -> None:
    vignettes, lookalikes = rows("emergency_vignettes"), rows("emergency_lookalikes")
    assert Counter(row["side"] for row in vignettes) == {"tune": 6497, "held": 3188}
    assert Counter(row["side"] for row in lookalikes) == {"tune": 9224, "held": 4380}
    questions = [row["question"].lower() for row in vignettes + lookalikes]
    assert [q for q, n in Counter(questions).items() if n > 1] == []


@pytest.mark.parametrize(("side", "floor"), [("tune", 0.896), ("held", 0.866)])
def test_vignettes_raise_the_notice(side: str, floor: float) -> None:
    right, missed = raised("emergency_vignettes", side)
    assert len(right) / (len(right) + len(missed)) >= floor, missed


@pytest.mark.parametrize(("side", "ceiling"), [("tune", 0.0754), ("held", 0.067)])
def test_lookalikes_do_not(side: str, ceiling: float) -> None:
    wrong, right = raised("emergency_lookalikes", side)
    assert len(wrong) / (len(right) + len(wrong)) <= ceiling, wrong


def test_suicide_and_self_harm_have_their_own_notice() -> None:
    other = []
    for row in rows("emergency_vignettes"):
        found = find_notice(row["question"])
        if found is not None and found.kind == "crisis":
            assert found.topic == "suicide and self-harm"
            if row["topic"] not in {
                "suicide and self-harm",
                "overdose and poisoning",
                "psychosis with danger",
            }:
                other.append(row["question"])
    # Words alone take "cant, cant" for hopelessness and "sorry to bother" for a goodbye, and a rule
    # "to die honestly and"; read whole most of them are emergencies.
    assert len(other) <= 10, other
    read = [find_notice(question, by_meaning=True) for question in other]
    kinds = Counter(found.kind for found in read if found is not None)
    assert kinds == {"emergency": 8, "crisis": 2}


@pytest.mark.parametrize(
    ("question", "topic", "matched"),
    [
        ("my husband's face is drooping", "stroke", "face is drooping"),
        ("crushing chest pain sweating right now", "heart attack", "crushing chest … sweating"),
        ("baby 6 weeks fever 39", "a very young baby who is ill", "6 … fever"),
        ("I want to kill myself", "suicide and self-harm", "kill myself"),
        ("my friend is unconcious", "unconsciousness", "unconcious"),
        ("my jaw is stiff after a cut", "tetanus", "jaw is stiff after a cut"),
        (
            "I ran out of baclofen and he is seeing things",
            "sudden withdrawal of baclofen",
            "ran out of baclofen … seeing things",
        ),
        (
            "I have pain in my calf and chest pain",
            "blood clot in a leg or the lungs",
            "pain in my calf and chest",
        ),
        ("my dad is diabetic, shaky and confused", "very low blood sugar", "diabetic … confused"),
    ],
)
def test_names_the_words_that_raised_it(question: str, topic: str, matched: str) -> None:
    found = notice(question)
    assert (found.topic, found.matched) == (topic, matched)


@pytest.mark.parametrize(
    ("raises", "silent"),
    [
        ("I have chest pain and my left arm is numb", "I have no chest pain or numb left arm"),
        ("my calf is swollen, warm and red", "my calf is sore without swelling, warmth or redness"),
        ("he is having a seizure", "what is having a seizure like"),
        ("I overdosed", "ten years ago I overdosed"),
        ("I took 30 sleeping pills", "in the film she took 30 sleeping pills"),
        ("my son is choking on a grape", "my dog is choking on a grape"),
        ("my throat is closing up after peanuts", "what if your throat closes up after peanuts"),
        ("I want to die", "I want to die of embarrassment"),
        ("I am writing a novel and I want to kill myself", "in the novel he wants to kill himself"),
        (
            "he swallowed bleach. His mother is in hospital",
            "he is still in hospital after he swallowed bleach",
        ),
        (
            "she was admitted to hospital, now she cannot breathe",
            "she was admitted to hospital with trouble breathing",
        ),
        ("i overdosed, was taken to the er and turned away", "what is it like to have overdosed"),
        ("the dog sat while he had a seizure that wont stop", "the dog sat and had a seizure"),
        ("the cow kicked him, he is unconscious", "the cow fell, it is unconscious"),
        ("my cat is dead and i want to die", "my cat is going to die"),
        ("when i was a teen i cut myself, again tonight", "when i was a teen i cut myself"),
        (
            "last month i had chest pain and sweating but now its worse",
            "last month i had chest pain and sweating",
        ),
        (
            "for years i have had back pain and since this morning i am numb between my legs",
            "for years i have had back pain and been numb between my legs",
        ),
        ("33 weeks with a splitting headache", "a splitting headache, for 33 weeks"),
        ("my uncle hanged himself and i want to do the same", "my uncle hanged himself in 1990"),
        (
            "when he was young he had fits, my daughter is having one right now",
            "when he was young he had fits, my daughter is not having any",
        ),
        ("they found the baby cold and not breathing", "the hamster is cold and not breathing"),
        ("do you think she overdosed she wont wake up", "did elvis overdose"),
        ("every year I feel ill but now I cannot breathe", "every year I cannot breathe in spring"),
        ("my lips are blue", "quiz: which king had blue lips"),
        ("he is not breathing", "is he breathing better with the new pillow"),
        ("my mother collapsed and is unresponsive", "who was unresponsive in the last episode"),
        ("no insurance, severe chest pain and left arm numb", "no chest pain and left arm numb"),
        ("not diabetic chest pain and sweating", "not having chest pain and sweating"),
        ("previously healthy, now chest pain and sweating", "previous chest pain and sweating"),
        ("piece of chicken stuck in throat cant breathe", "my chicken cant breathe"),
        ("allergic to cats cant breathe lips blue", "the cats have blue lips"),
        ("fish allergy cant breathe", "my fish choked on a pebble"),
        ("my husband strangled me last night", "my husband beats me at chess"),
        ("i was raped", "the engine was strangled"),
        ("my dad was electrocuted", "i have an electric shock feeling in my leg"),
        ("i want to die, my hair is falling out", "i want to die my hair red"),
        ("i'm dying my hair black and want to kill myself", "i'm dying my hair black"),
        ("i want to die, my black dress at the ready", "i want to die my roots black"),
        ("my husband hits me with a belt", "my husband kicked me in his sleep"),
        ("he is suffocating at work", "he is dreaming at work"),
        ("he stuck a fork in the socket and has shock like pain", "a shock like pain in my leg"),
        ("my leg is bent the wrong way after football", "my leg is bent the wrong way in yoga"),
        ("took to many paracetamol, i feel sick", "is it safe to take paracetamol"),
        ("she got the epipen and it isnt working", "how does an epipen work"),
    ],
)
def test_a_question_and_its_harmless_twin(raises: str, silent: str) -> None:
    assert find_notice(raises) is not None
    assert find_notice(silent) is None


@pytest.mark.parametrize(
    "question",
    [
        "IM HAVING CHEST PAIN AND MY LEFT ARM IS NUMB",
        "I’m having chest pain and my left arm is numb",
        "im havin cheast pian and left arm is numb!!!",
        "I had a heart attack in 2010. Now I'm having chest pain and my left arm is numb.",
        "Can stress cause cramps? I'm having chest pain and my left arm is numb",
        "\uff29'm having \uff43hest pain and my left arm is numb",  # in full width
        "𝗜'm having 𝗰𝗵𝗲𝘀𝘁 𝗽𝗮𝗶𝗻 and my left arm is numb",
        "I'm having chest\u200b pa\u00adin and my left arm is numb",
    ],
)
def test_ways_of_writing_do_not_hide_it(question: str) -> None:
    assert notice(question).topic == "heart attack"


# What the notice says.


def test_no_country_is_assumed() -> None:
    text = notice("my friend is unconscious").text
    assert "contact your local emergency number now" in text
    assert not any(character.isdigit() for character in text)
    assert "triage" not in text


def test_the_configured_number_and_crisis_line_are_named() -> None:
    assert "contact 112 now" in notice("my friend is unconscious", emergency_number="112").text
    plain = notice("I want to kill myself")
    assert plain.kind == "crisis"
    assert "crisis lines exist" in plain.text
    assert "contact your local emergency number now" in plain.text
    told = notice("I want to kill myself", emergency_number="112", crisis_line="0800 000 000")
    assert "contact 112 now" in told.text
    assert "0800 000 000" in told.text


def test_every_topic_names_a_page() -> None:
    table = tomllib.loads(RULES.read_text(encoding="utf-8"))
    for topic in table["topics"]:
        publisher, _, rest = topic["source"].partition(", ")
        assert publisher in {"NHS", "CDC", "MedlinePlus"}
        assert rest.rpartition(", ")[2].startswith("https://")


def test_every_sign_serves_a_rule_and_every_class_a_pattern() -> None:
    table = tomllib.loads(RULES.read_text(encoding="utf-8"))
    in_rules = " ".join(rule for topic in table["topics"] for rule in topic["rules"])
    for mark in "+&|!":
        in_rules = in_rules.replace(mark, " ")
    assert table["signs"].keys() == set(in_rules.split())
    assert set(" ".join(table["exempt"].values()).split()) <= table["signs"].keys()
    wishes = set(table["kinds"]["crisis"].split())
    assert set(table["kinds"]["outright"].split()) < wishes < table["signs"].keys()
    patterns = " ".join([*table["signs"].values(), *table["cues"].values()])
    assert [name for name in table["words"] if f"<{name}>" not in patterns] == []


def test_the_disclaimer_is_the_operators_or_ours() -> None:
    assert disclaimer(None) == DISCLAIMER
    assert disclaimer("  ") == DISCLAIMER
    assert disclaimer(" Ask our nurses. ") == "Ask our nurses."
    for promise in ("not medical advice", "no clinician has reviewed", "local emergency number"):
        assert promise in DISCLAIMER


def test_each_language_says_no_less() -> None:
    texts = tomllib.loads((HOUSE / "service" / "safety_texts.toml").read_text(encoding="utf-8"))
    assert set(texts) == {
        file.stem for file in (HOUSE / "service" / "web" / "locales").glob("*.toml")
    }
    for language, table in texts.items():
        assert table.keys() == texts["en"].keys()
        assert disclaimer(None, language) == table["disclaimer"]
        assert disclaimer("Ask our nurses.", language) == "Ask our nurses."
        for name in ("emergency", "crisis"):
            fields = {"{number}", "{line}"} if name == "crisis" else {"{number}"}
            assert {part for part in ("{number}", "{line}") if part in table[name]} == fields
    for promise in ("No es un consejo médico", "ningún profesional clínico", "número local"):
        assert promise in disclaimer(None, "es")
    assert disclaimer(None, "xx") == DISCLAIMER


def test_a_notice_in_another_language_names_the_same_words() -> None:
    question = "my friend is unconscious"
    english, spanish = find_notice(question), find_notice(question, language="es")
    assert english is not None
    assert spanish is not None
    assert spanish.spans == english.spans
    assert "llame ahora mismo al número local de emergencias;" in spanish.text
    told = find_notice(question, language="es", emergency_number="112")
    assert told is not None
    assert "llame ahora mismo al 112;" in told.text


# What always holds.


def check_spans(question: str) -> None:
    found = find_notice(question)
    if found is None:
        return
    assert found.spans
    for start, end in found.spans:
        assert 0 <= start < end <= len(question)
    for (_, before), (after, _) in pairwise(found.spans):
        assert before < after
    assert found.matched == " … ".join(question[start:end] for start, end in found.spans)


@given(st.text(max_size=300))
@example("E:F:G:N")  # "and" weighs, and is not named alone: such a text raises nothing
def test_any_text_is_accepted(question: str) -> None:
    check_spans(question)


@given(
    st.lists(
        st.sampled_from([row["question"] for row in rows("emergency_vignettes")])
        | st.text(max_size=20),
        max_size=4,
    ),
    st.sampled_from([" ", ". ", "\n", " İ ", "ß "]),
)
@settings(deadline=None)
def test_spans_are_the_words_that_raised_it(parts: list[str], between: str) -> None:
    check_spans(between.join(parts))


def test_capitals_that_grow_do_not_shift_the_spans() -> None:
    assert notice("İİİ my friend is unconscious").matched == "unconscious"


# What is said beside an emergency does not silence it.

EMERGENCIES = (
    "my baby is not breathing",
    "my husband collapsed and has no pulse",
    "i have crushing chest pain and my left arm is numb",
    "her face is drooping and she cant speak",
    "i took 40 paracetamol an hour ago",
    "my son swallowed bleach",
    "my wife is having a seizure and it wont stop",
    "my throat is closing and i cant breathe",
)
BESIDE = (
    "my mother is in hospital",
    "my sister is in the icu on shift",
    "she was taken to hospital last month",
    "i was admitted to hospital in march",
    "the doctor is in the hospital",
    "i was given antibiotics today",
    "my aunt died last year",
    "he used to be a nurse",
    "i had a stroke two years ago",
    "when i was young this never happened",
    "she has a history of migraine",
    "he survived cancer",
    "i often get headaches",
    "she goes to church every week",
    "he has been ill for years",
    "i am scared of dying",
    "what if i die",
    "i do not want to risk it",
    "could it cause damage",
    "do you think he overdosed",
    "in case it matters he is 60",
    "we were watching a film",
    "she has an exam tomorrow",
    "he is writing a book",
    "my phone is dying",
    "i am just wondering",
    "it is not an emergency he says",
    "my card was declined",
    "our dog is barking",
    "the cat is fine",
    "he has no allergies",
    "i do not know why",
    "she is not diabetic",
    "there is no fever",
    "i never smoked",
)
JOINED = ("{0}. {1}", "{0}, {1}", "{0} {1}", "{0} and {1}")


def test_what_is_said_beside_an_emergency_does_not_silence_it() -> None:
    silent = [
        text
        for emergency, beside, joined in product(EMERGENCIES, BESIDE, JOINED)
        for text in (joined.format(emergency, beside), joined.format(beside, emergency))
        if find_notice(text, by_words=False) is None
    ]
    # Of 2,240; when a cue reached its whole sentence, 689. Whose "her face" is, after a book,
    # and what "when I was young" dates when no stop goes before it, the rules cannot tell.
    assert len(silent) <= 14, silent


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("band rehearsal and the singer cant breathe", "emergency"),
        ("elastic band round a toddler's neck, not breathing", "emergency"),
        ("singer in band overdosed backstage, lips are blue", "emergency"),
        ("is choking victim a good band", None),
        ("what genre is the band suicidal tendencies", None),
        ("there is a band called not breathing", None),
    ],
)
def test_a_band_is_a_story_by_its_name_only(question: str, kind: str | None) -> None:
    found = find_notice(question, by_words=False)
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize(
    ("before", "ceiling"),
    [
        ("my dog died last week and", 2),
        ("the dog was barking and", 0),
        ("walking the dog,", 4),
        ("the cat just sat there while", 1),
        ("we were at the pet shop and", 0),
        ("feeding the fish and", 0),
    ],
)
def test_an_animal_beside_an_emergency_hides_few(before: str, ceiling: int) -> None:
    stored = [row["question"] for row in rows("emergency_vignettes") if row["batch"] < 24][::6]
    plain = [question for question in stored if find_notice(question)]
    assert len(plain) == 285
    beside = [f"{before} {question[0].lower()}{question[1:]}" for question in plain]
    silent = [question for question in beside if find_notice(question) is None]
    assert len(silent) <= ceiling, silent


# Speed: linear, whatever the text.

TEXTS = {
    "lookalikes": " ".join(row["question"] for row in rows("emergency_lookalikes")),
    "one sign, over and over": "chest pain " * 2000,
    "openings of many patterns": "my left arm took what if not face " * 1000,
    "numbers": "38 weeks 39.5 " * 2000,
    "suppositions in one clause": "in case chest pain sweating " * 800,
    "cues of a hospital": "she fell, was taken to hospital, now its worse " * 500,
    "sentences of a hospital": "he fell. he is in hospital. " * 800,
    "apostrophes and repeats": "a'aa'b'bb'" * 2000,
    "one word": "a" * 30_000,
    "stops": ". " * 15_000,
}


def seconds(question: str) -> float:
    """Return the processor time of one notice, the best of five."""
    best = float("inf")
    for _ in range(5):
        started = time.process_time()
        find_notice(question)
        best = min(best, time.process_time() - started)
    return best


@pytest.mark.parametrize("name", TEXTS)
def test_time_grows_with_the_length(name: str) -> None:
    find_notice("warm up")
    short, long = (TEXTS[name] * 3)[:5_000], (TEXTS[name] * 3)[:20_000]
    # Four times the text; measured 3.9 to 4.4 times as long. Quadratic would be sixteen.
    assert seconds(long) < 8 * seconds(short) + 0.002


def test_a_long_question_takes_under_50_milliseconds() -> None:
    find_notice("warm up")
    assert seconds((TEXTS["lookalikes"] * 2)[:10_000]) < 0.05


def test_a_short_question_takes_under_a_millisecond() -> None:
    find_notice("warm up")
    assert seconds("what are the treatments for leg cramps at night?") < 0.001


# The grammar.


def test_patterns_are_refused_with_the_line() -> None:
    with pytest.raises(ValueError, match="no class <nosuch>"):
        compile_pattern("chest <nosuch>", {})
    with pytest.raises(ValueError, match="is empty"):
        compile_pattern("~2", {})


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("unconcious", "unconscious"),
        ("siezure", "seizure"),
        ("bleading", "bleeding"),
        ("vomitting", "vomiting"),
        ("cooking", "cooking"),  # a consonant for another makes another word
        ("changes", "changes"),
        ("storing", "storing"),
    ],
)
def test_one_letter_slips_are_read_as_meant(written: str, read: str) -> None:
    vocabulary = {"unconscious", "seizure", "bleeding", "vomiting", "choking", "snoring"}
    assert Spelling(vocabulary, frozenset({"storing"})).correct(written) == read


# Ordinary real questions.


@pytest.mark.slow
def test_at_most_half_a_percent_of_real_questions_raise_it() -> None:
    if not EVAL.is_dir():
        pytest.skip(f"the evaluation data are not at {EVAL}")
    measured = [false_alarms.alarms(EVAL / name, by_meaning=True) for name in false_alarms.REAL]
    assert sum(len(found) for _, found, _ in measured) <= 0.005 * sum(n for n, _, _ in measured)


def test_the_documentation_says_what_is_measured() -> None:
    page = (HOUSE / "docs" / "emergency-notice.md").read_text(encoding="utf-8")
    table = tomllib.loads(RULES.read_text(encoding="utf-8"))
    for topic in table["topics"]:
        assert f"| {topic['name']} |" in page
        assert topic["source"].rpartition(", ")[2] in page
    for side, shown in (("tune", "5822 of 6497"), ("held", "2763 of 3188")):
        right, missed = raised("emergency_vignettes", side)
        assert f"{len(right)} of {len(right) + len(missed)}" == shown
        assert shown in page
