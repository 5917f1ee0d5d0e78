"""A small grammar over a question's words: which signs it mentions, and which of them are said
to be so now.

A question becomes words, each knowing its sentence and its clause. Patterns (the notation is
explained at the top of `emergency_rules.toml`) are looked up by their first word and matched
forward with bounded gaps, so the time is linear in the question's length and no text can make it
backtrack. A mention is then set aside when its clause denies it, dates it to the past, calls it
habitual, supposes it or has it in hospital, or when its sentence only asks for information. People
type without stops, so a new subject opens a clause too. What is said in another clause, or of
another person, sets nothing aside: a notice too many is the better error.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from typing import NamedTuple

# Letters with inner apostrophes, or a number with decimals; and the marks that end a sentence or
# a clause. A full stop inside a number belongs to the number.
_TOKEN = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+(?:'[^\W\d_]+)*|[.!?;\n]|[,:()–—]")
_SENTENCE_END = frozenset(".!?;\n")
_TRIPLED = re.compile(r"(.)\1{2,}")
_NUMBER_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30,
    "forty": 40, "fifty": 50, "sixty": 60, "hundred": 100, "couple": 2, "few": 3, "several": 3,
}  # fmt: skip


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
    leads: frozenset[str]  # words that a subject follows within their own clause: if, when, think

    def words(self, question: str) -> list[Word]:
        """Return the question's words. Offsets are code points of `question` as given."""
        straight = question.replace("’", "'").replace("‘", "'").replace("`", "'")
        text = straight.lower()
        if len(text) != len(straight):  # some capitals grow, and would shift every offset
            text = "".join(c if len(c.lower()) > 1 else c.lower() for c in straight)
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
            form = self._form(token)
            if words and words[-1].sentence == sentence and words[-1].end + 1 >= match.start():
                together = self.joined.get((words[-1].form, form))
                if together is not None:
                    words[-1].form, words[-1].end = together, match.end()
                    continue
            if words and self._opens_clause(words[-1].form, form):
                clause += 1
            words.append(Word(form, match.start(), match.end(), sentence, clause))
        _tag_numbers(words)
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
        ahead = [w.form for w in words[index + 1 : index + 4]]
        if form == "and":
            return not self.verbs.isdisjoint(ahead[:1])
        if words[index - 1].form in self.leads:
            return False
        finite = self.verbs | self.past_verbs
        if form in self.neuters:
            return not finite.isdisjoint(ahead[:1])
        return form in self.pronouns or (
            form in self.owners
            and not (self.relatives.isdisjoint(ahead[:1]) and finite.isdisjoint(ahead[1:]))
        )

    def _opens_clause(self, before: str, form: str) -> bool:
        if form in self.clause_words:
            return before != "right"  # "right now" belongs to what it follows
        return form in self.subjects and before in {"and", "because", "while", "so", "plus"}

    def _form(self, token: str) -> str:
        if token[0].isdigit():
            return token.replace(",", ".")
        form = _TRIPLED.sub(r"\1", token.replace("'", ""))
        form = self.written_as.get(form, form)
        return self.spelling.correct(form)


NUMERIC_TAGS = frozenset(
    {
        "<num>",
        "<many_num>",
        "<temp>",
        "<temp_high>",
        "<young_age>",
        "<low_oxygen>",
        "<year>",
        "<sugar_danger>",
    }
)
_UNIT_DAYS = {
    "day": 1, "days": 1, "week": 7, "weeks": 7, "wk": 7, "wks": 7, "weeker": 7,
    "month": 30, "months": 30, "mo": 30, "mos": 30, "mth": 30, "mths": 30,
}  # fmt: skip
_TEMPERATURE_BEFORE = frozenset(
    ("thermometer", "fever", "fevers", "temp", "temps", "temperature", "running")
)
_TEMPERATURE_AFTER = frozenset(
    ("c", "f", "deg", "degrees", "celsius", "fahrenheit", "fever", "temp")
)
_SUGAR = frozenset(("sugar", "sugars", "glucose", "bg", "bgl", "bloodsugar"))
_BABY = frozenset(("baby", "babys", "newborn", "infant", "neonate"))


def _tag_numbers(words: list[Word]) -> None:
    """Give each number the tags that its value and its neighbours earn."""
    for index, word in enumerate(words):
        spelled = _NUMBER_WORDS.get(word.form)
        if spelled is None and not word.form[0].isdecimal():
            continue
        value = float(spelled) if spelled is not None else _value(word.form)
        before = {w.form for w in words[max(0, index - 5) : index]}
        after = [w.form for w in words[index + 1 : index + 4]]
        word.tags = tuple(_number_tags(value, word.form, before, after, words, index))


