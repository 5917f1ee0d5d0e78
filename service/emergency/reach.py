"""Which of the signs that a question mentions are said to be so, now, of someone present.

A mention is set aside when its clause denies it, dates it to the past, calls it habitual, supposes
it, has it in hospital or is a figure of speech; when its sentence only asks for information; when
it is of a story or an animal. What another clause says, or says of another person, sets nothing
aside: a notice too many is the better error.
"""

from dataclasses import dataclass
from itertools import pairwise

from service.emergency.grammar import Mention, Word

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

# What opens a clause that may go on about an animal, and what turns to somebody else anywhere.
_OF_THE_SAME = frozenset(("it", "its", "he", "hes", "she", "shes", "they", "theyre"))
_JOINS = frozenset(("and", "so", "when", "after", "because"))
_TURNS = frozenset(("while", "whilst"))
_FIRST_PERSON = frozenset(("i", "im", "ive", "me", "my", "myself"))
_ONES_OWN = _FIRST_PERSON | {"we", "weve", "our"}


@dataclass(frozen=True, slots=True)
class Exempt:
    """Signs that fewer cues set aside."""

    context: frozenset[str]  # what makes a danger likelier: true of the past as well
    crisis: frozenset[str]  # said in any frame, of any length of time, a wish to die is present


def set_aside(
    mentions: list[Mention],
    cues: list[Mention],
    words: list[Word],
    exempt: Exempt,
    *,
    own_questions: bool = False,
) -> list[Mention]:
    """Return the mentions that are said to be so, now, of someone present; with `own_questions`
    those too that whoever asks only asks about ("why do I have …").

    How far each cue reaches is written beside it in `rules.toml`. A mention that begins
    at or before a negation contains it ("not breathing") and is not denied by it.
    """
    reach = _Reach(cues, words, exempt, own_questions=own_questions)
    return [mention for mention in mentions if not reach.covers(mention)]


def _list_goes_on(words: list[Word], index: int) -> bool:
    """Whether the words from `index` end a list: "without swelling, warmth or redness"."""
    return any(
        word.form in {"or", "nor"} and word.sentence == words[index].sentence
        for word in words[index : index + 4]
    )


class _Reach:
    """Which words of a question each cue sets aside."""

    def __init__(
        self, cues: list[Mention], words: list[Word], exempt: Exempt, *, own_questions: bool
    ) -> None:
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
        self._past = self._clauses("past", excused=self._places("not_past"), after_comma=True)
        self._habit = self._clauses("habit", excused=self._places("not_habit"))
        self._supposed: set[int] = set()
        after = 0  # cues come in the order of the text: no word is looked at twice
        for cue in at.get("supposed", ()):
            for index in range(max(cue.first, after), len(words)):
                if words[index].clause > words[cue.last].clause:
                    break
                self._supposed.add(index)
                after = index + 1
        self._in_care = self._clauses("in_care", excused=self._places("not_in_care"), fronted=False)
        # sentence -> where it last says that something is worse now
        self._worse = {words[cue.first].sentence: cue.first for cue in at.get("worse_now", ())}
        self._near = self._sentences("near", excused=self._places("not_near"))
        asking = self._sentences("asks")
        self._asks = asking - self._near
        if own_questions:
            self._asks -= {word.sentence for word in words if word.form in _ONES_OWN}
        self._figure = self._with_same_subject(self._clauses("figure", fronted=False))
        self._dyed = {
            index
            for cue in at.get("dyed", ())
            if words[cue.first].clause == words[cue.last].clause
            for index in range(cue.first, cue.last + 1)
        }
        self._idle = self._sentences("idle")
        at_leisure = self._places("not_story")
        told = [
            cue
            for cue in at.get("exam_or_story", ())
            if "of_kin" not in at and at_leisure.isdisjoint((cue.first, cue.last))
        ]
        self._story = {words[cue.first].sentence for cue in told}
        # "He is writing a book, my baby is not breathing": of a person, in a clause of their own.
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
        if not self._dyed.isdisjoint(range(mention.first, mention.last + 1)):
            return True
        if mention.sign in self._exempt.crisis:
            return self._crisis_is_elsewhere(mention, word)
        if mention.first in self._animal:
            return True
        if word.sentence in self._story and word.clause not in self._not_told:
            return True
        if self._story and word.sentence not in self._near:
            return True
        if word.sentence in self._asks or mention.first in self._supposed:
            return True
        if mention.sign in self._exempt.context:
            return False
        if word.clause in self._in_care:
            return True
        before = word.clause in self._past or word.clause in self._habit
        return before and not self._is_worse_now(mention, word)

    def _is_worse_now(self, mention: Mention, word: Word) -> bool:
        """Whether what was so is so again: later in its sentence, or in the next."""
        return (
            self._worse.get(word.sentence, -1) > mention.first or word.sentence + 1 in self._worse
        )

    def _crisis_is_elsewhere(self, mention: Mention, word: Word) -> bool:
        """Whether a wish to die belongs to a story, or is past and no longer wanted."""
        told = {w.form for w in self._words[max(0, mention.first - 4) : mention.last + 1]}
        if word.sentence in self._story and told.isdisjoint(_FIRST_PERSON):
            return True
        past = word.clause in self._past and "want" not in told
        return past and not self._is_worse_now(mention, word)

    def _sentences(
        self, name: str, *, excused: set[int] | frozenset[int] = frozenset()
    ) -> set[int]:
        return {
            self._words[cue.first].sentence
            for cue in self._at.get(name, ())
            if cue.first not in excused
        }

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
            if not excused.isdisjoint((cue.first, cue.last)):
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

    def _animal_words(self) -> set[int]:
        """Return the words that are said of an animal: from its name on, until a person's.

        A new clause, or what follows "and", goes on about it only when it opens with a pronoun:
        "my cat fell and she"; but "cold and not breathing" is one thing said.
        """
        people = self._places("person_after_animal")
        again = {cue.first for cue in self._at.get("person_again", ())}
        again |= {cue.first for cue in self._at.get("person_near_animal", ())}
        found: set[int] = set()
        for cue in self._at.get("animal", ()):
            if cue.first in people or cue.first in found:
                continue
            before = self._words[cue.first]
            for index in range(cue.first, len(self._words)):
                word = self._words[index]
                opens = word.clause != before.clause or before.form in _JOINS
                same = word.form in _OF_THE_SAME or (before.form, word.form) == ("and", "not")
                turns = word.form in _TURNS or (opens and not same)
                if word.sentence != before.sentence or index in again or turns:
                    break
                found.add(index)
                before = word
        return found
