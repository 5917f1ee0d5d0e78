"""Texts that come together: the same vectors as alone, each once, failures where they belong."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from index.batched_encoder import TOGETHER, BatchedEncoder
from index.encoder import DeterministicEncoder, OnBatch
from index.errors import EncoderError


class Gated(DeterministicEncoder):
    """Notes its batches; holds the first until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[str]] = []
        self.began = threading.Event()
        self.go_on = threading.Event()

    def encode(
        self, texts: Sequence[str], *, on_batch: OnBatch | None = None
    ) -> NDArray[np.float32]:
        self.batches.append(list(texts))
        self.began.set()
        assert self.go_on.wait(10)
        if "broken" in texts:
            raise RuntimeError("broken")
        return super().encode(texts, on_batch=on_batch)


def waiting(encoder: BatchedEncoder, number: int) -> None:
    """Return when `number` turns wait for the batch under way."""
    pause = threading.Event()
    for _ in range(1000):
        if len(encoder._waiting) == number:
            return
        pause.wait(0.01)
    raise AssertionError(len(encoder._waiting))


def together(encoder: BatchedEncoder, gate: Gated, texts: Sequence[str]) -> list[object]:
    """Ask for all `texts` while a first one is held; return their vectors or their failures."""

    def asked(text: str) -> object:
        try:
            return encoder.vector(text)
        except (EncoderError, RuntimeError) as error:
            return error

    with ThreadPoolExecutor(len(texts) + 1) as pool:
        first = pool.submit(asked, "first")
        assert gate.began.wait(10)
        rest = [pool.submit(asked, text) for text in texts]
        waiting(encoder, len(set(texts)))
        gate.go_on.set()
        return [future.result(10) for future in (first, *rest)]


def test_one_alone_is_encoded_at_once() -> None:
    gate = Gated()
    gate.go_on.set()
    vector = BatchedEncoder(gate).vector("calf cramp")
    assert np.array_equal(vector, DeterministicEncoder().encode(["calf cramp"])[0])
    assert gate.batches == [["calf cramp"]]


def test_what_comes_meanwhile_is_one_batch_with_the_vectors_of_each_alone() -> None:
    gate = Gated()
    encoder = BatchedEncoder(gate)
    texts = [f"question {number}" for number in range(9)]
    found = together(encoder, gate, texts)
    assert [len(batch) for batch in gate.batches] == [1, 9]
    assert np.array_equal(np.array(found), DeterministicEncoder().encode(["first", *texts]))
    assert not encoder._led
    assert not encoder._under_way


def test_a_crowd_is_parted_into_batches() -> None:
    gate = Gated()
    found = together(
        BatchedEncoder(gate), gate, [f"q{number}" for number in range(2 * TOGETHER + 1)]
    )
    assert [len(batch) for batch in gate.batches] == [1, TOGETHER, TOGETHER, 1]
    assert len(found) == 2 * TOGETHER + 2


def test_several_texts_of_one_are_one_batch_and_each_once() -> None:
    gate = Gated()
    encoder = BatchedEncoder(gate)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(encoder.vectors, ["first", "first"])
        assert gate.began.wait(10)
        # Of these, one is under way in another's batch and waits for it after leading its own.
        rest = pool.submit(encoder.vectors, ["first", "second", "third", "second"])
        waiting(encoder, 2)
        gate.go_on.set()
        found = [*first.result(10), *rest.result(10)]
    assert gate.batches == [["first"], ["second", "third"]]
    texts = ["first", "first", "first", "second", "third", "second"]
    assert np.array_equal(np.array(found), DeterministicEncoder().encode(texts))
    assert encoder.vectors([]) == []


def test_several_texts_of_many_at_a_time_all_come_to_an_end() -> None:
    encoder = BatchedEncoder(DeterministicEncoder(), kept=0)
    alone = DeterministicEncoder().encode([f"q{number}" for number in range(40)])

    def asked(first: int) -> bool:
        numbers = [(first + step * 7) % 40 for step in range(20)]
        found = encoder.vectors([f"q{number}" for number in numbers])
        return np.array_equal(np.array(found), alone[numbers])

    with ThreadPoolExecutor(8) as pool:
        assert all(future.result(10) for future in [pool.submit(asked, n) for n in range(80)])
    assert not encoder._led
    assert not encoder._under_way


def test_the_same_text_twice_at_a_time_is_encoded_once() -> None:
    gate = Gated()
    found = together(BatchedEncoder(gate), gate, ["same", "same", "same"])
    assert gate.batches == [["first"], ["same"]]
    assert found[1] is found[2] is found[3]


def test_a_failure_is_that_of_the_one_who_asked() -> None:
    gate = Gated()
    encoder = BatchedEncoder(gate)
    long = "word " * 300
    found = together(encoder, gate, ["one", long, "broken", "two"])
    alone = DeterministicEncoder()
    assert isinstance(found[2], EncoderError)
    assert isinstance(found[3], RuntimeError)
    assert np.array_equal(found[1], alone.encode(["one"])[0])  # type: ignore[arg-type]
    assert np.array_equal(found[4], alone.encode(["two"])[0])  # type: ignore[arg-type]
    assert np.array_equal(encoder.vector("three"), alone.encode(["three"])[0])


def test_vectors_are_kept_without_their_text_and_forgotten_when_told() -> None:
    gate = Gated()
    gate.go_on.set()
    encoder = BatchedEncoder(gate, kept=2)
    first = encoder.vector("rash")
    assert encoder.vector("rash") is first
    assert gate.batches == [["rash"]]
    assert not first.flags.writeable
    assert first.base is None
    assert all(isinstance(name, bytes) and len(name) == 16 for name in encoder._kept)
    other = BatchedEncoder(gate)
    other.vector("rash")
    assert set(other._kept) != set(encoder._kept)
    encoder.vector("two")
    encoder.vector("three")
    assert len(encoder._kept) == 2
    encoder.forget()
    encoder.vector("three")
    assert gate.batches[-2:] == [["three"], ["three"]]


@pytest.mark.parametrize("texts", [1, 2, 20, 40])
def test_an_interrupted_leader_leaves_nobody_waiting(texts: int) -> None:
    class Interrupted(DeterministicEncoder):
        def encode(
            self, texts: Sequence[str], *, on_batch: OnBatch | None = None
        ) -> NDArray[np.float32]:
            super().encode(texts, on_batch=on_batch)
            raise KeyboardInterrupt

    encoder = BatchedEncoder(Interrupted())
    with pytest.raises(KeyboardInterrupt):
        encoder.vectors([f"text {number}" for number in range(texts)])
    assert not encoder._led
    assert not encoder._waiting
    assert not encoder._under_way


def test_many_threads_get_their_own_vectors() -> None:
    alone = DeterministicEncoder()
    encoder = BatchedEncoder(alone, kept=8)
    texts = [f"question number {number % 40}" for number in range(400)]
    with ThreadPoolExecutor(32) as pool:
        found = list(pool.map(encoder.vector, texts))
    assert np.array_equal(np.array(found), alone.encode(texts))
    assert not encoder._led
    assert not encoder._waiting
    assert not encoder._under_way
