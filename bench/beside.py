"""What people set beside what they say: a question fitted on once more, as they would send it.

Among calm pieces (where they live, what they read), behind an opening ("Quick question,"), before
and behind ordinary questions and wishes ("which trainers are best for flat feet?"), without stops.
All are our own; what is drawn follows from the generator that is given.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

FEW, MANY = (1, 1, 1, 2), (3, 4, 6)
MANY_OF = 0.25
"""How many calm pieces stand beside a question, and in which part of them many."""
_STOPS = re.compile(r"[.,;:?!]+(?=\s|$)")
JOINTS = (". ", " ", " ", ", ", " and ", "\n")
FORMS = (
    (True, False, False),
    (True, False, False),
    (True, False, True),
    (False, False, True),
    (False, False, True),
    (False, True, False),
    (False, True, True),
)
"""Whether it stands behind an opening, behind something ordinary, before something ordinary."""
WISHED = 0.4
"""How often what is ordinary is a wish, and not a question."""
LOWERED = 0.6
ASKING = 0.5
"""How often a question behind an opening goes on in small letters; and behind one that leads on
("is it normal that") ends as one."""


@dataclass(frozen=True, slots=True)
class Ordinary:
    """What is asked and said beside a question, all of it ordinary."""

    questions: Sequence[str]
    wishes: Sequence[str]
    openings: Sequence[str]


def among(
    question: str, calm: Sequence[str], order: random.Random, long: Callable[[str], bool]
) -> str:
    """Return `question` with pieces of `calm` before and after it, as people join what they say.

    As many as are drawn, or fewer, so that what is returned is not `long`; `question` alone may be.
    """
    chosen = order.sample(calm, order.choice(MANY if order.random() < MANY_OF else FEW))
    place = order.randrange(len(chosen) + 1)
    before, after = chosen[:place], chosen[place:]
    whole = _joined([*before, question, *after], order)
    while (before or after) and long(whole):
        (before if len(before) > len(after) else after).pop()
        whole = _joined([*before, question, *after], order)
    return whole


def asked_with(question: str, ordinary: Ordinary, order: random.Random) -> str:
    """Return `question` in one of the `FORMS`, with what is drawn of `ordinary`."""
    opened, before, behind = order.choice(FORMS)
    said = [_opened(question, order.choice(ordinary.openings), order) if opened else question]
    if before:
        said.insert(0, _asked(ordinary, order))
    if behind:
        said.append(_asked(ordinary, order))
    return _joined(said, order)


def bare(question: str) -> str:
    """Return `question` as somebody types it who uses no stops; apostrophes stay."""
    return " ".join(_STOPS.sub(" ", question).split())


def _asked(ordinary: Ordinary, order: random.Random) -> str:
    return order.choice(ordinary.wishes if order.random() < WISHED else ordinary.questions)


def _opened(question: str, opening: str, order: random.Random) -> str:
    if order.random() < LOWERED and not question.startswith(("I ", "I'")):
        question = question[0].lower() + question[1:]
    if opening[-1].isalpha() and order.random() < ASKING:
        question = question.rstrip(".?! ") + "?"
    return f"{opening} {question}"


def _joined(said: Sequence[str], order: random.Random) -> str:
    whole = said[0]
    for piece in said[1:]:
        joint = order.choice(JOINTS)
        if joint == "\n" or (joint == ". " and whole[-1] in ".?!"):
            whole += joint[-1] + piece
        else:
            whole = whole.rstrip(".?! ") + joint + piece
    return whole
