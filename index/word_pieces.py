"""What cuts texts into the word pieces that a model reads."""

from tokenizers import Tokenizer

from .errors import EncoderError
from .weights import ModelFolder


def open_tokenizer(folder: ModelFolder) -> Tokenizer:
    """Return the tokenizer of the model in `folder`. It cuts no text short, and pads none.

    Raises `EncoderError` where its file cannot be read.
    """
    file = folder.path / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises nothing narrower
        raise EncoderError(
            f"{file} is not a tokenizer that can be read ({error}). Copy the model again, or set "
            f"PINCITE_ENCODER to another."
        ) from error
    # The file may ask for truncation, which would lose text silently, and for padding.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
