"""txtai: a hybrid index (its own BM25 beside FAISS), as its documentation recommends."""

from collections.abc import Sequence
from importlib.metadata import version

from txtai import Embeddings

from bench.peers.harness import Ask, Document, run


def build(documents: Sequence[Document], model: str) -> Ask:
    """Index each document as one text."""
    embeddings = Embeddings(path=model, hybrid=True)
    embeddings.index((each["_id"], f"{each['title']}\n{each['text']}", None) for each in documents)

    def ask(question: str, k: int) -> list[str]:
        return [name for name, _ in embeddings.search(question, k)]

    return ask


run(build, name="txtai", version=version("txtai"), settings="hybrid=True")
