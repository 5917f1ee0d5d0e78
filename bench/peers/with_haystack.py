"""Haystack: BM25 and vectors in its in-memory store, joined by reciprocal rank fusion."""

from collections.abc import Sequence
from importlib.metadata import version

from haystack import Document as HaystackDocument
from haystack import Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.retrievers.in_memory import (
    InMemoryBM25Retriever,
    InMemoryEmbeddingRetriever,
)
from haystack.components.writers import DocumentWriter
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

from bench.peers.harness import Ask, Document, first_k, run


def build(documents: Sequence[Document], model: str) -> Ask:
    """Index documents in chunks of 150 words, as the splitter's examples do; search both ways."""
    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    indexing = Pipeline()
    indexing.add_component("split", DocumentSplitter(split_by="word", split_length=150))
    indexing.add_component(
        "embed",
        SentenceTransformersDocumentEmbedder(
            model=model, meta_fields_to_embed=["title"], progress_bar=False
        ),
    )
    indexing.add_component("write", DocumentWriter(document_store=store))
    indexing.connect("split", "embed")
    indexing.connect("embed", "write")
    indexing.run(
        {
            "split": {
                "documents": [
                    HaystackDocument(
                        content=f"{each['title']}\n{each['text']}",
                        meta={"name": each["_id"], "title": each["title"]},
                    )
                    for each in documents
                ]
            }
        }
    )
    asking = Pipeline()
    asking.add_component("embed", SentenceTransformersTextEmbedder(model=model, progress_bar=False))
    asking.add_component("dense", InMemoryEmbeddingRetriever(store, top_k=30))
    asking.add_component("lexical", InMemoryBM25Retriever(store, top_k=30))
    asking.add_component("join", DocumentJoiner(join_mode="reciprocal_rank_fusion"))
    asking.connect("embed.embedding", "dense.query_embedding")
    asking.connect("dense", "join")
    asking.connect("lexical", "join")

    def ask(question: str, k: int) -> list[str]:
        found = asking.run({"embed": {"text": question}, "lexical": {"query": question}})
        return first_k([hit.meta["name"] for hit in found["join"]["documents"]], k)

    return ask


run(
    build,
    name="Haystack",
    version=version("haystack-ai"),
    settings="chunks of 150 words, BM25 + vectors, reciprocal rank fusion",
)
