"""Names that mean the same: what else a passage may call the thing that a question names.

The tables are data, each block with the reference whose usage it follows: `names.toml`, groups of
names of one thing, and `names_everyday.toml`, what people say and what articles write of it (one
way: who has alcohol has booze, and not the reverse). A passage that has another name of the thing
scores as if it had the name that was typed, but less:

    lift(row) = Σ over names typed of max(0, max over other names of other(row) - typed(row))
    other(row) = WEIGHT · min(1, mass typed / mass other) · BM25 of the other name's terms, where
                 the row has all of them, and 0 where it has not

with mass = Σ weight · idf. So a synonym can never be worth more than the word itself, a passage
that uses both names gains nothing by it, and "stroke" does not find brains and attacks apart.

A word that no article has may stand there misprinted: `misprints`.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from itertools import combinations

import numpy as np

from index.analysis import WORD, terms, words
from index.focus import ASKED, LONG
from index.lexical import LexicalIndex, Rows, Scores
from index.orthography import canonical
from index.spelling import english

WEIGHT = 0.8
"""Swept from .3 to 1 on names that MedQuAD gives as synonyms (docs/records/retrieval.md): from .9
on some of the names that need no help lose."""
RATHER = 2
"""A name that the articles use themselves needs no help. With every other name instead, "What is
stroke?" loses .22; from .5 to 2 the gain on synonyms is the same within .007."""

SHORTEST_MISPRINT = 5
"""Letters of the shortest term that is looked for misprinted: "fell" and "feel" are two words."""
LONGEST_MISPRINT = 40
"""Letters of the longest, which has 800 spellings: their number grows with the square of them."""
DENYING, BETWEEN = 3, 3
"""Words before a name among which "not" denies it ("not really sleeping well"), and that may stand
between the two words of one ("throws his milk up")."""
COMMON = 1_000_000
"""How often a word stands in the books of `index.spelling.english` that is no misprint there: they
have "Issac" 231,311 times."""

_JOINED = re.compile(r"[-\u2010\u2011]\w")
_NO = frozenset(
    """not never hardly rarely barely seldom cannot cant dont doesnt didnt isnt arent wasnt werent
    havent hasnt hadnt wont wouldnt couldnt aint""".split()  # noqa: SIM905 - reads better as words
)
_NO_BEFORE = frozenset({"no", "without"})
_PARTED = re.compile(r"[,;:.?!()]")
_Beside = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Name:
    """One name of a thing, and its terms."""

    text: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a question: its terms as typed, the other names of the same thing, and what
    articles write where people say it."""

    typed: tuple[str, ...]
    others: tuple[Name, ...]
    written: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    """A name as the question may have it.

    `cues` is None when it needs no other word; where capitals are as good as one, it is `loud`.
    `spelled` is None when any word of its stem is it. `beside` are the stop words before and after
    a name of one term, in each of its forms, and `denied` tells that it begins with "not" or "no".
    """

    mention: Mention
    cues: frozenset[str] | None
    loud: bool
    spelled: frozenset[str] | None
    beside: frozenset[_Beside]
    denied: bool

    @property
    def is_name(self) -> bool:
        """Whether it names a thing: a phrase in which words are no names does not."""
        return bool(self.mention.others or self.mention.written)


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a question. `loud`: in capitals, in a question that has small letters too.
    `parted`: a mark stands between it and the word before."""

    text: str
    terms: tuple[str, ...]
    loud: bool
    parted: bool


