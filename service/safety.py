"""What stands beside every answer: the disclaimer, and the notice above a question that describes
an emergency.

The notice is not triage. It reads the question alone, by the table in `emergency/rules.toml`, the
weighed words of `emergency/words.json` and the network of `emergency/meaning.py`, and says one
thing: this may be an emergency, contact the emergency number. It never hides a passage, never
weighs one danger against another, and its silence says nothing. No clinician has validated it;
docs/emergency-notice.md tells what it was measured on.
"""

import re
import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Literal

from service.emergency.grammar import Lexicon, Mention, Reader, Spelling, Word, compile_pattern
from service.emergency.meaning import (
    ALONE,
    BESIDE_QUESTION,
    BESIDE_RULE,
    BY_ITSELF,
    CRISIS_BESIDE_SIGN,
    LONGEST_OUTVOTED,
    Meaning,
    fitted_meaning,
)
from service.emergency.reach import Exempt, set_aside
from service.emergency.words import (
    SOURCE,
    UNSPECIFIED,
    Kind,
    Weighed,
    fitted,
    heaviest,
    runs,
    weigh,
)

# A rule's signs lie within this many words of each other. Tuned vignettes raised and real questions
# raised, of 478 and 5,171 (bench/false_alarms.py), by window: 8: 461, 30; 15: 472, 31; 25: 472, 32;
# 45, 70 and 120: 472, 33. Vignettes are shorter than real messages, so the wider choice.
_WINDOW = 45


# Signs that say who, not what: a notice does not name them.
_PEOPLE = frozenset(("person", "near_person"))
# Each run of a text without a stop, and its mark of a question. No place is looked at twice.
_RUN = re.compile(r"[^.!?\n]+\??")
# Where in it a question in general begins, or one of what was said before it. Of a text whose
# spaces are single: of runs of them it would take the square of their length.
_ASKED = re.compile(
    r"(?:^|(?<=[.!?,;:()\n\u2013\u2014])|(?<= - )) ?(?:(?:so|and|but|also|please|pls),? )*"
    r"(?:what|whats|why|how|which|who|where|any|do you|does|has anyone"
    r"|(?:is|could|can|might) (?:it|this|that)|are (?:they|these)|(?:is|are) there"
    r"|(?:should|do|shall|can|could|may) i|(?:can|could) you|am i)\b",
    re.IGNORECASE,
)

