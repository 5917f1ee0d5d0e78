"""Dates as pages write them → ISO 8601, and nothing where the date could be read two ways."""

import re
from datetime import date

_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{2})(?:-(\d{2}))?(?!-?\d)")
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:T|$)")
_SLASHED = re.compile(r"(?<!\d)(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?!\d)")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)")
_CHINESE = re.compile(r"(?<!\d)(\d{4})\s?年\s?(\d{1,2})\s?月(?:\s?(\d{1,2})\s?日)?")
_DAY_MONTH = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|\.|º)?\s+(?:of\s+|de\s+)?([^\W\d_]{3,10})\.?,?\s+(?:de\s+)?"
    r"(\d{4})(?!\d)"
)
_MONTH_DAY = re.compile(
    r"(?<![^\W\d_])([^\W\d_]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)"
)
_MONTH_YEAR = re.compile(r"(?<![^\W\d_])([^\W\d_]{3,10})\.?,?\s+(?:de\s+)?(\d{4})(?!\d)")
_YEAR = re.compile(r"^\s*(\d{4})\s*$")

_MONTHS = (
    "jan january januar janvier enero ene januari gennaio janeiro",
    "feb february februar février fevrier febrero februari febbraio fevereiro",
    "mar march märz maerz mär mars marzo maart mrt março",
    "apr april avril abril abr aprile",
    "may mai mayo mei maggio maio",
    "jun june juni juin junio giugno junho",
    "jul july juli juillet julio luglio julho",
    "aug august août aout agosto ago augustus",
    "sep sept september septembre septiembre settembre setembro",
    "oct october oktober okt octobre octubre ottobre outubro",
    "nov november novembre noviembre novembro",
    "dec december dezember dez décembre decembre diciembre dic dicembre dezembro",
)
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}

FIRST_YEAR, LAST_YEAR = 1900, 2100
_TEMPLATE = frozenset({"1970-01-01", "1900-01-01"})
"""Days that stand for "no date" in the software that writes pages."""


def iso_date(text: str, *, day_first: bool = False) -> str | None:
    """Return the first date in `text` as YYYY-MM-DD, YYYY-MM or YYYY, as far as it is stated.

    "03/04/2024" is None: it is the third of April for one reader and the fourth of March for
    another; "03.04.2024" is None too, unless the words around it are of a language in which the
    day stands first (`day_first`). The time of day is dropped, the day is the one that the page
    writes.
    """
    text = text[:300]
    for pattern in (_ISO, _COMPACT, _SLASHED, _CHINESE):
        found = pattern.search(text)
        if found:
            return _valid(*found.groups())
    found = _DAY_MONTH.search(text)
    if found and found.group(2).lower() in _MONTH:
        return _valid(found.group(3), _MONTH[found.group(2).lower()], found.group(1))
    found = _MONTH_DAY.search(text)
    if found and found.group(1).lower() in _MONTH:
        return _valid(found.group(3), _MONTH[found.group(1).lower()], found.group(2))
    found = _NUMERIC.search(text)
    if found:
        day, month, year = map(int, found.groups())
        if day_first and found.group().count(".") == 2:
            return _valid(year, month, day)
        return _unambiguous(day, month, year)
    for found in _MONTH_YEAR.finditer(text):
        if found.group(1).lower() in _MONTH:
            return _valid(found.group(2), _MONTH[found.group(1).lower()], None)
    found = _YEAR.match(text)
    return _valid(found.group(1), None, None) if found else None


def _unambiguous(first: int, second: int, year: int) -> str | None:
    if first == second or (first > 12) != (second > 12):
        month, day = sorted((first, second)) if max(first, second) > 12 else (first, second)
        return _valid(year, month, day)
    return None


def _valid(year: str | int, month: str | int | None, day: str | int | None) -> str | None:
    if not FIRST_YEAR <= int(year) <= LAST_YEAR:
        return None
    try:
        whole = date(int(year), int(month or 1), int(day or 1)).isoformat()
    except ValueError:
        return None
    if day is not None:
        return None if whole in _TEMPLATE else whole
    return whole[:7] if month is not None else whole[:4]
