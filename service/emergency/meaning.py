"""What an emergency is told in, beyond words: which way the vector of the whole question points.

Where neither a rule nor the words speak, the sentence encoder's vector of the question, which the
search mostly takes too, is weighed as well, by a logistic regression of its own:

    log odds = log odds by the words  +  bias + vector · towards

It speaks only beside a sign: a question in which no rule's sign is said of someone present raises
nothing by its meaning. A direction is of one encoder's space: by another's vectors, whatever its
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
"""The topic of a notice that neither a rule nor the words raised, where it is no crisis."""


@dataclass(frozen=True, slots=True)
class Direction:
    """Which way an emergency lies among the vectors of one encoder."""

    fingerprint: str  # the encoder's, as `index.records.EncoderRecord` has it
    towards: NDArray[np.float64]  # (d,), by which a unit vector is multiplied
    bias: float
    threshold: float  # log odds, the words' among them


@cache
def pointing() -> Direction:
    """Return the direction that `python -m bench.train_meaning` stored."""
    stored = json.loads(files("service.emergency").joinpath("meaning.json").read_text("utf-8"))
    return Direction(
        stored["fingerprint"],
        np.array(stored["towards"], dtype=np.float64),
        stored["bias"],
        stored["threshold"],
    )


def log_odds(
    weighed: Weighed, vector: NDArray[np.float32], direction: Direction | None = None
) -> float:
    """Return the log odds by the words and by the meaning; -inf where words were too few."""
    by = direction or pointing()
    if not weighed.probability:
        return -math.inf
    words = math.log(weighed.probability) - math.log1p(-weighed.probability)
    return words + by.bias + float(vector.astype(np.float64) @ by.towards)
