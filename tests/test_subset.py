"""A dataset cut down keeps what its queries are judged by."""

import json
from pathlib import Path

from bench.subset import cut
from service.evaluation.dataset import read_dataset


def test_judged_documents_stay_and_some_others(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    (whole / "qrels").mkdir(parents=True)
    corpus = [{"_id": f"d{n}", "title": "", "text": f"text {n}"} for n in range(10)]
    (whole / "corpus.jsonl").write_text("".join(json.dumps(one) + "\n" for one in corpus))
    queries = [{"_id": f"q{n}", "text": f"question {n}"} for n in range(4)]
    (whole / "queries.jsonl").write_text("".join(json.dumps(one) + "\n" for one in queries))
    judged = "".join(f"q{n}\td{n}\t{n % 2 + 1}\n" for n in range(4))
    (whole / "qrels" / "dev.tsv").write_text("query\tdocument\tgrade\n" + judged)
    part = cut(read_dataset(whole), tmp_path / "part", every=2, other=4)
    assert part.queries == {"q0": "question 0", "q2": "question 2"}
    assert part.qrels == {"q0": {"d0": 1}, "q2": {"d2": 1}}
    kept = [json.loads(line)["_id"] for line in part.corpus.read_text().splitlines()]
    assert kept == ["d0", "d2", "d3", "d7"]