def _value(form: str) -> float:
    try:
        return float(form)
    except ValueError:
        return -1.0


def _number_tags(
    value: float, form: str, before: set[str], after: list[str], words: list[Word], index: int
) -> Iterator[str]:
    yield "<num>"
    # One to five tablets may be a dose (two of one, three of another); six at once seldom are.
    if 6 <= value <= 1000 and not (after and after[0] in {"mg", "mcg", "ml", "g"}):
        yield "<many_num>"
    if 1900 <= value <= 2100 and len(form) == 4:
        yield "<year>"
    if (38 <= value < 43 or 100.4 <= value < 109) and (
        before & _TEMPERATURE_BEFORE
        or set(after[:2]) & _TEMPERATURE_AFTER
        or (len(form) == 4 and form[2] == "." and value < 42)
    ):
        yield "<temp>"
        if 40 <= value < 43 or value >= 104:
            yield "<temp_high>"
    if 40 <= value <= 91 and before & {"oxygen", "sats", "spo2", "o2", "saturation", "ox"}:
        yield "<low_oxygen>"
    # In mmol/l below 3 is a severe low and from 20 a danger; in mg/dl the same are 54 and 300.
    if before & _SUGAR and (0 < value < 3 or 20 <= value <= 54 or 300 <= value <= 1500):
        yield "<sugar_danger>"
    # NHS and NICE NG143 act on a fever differently below three months of age.
    days = _UNIT_DAYS.get(after[0], 0) * value if after else 0
    if 0 < days < 91:
        named = index > 0 and words[index - 1].form in _BABY
        if "old" in after[1:3] or named or (len(after) > 1 and after[1] in _BABY):
            yield "<young_age>"


# Words. From 2 to 12 no vignette, look-alike or real question changes; six covers "no swelling or
# redness in the leg" and stops before the rest of the story.
_NEGATION_REACH = 6

# What may stand before an adverb of time that opens a clause: "and over the last two years I".
_BEFORE_FRONTED = frozenset(
    (
        "and", "but", "so", "well", "for", "over", "in", "the", "a", "at", "about", "around",
        "past", "last", "many", "some",
    )
)  # fmt: skip

_FIRST_PERSON = frozenset(("i", "im", "ive", "me", "my", "myself"))


@dataclass(frozen=True, slots=True)
class Exempt:
    """Signs that fewer cues set aside."""

    context: frozenset[str]  # what makes a danger likelier: true of the past as well
    crisis: frozenset[str]  # said in any frame, of any length of time, a wish to die is present


def set_aside(
    mentions: list[Mention], cues: list[Mention], words: list[Word], exempt: Exempt
) -> list[Mention]:
    """Return the mentions that are said to be so, now, of someone present.

    How far each cue reaches is written beside it in `emergency_rules.toml`. A mention that begins
    at or before a negation contains it ("not breathing") and is not denied by it.
    """
    reach = _Reach(cues, words, exempt)
    return [mention for mention in mentions if not reach.covers(mention)]


def _list_goes_on(words: list[Word], index: int) -> bool:
    """Whether the words from `index` end a list: "without swelling, warmth or redness"."""
    return any(
        word.form in {"or", "nor"} and word.sentence == words[index].sentence
        for word in words[index : index + 4]
    )


