"""What waits for a process is encoded together, in order, and each has its own vector."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from index.batched_encoder import BatchedEncoder
from index.encoder import DeterministicEncoder, OnBatch
from index.errors import EncoderError
from service.processes.ahead import AT_ONCE, Ahead
from tests.service_fixtures import wait_until


class Noted(DeterministicEncoder):
    """An encoder that notes its batches."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[str]] = []

    def encode(
        self, texts: Sequence[str], *, on_batch: OnBatch | None = None
    ) -> NDArray[np.float32]:
        """Encode, and note what."""
        self.batches.append(list(texts))
        return super().encode(texts, on_batch=on_batch)


def test_who_comes_while_enough_wait_is_encoded_with_the_next() -> None:
    encoder = Noted()
    ahead = Ahead(BatchedEncoder(encoder), 1)
    texts = [f"question {number}" for number in range(AT_ONCE + 2)]
    found: dict[str, NDArray[np.float32]] = {}

    def wait_with(text: str) -> None:
        with ahead.encoded(text) as vector:
            found[text] = vector

    with ThreadPoolExecutor(len(texts)) as threads:
        with ahead.encoded("first"):
            asked = []
            for text in texts:
                asked.append(threads.submit(wait_with, text))
                wait_until(lambda: len(ahead._waiting) == len(asked))
            assert encoder.batches == [["first"]]
        for each in asked:
            each.result(10)
    assert encoder.batches[1] == texts[:AT_ONCE]
    assert sorted(text for batch in encoder.batches[2:] for text in batch) == texts[AT_ONCE:]
    plain = DeterministicEncoder().encode(texts)
    for text, vector in zip(texts, plain, strict=True):
        assert np.array_equal(found[text], vector)
    assert ahead._ahead == 0


def test_what_a_process_needs_is_encoded_with_some_that_wait() -> None:
    encoder = Noted()
    ahead = Ahead(BatchedEncoder(encoder), 1)
    wanted = ["less one word", "less another"]

    def vector_of(text: str) -> NDArray[np.float32]:
        with ahead.encoded(text) as vector:
            return vector

    with ThreadPoolExecutor(3) as threads:
        with ahead.encoded("first"):
            asked = [threads.submit(vector_of, text) for text in ("calf", "night", "toes")]
            wait_until(lambda: len(ahead._waiting) == 3)
            waiting = [turn.text for turn in ahead._waiting]
            found = ahead.vectors(wanted)
            assert encoder.batches[1] == wanted + waiting[: AT_ONCE - 2]
            wait_until(lambda: sum(each.done() for each in asked) == AT_ONCE - 2)
        expected = DeterministicEncoder().encode([*wanted, "calf", "night", "toes"])
        given = [*found, *(each.result(10) for each in asked)]
    assert np.array_equal(np.array(given), expected)
    assert encoder.batches[2:] == [waiting[AT_ONCE - 2 :]]
    assert ahead._ahead == 0
    with pytest.raises(EncoderError, match="300 word pieces"):
        ahead.vectors(["calf", "word " * 300])


def test_one_that_cannot_be_encoded_fails_alone() -> None:
    ahead = Ahead(BatchedEncoder(DeterministicEncoder()), 1)
    long = "word " * 300
    ready = threading.Barrier(3, timeout=10)

    def vector_of(text: str) -> NDArray[np.float32]:
        ready.wait()
        with ahead.encoded(text) as vector:
            return vector

    with ThreadPoolExecutor(3) as threads:
        with ahead.encoded("first"):
            asked = [threads.submit(vector_of, text) for text in ("calf", long, "night")]
            wait_until(lambda: len(ahead._waiting) == 3)
        calf, failed, night = asked
        expected = DeterministicEncoder().encode(["calf", "night"])
        assert np.array_equal(calf.result(10), expected[0])
        assert np.array_equal(night.result(10), expected[1])
        with pytest.raises(EncoderError, match="300 word pieces"):
            failed.result(10)
    assert ahead._ahead == 0
    with ahead.encoded("again") as vector:
        assert vector.shape == (64,)
