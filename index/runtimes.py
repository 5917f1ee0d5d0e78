"""Opening an encoder by its name, on the runtime that suits it and is there."""

from index.encoder import DeterministicEncoder, Encoder, SentenceTransformerEncoder
from index.errors import EncoderError
from index.openvino_precision import Precision
from index.records import Runtime
from index.weights import DEFAULT_ENCODER, locate

_PRECISIONS: dict[Runtime, Precision] = {
    "openvino-bf16": "bf16",
    "openvino-int8": "int8",
    "openvino-f32": "f32",
}


def open_encoder(name: str = DEFAULT_ENCODER, *, runtime: Runtime = "auto") -> Encoder:
    """Open the encoder called `name`: the default, a folder, a hub name, or `deterministic`.

    `auto` takes OpenVINO where it is installed and knows the model, otherwise
    sentence-transformers. OpenVINO computes in the precision that suits the processor, unless one
    is named. Raises `EncoderError` when the model cannot be found, is not what it
    should be, or `runtime` is named and cannot run it.
    """
    if name == "deterministic":
        return DeterministicEncoder()
    folder = locate(name)
    if runtime == "sentence-transformers":
        return SentenceTransformerEncoder(folder)
    try:
        from index.openvino_encoder import OpenvinoEncoder

        return OpenvinoEncoder(folder, precision=_PRECISIONS.get(runtime))
    except ImportError as error:
        if runtime != "auto":
            raise EncoderError(
                f'the runtime "{runtime}" cannot be used: {error}. Run "pip install openvino", or '
                f'choose the runtime "sentence-transformers".'
            ) from error
    except EncoderError:  # not a model that it knows; `locate` has vouched for the files
        if runtime != "auto":
            raise
    return SentenceTransformerEncoder(folder)
