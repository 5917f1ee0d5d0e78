"""Reranking by a real cross-encoder, small and of random weights: order, budget, what is refused.

What a trained one does for quality is not measured here: none comes with the packages we use.
"""

import importlib
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from index.encoder import DeterministicEncoder
from index.errors import EncoderError
from index.rerank import BATCH, Reranker
from service.answers import Answers
from tests.service_fixtures import build, settings_in, write_corpus

TEXTS = [f"calf cramp and salt {'water ' * number}" for number in range(10)]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "calf", "cramp", "and", "salt", "water", "night"]


def small(folder: Path, labels: int = 1) -> Path:
    import torch

    transformers: Any = importlib.import_module("transformers")

    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    torch.manual_seed(7)
    config = transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        num_labels=labels,
        initializer_range=1.0,
    )
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    transformers.BertTokenizerFast(vocab={w: i for i, w in enumerate(WORDS)}).save_pretrained(
        folder
    )
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small(tmp_path_factory.mktemp("rerank") / "model")


def ticking(seconds: float) -> Iterator[float]:
    return (seconds * number for number in count())


def test_within_the_budget_all_are_ordered_by_score(model: Path) -> None:
    reranker = Reranker(str(model), 60_000)
    order, read = reranker.order("calf cramp", TEXTS)
    scores = [float(reranker._scores("calf cramp", [text])[0]) for text in TEXTS]
    assert read == len(TEXTS)
    assert len({round(score, 5) for score in scores}) > 5
    ordered = [scores[place] for place in order]
    assert ordered == pytest.approx(sorted(scores, reverse=True), abs=1e-5)
    assert order != list(range(len(TEXTS)))
    assert reranker.order("calf cramp", TEXTS) == (order, read)
    assert Reranker(str(model), 60_000).order("calf cramp", TEXTS) == (order, read)


@pytest.mark.parametrize(("budget", "read"), [(1, BATCH), (200, 2 * BATCH), (10_000, 10)])
def test_what_is_beyond_the_budget_keeps_its_order(model: Path, budget: float, read: int) -> None:
    ticks = ticking(0.1)  # a batch takes a tenth of a second
    order, done = Reranker(str(model), budget, clock=lambda: next(ticks)).order("calf", TEXTS)
    assert done == read
    assert sorted(order[:read]) == list(range(read))
    assert order[read:] == list(range(read, len(TEXTS)))


def test_equal_passages_stay_in_order_and_none_is_nothing(model: Path) -> None:
    reranker = Reranker(str(model), 1000)
    assert reranker.order("calf", ["salt water"] * 3) == ([0, 1, 2], 3)
    assert reranker.order("calf", []) == ([], 0)


def test_what_is_no_cross_encoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="no folder"):
        Reranker(str(tmp_path / "absent"), 100)
    (tmp_path / "empty").mkdir()
    with pytest.raises(EncoderError):
        Reranker(str(tmp_path / "empty"), 100)
    with pytest.raises(EncoderError, match="gives 3 scores"):
        Reranker(str(small(tmp_path / "three", labels=3)), 100)


def test_an_answer_is_ordered_by_it_and_names_it(tmp_path: Path, model: Path) -> None:
    home = tmp_path
    write_corpus(home / "corpus")
    build(settings_in(home))
    plain = Answers(settings_in(home, answer_threshold=1e-9), DeterministicEncoder())
    settings = settings_in(
        home, answer_threshold=1e-9, reranker=str(model), rerank_ms=60_000, answer_passages=20
    )
    answers = Answers(settings, DeterministicEncoder())
    found = answers.ask("calf cramp at night", 20)
    assert found.settings.reranker == model.name
    assert found.settings.reranked >= len(found.passages) > 1
    reranker = Reranker(str(model), 60_000)
    scores = [float(reranker._scores("calf cramp at night", [p.text])[0]) for p in found.passages]
    assert scores == pytest.approx(sorted(scores, reverse=True), abs=1e-5)
    without = plain.ask("calf cramp at night", 20)
    assert (without.settings.reranker, without.settings.reranked) == (None, 0)
