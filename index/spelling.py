"""What a person meant to type: words that the corpus does not know, nearest to words that it does.

Only a word that no article holds, and that is no word of English or of every day either, is a
candidate: who asks about snoring does not mean smoking. Its stem is compared with the stems of the
corpus by the Damerau-Levenshtein distance (symspellpy). The word offered is one that stands in an
article, as it stands there.

A message of several sentences is corrected before it is searched, and more warily: the message's
own vector must speak for a word (docs/retrieval.md, "Misspelt words").
"""

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files

from symspellpy import SymSpell, Verbosity
from symspellpy.editdistance import DistanceAlgorithm, EditDistance

from index.analysis import STOP_WORDS, terms, words
from index.lexical import LexicalIndex, Rows

# An address is looked for from the beginning of a run only: from each letter of it that would take
# the square of the time.
_WORD = re.compile(
    r"(?P<address>(?<!\S)\S*(?:@|://|www\.)\S*)"
    r"|(?<!\w)(?P<before>[^\W\d_]+)(?P<number>\d{1,3})(?!\w)"
    r"|[^\W\d_]+(?:['’][^\W\d_]+)*",
    re.IGNORECASE,
)
_CONTRACTED = re.compile(r"(?:n['’]t|['’](?:ve|ll|d|re|m|all))$", re.IGNORECASE)

SHORTEST = 4
"""Letters of the shortest word that is corrected: three letters are near to too much."""
LOUD = 4
"""Letters up to which a word in capitals, in a question that has small letters, is taken for an
abbreviation: "GORD" is not "good"."""
TWO_EDITS_FROM = 7
"""Letters from which two edits are allowed ("excersise"); shorter words get one ("spazm")."""

CONTRACTIONS = frozenset(
    """arent cannot cant couldnt didnt doesnt dont hadnt hasnt havent hes im isnt ive shes shouldnt
    thats theres theyre theyve wasnt werent weve whats wont wouldnt youre youve shouldve wouldve
    couldve mightve mustve mustnt neednt mightnt aint whos itll youll theyll wholl thatll youd theyd
    yall shant darent oughtnt itd whod whove howd thatd dosent alot abit infact incase inorder
    atleast aswell everytime eachother thankyou noone eventhough""".split()  # noqa: SIM905 - a word list reads better as words
)
"""Contractions as `index.analysis.words` folds them, with an apostrophe or without, and words that
people run together: not misspelt ("shouldnt" is no shoulder). Those that are words of their own
("ill", "well") are not here."""
LEFT_ALONE = STOP_WORDS | CONTRACTIONS

CANDIDATES = 8
"""Stems that are looked up as words for one misspelt word."""
KEPT = 4096
"""Stems whose words are kept, once found."""


@cache
def english() -> Mapping[str, int]:
    """Return the 82,834 words of English that come with symspellpy, of books and of a checked list,
    and how often each stands in those books.

    Some 9 MB, read when a word is first looked up that neither an article nor the encoder has.
    """
    lines = files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt")
    pairs = (line.split() for line in lines.read_text("utf-8-sig").splitlines())
    return {word: int(count) for word, count in pairs}


class Spelling:
    """The words of one lexical index. `forms` gives the words of a stem as articles have them, in
    small letters; `is_word` tells whether a word is an everyday word.
    """

    def __init__(
        self,
        lexical: LexicalIndex,
        forms: Callable[[str], Sequence[str]],
        is_word: Callable[[str], bool],
    ) -> None:
        self._lexical = lexical
        self._forms = forms
        self._known: dict[str, Sequence[str]] = {}
        self._is_word = is_word
        self._dictionary = SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
        self._distance = EditDistance(DistanceAlgorithm.DAMERAU_OSA)
        # Both keep the row that they work on as state.
        self._turn = threading.Lock()
        for term in lexical.vocabulary:
            if term.isalpha() and len(term) >= SHORTEST - 1:
                self._dictionary.create_dictionary_entry(term, lexical.document_frequency(term))

    def corrected(self, question: str, near: Callable[[], Rows] | None = None) -> str | None:
        """Return `question` with its misspelt words replaced, or None where there are none.

        With `near`, only by words that one of the rows holds which it gives, and that are no more
        edits from the typed word itself than its stem may be: "Lipitor" is not "littoral". It is
        asked for each such word, and never where there is none.
        """
        changed = False
        mixed = any(character.islower() for character in question)

        def replacement(match: re.Match[str]) -> str:
            nonlocal changed
            word = match.group()
            loud = mixed and len(word) <= LOUD and word.isupper()
            if match["address"] or loud or _CONTRACTED.search(word):
                return word
            better = self._parted(match) if match["number"] else self._nearest(word, near)
            changed = changed or better is not None
            return better or word

        result = _WORD.sub(replacement, question)
        return result if changed else None

    def _parted(self, match: re.Match[str]) -> str | None:
        """Return a word and its number with a space between them ("type2"), where the articles have
        both and never as one. What has fewer letters is a name as it stands ("B12", "h1")."""
        word, number = match["before"], match["number"]
        known = all(term in self._lexical for term in (*terms(word), *terms(number)))
        joined = any(term in self._lexical for term in terms(match.group()))
        if len(word) < SHORTEST - 1 or joined or not known or not terms(word):
            return None
        return f"{word} {number}"

    def _nearest(self, word: str, near: Callable[[], Rows] | None) -> str | None:
        folded = "".join(words(word))
        stems = terms(word)
        if len(folded) < SHORTEST or folded in LEFT_ALONE or len(stems) != 1:
            return None
        stem = stems[0]
        if stem in self._lexical or self._is_word(folded) or folded in english():
            return None
        distance = 2 if len(folded) >= TWO_EDITS_FROM else 1
        with self._turn:
            best = self._best(stem, folded, distance)
        if best is None:
            return None
        apart, _, _, _, surface, term = best
        spoken_for = near is None or (
            apart <= distance and bool(self._lexical.holds(term, near()).any())
        )
        return surface if spoken_for else None

    def _forms_of(self, term: str) -> Sequence[str]:
        """Return the words of a stem that articles have; what was found is kept."""
        if term not in self._known:
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[term] = self._forms(term)
        return self._known[term]

    def _best(
        self, stem: str, folded: str, distance: int
    ) -> tuple[int, bool, int, int, str, str] | None:
        """Return the word that an article has nearest to `folded`, or None: its edits, whether it
        begins otherwise, how rare its stem is, by how many letters it is longer or shorter, the
        word, the stem.
        """
        found = self._dictionary.lookup(stem, Verbosity.ALL, max_edit_distance=distance)
        # A misspelling keeps its first letter far more often than not (Yannakoudakis & Fawthrop
        # 1983); two edits and another beginning are another word.
        close = [s for s in found if s.distance < 2 or s.term[0] == stem[0]]
        close.sort(key=lambda s: (s.distance, -s.count, s.term))
        best: tuple[int, bool, int, int, str, str] | None = None
        for candidate in close[:CANDIDATES]:
            # Stems can be near where the words are not ("tetanas": "tetani", but "tetanus").
            for surface in self._forms_of(candidate.term):
                apart = self._distance.compare(folded, surface, 2 * distance)
                if apart >= 0:
                    rank = (
                        apart,
                        surface[0] != folded[0],
                        -candidate.count,
                        abs(len(surface) - len(folded)),
                        surface,
                        candidate.term,
                    )
                    best = rank if best is None else min(best, rank)
        return best
