"""Fit the network that reads a question whole: `python -m bench.train_meaning [--write]`.

After `python -m bench.train_emergency --write`, which says what is worth reading. Positive: our own
vignettes, side `tune`. Negative: our own look-alikes, side `tune`, and the real questions of
../shared/eval that no rule raises and whose words are nearly worth it. Fitted are low-rank adapters
of every matrix of the default encoder's layers, and two heads (service/emergency/meaning.py); some
minutes a round on two cores.

Prints, at several thresholds, what is raised with the rules and without, of the vignettes and
look-alikes held back. `--two-fold`: of the real questions too, each judged by a fit without
its half, in three times the time. `--without BATCH …` leaves these batches out of the fit, and
prints what it does on them.
"""

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from transformers import AutoTokenizer

from bench.evaluation_data import EVAL, ROOT, entries
from bench.false_alarms import REAL, questions
from bench.low_rank import Example, Parts, fit, read_by, store
from bench.train_emergency import (
    DATA,
    SUSPECTED,
    WRITTEN,
    kinds_of,
    probabilities,
    written,
)
from index.weights import DEFAULT_ENCODER, locate
from service.emergency import meaning as emergency_meaning
from service.emergency.meaning import KINDS, Meaning, network_of
from service.emergency.words import fitted
from service.safety import find_notice

STORED = ROOT / "service" / "emergency" / emergency_meaning.STORED
RANK = 8
ROUNDS = 4
LOOKALIKE_WEIGHT = 2.0
"""Of a look-alike, a vignette's and a real question's being 1."""
NEARLY = 10
"""Real questions are fitted on from this part of the probability on by which a question is read."""
LONGEST = 256
"""Word pieces of a question that are fitted on, from its beginning. With 160 one in a hundred
vignettes set among calm pieces lost its danger to the cut."""
CALM = ROOT / "bench" / "data" / "calm_pieces.jsonl"
"""What people set beside a health question and is no sign of anything: our own."""
BESIDE = 0.3
"""Of our questions, which are fitted on once more with such pieces before and after them."""
FEW, MANY = (1, 1, 1, 2), (3, 4, 6)
MANY_OF = 0.25
"""How many pieces then, and in which part of them many."""
JOINTS = (". ", " ", " ", ", ", " and ", "\n")

Rows = Sequence[dict[str, Any]]


def fitted_on(tuned: Sequence[Rows], real: Sequence[str]) -> Parts:
    """Return what is fitted to tell look-alikes and `real` questions from vignettes, `tuned`."""
    vignettes, lookalikes = tuned
    texts = [*(row["question"] for row in (*vignettes, *lookalikes)), *real]
    labels = [
        1 + KINDS.index("crisis" if k == "crisis" else "emergency") for k in kinds_of(vignettes)
    ]
    labels += [0] * (len(lookalikes) + len(real))
    weights = [1.0] * len(vignettes) + [LOOKALIKE_WEIGHT] * len(lookalikes) + [1.0] * len(real)
    calm = [row["text"] for row in entries(CALM)]
    calm += [row["question"] for row in lookalikes if row["note"] == "general"]
    tokenizer = AutoTokenizer.from_pretrained(locate(DEFAULT_ENCODER).path)

    def long(text: str) -> bool:
        return len(tokenizer(text)["input_ids"]) > LONGEST

    order = random.Random(2)
    for row in range(len(vignettes) + len(lookalikes)):
        if order.random() < BESIDE:
            texts.append(among(texts[row], calm, order, long))
            labels.append(labels[row])
            weights.append(weights[row])
    pieces = tokenizer(texts, truncation=True, max_length=LONGEST)["input_ids"]
    examples = [
        Example(each, None, label, weight)
        for each, label, weight in zip(pieces, labels, weights, strict=True)
    ]
    return fit(examples, kinds=len(KINDS), rank=RANK, rounds=ROUNDS)