# What opens a question about what follows it, after a greeting or not.
_OPENING = re.compile(
    r"^(?:[^.!?\n]{0,24}[,.!] ?)?"
    r"(?:is (?:it|this|that) (?:normal|ok|okay|bad|serious|dangerous|usual|common)(?: that|,)"
    r"|(?:should|do) (?:i|we) (?:need to |have to )?(?:worry|be (?:worried|concerned)|wait)"
    r"(?: that| because|,)"
    r"|what (?:should|do|can) (?:i|we) do,)\s",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice to stand above the passages, and the words of the question that raised it."""

    kind: Literal["emergency", "crisis"]
    text: str
    matched: str  # the words that raised it, as they stand in the question, joined by " … "
    spans: tuple[tuple[int, int], ...]  # where they stand: code points, end exclusive, ascending
    source: str  # publisher, title and address of the page whose warning signs the rule restates
    topic: str


@dataclass(frozen=True, slots=True)
class _Raised:
    kind: Literal["emergency", "crisis"]
    topic: str
    source: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    groups: tuple[tuple[str, ...], ...]  # of each group, one sign
    one_sentence: bool
    unless: frozenset[str]  # no rule when one of these stands in the sentence of the first group


@dataclass(frozen=True, slots=True)
class _Topic:
    name: str
    kind: Literal["emergency", "crisis"]
    source: str
    rules: tuple[_Rule, ...]
    openings: frozenset[str]  # the signs of the rules' first groups


@dataclass(frozen=True, slots=True)
class _Table:
    reader: Reader
    signs: Lexicon
    cues: Lexicon
    exempt: Exempt
    wishes: frozenset[str]  # signs of a wish to die: what words or meaning raise is a crisis
    topics: tuple[_Topic, ...]


@cache
def _texts(language: str) -> dict[str, str]:
    """Return the texts of `safety_texts.toml` in `language`, in English where it has none."""
    table: dict[str, dict[str, str]] = tomllib.loads(
        files("service").joinpath("safety_texts.toml").read_text(encoding="utf-8")
    )
    return table.get(language, table["en"])


DISCLAIMER = _texts("en")["disclaimer"]


def disclaimer(text: str | None = None, language: str = "en") -> str:
    """Return the operator's disclaimer, or the house's own, in `language`, where that is blank."""
    return text.strip() if text and text.strip() else _texts(language)["disclaimer"]


def read_words(question: str) -> list[Word]:
    """Return the words of `question` as the rules read them."""
    return _table().reader.words(question)


def find_notice(
    question: str,
    *,
    emergency_number: str | None = None,
    crisis_line: str | None = None,
    by_words: bool = True,
    by_meaning: bool = False,
    language: str = "en",
) -> Notice | None:
    """Return the notice that `question` raises, or None.

    By a rule of the table, by its words, or with `by_meaning` by the question read whole, which has
    the last word but on a wish to die that a rule sees. To read a text takes 20 to 200 ms, of some
    questions several parts are read, and read are those that a rule speaks for, those that name a
    wish to die, and those whose words are not calm. Without the default encoder's weights words and
    rules speak alone.
    It is written in `language`, whatever the question is in; the rules know English only.
    No country is assumed: without `emergency_number` the text says "your local emergency number",
    and without `crisis_line` it says only that crisis lines exist. Time is linear in the length
    of the question; any text is accepted.
    """
    asked = _Asked(question)
    raised = asked.by_rule()
    network = fitted_meaning() if by_meaning and asked.is_to_be_read(raised) else None
    if network is not None:
        raised = asked.by_meaning(raised, network)
    elif raised is None and by_words:
        raised = asked.by_words()
    if raised is None:
        return None
    return _notice(question, raised, emergency_number, crisis_line, language)


class _Asked:
    """One question as the rules, the words and its meaning read it, each when it is asked."""

    def __init__(self, question: str) -> None:
        self._question = question
        self._words = _table().reader.words(question)
        self._mentioned = _table().signs.mentions(self._words)
        self._present: list[Mention] | None = None

    def present(self) -> list[Mention]:
        """Return the mentions that are said to be so, now, of someone present."""
        if self._present is None:
            table = _table()
            cues = table.cues.mentions(self._words)
            self._present = set_aside(self._mentioned, cues, self._words, table.exempt)
        return self._present

    @cached_property
    def weighed(self) -> Weighed:
        """What its words weigh, asked for at most once."""
        return weigh(self._words)

    @cached_property
    def _heaviest(self) -> tuple[Weighed, int]:
        """What the part weighs that weighs most, and the word in its middle."""
        return heaviest(self._words, self.weighed)

    def by_rule(self) -> _Raised | None:
        """Return what the first rule raises that applies."""
        return next((self._by(*each) for each in self._applying()), None)

    def _applying(self) -> Iterator[tuple[_Topic, tuple[Mention, ...]]]:
        """Yield every rule that applies, wherever it does: its topic, and the signs that say so."""
        mentioned = {mention.sign for mention in self._mentioned}
        possible = [
            (topic, rule)
            for topic in _table().topics
            if not topic.openings.isdisjoint(mentioned)
            for rule in topic.rules
            if not any(mentioned.isdisjoint(group) for group in rule.groups)
        ]
        if not possible:
            return
        by_sign: dict[str, list[Mention]] = {}
        for mention in self.present():
            by_sign.setdefault(mention.sign, []).append(mention)
        for topic, rule in possible:
            for chosen in _fulfilled(rule, by_sign, self._words):
                yield topic, chosen

    def _by(self, topic: _Topic, signs: Iterable[Mention]) -> _Raised:
        told = [(mention.first, mention.last) for mention in signs if mention.sign not in _PEOPLE]
        return _Raised(topic.kind, topic.name, topic.source, _spans(told, self._words))

    def by_words(self) -> _Raised | None:
        """Return what the words of the question raise alone."""
        weighed = self.weighed
        # Words that all are plain weigh, and tell nothing: there would be none to name.
        if weighed.few or weighed.probability < fitted().threshold or not weighed.words:
            return None
        kind = "crisis" if self._wishes_to_die() else weighed.kind
        return self._unspecified(kind, weighed.words)

    def is_to_be_read(self, raised: _Raised | None) -> bool:
        """Return whether the question is worth reading whole: no wish to die that a rule sees is,
        nor what no rule raises, whose words are calm and which names no wish to die at all."""
        if raised is not None:
            return raised.kind != "crisis"
        suspected = fitted().suspected
        return (
            any(mention.sign in _table().wishes for mention in self._mentioned)
            or self._heaviest[0].probability >= suspected
            or (self._told is not None and weigh(read_words(self._told)).probability >= suspected)
        )

    @cached_property
    def _told(self) -> str | None:
        """What is said besides questions, None where all or nothing is one."""
        return _without_questions(self._question)

    @cached_property
    def _asked_of(self) -> str | None:
        """What "is it normal that", "what should I do," and the like are asked of, where they open
        the question: told, and no longer asked."""
        opening = _OPENING.search(self._question)
        return self._question[opening.end() :].strip().rstrip("?") if opening else None

    def by_meaning(self, raised: _Raised | None, network: Meaning) -> _Raised | None:
        """Return what is raised, by a rule as told or by none, once the question is read whole."""
        if raised is not None:
            return self._standing(raised, network)
        part, middle = self._heaviest
        around = self._words[middle].start if self._words else 0
        meant = network.read(self._question, around)
        if meant.log_odds < ALONE:
            besides = (network.read(told) for told in (self._told, self._asked_of) if told)
            due = next((one for one in besides if one.log_odds >= BESIDE_QUESTION), None)
            if due is None:
                return None
            meant = due
        # A network has no words to name: those that weighed most, or all where only plain ones did.
        told = part.words or ((0, len(self._words) - 1),)
        crisis = meant.crisis > (CRISIS_BESIDE_SIGN if self._wishes_to_die() else 0)
        return self._unspecified("crisis" if crisis else "emergency", told)

    def _standing(self, raised: _Raised, network: Meaning) -> _Raised | None:
        """Return what stands of the rules that apply, of which `raised` is the first, or None where
        the network outvotes them.

        Only in a short text, only where what is said besides its questions is no emergency either,
        and where what a question is asked of, and what raised a rule, its sentences and its
        clauses, are by themselves no plain one. As a whole, "My chest hurts, is it a cramp?" is a
        question, and "My chest hurts. I want to know about stretches." a wish to know.
        """
        if network.length(self._question) > LONGEST_OUTVOTED:
            return raised
        for whole in (self._question, self._told):
            if whole is not None and network.read(whole).log_odds >= BESIDE_RULE:
                return raised
        if self._asked_of and network.read(self._asked_of).log_odds >= BY_ITSELF:
            return raised
        known = {self._question, self._told, self._asked_of, ""}
        for topic, signs in self._applying():
            sentences = self._where(signs, "sentence")
            parts = (sentences, _without_questions(sentences) or "", self._where(signs, "clause"))
            for part in dict.fromkeys(parts):
                if part not in known and network.read(part).log_odds >= BY_ITSELF:
                    return self._by(topic, signs)
            known.update(parts)
        return None

    def _where(self, signs: Iterable[Mention], unit: Literal["sentence", "clause"]) -> str:
        """Return the sentences, or the clauses, in which `signs` stand, people aside, in order."""
        numbers = [getattr(word, unit) for word in self._words]
        told = {
            number
            for mention in signs
            if mention.sign not in _PEOPLE
            for number in numbers[mention.first : mention.last + 1]
        }
        begins = [bisect_left(numbers, number) for number in sorted(told)]
        ends = [bisect_right(numbers, number) for number in sorted(told)]
        starts = [*(word.start for word in self._words), len(self._question)]
        return " ".join(
            self._question[starts[begin] : starts[end]].strip()
            for begin, end in zip(begins, ends, strict=True)
        )

    def _wishes_to_die(self) -> bool:
        """Return whether a milder sign of a wish to die is said, such as letters written."""
        return any(mention.sign in _table().wishes for mention in self.present())

    def _unspecified(self, kind: Kind, told: Iterable[tuple[int, int]]) -> _Raised:
        """Return what no rule raised, and which is not told: words `told`, as (first, last)."""
        spans = _spans(told, self._words)
        if kind == "crisis":
            crisis = next(topic for topic in _table().topics if topic.kind == "crisis")
            return _Raised("crisis", crisis.name, crisis.source, spans)
        return _Raised("emergency", UNSPECIFIED, SOURCE, spans)


def _without_questions(text: str) -> str | None:
    """Return what `text` says besides such questions; None where all or nothing is one."""
    spaced = "\n".join(" ".join(line.split()) for line in text.splitlines())
    rest = _RUN.sub(_unasked, spaced)
    if rest == spaced or not any(letter.isalnum() for letter in rest):
        return None
    return " ".join(rest.split())


def _unasked(run: re.Match[str]) -> str:
    """Return what stands in `run` before a question begins; all of it where none does."""
    asked = _ASKED.search(run.string, run.start(), run.end()) if run[0].endswith("?") else None
    return run.string[run.start() : asked.start()] + ". " if asked else run[0]


@cache
def _table() -> _Table:
    """Read and compile `emergency/rules.toml` once.

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
        topics.append(_Topic(topic["name"], kind, topic["source"], rules, openings))
    reading = {name: frozenset(words.split()) for name, words in raw["reading"].items()}
    spelling = Spelling(signs.vocabulary | cues.vocabulary, reading.pop("not_misspelt"))
    joined = {tuple(pair.split()): form for pair, form in raw["joined"].items()}
    reader = Reader(spelling, raw["written_as"], joined, relatives=classes["kin"], **reading)
    exempt = Exempt(*(frozenset(raw["exempt"][name].split()) for name in ("context", "crisis")))
    wishes = frozenset(raw["kinds"]["crisis"].split())
    return _Table(reader, signs, cues, exempt, wishes, tuple(topics))


def _rule(text: str) -> _Rule:
    wanted, *unless = (part.strip() for part in text.split("!"))
    joint = "&" if "&" in wanted else "+"
    groups = tuple(tuple(group.strip().split("|")) for group in wanted.split(joint))
    return _Rule(groups, joint == "&", frozenset(unless))


def _fulfilled(
    rule: _Rule, by_sign: dict[str, list[Mention]], words: list[Word]
) -> Iterator[tuple[Mention, ...]]:
    """Yield one mention of each group, close enough together, for each of the first group's."""
    groups = [
        sorted((m for sign in group for m in by_sign.get(sign, ())), key=_first)
        for group in rule.groups
    ]
    if not all(groups):
        return
    spoilt = {words[m.first].sentence for sign in rule.unless for m in by_sign.get(sign, ())}
    for anchor in groups[0]:
        sentence = words[anchor.first].sentence
        if sentence in spoilt:
            continue
        chosen = [anchor]
        for group in groups[1:]:
            at = bisect_left(group, anchor.first, key=_first)
            nearest = min(group[max(0, at - 1) : at + 1], key=lambda m: abs(m.first - anchor.first))
            if abs(nearest.first - anchor.first) > _WINDOW or (
                rule.one_sentence and words[nearest.first].sentence != sentence
            ):
                break
            chosen.append(nearest)
        else:
            yield tuple(chosen)


def _first(mention: Mention) -> int:
    return mention.first


def _spans(told: Iterable[tuple[int, int]], words: list[Word]) -> tuple[tuple[int, int], ...]:
    """Return where words stand, given as (first, last): those that touch are one span."""
    return runs((words[first].start, words[last].end) for first, last in told)


def _notice(
    question: str,
    raised: _Raised,
    emergency_number: str | None,
    crisis_line: str | None,
    language: str,
) -> Notice:
    texts = _texts(language)
    number = (
        texts["number_known"].format(number=emergency_number)
        if emergency_number
        else texts["number"]
    )
    line = texts["line"].format(crisis_line=crisis_line) if crisis_line else texts["line_unknown"]
    return Notice(
        kind=raised.kind,
        text=texts[raised.kind].format(number=number, line=line),
        matched=" … ".join(question[start:end] for start, end in raised.spans),
        spans=raised.spans,
        source=raised.source,
        topic=raised.topic,
    )
