"""Words of an emergency that no rule knows: weighed, named, and never one alone."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.emergency.table import read_words
from service.emergency.words import STEP, WINDOW, Weights, features_of, fitted, heaviest, weigh
from service.safety import find_notice

DATA = Path(__file__).parent / "data"
WEIGHTS = Weights(
    {
        "arm": (1.0, 2.0, 0.0),
        "flops": (2.0, 4.0, 0.0),
        "arm flops": (3.0, 5.0, -1.0),
        "goodbye": (2.0, 0.0, 6.0),
    },
    (-2.0, -3.0),
    0.5,
    0.1,
)


def test_features_are_words_pairs_and_what_numbers_measure() -> None:
    named = [name for name, _, _ in features_of(read_words("Her arm flops. Fever 39.5"))]
    assert named[:5] == ["her", "arm", "her arm", "flops", "arm flops"]
    assert named[5:8] == ["fever", "#", "<num>"]
    assert "<temp>" in named
    assert named[-1] == "fever #"


def test_the_formula_is_the_one_in_the_docstring() -> None:
    found = weigh(read_words("my arm arm flops now"), WEIGHTS)
    values = {"arm": 1 + math.log(2), "flops": 2.0, "arm flops": 3.0}
    norm = math.sqrt(sum(value**2 for value in values.values()))
    emergency = math.exp(-2 + (values["arm"] * 2 + 2 * 4 + 3 * 5) / norm)
    crisis = math.exp(-3 + (3 * -1) / norm)
    assert found.probability == pytest.approx((emergency + crisis) / (1 + emergency + crisis))
    assert found.kind == "emergency"
    assert found.words == ((2, 3),)


def test_the_kind_is_the_heavier_one() -> None:
    assert weigh(read_words("she said goodbye to me"), WEIGHTS).kind == "crisis"
    assert weigh(read_words("nothing known here at all"), WEIGHTS).words == ()


def test_a_notice_by_words_names_them_and_says_whose_signs_they_are() -> None:
    question = "grandma is looking straight through me and her arm just slides off the table"
    assert find_notice(question, by_words=False) is None
    found = find_notice(question)
    assert found is not None
    assert found.source.startswith("MedlinePlus, Recognizing medical emergencies, https://")
    assert found.matched == " … ".join(question[start:end] for start, end in found.spans)
    assert "arm" in found.matched


def test_no_few_words_raise_a_notice() -> None:
    for name in fitted().features:
        question = f"{name} {name} {name}"
        assert weigh(read_words(question)).few


@given(st.text(max_size=200))
def test_any_text_has_a_probability(question: str) -> None:
    words = read_words(question)
    found = weigh(words)
    assert 0 <= found.probability < 1
    assert all(0 <= first <= last < len(words) for first, last in found.words)


def test_the_stored_weights_say_what_they_were_fitted_on() -> None:
    path = Path(__file__).parents[1] / "service" / "emergency" / "words.json"
    stored = json.loads(path.read_text("utf-8"))
    assert {"emergency_vignettes.jsonl", "emergency_lookalikes.jsonl"} < stored["data"].keys()
    assert all(len(values) == 3 for values in stored["features"].values())


def test_plain_words_are_weighed_and_not_named_alone() -> None:
    weights = Weights({"his": (1.0, 9.0, 0.0), "his lips": (1.0, 4.0, 0.0)}, (-2.0, -3.0), 0.5, 0.1)
    assert weigh(read_words("look at his lips"), weights).words == ((3, 3),)
    assert weigh(read_words("look at his face"), weights).words == ()


@given(st.lists(st.sampled_from(["arm", "flops", "goodbye", "tea", "and", "."]), max_size=90))
def test_the_heaviest_part_is_found_and_no_word_is_left_out(told: list[str]) -> None:
    words = read_words(" ".join(told))
    whole = weigh(words, WEIGHTS)
    found, middle = heaviest(words, whole, WEIGHTS)
    assert middle == 0 or middle < len(words)
    if len(words) <= WINDOW:
        assert (found, middle) == (whole, len(words) // 2)
        return
    begins = range(0, len(words) - STEP, STEP)
    # Every run of half a part's words lies in some part.
    for first in range(len(words) - STEP + 1):
        assert any(begin <= first and first + STEP <= begin + WINDOW for begin in begins)
    parts = [weigh(words[begin : begin + WINDOW], WEIGHTS).probability for begin in begins]
    assert found.probability == max([whole.probability, *parts])
    assert all(0 <= first <= last < len(words) for first, last in found.words)
