"""A BERT with low-rank adapters, one text at a time, by NumPy.

For a small fitted model that reads a text now and then beside the search: nothing is compiled, and
the base's weights are mapped from its file, so that processes share them. A matrix W of a layer
becomes W + up · down, of a small rank (Hu et al. 2021, "LoRA"); everything else is the base's.
Arithmetic is in float32 and does not depend on the search's runtime.
"""

import json
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from tokenizers import Tokenizer

from .bert_settings import BertSettings, read_settings
from .encoder import sound
from .errors import EncoderError
from .weights import DEFAULT_ENCODER, ModelFolder, locate
from .word_pieces import open_tokenizer

Floats = NDArray[np.float32]
Network = TypeVar("Network")

PARTS = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
"""The matrices of a layer, by their names in the weights' file."""

AT_ONCE = 16 * 1024
"""Values whose GELU is made at a time: from 12,000 to 25,000 it takes the same, with 6,000 a
quarter longer."""
# Of the formula in `gelu`, which is erf's: its p, for the deviation in the place of erf's argument,
# and half of a_1 to a_5, for the share beyond one side.
_P = np.float32(0.3275911 * np.sqrt(0.5))
_A = np.array((0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429), np.float32) / 2


@dataclass(frozen=True, slots=True)
class Adapter:
    """What is added to the matrices of one base model.

    `down` `(r, in)` and `up` `(out, r)`, by the name of the matrix that they are added to, such as
    "encoder.layer.0.output.dense"; a matrix that has none stays as it is.
    """

    fingerprint: str  # the base's, as `index.weights.ModelFolder` has it
    down: Mapping[str, Floats]
    up: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Fitted:
    """An adapter and the heads beside it, `(k, d)`, or `(k, 2 d)` for pairs, with their bias."""

    adapter: Adapter
    heads: Floats
    bias: Floats


class AdaptedBert:
    """A base model with an adapter. Holds no state: any number of threads may call."""

    def __init__(self, folder: ModelFolder, adapter: Adapter) -> None:
        """Map the weights in `folder`.

        Raises `EncoderError` where it is no BERT that can be read, or not the adapter's base.
        """
        if folder.fingerprint != adapter.fingerprint:
            raise EncoderError(
                f"the adapter is of a model with fingerprint {adapter.fingerprint}, and "
                f"{folder.path} has {folder.fingerprint}."
            )
        self._settings: BertSettings = read_settings(folder.path)
        self._weights, self._tokenizer = _shared(folder)
        self._adapter = adapter

    @property
    def window(self) -> int:
        """The most word pieces that `states` takes, special ones among them."""
        return self._settings.window

    def pieces(self, text: str) -> NDArray[np.int32]:
        """Return the word pieces of `text`, however many, special ones at either end."""
        return np.array(self._tokenizer.encode(sound(text)).ids, np.int32)

    def piece_at(self, text: str, place: int) -> int:
        """Return which of the `pieces` of `text` begins at code point `place` or next after it."""
        begins = [begin for begin, end in self._tokenizer.encode(sound(text)).offsets if end]
        return 1 + bisect_left(begins, len(sound(text[:place])))

    def pair(self, first: str, second: str) -> tuple[NDArray[np.int32], int]:
        """Return the word pieces of two texts as one, special ones around and between, and where
        those of `second` begin."""
        encoded = self._tokenizer.encode(sound(first), sound(second))
        return np.array(encoded.ids, np.int32), encoded.type_ids.index(1)

    def states(self, ids: NDArray[np.int32], second: int | None = None) -> Floats:
        """Return the last layer's state of each of `ids` `(n,)`, shape `(n, d)`.

        From `second` on they are the second text of a pair. Raises `ValueError` for more than
        `window` of them.
        """
        if len(ids) > self.window:
            raise ValueError(f"{len(ids)} word pieces, and the model takes {self.window}")
        weights = self._weights
        read = (
            weights["embeddings.word_embeddings.weight"][ids]
            + weights["embeddings.position_embeddings.weight"][: len(ids)]
            + weights["embeddings.token_type_embeddings.weight"][_types(len(ids), second)]
        )
        # Word pieces in columns from here on, (d, n): W · x is quicker than x · W^T, the more the
        # fewer they are (all products of a text of 16: 6.9 ms and 11.4; of 80: 15.7 and 20.2).
        state = self._normalised(np.ascontiguousarray(read.T), "embeddings.LayerNorm")
        for layer in range(self._settings.layers):
            name = f"encoder.layer.{layer}"
            attended = self._product(self._context(state, name), f"{name}.attention.output.dense")
            state = self._normalised(state + attended, f"{name}.attention.output.LayerNorm")
            inner = gelu(self._product(state, f"{name}.intermediate.dense"))
            outer = self._product(inner, f"{name}.output.dense")
            state = self._normalised(state + outer, f"{name}.output.LayerNorm")
        return np.ascontiguousarray(state.T)

    def _context(self, state: Floats, name: str) -> Floats:
        heads = self._settings.heads
        query, key, value = (
            self._product(state, f"{name}.{part}").reshape(heads, -1, state.shape[1])
            for part in PARTS[:3]
        )  # each (h, e, n)
        scores = query.swapaxes(1, 2) @ key
        scores *= np.float32(1 / np.sqrt(query.shape[1]))
        scores -= scores.max(axis=2, keepdims=True)
        np.exp(scores, out=scores)
        context: Floats = value @ scores.swapaxes(1, 2)
        context /= scores.sum(axis=2)[:, None, :]
        return context.reshape(state.shape)

    def _product(self, state: Floats, name: str) -> Floats:
        result: Floats = self._weights[f"{name}.weight"] @ state
        result += self._weights[f"{name}.bias"][:, None]
        if name in self._adapter.up:
            result += self._adapter.up[name] @ (self._adapter.down[name] @ state)
        return result

    def _normalised(self, state: Floats, name: str) -> Floats:
        # Summed in double precision: row after row in float32 loses two bits more.
        state = state - state.mean(axis=0, dtype=np.float64).astype(np.float32)
        variance = (state * state).mean(axis=0, dtype=np.float64)
        spread = np.sqrt(variance + self._settings.epsilon).astype(np.float32)
        state *= self._weights[f"{name}.weight"][:, None] / spread
        state += self._weights[f"{name}.bias"][:, None]
        return state


