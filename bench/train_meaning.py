"""Fit the direction of an emergency among vectors: `python -m bench.train_meaning [--write]`.

After `python -m bench.train_emergency --write`, whose weights it stands beside. Positive: our own
vignettes, side `tune`, of every batch: what calm words stand beside an emergency moves its vector
little. Negative: our own look-alikes, side `tune`, and the real questions of ../shared/eval that no
rule raises.

Prints, at several thresholds, what is raised that neither a rule nor the words raise: two-fold over
the real questions, each judged by words and a direction fitted on the other half; and of the
vignettes and look-alikes that are held back. With `--by-batch`, as well what words, and words and
meaning, raise of each batch by words and a direction fitted on the other batches (no rule at all).
"""

import argparse
import hashlib
import json
import random
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bench.evaluation_data import EVAL, ROOT
from bench.false_alarms import REAL, questions
from bench.train_emergency import (
    CONTRIVED,
    DATA,
    THRESHOLD,
    WRITTEN,
    kinds_of,
    train,
    written,
)
from index.encoder import Encoder, fits
from index.focus import condensed
from index.runtimes import open_encoder
from service.emergency.meaning import Direction, log_odds
from service.emergency.words import Weights, fitted, weigh
from service.safety import find_notice, has_sign, read_words

STORED = ROOT / "service" / "emergency" / "meaning.json"
INVERSE_REGULARISATION = 0.01
"""Over components that are of order 1, times the square root of the dimension. By leaving batches
out, of the 74 plain vignettes that the rules of their day and the words missed, 46, 44 and 36 were
raised with 0.003, 0.01 and 0.03 at 6 further false alarms, and 10, 7 and 6 look-alikes."""
LOOKALIKE_WEIGHT = 4.0
"""Of a look-alike, a real question's being 1: of the same 74 (and look-alikes) 47 (21), 44 (7) and
31 (5) with 1, 4 and 10."""
LEAST_LOG_ODDS = 0.5
"""With the words' log odds. The sweep is in docs/emergency-notice.md."""


class Vectors:
    """The vectors of questions, as the service would have them, by question."""

    def __init__(self, encoder: Encoder, asked: Iterable[str]) -> None:
        distinct = sorted(set(asked))
        texts = [condensed(one, lambda text: fits(encoder, text)) for one in distinct]
        self._rows = dict(zip(distinct, encoder.encode(texts), strict=True))
        self.fingerprint = encoder.record.fingerprint

    def of(self, asked: Sequence[str]) -> NDArray[np.float32]:
        """Return their vectors, shape `(n, d)`."""
        return np.array([self._rows[one] for one in asked])


def train_direction(
    vignettes: Sequence[str], lookalikes: Sequence[str], real: Sequence[str], vectors: Vectors
) -> Direction:
    """Return the direction from look-alikes and real questions to vignettes."""
    rows = vectors.of([*vignettes, *lookalikes, *real]).astype(np.float64)
    scale = np.sqrt(rows.shape[1])
    labels = [1] * len(vignettes) + [0] * (len(lookalikes) + len(real))
    weights = [1.0] * len(vignettes) + [LOOKALIKE_WEIGHT] * len(lookalikes) + [1.0] * len(real)
    regression = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=400, tol=1e-3)
    regression.fit(rows * scale, labels, sample_weight=weights)
    return Direction(
        vectors.fingerprint,
        (regression.coef_[0] * scale).round(3),
        round(float(regression.intercept_[0]), 3),
        LEAST_LOG_ODDS,
    )


