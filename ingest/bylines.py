"""Lines that a page shows about itself: who wrote and reviewed it, and when."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest import language_wordings as languages
from ingest import page_regions as regions
from ingest.dom_blocks import DomBlock
from ingest.stated_dates import iso_date

_PARTICLES = "de|del|della|der|den|di|da|du|dos|el|la|le|van|von|bin|ibn|al|ten|ter|y|e"
_CALENDAR = (
    r"(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|(?:January|February|March|April|May|June|July"
    r"|August|September|October|November|December|Updated|Published|Reviewed|Medically)\b)"
)
_WORD = rf"(?:{_CALENDAR}[A-ZÀ-ÖØ-Þ][\w'’\-]*\.?)"
_CREDENTIAL = (
    r"(?:,\s*(?:[A-Z][A-Za-z.\-]{1,8}|[A-Z]{2,}(?:-[A-Z]+)*)(?:\s*\([A-Za-z]+\))?(?![\w]))"
)
_NAME = rf"{_WORD}(?:\s+(?:{_WORD}|(?:{_PARTICLES})\b)){{1,5}}{_CREDENTIAL}*"
_NAMES = rf"(?P<names>{_NAME}(?:\s*(?:,\s*)?(?:and|&)\s+{_NAME}|\s*;\s*{_NAME})*)"
_REVIEWER = r"(?:(?:medical|clinical|scientific|fact|expert|peer)(?:ly|ally)?[ -])?review(?:ed|er)"
_CHECKED = r"(?:medically|clinically|scientifically)[ -](?:reviewed|checked|approved|verified)"

_REVIEWED_BY = re.compile(rf"\b(?i:{_CHECKED}|{_REVIEWER})(?i:\s+by)?\s*:?\s+{_NAMES}")
_REVIEWED_LABEL = re.compile(rf"^(?i:{_CHECKED}|{_REVIEWER})(?i:\s+by)\s*:?$")
_WRITTEN_BY = re.compile(
    rf"\b(?i:written|authored|words)(?i:\s+by)\s*:?\s+{_NAMES}|^(?i:authors?)\s*:\s+(?P<more>{_NAME}(?:\s*(?:,\s*)?(?:and|&)\s+{_NAME}|\s*;\s*{_NAME})*)"
)
_BY = re.compile(
    rf"^(?:By|BY|by):?\s+{_NAMES}(?=$|\s*[|•·,—–-]|\s+(?:on|updated|published|medically)\b|\s+\d)"
)
_WRITTEN_LABEL = re.compile(r"^(?:written by|author|authors|by)\s*:?$", re.IGNORECASE)
_ALONE = re.compile(rf"^{_NAMES}$")

_REVIEWED_ON = re.compile(
    r"\b(?:(?:last|medically|clinically)\s+(?:medically\s+)?(?:reviewed|checked)|reviewed"
    r"|review date|date reviewed|last review)\b",
    re.IGNORECASE,
)
_MODIFIED_ON = re.compile(
    r"\b(?:(?:last|page|content)\s+(?:last\s+)?(?:updated|modified|revised|changed)|updated(?: on)?"
    r"|modified|last update|date updated|revised)\b",
    re.IGNORECASE,
)
_PUBLISHED_ON = re.compile(
    r"\b(?:(?:first |originally |date )?(?:published|posted)(?: on)?|publication date"
    r"|date of publication)\b",
    re.IGNORECASE,
)


def _labels(field: str, *wordings: str) -> re.Pattern[str]:
    spaced = rf"\b(?:{'|'.join(wordings)})(?!\w)"
    return re.compile(f"{spaced}|{languages.CHINESE_DATES[field]}", re.IGNORECASE)


_FOREIGN_ON = {
    "reviewed": _labels("reviewed", *languages.REVIEWED),
    "modified": _labels("modified", *languages.MODIFIED),
    "published": _labels("published", *languages.PUBLISHED),
}
"""The labels in other languages than English: all of them write the day before the month."""
_ENGLISH_ON = {"reviewed": _REVIEWED_ON, "modified": _MODIFIED_ON, "published": _PUBLISHED_ON}
_LABELS = (*_ENGLISH_ON.values(), *_FOREIGN_ON.values())
_FOREIGN_BY = re.compile(
    rf"^(?i:{'|'.join(languages.WRITTEN_BY)})\s*:?\s+{_NAMES}"
    rf"|^(?i:{'|'.join(languages.AUTHOR)})\s?:\s+(?P<more>{_NAME})(?=$|\s*[|•·;,])"
    r"|(?:作者|撰文)\s?[:：]\s?(?P<chinese>[\u4e00-\u9fff·]{2,12})(?![\u4e00-\u9fff])"
)
_ANY = re.compile(
    r"review|written|author|words|\bby\b|update|modif|revised|changed|publi|posted|checked|approv"
    r"|verif|"
    + "|".join([*(p.pattern for p in _FOREIGN_ON.values()), *languages.WRITTEN_BY])
    + "|autor|autrice|auteur|作者|撰文",
    re.IGNORECASE,
)
_NEXT_REVIEW = re.compile(r"\b(?:next review|review due|due for review|expir)", re.IGNORECASE)

MAX_WORDS = 40
"""Longer blocks are prose: "updated" and "reviewed" in them speak of other things."""

MAX_LABELLED = 120
"""Characters of a line that labels its date in another language than English, and has no stop."""

DATE_REACH = 60
"""Characters after the label within which its date must begin."""

NEAR_TITLE = 12
"""Blocks after the title within which a bare "By NAME" is the article's own byline."""

