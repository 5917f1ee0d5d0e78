"""How well the marked sentence is chosen: `python -m bench.answering_sentence`.

SciFact's claims name the sentences of an abstract that support or contradict them. For every claim
and abstract with evidence, sentences are chosen from the whole abstract, and from pieces of the
size of a passage. Precision, recall and F1 are over sentences; "mean F1" is the mean over claims,
with its bootstrap 95% interval. Everything fitted is fitted on other claims (five folds).
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from bench.evaluation_data import SCIFACT, entries
from index.lexical import LexicalIndex
from service.evaluation.evaluate import interval
from service.evidence.answering import WEIGHTS, Weights, chosen, features, rarities

WORDS_OF_A_PASSAGE = 75
"""About 96 word pieces, the size of a passage."""
FIRSTS = (0.0, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
SECONDS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Case:
    """A claim, sentences to choose from, and the places of those that answer it."""

    query: str
    claim: str
    sentences: tuple[str, ...]
    gold: frozenset[int]


Choice = Callable[[Case], Sequence[int]]


def read_cases(folder: Path) -> tuple[list[Case], LexicalIndex]:
    """Return the claims with evidence, one case an abstract, and the index of all abstracts."""
    documents = {line["_id"]: line for line in entries(folder / "corpus.jsonl")}
    cases = []
    for line in entries(folder / "queries.jsonl"):
        gold: dict[str, set[int]] = {}
        for evidence in line["evidence"]:
            gold.setdefault(evidence["doc"], set()).update(evidence["sentences"])
        cases += [
            Case(line["_id"], line["text"], tuple(documents[name]["sentences"]), frozenset(places))
            for name, places in gold.items()
        ]
    texts = [f"{line['title']}\n{line['text']}" for line in documents.values()]
    return cases, LexicalIndex.build(texts)


def pieces(case: Case) -> list[Case]:
    """Return the case cut into pieces of the size of a passage, those without evidence too."""
    found: list[Case] = []
    start = 0
    while start < len(case.sentences):
        end, length = start, 0
        while end < len(case.sentences) and (
            end == start or length + len(case.sentences[end].split()) <= WORDS_OF_A_PASSAGE
        ):
            length += len(case.sentences[end].split())
            end += 1
        gold = frozenset(place - start for place in case.gold if start <= place < end)
        found.append(Case(case.query, case.claim, case.sentences[start:end], gold))
        start = end
    return found


def coverage_only(case: Case, lexical: LexicalIndex) -> list[int]:
    """Return the sentence that covers most of the claim's rarity: what was marked before."""
    wanted = rarities(case.claim, lexical)
    covered = [features(sentence, wanted)[0] for sentence in case.sentences]
    return [int(np.argmax(covered))] if max(covered) > 0 else []


def fit(cases: Sequence[Case], lexical: LexicalIndex) -> Weights:
    """Return the weights of a logistic regression over every sentence of `cases`."""
    rows, labels = [], []
    for case in cases:
        wanted = rarities(case.claim, lexical)
        rows += [features(sentence, wanted) for sentence in case.sentences]
        labels += [place in case.gold for place in range(len(case.sentences))]
    model = LogisticRegression(C=1.0).fit(np.array(rows), np.array(labels))
    coefficients = [round(float(value), 2) for value in (*model.coef_[0], model.intercept_[0])]
    return Weights(*coefficients)


def held_out(cases: Sequence[Case], lexical: LexicalIndex) -> dict[str, Weights]:
    """Return, for each claim, weights fitted on the folds that it is not in."""
    groups = [case.query for case in cases]
    fitted: dict[str, Weights] = {}
    for kept, left in GroupKFold(5).split(cases, groups=groups):
        weights = fit([cases[i] for i in kept], lexical)
        fitted |= {cases[i].query: weights for i in left}
    return fitted


def measure(cases: Sequence[Case], choose: Choice) -> tuple[float, float, float, str, float]:
    """Return precision, recall and F1 over sentences, mean F1 with interval, marks a case."""
    right = marked = 0
    each = []
    for case in cases:
        found = set(choose(case))
        hit = len(found & case.gold)
        right, marked = right + hit, marked + len(found)
        each.append(2 * hit / (len(found) + len(case.gold)))
    wanted = sum(len(case.gold) for case in cases)
    precision, recall = right / max(marked, 1), right / wanted
    between = interval(np.array(each))
    mean = f"{between.mean:.3f} [{between.low:.3f}, {between.high:.3f}]"
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return precision, recall, f1, mean, marked / len(cases)


def main() -> int:
    """Print the tables; return 1 when `../shared` is absent."""
    if not SCIFACT.is_dir():
        print(f"skipped: {SCIFACT} is absent")
        return 1
    cases, lexical = read_cases(SCIFACT)
    fitted = held_out(cases, lexical)
    wanted = {case.claim: rarities(case.claim, lexical) for case in cases}
    cut = [piece for case in cases for piece in pieces(case)]
    for name, chosen_from in (
        ("whole abstracts", cases),
        ("pieces with evidence", [piece for piece in cut if piece.gold]),
    ):
        print(f"\n{name}: {len(chosen_from)} cases\n")
        print("| choice | precision | recall | F1 | mean F1 | marked |\n|---|---|---|---|---|---|")
        choices: dict[str, Choice] = {
            "first sentence": lambda _: [0],
            "last sentence": lambda case: [len(case.sentences) - 1],
            "lexical coverage": lambda case: coverage_only(case, lexical),
        }
        for second in SECONDS:
            choices[f"fitted, second from {second}"] = lambda case, second=second: chosen(  # type: ignore[misc]
                case.sentences, wanted[case.claim], fitted[case.query], second=second
            )
        choices["as stored"] = lambda case: chosen(case.sentences, wanted[case.claim])
        for label, choose in choices.items():
            precision, recall, f1, mean, marked = measure(chosen_from, choose)
            print(
                f"| {label} | {precision:.3f} | {recall:.3f} | {f1:.3f} | {mean} | {marked:.2f} |"
            )
    print(f"\nall pieces: {len(cut)}, {sum(not piece.gold for piece in cut)} without evidence\n")
    print(
        "| first from | precision | recall | F1 | marked without evidence |\n|---|---|---|---|---|"
    )
    for first in FIRSTS:
        found = [
            set(chosen(piece.sentences, wanted[piece.claim], fitted[piece.query], first))
            for piece in cut
        ]
        right = sum(len(marks & piece.gold) for marks, piece in zip(found, cut, strict=True))
        precision = right / sum(map(len, found))
        recall = right / sum(len(piece.gold) for piece in cut)
        empty = [bool(marks) for marks, piece in zip(found, cut, strict=True) if not piece.gold]
        f1 = 2 * precision * recall / (precision + recall)
        print(f"| {first} | {precision:.3f} | {recall:.3f} | {f1:.3f} | {np.mean(empty):.2f} |")
    print("\nfitted on all:", fit(cases, lexical), "stored:", WEIGHTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
