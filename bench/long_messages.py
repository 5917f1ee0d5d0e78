"""How near a search with a whole message comes to one with an expert's summary of it.

    python -m bench.long_messages [--work DIR] [--long N] [--floor X]

The messages are MeQSum's, as people wrote them, each with an expert's question of one line. They
are put to the indexes that `bench.calibrate` keeps under DIR: a third of MedQuAD's articles, and
all of them. Two measures, nDCG@10 over articles:

- topic: the articles whose title, all its terms, stands in the summary; of several titles the
  longest. One that five articles share is too common, and so is one without a rare term.
- as with the summary: the ten articles that the summary itself finds, the first four of grade 3,
  the next four of 2, the last two of 1.

Each row says what it gains over the weights that stand, ± the standard error of the mean of the
messages' differences. Kept in docs/retrieval.md, "Long questions".
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np

import index.focus
from bench.calibration_evidence import open_indexes
from bench.calibration_sets import Medquad
from bench.evaluation_data import EVAL, ROOT, entries
from bench.retrieval import PLAIN, Gathered, gather
from bench.vector_cache import remembering
from index.analysis import terms
from index.encoder import Encoder, fits
from index.focus import condensed
from index.fusion import Weights, fuse_signals
from index.search import Searcher
from service.evaluation.dataset import Dataset, Qrels
from service.evaluation.evaluate import Values, best_passages, document_ids, measure

MESSAGES = EVAL / "questions" / "long_with_summary.jsonl"
SHORTEST = 16
"""Words of a message, at least: what is shorter is a question."""
RARE = 3.0
SHARED = 5
"""A topic has a term of at least this idf over articles, and at most so many articles."""
GRADES = (3, 3, 3, 3, 2, 2, 2, 2, 1, 1)

WAYS: Mapping[str, Mapping[str, float]] = {
    "weighed": {},
    "as in one sentence": {"RARITY": 0, "AGREEMENT": 0, "SUBJECT": 1},
    "as counted": {"LONG": 10**6},
}
"""How words are weighed: other constants of `index.focus` than those that stand."""
GRID = (
    PLAIN,
    Weights(0.5, 0.1, 0.1, 0.3),
    Weights(0.5, 0.2, 0.1, 0.2),
    Weights(0.45, 0.25, 0.1, 0.2),
    Weights(0.4, 0.3, 0.1, 0.2),
    Weights(0.35, 0.35, 0.1, 0.2),
)


@dataclass(frozen=True, slots=True)
class Message:
    """A message and the expert's summary of it."""

    name: str
    text: str
    summary: str


def messages() -> list[Message]:
    """Read MeQSum's messages, in the order of their file."""
    return [Message(row["_id"], row["text"], row["summary"]) for row in entries(MESSAGES)]


def topics(asked: Sequence[Message], searcher: Searcher) -> Qrels:
    """Return the articles that each message is about, where its summary bears their title."""
    lexical = searcher.articles.lexical
    titles: dict[str, frozenset[str]] = {}
    for article in searcher.snapshot.records.articles():
        held = frozenset(terms(article.title))
        if any(term not in lexical or lexical.idf(term) > RARE for term in held):
            titles[article.article_id.partition("/")[2]] = held
    found: Qrels = {}
    for one in asked:
        words = frozenset(terms(one.summary))
        named = [name for name, held in titles.items() if held <= words]
        longest = max((len(titles[name]) for name in named), default=0)
        named = [name for name in named if len(titles[name]) == longest]
        if 0 < len(named) <= SHARED and len(one.text.split()) >= SHORTEST:
            found[one.name] = dict.fromkeys(named, 1)
    return found


def found_by(asked: Mapping[str, str], searcher: Searcher, encoder: Encoder) -> Qrels:
    """Return the ten articles that each text finds, by the weights that stand, graded."""
    rankings = ranked(gathered(asked, searcher, encoder), searcher, None)
    return {
        name: dict(zip(ranking, GRADES, strict=False))
        for name, ranking in zip(asked, rankings, strict=True)
    }


def gathered(asked: Mapping[str, str], searcher: Searcher, encoder: Encoder) -> Gathered:
    """Search once for every text; return its rows and their signals."""
    return gather(Dataset("messages", MESSAGES, dict(asked), {}, ""), searcher, encoder)


def ranked(gathered: Gathered, searcher: Searcher, weights: Weights | None) -> Iterator[list[str]]:
    """Yield each ranking under `weights`; one sentence, or without them, under its own."""
    documents, article_of = document_ids(searcher), searcher.articles.article_of
    for rows, signals in gathered:
        scores = fuse_signals(signals, weights if signals.terms is None else None)
        yield best_passages(rows[np.lexsort((rows, -scores))], article_of, documents)


