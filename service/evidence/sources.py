"""Facts about a source, stated and not judged: what an article says of itself, and what it lacks.

A label is a fact that a reader can check on the article's own page. None says that an article is
good or bad, and none changes which passages are found.
"""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from index.records import Article

OLD_YEARS = 5
"""Years after which an article is called old: of 17 clinical guidelines, half were out of date
after 5.8 years (Shekelle et al., JAMA 2001; 286:1461), and an article rests on guidelines."""

LabelKind = Literal["no_date", "old", "no_author", "no_references", "sells", "reviewed_by"]

_RULES = Path(__file__).with_name("source_rules.toml")
_CITED = re.compile(r"\[\d{1,3}\]|\bdoi:|https?://(?:dx\.)?doi\.org/", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?:)?//[^\s<>\"')(]*", re.IGNORECASE)
_MORE_OF_IT = re.compile(r"[^\s<>\"')]*")
"""An address may hold an opening bracket, but not before what it is known by."""


@dataclass(frozen=True, slots=True)
class Label:
    """One fact. `text` states it; `value` is what it is about, in the article's own words."""

    kind: LabelKind
    text: str
    value: str | None = None


def labels(article: Article, on: date) -> tuple[Label, ...]:
    """Return the facts about `article` as they stand on the day `on`, in a fixed order.

    `article` is whole: its text and what was left out of it are read. A part of a date counts
    from its last day, so that nothing is called old before it is.
    """
    found: list[Label] = []
    latest = latest_date(article)
    if latest is None:
        found.append(Label("no_date", "No date of publication, change or review is stated."))
    elif older_than(latest, OLD_YEARS, on):
        found.append(
            Label("old", f"Its latest date, {latest}, is more than {OLD_YEARS} years back.", latest)
        )
    if not article.authors:
        found.append(Label("no_author", "No author is named."))
    if not article.references and not _cites(article.text):
        found.append(Label("no_references", "It lists no references."))
    sold = selling_words(article)
    if sold:
        found.append(Label("sells", f"Its page has the words or links of a shop: “{sold}”.", sold))
    if article.reviewed_by:
        named = " ".join(article.reviewed_by.split())
        when = f" ({article.reviewed})" if article.reviewed else ""
        found.append(Label("reviewed_by", f"Last reviewed by {named}{when}.", named))
    return tuple(found)


def _cites(text: str) -> bool:
    # One of these is in every form, and far sooner looked for. An i without a dot counts as one.
    may = "[" in text or "ı" in text or "doi" in text.lower()
    return may and _CITED.search(text) is not None


def latest_date(article: Article) -> str | None:
    """Return the latest of the dates published, modified and reviewed, as it is stated, or None.

    Dates that do not begin with a year of four digits are passed over.
    """
    stated = (article.published, article.modified, article.reviewed)
    return max((day for day in stated if day and _last_day(day)), key=_known_last_day, default=None)


def older_than(stated: str, years: int, on: date) -> bool:
    """Tell whether a date, whole or partial, lies more than `years` years before the day `on`."""
    year, month, day = _known_last_day(stated)
    return (year + years, month, day) < (on.year, on.month, on.day)


def selling_words(article: Article) -> str | None:
    """Return the first words or address by which the article's page shows that it sells, or None.

    The words stand so in the article's text or in a block left out of it.
    """
    by_word, words, parts = _selling()
    for text in (article.text, *(block.text for block in article.left_out)):
        # Most pages hold none of the wordings, and to look for each as it is costs a tenth of the
        # expression that also minds where words begin and end; for a word of several, less again.
        small = text.lower()
        wordings = [wording for word, several in by_word if word in small for wording in several]
        folded = " ".join(small.split()) if wordings else ""
        if not any(wording in folded for wording in wordings):
            continue
        stated = words.search(text)
        found = [span for span in (stated and stated.span(), _address(text, parts)) if span]
        if found:
            start, end = min(found)
            return " ".join(text[start:end].split())
    return None


def _address(text: str, parts: re.Pattern[str]) -> tuple[int, int] | None:
    """Return where the first address stands that has one of `parts`, or None."""
    for address in _ADDRESS.finditer(text):
        if parts.search(text, *address.span()):
            return address.start(), _MORE_OF_IT.match(text, address.end()).end()  # type: ignore[union-attr]
    return None


@lru_cache(4096)
def _last_day(stated: str) -> tuple[int, int, int] | None:
    match = re.match(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?![\d-])", stated)
    if not match:
        return None
    year, month, day = match.groups()
    return int(year), int(month or 12), int(day or 31)


def _known_last_day(stated: str) -> tuple[int, int, int]:
    return _last_day(stated) or (9999, 12, 31)


@cache
def _selling() -> tuple[list[tuple[str, list[str]]], re.Pattern[str], re.Pattern[str]]:
    """Return all that shows a shop by the longest word of each, and what finds words and addresses.

    What has the word of another has it too ("our products" and "/product/").
    """
    rules = tomllib.loads(_RULES.read_text("utf-8"))
    wordings = "|".join(re.escape(words).replace(r"\ ", r"\s+") for words in rules["sells"])
    addresses = "|".join(map(re.escape, rules["addresses"]))
    by_word: dict[str, list[str]] = {}
    for wording in sorted([*rules["sells"], *rules["addresses"]], key=len):
        longest = max(re.findall(r"\w+", wording), key=len)
        word = next((known for known in by_word if known in wording), longest)
        by_word.setdefault(word, []).append(wording)
    return (
        list(by_word.items()),
        re.compile(rf"\b(?:{wordings})\b", re.IGNORECASE),
        re.compile(addresses, re.IGNORECASE),
    )
