"""OpenVINO's vectors are the reference's; the same text gives the same bits; nothing is sent."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

pytest.importorskip("openvino", reason="the runtime openvino is not installed")

from index import weights
from index.bert_settings import read_settings
from index.encoder import Encoder, SentenceTransformerEncoder
from index.encoder_bert import build_graph
from index.errors import EncoderError
from index.openvino_encoder import BATCH, STEP, OpenvinoEncoder, plan
from index.openvino_precision import VNNI, processor_flags
from index.runtimes import open_encoder
from index.weights import DEFAULT_ENCODER, ModelFolder, locate

VARIED = [
    "",
    " \n\t ",
    "Cramp",
    "Why does my calf cramp at night, and what helps?",
    "Take 400 mg every 6-8 h; no more than 1,200 mg (3 tablets) in 24 hours — 0.5 % of 2.3×10⁵.",
    "¿Por qué tengo calambres en la pantorrilla? Ménière's, Sjögren, naïve, ﬁbre.",
    "筋肉のけいれん 근육 경련 мышечный спазм تشنج العضلات μῦς",
    "🦵⚡ [PAD] [SEP] [MASK] \x00\ufeff\u200b pneumonoultramicroscopicsilicovolcanoconiosis",
    "a lone \ud83e surrogate",
    "word " * 254,
    *("The muscle tightens without warning. " * repeats for repeats in range(1, 32)),
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_encoder(runtime="openvino")


@pytest.fixture(scope="module")
def eight_bit() -> Encoder:
    if not VNNI & processor_flags():
        pytest.skip("this processor does not show that it computes in 8 bits")
    try:
        return open_encoder(runtime="openvino-int8")
    except EncoderError as error:  # held to older instructions, or imitated
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def reference() -> Encoder:
    return open_encoder(runtime="sentence-transformers")


def _cosines(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    cosines: NDArray[np.float32] = (left * right).sum(axis=1)
    return cosines


# Parity


@pytest.mark.slow
def test_vectors_are_those_of_the_reference(encoder: Encoder, reference: Encoder) -> None:
    cosines = _cosines(encoder.encode(VARIED), reference.encode(VARIED))
    if encoder.runtime == "openvino int8":
        cosines = cosines[[bool(text.strip()) for text in VARIED]]
    assert cosines.min() >= (0.999 if encoder.runtime == "openvino int8" else 0.9995)


@pytest.mark.slow
def test_float32_is_the_reference_to_rounding(reference: Encoder) -> None:
    exact = OpenvinoEncoder(locate(DEFAULT_ENCODER), precision="f32")
    assert exact.runtime == "openvino f32"
    np.testing.assert_allclose(exact.encode(VARIED), reference.encode(VARIED), atol=2e-6)


@pytest.mark.slow
def test_either_runtime_can_search_what_the_other_made(
    encoder: Encoder, reference: Encoder
) -> None:
    assert encoder.record == reference.record
    assert encoder.count_tokens(VARIED) == reference.count_tokens(VARIED)


@pytest.mark.slow
def test_8_bits_are_near_the_reference(eight_bit: Encoder, reference: Encoder) -> None:
    assert (eight_bit.runtime, eight_bit.record) == ("openvino int8", reference.record)
    cosines = _cosines(eight_bit.encode(VARIED), reference.encode(VARIED))
    # A text without words is the special tokens alone, where rounding does most; nobody asks it.
    assert cosines.min() >= 0.998
    assert cosines[[bool(text.strip()) for text in VARIED]].min() >= 0.999
    assert cosines.mean() >= 0.9995


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["f32", "bf16", "int8"])
def test_the_precision_is_the_one_that_suits_the_processor(
    monkeypatch: pytest.MonkeyPatch, precision: str, request: pytest.FixtureRequest
) -> None:
    if precision == "int8":
        request.getfixturevalue("eight_bit")  # skips where 8 bits do not run
    monkeypatch.setattr("index.openvino_encoder.suited", lambda _: precision)
    assert OpenvinoEncoder(locate(DEFAULT_ENCODER)).runtime == f"openvino {precision}"
    by_path = locate(str(locate(DEFAULT_ENCODER).path))
    assert OpenvinoEncoder(by_path).runtime == f"openvino {precision}"


def test_bfloat16_is_refused_where_it_would_be_imitated(monkeypatch: pytest.MonkeyPatch) -> None:
    import openvino

    monkeypatch.setattr(openvino.Core, "get_property", lambda *_: ["FP32", "INT8"])
    with pytest.raises(EncoderError, match=r"no bfloat16\. Set PINCITE_RUNTIME=openvino"):
        open_encoder(runtime="openvino-bf16")


@pytest.fixture
def _no_eight_bit_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    import openvino

    compiled = openvino.Core.compile_model

    def without(
        core: openvino.Core, model: openvino.Model, device: str, properties: dict[str, object]
    ) -> object:
        if "DYNAMIC_QUANTIZATION_GROUP_SIZE" not in properties:
            return compiled(core, model, device, properties)

        def run(_: object) -> None:
            raise RuntimeError("Check failed:\ncould not create a primitive descriptor\n")

        return run

    monkeypatch.setattr(openvino.Core, "compile_model", without)


@pytest.mark.slow
@pytest.mark.usefixtures("_no_eight_bit_kernels")
def test_where_8_bits_do_not_run_it_is_said() -> None:
    said = r"in 8 bits \(could not create a primitive descriptor\)\. Set PINCITE_RUNTIME=openvino\."
    with pytest.raises(EncoderError, match=said):
        open_encoder(runtime="openvino-int8")


@pytest.mark.slow
@pytest.mark.usefixtures("_no_eight_bit_kernels")
def test_where_8_bits_do_not_run_and_nobody_asked_for_them_it_is_float32(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("index.openvino_encoder.suited", lambda _: "int8")
    fallen = open_encoder(runtime="openvino")
    assert fallen.runtime == "openvino f32"
    exact = open_encoder(runtime="openvino-f32")
    for texts in (VARIED[2:5], VARIED):  # one at a time, and in bulk
        assert np.array_equal(fallen.encode(texts), exact.encode(texts))


@pytest.mark.slow
def test_what_else_fails_is_not_laid_to_8_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    import openvino

    def compiled(*_: object) -> object:
        raise RuntimeError("no memory")

    monkeypatch.setattr(openvino.Core, "compile_model", compiled)
    for runtime in ("openvino-f32", "openvino-int8"):
        with pytest.raises(RuntimeError, match="no memory"):
            open_encoder(runtime=runtime)


@pytest.mark.slow
def test_8_bits_are_those_of_all_matrices_but_the_values(small: Callable[[str], Path]) -> None:
    folder = small("mean")

    def rounded(*, eight_bit: bool) -> list[list[int]]:
        graph = build_graph(folder, read_settings(folder), eight_bit=eight_bit)
        constants = [each for each in graph.get_ops() if each.get_type_name() == "Constant"]
        whole = [each for each in constants if each.get_element_type().get_type_name() == "i8"]
        return sorted(list(each.get_output_shape(0)) for each in whole)

    # Of each of two layers: query, key, the attention's output; the two that widen and narrow.
    assert rounded(eight_bit=True) == [*[[24, 1, 24]] * 6, *[[24, 1, 40]] * 2, *[[40, 1, 24]] * 2]
    assert rounded(eight_bit=False) == []


# The promise of every encoder


@pytest.mark.slow
@pytest.mark.parametrize("name", ["encoder", "eight_bit"])
def test_the_same_text_gives_the_same_bits_in_any_company(
    name: str, request: pytest.FixtureRequest
) -> None:
    encoder: Encoder = request.getfixturevalue(name)
    alone = [encoder.encode([text])[0] for text in VARIED]
    backwards = encoder.encode(VARIED[::-1])[::-1]
    crowded = encoder.encode([*VARIED * 3, *(f"{text} x" for text in VARIED[:9])])
    for row, vector in enumerate(alone):
        assert np.array_equal(vector, backwards[row]), row
        assert np.array_equal(vector, crowded[row + len(VARIED)]), row


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(texts=st.lists(st.text(st.characters(), max_size=80), max_size=5))
def test_any_text_has_a_unit_vector_of_its_own(encoder: Encoder, texts: list[str]) -> None:
    vectors = encoder.encode(texts)
    assert vectors.shape == (len(texts), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts, vectors, strict=True):
        assert np.array_equal(encoder.encode([text])[0], vector)


@pytest.mark.slow
def test_threads_share_one_encoder(encoder: Encoder) -> None:
    expected = encoder.encode(VARIED)
    jobs: list[Callable[[], NDArray[np.float32]]] = [
        (lambda: encoder.encode(VARIED)) if turn % 2 else (lambda: encoder.encode(VARIED[:4]))
        for turn in range(8)
    ]
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda job: job(), jobs))
    for found in runs:
        assert np.array_equal(found, expected[: len(found)])


@pytest.mark.slow
def test_progress_is_told_in_the_calling_thread(encoder: Encoder) -> None:
    done: list[int] = []
    threads: set[int] = set()

    def told(count: int) -> None:
        done.append(count)
        threads.add(threading.get_ident())

    encoder.encode(VARIED, on_batch=told)
    assert (sum(done), max(done)) == (len(VARIED), BATCH)
    assert threads == {threading.get_ident()}
    encoder.encode(VARIED[:3], on_batch=told)
    assert sum(done) == len(VARIED) + 3


@pytest.mark.slow
def test_a_stop_from_the_caller_leaves_the_encoder_usable(encoder: Encoder) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encoder.encode(VARIED, on_batch=stop)
    assert np.array_equal(encoder.encode(VARIED)[3], encoder.encode([VARIED[3]])[0])


@pytest.mark.slow
def test_nothing_is_truncated(encoder: Encoder) -> None:
    assert encoder.record.max_tokens == 254
    with pytest.raises(EncoderError, match=r"text 2 of 2 has 255 word pieces, .* at most 254"):
        encoder.encode(["fine", "word " * 255])
    changed = encoder.encode(["word " * 254, "word " * 253 + "pain"])
    assert not np.array_equal(changed[0], changed[1])


# The process


@pytest.mark.slow
@pytest.mark.parametrize("texts", [["one"], ["many " * 200] * 8])
def test_the_process_needs_no_torch_sends_nothing_and_ends_well(texts: list[str]) -> None:
    program = f"""
