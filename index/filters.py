"""Filters: which articles and passages a question is asked of.

A filter is resolved to rows before anything is ranked, so that a filtered search is the search of
those rows alone: as many hits come back as there are to be had. How rare a word is stays a matter
of the whole index.

An article's dates may be partial ("2021"). Such a date is a period, and an article passes only
when all of its period lies within the bounds: what is not certain does not pass. Nor does an
article that does not state what is asked for.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
from numpy.typing import NDArray

from index.errors import QuestionError
from index.lexical import Rows
from index.records import SectionType
from index.store import Records

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Filter:
    """What a passage must be to be searched: one of each list that is not empty, and in the bounds.

    Publishers are compared whole, letter case aside. A language is an IETF tag and includes its
    narrower ones: "en" passes "en-GB". Bounds are ISO dates, whole or partial, and belong to
    what they bound: since "2020" is from the first of January on, until "2020" to the end of it.
    """

    articles: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    section_types: tuple[SectionType, ...] = ()
    languages: tuple[str, ...] = ()
    published_since: str | None = None
    published_until: str | None = None
    modified_since: str | None = None
    modified_until: str | None = None


def period(stated: str) -> tuple[date, date]:
    """Return the first and the last day of an ISO date, whole or partial.

    Raises `QuestionError` when it is not one.
    """
    found = _DATE.fullmatch(stated)
    try:
        if found is None:
            raise ValueError
        year, month, day = (int(part) if part else None for part in found.groups())
        if year is None or month is None:
            return date(year or 0, 1, 1), date(year or 0, 12, 31)
        if day is None:
            return date(year, month, 1), date(year, month, monthrange(year, month)[1])
        return date(year, month, day), date(year, month, day)
    except ValueError as error:
        raise QuestionError(
            f"{stated[:40]!r} is not a date. Write it as 2024-03-31, 2024-03 or 2024."
        ) from error


@dataclass(frozen=True, slots=True)
class Column:
    """One fact of each of n things, by number: thing i has `values[codes[i]]`."""

    values: tuple[str, ...]
    codes: NDArray[np.int32]

    @classmethod
    def of(cls, facts: Sequence[str]) -> "Column":
        """Return the column of `facts`, the distinct ones in the order in which they come."""
        numbers: dict[str, int] = {}
        codes = np.fromiter(
            (numbers.setdefault(fact, len(numbers)) for fact in facts), np.int32, len(facts)
        )
        return cls(tuple(numbers), codes)

    def passing(self, accepts: Callable[[str], bool]) -> NDArray[np.bool_]:
        """Return `(n,)` whether each thing's fact is accepted; each distinct fact is asked once."""
        return np.array([accepts(value) for value in self.values], bool)[self.codes]


@dataclass(frozen=True, slots=True)
class Columns:
    """What filters look at, of the `a` articles in the order of their rows, and of the `n` rows.

    What an article does not state is "".
    """

    articles: Column
    publishers: Column
    languages: Column
    published: Column
    modified: Column
    section_types: Column

    @classmethod
    def of(cls, records: Records) -> "Columns":
        """Read the columns of a snapshot: once through its articles, and once its passages."""
        articles, publishers, languages, published, modified = (
            Column.of(facts) for facts in records.article_facts()
        )
        types = Column.of(records.section_types())
        return cls(articles, publishers, languages, published, modified, types)

    def rows(self, wanted: Filter, article_of: Rows) -> Rows:
        """Return the rows that pass, in order; `article_of` `(n,)` numbers each row's article."""
        articles = np.ones(len(self.articles.codes), bool)
        if wanted.articles:
            articles &= self.articles.passing(frozenset(wanted.articles).__contains__)
        if wanted.publishers:
            names = frozenset(map(_folded, wanted.publishers))
            articles &= self.publishers.passing(lambda name: name != "" and _folded(name) in names)
        if wanted.languages:
            ranges = tuple(tag.lower() for tag in wanted.languages)
            articles &= self.languages.passing(lambda tag: _in_ranges(tag.lower(), ranges))
        for column, since, until in (
            (self.published, wanted.published_since, wanted.published_until),
            (self.modified, wanted.modified_since, wanted.modified_until),
        ):
            if since is not None or until is not None:
                first = period(since)[0] if since is not None else date.min
                last = period(until)[1] if until is not None else date.max
                articles &= column.passing(partial(_within, first=first, last=last))
        rows = articles[article_of]
        if wanted.section_types:
            rows &= self.section_types.passing(lambda kind: kind in wanted.section_types)
        return np.flatnonzero(rows)


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _in_ranges(tag: str, ranges: Sequence[str]) -> bool:
    """Tell whether a tag is in one of the language ranges (RFC 4647, basic filtering)."""
    return any(tag == one or tag.startswith(one + "-") for one in ranges)


def _within(stated: str, *, first: date, last: date) -> bool:
    """Tell whether all of the period that an article states is within two days, inclusive."""
    try:
        begin, end = period(stated)
    except QuestionError:
        return False
    return first <= begin and end <= last
