"""The probability that a passage answers: its bounds, what it must grow with, and two gates."""

import dataclasses
import json
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.analysis import terms
from index.lexical import LexicalIndex
from index.records import Hit, Passage
from index.runtimes import open_encoder
from ingest.pipeline import update_index
from service.answers import Answers
from service.evidence.confidence import (
    DOUBTS,
    FEWEST,
    MATTERS,
    MOST,
    TITLE_FLOOR,
    Asked,
    Evidence,
    Weighing,
    doubts,
    fitted,
    held,
    least_to_lift,
    matters,
    probability,
    rise_share,
    size_of,
    weigh,
)
from service.settings import load_settings

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
QUESTIONS = ROOT / "bench" / "data" / "small_corpus_questions.jsonl"

TEXTS = (
    "Stretching the calf eases a cramp at night.",
    "Magnesium tablets did not help cramps in trials.",
    "A cramp of the foot can follow a long walk.",
    "Drink water before a long walk in the heat.",
)
LEXICAL = LexicalIndex.build(TEXTS)
WORDS = st.lists(
    st.sampled_from([*" ".join(TEXTS).lower().replace(".", "").split(), "zoster", "help", "¿"])
).map(" ".join)
shares = st.floats(0, 1)
evidences = st.builds(
    Evidence,
    cosine=st.floats(-1, 1),
    coverage=shares,
    missing=shares,
    title=shares,
    length=shares,
    size=st.integers(0, 10**7).map(size_of),
    rise=shares,
)


def hit(row: int, section: tuple[str, ...] = (), cosine: float = 0.5) -> Hit:
    passage = Passage("a", 0, len(TEXTS[row]), section, TEXTS[row])
    return Hit(row, passage, score=0.5, dense=cosine, lexical=1.0)


def evidence(
    question: Asked,
    found: Hit,
    title: str = "",
    without: dict[str, float] | None = None,
    mattering: dict[str, float] | None = None,
) -> Evidence:
    """What speaks for one hit that stands in LEXICAL, in plain numbers."""
    cosines = {term: np.array([cosine], np.float32) for term, cosine in (without or {}).items()}
    each = Weighing(question, [found], [title], LEXICAL).evidence(cosines, mattering)
    arrays = {f: getattr(each, f) for f in ("cosine", "coverage", "missing", "title", "rise")}
    return dataclasses.replace(each, **{f: array.item() for f, array in arrays.items()})


@given(evidences)
def test_it_is_a_probability_and_the_same_each_time(found: Evidence) -> None:
    p = probability(found)
    assert 0 < p < 1
    assert probability(dataclasses.replace(found)) == p


@given(evidences, st.sampled_from(["cosine", "coverage", "title"]), shares)
def test_more_evidence_never_lowers_it(found: Evidence, name: str, more: float) -> None:
    raised = min(1.0, getattr(found, name) + more)
    assert probability(dataclasses.replace(found, **{name: raised})) >= probability(found)


@given(evidences, shares)
def test_a_rarer_missing_word_never_raises_it(found: Evidence, more: float) -> None:
    raised = dataclasses.replace(found, missing=min(1.0, found.missing + more))
    assert probability(raised) <= probability(found)


@given(evidences, shares)
def test_to_be_nearer_without_a_word_it_lacks_never_raises_it(found: Evidence, more: float) -> None:
    raised = dataclasses.replace(found, rise=min(1.0, found.rise + more))
    assert probability(raised) <= probability(found)


@given(evidences, st.floats(1e-9, 1 - 1e-9))
def test_below_the_least_nothing_that_is_missed_makes_an_answer(
    found: Evidence, threshold: float
) -> None:
    hopeful = probability(dataclasses.replace(found, missing=0.0))
    if hopeful >= threshold * (1 + 1e-6):
        assert probability(found) >= least_to_lift(threshold) * (1 - 1e-6)


@given(evidences)
def test_a_larger_corpus_asks_for_more(found: Evidence) -> None:
    sizes = [size_of(n) for n in (1, FEWEST, 1000, MOST, 10 * MOST)]
    assert sizes[0] == sizes[1]
    assert sizes[3] == sizes[4] == pytest.approx(2)
    plain = dataclasses.replace(found, title=0.0, rise=0.0)
    ps = [probability(dataclasses.replace(plain, size=size)) for size in sizes]
    assert ps == sorted(ps, reverse=True)


@given(WORDS, st.integers(0, 3), WORDS, WORDS)
def test_evidence_keeps_its_ranges(question: str, row: int, title: str, heading: str) -> None:
    weighed = weigh(question, LEXICAL)
    found = evidence(weighed, hit(row, (heading,)), title)
    for value in (found.coverage, found.missing, found.title, found.length):
        assert 0 <= value <= 1
    assert all(0 <= weight <= 1 for weight in weighed.weights.values())
    assert found.cosine == 0.5


