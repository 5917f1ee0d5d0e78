"""Text to unit vectors: what an encoder promises, and two that keep it. `index.runtimes` opens one.

Three keep the promise. `SentenceTransformerEncoder` runs any sentence-transformers model in float32
and is the reference; `index.openvino_encoder` runs BERT models several times faster, without
importing torch; `DeterministicEncoder` needs no model and is for tests.
"""

import hashlib
import re
import threading
import unicodedata
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import EncoderError
from .records import EncoderRecord
from .weights import DEFAULT_ENCODER, ModelFolder

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

OnBatch = Callable[[int], None]

PROBE = "Why does a muscle cramp at night, and what helps against it?"
"""The text whose vector tells one way of computing from another."""


class Encoder(Protocol):
    """Turns texts into unit vectors whose inner products are cosines. Safe to share by threads."""

    @property
    def record(self) -> EncoderRecord:
        """Name, dimension, window and fingerprint.

        `max_tokens` counts word pieces of the text alone: the model's special tokens, and a
        prompt that it puts before each text, are already taken off.
        """
        ...

    @property
    def runtime(self) -> str:
        """What computes the vectors, for people to read: `openvino bf16`, for example."""
        ...

    def encode(
        self, texts: Sequence[str], *, on_batch: OnBatch | None = None
    ) -> NDArray[np.float32]:
        """Return the vectors of `texts`, shape `(n, dimension)`, each row of norm 1.

        The empty text has a vector too (that of the special tokens alone); no text, shape
        `(0, dimension)`. `on_batch` is called, in this thread, with the number of texts done since
        its last call. Raises `EncoderError` when a text is longer than `record.max_tokens`:
        nothing is truncated.
        """
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of word pieces of each text, special tokens not counted."""
        ...


class Before(Encoder):
    """Stands before `encoder` and does what it does: for those that change or add one thing."""

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

    def encode(
        self, texts: Sequence[str], *, on_batch: OnBatch | None = None
    ) -> NDArray[np.float32]:
        """Return the vectors of `texts`, as the encoder itself gives them."""
        return self._encoder.encode(texts, on_batch=on_batch)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return what the encoder counts."""
        return self._encoder.count_tokens(texts)


def fits(encoder: Encoder, text: str) -> bool:
    """Return whether `encoder` takes `text` whole."""
    return encoder.count_tokens([text])[0] <= encoder.record.max_tokens


# All other compatibility forms stay: "10²" is not "102".
_PLAIN = {
    code: unicodedata.normalize("NFKC", chr(code))
    for code in (*range(0xFB00, 0xFB07), *range(0xFF01, 0xFF5F), 0x3000)
}


def arithmetic(encoder: Encoder) -> str:
    """Return the runtime of `encoder` with a digest of one vector, as a file can be called.

    Who keeps vectors beside others' keeps them under this: a processor, a precision or a version of
    a library that computes otherwise, if only in the last bit, has another.
    """
    (vector,) = encoder.encode([PROBE])
    digest = hashlib.sha256(vector.tobytes()).hexdigest()[:8]
    return f"{encoder.runtime.replace(' ', '-')}-{digest}"


def check_lengths(record: EncoderRecord, counts: Sequence[int]) -> None:
    """Raise `EncoderError` when one of `counts`, in word pieces, is beyond the encoder's window.

    The text itself is not named: it may be somebody's question.
    """
    for number, count in enumerate(counts, start=1):
        if count > record.max_tokens:
            raise EncoderError(
                f"text {number} of {len(counts)} has {count} word pieces, and {record.name} takes "
                f"at most {record.max_tokens}. Shorten it or cut it into passages; nothing is "
                f"truncated silently."
            )