import socket, sys
def refused(*_): raise AssertionError("the network was used")
socket.getaddrinfo = socket.socket.connect = refused
from index.runtimes import open_encoder
encoder = open_encoder()
encoder.encode({texts!r})
print(encoder.runtime.split()[0])
print([name for name in ("torch", "transformers", "openvino_telemetry") if name in sys.modules])
"""
    environment = {key: value for key, value in os.environ.items() if key != "CI"}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(weights.__file__).parents[1],
        env=environment,
    )
    assert run.stdout.splitlines() == ["openvino", "[]"]
    assert run.stderr == ""


def test_without_openvino_the_reference_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "index.openvino_encoder", None)
    taken: list[ModelFolder] = []
    monkeypatch.setattr("index.runtimes.SentenceTransformerEncoder", taken.append)
    open_encoder()
    assert taken == [locate(DEFAULT_ENCODER)]
    with pytest.raises(EncoderError, match="pip install openvino"):
        open_encoder(runtime="openvino")


# Planning


@given(st.lists(st.integers(2, 256), max_size=60))
def test_a_plan_holds_each_text_once_at_a_length_of_its_own(lengths: list[int]) -> None:
    batches = list(plan(lengths))
    assert sorted(row for rows, _ in batches for row in rows) == list(range(len(lengths)))
    for rows, length in batches:
        assert 1 <= len(rows) <= BATCH
        assert length % STEP == 0
        assert all(length - STEP < lengths[row] <= length for row in rows)
    assert [length for _, length in batches] == sorted(
        (length for _, length in batches), reverse=True
    )


# Other models: small ones of random weights, saved as sentence-transformers saves them


Change = Callable[[Path], None]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Save a BERT of two layers with the pooling asked for, and return its folder."""
    torch = pytest.importorskip("torch")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    def save(pooling: str) -> Path:
        torch.manual_seed(7)
        folder = tmp_path_factory.mktemp("model")
        config = BertConfig(
            vocab_size=30522,
            hidden_size=24,
            num_hidden_layers=2,
            num_attention_heads=3,
            intermediate_size=40,
            max_position_embeddings=64,
            layer_norm_eps=1e-5,
        )
        model = BertModel(config)
        for parameter in model.parameters():
            parameter.data += torch.randn_like(parameter) * 0.2
        model.save_pretrained(folder / "bert")
        tokenizer = BertTokenizer.from_pretrained(str(locate(DEFAULT_ENCODER).path))
        tokenizer.save_pretrained(folder / "bert")
        transformer = Transformer(str(folder / "bert"), max_seq_length=48)
        whole = SentenceTransformer(modules=[transformer, Pooling(24, pooling)], device="cpu")
        whole.save(str(folder / "whole"))
        return folder / "whole"

    return save


