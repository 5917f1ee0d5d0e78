"""What cuts texts into word pieces: whole texts, and nothing added."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from index.errors import EncoderError
from index.weights import DEFAULT_ENCODER, locate
from index.word_pieces import open_tokenizer

FOLDER = locate(DEFAULT_ENCODER)


def test_texts_are_neither_cut_nor_padded() -> None:
    asked = json.loads((FOLDER.path / "tokenizer.json").read_text("utf-8"))
    assert asked["truncation"]["max_length"] == 128  # what the file asks for
    tokenizer = open_tokenizer(FOLDER)
    long, short = tokenizer.encode_batch(["cramp " * 300, "a cramp"])
    assert short.tokens == ["[CLS]", "a", "cr", "##amp", "[SEP]"]
    assert long.tokens == ["[CLS]", *["cr", "##amp"] * 300, "[SEP]"]


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\xff not JSON"])
def test_a_file_that_is_no_tokenizer_is_told(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(EncoderError, match=r"tokenizer\.json is not a tokenizer that can be read"):
        open_tokenizer(replace(FOLDER, path=tmp_path))
