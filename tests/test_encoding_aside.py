"""Encoding while others read: each different text once, in order, in windows, and it can stop."""

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index.encoder import DeterministicEncoder, OnBatch
from ingest import encoding_aside
from ingest.encoding_aside import EncodingAside, digest


class Noting(DeterministicEncoder):
    """Notes how many texts come at once; fails at the text "broken"."""

    def __init__(self) -> None:
        super().__init__()
        self.windows: list[int] = []
        self.threads: set[str] = set()
        self.go_on = threading.Event()
        self.go_on.set()

    def encode(
        self, texts: Sequence[str], *, on_batch: OnBatch | None = None
    ) -> NDArray[np.float32]:
        self.windows.append(len(texts))
        self.threads.add(threading.current_thread().name)
        assert self.go_on.wait(30)
        if "broken" in texts:
            raise RuntimeError("broken")
        return super().encode(texts, on_batch=on_batch)


def nothing(_done: int, _wanted: int) -> None:
    """Take no notice."""


def test_each_different_text_is_encoded_once_in_another_thread(tmp_path: Path) -> None:
    encoder = Noting()
    told: list[tuple[int, int]] = []
    known = {digest("known"): 7}
    with EncodingAside(
        encoder, tmp_path / "v", known, lambda done, wanted: told.append((done, wanted))
    ) as aside:
        aside.add(["one", "known", "two"])
        aside.add(["two", "three"])
        vectors = aside.finish()
        assert aside.wanted == 3
        assert np.array_equal(vectors, DeterministicEncoder().encode(["one", "two", "three"]))
        assert [aside.place(text) for text in ("one", "known", "two", "three")] == [0, -8, 1, 2]
    assert encoder.threads == {"encode"}
    assert told[-1] == (3, 3)


def test_nothing_to_encode_starts_no_thread(tmp_path: Path) -> None:
    encoder = Noting()
    with EncodingAside(encoder, tmp_path / "v", {digest("known"): 0}, nothing) as aside:
        aside.add(["known"])
        aside.add([])
        assert aside.finish().shape == (0, 64)
    assert encoder.windows == []
    assert list(tmp_path.iterdir()) == []


def test_texts_come_in_windows_and_wait_for_the_encoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"AHEAD": 20, "WINDOW": 16, "LEAST": 8}.items():
        monkeypatch.setattr(encoding_aside, name, value)
    encoder = Noting()
    encoder.go_on.clear()
    added: list[int] = []
    texts = [f"passage {number}" for number in range(100)]
    with EncodingAside(encoder, tmp_path / "v", {}, nothing) as aside:

        def read() -> None:
            for number, text in enumerate(texts):
                aside.add([text])
                added.append(number)

        reader = threading.Thread(target=read)
        reader.start()
        reader.join(2)
        # The encoder holds one window, and no more than `AHEAD` wait.
        assert reader.is_alive()
        assert len(added) <= 16 + 20 + 1
        encoder.go_on.set()
        reader.join(30)
        vectors = aside.finish()
    assert np.array_equal(vectors, DeterministicEncoder().encode(texts))
    assert max(encoder.windows) <= 16
    assert min(encoder.windows[:-1]) >= 8


def test_what_the_encoder_raises_is_raised_where_texts_are_added(tmp_path: Path) -> None:
    with EncodingAside(Noting(), tmp_path / "v", {}, nothing) as aside:
        aside.add(["fine", "broken"])
        with pytest.raises(RuntimeError, match="broken"):
            aside.finish()


def test_leaving_early_stops_the_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoding_aside, "LEAST", 1)
    encoder = Noting()

    def interrupted() -> None:
        with EncodingAside(encoder, tmp_path / "v", {}, nothing) as aside:
            aside.add(["one"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert "encode" not in [thread.name for thread in threading.enumerate()]
