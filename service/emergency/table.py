"""The table of the rules, `rules.toml`: signs, cues, and which signs make an emergency."""

import tomllib
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from service.emergency.grammar import Lexicon, Mention, Reader, Spelling, Word, compile_pattern
from service.emergency.reach import Exempt
from service.emergency.words import Kind

# A rule's signs lie within this many words of each other. Tuned vignettes raised and real questions
# raised, of 478 and 5,171 (bench/false_alarms.py), by window: 8: 461, 30; 15: 472, 31; 25: 472, 32;
# 45, 70 and 120: 472, 33. Vignettes are shorter than real messages, so the wider choice.
WINDOW = 45


@dataclass(frozen=True, slots=True)
class Rule:
    """Which signs together make an emergency."""

    groups: tuple[tuple[str, ...], ...]  # of each group, one sign
    one_sentence: bool
    unless: frozenset[str]  # no rule when one of these stands in the sentence of the first group


@dataclass(frozen=True, slots=True)
class Topic:
    """An emergency, its rules, and the page whose warning signs they restate."""

    name: str
    kind: Kind
    source: str
    rules: tuple[Rule, ...]
    openings: frozenset[str]  # the signs of the rules' first groups


@dataclass(frozen=True, slots=True)
class Table:
    """All that a question is read by, but for weights."""

    reader: Reader
    signs: Lexicon
    cues: Lexicon
    exempt: Exempt
    wishes: frozenset[str]  # signs of a wish to die: what words or meaning raise is a crisis
    outright: frozenset[str]  # of these, those beside which no crisis is outvoted
    topics: tuple[Topic, ...]


@cache
def table() -> Table:
    """Read and compile `rules.toml` once.

    Raises:
        ValueError: the table names a sign or a class that it does not define.
    """
    raw: dict[str, Any] = tomllib.loads(
        files("service.emergency").joinpath("rules.toml").read_text(encoding="utf-8")
    )
    classes = {name: frozenset(words.split()) for name, words in raw["words"].items()}
    signs, cues = (
        Lexicon(
            {
                name: [
                    pattern
                    for line in lines.strip().splitlines()
                    for pattern in compile_pattern(line, classes)
                ]
                for name, lines in raw[section].items()
            }
        )
        for section in ("signs", "cues")
    )
    topics = []
    for topic in raw["topics"]:
        rules = tuple(_rule(text) for text in topic["rules"])
        unknown = {s for rule in rules for group in (*rule.groups, rule.unless) for s in group}
        unknown -= raw["signs"].keys()
        if unknown:
            raise ValueError(f"emergency topic {topic['name']!r} uses undefined signs: {unknown}")
        openings = frozenset(sign for rule in rules for sign in rule.groups[0])
        kind = topic.get("kind", "emergency")
        topics.append(Topic(topic["name"], kind, topic["source"], rules, openings))
    reading = {name: frozenset(words.split()) for name, words in raw["reading"].items()}
    spelling = Spelling(signs.vocabulary | cues.vocabulary, reading.pop("not_misspelt"))
    joined = {tuple(pair.split()): form for pair, form in raw["joined"].items()}
    reader = Reader(spelling, raw["written_as"], joined, relatives=classes["kin"], **reading)
    exempt = Exempt(*(frozenset(raw["exempt"][name].split()) for name in ("context", "crisis")))
    wishes, outright = (frozenset(raw["kinds"][name].split()) for name in ("crisis", "outright"))
    if unknown := (wishes - raw["signs"].keys()) | (outright - wishes):
        raise ValueError(f"[kinds] has what is no sign, or in `outright` no wish to die: {unknown}")
    return Table(reader, signs, cues, exempt, wishes, outright, tuple(topics))


def read_words(question: str) -> list[Word]:
    """Return the words of `question` as the rules read them."""
    return table().reader.words(question)


def _rule(text: str) -> Rule:
    wanted, *unless = (part.strip() for part in text.split("!"))
    joint = "&" if "&" in wanted else "+"
    groups = tuple(tuple(group.strip().split("|")) for group in wanted.split(joint))
    return Rule(groups, joint == "&", frozenset(unless))


def fulfilled(
    rule: Rule, by_sign: dict[str, list[Mention]], words: list[Word]
) -> tuple[Mention, ...] | None:
    """Return one mention of each group, close enough together, or None."""
    groups = [
        sorted((m for sign in group for m in by_sign.get(sign, ())), key=_first)
        for group in rule.groups
    ]
    if not all(groups):
        return None
    spoilt = {words[m.first].sentence for sign in rule.unless for m in by_sign.get(sign, ())}
    for anchor in groups[0]:
        sentence = words[anchor.first].sentence
        if sentence in spoilt:
            continue
        chosen = [anchor]
        for group in groups[1:]:
            at = bisect_left(group, anchor.first, key=_first)
            nearest = min(group[max(0, at - 1) : at + 1], key=lambda m: abs(m.first - anchor.first))
            if abs(nearest.first - anchor.first) > WINDOW or (
                rule.one_sentence and words[nearest.first].sentence != sentence
            ):
                break
            chosen.append(nearest)
        else:
            return tuple(chosen)
    return None


def _first(mention: Mention) -> int:
    return mention.first
