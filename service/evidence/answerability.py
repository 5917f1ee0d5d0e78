"""Whether a passage answers a question: both read together, by a small fitted network.

What a search knows tells subjects apart, not what is asked of them: a passage that names magnesium
is near to "how many milligrams of magnesium", and does not say. So in a small corpus, where nearly
every passage is on the subject, what would be shown first is read beside the question, by the
default encoder's own network with a low-rank adapter (`index/adapted_bert.py`) fitted for this:

    log odds = bias + mean state of the question's pieces · head_1
                    + mean state of the passage's pieces  · head_2

It can silence and never speak: a passage of which it is sure that it does not answer is not shown.
The weights are all-MiniLM-L6-v2's. `answerability.safetensors` holds adapter and head; `python -m
bench.train_answerability` fits them. docs/silence.md tells what it is worth.
"""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from index.adapted_bert import AdaptedBert, Fitted, base_of, opened
from index.focus import condensed
from index.weights import ModelFolder

STORED = "answerability.safetensors"
QUESTION = 96
"""Word pieces of a question that are read: of a longer one, the sentences that ask."""
LARGEST = 400
"""Passages of a corpus in which it is read. The seeds have 63, the sample has 301. In larger ones,
where most of what is wrongly answered is on another subject, it silences as many who are rightly
answered (docs/silence.md)."""
SURE = 0.95
"""Probability from which on a passage is shown unread. On the five seeds 21 of 22 wrong answers are
less probable, and one in four of the right ones."""
SILENCED = -5.0
"""Log odds below which what is read does not answer. By cross-validation, with -4, -4.5, -5, -5.5
and -6, of 287 questions on the seeds that are rightly answered 5, 4, 3, 3 and 1 are silenced, and
of 22 wrongly 10, 10, 9, 9 and 5; `python -m bench.seeds --bar` asks by the stored probabilities."""
READ = 3
"""Passages that are read at most, the most probable first: where none of them answers none does."""
LEFT = 0.25
"""What is left of the probability of a passage that is silenced: of 12 questions on the seeds that
are, three had an answer after all. Who sets a threshold below that hears of it all the same."""

Probabilities = NDArray[np.float64]
Floats = NDArray[np.float32]


class Answerability:
    """The network that reads pairs. Holds no state: any number of threads may call."""

    def __init__(self, bert: AdaptedBert, head: Floats, bias: float) -> None:
        """Read by `bert`, with `head` `(2 d,)`: the question's half, then the passage's."""
        self._bert = bert
        self._head = head
        self._bias = bias

    def asked(self, question: str) -> str:
        """Return what is read of `question`."""
        return condensed(question, lambda text: len(self._bert.pieces(text)) <= QUESTION)

    def log_odds(self, asked: str, passage: str) -> float:
        """Return the log odds that `passage`, its headings before it, answers what is `asked`.

        Of a passage beyond the network's window the beginning is read.
        """
        ids, second = pieces_of_pair(self._bert, asked, passage)
        states = self._bert.states(ids, second)
        pooled = np.concatenate([states[:second].mean(axis=0), states[second:].mean(axis=0)])
        return float(self._bias + self._head @ pooled)


def pieces_of_pair(bert: AdaptedBert, asked: str, passage: str) -> tuple[NDArray[np.int32], int]:
    """Return the word pieces of a pair that `bert` takes, and where the passage's begin."""
    ids, second = bert.pair(asked, passage)
    return ids[: bert.window], second


def as_read(title: str, section: Sequence[str], text: str) -> str:
    """Return a passage as it is read: the headings above it that it does not itself hold, then its
    text."""
    own = set(text.split("\n"))
    above = [heading for heading in dict.fromkeys((title, *section)) if heading not in own]
    return "\n".join([*above, text])


@cache
def fitted_beside() -> str:
    """Return the fingerprint of the encoder that reading was fitted beside: no weights are read."""
    return base_of("service.evidence", STORED)


@cache
def fitted_answerability() -> Answerability | None:
    """Return the network that `python -m bench.train_answerability` stored; None where the default
    encoder is not installed."""
    return opened("service.evidence", STORED, network_of)


def network_of(fitted: Fitted, folder: ModelFolder) -> Answerability:
    """Return the network of `fitted` on the weights in `folder`.

    Raises `EncoderError` where these are not the model that it was fitted on.
    """
    bert = AdaptedBert(folder, fitted.adapter)
    return Answerability(bert, fitted.heads[0], float(fitted.bias[0]))


def vetoed(
    probable: Probabilities,
    threshold: float,
    groups: Sequence[int],
    read: Callable[[int], float],
) -> Probabilities:
    """Return `probable` `(n,)`, a part of it where what was read does not answer.

    Of the passages that reach `threshold` the most probable is read, unless it is `SURE`; `read`
    returns the log odds of a place. Where it bears that, all are as they were. Where not, the next
    are read, `READ` in all and one of each of the `groups` `(n,)` of near-copies, and every passage
    but those that bear it, with their copies, has `LEFT` of what it had.
    """
    best: dict[int, int] = {}
    for place in np.argsort(-probable, kind="stable").tolist():
        if probable[place] >= threshold:
            best.setdefault(groups[place], place)
    places = list(best.values())[:READ]
    if not places or probable[places[0]] >= SURE or read(places[0]) >= SILENCED:
        return probable
    bearing = {groups[place] for place in places[1:] if read(place) >= SILENCED}
    return np.where([group in bearing for group in groups], probable, LEFT * probable)
