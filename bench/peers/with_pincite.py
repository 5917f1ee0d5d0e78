"""Pincite, in the peers' task: documents through ingest as they come, the ids of what is found."""

import json
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from bench.peers.harness import Ask, Document, first_k, run
from index.batched_encoder import BatchedEncoder
from index.encoder import Encoder, fits
from index.focus import condensed
from index.runtimes import open_encoder
from index.search import Searcher
from index.snapshot import open_snapshot
from ingest.pipeline import update_index
from service.answers import HITS, Answers
from service.settings import Settings

WHOLE = "--answers" in sys.argv
"""Whether each question gets its whole answer: silence, proof, labels and all."""


def build(documents: Sequence[Document], model: str) -> Ask:
    """Read, clean, cut and index a collection file that holds the documents."""
    folder = Path(tempfile.mkdtemp())
    corpus, index = folder / "corpus", folder / "index"
    corpus.mkdir()
    lines = (json.dumps(each) for each in documents)
    (corpus / "documents.jsonl").write_text("\n".join(lines), "utf-8")
    encoder = open_encoder(model)
    update_index(corpus, index, encoder)
    return _answers(corpus, index, encoder) if WHOLE else _search(index, encoder)


def _answers(corpus: Path, index: Path, encoder: Encoder) -> Ask:
    """Ask the desk of the service; where it is silent, the ranking is empty."""
    settings = Settings(_env_file=None, corpus=corpus, index=index)  # type: ignore[call-arg]
    desk = Answers(settings, encoder)

    def ask(question: str, k: int) -> list[str]:
        given = desk.ask(question, k).passages
        return first_k([_document(each.article.article_id) for each in given], k)

    return ask


def _search(index: Path, encoder: Encoder) -> Ask:
    """Ask as the desk does up to where it has its hits: questions that come together share a
    batch of the encoder.
    """
    searcher, batched = Searcher(open_snapshot(index)), BatchedEncoder(encoder)

    def fitting(text: str) -> bool:
        return fits(encoder, text)

    def ask(question: str, k: int) -> list[str]:
        query = searcher.worded(condensed(question, fitting), fitting)
        hits = searcher.find(question, batched.vector(query), HITS).hits
        return first_k([_document(hit.passage.article_id) for hit in hits], k)

    return ask


def _document(article_id: str) -> str:
    return article_id.partition("/")[2]


run(
    build,
    name="Pincite, whole answers" if WHOLE else "Pincite",
    version=version("pincite"),
    settings="as it comes",
)
