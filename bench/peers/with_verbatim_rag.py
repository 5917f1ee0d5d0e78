"""verbatim-rag: its index alone, over Milvus Lite.

Its sparse encoder and its extractor are models of their own, and its answers ask a language model;
none of them is part of this comparison. What is measured is what finds the documents, with the same
vectors as everybody else.
"""

import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from verbatim_rag import VerbatimIndex
from verbatim_rag.embedding_providers import SentenceTransformersProvider
from verbatim_rag.schema import DocumentSchema
from verbatim_rag.vector_stores import LocalMilvusStore

from bench.peers.harness import Ask, Document, first_k, run


def build(documents: Sequence[Document], model: str) -> Ask:
    """Index documents by its own chunker, vectors only."""
    store = LocalMilvusStore(
        db_path=str(Path(tempfile.mkdtemp()) / "index.db"), enable_dense=True, enable_sparse=False
    )
    index = VerbatimIndex(
        vector_store=store, dense_provider=SentenceTransformersProvider(model_name=model)
    )
    index.add_documents_bulk(
        DocumentSchema(id=each["_id"], title=each["title"], source=each["_id"],
                       content=f"# {each['title']}\n\n{each['text']}")
        for each in documents
    )  # fmt: skip

    def ask(question: str, k: int) -> list[str]:
        hits = index.query(question, k=30)
        return first_k([hit.metadata["source"] for hit in hits], k)

    return ask


run(
    build,
    name="verbatim-rag (its index)",
    version=version("verbatim-rag"),
    settings="its Markdown chunks, Milvus Lite, vectors",
)
