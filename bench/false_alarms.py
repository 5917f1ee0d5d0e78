"""How often the emergency notice is raised by ordinary real questions, and by which.

    python -m bench.false_alarms            every file of ../shared/eval that holds real questions
    python -m bench.false_alarms --templates    and MedQuAD's template questions
    python -m bench.false_alarms --meaning      and read whole, as the service does

Prints every alarm with the words that raised it, for a person to judge: a real message may
describe a real emergency, and then the alarm is right. The data are read in place, never copied.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.evaluation_data import EVAL, entries
from service.safety import find_notice

REAL = (
    "questions/health_search.jsonl",
    "questions/long_with_summary.jsonl",
    "questions/muscle.jsonl",
    "questions/paraphrase_pairs.jsonl",
    "mediqa_qa/queries.jsonl",
    "abstention/absent_topics.jsonl",
    "abstention/out_of_domain.jsonl",
)
TEMPLATES = ("medquad/queries.jsonl.gz",)
QUESTION_FIELDS = ("text", "summary", "question_1", "question_2")


def questions(path: Path) -> Iterator[str]:
    """Yield the distinct questions of one file, in its order."""
    seen: set[str] = set()
    for row in entries(path):
        for field in QUESTION_FIELDS:
            question = row.get(field)
            if question and question not in seen:
                seen.add(question)
                yield question


def alarms(
    path: Path, *, by_meaning: bool = False
) -> tuple[int, list[tuple[str, str, str]], float]:
    """Return how many questions there are, each alarm as (topic, words, question), and seconds."""
    count, raised = 0, []
    started = time.perf_counter()
    for question in questions(path):
        count += 1
        notice = find_notice(question, by_meaning=by_meaning)
        if notice is not None:
            raised.append((notice.topic, notice.matched, question))
    return count, raised, time.perf_counter() - started


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures and the alarms; return 1 when `../shared` is absent."""
    parser = argparse.ArgumentParser(prog="python -m bench.false_alarms", description=__doc__)
    parser.add_argument("--templates", action="store_true", help="MedQuAD's questions as well")
    parser.add_argument("--meaning", action="store_true", help="read whole as well")
    parser.add_argument("--quiet", action="store_true", help="the figures without the questions")
    options = parser.parse_args(arguments)
    if not EVAL.is_dir():
        print(f"skipped: {EVAL} is absent")
        return 1
    find_notice("warm up", by_meaning=options.meaning)
    total = total_raised = 0
    for name in REAL + (TEMPLATES if options.templates else ()):
        count, raised, seconds = alarms(EVAL / name, by_meaning=options.meaning)
        total, total_raised = total + count, total_raised + len(raised)
        print(
            f"{name}: {len(raised)} of {count} ({len(raised) / count:.2%}), "
            f"{1000 * seconds / count:.3f} ms a question"
        )
        if not options.quiet:
            for topic, words, question in raised:
                print(f"    [{topic}] {words}\n        {question}")
    print(f"all: {total_raised} of {total} ({total_raised / total:.2%})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