def odds(
    asked: Sequence[str], weights: Weights, direction: Direction, vectors: Vectors
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return whether the words alone raise each, and the log odds; -inf where no sign stands."""
    weighed = [weigh(read_words(one), weights) for one in asked]
    found = [
        log_odds(each, vector, direction) if has_sign(one) else -np.inf
        for one, each, vector in zip(asked, weighed, vectors.of(asked), strict=True)
    ]
    return np.array([each.probability >= THRESHOLD for each in weighed]), np.array(found)


def _fit(
    tuned: Sequence[Sequence[dict[str, Any]]], real: Sequence[str], vectors: Vectors
) -> tuple[Weights, Direction]:
    vignettes, lookalikes = tuned
    plain = [row for row in vignettes if row["batch"] not in CONTRIVED]
    calm = [row["question"] for row in lookalikes]
    ours = [row["question"] for row in plain] + calm
    weights = train(ours, kinds_of(plain) + ["neither"] * len(calm), real)
    told = [row["question"] for row in vignettes]
    return weights, train_direction(told, calm, real, vectors)


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 when `../shared` is absent."""
    parser = argparse.ArgumentParser(prog="python -m bench.train_meaning")
    parser.add_argument("--write", action="store_true", help="store the direction")
    parser.add_argument("--by-batch", action="store_true", help="leave each batch out in turn")
    options = parser.parse_args(arguments)
    if not EVAL.is_dir():
        print(f"skipped: {EVAL} is absent")
        return 1
    tuned = [written(name, "tune") for name in WRITTEN]
    held = [written(name, "held") for name in WRITTEN]
    real = sorted({one for name in REAL for one in questions(EVAL / name)})
    real = [one for one in real if find_notice(one, by_words=False) is None]
    ours = [row["question"] for side in (*tuned, *held) for row in side]
    vectors = Vectors(open_encoder(), [*ours, *real])
    random.Random(1).shuffle(real)
    half = len(real) // 2
    halves = (real[:half], real[half:])
    judged = [
        odds(unseen, *_fit(tuned, seen, vectors), vectors)
        for seen, unseen in (halves, halves[::-1])
    ]
    by_words, p = (np.concatenate(part) for part in zip(*judged, strict=True))
    told, calm = ([row["question"] for row in side] for side in tuned)
    direction = train_direction(told, calm, real, vectors)
    print(f"{len(real)} real questions that no rule raises; {by_words.sum()} raised by words")
    weighed = [
        odds([row["question"] for row in side], fitted(), direction, vectors) for side in held
    ]
    ruled = [np.array([bool(find_notice(r["question"])) for r in side]) for side in held]
    for least in sorted({0.0, 0.3, 0.8, 1.1, LEAST_LOG_ODDS}):
        further = [
            int((q >= least)[~known].sum()) for (_, q), known in zip(weighed, ruled, strict=True)
        ]
        print(
            f"{least:.2f}: {(p >= least)[~by_words].sum()} further false alarms; of those held "
            f"back that are silent, {further[0]} of {(~ruled[0]).sum()} vignettes and "
            f"{further[1]} of {(~ruled[1]).sum()} look-alikes"
        )
    if options.by_batch:
        _leave_out(tuned, real, vectors)
    if options.write:
        store(direction)
    return 0


def _leave_out(
    tuned: Sequence[Sequence[dict[str, Any]]], real: Sequence[str], vectors: Vectors
) -> None:
    for batch in sorted({row["batch"] for row in tuned[0]}):
        others = [[row for row in side if row["batch"] != batch] for side in tuned]
        learned = _fit(others, real, vectors)
        line = f"batch {batch}:"
        for name, side in zip(("vignettes", "look-alikes"), tuned, strict=True):
            asked = [row["question"] for row in side if row["batch"] == batch]
            if asked:
                by_words, p = odds(asked, *learned, vectors)
                either = (by_words | (p >= LEAST_LOG_ODDS)).sum()
                line += f" {name} {by_words.sum()}, {either} of {len(asked)};"
        print(line, flush=True)


def store(direction: Direction) -> None:
    """Write the direction, whose encoder it is of, and the hashes of what it was fitted on."""
    paths = [*(DATA / name for name in WRITTEN), *(EVAL / name for name in REAL)]
    data = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    stored = {
        "command": "python -m bench.train_meaning --write",
        "data": data,
        "fingerprint": direction.fingerprint,
        "threshold": direction.threshold,
        "bias": direction.bias,
        "towards": direction.towards.tolist(),
    }
    STORED.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
