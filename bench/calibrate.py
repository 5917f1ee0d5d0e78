"""Fit and judge the probability that a passage answers: `python -m bench.calibrate [--work DIR]`.

Builds the indexes of `bench.calibration_evidence` and `bench.calibration_parts` under DIR (default
`var/calibrate`; MedQuAD takes a while, once), fits `service.evidence.confidence.Model`, and prints
how it does

- in cross-validation, where no question, nor another wording of it, is judged by a model that
  has seen it, and
- on an index of a kind that the model has not seen at all, and
- on a file of our own questions that the model has not seen: what a new batch meets.

`--write` stores coefficients, data hashes and figures in
`service/evidence/confidence_weights.json` and draws `docs/silence.svg`.
"""

import argparse
import dataclasses
import hashlib
import json
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from bench.calibration_evidence import FEATURES, Floats, Judged, judge, open_indexes
from bench.calibration_parts import SIZES, judge_parts
from bench.calibration_sets import (
    BESIDE,
    LAY,
    REAL,
    SMALL,
    Medquad,
    cases,
    questions_of,
)
from bench.evaluation_data import EVAL, ROOT
from bench.risk_coverage import draw
from bench.vector_cache import remembering
from service.evidence.confidence import Model

WEIGHTS = ROOT / "service" / "evidence" / "confidence_weights.json"
FOLDS = 5
BINS = 10
DRAWS = 100
SETTINGS = {"regularisation_c": 10.0, "rounds": 6}

MASS = {
    ("medquad", "consumer", True): 70, ("medquad", "summary", True): 45,
    ("medquad", "message", True): 35, ("medquad", "template", True): 30,
    ("medquad", "absent", False): 70, ("medquad", "template", False): 20,
    ("medquad", "summary", False): 10, ("medquad", "message", False): 10,
    ("medquad", "masked", False): 28, ("medquad", "ood", False): 25,
    ("fewer", "consumer", True): 35, ("fewer", "summary", True): 20,
    ("fewer", "message", True): 20, ("fewer", "absent", False): 45, ("fewer", "ood", False): 20,
    ("mediqa", "consumer", True): 50, ("mediqa", "absent", False): 35, ("mediqa", "ood", False): 15,
    ("seeds", "small", True): 60, ("seeds", "small", False): 60, ("seeds", "ood", False): 10,
    ("seeds", "beside", True): 40, ("seeds", "beside", False): 40,
    ("seeds", "fresh", True): 30, ("seeds", "fresh", False): 30,
    ("seeds", "lay", True): 70, ("seeds", "lay", False): 70,
    ("whole", "consumer", True): 90, ("whole", "summary", True): 60, ("whole", "message", True): 60,
    ("whole", "absent", False): 110, ("whole", "masked", False): 50, ("whole", "ood", False): 40,
    ("sample", "small", True): 40, ("sample", "small", False): 40, ("sample", "ood", False): 10,
    ("sample", "lay", True): 70, ("sample", "lay", False): 60,
    **{(f"of {size}", kind, known): 6 for size in SIZES for kind in REAL
       for known in (True, False)},
}  # fmt: skip
"""What each set weighs in the fit, however many questions it has: real wording counts for more than
templates, and both answers weigh the same on each index within a sixth. What is not here ("held")
is not fitted on. Of masked, the more it weighs the less is believed of any long message:
docs/records/silence.md has the sweep."""


def to_model(coefficients: Floats, intercept: float) -> Model:
    """Return the model of these coefficients, in the order of `rows_of`."""
    names = [field.name for field in dataclasses.fields(Model)][1:]
    return Model(intercept, **dict(zip(names, map(float, coefficients), strict=True)))


def of_model(model: Model) -> tuple[Floats, float]:
    """Return the coefficients and the intercept of `model`."""
    intercept, *coefficients = dataclasses.astuple(model)
    return np.array(coefficients), intercept


