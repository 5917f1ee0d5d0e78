"""What the encoders of the benches that stand before another one have in common."""

from collections.abc import Sequence

from index.encoder import Encoder
from index.records import EncoderRecord


class Before(Encoder):
    """Stands before `encoder` and says what it says; what `encode` does is left to tell."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    @property
    def record(self) -> EncoderRecord:
        """The encoder's own."""
        return self._encoder.record

    @property
    def runtime(self) -> str:
        """The encoder's own."""
        return self._encoder.runtime

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return what the encoder counts."""
        return self._encoder.count_tokens(texts)
