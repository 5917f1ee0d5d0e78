"""The five seed articles and questions on them, end to end: `python -m bench.seeds [--bar BAR …]`.

For each development question with an answer: is one of its quotes in the first three passages? For
each without: is the status `not_answered`? Then, of each set of our own questions on the seeds and
on `corpus/`: how many with an answer are answered, and before how many without the service is
silent. With bars of what is read beside the question (`SILENCED`), the same for each of them.

No coefficient was fitted on the side called "held" of "beside", on "lay 4", nor on the exams, and
nobody has read "lay 4" and the side called "unread" of any exam; but the bar was chosen with the
exam and exam 2 in view. What each gave when it was first asked is in docs/silence.md.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.calibration_sets import BESIDE, LAY, SMALL
from bench.evaluation_data import ROOT, SHARED, entries
from index.encoder import Encoder
from index.runtimes import open_encoder
from ingest.pipeline import update_index
from service.answers import Answers
from service.evidence import answerability
from service.settings import load_settings

UNREAD = ROOT / "bench" / "data" / "lay_questions_unread.jsonl"
"""Questions on the seeds by the author of the third file. Only how many came out right was ever
looked at: whoever reads one of them takes that away."""
EXAMINATION = ROOT / "bench" / "data" / "examination.jsonl"
"""160 questions on the seeds by an examiner who had seen the articles and the development questions
alone, in the mixture of words and kinds that an examination has. Of one side, parted at random,
only how many came out right was looked at."""
EXAMINATION_SECOND = ROOT / "bench" / "data" / "examination_second.jsonl"
"""120 more by another examiner, of which a third of those without an answer ask another aspect of
the articles' own subject. Every second line of the file is of the side that was read."""
EXAMINATION_THIRD = ROOT / "bench" / "data" / "examination_third.jsonl"
"""160 more by a third, in the mixture of the development questions, after all that is fitted was.
Parted as the second."""
OUR_OWN = {
    "small": SMALL[0],
    "beside": BESIDE,
    "lay": LAY[0],
    "lay 2": LAY[1],
    "lay 3": LAY[2],
    "lay 4": UNREAD,
    "exam": EXAMINATION,
    "exam 2": EXAMINATION_SECOND,
    "exam 3": EXAMINATION_THIRD,
}
"""The files of questions with an answer and without, by what they are called here."""


def by_side(answers: Answers, corpus: str) -> dict[tuple[str, str], list[int]]:
    """Return of each set and side (with an answer, answered, without, silent) on `corpus`."""
    found: dict[tuple[str, str], list[int]] = {}
    for name, path in OUR_OWN.items():
        for line in entries(path):
            if line["corpus"] != corpus:
                continue
            counts = found.setdefault((name, line.get("side", "tune")), [0, 0, 0, 0])
            right = (answers.ask(line["question"], 3).status == "answered") == line["answerable"]
            first = 0 if line["answerable"] else 2
            counts[first] += 1
            counts[first + 1] += right
    return found


def print_sides(answers: Answers, corpus: str) -> None:
    """Print `by_side` as a table."""
    for (name, side), (answerable, answered, without, silent) in by_side(answers, corpus).items():
        print(
            f"{corpus:6} {name:6} {side:5} answered {answered} of {answerable}, "
            f"silent {silent} of {without}"
        )


def opened(corpus: Path, index: Path, encoder: Encoder) -> Answers:
    """Index `corpus` and return the desk that answers from it."""
    report = update_index(corpus, index, encoder)
    print(f"{report.articles} articles, {report.passages} passages, problems {report.problems}")
    return Answers(load_settings(corpus=corpus, index=index), encoder)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return 1 when `../shared` is absent."""
    parser = argparse.ArgumentParser(prog="python -m bench.seeds")
    parser.add_argument("--bar", type=float, nargs="+", default=[], help="log odds that silence")
    bars = parser.parse_args(arguments).bar
    seeds, questions = SHARED / "seeds", SHARED / "seeds-questions.jsonl"
    if not questions.is_file():
        print(f"skipped: {questions} is absent")
        return 1
    settings = load_settings()
    encoder = open_encoder(settings.encoder, runtime=settings.runtime)
    with tempfile.TemporaryDirectory() as folder:
        answers = opened(seeds, Path(folder) / "seeds", encoder)
        found = silent = answerable = unanswerable = 0
        for case in entries(questions):
            answer = answers.ask(case["question"], 3)
            best = answer.passages[0].probability if answer.passages else 0.0
            if case["answered_by"]:
                texts = [" ".join(p.text.split()).lower() for p in answer.passages]
                hit = any(q.lower() in text for q in case["quote_any"] for text in texts)
                answerable += 1
                found += hit
                verdict = "found" if hit else "MISSED"
            else:
                unanswerable += 1
                silent += answer.status == "not_answered"
                verdict = "silent" if answer.status == "not_answered" else "SPOKE"
            print(f"{verdict:7} {best:.2f} {case['question']}")
        print(f"answered: {found} of {answerable}; silent: {silent} of {unanswerable}")
        sample = opened(ROOT / "corpus", Path(folder) / "sample", encoder)
        for bar in bars or [answerability.SILENCED]:
            answerability.SILENCED = bar
            print(f"what is read silences below log odds of {bar}:")
            print_sides(answers, "seeds")
            print_sides(sample, "sample")
    return 0


if __name__ == "__main__":
    sys.exit(main())