class _Reach:
    """Which words of a question each cue sets aside."""

    def __init__(self, cues: list[Mention], words: list[Word], exempt: Exempt) -> None:
        self._words = words
        self._exempt = exempt
        at: dict[str, list[Mention]] = {}
        for cue in cues:
            at.setdefault(cue.sign, []).append(cue)
        self._at = at
        excused = {cue.first for cue in at.get("not_negation", ())}
        self._denied: dict[int, int] = {}  # word -> the negation that reaches it
        for cue in at.get("negation", ()):
            if cue.first in excused:
                continue
            clause = words[cue.last].clause
            stop = min(cue.last + 1 + _NEGATION_REACH, len(words))
            for index in range(cue.last + 1, stop):
                if words[index].clause != clause and not _list_goes_on(words, index):
                    break
                if words[index].form == "just" and index > cue.last + 1:
                    break  # "not drunk, not asleep, just unconscious"
                self._denied[index] = cue.first
        self._past = self._clauses("past", after_comma=True)
        self._habit = self._clauses("habit", excused=self._places("not_habit"))
        self._supposed: set[int] = set()
        for cue in at.get("supposed", ()):
            for index in range(cue.first, len(words)):
                if words[index].clause > words[cue.last].clause:
                    break
                self._supposed.add(index)
        self._in_care = self._clauses("in_care", excused=self._places("not_in_care"), fronted=False)
        self._near = self._near_sentences()
        self._asks = self._sentences("asks") - self._near
        self._figure = self._with_same_subject(self._clauses("figure", fronted=False))
        self._idle = self._sentences("idle")
        at_leisure = self._places("not_story")
        told = [
            cue
            for cue in at.get("exam_or_story", ())
            if at_leisure.isdisjoint((cue.first, cue.last))
        ]
        self._story = {words[cue.first].sentence for cue in told}
        # "He is writing a book, my baby is not breathing": of a person, in a clause of their own.
        asking = self._sentences("asks")
        self._not_told = self._with_same_subject(
            {
                words[cue.first].clause
                for cue in at.get("person_again", ())
                if words[cue.first].sentence not in asking
            }
            - {word.clause for cue in told for word in words[cue.first : cue.last + 1]}
        )
        self._animal = self._animal_words()

    def covers(self, mention: Mention) -> bool:
        """Whether some cue sets the mention aside."""
        word = self._words[mention.first]
        if self._denied.get(mention.first, mention.first) < mention.first:
            return True
        if word.clause in self._figure or word.sentence in self._idle:
            return True
        if mention.first in self._animal:
            return True
        if mention.sign in self._exempt.crisis:
            return self._crisis_is_elsewhere(mention, word)
        if word.sentence in self._story and word.clause not in self._not_told:
            return True
        if self._story and word.sentence not in self._near:
            return True
        if word.sentence in self._asks or mention.first in self._supposed:
            return True
        return mention.sign not in self._exempt.context and (
            word.clause in self._past or word.clause in self._habit or word.clause in self._in_care
        )

    def _crisis_is_elsewhere(self, mention: Mention, word: Word) -> bool:
        """Whether a wish to die belongs to a story, or is past and no longer wanted."""
        told = {w.form for w in self._words[max(0, mention.first - 4) : mention.last + 1]}
        if word.sentence in self._story and told.isdisjoint(_FIRST_PERSON):
            return True
        return word.clause in self._past and "want" not in told

    def _sentences(self, name: str) -> set[int]:
        return {self._words[cue.first].sentence for cue in self._at.get(name, ())}

    def _places(self, name: str) -> set[int]:
        return {i for cue in self._at.get(name, ()) for i in range(cue.first, cue.last + 1)}

    def _clauses(
        self,
        name: str,
        *,
        excused: set[int] | frozenset[int] = frozenset(),
        fronted: bool = True,
        after_comma: bool = False,
    ) -> set[int]:
        """Return the clauses a cue stands in; and the next, when the cue is all of its own.

        "Every night" of "every night I get chest pain" is; "previous stroke" of "previous stroke,
        her face is drooping" is not. After a comma only with `after_comma`.
        """
        found: set[int] = set()
        for cue in self._at.get(name, ()):
            if cue.first in excused:
                continue
            last = self._words[cue.last].clause
            found.update(range(self._words[cue.first].clause, last + 1))
            if fronted and self._is_fronted(cue, after_comma=after_comma):
                found.add(last + 1)
        return found

    def _with_same_subject(self, clauses: set[int]) -> set[int]:
        """Return `clauses` and those that go on with "and" and a verb: "my pc froze and won't"."""
        found = set(clauses)
        for before, word in pairwise(self._words):
            if (
                word.form == "and"
                and before.clause in found
                and before.clause + 1 == word.clause
                and word.start == before.end + 1
            ):
                found.add(word.clause)
        return found

    def _is_fronted(self, cue: Mention, *, after_comma: bool) -> bool:
        words = self._words
        if cue.last + 1 >= len(words):
            return False
        own, following = words[cue.last], words[cue.last + 1]
        if following.sentence != own.sentence or following.clause == own.clause:
            return False
        if following.start > own.end + 1 and not after_comma:
            return False
        first = cue.first
        while first and words[first - 1].clause == own.clause:
            first -= 1
        return all(w.form in _BEFORE_FRONTED or w.tags for w in words[first : cue.first])

    def _near_sentences(self) -> set[int]:
        asked = self._places("not_near")
        return {
            self._words[cue.first].sentence
            for cue in self._at.get("near", ())
            if cue.first not in asked
        }

    def _animal_words(self) -> set[int]:
        """Return the words that are said of an animal: from its name on, until a person's."""
        people = self._places("person_after_animal")
        again = {cue.first for cue in self._at.get("person_again", ())}
        found: set[int] = set()
        for cue in self._at.get("animal", ()):
            if cue.first in people or cue.first in found:
                continue
            sentence = self._words[cue.first].sentence
            for index in range(cue.first, len(self._words)):
                if self._words[index].sentence != sentence or index in again:
                    break
                found.add(index)
        return found
