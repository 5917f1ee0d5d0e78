"""Floors under what the search finds, on development data of others that is read in place.

Each floor lies a little below what was measured (docs/retrieval.md); it goes down only on purpose.
The corpora are cut to the judged documents of the chosen queries and every n-th other one, so that
they are encoded in about a minute.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from index.encoder import Encoder, open_encoder
from index.search import Searcher
from index.snapshot import open_snapshot
from ingest.pipeline import update_index
from service.dataset import Dataset, read_dataset
from service.evaluate import evaluate

EVALUATION = Path(__file__).resolve().parents[2] / "shared" / "eval"

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Floor:
    """A subset: each `every`-th query and `other`-th unjudged document; what must be reached."""

    folder: str
    qrels: str
    relevant: int
    every: int
    other: int
    sha256: str
    ndcg: float
    gain: float


FLOORS = [
    Floor("scifact", "dev", 1, 4, 20, "f1104719563719ec", 0.889, 0.004),
    Floor("mediqa_qa", "train_liveqa", 3, 1, 10**9, "bad874263c083124", 0.885, 0.035),
    Floor("med1033", "dev", 1, 1, 1, "25912cf0ce75c0a5", 0.81, 0.02),
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_encoder()


def subset(floor: Floor, folder: Path) -> Dataset:
    """Write the subset into `folder`, and read it back."""
    whole = read_dataset(EVALUATION / floor.folder, floor.qrels, floor.relevant)
    queries = dict(list(whole.queries.items())[:: floor.every])
    judged = {document for query in queries for document in whole.qrels[query]}
    (folder / "qrels").mkdir(parents=True)
    with whole.corpus.open() as source, (folder / "corpus.jsonl").open("w") as target:
        for number, line in enumerate(source):
            if json.loads(line)["_id"] in judged or number % floor.other == floor.other - 1:
                target.write(line)
    (folder / "queries.jsonl").write_text(
        "".join(json.dumps({"_id": query, "text": queries[query]}) + "\n" for query in queries)
    )
    (folder / "qrels" / "gate.tsv").write_text(
        "".join(
            f"{query}\t{document}\t{grade}\n"
            for query in queries
            for document, grade in whole.qrels[query].items()
        )
    )
    return read_dataset(folder, relevant=floor.relevant)


@pytest.mark.parametrize("floor", FLOORS, ids=lambda floor: floor.folder)
def test_the_pipeline_finds_what_it_found(floor: Floor, encoder: Encoder, tmp_path: Path) -> None:
    if not (EVALUATION / floor.folder).is_dir():
        pytest.skip(f"{EVALUATION / floor.folder} is not there")
    folder = tmp_path / floor.folder
    dataset = subset(floor, folder)
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.*")):
        digest.update(path.read_bytes())
    assert digest.hexdigest()[:16] == floor.sha256, "the data is not that of the floors"
    update_index(dataset.corpus, tmp_path / "index", encoder)
    searcher = Searcher(open_snapshot(tmp_path / "index"))
    found = evaluate(dataset, searcher, encoder, relevant=floor.relevant, worst=0)
    pipeline = next(r for r in found.results if r.configuration == "pipeline")
    assert pipeline.measures["nDCG@10"].mean >= floor.ndcg
    # Over plain fusion, query by query.
    assert pipeline.gain.mean >= floor.gain
