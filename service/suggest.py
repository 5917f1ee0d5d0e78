"""Completions while a person types, from the articles' own titles and headings."""

import heapq
from bisect import bisect_left
from collections.abc import Iterable
from typing import Literal

from index.analysis import words

Kind = Literal["title", "heading"]
MOST = 8


class Suggester:
    """The headings of one snapshot, arranged for completion. Never changes; safe to share.

    Headings have numbers, the shortest first, and each word the set of the numbers it stands in;
    the words are sorted, so that those with one beginning are neighbours.
    """

    def __init__(self, headings: Iterable[tuple[str, Kind]]) -> None:
        found: dict[str, tuple[str, Kind]] = {}
        for text, kind in headings:
            read_as = " ".join(words(text))
            if read_as:
                found.setdefault(read_as, (text, kind))
        ranked = sorted(found.items(), key=lambda entry: (len(entry[1][0]), entry[1][0]))
        self._read_as = [read_as for read_as, _ in ranked]
        self._headings = [heading for _, heading in ranked]
        self._places: dict[str, set[int]] = {}
        for number, read_as in enumerate(self._read_as):
            for word in read_as.split():
                self._places.setdefault(word, set()).add(number)
        self._words = sorted(self._places)

    def suggestions(self, typed: str, most: int = MOST) -> list[tuple[str, Kind]]:
        """Return at most `most` headings that hold every word of `typed`, the last as a prefix.

        Those that begin with what was typed come first, then the shorter ones. Case, accents and
        punctuation make no difference; a word that is finished (by a space) is not a prefix.
        """
        wanted = words(typed)
        if not wanted:
            return []
        whole = wanted if typed[-1].isspace() else wanted[:-1]
        fitting = [self._places.get(word, set()) for word in whole]
        if whole is not wanted:
            fitting.append(self._beginning_with(wanted[-1]))
        numbers = set.intersection(*sorted(fitting, key=len))
        beginning = " ".join(wanted)
        best = heapq.nsmallest(
            most,
            numbers,
            key=lambda number: (not self._read_as[number].startswith(beginning), number),
        )
        return [self._headings[number] for number in best]

    def _beginning_with(self, prefix: str) -> set[int]:
        found: set[int] = set()
        for at in range(bisect_left(self._words, prefix), len(self._words)):
            if not self._words[at].startswith(prefix):
                break
            found |= self._places[self._words[at]]
        return found
