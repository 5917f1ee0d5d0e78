"""What `bench.calibrate` measures with, and that what it stored reaches what is asked."""

import json
from pathlib import Path

import numpy as np
import pytest

from bench.calibrate import balanced, calibration_error, calibration_floor, predict, to_model
from bench.calibration_evidence import FEATURES, Floats, Judged
from bench.calibration_sets import Case

ROOT = Path(__file__).resolve().parents[1]
CASE = Case("whole", "message", True, "what helps a crampp", "1")
MODEL = to_model(np.array([10.0, *[0.0] * (FEATURES - 1)]), -5.0)


def passages(*cosines: float) -> Floats:
    rows = np.zeros((len(cosines), FEATURES))
    rows[:, 0] = cosines
    return rows


@pytest.mark.parametrize(
    ("typed", "mended", "cosine"),
    [
        ((0.6, 0.7), (0.9,), 0.7),  # an answer as typed is kept
        ((0.3, 0.2), (0.4, 0.8), 0.8),  # without one, what is meant may have one
        ((0.3,), (0.4,), 0.3),  # neither has
        ((0.3,), (), 0.3),
    ],
)
def test_a_question_is_mended_only_where_it_then_has_an_answer(
    typed: tuple[float, ...], mended: tuple[float, ...], cosine: float
) -> None:
    judged = Judged(CASE, passages(*typed), passages(*mended))
    assert predict(MODEL, [judged])[0] == pytest.approx(1 / (1 + np.exp(5 - 10 * cosine)))


def test_a_question_that_finds_nothing_is_not_answered() -> None:
    assert predict(MODEL, [Judged(CASE, passages(), passages())]).tolist() == [0.0]


def test_both_sides_weigh_the_same_in_the_error() -> None:
    labels = np.array([True, False, False, False])
    assert balanced(labels).tolist() == pytest.approx([0.5, 1 / 6, 1 / 6, 1 / 6])
    p = np.array([0.95, 0.05, 0.05, 0.35])
    assert calibration_error(p, labels) == pytest.approx(0.5 * 0.05 + 0.1 / 6 + 0.35 / 6)


def test_the_floor_is_the_noise_of_a_small_sample() -> None:
    draw = np.random.default_rng(1)
    p = draw.beta(0.5, 0.5, 4000)
    labels = draw.random(4000) < p
    many, few = calibration_floor(p, labels), calibration_floor(p[:100], labels[:100])
    assert 0 < many < 0.025 < few < 0.15
    assert calibration_error(p, labels) < 0.03
    bent = p**3
    assert calibration_error(bent, labels) > 3 * calibration_floor(bent, labels)


@pytest.mark.parametrize(
    ("view", "auroc", "ece"),
    [
        ("real wording / absent", 0.95, 0.05),
        ("consumer / absent", 0.95, 0.05),
        ("summary / absent", 0.95, 0.05),
        ("real wording / ood", 0.995, 1.0),
    ],
)
def test_the_stored_figures_on_all_of_medquad_reach_what_is_asked(
    view: str, auroc: float, ece: float
) -> None:
    stored = json.loads((ROOT / "service/evidence/confidence_weights.json").read_text("utf-8"))
    [found] = [
        one for one in stored["cross_validated"] if (one["index"], one["view"]) == ("whole", view)
    ]
    assert found["auroc"][0] >= auroc
    assert found["ece"][0] <= ece