def among(
    question: str, calm: Sequence[str], order: random.Random, long: Callable[[str], bool]
) -> str:
    """Return `question` with pieces of `calm` before and after it, as people join what they say.

    As many as are drawn, or fewer, so that what is returned is not `long`; `question` alone may be.
    """
    chosen = order.sample(calm, order.choice(MANY if order.random() < MANY_OF else FEW))
    place = order.randrange(len(chosen) + 1)
    before, after = chosen[:place], chosen[place:]
    whole = _joined([*before, question, *after], order)
    while (before or after) and long(whole):
        (before if len(before) > len(after) else after).pop()
        whole = _joined([*before, question, *after], order)
    return whole


def _joined(said: Sequence[str], order: random.Random) -> str:
    whole = said[0]
    for piece in said[1:]:
        joint = order.choice(JOINTS)
        if joint == "\n" or (joint == ". " and whole[-1] in ".?!"):
            whole += joint[-1] + piece
        else:
            whole = whole.rstrip(".?! ") + joint + piece
    return whole


def judged(name: str, asked: Sequence[str], network: Meaning) -> None:
    """Print how many of `asked` raise a notice, at several thresholds, all of them read and rules
    outvoted whatever their length and what stands beside."""
    ruled = [find_notice(one, by_words=False) for one in asked]
    log_odds = np.array([network.read(one).log_odds for one in asked])
    crisis = np.array([each is not None and each.kind == "crisis" for each in ruled])
    rules = np.array([each is not None for each in ruled])
    for alone in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0):
        found = [
            f"{int(((log_odds >= alone) | crisis | (rules & (log_odds >= beside))).sum())}"
            for beside in (-np.inf, -4.0, -3.0, -2.0, -1.0, 0.0)
        ]
        print(
            f"{name}, {len(asked)}: from {alone:.1f} on {(log_odds >= alone).sum()} alone; and "
            f"beside a rule from -inf, -4, -3, -2, -1, 0 on: {', '.join(found)}",
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 when `../shared` is absent."""
    parser = argparse.ArgumentParser(prog="python -m bench.train_meaning")
    parser.add_argument("--write", action="store_true", help="store the network")
    parser.add_argument(
        "--two-fold", action="store_true", help="judge real questions not fitted on"
    )
    parser.add_argument("--without", type=int, nargs="+", default=[], metavar="BATCH")
    options = parser.parse_args(arguments)
    if not EVAL.is_dir():
        print(f"skipped: {EVAL} is absent")
        return 1
    left_out = set(options.without)
    tuned = [
        [row for row in written(name, "tune") if row["batch"] not in left_out] for name in WRITTEN
    ]
    real = sorted({one for name in REAL for one in questions(EVAL / name)})
    random.Random(1).shuffle(real)
    # The others are never read.
    by_words = probabilities(real, fitted())
    calm = [
        one
        for one, p in zip(real, by_words, strict=True)
        if p >= SUSPECTED / NEARLY and find_notice(one, by_words=False) is None
    ]
    if options.two_fold:
        half = len(real) // 2
        for seen, unseen in ((real[:half], real[half:]), (real[half:], real[:half])):
            known = set(seen)
            network = read_by(fitted_on(tuned, [one for one in calm if one in known]), network_of)
            judged("real questions, the other half", unseen, network)
    parts = fitted_on(tuned, calm)
    network = read_by(parts, network_of)
    for kind, name in zip(("vignettes", "look-alikes"), WRITTEN, strict=True):
        judged(f"{kind} held back", [row["question"] for row in written(name, "held")], network)
        for batch in options.without:
            rows = [row for row in written(name, "tune") if row["batch"] == batch]
            judged(f"{kind} of batch {batch}", [row["question"] for row in rows], network)
    if options.write:
        data = [*(DATA / name for name in WRITTEN), CALM, *(EVAL / name for name in REAL)]
        store(parts, STORED, "python -m bench.train_meaning --write", data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
