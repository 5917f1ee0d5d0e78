"""Long messages over all of MedQuAD, by judgements of our own.

    python -m bench.liveqa_over_medquad [--work DIR] [--words N] [--worst N]

The 104 messages of LiveQA-Med (TREC 2017), each a subject line and what the person wrote, are put
to MedQuAD's 16,407 sections, whole and as a line of our own (`bench/data/liveqa_summaries.jsonl`,
written before any result was seen). The rows of the table are the configurations of `pincite eval`,
which asks as it is typed; *meant* are the messages as a service searches them, with the misspelt
words corrected that their vector speaks for.

`bench/data/liveqa_medquad_judgments.tsv` holds query-id, corpus-id and grade, as TREC LiveQA
graded: 1 wrong or of another matter, 2 related, 3 answers in part or with much else, 4 answers.
They were made on 2026-11-22 by one reader of the project's developers, no clinician, the one who
wrote the summaries, who read the title, the question and the beginning of each of the 3,348
sections that were among the first ten of one of the four configurations, for the message or for the
summary; each message's in a random order, without seeing what had found them. They are not NLM's,
so figures that NLM's judgements give are others. Half of the messages (of a drug's dose or store,
most of them) have no answer there and are left out. nDCG's gain is 2 for grade 4, 1 for 3, else 0;
a section that was never read counts as none, and `judged@10` says how many of the first ten were
read.

The index and its vectors are kept under DIR; `--words` leaves shorter messages out, `--worst` shows
the messages that lose most against their summaries. Kept in docs/retrieval.md, "Long questions".
"""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from bench.calibration_evidence import as_meant
from bench.evaluation_data import EVAL, ROOT, entries
from bench.vector_cache import remembering
from index.encoder import Encoder
from index.search import Searcher
from index.snapshot import open_snapshot
from ingest.pipeline import update_index
from service.answers import everyday_words
from service.evaluation.dataset import Dataset, Qrels, read_dataset
from service.evaluation.evaluate import (
    CONFIGURATIONS,
    JUDGED,
    Configuration,
    Ranking,
    Values,
    evaluate,
    interval,
    measure,
)
from service.evaluation.runs import Runs

MESSAGES = EVAL / "mediqa_qa" / "queries.jsonl"
SUMMARIES = ROOT / "bench" / "data" / "liveqa_summaries.jsonl"
JUDGEMENTS = ROOT / "bench" / "data" / "liveqa_medquad_judgments.tsv"

GAIN = {1: 0, 2: 0, 3: 1, 4: 2}
"""The gain of each grade: what does not answer is worth nothing."""

MESSAGE, MEANT, SUMMARY = "message", "meant", "summary"


def gains(path: Path = JUDGEMENTS) -> Qrels:
    """Return each query's judged documents with their gains.

    A query without an answer is left out: no ranking does better or worse on it.
    """
    found: Qrels = {}
    for line in path.read_text("utf-8").splitlines()[1:]:
        query, document, grade = line.split("\t")
        found.setdefault(query, {})[document] = GAIN[int(grade)]
    return {query: judged for query, judged in found.items() if any(judged.values())}


def texts(path: Path, key: str, queries: Iterable[str]) -> dict[str, str]:
    """Return what the lines of `path` hold under `key` for each of `queries`, in their order."""
    held = {row["_id"]: row[key] for row in entries(path)}
    return {query: held[query] for query in queries}


def found_by(
    dataset: Dataset, searcher: Searcher, encoder: Encoder, runs: Runs
) -> dict[Configuration, dict[str, Ranking]]:
    """Put every query to every configuration as `pincite eval` does, and return the rankings."""
    evaluate(dataset, searcher, encoder, worst=0, runs=runs)
    found: dict[Configuration, dict[str, Ranking]] = {name: {} for name in CONFIGURATIONS}
    for query, text in dataset.queries.items():
        if (known := runs.get(text)) is None:
            raise AssertionError(f"{query} was not asked")
        for name in CONFIGURATIONS:
            found[name][query] = known[0][name]
    return found


def table(scores: Mapping[str, Mapping[Configuration, Mapping[str, Values]]]) -> str:
    """Return a Markdown table of `scores`, by what was asked, configuration and measure.

    The differences are from plain fusion with the messages, query by query.
    """
    plain = scores[MESSAGE]["plain fusion"]["nDCG@10"]
    lines = [
        "| asked with | configuration | nDCG@10 (95%) | less plain fusion, message (95%) "
        "| P@1 | judged@10 |",
        "|---|---|---|---|---|---|",
    ]
    for asked, configurations in scores.items():
        for name, measures in configurations.items():
            value = measures["nDCG@10"]
            mean, gain = interval(value), interval(value - plain)
            lines.append(
                f"| {asked} | {name} | {mean.mean:.3f} ({mean.low:.3f} to {mean.high:.3f}) "
                f"| {gain.mean:+.3f} ({gain.low:+.3f} to {gain.high:+.3f}) "
                f"| {measures['P@1'].mean():.3f} | {measures[JUDGED].mean():.3f} |"
            )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 1 when `../shared` is absent."""
    parser = argparse.ArgumentParser(prog="python -m bench.liveqa_over_medquad")
    parser.add_argument("--work", type=Path, default=ROOT / "var" / "calibrate")
    parser.add_argument("--words", type=int, default=0, help="words of a message, at least")
    parser.add_argument("--worst", type=int, default=0, help="messages to show")
    options = parser.parse_args(arguments)
    if not EVAL.is_dir():
        print(f"skipped: {EVAL} is absent")
        return 1
    qrels = gains()
    messages = {
        query: text
        for query, text in texts(MESSAGES, "text", qrels).items()
        if len(text.split()) >= options.words
    }
    qrels = {query: qrels[query] for query in messages}
    encoder, work = remembering(options.work)
    corpus = read_dataset(EVAL / "medquad")
    kept = work / "medquad-sections"
    update_index(corpus.corpus, kept, encoder, keep=1)
    searcher = Searcher(open_snapshot(kept))
    made = (searcher.snapshot.manifest.snapshot, corpus.sha256, encoder.record.fingerprint)
    runs = Runs.open(kept, (*made, encoder.runtime))
    summaries = texts(SUMMARIES, "summary", qrels)
    scores: dict[str, dict[Configuration, dict[str, Values]]] = {}
    is_word = everyday_words(encoder)
    meant = {query: as_meant(text, searcher, encoder, is_word) for query, text in messages.items()}
    for asked, queries in ((MESSAGE, messages), (MEANT, meant), (SUMMARY, summaries)):
        dataset = Dataset("LiveQA-Med", corpus.corpus, queries, qrels, corpus.sha256)
        found = found_by(dataset, searcher, encoder, runs)
        scores[asked] = {name: measure(qrels, rankings) for name, rankings in found.items()}
    print(f"{len(qrels)} messages, {searcher.snapshot.manifest.passages} passages\n")
    print(table(scores))
    whole, better, line = (scores[asked]["pipeline"]["nDCG@10"] for asked in scores)
    gain = interval(better - whole)
    print(f"\npipeline, meant less message: {gain.mean:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})")
    lost = interval(line - whole)
    print(
        f"\npipeline, summary less message: {lost.mean:+.3f} ({lost.low:+.3f} to {lost.high:+.3f})"
    )
    for place in np.argsort(whole - line, kind="stable")[: options.worst]:
        query = list(qrels)[place]
        print(f"\n{query}: {whole[place]:.3f}, summary {line[place]:.3f}: {summaries[query]}")
        print(messages[query])
    return 0


if __name__ == "__main__":
    sys.exit(main())
