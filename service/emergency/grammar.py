"""A small grammar over a question's words: which signs and cues it mentions.

A question becomes words, each knowing its sentence and its clause. Patterns (the notation is
explained at the top of `rules.toml`) are looked up by their first word and matched
forward with bounded gaps, so the time is linear in the question's length and no text can make it
backtrack. People type without stops, so a new subject opens a clause too. What is said to be so,
now, of someone present is for `service/emergency/reach.py` to tell.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from service.emergency.numbers import NUMERIC_TAGS, tags_of

# Letters with inner apostrophes, or a number with decimals; and the marks that end a sentence or
# a clause. A full stop inside a number belongs to the number.
_TOKEN = re.compile(
    r"\d+(?:[.,]\d+)?|[^\W\d_]+(?:['\u00ad\u200b-\u200d\u2060\ufeff]+[^\W\d_]+)*|[.!?;\n]|[,:()–—]"
)
# Soft hyphens and the like stand in a word without being seen.
_UNSEEN = str.maketrans(dict.fromkeys("'\u00ad\u200b\u200c\u200d\u2060\ufeff", ""))
_SENTENCE_END = frozenset(".!?;\n")
_TRIPLED = re.compile(r"([^\W\d_])\1{2,}")


@dataclass(slots=True)
class Word:
    """One word of a question: its normal form, its numeric tags and where it stands."""

    form: str
    start: int  # code points in the question, inclusive
    end: int  # exclusive
    sentence: int
    clause: int
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way to say a thing: for each slot, the gap allowed before it and the words it takes."""

    gaps: tuple[int, ...]
    slots: tuple[frozenset[str], ...]
    opens: bool  # only at the start of a sentence
    closes: bool  # only at the end of one


class Mention(NamedTuple):
    """Words `first..last` (inclusive) of the question that say a sign."""

    sign: str
    first: int
    last: int


def compile_pattern(line: str, classes: dict[str, frozenset[str]]) -> list[Pattern]:
    """Return the patterns that `line` stands for: one for each choice of its optional slots.

    Raises:
        ValueError: a class that does not exist, or a pattern with nothing in it.
    """
    choices: list[list[tuple[int, frozenset[str]] | None]] = []
    gap = 0
    parts = line.split()
    opens, closes = parts[:1] == ["^"], parts[-1:] == ["$"]
    for part in parts[opens : len(parts) - closes]:
        if part.startswith("~"):
            gap = int(part[1:])
            continue
        optional = part.endswith("?")
        words: set[str] = set()
        for alternative in part.removesuffix("?").strip("|").split("|"):
            name = alternative[1:-1]
            if not alternative.startswith("<"):
                words.add(alternative)
            elif name in classes:
                words |= classes[name]
            elif alternative in NUMERIC_TAGS:
                words.add(alternative)
            else:
                raise ValueError(f"emergency pattern {line!r}: there is no class {alternative}")
        slot = (gap, frozenset(words))
        choices.append([slot, None] if optional else [slot])
        gap = 0
    patterns = []
    for chosen in product(*choices):
        slots = [slot for slot in chosen if slot is not None]
        if slots:
            gaps, words_of = zip(*slots, strict=True)
            patterns.append(Pattern(gaps, words_of, opens, closes))
    if not patterns:
        raise ValueError(f"emergency pattern {line!r} is empty")
    return patterns


class Lexicon:
    """Named patterns, found in a list of words in one pass."""

    def __init__(self, named: dict[str, list[Pattern]]) -> None:
        # first word -> (name, gap before the second slot, second slot or None, pattern)
        self._by_first: dict[str, list[tuple[str, int, frozenset[str] | None, Pattern]]] = {}
        self.vocabulary: set[str] = set()
        for name, patterns in named.items():
            for pattern in patterns:
                several = len(pattern.slots) > 1
                gap, second = (pattern.gaps[1], pattern.slots[1]) if several else (0, None)
                for word in pattern.slots[0]:
                    self._by_first.setdefault(word, []).append((name, gap, second, pattern))
                for slot in pattern.slots:
                    self.vocabulary |= slot

    def mentions(self, words: list[Word]) -> list[Mention]:
        """Return every mention, in the order of its first word; the shortest for each start."""
        found: list[Mention] = []
        for index, word in enumerate(words):
            ahead: dict[int, set[str]] = {}
            shortest: dict[str, int] = {}
            for key in (word.form, *word.tags):
                for name, gap, second, pattern in self._by_first.get(key, ()):
                    if second is not None:
                        # Most patterns fail at their second slot: one set operation tells.
                        if gap not in ahead:
                            ahead[gap] = _forms_ahead(words, index, gap)
                        if second.isdisjoint(ahead[gap]):
                            continue
                    elif not (pattern.opens or pattern.closes):
                        shortest[name] = index
                        continue
                    last = _match(pattern, words, index)
                    if last is not None and last < shortest.get(name, len(words)):
                        shortest[name] = last
            found += [Mention(name, index, last) for name, last in shortest.items()]
        return found


