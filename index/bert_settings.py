"""The settings of a BERT sentence encoder that decide what it computes, read from its folder."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .errors import EncoderError


@dataclass(frozen=True, slots=True)
class BertSettings:
    """What of a model's settings decides its graph. `window` counts special tokens too."""

    layers: int
    heads: int
    dimension: int
    epsilon: float
    window: int
    pooling: Literal["mean", "cls"]


def read_settings(folder: Path) -> BertSettings:
    """Read the settings of the model in `folder`.

    Raises `EncoderError` when the model is anything but a BERT that this graph reproduces, and
    says in which point.
    """
    try:
        model = _read(folder / "config.json")
        text = _read(folder / "sentence_bert_config.json")
        tokenizer = _read(folder / "tokenizer_config.json")
        modules = [(each["type"].rpartition(".")[2], each["path"]) for each in _modules(folder)]
        pooling = _read(folder / dict(modules).get("Pooling", "1_Pooling") / "config.json")
        prompts = folder / "config_sentence_transformers.json"
        prompt = _read(prompts).get("default_prompt_name") if prompts.is_file() else None
        mode = _pooling_mode(pooling)
        found: dict[str, tuple[object, set[Any]]] = {
            "model_type": (model["model_type"], {"bert"}),
            "hidden_act": (model["hidden_act"], {"gelu"}),
            "position_embedding_type": (
                model.get("position_embedding_type", "absolute"),
                {"absolute"},
            ),
            "modules": (
                tuple(kind for kind, _ in modules),
                {("Transformer", "Pooling", "Normalize"), ("Transformer", "Pooling")},
            ),
            "pooling": (mode, {"mean", "cls"}),
            "do_lower_case": (text.get("do_lower_case", False), {False}),
            "transformer_task": (
                text.get("transformer_task", "feature-extraction"),
                {"feature-extraction"},
            ),
            "processing_kwargs": (bool(text.get("processing_kwargs")), {False}),
            "default_prompt_name": (prompt, {None}),
            "tokenizer.json": ((folder / "tokenizer.json").is_file(), {True}),
            "model.safetensors": ((folder / "model.safetensors").is_file(), {True}),
        }
        for key, (value, known) in found.items():
            if value not in known:
                raise EncoderError(f"{folder}: {key} is {value!r}, not {_either(known)}")
        return BertSettings(
            layers=int(model["num_hidden_layers"]),
            heads=int(model["num_attention_heads"]),
            dimension=int(model["hidden_size"]),
            epsilon=float(model["layer_norm_eps"]),
            # Where the model does not state its window, the tokenizer does.
            window=min(
                int(text.get("max_seq_length") or tokenizer["model_max_length"]),
                int(model["max_position_embeddings"]),
            ),
            pooling="cls" if mode == "cls" else "mean",
        )
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise EncoderError(
            f"{folder}: the settings are not those of a BERT sentence encoder "
            f"({type(error).__name__}: {error})"
        ) from error


def _read(file: Path) -> dict[str, Any]:
    content = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise TypeError(f"{file} is not an object")
    return content


def _modules(folder: Path) -> list[dict[str, str]]:
    content = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    if not isinstance(content, list):
        raise TypeError("modules.json is not a list")
    return content


def _pooling_mode(pooling: dict[str, Any]) -> str:
    """Return the mode, from either form of the file: one name, or a flag for each mode."""
    if "pooling_mode" in pooling:
        return str(pooling["pooling_mode"])
    names = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
    on = [names.get(key, key) for key, value in pooling.items() if "mode" in key and value is True]
    return on[0] if len(on) == 1 else " and ".join(on)


def _either(known: set[Any]) -> str:
    return " or ".join(sorted(repr(value) for value in known))
