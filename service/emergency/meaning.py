"""What an emergency is told in, beyond words: the question read whole, by a small fitted network.

Words alone do not tell "she had a stroke in 2019" from "she is having one". So a question whose
words are not calm or name a wish to die, and one for which a rule speaks that is of no wish to die,
is read by the default encoder's own network with a low-rank adapter (`index/adapted_bert.py`),
fitted for this alone:

    value(k)  = bias_k + mean over word pieces of  state · head_k      k: emergency, crisis
    log odds  = ln(exp value(emergency) + exp value(crisis))           against neither, which is 0

The weights are all-MiniLM-L6-v2's, whatever the search's encoder is. `meaning.safetensors` holds
adapter and heads; `python -m bench.train_meaning` fits them.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from index.adapted_bert import AdaptedBert, Fitted, opened
from index.weights import ModelFolder
from service.emergency.words import Kind

STORED = "meaning.safetensors"
KINDS: tuple[Kind, Kind] = ("emergency", "crisis")
CRISIS_BESIDE_SIGN = -6.0
"""Log odds of a crisis that suffice beside a milder sign of a wish to die. By an earlier fit, of
the vignettes held back 104 of 132 of a crisis that are read as due lie above 0, and 1 of 1,654
others; of those beside such a sign all 71 of a crisis lie above -6, and none of 4 others."""
CRISIS_BESIDE_RULE = 2.0
"""Log odds of a crisis from which what a rule takes for an emergency is one ("I took all my tablets
to be with my late husband"): of 19 held crises that such a rule raises 8, of 1,725 others none."""
ALONE = 2.0
BESIDE_RULE = -3.0
"""Log odds from which a notice is due, where no rule speaks and where one does. Of 2,802 vignettes
and 3,825 look-alikes held back, and of 7,771 real questions: 1 and -5 raise 2,718, 193 and 26;
1 and -2 2,714, 179 and 26; 2 and -3 2,698, 163 and 25; 2 and -1 2,694, 156 and 25; 3 and -2 2,674,
142 and 22. Of 263 dangers that a rule raises, with an ordinary question behind them, 4, 9, 10 and
12 are outvoted with -5, -3, -2 and -1."""
BESIDE_QUESTION = 4.0
"""Log odds from which what is said besides its questions holds a rule up. With -2 where a rule
speaks: from 2, 3 and 4 on 168, 163 and 160 of the look-alikes are raised, and 8, 9 and 10 of the
263 outvoted."""
LONG = 96
BESIDE_RULE_IN_LONG = -5.0
LONGEST_OUTVOTED = 256
"""Beyond so many word pieces a rule is outvoted less easily, and not at all: a mean over many
dilutes what is said in one sentence, and of more than the last a part goes unread. Of 351 terse
dangers among eight to eleven calm remarks 9 are outvoted with -5, and 1 with -7; of 58 held
vignettes of more than 96 pieces none."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Meant:
    """What the network says of a question."""

    log_odds: float  # of a notice that is due
    crisis: float  # log odds of a crisis, given that it is one or an emergency


class Meaning:
    """The network that reads a question. Holds no state: any number of threads may call."""

    def __init__(self, bert: AdaptedBert, heads: Floats, bias: Floats) -> None:
        """Read by `bert`, with `heads` `(2, d)` and `bias` `(2,)` in the order of `KINDS`."""
        self._bert = bert
        self._heads = heads
        self._bias = bias

    def length(self, question: str) -> int:
        """Return how long `question` is, in word pieces."""
        return len(self._bert.pieces(question))

    def read(self, question: str, around: int = 0) -> Meant:
        """Return what it says of `question`: of one beyond its window, of the part that says most.

        Of that the first and the last part are read, and the one `around` a code point.
        """
        ids = self._bert.pieces(question)
        middle = self._bert.piece_at(question, around) if len(ids) > self._bert.window else 0
        return max(map(self._read, self._parts(ids, middle)), key=lambda meant: meant.log_odds)

    def _parts(self, ids: NDArray[np.int32], piece: int) -> list[NDArray[np.int32]]:
        count, window = len(ids), self._bert.window
        if count <= window:
            return [ids]
        # Between the special pieces at either end, which every part has.
        inner = window - 2
        last = count - 1 - inner
        middle = min(last, max(1, piece - inner // 2))
        return [
            np.concatenate([ids[:1], ids[start : start + inner], ids[-1:]])
            for start in sorted({1, middle, last})
        ]

    def _read(self, ids: NDArray[np.int32]) -> Meant:
        emergency, crisis = self._bias + self._heads @ self._bert.states(ids).mean(axis=0)
        return Meant(float(np.logaddexp(emergency, crisis)), float(crisis - emergency))


@cache
def fitted_meaning() -> Meaning | None:
    """Return the network that `python -m bench.train_meaning` stored; None where the default
    encoder is not installed."""
    return opened("service.emergency", STORED, network_of)


def network_of(fitted: Fitted, folder: ModelFolder) -> Meaning:
    """Return the network of `fitted` on the weights in `folder`.

    Raises `EncoderError` where these are not the model that it was fitted on.
    """
    return Meaning(AdaptedBert(folder, fitted.adapter), fitted.heads, fitted.bias)