def _forms_ahead(words: list[Word], index: int, gap: int) -> set[str]:
    forms: set[str] = set()
    for word in words[index + 1 : index + 2 + gap]:
        forms.add(word.form)
        if word.tags:
            forms.update(word.tags)
    return forms


# A gap never skips one of these: "calf pain without any swelling" is not a swollen calf.
NEGATIONS = frozenset((
    "no", "not", "without", "never", "nor", "neither", "denies", "dont", "doesnt", "didnt",
    "isnt", "arent", "wasnt", "hasnt", "havent",
))  # fmt: skip


def _match(pattern: Pattern, words: list[Word], first: int) -> int | None:
    """Match the slots after the first; the states are sets of positions, so no backtracking."""
    sentence = words[first].sentence
    if pattern.opens and first > 0 and words[first - 1].sentence == sentence:
        return None
    reached = {first}
    for gap, slot in zip(pattern.gaps[1:], pattern.slots[1:], strict=True):
        following: set[int] = set()
        for position in reached:
            for candidate in range(position + 1, min(position + 2 + gap, len(words))):
                word = words[candidate]
                if word.sentence != sentence:
                    break
                if word.form in slot or (word.tags and not slot.isdisjoint(word.tags)):
                    following.add(candidate)
                if word.form in NEGATIONS:
                    break
        if not following:
            return None
        reached = following
    last = min(reached)
    if pattern.closes and last + 1 < len(words) and words[last + 1].sentence == sentence:
        return None
    return last


class Spelling:
    """One-letter slips in long words of the rules: `unconcious`, `siezure`, `vomitting`."""

    _SHORTEST = 7  # below this, a neighbour is too often another word: strike and stroke

    def __init__(self, vocabulary: set[str], not_slips: frozenset[str]) -> None:
        self._vocabulary = vocabulary
        self._not_slips = not_slips
        self._by_deletion: dict[str, set[str]] = {}
        for word in vocabulary:
            if len(word) >= self._SHORTEST and word.isalpha():
                for cut in _deletions(word):
                    self._by_deletion.setdefault(cut, set()).add(word)

    def correct(self, form: str) -> str:
        """Return the rules' word that `form` misspells by one letter, or `form`."""
        if (
            len(form) < self._SHORTEST - 1
            or len(form) > 20
            or form in self._vocabulary
            or form in self._not_slips
        ):
            return form
        candidates = {
            word
            for cut in _deletions(form)
            for word in self._by_deletion.get(cut, ())
            if word[0] == form[0] and _one_slip(form, word)
        }
        return min(candidates) if candidates else form


def _deletions(word: str) -> Iterator[str]:
    yield word
    for index in range(len(word)):
        yield word[:index] + word[index + 1 :]


def _one_slip(left: str, right: str) -> bool:
    """Whether one extra, missing or swapped letter, or one vowel for another, makes the two alike.

    A consonant for another makes a word more often than a slip (hearing, heaving), and so does
    a change at the end (change, changes): neither counts.
    """
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    a, b = left[start:], right[start:]
    if not a[1:] or not b[1:]:
        return False
    vowels = a[0] in _VOWELS and b[0] in _VOWELS and a[1:] == b[1:]
    swapped = a[:2] == b[1::-1] and a[2:] == b[2:]
    return vowels or swapped or a[1:] == b or a == b[1:]


_VOWELS = frozenset("aeiou")


def _plain(letter: str) -> str:
    """Return a letter in full width, or in a styled alphabet, as the plain one that it shows."""
    plain = unicodedata.normalize("NFKC", letter) if letter.isalpha() else letter
    return plain if len(plain) == 1 else letter


