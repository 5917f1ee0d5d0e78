"""Which way a sentence is worded, and about what: the table of wordings that point different ways.

It looks for words, not for meaning. A sentence counts only where its subject is plain, and rather
none is found than a wrong one.
"""

import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from index.analysis import terms
from service.evidence.answering import asks

RAREST_SHARE = 0.25
"""A term in more than this share of all passages is what the articles are about, not a point that
some of them make ("muscle", in articles on muscle spasms)."""
LEAST_IDF = 1.386
"""ln 4: the idf of a term in `RAREST_SHARE` of the passages."""
EFFECT_WORDS = 5
"""Words after "not shown to" among which stands what is not shown: that a thing helps, or harms."""

DifferenceKind = Literal["worry", "help"]

_RULES = Path(__file__).with_name("agreement_rules.toml")
_WORD = re.compile(r"[^\W_]+(?:['-]+[^\W_]+)*")
_ONE_OF_SEVERAL = re.compile(r",|/|\band\b|\bor\b")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a clause is about: the terms of the thing that is named first, and of all it names."""

    head: frozenset[str]
    whole: frozenset[str]


@dataclass(frozen=True, slots=True)
class About:
    """What a sentence is about: things that it names side by side, and what they do or do not do.

    `place` is that of its wording in the table of its side.
    """

    subjects: tuple[Subject, ...]
    effects: frozenset[str]
    place: int = 0


@dataclass(frozen=True, slots=True)
class Pair:
    """Two ways of putting it. `keys` of each side: a wording has one of them."""

    kind: DifferenceKind
    whole: bool  # whether all that the one names must stand in the other, not its head alone
    keys: tuple[tuple[str, ...], tuple[str, ...]]
    one: re.Pattern[str]
    other: re.Pattern[str]
    wordings: tuple[re.Pattern[str], ...]  # of `other`, the plainest first
    unproven: re.Pattern[str]  # those of `other` that tell of what is not shown, helpful or not
    partial: re.Pattern[str]

    def one_way(self, text: str, idf: Callable[[str], float]) -> About | None:
        """Return what a folded sentence that is worded the one way is about.

        None where it is not, is worded the other way as well, or is about nothing that is plain;
        of whether a thing helps, nothing that is rare by `idf`.
        """
        found = self._standing(self.one, text)
        if found is None or self._standing(self.other, text) is not None:
            return None
        about = _about(text, found)
        if about is None or self.whole:
            return about
        rare = (s for s in about.subjects if any(idf(t) >= LEAST_IDF for t in s.head - general()))
        subjects = tuple(rare)
        return replace(about, subjects=subjects) if subjects else None

    def other_way(self, text: str) -> About | None:
        """Return what a folded sentence that is worded the other way is about.

        None where it is not, is worded the one way as well, or is about nothing that is plain.
        """
        if self._standing(self.other, text) is None or self._standing(self.one, text) is not None:
            return None
        for place, wording in enumerate(self.wordings):
            found = self._standing(wording, text)
            if found is not None and not self._spares(found, text):
                about = _about(text, found, or_behind=not self.whole)
                if about:
                    return replace(about, place=place)
        return None

    def same(self, one: About, other: About) -> bool:
        """Tell whether two sentences are about the same thing and, if they name any, one effect."""
        if not self.whole and one.effects and other.effects and not one.effects & other.effects:
            return False
        return any(
            here.head == there.head and (not self.whole or here.whole <= there.whole)
            for here in one.subjects
            for there in other.subjects
        )

    def _standing(self, cues: re.Pattern[str], text: str) -> re.Match[str] | None:
        if asks(text) or _conditions().search(text) or self.partial.search(text):
            return None
        negated = _negated()
        return next(
            (m for m in cues.finditer(text) if not negated.search(text, 0, m.start())), None
        )

    def _spares(self, found: re.Match[str], text: str) -> bool:
        """Tell whether what is not shown is that the thing does harm."""
        if not self.unproven.fullmatch(found.group()):
            return False
        following = _WORD.findall(text[found.end() : found.end() + 40 * EFFECT_WORDS])
        harms, helps = _words("harms"), _words("helps")
        first = (word for word in following[:EFFECT_WORDS] if word in harms or word in helps)
        return next(first, "") in harms


def _about(text: str, found: re.Match[str], or_behind: bool = False) -> About | None:
    """Return what a sentence is about that holds a wording at `found`, or None.

    What stands before the wording in its clause ("heat or ice can help", of two things); where
    there is nothing, and it is asked for, behind it ("no evidence that heat helps").
    """
    before, behind = text[: found.start()], text[found.end() :]
    subjects = _listed(_boundaries().split(before)[-1])
    if not subjects and or_behind:
        opening = _words("announcing")
        starts = (w.start() for w in _WORD.finditer(behind) if w.group() not in opening)
        behind = behind[next(starts, len(behind)) :]
        subjects = _listed(_boundaries().split(behind)[0])
    if not subjects:
        return None
    told = _WORD.findall(_boundaries().split(behind)[0])
    # Not all that they name: behind "no evidence for", it is "magnesium for cramps".
    named = _forms().union(*(subject.head for subject in subjects))
    effects = {term for word in told if word not in _words("verbs") for term in terms(word)}
    return About(subjects, frozenset(effects - general() - named))


def _listed(clause: str) -> tuple[Subject, ...]:
    """Return the things that a clause names before its verb, side by side."""
    verbs = _words("verbs")
    found: list[Subject] = []
    ended = False
    for part in _ONE_OF_SEVERAL.split(clause):
        words = _WORD.findall(part)
        if not words:
            continue
        subject = _subject(words)
        if subject and ended:
            # "Quinine is risky, and magnesium can": what has its verb is another clause's.
            found = []
        if subject:
            found.append(subject)
        ended = any(word in verbs for word in words)
    return tuple(found)


def _subject(words: list[str]) -> Subject | None:
    """Return what a phrase names before its verb, or None where that is nothing of its own."""
    verbs, opening, inner = _words("verbs"), _words("opening"), _words("inner")
    named = words[: next((at for at, word in enumerate(words) if word in verbs), len(words))]
    start = next((at for at, word in enumerate(named) if word not in opening), len(named))
    named = [word for word in named[start:] if not _general_adverb(word)]
    cut = next((at for at, word in enumerate(named) if word in inner), len(named))
    head = [term for word in named[:cut] for term in terms(word)]
    plain = [term for term in head if term not in general()]
    if not plain:
        return None
    # "A blood test" is no other thing of blood; "magnesium tablets" are magnesium.
    of_substance = [term for term in plain if term not in _forms()] or plain
    last = [] if head[-1] in _forms() else head[-1:]
    whole = {term for word in named for term in terms(word)} - general()
    return Subject(frozenset([*of_substance, *last]), frozenset(whole))


def _general_adverb(word: str) -> bool:
    return word.endswith("ly") and general().issuperset(terms(word))


@cache
def table() -> dict[str, Any]:
    """Return the rules as they stand in the file."""
    return tomllib.loads(_RULES.read_text("utf-8"))


@cache
def general() -> frozenset[str]:
    """Return the terms that name no fact of their own."""
    return frozenset(terms(table()["general"]))


@cache
def _forms() -> frozenset[str]:
    return frozenset(terms(table()["forms"]))


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(table()[name].split())


@cache
def _negated() -> re.Pattern[str]:
    words = "|".join(map(re.escape, table()["negated"].split()))
    return re.compile(rf"\b(?:{words})\W+(?:\w+(?:['-]+\w+)*\W+){{0,2}}$")


@cache
def _conditions() -> re.Pattern[str]:
    return _any_word(table()["conditions"])


@cache
def _boundaries() -> re.Pattern[str]:
    words = "|".join(table()["boundaries"].split())
    return re.compile(rf"[.;:!?()\[\]–—\"“”\n]|\b(?:{words})\b")


@cache
def pairs() -> tuple[Pair, ...]:
    """Return the pairs of ways that are compared."""
    return tuple(
        Pair(
            kind=pair["kind"],
            whole=pair["whole"],
            keys=(_longest(pair["one"]), _longest(pair["other"])),
            one=_any_of(pair["one"]),
            other=_any_of(pair["other"]),
            wordings=tuple(_any_of([wording]) for wording in pair["other"]),
            unproven=_any_of(pair["unproven"]),
            partial=_any_word(pair["partial"]),
        )
        for pair in table()["pair"]
    )


def _any_word(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words.split())})\b")


def _longest(wordings: Iterable[str]) -> tuple[str, ...]:
    """Return the longest word of each wording, each once."""
    return tuple(dict.fromkeys(max(wording.split(), key=len) for wording in wordings))


def _any_of(wordings: Iterable[str]) -> re.Pattern[str]:
    """Return what finds any of the wordings whole; "…" is up to three words, "n't" an ending."""
    patterns = [
        ("" if wording.startswith("n't") else r"\b")
        + r"\s+".join(
            r"(?:[\w'-]+\s+){0,3}?" if word == "…" else re.escape(word) for word in wording.split()
        ).replace(r"{0,3}?\s+", "{0,3}?")
        + r"\b"
        for wording in wordings
    ]
    return re.compile("|".join(patterns) or r"(?!)")