def long_ones(asked: Sequence[Message]) -> list[Message]:
    """Return those with enough distinct terms for their words to be weighed."""
    return [one for one in asked if len(set(terms(one.text))) >= index.focus.LONG]


def in_focus(asked: Sequence[Message], searcher: Searcher, encoder: Encoder) -> tuple[float, float]:
    """Return how many terms of a long message are said to be asked, and how well they are chosen.

    F1 of the mean precision and recall, against those of its terms that the summary has too.
    """
    sizes, precisions, recalls = [], [], []
    for one in long_ones(asked):
        text = " ".join(one.text.split())
        vector = encoder.encode([condensed(text, lambda part: fits(encoder, part))])[0]
        spans = searcher.find(text, vector, 1).focus
        told = {term for start, end in spans for term in terms(text[start:end])}
        wanted = set(terms(one.summary)) & set(terms(text))
        sizes.append(len(told))
        if wanted:
            precisions.append(len(told & wanted) / max(1, len(told)))
            recalls.append(len(told & wanted) / len(wanted))
    precision, recall = float(np.mean(precisions)), float(np.mean(recalls))
    return float(np.mean(sizes)), 2 * precision * recall / (precision + recall)


@dataclass(frozen=True, slots=True)
class Side:
    """An index, and for each measure what the messages should find in it."""

    name: str
    searcher: Searcher
    wanted: Mapping[str, Qrels]

    def judged(
        self, asked: Mapping[str, str], found: Gathered, weights: Weights | None
    ) -> dict[str, Values]:
        """Return each measure's nDCG@10 of every message that it has."""
        rankings = dict(zip(asked, ranked(found, self.searcher, weights), strict=True))
        return {
            f"{name}, {self.name}": measure(qrels, {q: rankings[q] for q in qrels})["nDCG@10"]
            for name, qrels in self.wanted.items()
        }


def report(asked: Sequence[Message], searchers: Mapping[str, Searcher], encoder: Encoder) -> None:
    """Print a Markdown row for the summaries, and one for each row of weights and way of words."""
    texts = {one.name: one.text for one in asked}
    summaries = {one.name: one.summary for one in asked}
    sides = [
        Side(
            name,
            searcher,
            {
                "topic": topics(asked, searcher),
                "as with the summary": found_by(summaries, searcher, encoder),
            },
        )
        for name, searcher in searchers.items()
    ]
    found: dict[str, list[Gathered]] = {}
    for way, constants in WAYS.items():
        with patch.dict(vars(index.focus), constants):
            found[way] = [gathered(texts, side.searcher, encoder) for side in sides]
            for side in sides if long_ones(asked) else ():
                words, f1 = in_focus(asked, side.searcher, encoder)
                print(f"words in focus, {way}, {side.name}: {words:.1f}, F1 {f1:.3f}")

    def values(way: str, weights: Weights | None) -> dict[str, Values]:
        each = zip(sides, found[way], strict=True)
        return {k: v for side, one in each for k, v in side.judged(texts, one, weights).items()}

    standing = values("weighed", None)
    print("| weights | words |", " | ".join(f"{k} ({len(v)})" for k, v in standing.items()), "|")
    print("|---|---|" + "---|" * len(standing))
    bounds = [
        value
        for side in sides
        for value in side.judged(
            summaries, gathered(summaries, side.searcher, encoder), None
        ).values()
    ]
    print("| the summary itself | |", " | ".join(f"{value.mean():.3f}" for value in bounds), "|")
    means = " | ".join(f"{value.mean():.3f}" for value in standing.values())
    print("| as they stand | weighed |", means, "|")
    for way in WAYS:
        for weights in GRID:
            cells = []
            for name, value in values(way, weights).items():
                gain = value - standing[name]
                error = gain.std() / np.sqrt(len(gain))
                cells.append(f"{value.mean():.3f} ({gain.mean():+.3f} ± {error:.3f})")
            print(f"| {astuple(weights)[:4]} | {way} |", " | ".join(cells), "|", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 when `../shared` is absent."""
    parser = argparse.ArgumentParser(prog="python -m bench.long_messages")
    parser.add_argument("--work", type=Path, default=ROOT / "var" / "calibrate")
    parser.add_argument("--long", type=int, default=index.focus.LONG, help="terms of a long one")
    parser.add_argument("--floor", type=float, default=index.focus.FLOOR)
    options = parser.parse_args(arguments)
    if not EVAL.is_dir():
        print(f"skipped: {EVAL} is absent")
        return 1
    encoder, work = remembering(options.work)
    opened = open_indexes(work, Medquad(), Medquad(whole=True), encoder)
    with (
        patch.object(index.focus, "LONG", options.long),
        patch.object(index.focus, "FLOOR", options.floor),
    ):
        report(messages(), {"a third": opened["medquad"], "all": opened["whole"]}, encoder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
