"""What an emergency is told in, beyond words: the question read whole, by a small fitted network.

Words alone do not tell "she had a stroke in 2019" from "she is having one". So a question whose
words are not calm or name a wish to die, and one for which a rule speaks, or would if nothing set a
sign aside, unless it asks how to kill oneself, is read by the default encoder's own network with a
low-rank adapter (`index/adapted_bert.py`), fitted for this alone:

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
"""Log odds of a crisis that suffice beside a milder sign of a wish to die. Of the vignettes held
back that are read as due where no rule speaks, 293 of 315 of a crisis lie above 0, and 13 of 730
others; of those beside such a sign all 32 of a crisis lie above -6, and none of 4 others."""
CRISIS_BESIDE_RULE = 2.0
"""Log odds of a crisis from which what a rule takes for an emergency is one ("I took all my tablets
to be with my late husband"): of 23 held crises that such a rule raises 12, of 1,910 others none."""
ALONE = 2.0
CRISIS_ALONE = 0.5
BESIDE_RULE = -3.0
"""Log odds from which a notice is due: where no rule speaks, the same where the network takes it
for a crisis, and where a rule does. Of 3,188 vignettes, 4,380 look-alikes held back, and 7,771 real
questions, the first two (while `BESIDE_CRISIS` was -5, with no clause read): 2 and 2 raise 3,059,
139 and 21; 2 and .5 3,093, 157 and 23; 1.5 and .5 3,098, 163 and 23; 2.5 and 1 3,068, 139 and 21.
(As it is now 3,098, 154 and 26: three more real ones stand by what is said besides a question,
from 3 on.) The third, with 2 and 2: -4, -3, -2 and -1 raise 3,063, 3,059, 3,056 and 3,046
vignettes, and look-alikes 5, 0, -4 and -13 more than -3 does; of 263 dangers that a rule raises,
with an ordinary question behind them, 7, 9, 10 and 14 are outvoted."""
BESIDE_CRISIS = -4.0
CRISIS_IN_CLAUSE = -2.0
SHORT_CRISIS = 12
"""Log odds from which a wish to die stands that a rule sees: of the whole or of what is said
besides its questions, and of a clause that says such a wish; and word pieces, with the two at the
ends, below which it always does, as in more than `LONG`. Of the 57 look-alikes held back that such
a rule raises, and of 6,209 questions made of a wish to die that a rule sees and of something else,
from an ordinary question or request to eleven calm remarks, are outvoted: with -4 and -4 12 and 6;
-4 and -2 20 and 14; -3 and -1 24 and 33; -2 and 0 27 and 67; without a look at the clauses, from -5
on, 16 and 70. Of 467 vignettes of a crisis that such a rule raises (133 held back) none is, with
any."""
BESIDE_QUESTION = 3.0
"""Log odds from which what is said besides its questions holds up a rule of anything else. From 0,
2, 3 and 4 on 11, 5, 1 and 0 more of the look-alikes held back are raised, and of 1,163 dangers that
a rule raises, with an ordinary question, 41, 50, 50 and 57 are outvoted."""
SHORT_EMERGENCY = 16
"""Word pieces, with the two at the ends, up to which an emergency stands that a rule sees and that
is somebody's ("is my dad having a heart attack"): the network takes such questions for questions in
general. Up to 16 it outvoted 4 vignettes, all held back, and 2 look-alikes, none of them held; in
whoever's words 9 and 33; from 17 to 24, in a question of oneself, none and 2. Of 7,771 real
questions none changes."""
LONG = 96
BESIDE_RULE_IN_LONG = -5.0
LONGEST_OUTVOTED = 256
"""Beyond so many word pieces a rule is outvoted less easily, and not at all: a mean over many
dilutes what is said in one sentence, and of more than the last a part goes unread. By the fit
before, of 351 terse dangers among eight to eleven calm remarks 9 were outvoted with -5, and 1 with
-7; of 58 held vignettes of more than 96 pieces none."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Meant:
    """What the network says of a question."""

    log_odds: float  # of a notice that is due
    crisis: float  # log odds of a crisis, given that it is one or an emergency

    @property
    def margin(self) -> float:
        """By how much a notice is due where no rule speaks; below 0: it is not."""
        return self.log_odds - (CRISIS_ALONE if self.crisis > 0 else ALONE)


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
        """Return what it says of `question`: of one beyond its window, of the part for which a
        notice is most due.

        Of that the first and the last part are read, and the one `around` a code point.
        """
        ids = self._bert.pieces(question)
        middle = self._bert.piece_at(question, around) if len(ids) > self._bert.window else 0
        return max(map(self._read, self._parts(ids, middle)), key=lambda meant: meant.margin)

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