class Names:
    """The groups of names. `in_question` finds those that a question has."""

    def __init__(
        self,
        groups: Sequence[Sequence[str]],
        uncertain: Mapping[str, Sequence[str]] | None = None,
        everyday: Sequence[tuple[Sequence[str], Sequence[str]]] = (),
        as_spelled: Iterable[str] = (),
        elsewhere: Iterable[str] = (),
        quiet: Iterable[str] = (),
    ) -> None:
        """Read `groups`, each a list of names of one thing, and `everyday`, said and written names.

        `uncertain` are names that also mean other things, each with words beside which it does not;
        one of capitals also does not where it is typed in capitals, unless it is `quiet`.
        `as_spelled` are words whose stem is another word's too, and `elsewhere` phrases in which
        the words are no names.
        """
        unsure = {tuple(terms(name)): cues for name, cues in (uncertain or {}).items()}
        ordinary = (name for name in uncertain or () if not name.isupper())
        quietly = {tuple(terms(name)) for name in (*ordinary, *quiet)}
        said = [name for names, _ in (*((g, g) for g in groups), *everyday) for name in names]
        forms_of: dict[tuple[str, ...], list[list[str]]] = {}
        for name in said:
            forms_of.setdefault(tuple(terms(name)), []).append(words(name))
        others, written = _by_terms((group, group) for group in groups), _by_terms(everyday)
        spelled: dict[tuple[str, ...], set[str]] = {}
        for word in as_spelled:
            spelled.setdefault(tuple(terms(word)), set()).add(_spelled(word))
        self._as_spelled = frozenset().union(*spelled.values())
        no_names = dict.fromkeys(tuple(terms(phrase)) for phrase in elsewhere)
        self._by_first: dict[str, list[_Entry]] = {}
        for key in {**others, **written, **no_names}:
            mention = Mention(key, others.get(key, ()), written.get(key, ()))
            cues = unsure.get(key)
            known = None if cues is None else frozenset(t for cue in cues for t in terms(cue))
            forms = forms_of.get(key, [])
            self._by_first.setdefault(key[0], []).append(
                _Entry(
                    mention,
                    known,
                    key not in quietly,
                    frozenset(spelled[key]) if key in spelled else None,
                    _beside(key, forms),
                    bool(forms) and all(form[0] in ("not", "no") for form in forms),
                )
            )
        every = (form for forms in forms_of.values() for form in forms)
        self.words = frozenset(canonical(word) for form in every for word in form)
        """The words of all names, folded, British and American spelling as one."""
        for entries in self._by_first.values():
            entries.sort(key=lambda entry: -len(entry.mention.typed))

    def in_question(self, question: str) -> tuple[Mention, ...]:
        """Return the names in `question`, in order; where two overlap, the longer one."""
        read = _read(question)
        stream = [(term, at) for at, word in enumerate(read) for term in word.terms]
        every = {term for term, _ in stream}
        found: list[Mention] = []
        place = 0
        while place < len(stream):
            entry = self._at(read, stream, place, every)
            if entry is None:
                place += 1
                continue
            mention = entry.mention
            if entry.is_name and mention not in found:
                found.append(mention)
            place += len(mention.typed)
        return tuple(found)

    def _at(
        self,
        read: Sequence[_Word],
        stream: Sequence[tuple[str, int]],
        place: int,
        every: set[str],
    ) -> _Entry | None:
        for entry in self._by_first.get(stream[place][0], ()):
            key = entry.mention.typed
            here = stream[place : place + len(key)]
            if tuple(term for term, _ in here) != key:
                continue
            first = here[0][1]
            if entry.spelled is not None and _spelled(read[first].text) not in entry.spelled:
                continue
            if entry.beside and not any(_stands(one, read, first) for one in entry.beside):
                continue
            if not entry.is_name and any(
                read[at].loud and _spelled(read[at].text) in self._as_spelled for _, at in here
            ):
                continue  # "the first AIDS case" is no first aid
            if entry.denied and not _is_denied(read, first):
                return replace(entry, mention=Mention(key, ()))
            sure = entry.cues is None or (entry.loud and all(read[at].loud for _, at in here))
            if sure or (entry.cues or frozenset()) & (every - set(key)):
                return entry
        return None


def _beside(key: tuple[str, ...], forms: Sequence[Sequence[str]]) -> frozenset[_Beside]:
    """Return what stands before and after the term of a name that is one term among stop words.

    Nothing where one of its `forms`, in words, is the word alone: "the clap", not "clap".
    """
    if len(key) != 1 or not forms or any(len(form) == 1 for form in forms):
        return frozenset()
    found = set()
    for form in forms:
        (at,) = (place for place, word in enumerate(form) if terms(word))
        found.add((tuple(form[:at]), tuple(form[at + 1 :])))
    return frozenset(found)