SHORT = ["", "Cramp", "Why does my calf cramp at night?", "pain " * 46]


@pytest.mark.slow
def test_other_widths_have_8_bits_too(small: Callable[[str], Path], eight_bit: Encoder) -> None:
    assert eight_bit.runtime == "openvino int8"
    exact = OpenvinoEncoder(locate(str(small("mean"))), precision="f32")
    rounded = OpenvinoEncoder(locate(str(small("mean"))), precision="int8")
    assert _cosines(exact.encode(SHORT), rounded.encode(SHORT)).min() >= 0.999


@pytest.mark.slow
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_other_berts_give_their_own_vectors(
    small: Callable[[str], Path], pooling: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = small(pooling)
    reference = open_encoder(str(folder), runtime="sentence-transformers")
    exact = OpenvinoEncoder(locate(str(folder)), precision="f32")
    assert open_encoder(str(folder)).runtime.startswith("openvino")
    monkeypatch.setattr("index.openvino_encoder.suited", lambda _: "int8")
    # What 8 bits do to the rankings is known of the default model only.
    assert open_encoder(str(folder)).runtime == "openvino f32"
    assert exact.record == reference.record
    assert (exact.record.dimension, exact.record.max_tokens) == (24, 46)
    np.testing.assert_allclose(exact.encode(SHORT), reference.encode(SHORT), atol=1e-5)


@pytest.mark.slow
def test_a_model_beyond_the_graph_falls_back_to_the_reference(
    small: Callable[[str], Path],
) -> None:
    folder = small("max")
    assert isinstance(open_encoder(str(folder)), SentenceTransformerEncoder)
    with pytest.raises(EncoderError, match=r"pooling is 'max', not 'cls' or 'mean'"):
        open_encoder(str(folder), runtime="openvino")


def _settings(folder: Path) -> Path:
    """Write the settings of a small BERT, without its weights' content."""
    files = {
        "config.json": {
            "model_type": "bert",
            "hidden_act": "gelu",
            "num_hidden_layers": 2,
            "num_attention_heads": 3,
            "hidden_size": 24,
            "layer_norm_eps": 1e-12,
            "max_position_embeddings": 64,
        },
        "sentence_bert_config.json": {"max_seq_length": 256},
        "modules.json": [
            {"type": "sentence_transformers.models.Transformer", "path": ""},
            {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"},
        ],
        "1_Pooling/config.json": {
            "pooling_mode_mean_tokens": True,
            "pooling_mode_cls_token": False,
        },
        "tokenizer.json": {},
        "tokenizer_config.json": {"model_max_length": 32},
        "model.safetensors": {},
    }
    (folder / "1_Pooling").mkdir()
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    return folder


def test_the_window_is_never_wider_than_the_positions(tmp_path: Path) -> None:
    folder = _settings(tmp_path)
    found = read_settings(folder)
    assert (found.window, found.pooling, found.layers, found.heads) == (64, "mean", 2, 3)
    (folder / "sentence_bert_config.json").write_text("{}")
    assert read_settings(folder).window == 32


@pytest.mark.parametrize(
    ("file", "key", "value", "message"),
    [
        ("config.json", "model_type", "xlm-roberta", "model_type is 'xlm-roberta', not 'bert'"),
        ("config.json", "hidden_act", "relu", "hidden_act is 'relu', not 'gelu'"),
        ("config.json", "position_embedding_type", "relative_key", "position_embedding_type"),
        ("config.json", "num_hidden_layers", None, "not those of a BERT"),
        ("sentence_bert_config.json", "do_lower_case", True, "do_lower_case is True"),
        (
            "sentence_bert_config.json",
            "processing_kwargs",
            {"text": 1},
            "processing_kwargs is True",
        ),
        ("1_Pooling/config.json", "pooling_mode_cls_token", True, "pooling is 'mean and cls'"),
        ("config_sentence_transformers.json", "default_prompt_name", "query", "default_prompt"),
    ],
)
def test_settings_that_the_graph_does_not_know_are_refused(
    tmp_path: Path, file: str, key: str, value: object, message: str
) -> None:
    path = _settings(tmp_path) / file
    content = json.loads(path.read_text()) if path.exists() else {}
    content[key] = value
    path.write_text(json.dumps(content))
    with pytest.raises(EncoderError, match=message):
        read_settings(tmp_path)


@pytest.mark.parametrize("file", ["tokenizer.json", "model.safetensors", "config.json"])
def test_a_folder_with_a_file_missing_is_refused(tmp_path: Path, file: str) -> None:
    (_settings(tmp_path) / file).unlink()
    with pytest.raises(EncoderError, match=file):
        read_settings(tmp_path)