def gelu(values: Floats) -> Floats:
    """Return `values` `(m, n)`, each times the normal distribution's share below it, in their
    place.

    The share by formula 7.1.26 of Abramowitz and Stegun (1964), of so many rows at a time that what
    is between stays in the cache. The result is right to 5e-7 (tests/test_adapted_bert.py); with
    `scipy.special.erf` of all at once it would take four to five times as long.
    """
    rows = max(1, AT_ONCE // max(1, values.shape[1]))
    for first in range(0, len(values), rows):
        part = values[first : first + rows]
        size = np.abs(part)
        t = np.reciprocal(1 + _P * size)
        beyond = t * _A[-1]
        for factor in _A[-2::-1]:
            beyond += factor
            beyond *= t
        beyond *= np.exp(np.float32(-0.5) * size * size)  # the share above `size`
        beyond *= size
        np.maximum(part, 0, out=part)
        part -= beyond
    return values


def fitted_of(tensors: Mapping[str, Floats], fingerprint: str) -> Fitted:
    """Return what `tensors` are, named as in a file that `read_fitted` reads."""
    down, up = (
        {name.removeprefix(side): t for name, t in tensors.items() if name.startswith(side)}
        for side in ("down.", "up.")
    )
    return Fitted(Adapter(fingerprint, down, up), tensors["heads"], tensors["bias"])


def read_fitted(package: str, name: str) -> Fitted:
    """Read the file `name` in `package`: tensors `down.MATRIX`, `up.MATRIX`, `heads` and `bias`,
    and in its metadata the fingerprint of the base that they were fitted on. It is part of the
    house: where it is missing or damaged, the installation is, and the library's error says so."""
    with (
        as_file(files(package).joinpath(name)) as path,
        safe_open(path, framework="numpy") as stored,
    ):
        tensors = {one: stored.get_tensor(one).astype(np.float32) for one in list(stored.keys())}
    return fitted_of(tensors, base_of(package, name))


def base_of(package: str, name: str) -> str:
    """Return the fingerprint of the base of such a file, of which only the head is read."""
    with (
        as_file(files(package).joinpath(name)) as path,
        safe_open(path, framework="numpy") as stored,
    ):
        return str(json.loads(stored.metadata()["pincite"])["fingerprint"])


def opened(
    package: str, name: str, network_of: Callable[[Fitted, ModelFolder], Network]
) -> Network | None:
    """Return the network of the file `name` in `package` on the default encoder's weights.

    None where these are not installed, or are not those that it was fitted on.
    """
    try:
        return network_of(read_fitted(package, name), locate(DEFAULT_ENCODER))
    except EncoderError:
        return None


def _types(count: int, second: int | None) -> NDArray[np.int32]:
    """Return of which text each of `count` word pieces is: 0 before `second`, 1 from there on."""
    return (np.arange(count) >= (count if second is None else second)).astype(np.int32)


@cache
def _shared(folder: ModelFolder) -> tuple[Mapping[str, Floats], Tokenizer]:
    """Return the weights and the tokenizer of a model: one of each for all networks on it.

    The pages of another map would count as memory once more.
    """
    return _mapped(folder.path / "model.safetensors"), open_tokenizer(folder)


def _mapped(file: Path) -> dict[str, Floats]:
    """Return the float32 tensors of a safetensors file, mapped and not read: the library copies.

    The format: eight bytes of length, a JSON header with the place of each tensor, the tensors.
    """
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            header = json.loads(stream.read(length))
        data = np.memmap(file, np.uint8, "r", offset=8 + length)
        return {
            name: np.asarray(data[slice(*told["data_offsets"])].view(np.float32)).reshape(
                told["shape"]
            )
            for name, told in header.items()
            if name != "__metadata__" and told["dtype"] == "F32"
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EncoderError(f"{file} cannot be read ({type(error).__name__}: {error})") from error
