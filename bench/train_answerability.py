"""Fit the network that reads question and passage together: `python -m bench.train_answerability`.

Of `bench/data/answerability.jsonl`: our own questions to passages of `../shared/eval` and of
`corpus/`, some that it answers and some about the same subject that it does not. Fitted are
low-rank adapters of every matrix of the default encoder's layers, and one head
(service/evidence/answerability.py); some ten minutes a round on two cores. Prints what is told
of the passages held back. `--write` stores it.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from bench.evaluation_data import ARTICLES, EVAL, ROOT, entries
from bench.low_rank import Example, fit, read_by, store
from index.adapted_bert import AdaptedBert, Adapter
from index.weights import DEFAULT_ENCODER, locate
from service.evidence import answerability
from service.evidence.answerability import Answerability, as_read, network_of, pieces_of_pair

DATA = ROOT / "bench" / "data" / "answerability.jsonl"
STORED = ROOT / "service" / "evidence" / answerability.STORED
SOURCES = {
    "medquad": ARTICLES,
    "medlineplus_topics": EVAL / "medlineplus_topics" / "articles.jsonl",
}
RANK = 16
ROUNDS = 2
ELSEWHERE = 0.15
"""Of the answered questions, which are fitted on once more with the passage of another article."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, a passage with the headings above it, its title, and whether it answers."""

    question: str
    passage: str
    title: str
    answered: bool


def pairs(side: str) -> list[Pair]:
    """Return the pairs of `side`, "tune" or "held", the passages read in `../shared/eval`."""
    told = [row for row in entries(DATA) if row["side"] == side]
    known = {name: _articles(path) for name, path in SOURCES.items()}
    found = []
    for row in told:
        if row["corpus"] in known:
            title, text = known[row["corpus"]][row["article"]]
            passage = as_read(title, (), text[row["start"] : row["end"]])
        else:
            title = row["title"]
            passage = as_read(title, row["headings"], row["text"])
        found += [Pair(one["question"], passage, title, one["answered"]) for one in row["asked"]]
    return found


def _articles(path: Path) -> dict[str, tuple[str, str]]:
    """Return each article's title and text by its id, every run of white space one space."""
    return {
        one["_id"]: (one["title"], " ".join(f"{one['title']} {one['text']}".split()))
        for one in entries(path)
    }


def elsewhere(given: Sequence[Pair]) -> list[Pair]:
    """Return some of the answered questions with a passage of an article of any other title."""
    order = random.Random(4)
    passages = sorted({(one.title, one.passage) for one in given})
    found = []
    for one in given:
        if one.answered and order.random() < ELSEWHERE:
            title, passage = order.choice(passages)
            if title != one.title:
                found.append(Pair(one.question, passage, title, answered=False))
    return found


def examples(given: Sequence[Pair]) -> list[Example]:
    """Return what is fitted on."""
    folder = locate(DEFAULT_ENCODER)
    bert = AdaptedBert(folder, Adapter(folder.fingerprint, {}, {}))
    found = []
    for one in given:
        ids, second = pieces_of_pair(bert, one.question, one.passage)
        found.append(Example(ids.tolist(), second, int(one.answered)))
    return found


def judged(network: Answerability, given: Sequence[Pair]) -> None:
    """Print how well `given` are told apart."""
    odds = np.array([network.log_odds(one.question, one.passage) for one in given])
    answered = np.array([one.answered for one in given])
    right = [int(((odds > 0) == answered)[side].sum()) for side in (answered, ~answered)]
    print(
        f"held back: AUROC {roc_auc_score(answered, odds):.4f}; at even odds right of the answered "
        f"{right[0]} of {answered.sum()}, of the others {right[1]} of {(~answered).sum()}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 when `../shared` is absent."""
    parser = argparse.ArgumentParser(prog="python -m bench.train_answerability")
    parser.add_argument("--write", action="store_true", help="store the network")
    options = parser.parse_args(arguments)
    if not EVAL.is_dir():
        print(f"skipped: {EVAL} is absent")
        return 1
    tuned = pairs("tune")
    parts = fit(examples([*tuned, *elsewhere(tuned)]), kinds=1, rank=RANK, rounds=ROUNDS)
    judged(read_by(parts, network_of), pairs("held"))
    if options.write:
        data = [DATA, *SOURCES.values()]
        store(parts, STORED, "python -m bench.train_answerability --write", data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
