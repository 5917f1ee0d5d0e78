"""A dataset cut down to what a quick run can encode."""

import json
from pathlib import Path

from service.evaluation.dataset import Dataset, read_dataset


def cut(dataset: Dataset, folder: Path, *, every: int, other: int, relevant: int = 1) -> Dataset:
    """Write a part of `dataset` into `folder`, which is made, and read it back.

    It has each `every`-th query, all documents that are judged for one of these, and each
    `other`-th of the corpus; `relevant` is the grade from which a document answers. The corpus is
    not compressed.
    """
    queries = dict(list(dataset.queries.items())[::every])
    judged = {document for query in queries for document in dataset.qrels[query]}
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    with dataset.corpus.open() as source, (folder / "corpus.jsonl").open("w") as target:
        for number, line in enumerate(source):
            if json.loads(line)["_id"] in judged or number % other == other - 1:
                target.write(line)
    (folder / "queries.jsonl").write_text(
        "".join(json.dumps({"_id": query, "text": queries[query]}) + "\n" for query in queries)
    )
    (folder / "qrels" / "gate.tsv").write_text(
        "".join(
            f"{query}\t{document}\t{grade}\n"
            for query in queries
            for document, grade in dataset.qrels[query].items()
        )
    )
    return read_dataset(folder, relevant=relevant)
