"""Sentences as spans: nothing but white space is lost, whatever the text or the language."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.sentences import sentence_spans

# Pieces that sentence splitters stumble over, next to each other in every order.
LATIN = ["Dr. ", "e.g. ", "1. ", "2) ", "(a) ", "3.5 mg ", "Stop. ", '"Why?" ', "liver.4 They "]
OTHER = ["e\u0301", "שלום. ", "مرحبا؟ ", "पानी। ", "肌肉", "。", "🙂", "\u200b", "…", "?!", "word"]
SPACE = [" ", "\t", "\r\n", "\n\n", "\u00a0", "\u2029"]
AWKWARD = st.lists(st.sampled_from([*LATIN, *OTHER, *SPACE])).map("".join)


def sentences(text: str, language: str = "en") -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text, language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It hurts. Rest helps.", ["It hurts.", "Rest helps."]),
        ("See Dr. Smith, e.g. today. Go!", ["See Dr. Smith, e.g. today.", "Go!"]),
        ("Take 2.5 mg daily. No more.", ["Take 2.5 mg daily.", "No more."]),
        ("It is made in the liver.4 They help.", ["It is made in the liver.4", "They help."]),
        ("It is so.1,3–5 They say.", ["It is so.1,3–5", "They say."]),
        ("1. Warm up first. 2. Stretch.", ["1. Warm up first.", "2. Stretch."]),
        ("  Outer space.  ", ["Outer space."]),
        ("Use max. 4 g per day. Rest.", ["Use max. 4 g per day.", "Rest."]),
        ("Give inj. adrenaline, 3 tbsp. of it.", ["Give inj. adrenaline, 3 tbsp. of it."]),
        ("Rest for 5 min. Then walk.", ["Rest for 5 min.", "Then walk."]),
        ("It hurts. rest helps.", ["It hurts.", "rest helps."]),
        (
            "Substitutes are here: https://example.org/cramps#7.-Papaya. Eat them.",
            ["Substitutes are here: https://example.org/cramps#7.-Papaya.", "Eat them."],
        ),
        ("Call https://a.org/f?What-is-it now.", ["Call https://a.org/f?What-is-it now."]),
        ("See www.example.org/a.b!C there. Rest.", ["See www.example.org/a.b!C there.", "Rest."]),
        ("你好。我很好。", ["你好。", "我很好。"]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_sentences_of(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize("language", ["", "zz", "tlh", "en-GB", "en_US", "English", "x" * 99, "\0"])
def test_an_unknown_language_is_read_as_english(language: str) -> None:
    text = "See Dr. Smith, e.g. today. Go!"
    assert sentence_spans(text, language) == sentence_spans(text, "en")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Etwa ca. 5 mg, max. 10 mg."),
        ("es", "Tome aprox. 5 mg, 1 comp. al día."),
        ("fr", "Le Dr. Martin et Mme. Durand."),
    ],
)
def test_an_abbreviation_ends_no_sentence(language: str, text: str) -> None:
    assert [text[slice(*span)] for span in sentence_spans(text, language)] == [text]


def test_a_known_language_has_its_own_rules() -> None:
    text = "Siehe z. B. Kapitel 2. Dort steht es."
    assert sentences(text, "de") == ["Siehe z. B. Kapitel 2.", "Dort steht es."]
    assert sentences(text, "fr") == ["Siehe z.", "B. Kapitel 2.", "Dort steht es."]
    assert sentence_spans(text, "DE") == sentence_spans(text, "de") == sentence_spans(text, "de_AT")


@given(
    st.one_of(AWKWARD, st.text(st.characters(exclude_categories=["Cs"]))),
    st.sampled_from(["en", "de", "fr", "es", "ar", "he", "hi", "ja", "zh", "th", "ru", "am", "zz"]),
)
def test_spans_tile_the_text(text: str, language: str) -> None:
    position = 0
    for start, end in sentence_spans(text, language):
        assert position <= start < end
        assert not text[position:start].strip()
        assert text[start:end] == text[start:end].strip()
        position = end
    assert not text[position:].strip()


@pytest.mark.parametrize(
    "text",
    ["a" * 10**6, "!" + " " * 10**6 + "abcd", "1. " * 300_000, "x.1" + " " * 10**6 + "z"],
    ids=["one word", "spaces", "numbers", "citation"],
)
def test_a_megabyte_takes_seconds(text: str) -> None:
    started = time.process_time()
    sentence_spans(text)
    assert time.process_time() - started < 10