def _stands(beside: _Beside, read: Sequence[_Word], at: int) -> bool:
    """Return whether word `at` of a question stands between the words of `beside`: those before
    it next to it, those after it within `BETWEEN` others ("throws his milk up")."""
    before, after = beside
    if tuple(word.text.lower() for word in read[max(0, at - len(before)) : at]) != before:
        return False
    rest = [word.text.lower() for word in read[at + 1 : at + 1 + BETWEEN + len(after)]]
    return any(tuple(rest[n : n + len(after)]) == after for n in range(BETWEEN + 1))


def _is_denied(read: Sequence[_Word], at: int) -> bool:
    """Return whether one of the `DENYING` words before word `at`, in its clause, denies it."""
    for back in range(1, min(DENYING, at) + 1):
        if read[at - back + 1].parted:
            return False
        text = "".join(words(read[at - back].text))
        if text in _NO or (back == 1 and text in _NO_BEFORE):
            return True
    return False


def _spelled(word: str) -> str:
    """Return `word` in small letters and in one spelling, British and American alike."""
    return canonical("".join(words(word)))


def _by_terms(
    rows: Iterable[tuple[Sequence[str], Sequence[str]]],
) -> dict[tuple[str, ...], tuple[Name, ...]]:
    """Return, by the terms of what is said, the names of `rows` that are written for it."""
    found: dict[tuple[str, ...], dict[tuple[str, ...], Name]] = {}
    for said, written in rows:
        names = [Name(text, tuple(terms(text))) for text in written]
        for key in filter(None, dict.fromkeys(tuple(terms(text)) for text in said)):
            known = found.setdefault(key, {})
            for name in names:
                if name.terms and name.terms != key:
                    known.setdefault(name.terms, name)
    return {key: tuple(names.values()) for key, names in found.items()}


@cache
def stored_names() -> Names:
    """Return the names of `names.toml` and `names_everyday.toml`."""
    table, everyday = (
        tomllib.loads(files("index").joinpath(file).read_text("utf-8"))
        for file in ("names.toml", "names_everyday.toml")
    )
    groups = [group for block in table["block"] for group in block["groups"]]
    rows = [(row["said"], row["written"]) for block in everyday["block"] for row in block["rows"]]
    return Names(
        groups,
        {**table["uncertain"], **everyday["uncertain"]},
        rows,
        (*everyday["as_spelled"], *table["forms"]["as_spelled"]),
        (*everyday["elsewhere"], *table["forms"]["elsewhere"]),
        table["forms"]["quiet"],
    )


def mentions(
    question: str, weights: Mapping[str, float], lexical: LexicalIndex, names: Names | None = None
) -> tuple[Mention, ...]:
    """Return the names in `question` that the articles of `lexical` also call something else.

    By `names`, or the stored table. Only other names are given of which some row has every term.
    `weights` are those of the question's terms: of a long question only names count that are asked
    about (`index.focus.ASKED`), not whatever else its story mentions.
    """
    least = ASKED * max(weights.values(), default=0.0)
    found = []
    for one in (names or stored_names()).in_question(question):
        if all(weights.get(term, least) < least for term in one.typed):
            continue
        every = dict.fromkeys((*one.others, *one.written))
        others = tuple(name for name in every if lexical.count(name.terms))
        if others:
            found.append(Mention(one.typed, others))
    return tuple(found)


def preferred(
    question: str, lexical: LexicalIndex, names: Names | None = None
) -> tuple[Mention, ...]:
    """Return the names in `question` that the articles of `lexical` rather call something else.

    By `names`, or the stored table. Of the other names those are given that more than `RATHER`
    times as many rows have, the most used one first; what is written for an everyday word only
    where no row has the word itself. A long question (`index.focus.LONG`) has none: what its story
    mentions is seldom what it asks.
    """
    if len(set(terms(question))) >= LONG:
        return ()
    found = []
    for one in (names or stored_names()).in_question(question):
        least = RATHER * lexical.count(one.typed)
        wider = () if least else one.written
        used = [(lexical.count(name.terms), name) for name in dict.fromkeys((*one.others, *wider))]
        others = sorted((pair for pair in used if pair[0] > least), key=lambda pair: -pair[0])
        if others:
            found.append(Mention(one.typed, tuple(name for _, name in others)))
    return tuple(found)