@dataclass(frozen=True, slots=True)
class Reader:
    """Turns a question into words in their normal form."""

    spelling: Spelling
    written_as: dict[str, str]  # slang and short misspellings: their normal form
    joined: dict[tuple[str, str], str]  # two words that mean one: ("can", "not") -> "cant"
    clause_words: frozenset[str]  # words that open a new clause
    subjects: frozenset[str]  # words that open one after "and"
    pronouns: frozenset[str]  # words that open one unless a word of `leads` stands before
    owners: frozenset[str]  # "my" and the like: they do before a relative, or a noun and a verb
    neuters: frozenset[str]  # they do before a verb
    relatives: frozenset[str]
    verbs: frozenset[str]  # finite verbs of the present, that show that a subject went before
    past_verbs: frozenset[str]  # the same of the past
    fresh: frozenset[str]  # these, before one of the next, open a clause after "and"
    fresh_times: frozenset[str]
    leads: frozenset[str]  # words that a subject follows within their own clause: if, when, think

    def words(self, question: str) -> list[Word]:
        """Return the question's words. Offsets are code points of `question` as given."""
        straight = question.replace("’", "'").replace("‘", "'").replace("`", "'")
        if not straight.isascii():
            straight = "".join(map(_plain, straight))
        text = straight.lower()
        if len(text) != len(straight):  # some capitals grow, and would shift every offset
            text = "".join(c if len(c.lower()) > 1 else c.lower() for c in straight)
        tripled = _TRIPLED.search(text.replace("'", "")) is not None
        words: list[Word] = []
        sentence = clause = 0
        for match in _TOKEN.finditer(text):
            token = match.group()
            if token in _SENTENCE_END:
                sentence += 1
                clause += 1
                continue
            if not token[0].isalnum():
                clause += 1
                continue
            form = self._form(token, tripled)
            if words and words[-1].sentence == sentence and words[-1].end + 1 >= match.start():
                together = self.joined.get((words[-1].form, form))
                if together is not None:
                    words[-1].form, words[-1].end = together, match.end()
                    continue
            if words and self._opens_clause(words[-1].form, form):
                clause += 1
            words.append(Word(form, match.start(), match.end(), sentence, clause))
        forms = [word.form for word in words]
        for index, word in enumerate(words):
            word.tags = tags_of(forms, index)
        self._split_unmarked(words)
        return words

    def _split_unmarked(self, words: list[Word]) -> None:
        """Open clauses where nothing but the words does: "she overdosed she wont wake up"."""
        added = 0
        for index, word in enumerate(words):
            if index and words[index - 1].sentence == word.sentence:
                same = words[index - 1].clause == word.clause + added
                added += same and self._opens_unmarked(words, index)
            word.clause += added

    def _opens_unmarked(self, words: list[Word], index: int) -> bool:
        form = words[index].form
        joins, neuter, owner = form == "and", form in self.neuters, form in self.owners
        if not joins and words[index - 1].form in self.leads:
            return False
        if not (joins or neuter or owner):
            return form in self.pronouns
        ahead = [w.form for w in words[index + 1 : index + 4]]
        if joins:
            return not self.verbs.isdisjoint(ahead[:1]) or self._is_fresh(ahead)
        if neuter:
            return self._has_verb(ahead[:1])
        return not self.relatives.isdisjoint(ahead[:1]) or self._has_verb(ahead[1:])

    def _is_fresh(self, ahead: list[str]) -> bool:
        """Whether today's time comes next: "for years and since this morning", "and tonight"."""
        first, second = (*ahead, "", "")[:2]
        return first in {"tonight", "yesterday"} or (
            first in self.fresh and second in self.fresh_times
        )

    def _has_verb(self, forms: list[str]) -> bool:
        return not (self.verbs.isdisjoint(forms) and self.past_verbs.isdisjoint(forms))

    def _opens_clause(self, before: str, form: str) -> bool:
        if form in self.clause_words:
            return before != "right"  # "right now" belongs to what it follows
        return form in self.subjects and before in {"and", "because", "while", "so", "plus"}

    def _form(self, token: str, tripled: bool) -> str:
        if token[0].isdigit():
            return token.replace(",", ".")
        form = token.translate(_UNSEEN)
        if tripled:  # somewhere in the question
            form = _TRIPLED.sub(r"\1", form)
        form = self.written_as.get(form, form)
        return self.spelling.correct(form)