def fit(judged: Sequence[Judged]) -> Model:
    """Fit a logistic regression in which a question is its best passage.

    Which passage is best, and whether the question is read as typed or mended, depends on the
    model: the two are found in turn, from the best cosine on.
    """
    known = [
        one
        for one in judged
        if len(one.features) and (one.case.index, one.case.kind, one.case.answerable) in MASS
    ]
    kinds = [(one.case.index, one.case.kind, one.case.answerable) for one in known]
    sizes = Counter(kinds)
    weights = np.array([MASS[kind] / sizes[kind] for kind in kinds])
    labels = np.array([one.case.answerable for one in known])
    chosen = [one.features[int(np.argmax(one.features[:, 0]))] for one in known]
    coefficients, intercept = np.zeros(FEATURES), 0.0
    for _ in range(int(SETTINGS["rounds"])):
        matrix = np.stack(chosen)
        spread = matrix.std(axis=0) + 1e-9
        regression = LogisticRegression(C=SETTINGS["regularisation_c"], max_iter=2000)
        regression.fit(matrix / spread, labels, sample_weight=weights)
        coefficients = regression.coef_[0] / spread
        intercept = float(regression.intercept_[0])
        before = chosen
        chosen = [weighed(one, coefficients, intercept) for one in known]
        if np.array_equal(chosen, before):
            break
    return to_model(coefficients, intercept)


def weighed(one: Judged, coefficients: Floats, intercept: float) -> Floats:
    """Return the features `(FEATURES,)` of the passage that the service would go by.

    A question is mended only when it has no answer as typed, and only where it then has one.
    """
    best: list[tuple[float, Floats]] = []
    for features in (one.features, one.mended):
        if len(features):
            scores = features @ coefficients + intercept
            best.append((float(scores.max()), features[int(scores.argmax())]))
    answering = [features for score, features in best if score >= 0]
    return answering[0] if answering else best[0][1]


def predict(model: Model, judged: Sequence[Judged]) -> Floats:
    """Return the probability of each question's best passage; 0 where none was found."""
    coefficients, intercept = of_model(model)
    scores = np.array(
        [
            weighed(one, coefficients, intercept) @ coefficients + intercept
            if len(one.features)
            else -np.inf
            for one in judged
        ]
    )
    p: Floats = 1 / (1 + np.exp(-scores))
    return p


def balanced(labels: NDArray[np.bool_]) -> Floats:
    """Return weights under which half of the questions have an answer."""
    sides = 0.5 / max(1, labels.sum()), 0.5 / max(1, (~labels).sum())
    weights: Floats = np.where(labels, *sides)
    return weights


def calibration_error(p: Floats, labels: NDArray[np.bool_]) -> float:
    """Return the expected calibration error over ten equal bins, both labels weighing the same."""
    weights = balanced(labels)
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    return float(np.abs(np.bincount(bins, weights * (p - labels), BINS)).sum())


def calibration_floor(p: Floats, labels: NDArray[np.bool_]) -> float:
    """Return the mean error of a perfect model with such probabilities, on as many questions.

    The probabilities are shifted until they have the mean that they claim, one half; each side is
    then drawn from them by what they claim. What is left is the noise of so small a sample.
    """
    logits = np.log(np.clip(p, 1e-6, 1 - 1e-6)) - np.log(np.clip(1 - p, 1e-6, 1))
    weights = balanced(labels)
    low, high = -8.0, 8.0
    for _ in range(40):
        middle = (low + high) / 2
        under = float((weights / (1 + np.exp(-logits - middle))).sum()) < 0.5
        low, high = (middle, high) if under else (low, middle)
    shifted = 1 / (1 + np.exp(-logits - high))
    draw = np.random.default_rng(20261122)
    sides = [weights * shifted, weights * (1 - shifted)]
    sizes = (int(labels.sum()), int((~labels).sum()))
    truth = np.repeat([True, False], sizes)
    errors = []
    for _ in range(DRAWS):
        drawn = [
            draw.choice(shifted, size, p=side / side.sum())
            for side, size in zip(sides, sizes, strict=True)
        ]
        errors.append(calibration_error(np.concatenate(drawn), truth))
    return float(np.mean(errors))


def interval(
    measure: Callable[[Floats, NDArray[np.bool_]], float], p: Floats, labels: NDArray[np.bool_]
) -> tuple[float, float, float]:
    """Return the measure and its 95% interval, by drawing each side's questions anew."""
    draw = np.random.default_rng(20261122)
    sides = (np.flatnonzero(labels), np.flatnonzero(~labels))
    drawn = []
    for _ in range(DRAWS):
        rows = np.concatenate([draw.choice(side, len(side)) for side in sides])
        drawn.append(measure(p[rows], labels[rows]))
    low, high = np.percentile(drawn, (2.5, 97.5))
    return measure(p, labels), float(low), float(high)


