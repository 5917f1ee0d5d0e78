"""Fit the net of an emergency among vectors: `python -m bench.train_meaning [--write]`.

After `python -m bench.train_emergency --write`, whose weights it stands beside. Positive: our own
vignettes, side `tune`. Negative: our own look-alikes, side `tune`, and the real questions of
../shared/eval that no rule raises.

Prints, at several thresholds, what is raised that no rule raises: two-fold over the real questions,
each judged by words and a net fitted on the other half; and of the vignettes and look-alikes that
are held back. With `--by-batch`, as well what words, and words and meaning, raise of each batch by
words and a net fitted on the other batches (no rule at all).
"""

import argparse
import hashlib
import json
import random
import sys
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from bench.evaluation_data import EVAL, ROOT
from bench.false_alarms import REAL, questions
from bench.train_emergency import (
    DATA,
    LOOKALIKE_WEIGHT,
    THRESHOLD,
    WRITTEN,
    train,
    written,
)
from index.encoder import Encoder, fits
from index.focus import condensed
from index.runtimes import open_encoder
from service.emergency.meaning import Net, log_odds
from service.emergency.words import Weights, fitted, weigh
from service.safety import find_notice, has_sign, read_words

STORED = ROOT / "service" / "emergency" / "meaning.json"
UNITS, NETS = 32, 3
"""Units of a net, and nets of which the mean is stored as one. Beside the words, at 15 false alarms
of real questions, batches 28 and 29 (tuned half, that batch left out, 300 vignettes and 408 look-
alikes): one direction 268 and 27, 1 net of 32 272 and 31, 3 nets 272 and 26, 2 nets of 64 271 and
29."""
PENALTY = 1.0
"""0.3, 1 and 3, the same: 270 and 31 (16 units, no sign asked for), 272 and 26, 269 and 26."""
ROUNDS = 25
SCALE = 8.0
"""Of a unit vector, for the optimiser: its components are of order 1 / 20."""
LEAST_LOG_ODDS = 0.0
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


def train_net(
    vignettes: Sequence[str], lookalikes: Sequence[str], real: Sequence[str], vectors: Vectors
) -> Net:
    """Return the net that tells look-alikes and real questions from vignettes."""
    times = int(LOOKALIKE_WEIGHT)  # the fit takes no weights
    rows = vectors.of([*vignettes, *list(lookalikes) * times, *real]) * SCALE
    labels = [1] * len(vignettes) + [0] * (len(lookalikes) * times + len(real))
    units, shifts, out, bias = [], [], [], 0.0
    for seed in range(NETS):
        net = MLPClassifier(
            (UNITS,), alpha=PENALTY, max_iter=ROUNDS, learning_rate_init=0.002, random_state=seed
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # stopped early on purpose
            net.fit(rows, labels)
        units.append(net.coefs_[0].T * SCALE)
        shifts.append(net.intercepts_[0])
        out.append(net.coefs_[1][:, 0] / NETS)
        bias += float(net.intercepts_[1][0]) / NETS
    return Net(
        vectors.fingerprint,
        np.concatenate(units).round(2).astype(np.float32),
        np.concatenate(shifts).round(3).astype(np.float32),
        np.concatenate(out).round(4).astype(np.float32),
        round(bias, 3),
        LEAST_LOG_ODDS,
    )


def odds(
    asked: Sequence[str], weights: Weights, net: Net, vectors: Vectors
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return whether the words alone raise each, and the log odds; -inf where no sign stands."""
    weighed = [weigh(read_words(one), weights) for one in asked]
    found = [
        log_odds(each, vector, net) if has_sign(one) else -np.inf
        for one, each, vector in zip(asked, weighed, vectors.of(asked), strict=True)
    ]
    return np.array([each.probability >= THRESHOLD for each in weighed]), np.array(found)


def _fit(
    tuned: Sequence[Sequence[dict[str, Any]]], real: Sequence[str], vectors: Vectors
) -> tuple[Weights, Net]:
    vignettes, lookalikes = tuned
    told, calm = ([row["question"] for row in side] for side in tuned)
    return train(vignettes, lookalikes, real), train_net(told, calm, real, vectors)


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 when `../shared` is absent."""
    parser = argparse.ArgumentParser(prog="python -m bench.train_meaning")
    parser.add_argument("--write", action="store_true", help="store the net")
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
    net = train_net(told, calm, real, vectors)
    print(f"{len(real)} real questions that no rule raises; {by_words.sum()} raised by words")
    asked = [[row["question"] for row in side] for side in held]
    weighed = [odds(side, fitted(), net, vectors)[1] for side in asked]
    ruled = [np.array([bool(find_notice(q, by_words=False)) for q in side]) for side in asked]
    for least in sorted({-1.0, -0.5, 0.5, 1.0, LEAST_LOG_ODDS}):
        further = [int((q >= least)[~r].sum()) for q, r in zip(weighed, ruled, strict=True)]
        print(
            f"{least:.2f}: {(p >= least).sum()} false alarms; of those held back that no rule "
            f"raises, {further[0]} of {(~ruled[0]).sum()} vignettes and "
            f"{further[1]} of {(~ruled[1]).sum()} look-alikes"
        )
    if options.by_batch:
        _leave_out(tuned, real, vectors)
    if options.write:
        store(net)
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
                line += f" {name} {by_words.sum()}, {(p >= LEAST_LOG_ODDS).sum()} of {len(asked)};"
        print(line, flush=True)


def store(net: Net) -> None:
    """Write the net, whose encoder it is of, and the hashes of what it was fitted on."""
    paths = [*(DATA / name for name in WRITTEN), *(EVAL / name for name in REAL)]
    head = {
        "command": "python -m bench.train_meaning --write",
        "data": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths},
        "fingerprint": net.fingerprint,
        "threshold": net.threshold,
        "bias": net.bias,
        "shifts": _decimals(net.shifts, 3),
        "out": _decimals(net.out, 4),
    }
    lines = [f"  {json.dumps(_decimals(unit, 2))}" for unit in net.units]
    body = json.dumps(head, indent=1)[:-2] + ',\n "units": [\n' + ",\n".join(lines) + "\n ]\n}\n"
    STORED.write_text(body, "utf-8")


def _decimals(values: NDArray[np.float32], places: int) -> list[float]:
    return [round(float(value), places) for value in values]


if __name__ == "__main__":
    sys.exit(main())
