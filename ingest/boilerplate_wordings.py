"""Which wordings of boilerplate a block has: the rules whose patterns it matches.

The patterns are slow and nearly never match. So each word of the block is first asked for the hints
of the rules, once for every word that there is: a rule is tried only where all its groups of hints
are answered. A hint of two words is answered by two neighbours.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ingest.boilerplate_rules import RULES, Rule

Answers = tuple[int, int, int]
"""Of one word: the groups it answers and the pairs of words it begins, each as bits; and how many
words `WORD` finds in it."""

WORD = re.compile(r"\w[\w'’-]*")

_LONGEST = 40  # characters of a word that is remembered
_MOST = 100_000  # words that are remembered
_GROUPS = [(number, group) for number, rule in enumerate(RULES) for group in rule.hints]
_SIZES = sorted({rule.words for rule in RULES})


@dataclass(frozen=True, slots=True)
class _Sign:
    """`text`, in a word in lower case: anywhere, or where the word or a part of it opens or closes.

    As `role` says, it answers the group (0) or begins (1) or ends (2) the pair that has `bit`.
    """

    text: str
    opens: bool
    closes: bool
    role: Literal[0, 1, 2]
    bit: int

    def bounded(self, word: str, place: int) -> bool:
        """Return whether it opens and closes as it should, standing at `place` in `word`."""
        end = place + len(self.text)
        return not (self.opens and place and _in_word(word[place - 1])) and not (
            self.closes and end < len(word) and _in_word(word[end])
        )


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _signs() -> tuple[dict[str, list[_Sign]], dict[int, int]]:
    """Return the signs by their first two characters, and the bit of each pair with its group's."""
    signs: dict[str, list[_Sign]] = {}
    pairs: dict[int, int] = {}

    def add(text: str, opens: bool, closes: bool, role: Literal[0, 1, 2], bit: int) -> None:
        signs.setdefault(text[:2], []).append(_Sign(text, opens, closes, role, bit))

    for place, (_, group) in enumerate(_GROUPS):
        for hint in group:
            # Of three words the first two are enough of a hint.
            first, *others = hint.split()
            opens = hint.startswith(" ")
            closes = hint.endswith(" ") or len(others) > 1
            if others:
                pair = 1 << len(pairs)
                pairs[pair] = 1 << place
                add(first, opens, True, 1, pair)
                add(others[0], True, closes, 2, pair)
            else:
                add(first, opens, closes, 0, 1 << place)
    return signs, pairs


_SIGNS, _PAIRS = _signs()
_OF_RULE = [
    sum(1 << place for place, (owner, _) in enumerate(_GROUPS) if owner == number)
    for number in range(len(RULES))
]
_UP_TO = [[n for n, rule in enumerate(RULES) if rule.words >= size] for size in (*_SIZES, 10**9)]
_FOUND_IN = [rule.pattern.match if rule.anchored else rule.pattern.search for rule in RULES]


def _roles(word: str) -> list[int]:
    """Return the groups that a word answers, the pairs that it begins and those that it ends."""
    low = word.lower()
    roles = [0, 0, 0]
    for place in range(len(low)):
        for key in (low[place], low[place : place + 2]):
            for sign in _SIGNS.get(key, ()):
                if low.startswith(sign.text, place) and sign.bounded(low, place):
                    roles[sign.role] |= sign.bit
    return roles


class _Told(dict[str, Answers | None]):
    """What each word answers that was ever asked; None of a plain word, as most are.

    A plain word is one word, answers no group and begins no pair.
    """

    def __missing__(self, word: str) -> Answers | None:
        groups, begins, _ = _roles(word)
        number = len(WORD.findall(word))
        told = (groups, begins, number) if groups or begins or number != 1 else None
        if len(word) <= _LONGEST:
            if len(self) >= _MOST:
                self.clear()
            self[word] = told
        return told


_told = _Told().__getitem__


def _groups_of_pair(begun: int, word: str) -> int:
    """Return the groups of the pairs `begun` by the word before that `word` ends."""
    ended = begun & _roles(word)[2]
    return sum({group for pair, group in _PAIRS.items() if pair & ended})


_remembered_groups = lru_cache(maxsize=10_000)(_groups_of_pair)


def hints_of(words: Sequence[str]) -> tuple[int, int]:
    """Return the groups of hints that `words` answer, as bits, and how many `WORD`s are in them."""
    told = list(map(_told, words))
    telling = list(filter(None, told))
    answered = begun = 0
    count = len(words) - len(telling)
    for groups, begins, number in telling:
        answered |= groups
        begun |= begins
        count += number
    if begun:
        for before, word in zip(told, words[1:], strict=False):
            if before and before[1]:
                of_pair = _remembered_groups if len(word) <= _LONGEST else _groups_of_pair
                answered |= of_pair(before[1], word)
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
        if _OF_RULE[number] & ~answered == 0 and _FOUND_IN[number](text)
    ]
