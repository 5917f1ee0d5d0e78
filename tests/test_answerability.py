"""What would be shown first is read beside the question, and silenced where it does not answer."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from sklearn.metrics import roc_auc_score

from bench.evaluation_data import EVAL
from bench.train_answerability import pairs
from index.adapted_bert import AdaptedBert, Adapter
from index.encoder import DeterministicEncoder
from index.errors import EncoderError
from index.weights import DEFAULT_ENCODER, locate
from service.answers import Answers
from service.evidence.answerability import (
    LEFT,
    QUESTION,
    READ,
    SILENCED,
    STORED,
    SURE,
    Answerability,
    as_read,
    fitted_answerability,
    fitted_beside,
    pieces_of_pair,
    vetoed,
)
from service.schemas import Answer
from service.settings import Settings
from tests.service_fixtures import build, settings_in, write_corpus

DATA = Path(__file__).parents[1] / "bench" / "data" / "answerability.jsonl"
CALVES = """Night leg cramps
Stretching the calves each evening is the measure most often recommended, although studies disagree
about how much it helps. A footboard that keeps the blankets off the feet may prevent cramps too."""


def _read(
    probable: list[float],
    odds: dict[int, float],
    threshold: float = 0.5,
    groups: list[int] | None = None,
) -> tuple[list[float], list[int]]:
    asked = []
    groups = list(range(len(probable))) if groups is None else groups

    def log_odds(place: int) -> float:
        asked.append(place)
        return odds[place]

    return vetoed(np.array(probable), threshold, groups, log_odds).tolist(), asked


def test_where_the_most_probable_bears_it_all_stay_as_they_were() -> None:
    probable = [0.5, 0.8, 0.6, 0.7]
    assert _read(probable, {1: SILENCED}) == (probable, [1])


def test_where_it_does_not_only_those_that_bear_it_stay() -> None:
    found, asked = _read([0.5, 0.8, 0.6, 0.7], {1: SILENCED - 0.1, 3: SILENCED, 2: -9.0})
    assert asked == [1, 3, 2]
    assert len(asked) == READ
    assert found == [LEFT * 0.5, LEFT * 0.8, LEFT * 0.6, 0.7]


def test_where_none_does_none_answers_and_their_order_stays() -> None:
    found, asked = _read([0.7, 0.8, 0.6, 0.75, 0.1], dict.fromkeys(range(5), -9.0))
    assert asked == [1, 3, 0]
    assert found == [LEFT * one for one in [0.7, 0.8, 0.6, 0.75, 0.1]]
    assert max(found) < LEFT


def test_of_near_copies_one_is_read_for_all() -> None:
    probable = [0.9, 0.88, 0.86, 0.8, 0.7, 0.6]
    odds = {0: -9.0, 3: SILENCED, 5: -9.0}
    found, asked = _read(probable, odds, groups=[0, 0, 0, 3, 3, 5])
    assert asked == [0, 3, 5]
    assert found == [*(LEFT * one for one in probable[:3]), 0.8, 0.7, LEFT * 0.6]


def test_only_what_would_be_shown_is_read() -> None:
    assert _read([0.6, 0.4], {0: -9.0})[1] == [0]
    assert _read([0.6, 0.4], {0: -9.0, 1: 2.0}, threshold=0.3) == ([LEFT * 0.6, 0.4], [0, 1])


@pytest.mark.parametrize("probable", [[], [SURE, 0.7], [0.99, 0.97], [0.49, 0.1]])
def test_what_is_sure_and_what_is_not_shown_is_not_read(probable: list[float]) -> None:
    assert _read(probable, {}) == (probable, [])


@given(
    st.lists(st.floats(0.001, 0.999), max_size=8),
    st.lists(st.floats(-9, 9), min_size=8, max_size=8),
)
def test_reading_silences_and_never_lifts(probable: list[float], odds: list[float]) -> None:
    found, asked = _read(probable, dict(enumerate(odds)))
    assert all(one <= before for one, before in zip(found, probable, strict=True))
    bearing = [place for place in asked if odds[place] >= SILENCED]
    sure = max(probable, default=0.0) >= SURE
    spoke = max(probable, default=0.0) >= 0.5
    assert (max(found, default=0.0) >= 0.5) == (spoke and (sure or bool(bearing)))


def test_a_passage_is_read_with_the_headings_that_it_lacks() -> None:
    assert as_read("Cramp", ("Cramp", "At night"), "Stretch.") == "Cramp\nAt night\nStretch."
    assert (
        as_read("Cramp", ("Cramp", "At night"), "At night\n\nRest.") == "Cramp\nAt night\n\nRest."
    )
    assert as_read("", (), "Rest.") == "\nRest."


def test_a_pair_is_its_pieces_and_types() -> None:
    folder = locate(DEFAULT_ENCODER)
    bert = AdaptedBert(folder, Adapter(folder.fingerprint, {}, {}))
    ids, second = pieces_of_pair(bert, "calf cramp", "Stretch the calf.")
    alone, other = bert.pieces("calf cramp"), bert.pieces("Stretch the calf.")
    assert ids.tolist() == [*alone.tolist(), *other.tolist()[1:]]
    assert second == len(alone)
    cut, second = pieces_of_pair(bert, "calf cramp", "Stretch the calf. " * 90)
    assert (len(cut), second) == (bert.window, len(alone))
    states = bert.states(ids, second)
    head = np.arange(2 * 384).astype(np.float32) / np.float32(1000)
    network = Answerability(bert, head, 0.25)
    expected = 0.25 + states[:second].mean(axis=0) @ head[:384]
    expected += states[second:].mean(axis=0) @ head[384:]
    found = network.log_odds("calf cramp", "Stretch the calf.")
    assert found == pytest.approx(float(expected), rel=1e-4)


def test_of_a_long_question_the_sentences_that_ask_are_read() -> None:
    network = fitted_answerability()
    assert network is not None
    told = "We have lived in this street for ten years and the garden is doing well. " * 12
    asked = network.asked(told + "What helps against cramp?")
    assert asked.endswith("What helps against cramp?")
    assert len(network._bert.pieces(asked)) <= QUESTION
    assert network.asked("calf cramp") == "calf cramp"


def test_the_stored_network_tells_what_is_asked_of_a_passage() -> None:
    network = fitted_answerability()
    assert network is not None
    assert network.log_odds("how can I prevent night cramps", CALVES) > 1
    assert network.log_odds("does stretching help against cramp at night", CALVES) > 1
    assert network.log_odds("how many mg of magnesium for cramp at night", CALVES) < -1
    assert network.log_odds("can I drive with night cramps", CALVES) < SILENCED


@pytest.mark.slow
def test_of_passages_held_back_answered_and_other_questions_are_told_apart() -> None:
    if not EVAL.is_dir():
        pytest.skip(f"the evaluation data are not at {EVAL}")
    network = fitted_answerability()
    assert network is not None
    held = pairs("held")[::8]
    odds = np.array([network.log_odds(one.question, one.passage) for one in held])
    answered = np.array([one.answered for one in held])
    assert roc_auc_score(answered, odds) >= 0.96
    assert np.mean(odds[answered] < SILENCED) <= 0.03
    assert np.mean(odds[~answered] < SILENCED) >= 0.5


def test_the_stored_network_says_what_it_was_fitted_on() -> None:
    path = Path(__file__).parents[1] / "service" / "evidence" / STORED
    with safe_open(path, framework="numpy") as stored:
        told = json.loads(stored.metadata()["pincite"])
    assert told["data"][DATA.name] == hashlib.sha256(DATA.read_bytes()).hexdigest()
    assert told["fingerprint"] == locate(DEFAULT_ENCODER).fingerprint


def test_without_the_weights_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise EncoderError(f"{name} is not installed")

    monkeypatch.setattr("index.adapted_bert.locate", missing)
    assert fitted_answerability.__wrapped__() is None


class Fixed(Answerability):
    """Says of every passage the same, and keeps what it was asked of which."""

    def __init__(self, log_odds: float) -> None:
        self._said = log_odds
        self.read: list[tuple[str, str]] = []

    def asked(self, question: str) -> str:
        return question

    def log_odds(self, asked: str, passage: str) -> float:
        self.read.append((asked, passage))
        return self._said


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("answerability")
    found = settings_in(folder, answer_threshold=0.0001)
    write_corpus(found.corpus)
    build(found)
    return found


OWN = DeterministicEncoder().record.fingerprint


def _asked(
    settings: Settings,
    network: Answerability | None,
    patch: pytest.MonkeyPatch,
    beside: str = OWN,
) -> Answer:
    patch.setattr("service.reading.fitted_answerability", lambda: network)
    patch.setattr("service.reading.fitted_beside", lambda: beside)
    return Answers(settings, DeterministicEncoder()).ask("does stretching help at night", 20)


def test_what_bears_being_read_is_shown_as_it_was(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    unread = _asked(settings, None, monkeypatch)
    network = Fixed(SILENCED)
    read = _asked(settings, network, monkeypatch)
    assert unread.status == read.status == "answered"
    assert read.passages == unread.passages
    ((asked, passage),) = network.read
    best = max(unread.passages, key=lambda one: one.probability or 0)
    assert asked == "does stretching help at night"
    assert passage.endswith(best.text)
    assert passage.startswith(best.article.title)


def test_what_does_not_is_silenced_and_the_nearest_topics_are_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    unread = _asked(settings, None, monkeypatch)
    best = max(one.probability or 0 for one in unread.passages)
    higher = settings.model_copy(update={"answer_threshold": best * 0.9})
    network = Fixed(SILENCED - 1)
    read = _asked(higher, network, monkeypatch)
    assert 1 <= len(network.read) <= READ
    assert read.status == "not_answered"
    assert read.passages == ()
    assert read.nearest_topics
    assert read.disclaimer


@pytest.mark.parametrize(("fingerprint", "largest"), [("another", 400), (OWN, 0)])
def test_with_another_encoder_or_in_a_large_corpus_nothing_is_read(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, fingerprint: str, largest: int
) -> None:
    monkeypatch.setattr("service.reading.LARGEST", largest)
    network = Fixed(-9.0)
    assert _asked(settings, network, monkeypatch, fingerprint).status == "answered"
    assert network.read == []


def test_for_another_encoder_no_network_is_loaded(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[bool] = []
    monkeypatch.setattr("service.reading.fitted_answerability", lambda: loaded.append(True))
    Answers(settings, DeterministicEncoder()).ask("does stretching help at night", 20)
    assert loaded == []
    assert fitted_beside() == locate(DEFAULT_ENCODER).fingerprint