def sound(text: str) -> str:
    """Return `text` as encoders read it: in plain letters where it has ligatures and wide ones.

    To a model that knows no "ﬁ" a "ﬁnger" is no finger. Lone surrogates, which no tokenizer takes,
    become U+FFFD.
    """
    if not text.isascii():
        text = text.translate(_PLAIN)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class SentenceTransformerEncoder:
    """Any sentence-transformers model on the CPU in float32: the reference for the others.

    One call at a time: the tokenizer beneath keeps its padding as state, and PyTorch already
    spreads one batch over all cores.
    """

    # Texts in one forward pass: the library's own default, as befits the reference.
    batch = 32

    # Models without a stated window (static embeddings) still get one: a passage is never longer.
    widest_window = 8192

    def __init__(self, folder: ModelFolder) -> None:
        self._model = _load_quietly(folder)
        self._lock = threading.Lock()
        window = self._model.max_seq_length
        window = int(min(self.widest_window, window if window is not None else np.inf))
        prompt = self._model.prompts.get(self._model.default_prompt_name or "", None) or ""
        special = len(self._pieces([""], special=True)[0])
        dimension = self._model.get_embedding_dimension()
        if dimension is None:
            dimension = int(self._model.encode("", show_progress_bar=False).shape[-1])
        self._record = EncoderRecord(
            name=folder.name,
            dimension=dimension,
            max_tokens=window - special - len(self._pieces([prompt])[0]),
            fingerprint=folder.fingerprint,
        )

    @property
    def record(self) -> EncoderRecord:
        """Name, dimension, window and fingerprint."""
        return self._record

    @property
    def runtime(self) -> str:
        """`sentence-transformers float32`."""
        return "sentence-transformers float32"

    def encode(
        self, texts: Sequence[str], *, on_batch: OnBatch | None = None
    ) -> NDArray[np.float32]:
        """Return the unit vectors of `texts`, shape `(n, dimension)`; see `Encoder.encode`."""
        counts = self.count_tokens(texts)
        check_lengths(self._record, counts)
        vectors = np.empty((len(texts), self._record.dimension), dtype=np.float32)
        order = np.argsort(counts, kind="stable")[::-1]
        for first in range(0, len(order), self.batch):
            rows = order[first : first + self.batch]
            batch = [sound(texts[row]) for row in rows]
            with self._lock:
                found = self._model.encode(batch, batch_size=self.batch, show_progress_bar=False)
            vectors[rows] = found / np.linalg.norm(found, axis=1, keepdims=True)
            if on_batch is not None:
                on_batch(len(rows))
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of word pieces of each text, special tokens not counted."""
        return [len(pieces) for pieces in self._pieces(texts)]

    def _pieces(self, texts: Sequence[str], *, special: bool = False) -> list[list[int]]:
        if not texts:
            return []
        with self._lock:
            return list(
                self._model.tokenizer(
                    [sound(text) for text in texts],
                    add_special_tokens=special,
                    truncation=False,
                    padding=False,
                    verbose=False,
                )["input_ids"]
            )


def _load_quietly(folder: ModelFolder) -> "SentenceTransformer":
    import transformers
    from sentence_transformers import SentenceTransformer

    log: Any = transformers.utils.logging
    had_bar, verbosity = log.is_progress_bar_enabled(), log.get_verbosity()
    log.disable_progress_bar()
    log.set_verbosity_error()
    try:
        # A folder is given, so nothing is fetched; code that a model brings along is never run.
        model = SentenceTransformer(
            str(folder.path), device="cpu", local_files_only=True, trust_remote_code=False
        )
    except Exception as error:  # whatever a foreign folder sets off is one fact here
        raise EncoderError(
            f"sentence-transformers cannot load encoder {folder.name!r} from {folder.path}: "
            f"{type(error).__name__}: {error}. Set PINCITE_ENCODER to a sentence-transformers "
            f"model, or leave it at {DEFAULT_ENCODER}."
        ) from error
    finally:
        log.set_verbosity(verbosity)
        if had_bar:
            log.enable_progress_bar()
    return model.float().eval()


_WORD = re.compile(r"\w+|[^\w\s]")


class DeterministicEncoder:
    """A hashed bag of words and letter trigrams: no model, the same bits on every platform.

    For tests. Texts that share words, or parts of words, have a higher cosine than texts that do
    not; meaning beyond that it knows nothing of. Every step up to the square root is integer
    arithmetic, and the square root and the division are exact to the bit by IEEE 754.
    """

    def __init__(self, *, dimension: int = 64, max_tokens: int = 254) -> None:
        self._record = EncoderRecord(
            name="deterministic",
            dimension=dimension,
            max_tokens=max_tokens,
            fingerprint=f"deterministic-1-{dimension}",
        )

    @property
    def record(self) -> EncoderRecord:
        """Name, dimension, window and fingerprint."""
        return self._record

    @property
    def runtime(self) -> str:
        """`deterministic`."""
        return "deterministic"

    def encode(
        self, texts: Sequence[str], *, on_batch: OnBatch | None = None
    ) -> NDArray[np.float32]:
        """Return the unit vectors of `texts`, shape `(n, dimension)`; see `Encoder.encode`."""
        check_lengths(self._record, self.count_tokens(texts))
        sums = np.zeros((len(texts), self._record.dimension), dtype=np.int64)
        for row, text in zip(sums, texts, strict=True):
            for feature, weight in _features(text).items():
                code = zlib.crc32(sound(feature).encode())
                row[(code >> 1) % len(row)] += weight if code & 1 else -weight
            if not row.any():
                row[0] = 1
        if on_batch is not None and texts:
            on_batch(len(texts))
        norms = np.sqrt((sums * sums).sum(axis=1, keepdims=True).astype(np.float64))
        vectors: NDArray[np.float32] = (sums / norms).astype(np.float32)
        return vectors

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of words and punctuation marks of each text."""
        return [len(_WORD.findall(text)) for text in texts]


def _features(text: str) -> Counter[str]:
    """Return the features of `text` with their weights: a word counts as six of its trigrams."""
    features: Counter[str] = Counter()
    for word in _WORD.findall(text.lower()):
        stem = re.sub(r"(?<=\w{3})(ing|ies|ed|es|s|y)$", "", word)
        # Words of up to three letters are mostly grammar.
        features[stem] += 6 if len(word) > 3 else 1
        for at in range(len(stem) - 2):
            features[f"#{stem[at : at + 3]}"] += 1
    return features
