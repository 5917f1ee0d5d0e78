"""Vectors are kept by the text and the encoder, and only what is new is encoded."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bench.vector_cache import RememberingEncoder, remembering
from index.encoder import PROBE, DeterministicEncoder, OnBatch, arithmetic
from index.records import EncoderRecord
from ingest.pipeline import update_index


class _Counting(DeterministicEncoder):
    def __init__(self, name: str, runtime: str = "deterministic") -> None:
        super().__init__()
        self.asked: list[str] = []
        self.name = name
        self._runtime = runtime

    @property
    def runtime(self) -> str:
        return self._runtime

    @property
    def record(self) -> EncoderRecord:
        kept = super().record
        return EncoderRecord(kept.name, kept.dimension, kept.max_tokens, self.name)

    def encode(
        self, texts: Sequence[str], *, on_batch: OnBatch | None = None
    ) -> "np.typing.NDArray[np.float32]":
        self.asked += [text for text in texts if text != PROBE]
        return super().encode(texts, on_batch=on_batch)


def test_only_new_texts_are_encoded_and_all_come_back_in_order(tmp_path: Path) -> None:
    plain = _Counting("one")
    file = tmp_path / "kept" / "vectors.db"
    done: list[int] = []
    first = RememberingEncoder(plain, file).encode(["a cramp", "a twitch"])
    again = RememberingEncoder(plain, file).encode(
        ["a twitch", "salt", "a cramp"], on_batch=done.append
    )
    assert plain.asked == ["a cramp", "a twitch", "salt"]
    assert sum(done) == 3
    assert np.array_equal(again[[2, 0]], first)
    assert np.array_equal(again, DeterministicEncoder().encode(["a twitch", "salt", "a cramp"]))


def test_another_encoder_has_its_own_vectors(tmp_path: Path) -> None:
    encoders = [_Counting("one"), _Counting("other"), _Counting("one", "openvino int8")]
    for encoder in encoders:
        RememberingEncoder(encoder, tmp_path / "vectors.db").encode(["a cramp"])
    assert [encoder.asked for encoder in encoders] == [["a cramp"]] * 3


@pytest.mark.slow
def test_what_is_made_is_kept_by_the_way_it_was_computed(tmp_path: Path) -> None:
    encoder, folder = remembering(tmp_path)
    assert folder == tmp_path / arithmetic(encoder)
    encoder.encode(["a cramp"])
    assert [path.name for path in tmp_path.rglob("*.db")] == ["vectors.db"]
    assert (folder / "vectors.db").is_file()


def test_an_index_is_encoded_in_another_thread(tmp_path: Path) -> None:
    plain = _Counting("one")
    encoder = RememberingEncoder(plain, tmp_path / "vectors.db")
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "cramp.md").write_text("# Cramp\n\nA cramp ends within minutes.\n")
    for name in ("first", "second"):
        assert update_index(tmp_path / "articles", tmp_path / name, encoder).passages == 1
    assert len(plain.asked) == 1