def test_what_is_covered_missing_and_named() -> None:
    weighed = weigh("zoster cramp", LEXICAL)
    # "cramp" is in 3 of 4 passages, "zoster" in none: idf ln(1 + 1.5/3.5) and ln(1 + 4.5/0.5).
    assert weighed.weights == pytest.approx({"zoster": 1.0, "cramp": 0.154902}, abs=1e-6)
    found = evidence(weighed, hit(0), "Cramps")
    assert found.coverage == pytest.approx(0.154902 / 1.154902, abs=1e-6)
    assert found.missing == 1.0
    # Its title's only word is common: to name it counts as far as it is rare.
    assert found.title == pytest.approx(0.154902 / TITLE_FLOOR, abs=1e-6)
    headed = evidence(weighed, hit(3, ("Zoster",)), "Walking")
    assert headed.coverage == pytest.approx(1 / 1.154902, abs=1e-6)
    assert headed.missing == pytest.approx(0.154902, abs=1e-6)
    assert headed.title == 0.0


def test_words_are_left_out_in_turn_the_rarest_first() -> None:
    query = "Do magnesium tablets help cramps, or a zoster?"
    found = doubts(weigh(query, LEXICAL), query)
    assert list(found) == ["zoster", "magnesium", "tablet", "cramp"]
    assert found["magnesium"] == "Do tablets help cramps, or a zoster?"
    assert found["cramp"] == "Do magnesium tablets help , or a zoster?"
    assert "help" not in found
    assert doubts(weigh("zoster", LEXICAL), "zoster") == {}
    many = " ".join(f"rare{n}" for n in range(20))
    assert len(doubts(weigh(many, LEXICAL), many)) == DOUBTS


def test_the_rise_is_of_a_word_that_the_passage_lacks() -> None:
    weighed = weigh("zoster cramp", LEXICAL)
    nearer = {"zoster": 0.62, "cramp": 0.9}
    assert evidence(weighed, hit(0), "", nearer).rise == pytest.approx(0.12)
    headed = evidence(weighed, hit(0, ("Zoster",)), "", nearer)
    assert headed.rise == 0
    farther = evidence(weighed, hit(0), "", {"zoster": 0.4})
    assert farther.rise == 0
    assert [rise_share(size_of(n)) for n in (FEWEST, MOST)] == [1, 0]


def test_a_missing_word_counts_as_far_as_it_matters() -> None:
    weighed = weigh("zoster cramp alright", LEXICAL)
    assert [matters(1 - share * MATTERS) for share in (-1, 0, 0.25, 1, 3)] == pytest.approx(
        [0, 0, 0.25, 1, 1]
    )

    def missing(mattering: dict[str, float] | None) -> float:
        return float(evidence(weighed, hit(0), "", None, mattering).missing)

    assert missing(None) == missing({}) == missing({"cramp": 0.0, "zoster": 0.0}) == 1.0
    assert missing({"zoster": 0.25, "alright": 0.5}) == 0.5
    assert missing({"zoster": 0.0, "alright": 0.0}) == 0.0


def test_a_missing_word_that_does_not_matter_takes_nothing_from_what_is_covered() -> None:
    weighed = weigh("zoster cramp", LEXICAL)

    def coverage(share: float) -> float:
        return float(evidence(weighed, hit(0), "", None, {"zoster": share, "cramp": 0.5}).coverage)

    # The passage has "cramp": what that matters is all the same.
    assert coverage(1.0) == pytest.approx(0.154902 / 1.154902, abs=1e-6)
    assert coverage(0.25) == pytest.approx(0.154902 / 0.404902, abs=1e-6)
    assert coverage(0.0) == 1.0


def test_who_misprints_a_word_has_the_word() -> None:
    lexical = LexicalIndex.build(("Eat banannas.", "Walk more.", "Eat less salt."))
    weighed = weigh("are bananas any good", lexical)
    found = dict(zip(weighed.weights, held(weighed, np.array([0, 1]), lexical), strict=True))
    assert found["banana"].tolist() == [True, False]


def test_a_contraction_counts_a_quarter_with_or_without_its_apostrophe() -> None:
    assert weigh("don't", LEXICAL).weights == weigh("dont", LEXICAL).weights == {"dont": 0.25}


