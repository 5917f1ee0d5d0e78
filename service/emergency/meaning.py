"""What an emergency is told in, beyond words: the question read whole, by a small fitted network.

Words alone do not tell "she had a stroke in 2019" from "she is having one". So a question whose
words are not calm, and one for which a rule speaks, is read by the default encoder's own network
with a low-rank adapter (`index/adapted_bert.py`), fitted for this alone:

    value(k)  = bias_k + mean over word pieces of  state · head_k      k: emergency, crisis
    log odds  = ln(exp value(emergency) + exp value(crisis))           against neither, which is 0

The weights are all-MiniLM-L6-v2's, whatever the search's encoder is. `meaning.safetensors` holds
adapter and heads; `python -m bench.train_meaning` fits them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from index.adapted_bert import AdaptedBert, Adapter
from index.errors import EncoderError
from index.weights import DEFAULT_ENCODER, ModelFolder, locate
from service.emergency.words import Kind

STORED = "meaning.safetensors"
KINDS: tuple[Kind, Kind] = ("emergency", "crisis")
WINDOWS = 3
"""Parts of a question beyond the network's window that are read at most: one takes 0.2 s."""
CRISIS_BESIDE_SIGN = -6.0
"""Log odds of a crisis that suffice beside a milder sign of a wish to die. Of the vignettes held
back 88 of 105 of a crisis that are read as due lie above 0, and 2 of 1,387 others; of those beside
such a sign all 60 of a crisis lie above -6, and none of 4 others."""
ALONE = 2.0
BESIDE_RULE = -2.0
"""Log odds from which a notice is due, where no rule speaks and where one does. Of 1,583 vignettes
and 2,018 look-alikes held back, all of them read and rules outvoted at any length: 1 and -2 raise
1,531 and 74, 2 and -1 1,514 and 59, 2 and -2 1,522 and 63, 2 and -4 1,531 and 71, 3 and -3 1,514
and 55; with every rule's word taken 2 gives 1,543 and 125, and with no rule's 1,492 and 43."""
LONGEST_OUTVOTED = 96
"""Word pieces up to which a rule can be outvoted: the network was fitted on up to 128, mostly on 10
to 60, and a mean over more dilutes what is said in one sentence. Of 29 held vignettes that a rule
raises 21 stayed raised among six calm sentences (119 pieces in the median) without this, and 29
with it, at no look-alike of 73 more."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Meant:
    """What the network says of a question."""

    pieces: int  # how long the question is, in word pieces
    log_odds: float  # of a notice that is due
    crisis: float  # log odds of a crisis, given that it is one or an emergency


class Meaning:
    """The network that reads a question. Holds no state: any number of threads may call."""

    def __init__(self, bert: AdaptedBert, heads: Floats, bias: Floats) -> None:
        """Read by `bert`, with `heads` `(2, d)` and `bias` `(2,)` in the order of `KINDS`."""
        self._bert = bert
        self._heads = heads
        self._bias = bias

    def read(self, question: str) -> Meant:
        """Return what it says of `question`: of one beyond its window, of the part that says most.

        Of that the first and the last part are read, and one in the middle.
        """
        ids = self._bert.pieces(question)
        parts = (self._read(part) for part in self._parts(ids))
        return replace(max(parts, key=lambda meant: meant.log_odds), pieces=len(ids))

    def _parts(self, ids: NDArray[np.int32]) -> list[NDArray[np.int32]]:
        count, window = len(ids), self._bert.window
        if count <= window:
            return [ids]
        # Between the special pieces at either end, which every part has.
        inner = window - 2
        starts = np.linspace(1, count - 1 - inner, min(WINDOWS, -(-2 * count // window))).round()
        return [
            np.concatenate([ids[:1], ids[start : start + inner], ids[-1:]])
            for start in starts.astype(int)
        ]

    def _read(self, ids: NDArray[np.int32]) -> Meant:
        emergency, crisis = self._bias + self._heads @ self._bert.states(ids).mean(axis=0)
        return Meant(len(ids), float(np.logaddexp(emergency, crisis)), float(crisis - emergency))


@cache
def fitted_meaning() -> Meaning | None:
    """Return the network that `python -m bench.train_meaning` stored, on the default encoder's
    weights; None where these are not installed, or are not those that it was fitted on."""
    with (
        as_file(files("service.emergency").joinpath(STORED)) as path,
        safe_open(path, framework="numpy") as stored,
    ):
        told = json.loads(stored.metadata()["pincite"])
        names = list(stored.keys())
        tensors = {name: stored.get_tensor(name).astype(np.float32) for name in names}
    try:
        return network_of(tensors, told["fingerprint"], locate(DEFAULT_ENCODER))
    except EncoderError:
        return None


def network_of(tensors: Mapping[str, Floats], fingerprint: str, folder: ModelFolder) -> Meaning:
    """Return the network of `tensors`, as they are named in `STORED`, on the weights in `folder`.

    Raises `EncoderError` where these are not the model with `fingerprint`, which it was fitted on.
    """
    down, up = (
        {name.removeprefix(side): t for name, t in tensors.items() if name.startswith(side)}
        for side in ("down.", "up.")
    )
    bert = AdaptedBert(folder, Adapter(fingerprint, down, up))
    return Meaning(bert, tensors["heads"], tensors["bias"])
