"""Chroma: dense search alone, which is what its local client offers."""

from collections.abc import Sequence
from importlib.metadata import version

import chromadb
from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction

from bench.peers.harness import Ask, Document, run

BATCH = 256


def build(documents: Sequence[Document], model: str) -> Ask:
    """Index each document as one text."""
    client = chromadb.EphemeralClient(chromadb.Settings(anonymized_telemetry=False))
    collection = client.create_collection(
        "documents",
        embedding_function=SentenceTransformerEmbeddingFunction(model_name=model),
        configuration={"hnsw": {"space": "cosine"}},
    )
    for start in range(0, len(documents), BATCH):
        batch = documents[start : start + BATCH]
        collection.add(
            ids=[each["_id"] for each in batch],
            documents=[f"{each['title']}\n{each['text']}" for each in batch],
        )

    def ask(question: str, k: int) -> list[str]:
        return list(collection.query(query_texts=[question], n_results=k)["ids"][0])

    return ask


run(build, name="Chroma", version=version("chromadb"), settings="cosine HNSW, in memory")