_ELSEWHERE = frozenset(
    {regions.COMMENT, regions.RELATED, regions.NAVIGATION, regions.ADVERTISEMENT}
)


@dataclass(frozen=True, slots=True)
class Byline:
    """What the visible lines state; None or empty where they do not."""

    authors: tuple[str, ...] = ()
    reviewed_by: tuple[str, ...] = ()
    published: str | None = None
    modified: str | None = None
    reviewed: str | None = None


def visible_byline(blocks: Sequence[DomBlock]) -> Byline:
    """Return what the short lines of a page say about its making. The first statement counts."""
    authors: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    dates: dict[str, str] = {}
    since_title: int | None = None
    for index, block in enumerate(blocks):
        if block.kind == "heading" and block.level == 1:
            since_title = 0
        elif since_title is not None:
            since_title += 1
        text = block.text
        if len(text.split()) > MAX_WORDS or not _ANY.search(text):
            continue
        if any(region.reason in _ELSEWHERE for region in block.regions):
            continue
        following = blocks[index + 1].text if index + 1 < len(blocks) else ""
        reviewers = (
            reviewers or _named(_REVIEWED_BY, text) or _labelled(_REVIEWED_LABEL, text, following)
        )
        authors = authors or _named(_WRITTEN_BY, text) or _named(_FOREIGN_BY, text)
        if since_title is not None and since_title <= NEAR_TITLE:
            authors = authors or _named(_BY, text) or _labelled(_WRITTEN_LABEL, text, following)
        for field, stated in _dates(text, following).items():
            dates.setdefault(field, stated)
    return Byline(authors, reviewers, **dates)


def split_names(text: str) -> tuple[str, ...]:
    """Return the names of a list written in words: "A and B", "A; B"."""
    parts = re.split(r"\s*;\s*|\s*,?\s+(?:and|&)\s+", text)
    named = (re.sub(r"^(?i:by)\s+", "", part.strip(" ,;|•·—–-")) for part in parts)
    return tuple(dict.fromkeys(name for name in named if name.strip(".")))


def _named(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    found = pattern.search(text)
    if not found:
        return ()
    groups = found.groupdict()
    return split_names(next(filter(None, map(groups.get, ("names", "more", "chinese"))), ""))


def _labelled(pattern: re.Pattern[str], text: str, following: str) -> tuple[str, ...]:
    return _named(_ALONE, following) if pattern.match(text) else ()


def _dates(text: str, following: str) -> dict[str, str]:
    found: dict[str, str] = {}
    labels = [(field, pattern, False) for field, pattern in _ENGLISH_ON.items()]
    if len(text) <= MAX_LABELLED and not text.endswith((".", "。")):
        labels += [(field, pattern, True) for field, pattern in _FOREIGN_ON.items()]
    for field, pattern, day_first in labels:
        for label in pattern.finditer(text):
            if _NEXT_REVIEW.search(text[max(0, label.start() - 6) : label.end() + 4]):
                continue
            rest = text[label.end() :]
            if not rest.strip(" :：") and len(following) <= DATE_REACH:
                rest = following
            stated = _date_within_reach(rest, day_first=day_first)
            if stated:
                found.setdefault(field, stated)
    return found


def _date_within_reach(rest: str, *, day_first: bool) -> str | None:
    """Return the date that belongs to a label: before the next label, and not far away."""
    for pattern in (_NEXT_REVIEW, *_LABELS):
        other = pattern.search(rest)
        if other:
            rest = rest[: other.start()]
    return iso_date(rest[:DATE_REACH], day_first=day_first)