def misprints(words_typed: Iterable[str], lexical: LexicalIndex) -> tuple[Mention, ...]:
    """Return, for each term of no article, what the articles have that differs in doubled letters.

    Who has "banannas" or "Issac" has bananas and Isaac. Two common words of English are two words
    ("accident" and "acid", by their stems), unless one stem begins with the other ("inflamed" and
    "inflammation"). Any other word may be a misprint: in a folder that never writes of HELLP
    syndrome, who has "help" has "HELLP".
    """
    found = []
    for term in words_typed:
        if not SHORTEST_MISPRINT <= len(term) <= LONGEST_MISPRINT:
            continue
        if not term.isalpha() or term in lexical:
            continue
        once = re.sub(r"(.)\1+", r"\1", term)
        places = range(len(once))
        forms = (_doubled(once, some) for n in range(3) for some in combinations(places, n))
        others = tuple(
            Name(form, (form,)) for form in forms if form in lexical and not _two_words(term, form)
        )
        if others:
            found.append(Mention((term,), others))
    return tuple(found)


def _two_words(term: str, form: str) -> bool:
    """Tell whether two terms are of two common words of English, and not of one family."""
    same = term.startswith(form) or form.startswith(term)
    return not same and _is_common(term) and _is_common(form)


@lru_cache(maxsize=256)
def _is_common(term: str) -> bool:
    """Tell whether a common word of English has this stem."""
    # A stem's last letter may be another in the word: "marri" is of "marry".
    return any(
        count >= COMMON and word.startswith(term[:-1]) and terms(word) == [term]
        for word, count in english().items()
    )


def _doubled(once: str, places: Sequence[int]) -> str:
    return "".join(letter * (1 + (at in places)) for at, letter in enumerate(once))


def worded(question: str, found: Sequence[Mention]) -> str:
    """Return `question` with the articles' own names of what it mentions, in parentheses."""
    if not found:
        return question
    return f"{question} ({', '.join(mention.others[0].text for mention in found)})"


def less(found: Sequence[Mention], term: str) -> tuple[Mention, ...]:
    """Return the mentions of `found` that were not typed with `term`: what is left without it."""
    return tuple(mention for mention in found if term not in mention.typed)


def lift(found: Sequence[Mention], weights: Mapping[str, float], lexical: LexicalIndex) -> Scores:
    """Return what other names add to the BM25 score of every row, `(n,)`, never below 0.

    `weights` are those of the question's terms.
    """
    total = np.zeros(len(lexical), np.float32)
    usual = min(1.0, max(weights.values(), default=1.0))
    for mention in found:
        # A name that stands twice in the question counts once for each of its words' weights.
        own = {term: weights.get(term, usual) for term in mention.typed}
        mass = sum(value * lexical.idf(term) for term, value in own.items())
        best = np.zeros(len(lexical), np.float32)
        for name in mention.others:
            rarity = sum(lexical.idf(term) for term in set(name.terms))
            factor = WEIGHT * min(1.0, mass / rarity) if rarity else 0.0
            rows, scores = _whole(name, lexical)
            best[rows] = np.maximum(best[rows], np.float32(factor) * scores)
        total += np.maximum(best - lexical.scores_of_terms(own), 0)
    return total


def _whole(name: Name, lexical: LexicalIndex) -> tuple[Rows, Scores]:
    """Return the rows that have every term of `name`, and their BM25 scores for it."""
    rows, scores = lexical.gains(name.terms[0])
    for term in sorted(set(name.terms[1:])):
        others, gains = lexical.gains(term)
        rows, here, there = np.intersect1d(rows, others, assume_unique=True, return_indices=True)
        scores = scores[here] + gains[there]
    return rows, scores


def _read(question: str) -> list[_Word]:
    """Return the words of a question."""
    mixed = any(character.islower() for character in question)
    found: list[_Word] = []
    end = 0
    for match in WORD.finditer(question):
        # "PD-1" is not PD.
        alone = _JOINED.match(question, match.end()) is None
        loud = mixed and len(match[0]) > 1 and match[0].isupper() and alone
        parted = _PARTED.search(question, end, match.start()) is not None
        found.append(_Word(match[0], tuple(terms(match[0])), loud, parted))
        end = match.end()
    return found