OUR_OWN = ("seeds", "sample")
"""The indexes that our own questions are put to."""
ON_SEEDS = ("small", "beside", "held", "fresh", "lay")
VIEWS: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("real wording / absent", "medquad", REAL, ("absent",)),
    ("consumer / absent", "medquad", ("consumer",), ("absent",)),
    ("summary / absent", "medquad", ("summary",), ("absent",)),
    ("message / absent", "medquad", ("message",), ("absent",)),
    ("real wording / ood", "medquad", REAL, ("ood",)),
    ("real wording / masked", "medquad", REAL, ("masked", "summary", "message")),
    ("template / template", "medquad", ("template",), ("template",)),
    ("real wording / absent", "fewer", REAL, ("absent",)),
    ("consumer / absent", "mediqa", ("consumer",), ("absent",)),
    ("consumer / ood", "mediqa", ("consumer",), ("ood",)),
    ("real wording / absent", "whole", REAL, ("absent",)),
    ("consumer / absent", "whole", ("consumer",), ("absent",)),
    ("summary / absent", "whole", ("summary",), ("absent",)),
    ("message / absent", "whole", ("message",), ("absent",)),
    ("real wording / ood", "whole", REAL, ("ood",)),
    ("real wording / masked", "whole", REAL, ("masked", "summary", "message")),
    *(("real wording / others", f"of {size}", REAL, REAL) for size in SIZES),
    ("small / small", "seeds", ("small",), ("small",)),
    ("beside / beside", "seeds", ("beside",), ("beside",)),
    ("held / held", "seeds", ("held",), ("held",)),
    ("fresh / fresh", "seeds", ("fresh",), ("fresh",)),
    ("lay / lay", "seeds", ("lay",), ("lay",)),
    ("all / all", "seeds", ON_SEEDS, ON_SEEDS),
    ("small / small", "sample", ("small",), ("small",)),
    ("lay / lay", "sample", ("lay",), ("lay",)),
)  # fmt: skip


