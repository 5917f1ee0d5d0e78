"""Small corpora of any subject, for `bench.calibrate`: random parts of MedQuAD.

The two small corpora of our own, the seeds and the sample, are about one subject. A part of 5, 25
or 100 articles holds the answers to some of the messages and summaries that all of MedQuAD answers,
and other articles. Asked of it are those, and others whose topic none of its articles names.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.calibration_evidence import Judged, judge, write_articles
from bench.calibration_sets import REAL, Case, Medquad
from index.encoder import Encoder
from index.search import Searcher
from index.snapshot import open_snapshot
from ingest.pipeline import update_index

SIZES = {5: 24, 25: 8, 100: 3}
"""How many articles a part has, and how many such parts are drawn."""
OTHERS = 40
"""Questions without an answer that are asked of each part."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some articles, as MedQuAD has them, and the questions put to them."""

    articles: list[dict[str, Any]]
    cases: list[Case]


def parts(found: Sequence[Case], whole: Medquad, seed: int = 5) -> Iterator[Part]:
    """Yield the parts; the same for the same cases and `seed`.

    `found` are all cases: those of the whole index are asked.
    """
    draw = random.Random(seed)
    articles = {article["_id"]: article for article in whole.articles}
    of_whole = [case for case in found if case.index == "whole"]
    naming = {
        (case.group, case.question): case.hidden for case in of_whole if case.kind == "masked"
    }
    asked = [case for case in of_whole if case.kind in REAL]
    for size, count in SIZES.items():
        for _ in range(count):
            chosen: set[str] = set()
            for case in draw.sample(asked, len(asked)):
                answering = draw.sample(sorted(case.answering), min(2, len(case.answering)))
                if len(chosen.union(answering)) <= size:
                    chosen.update(answering)
                if len(chosen) >= max(2, size // 3):
                    break
            chosen.update(draw.sample(sorted(articles.keys() - chosen), size - len(chosen)))
            answered = [case for case in asked if case.answering & chosen]
            others = [case for case in asked if not naming[case.group, case.question] & chosen]
            put = [(case, True) for case in answered]
            put += [(case, False) for case in draw.sample(others, min(OTHERS, len(others)))]
            yield Part(
                [articles[name] for name in sorted(chosen)],
                [replace(case, index=f"of {size}", answerable=known) for case, known in put],
            )


def judge_parts(
    found: Sequence[Case], whole: Medquad, work: Path, encoder: Encoder
) -> list[Judged]:
    """Index each part under `work` and gather the evidence of its cases."""
    judged: list[Judged] = []
    for number, part in enumerate(parts(found, whole)):
        source, index = work / f"part-{number}.jsonl", work / f"part-{number}"
        write_articles(source, part.articles)
        update_index(source, index, encoder, keep=1)
        searcher = Searcher(open_snapshot(index))
        judged += judge(part.cases, whole, {part.cases[0].index: searcher}, encoder)
    return judged