def test_what_rows_hold_is_what_their_texts_hold() -> None:
    weighed = weigh("a long walk with cramps, zoster, in the heat", LEXICAL)
    rows = np.array([3, 0, 2], np.int64)
    found = held(weighed, rows, LEXICAL)
    for place, row in enumerate(rows.tolist()):
        inside = {
            term for term, there in zip(weighed.weights, found[:, place], strict=True) if there
        }
        assert inside == set(terms(TEXTS[row])) & weighed.weights.keys()


def test_another_name_of_the_thing_is_the_thing() -> None:
    texts = ("Hypertension harms the heart.", "Walk more.", "Eat less salt.")
    lexical = LexicalIndex.build(texts)
    weighed = weigh("what harm does high blood pressure do", lexical)
    found = dict(zip(weighed.weights, held(weighed, np.array([0, 1]), lexical), strict=True))
    assert [found[term].tolist() for term in ("high", "blood", "pressur")] == [[True, False]] * 3


def test_a_word_that_says_how_is_asked_counts_a_quarter() -> None:
    weights = weigh("recommend quinine", LEXICAL).weights
    assert list(weights.values()) == [pytest.approx(0.25), pytest.approx(1.0)]


def test_a_question_of_no_terms_has_no_evidence_but_its_vector() -> None:
    found = evidence(weigh("what is it?", LEXICAL), hit(0))
    assert (found.coverage, found.missing, found.title, found.length) == (0, 0, 0, 0)


def test_of_nothing_found_there_is_no_evidence() -> None:
    weighing = Weighing(weigh("zoster cramp", LEXICAL), [], [], LEXICAL)
    assert weighing.held.shape == (2, 0)
    assert probability(weighing.evidence()).shape == (0,)


def test_length_counts_from_a_usual_question_to_ten_times_that() -> None:
    lengths = [weigh(" ".join(f"x{n}" for n in range(n)), LEXICAL).length for n in (6, 60, 90)]
    assert lengths == [0, pytest.approx(1), 1]


def test_the_stored_model_is_monotone_and_names_its_data() -> None:
    model = fitted()
    assert min(model.cosine, model.coverage, -model.missing, model.length, -model.size) >= 0
    assert model.rise <= 0
    assert min(model.title + model.title_size * size_of(n) for n in (FEWEST, MOST)) >= 0
    stored = json.loads((ROOT / "service/evidence/confidence_weights.json").read_text("utf-8"))
    name = "bench/data/small_corpus_questions.jsonl"
    assert stored["data"][name] == sha256(QUESTIONS.read_bytes()).hexdigest()


@pytest.fixture(scope="module", params=["seeds", "sample"])
def asked(request: pytest.FixtureRequest) -> Iterator[list[tuple[str, bool, bool]]]:
    """(question, answerable, answered) over one small corpus, with the real encoder."""
    corpus = SHARED / "seeds" if request.param == "seeds" else ROOT / "corpus"
    if not corpus.is_dir():
        pytest.skip(f"{corpus} is absent: the seeds are not part of the repository")
    lines = [json.loads(line) for line in QUESTIONS.read_text("utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(corpus=corpus, index=Path(folder))
        encoder = open_encoder()
        update_index(corpus, settings.index, encoder)
        answers = Answers(settings, encoder)
        yield [
            (q["question"], q["answerable"], answers.ask(q["question"], 3).status == "answered")
            for q in lines
            if q["corpus"] == request.param
        ]


@pytest.mark.slow
def test_small_corpora_stay_silent_when_they_should(asked: list[tuple[str, bool, bool]]) -> None:
    """The target on other questions: 38 of 40 silent, 38 of 40 answered (these were fitted on)."""
    spoken = [q for q, answerable, answered in asked if answered and not answerable]
    silenced = [q for q, answerable, answered in asked if answerable and not answered]
    assert len(spoken) <= 2, spoken
    assert len(silenced) <= 2, silenced


@pytest.mark.slow
def test_who_lowers_the_threshold_gets_questions_no_less_corrected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = open_encoder()
    update_index(ROOT / "corpus", tmp_path, encoder)

    def corrected(question: str, threshold: float) -> str | None:
        settings = load_settings(corpus=ROOT / "corpus", index=tmp_path, answer_threshold=threshold)
        return Answers(settings, encoder).ask(question, 1).did_you_mean

    for threshold in (1e-9, 0.5):
        assert corrected("quinnine for crampz", threshold) == "quinine for cramps"
        assert corrected("how do I renew my pasport", threshold) is None
    assert corrected("quinnine for crampz", 0.9999) is None
    # Where only the corrected question has an answer, it need not be more probable than usual.
    monkeypatch.setattr("service.answers.PROBABLE", 1.0)
    assert corrected("quinnine for crampz", 0.5) == "quinine for cramps"
