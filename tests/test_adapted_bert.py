"""A BERT by NumPy is the reference's; an adapter is what merged weights would be."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file
from scipy.special import ndtr
from transformers import AutoModel

from index.adapted_bert import AT_ONCE, PARTS, AdaptedBert, Adapter, _mapped, gelu
from index.encoder import SentenceTransformerEncoder
from index.errors import EncoderError
from index.runtimes import open_encoder
from index.weights import DEFAULT_ENCODER, locate

FOLDER = locate(DEFAULT_ENCODER)
NOTHING = Adapter(FOLDER.fingerprint, {}, {})
TEXTS = [
    "a bruised \ufb01nger and a sti\ufb00 jaw",
    "",
    "Cramp",
    "Why does my calf cramp at night, and what helps?",
    "¿Por qué tengo calambres? Ménière's, naïve, ﬁbre, 筋肉のけいれん 🦵",
    "a lone \ud83e surrogate",
    "The muscle tightens without warning. " * 30,
]


def _vector(bert: AdaptedBert, text: str) -> NDArray[np.float32]:
    pooled = bert.states(bert.pieces(text)).mean(axis=0)
    unit: NDArray[np.float32] = pooled / np.linalg.norm(pooled)
    return unit


@pytest.mark.slow
def test_without_an_adapter_the_vectors_are_those_of_the_reference() -> None:
    reference = open_encoder(runtime="sentence-transformers")
    assert isinstance(reference, SentenceTransformerEncoder)
    bert = AdaptedBert(FOLDER, NOTHING)
    found = np.array([_vector(bert, text) for text in TEXTS])
    np.testing.assert_allclose(found, reference.encode(TEXTS), atol=2e-6)


@pytest.mark.slow
def test_the_states_of_a_pair_are_those_of_the_reference() -> None:
    reference = AutoModel.from_pretrained(FOLDER.path)
    bert = AdaptedBert(FOLDER, NOTHING)
    pairs = [bert.pair("Why does my calf cramp?", "The muscle tightens. " * 20), bert.pair("a", "")]
    for ids, second in pairs:
        whole = np.resize(ids, bert.window)
        for pieces in (ids, whole, ids[:1]):
            kinds = np.arange(len(pieces)) >= second
            given = {
                "input_ids": torch.from_numpy(pieces[None].astype(np.int64)),
                "token_type_ids": torch.from_numpy(kinds[None].astype(np.int64)),
            }
            with torch.no_grad():
                expected = reference(**given).last_hidden_state[0].numpy()
            np.testing.assert_allclose(bert.states(pieces, second), expected, atol=1e-5)


def test_an_adapter_is_what_merged_weights_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(3)
    names = [f"encoder.layer.{layer}.{part}" for layer in (0, 5) for part in PARTS]
    merged = dict(load_file(FOLDER.path / "model.safetensors"))
    down, up = {}, {}
    for name in names:
        out, into = merged[f"{name}.weight"].shape
        down[name] = draw.normal(0, 0.05, (3, into)).astype(np.float32)
        up[name] = draw.normal(0, 0.05, (out, 3)).astype(np.float32)
        merged[f"{name}.weight"] = merged[f"{name}.weight"] + up[name] @ down[name]
    adapted = AdaptedBert(FOLDER, Adapter(FOLDER.fingerprint, down, up))
    plain = AdaptedBert(FOLDER, NOTHING)
    monkeypatch.setattr("index.adapted_bert._shared", lambda _: (merged, plain._tokenizer))
    expected = AdaptedBert(FOLDER, NOTHING)
    for text in TEXTS[1:4]:
        np.testing.assert_allclose(_vector(adapted, text), _vector(expected, text), atol=1e-5)
        assert np.abs(_vector(adapted, text) - _vector(plain, text)).max() > 0.01


@pytest.mark.parametrize("shape", [(1, 1), (1536, 7), (1536, 16), (3, AT_ONCE + 1), (0, 5), (5, 0)])
def test_gelu_is_each_value_times_the_share_below_it(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(7).normal(0, 3, shape).astype(np.float32)
    values.flat[:1] = -40
    exact = values * ndtr(values.astype(np.float64))
    found = gelu(values)
    assert found is values
    np.testing.assert_allclose(found, exact, atol=5e-7)


@pytest.mark.parametrize("text", TEXTS)
def test_the_piece_at_a_place_is_the_one_that_begins_there(text: str) -> None:
    bert = AdaptedBert(FOLDER, NOTHING)
    count = len(bert.pieces(text))
    # What stands before a place, where no word is cut, has as many pieces as there are before it.
    for place in range(len(text) + 1):
        before = text[:place]
        if not before or before.endswith(" "):
            assert bert.piece_at(text, place) == len(bert.pieces(before)) - 1
    assert bert.piece_at(text, len(text)) == count - 1


def test_more_pieces_than_the_window_are_refused() -> None:
    bert = AdaptedBert(FOLDER, NOTHING)
    assert bert.window == 256
    with pytest.raises(ValueError, match="257 word pieces, and the model takes 256"):
        bert.states(np.ones(257, np.int32))


def test_an_adapter_of_another_base_is_refused() -> None:
    with pytest.raises(EncoderError, match="fingerprint other"):
        AdaptedBert(FOLDER, Adapter("other", {}, {}))


def test_mapped_weights_are_the_library_s(tmp_path: Path) -> None:
    found = _mapped(FOLDER.path / "model.safetensors")
    for name, expected in load_file(FOLDER.path / "model.safetensors").items():
        if expected.dtype == np.float32:
            np.testing.assert_array_equal(found[name], expected)
    (tmp_path / "cut.safetensors").write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00{}")
    (tmp_path / "no.safetensors").write_bytes(json.dumps({}).encode())
    for name in ("cut", "no", "absent"):
        with pytest.raises(EncoderError, match=f"{name}.safetensors cannot be read"):
            _mapped(tmp_path / f"{name}.safetensors")


def test_networks_of_one_base_share_its_map() -> None:
    first, second = AdaptedBert(FOLDER, NOTHING), AdaptedBert(FOLDER, NOTHING)
    assert first._weights is second._weights
    assert first._tokenizer is second._tokenizer
    other = AdaptedBert(replace(FOLDER, fingerprint="another"), Adapter("another", {}, {}))
    assert first._weights is not other._weights


def test_it_needs_no_torch() -> None:
    code = "import index.adapted_bert, sys; print({'torch', 'transformers'} & set(sys.modules))"
    told = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert told.stdout == "set()\n"
