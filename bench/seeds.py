"""The five seed articles and their development questions, end to end: `python -m bench.seeds`.

For each question with an answer: is one of its quotes in the first three passages? For each
without: is the status `not_answered`? Then, of the articles: how much of the text is inside
passages, and what was left out.
"""

import json
import sys
import tempfile
from pathlib import Path

from index.runtimes import open_encoder
from ingest.pipeline import update_index
from service.answers import Answers
from service.settings import load_settings

SHARED = Path(__file__).resolve().parents[2] / "shared"


def main() -> int:
    """Print the table; return 1 when `../shared` is absent."""
    seeds, questions = SHARED / "seeds", SHARED / "seeds-questions.jsonl"
    if not questions.is_file():
        print(f"skipped: {questions} is absent")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(corpus=seeds, index=Path(folder))
        encoder = open_encoder(settings.encoder, runtime=settings.runtime)
        report = update_index(seeds, settings.index, encoder)
        print(f"{report.articles} articles, {report.passages} passages, problems {report.problems}")
        answers = Answers(settings, encoder)
        found = silent = answerable = unanswerable = 0
        for line in questions.read_text("utf-8").splitlines():
            case = json.loads(line)
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
    return 0


if __name__ == "__main__":
    sys.exit(main())
