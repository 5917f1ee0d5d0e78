"""The third that raises the notice: a question's vector, beside its words, where a sign stands."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index.batched_encoder import BatchedEncoder
from index.encoder import DeterministicEncoder, OnBatch
from index.errors import EncoderError
from index.records import EncoderRecord
from index.runtimes import open_encoder
from service.emergency.meaning import Net, fitted_net, log_odds
from service.emergency.words import Weighed
from service.safety import find_notice, has_sign

DATA = Path(__file__).parent / "data"
SILENT = "how can i sleep better when my arm is numb in the morning"
"""Neither a rule nor the words raise it, and a sign stands in it."""


def _towards() -> NDArray[np.float32]:
    """Return the unit vector along which the units that speak for an emergency lie on the whole."""
    net = fitted_net()
    towards: NDArray[np.float32] = np.maximum(net.out, 0) @ net.units
    return towards / np.linalg.norm(towards)


class Pointing(DeterministicEncoder):
    """Gives every text the one vector that points as `along` says, and keeps what it was asked."""

    def __init__(self, along: float, fingerprint: str | None = None) -> None:
        super().__init__(dimension=fitted_net().units.shape[1])
        self._vector = (along * _towards()).astype(np.float32)
        self._fingerprint = fingerprint or fitted_net().fingerprint
        self.asked: list[str] = []

    @property
    def record(self) -> EncoderRecord:
        return EncoderRecord("pointing", len(self._vector), 254, self._fingerprint)

    def encode(
        self,
        texts: Sequence[str],
        *,
        on_batch: OnBatch | None = None,  # noqa: ARG002
    ) -> NDArray[np.float32]:
        self.asked += texts
        return np.tile(self._vector, (len(texts), 1))


def test_the_formula_is_the_one_in_the_docstring() -> None:
    units = np.array([[2.0, -1.0], [-1.0, 0.0]], dtype=np.float32)
    shifts, out = (np.array(row, dtype=np.float32) for row in ([0.1, 0.2], [3.0, -5.0]))
    net = Net("any", units, shifts, out, 0.25, 0.5)
    vector = np.array([0.6, 0.8], dtype=np.float32)
    found = log_odds(Weighed(0.2, "emergency", ()), vector, net)
    assert found == pytest.approx(math.log(0.2 / 0.8) + 0.25 + 3 * 0.5, abs=1e-5)
    assert log_odds(Weighed(0.0, "emergency", ()), vector, net) == -math.inf


def test_a_vector_that_points_there_raises_what_words_do_not_and_names_words() -> None:
    assert find_notice(SILENT) is None
    found = find_notice(SILENT, encoder=BatchedEncoder(Pointing(1.0)))
    assert found is not None
    assert found.source.startswith("MedlinePlus, Recognizing medical emergencies, https://")
    assert found.spans
    assert found.matched == " … ".join(SILENT[start:end] for start, end in found.spans)
    assert find_notice(SILENT, encoder=BatchedEncoder(Pointing(-1.0))) is None


def test_another_encoder_is_not_asked() -> None:
    other = Pointing(1.0, fingerprint="another")
    assert find_notice(SILENT, encoder=BatchedEncoder(other)) is None
    assert other.asked == []
    assert find_notice(SILENT, encoder=BatchedEncoder(DeterministicEncoder())) is None


@pytest.mark.parametrize(
    "question",
    [
        "how much water should i drink every day",  # no sign
        "my arm is not numb and there is no swelling either",  # none that is said to be so
        "numb arm",  # fewer words than are weighed
    ],
)
def test_without_a_sign_or_words_its_meaning_is_not_asked(question: str) -> None:
    encoder = Pointing(1.0)
    assert find_notice(question, encoder=BatchedEncoder(encoder)) is None
    assert encoder.asked == []


def test_what_a_rule_raises_is_not_encoded() -> None:
    encoder = Pointing(-1.0)
    found = find_notice("my friend is unconscious", encoder=BatchedEncoder(encoder))
    assert found is not None
    assert found.topic == "unconsciousness"
    assert encoder.asked == []


def test_a_long_question_is_weighed_by_what_the_search_encodes() -> None:
    encoder = Pointing(1.0)
    long = " ".join([SILENT + "."] * 40)
    assert find_notice(long, encoder=BatchedEncoder(encoder)) is not None
    assert len(encoder.asked) == 1
    assert encoder.count_tokens(encoder.asked)[0] <= encoder.record.max_tokens


class _ByCharacter(Pointing):
    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]


def test_nothing_that_the_encoder_takes_says_nothing() -> None:
    encoder = _ByCharacter(1.0)
    unbroken = "my arm is numb and it " + "x" * 4000
    assert has_sign(unbroken)
    assert find_notice(unbroken) is None
    assert find_notice(unbroken, encoder=BatchedEncoder(encoder)) is None
    assert encoder.asked == []


class _Failing(Pointing):
    def encode(
        self,
        texts: Sequence[str],
        *,
        on_batch: OnBatch | None = None,  # noqa: ARG002
    ) -> NDArray[np.float32]:
        raise EncoderError(f"{len(texts)} texts were not encoded")


def test_an_encoder_that_fails_leaves_the_answer_whole() -> None:
    assert find_notice(SILENT, encoder=BatchedEncoder(_Failing(1.0))) is None
    told = find_notice("my friend is unconscious", encoder=BatchedEncoder(_Failing(1.0)))
    assert told is not None


def test_a_vector_of_another_dimension_is_not_weighed() -> None:
    narrow = Pointing(1.0)
    narrow._vector = narrow._vector[:16]
    assert find_notice(SILENT, encoder=BatchedEncoder(narrow)) is None


def test_who_is_no_sign() -> None:
    assert has_sign("my arm is numb")
    assert not has_sign("my son and i are well")


def test_the_stored_net_says_what_it_was_fitted_on() -> None:
    path = Path(__file__).parents[1] / "service" / "emergency" / "meaning.json"
    stored = json.loads(path.read_text("utf-8"))
    assert {"emergency_vignettes.jsonl", "emergency_lookalikes.jsonl"} < stored["data"].keys()
    assert {len(unit) for unit in stored["units"]} == {384}
    assert len(stored["units"]) == len(stored["shifts"]) == len(stored["out"])


@pytest.mark.slow
def test_the_default_encoder_raises_what_the_documentation_says() -> None:
    encoder = BatchedEncoder(open_encoder())
    assert encoder.record.fingerprint == fitted_net().fingerprint
    raised = {}
    for name in ("emergency_vignettes", "emergency_lookalikes"):
        lines = (DATA / f"{name}.jsonl").read_text("utf-8").splitlines()
        held = [row["question"] for row in map(json.loads, lines) if row["side"] == "held"]
        count = sum(find_notice(one, encoder=encoder) is not None for one in held)
        raised[name] = count / len(held)
    assert raised["emergency_vignettes"] >= 0.94
    assert raised["emergency_lookalikes"] <= 0.045


def test_where_words_suffice_the_meaning_may_say_otherwise() -> None:
    question = "grandma is looking straight through me and her arm just slides off the table"
    assert find_notice(question) is not None
    assert find_notice(question, encoder=BatchedEncoder(Pointing(-1.0))) is None
    assert find_notice(question, encoder=BatchedEncoder(_Failing(-1.0))) is not None
    found = find_notice(question, encoder=BatchedEncoder(Pointing(1.0)))
    assert found is not None
    assert found.topic == "words of an emergency"


def test_a_mild_sign_of_a_wish_to_die_makes_it_a_crisis() -> None:
    encoder = BatchedEncoder(Pointing(1.0))
    letters = "i have written letters and put the house in order"
    assert find_notice(letters, by_words=False) is None
    found = find_notice(letters, encoder=encoder)
    assert found is not None
    assert (found.kind, found.topic) == ("crisis", "suicide and self-harm")
    assert "written letters" in found.matched
    other = find_notice(SILENT, encoder=encoder)
    assert other is not None
    assert other.kind == "emergency"