def report(p: Floats, judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """Print and return, for each view, AUROC and calibration error with intervals, and errors at
    one half."""
    lines = []
    for name, index, positive, negative in VIEWS:
        rows = [
            row
            for row, one in enumerate(judged)
            if one.case.index == index
            and one.case.kind in (positive if one.case.answerable else negative)
        ]
        labels = np.array([judged[row].case.answerable for row in rows], bool)
        if not labels.any() or labels.all():
            continue
        auroc = interval(lambda p, y: float(roc_auc_score(y, p)), p[rows], labels)
        error = interval(calibration_error, p[rows], labels)
        floor = calibration_floor(p[rows], labels)
        silenced = int((p[rows][labels] < 0.5).sum())
        spoken = int((p[rows][~labels] >= 0.5).sum())
        print(
            f"{index:8} {name:22} AUROC {auroc[0]:.3f} [{auroc[1]:.3f}, {auroc[2]:.3f}]  "
            f"ECE {error[0]:.3f} [{error[1]:.3f}, {error[2]:.3f}] floor {floor:.3f}  "
            f"silenced {silenced} of "
            f"{labels.sum()}, answered {spoken} of {(~labels).sum()}"
        )
        lines.append(
            {"index": index, "view": name, "auroc": _rounded(auroc), "ece": _rounded(error),
             "ece_floor": round(floor, 4),
             "silenced": [silenced, int(labels.sum())], "answered": [spoken, int((~labels).sum())]}
        )  # fmt: skip
    return lines


THRESHOLDS = (0.3, 0.5, 0.7)
POINTS: tuple[tuple[str, tuple[str, ...], bool], ...] = (
    ("whole", REAL, True),
    ("whole", ("absent",), False),
    ("whole", ("masked", "summary", "message"), False),
    ("seeds", ON_SEEDS, True),
    ("seeds", ON_SEEDS, False),
    ("sample", ("small", "lay"), True),
    ("sample", ("small", "lay"), False),
)
"""Whose questions are counted at each threshold: index, kinds, answerable."""


def operating_points(p: Floats, judged: Sequence[Judged]) -> None:
    """Print how many questions of each of `POINTS` are answered at each threshold."""
    for index, kinds, answerable in POINTS:
        of_kind = [
            one.case.index == index and one.case.kind in kinds and one.case.answerable == answerable
            for one in judged
        ]
        some = p[np.array(of_kind)]
        answered = ", ".join(str((some >= threshold).sum()) for threshold in THRESHOLDS)
        side = "answerable" if answerable else "not"
        print(f"{index:8} {'+'.join(kinds)} ({side}): {answered} of {len(some)}")


def _rounded(values: tuple[float, ...]) -> list[float]:
    return [round(value, 4) for value in values]


def cross_validated(judged: Sequence[Judged]) -> Floats:
    """Return each question's probability by a model that has seen none of its group."""
    folds = np.array([zlib.crc32(one.case.group.encode()) % FOLDS for one in judged])
    p = np.zeros(len(judged))
    for fold in range(FOLDS):
        model = fit([one for one, at in zip(judged, folds, strict=True) if at != fold])
        unseen = np.flatnonzero(folds == fold).tolist()
        p[unseen] = predict(model, [judged[row] for row in unseen])
    return p


def other_corpora(judged: Sequence[Judged]) -> Floats:
    """Return each question's probability by a model fitted without its kind of index."""
    p = np.zeros(len(judged))
    parts = (f"of {size}" for size in SIZES)
    for kind in ({"medquad", "fewer", "whole", *parts}, {"mediqa"}, {"seeds", "sample"}):
        model = fit([one for one in judged if one.case.index not in kind])
        unseen = [row for row, one in enumerate(judged) if one.case.index in kind]
        p[unseen] = predict(model, [judged[row] for row in unseen])
    return p


def other_files(judged: Sequence[Judged]) -> None:
    """Print how each file of questions on the two small corpora does by a fit without the file."""
    for path in (*SMALL, BESIDE, *LAY):
        asked = questions_of(path)
        inside = [one.case.index in OUR_OWN and one.case.group in asked for one in judged]
        model = fit([one for one, held in zip(judged, inside, strict=True) if not held])
        for index in OUR_OWN:
            rows = [one for one, held in zip(judged, inside, strict=True) if held]
            rows = [one for one in rows if one.case.index == index]
            labels = np.array([one.case.answerable for one in rows], bool)
            answered = predict(model, rows) >= 0.5
            if rows:
                print(
                    f"{index:6} {path.stem:24} silenced {(~answered[labels]).sum()} of "
                    f"{labels.sum()}, answered {answered[~labels].sum()} of {(~labels).sum()}"
                )


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 when `../shared` is absent."""
    parser = argparse.ArgumentParser(prog="python -m bench.calibrate")
    parser.add_argument("--work", type=Path, default=ROOT / "var" / "calibrate")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    if not EVAL.is_dir():
        print(f"skipped: {EVAL} is absent")
        return 1
    encoder, work = remembering(options.work)
    medquad, whole = Medquad(), Medquad(whole=True)
    searchers = open_indexes(work, medquad, whole, encoder)
    found = cases(medquad, whole)
    judged = judge(found, medquad, searchers, encoder)
    judged += judge_parts(found, whole, work, encoder)
    found = [one.case for one in judged]
    for (index, kind, answerable), count in sorted(
        Counter((one.index, one.kind, one.answerable) for one in found).items()
    ):
        print(f"{index:8} {kind:9} {'answerable' if answerable else 'not':11} {count}")
    model = fit(judged)
    print(f"\n{model}\n\nCross-validated by question:")
    p = cross_validated(judged)
    by_question = report(p, judged)
    print(f"\nAnswered at {THRESHOLDS}:")
    operating_points(p, judged)
    print("\nFitted without this kind of index:")
    by_corpus = report(other_corpora(judged), judged)
    print("\nFitted without this file of questions:")
    other_files(judged)
    if options.write:
        store(model, encoder.record.name, by_question, by_corpus)
        draw(p, found, ROOT / "docs" / "silence.svg")
    return 0


def store(
    model: Model, encoder: str, by_question: list[dict[str, Any]], by_corpus: list[dict[str, Any]]
) -> None:
    """Write the model, what it was fitted on and how it did to `WEIGHTS`."""
    stored = {
        "model": {key: round(value, 4) for key, value in dataclasses.asdict(model).items()},
        "command": "python -m bench.calibrate --write",
        "encoder": encoder,
        "data": _hashes(),
        "cross_validated": by_question,
        "other_corpora": by_corpus,
    }
    WEIGHTS.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")


def _hashes() -> dict[str, str]:
    files = [
        *SMALL,
        BESIDE,
        *LAY,
        *(EVAL / "abstention").glob("*.jsonl"),
        EVAL / "questions" / "long_with_summary.jsonl",
        *(EVAL / "mediqa_qa").rglob("*.*"),
        *(EVAL / "medquad").rglob("*.*"),
    ]
    return {
        path.relative_to(ROOT.parent).as_posix().removeprefix(f"{ROOT.name}/"): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(files)
    }


if __name__ == "__main__":
    sys.exit(main())
