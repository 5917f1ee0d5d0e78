"""What an emergency is told in, beyond words: where the vector of the whole question lies.

Where no rule speaks, the sentence encoder's vector of the question, which the search mostly takes
too, is weighed with its words, by a net of one hidden layer:

    log odds = log odds by the words  +  bias + Σ over units of  out · max(0, vector · unit + shift)

It speaks only beside a sign: a question in which no rule's sign is said of someone present raises
nothing by its meaning. A net is of one encoder's space: by another's vectors, whatever its
dimension, nothing is weighed. `meaning.json` holds it, and the encoder's fingerprint;
`python -m bench.train_meaning` fits it.
"""

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from service.emergency.words import Weighed

BY_MEANING = "meaning of an emergency"
"""The topic of a notice that neither a rule nor the words alone raise, where it is no crisis."""


@dataclass(frozen=True, slots=True)
class Net:
    """Where emergencies lie among the vectors of one encoder."""

    fingerprint: str  # the encoder's, as `index.records.EncoderRecord` has it
    units: NDArray[np.float32]  # (h, d), by which a unit vector is multiplied
    shifts: NDArray[np.float32]  # (h,)
    out: NDArray[np.float32]  # (h,)
    bias: float
    threshold: float  # log odds, the words' among them


@cache
def fitted_net() -> Net:
    """Return the net that `python -m bench.train_meaning` stored."""
    stored = json.loads(files("service.emergency").joinpath("meaning.json").read_text("utf-8"))
    units, shifts, out = (
        np.array(stored[name], dtype=np.float32) for name in ("units", "shifts", "out")
    )
    return Net(stored["fingerprint"], units, shifts, out, stored["bias"], stored["threshold"])


def log_odds(weighed: Weighed, vector: NDArray[np.float32], net: Net | None = None) -> float:
    """Return the log odds by the words and by the meaning; -inf where words were too few."""
    by = net or fitted_net()
    if not weighed.probability:
        return -math.inf
    words = math.log(weighed.probability) - math.log1p(-weighed.probability)
    hidden = np.maximum(by.units @ vector + by.shifts, 0)
    return words + by.bias + float(hidden @ by.out)
