"""What can be quoted, by what a person may ask for it: the list of articles and its filters."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from index.records import Article, SectionType
from service.answers import Answers
from service.evidence.sources import latest_date
from service.filters import Filters
from service.web.strings import primary_language

ARTICLES_ON_A_PAGE = 100
UNDATED = "none"

Filtered = Sequence[tuple[str, str]]
"""Filters as fields of a form, as `service.filters.parameters_of` gives them."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from in one snapshot; a list of one is no choice.

    `unnamed` tells whether some article is in a language that is not known.
    """

    publishers: tuple[str, ...]
    kinds: tuple[SectionType, ...]
    languages: tuple[str, ...]
    years: tuple[str, ...]
    undated: bool
    unnamed: bool = False

    @property
    def listed(self) -> frozenset[str]:
        """The filters of which the form of a question has a list; it has none of one choice."""
        some = {
            "publisher": self.publishers,
            "section_type": self.kinds,
            "language": self.languages,
        }
        listed = frozenset(name for name, choices in some.items() if len(choices) > 1)
        return listed | {"published_since"} if listed and len(self.years) > 1 else listed


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the articles that fit: `found` of `total`, page `number` of `pages`."""

    total: int
    found: int
    articles: Sequence[Article]
    number: int
    pages: int


class Catalogue:
    """The articles of the live snapshot, by filters. What there is to choose from is kept."""

    def __init__(self) -> None:
        self._choices: tuple[str, Choices] = ("", Choices((), (), (), (), undated=False))

    def choices(self, answers: Answers) -> Choices:
        """Return the choices of the snapshot that answers, found once for each."""
        answers = answers.held()
        snapshot, choices = self._choices
        if snapshot != answers.info.snapshot:
            choices = _choices(answers)
            # In one step: another thread may be at another snapshot.
            self._choices = (answers.info.snapshot, choices)
        return choices


def foreign(choices: Choices, language: str) -> tuple[str, ...]:
    """Return the languages of the articles where none is in `language`, else nothing.

    Nothing is said either where the language of some is not known: it may be that one.
    """
    known = tuple(dict.fromkeys(map(primary_language, choices.languages)))
    return () if language in known or choices.unnamed else known


def unlisted(choices: Choices | None, narrowed: Filtered) -> list[tuple[str, str]]:
    """Return the filters of an answer that no list of the form of a question can show.

    That is those it has no list of, and of several values in a list all but the last. It carries
    them unseen, or to ask again from an answer would be to ask other articles.
    """
    listed = choices.listed if choices else frozenset()
    shown = {name: place for place, (name, _) in enumerate(narrowed) if name in listed}
    return [pair for place, pair in enumerate(narrowed) if shown.get(pair[0]) != place]


def chosen_from(parameters: Mapping[str, str]) -> dict[str, str]:
    """Return what the address asks for, each filter by its name; "" is no filter."""
    names = ("title", "publisher", "section_type", "language", "since", "order")
    return {name: parameters.get(name, "") for name in names}


def browse(answers: Answers, chosen: Mapping[str, str], page: int) -> Page:
    """Return a page of the articles that fit all that was chosen.

    `title` holds words of the title, `since` a year, from which on the article's latest date must
    be, or `UNDATED`. A value that no article has fits none.
    """
    answers = answers.held()
    every = answers.articles()
    words = chosen["title"].casefold().split()
    shown = [
        article
        for article in every
        if (not chosen["publisher"] or article.publisher == chosen["publisher"])
        and (not chosen["language"] or article.language == chosen["language"])
        and _dated(latest_date(article), chosen["since"])
        and all(word in article.title.casefold() for word in words)
    ]
    if chosen["section_type"]:
        kinds = [kind for kind in get_args(SectionType) if kind and kind == chosen["section_type"]]
        having = answers.articles_with(Filters(section_types=tuple(kinds))) if kinds else ()
        shown = [article for article in shown if article.article_id in having]
    if chosen["order"] == "newest":
        shown.sort(key=lambda article: latest_date(article) or "", reverse=True)
    return page_of(len(every), shown, page, ARTICLES_ON_A_PAGE)


def page_of(total: int, fitting: Sequence[Article], number: int, size: int) -> Page:
    """Return the page `number` of those that are `fitting`, of `total`: the nearest there is."""
    pages = max(1, math.ceil(len(fitting) / size))
    number = min(max(number, 1), pages)
    first = (number - 1) * size
    return Page(
        total=total,
        found=len(fitting),
        articles=fitting[first : first + size],
        number=number,
        pages=pages,
    )


def _dated(date: str | None, since: str) -> bool:
    if since == UNDATED:
        return date is None
    return not since or (date is not None and date[:4] >= since)


def _choices(answers: Answers) -> Choices:
    articles = answers.articles()
    dates = [latest_date(article) for article in articles]
    present = answers.section_types()
    return Choices(
        publishers=tuple(sorted({a.publisher for a in articles if a.publisher}, key=str.casefold)),
        kinds=tuple(kind for kind in get_args(SectionType) if kind and kind in present),
        languages=tuple(sorted({a.language for a in articles if a.language})),
        years=tuple(sorted({date[:4] for date in dates if date}, reverse=True)),
        undated=not all(dates),
        unnamed=not all(article.language for article in articles),
    )
