"""Floors under what the search finds, on development data of others that is read in place.

Each floor lies a little below what was measured (docs/speed.md, "8-bit"); it goes down only on
purpose. The corpora are cut to the judged documents of the chosen queries and every n-th other one,
so that they are encoded in about a minute.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.subset import cut
from index.encoder import Encoder
from index.runtimes import open_encoder
from index.search import Searcher
from index.snapshot import open_snapshot
from ingest.pipeline import update_index
from service.evaluation.dataset import read_dataset
from service.evaluation.evaluate import evaluate

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
    Floor("scifact", "dev", 1, 4, 20, "f1104719563719ec", 0.893, 0.004),
    Floor("mediqa_qa", "train_liveqa", 3, 1, 10**9, "bad874263c083124", 0.918, 0.036),
    Floor("med1033", "dev", 1, 1, 1, "25912cf0ce75c0a5", 0.827, 0.03),
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_encoder()


@pytest.mark.parametrize("floor", FLOORS, ids=lambda floor: floor.folder)
def test_the_pipeline_finds_what_it_found(floor: Floor, encoder: Encoder, tmp_path: Path) -> None:
    if not (EVALUATION / floor.folder).is_dir():
        pytest.skip(f"{EVALUATION / floor.folder} is not there")
    folder = tmp_path / floor.folder
    whole = read_dataset(EVALUATION / floor.folder, floor.qrels, floor.relevant)
    dataset = cut(whole, folder, every=floor.every, other=floor.other, relevant=floor.relevant)
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
