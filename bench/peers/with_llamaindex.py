"""LlamaIndex: its vector index and BM25 retriever, fused by reciprocal rank."""

from collections.abc import Sequence
from importlib.metadata import version

from llama_index.core import Document as LlamaDocument
from llama_index.core import Settings, VectorStoreIndex
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.retrievers.bm25 import BM25Retriever

from bench.peers.harness import Ask, Document, first_k, run


def build(documents: Sequence[Document], model: str) -> Ask:
    """Index documents in chunks that fit the model's window; search both ways."""
    Settings.embed_model = HuggingFaceEmbedding(model_name=model)
    Settings.llm = MockLLM()
    Settings.node_parser = SentenceSplitter(chunk_size=256, chunk_overlap=20)
    nodes = Settings.node_parser.get_nodes_from_documents(
        [
            LlamaDocument(
                text=f"{each['title']}\n{each['text']}",
                metadata={"name": each["_id"]},
                excluded_embed_metadata_keys=["name"],
                excluded_llm_metadata_keys=["name"],
            )
            for each in documents
        ]
    )
    dense = VectorStoreIndex(nodes).as_retriever(similarity_top_k=30)
    lexical = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=30)
    both = QueryFusionRetriever(
        [dense, lexical],
        similarity_top_k=30,
        num_queries=1,
        mode="reciprocal_rerank",
        use_async=False,
    )

    def ask(question: str, k: int) -> list[str]:
        return first_k([hit.node.metadata["name"] for hit in both.retrieve(question)], k)

    return ask


run(
    build,
    name="LlamaIndex",
    version=version("llama-index-core"),
    settings="chunks of 256 tokens, BM25 + vectors, reciprocal rank fusion",
)
