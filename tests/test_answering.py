"""Which sentence is marked: it has the words, it states something, it is held to evidence."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.answering_sentence import (
    Case,
    coverage_only,
    held_out,
    measure,
    pieces,
    read_cases,
)
from bench.evaluation_data import SCIFACT
from index.lexical import LexicalIndex
from index.names import Mention, Name, stored_names
from index.records import Passage
from service.evidence.answering import (
    FORBIDS,
    WEIGHTS,
    Weights,
    answering_sentences,
    asks,
    chosen,
    features,
    rarities,
)

SENTENCES = [
    "Why do calves cramp?",
    "It is not known whether cramps matter.",
    "Cramps are common.",
    "Heat can cause cramps.",
    "A walk is nice.",
]
PASSAGE_WORDS = LexicalIndex.build(["Ibuprofen.", "A back spasm.", "Kidney disease.", "Boxes."])
LEXICAL = LexicalIndex.build([*SENTENCES, "Water and salt.", "Rest."])


def _marked(question: str, sentences: list[str] = SENTENCES) -> list[str]:
    text = " ".join(sentences)
    spans, start = [], 0
    for sentence in sentences:
        spans.append((start, start + len(sentence)))
        start += len(sentence) + 1
    passage = Passage("a", 0, len(text), (), text)
    named = stored_names().in_question(question)
    found = answering_sentences(passage, spans, rarities(question, LEXICAL), named)
    return [text[a:b] for a, b in found]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("cramps", "Heat can cause cramps."),
        ("does heat cause cramps", "Heat can cause cramps."),
        ("is a walk nice", "A walk is nice."),
    ],
)
def test_the_sentence_that_states_what_is_asked_is_marked(question: str, first: str) -> None:
    assert first in _marked(question)


@pytest.mark.parametrize("question", ["zebra", "what is it", ""])
def test_nothing_is_marked_where_no_word_is_shared(question: str) -> None:
    assert _marked(question) == []


def test_a_sentence_that_asks_is_never_marked() -> None:
    assert _marked("why do calves cramp", ["Why do calves cramp?", "Rest."]) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Why do calves cramp?",
        "“Why do calves cramp?”",
        'He wanted to know: "Can heat cause cramps?"',
        "« Can heat cause cramps ? »\n",
        "(Can heat cause cramps?)",
        "Can heat cause cramps\uff1f",
        "\u0647\u0644 cramps\u061f",
    ],
)
def test_what_asks_is_known_by_its_last_mark(sentence: str) -> None:
    assert asks(sentence)
    assert _marked("can heat cause cramps", [sentence, "Rest."]) == []


@pytest.mark.parametrize(
    "sentence", ["Heat can cause cramps.", "Who asks “why?” may rest.", "", '"']
)
def test_what_states_does_not_ask(sentence: str) -> None:
    assert not asks(sentence)


def test_features_are_the_covered_rarity_and_the_cues() -> None:
    wanted = {"heat": 3.0, "cramp": 1.0}
    assert features("Heat may cause it.", wanted) == (0.75, 2.0, 0.0)
    assert features("We asked whether cramps matter.", wanted) == (0.25, 0.0, 1.0)
    assert features("may may may may", wanted) == (0.0, 3.0, 0.0)
    assert features("Heat.", {}) == (0.0, 0.0, 0.0)


def test_another_name_of_the_thing_covers_its_words() -> None:
    named = [Mention(("charley", "hors"), (Name("muscle cramp", ("muscl", "cramp")),))]
    wanted = {"charley": 1.0, "hors": 1.0}
    assert features("A muscle cramp.", wanted, named)[0] == 1.0
    assert features("A cramp.", wanted, named)[0] == 0.0


def test_what_articles_write_for_an_everyday_word_covers_it() -> None:
    named = stored_names().in_question("can booze cause cramps?")
    wanted = {"booz": 2.0, "cramp": 1.0, "caus": 1.0}
    assert features("Too much alcohol can cause cramps.", wanted, named)[0] == 1.0
    assert features("Statins can cause cramps.", wanted, named)[0] == 0.5


def test_what_forbids_is_marked_beside_what_permits() -> None:
    wanted = rarities("can I take ibuprofen for a back spasm with kidney disease", PASSAGE_WORDS)
    permits = "Ibuprofen may ease a back spasm and can help sleep."
    forbids = "It is not safe for people with kidney disease."
    other = "Do not lift heavy boxes."
    assert chosen([permits, other, forbids], wanted) == [0, 2]
    assert chosen([forbids, permits], wanted) == [0, 1]
    # Neither of another matter, nor a second one, nor where nothing answers.
    assert chosen([permits, other], wanted) == [0]
    assert chosen([f"{permits[:-1]}, but never in kidney disease.", forbids], wanted) == [0]
    assert chosen([forbids], wanted, first=1.0) == []


@pytest.mark.parametrize(
    ("sentence", "forbidding"),
    [
        ("Do not drive after it.", True),
        ("Seek help, and don’t wait.", True),
        ("Nobody should take quinine for it.", True),
        ("It is not suitable in pregnancy.", True),
        ("Children should not take it.", True),
        ("You should first ask a doctor.", True),
        ("Cramps do not harm the baby.", False),
        ("Muscles tighten when they should not.", False),
        ("Most people ask a doctorate student.", False),
    ],
)
def test_what_forbids(sentence: str, forbidding: bool) -> None:
    assert bool(FORBIDS.search(sentence)) is forbidding


def test_a_second_sentence_needs_its_own_score() -> None:
    weights = Weights(10.0, 0.0, 0.0, -5.0)
    wanted = {"heat": 1.0, "cramp": 1.0}
    both = ["heat cramp", "rest", "cramp heat", "heat"]
    assert chosen(both, wanted, weights, 0, 0.9) == [0, 2]
    assert chosen(both, wanted, weights, 0, 0.999) == [0]
    assert chosen(both, wanted, weights, 0.999, 0.999) == []
    assert chosen(["heat", "heat"], wanted, weights, 0, 1) == [0]
    assert chosen([], wanted, weights) == []


@given(st.lists(st.sampled_from(SENTENCES), max_size=6), st.sampled_from(SENTENCES))
def test_at_most_two_in_order_and_all_share_a_word(sentences: list[str], question: str) -> None:
    wanted = rarities(question, LEXICAL)
    places = chosen(sentences, wanted)
    assert places == sorted(set(places))
    assert len(places) <= 2
    assert all(features(sentences[place], wanted)[0] > 0 for place in places)
    assert all(math.isfinite(value) for value in wanted.values())


def test_pieces_hold_every_sentence_and_every_evidence_once() -> None:
    case = Case("1", "c", tuple(f"{n} " + "word " * 30 for n in range(7)), frozenset({0, 3, 6}))
    cut = pieces(case)
    assert tuple(s for piece in cut for s in piece.sentences) == case.sentences
    gold = [piece.sentences[place] for piece in cut for place in sorted(piece.gold)]
    assert gold == [case.sentences[place] for place in (0, 3, 6)]


@pytest.mark.slow
def test_evidence_is_marked_as_well_as_it_was() -> None:
    if not SCIFACT.is_dir():
        pytest.skip(f"{SCIFACT} is not there")
    cases, lexical = read_cases(SCIFACT)
    assert len(cases) == 564, "the data is not that of the floors"
    wanted = {case.claim: rarities(case.claim, lexical) for case in cases}
    fitted = held_out(cases, lexical)
    _, _, before, _, _ = measure(cases, lambda case: coverage_only(case, lexical))
    _, _, left_out, _, _ = measure(
        cases, lambda case: chosen(case.sentences, wanted[case.claim], fitted[case.query])
    )
    _, _, stored, _, _ = measure(
        cases, lambda case: chosen(case.sentences, wanted[case.claim], WEIGHTS)
    )
    assert stored >= 0.50
    assert left_out >= 0.50
    assert left_out >= before + 0.11
