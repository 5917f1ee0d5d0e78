"""The words of the pages, in each language that `locales/` holds, and the choice among them.

A locale is one TOML file of tables of strings; a key is "table.name". `{name}` stands for a value.
A string that depends on a number is two, `name.one` and `name.other`.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from service.web.negotiation import weighted

DEFAULT_LANGUAGE = "en"
_LOCALES = Path(__file__).parent / "locales"


@dataclass(frozen=True, slots=True)
class Strings:
    """The strings of one language. Call it with a key and the values that the string names."""

    language: str
    texts: dict[str, str]
    months: tuple[str, ...]

    def __call__(self, key: str, **values: object) -> str:
        """Return the string for `key`, filled in; `n` also chooses between one and other.

        Raises KeyError for a key that the locale lacks, or a value that the string needs.
        """
        if "n" in values and key not in self.texts:
            key = f"{key}.{'one' if values['n'] == 1 else 'other'}"
        return self.texts[key].format(**values)

    def date(self, iso: str | None) -> str:
        """Return an ISO 8601 date, whole or partial, as people write it; other text unchanged."""
        match = re.fullmatch(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:[T ].*)?", iso or "")
        if not match:
            return iso or ""
        year, month, day = match.groups()
        if month is None or not 1 <= int(month) <= 12:
            return year if month is None else iso or ""
        named = {"year": year, "month": self.months[int(month) - 1], "day": int(day or 0)}
        return self.texts["date.day" if day else "date.month"].format(**named)


@cache
def locales() -> dict[str, Strings]:
    """Read every locale once; the default language comes first."""
    files = sorted(_LOCALES.glob("*.toml"), key=lambda file: (file.stem != DEFAULT_LANGUAGE, file))
    return {file.stem: _read(file) for file in files}


def primary_language(tag: str) -> str:
    """Return the primary subtag of a BCP 47 tag, in small letters: "es" of "es-MX"."""
    return tag.split("-", maxsplit=1)[0].lower()


def known_language(tag: str | None) -> str | None:
    """Return the language of a BCP 47 tag where we have it: "es" of "es-MX" and of "ES"."""
    language = primary_language((tag or "").strip())
    return language if language in locales() else None


def choose_language(asked: str | None, accept_language: str | None) -> str:
    """Return a language we have: the one asked for, else the best of an Accept-Language header."""
    chosen = known_language(asked)
    if chosen:
        return chosen
    ranked = [
        (-weight, place, language)
        for place, (tag, weight) in enumerate(weighted(accept_language))
        if weight > 0 and (language := known_language(tag))
    ]
    return min(ranked)[2] if ranked else DEFAULT_LANGUAGE


def _read(file: Path) -> Strings:
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    months = tuple(str(tables["date"].pop("months")).split())
    return Strings(file.stem, dict(_flat(tables)), months)


def _flat(table: dict[str, object], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            pairs += _flat(value, f"{prefix}{key}.")
        else:
            pairs.append((prefix + key, str(value)))
    return pairs
