"""Which wordings of boilerplate a block has: the rules whose patterns it matches.

The patterns are slow and nearly never match. So each word of the block is first asked for the hints
of the rules, once for every word that there is: a rule is tried only where all its groups of hints
are answered. A hint of two words is answered by two neighbours.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache

from ingest.boilerplate_rules import RULES, Rule

Answers = tuple[int, int, int, int]
"""Of one word: the groups answered, those answered if the next word agrees, those agreed to if the
word before asks, each as bits; and how many words `WORD` finds in it."""

WORD = re.compile(r"\w[\w'’-]*")

_LONGEST = 40  # characters of a word that is remembered
_GROUPS = [(number, group) for number, rule in enumerate(RULES) for group in rule.hints]
_SIZES = sorted({rule.words for rule in RULES})


def _table() -> dict[str, list[tuple[str, bool, bool, int, int]]]:
    """Return the hints by their first two characters, those of one character by that one.

    Each is the sign to be found, whether at the word's beginning only, whether at its end only,
    which part of two it is (0 for a hint of one word), and the bit of its group.
    """
    table: dict[str, list[tuple[str, bool, bool, int, int]]] = {}
    for place, (_, group) in enumerate(_GROUPS):
        for hint in group:
            # Of three words the first two are enough of a hint.
            before, space, after = hint.partition(" ")
            after = after.partition(" ")[0]
            both = bool(before and after)
            if before:
                table.setdefault(before[:2], []).append(
                    (before, False, bool(space), 1 if both else 0, 1 << place)
                )
            if after:
                table.setdefault(after[:2], []).append(
                    (after, True, False, 2 if both else 0, 1 << place)
                )
    return table


_TABLE = _table()
_OF_RULE = [
    sum(1 << place for place, (owner, _) in enumerate(_GROUPS) if owner == number)
    for number in range(len(RULES))
]
_UP_TO = [[n for n, rule in enumerate(RULES) if rule.words >= size] for size in (*_SIZES, 10**9)]


def _answers(word: str) -> Answers:
    low = word.lower()
    parts = [0, 0, 0]
    for place in range(len(low)):
        for key in (low[place], low[place : place + 2]):
            for sign, first, last, part, bit in _TABLE.get(key, ()):
                if (
                    low.startswith(sign, place)
                    and (not first or place == 0)
                    and (not last or place + len(sign) == len(low))
                ):
                    parts[part] |= bit
    return parts[0], parts[1], parts[2], len(WORD.findall(word))


_remembered = lru_cache(maxsize=100_000)(_answers)


def hints_of(words: Sequence[str]) -> tuple[int, int]:
    """Return the groups of hints that `words` answer, as bits, and how many `WORD`s are in them."""
    answered = asked = count = 0
    for word in words:
        own, asks, agrees, number = _remembered(word) if len(word) <= _LONGEST else _answers(word)
        answered |= own | (asked & agrees)
        asked = asks
        count += number
    return answered, count


def matching_rules(text: str, size: float, answered: int | None = None) -> list[Rule]:
    """Return the rules whose wording the text has, in the order of the table.

    `text` is on one line with single spaces, `size` its length in words; `answered` is what
    `hints_of` says of its words, where that is known.
    """
    if answered is None:
        answered, _ = hints_of(text.split())
    return [
        RULES[number]
        for number in _UP_TO[bisect_left(_SIZES, size)]
        if _OF_RULE[number] & ~answered == 0 and RULES[number].pattern.search(text)
    ]
