"""What a number of a question measures, by its value and its neighbours: a fever, an age, a dose.

Each is a tag that a pattern of `rules.toml` may ask for in place of a word.
"""

from collections.abc import Iterator, Sequence

NUMERIC_TAGS = frozenset((
    "<num>", "<many_num>", "<temp>", "<temp_high>", "<young_age>", "<low_oxygen>", "<year>",
    "<sugar_danger>", "<gestation>",
))  # fmt: skip
_NUMBER_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30,
    "forty": 40, "fifty": 50, "sixty": 60, "hundred": 100, "couple": 2, "few": 3, "several": 3,
}  # fmt: skip
_UNIT_DAYS = {
    "day": 1, "days": 1, "week": 7, "weeks": 7, "wk": 7, "wks": 7, "weeker": 7,
    "month": 30, "months": 30, "mo": 30, "mos": 30, "mth": 30, "mths": 30,
}  # fmt: skip
_TEMPERATURE_BEFORE = frozenset(
    ("thermometer", "fever", "fevers", "temp", "temps", "temperature", "running")
)
_TEMPERATURE_AFTER = frozenset(
    ("c", "f", "deg", "degrees", "celsius", "fahrenheit", "fever", "temp")
)
_OXYGEN = frozenset(("oxygen", "sats", "spo2", "o2", "saturation", "ox"))
_SUGAR = frozenset(("sugar", "sugars", "glucose", "bg", "bgl", "bloodsugar"))
_BABY = frozenset(("baby", "babys", "newborn", "infant", "neonate"))
_WEEKS = frozenset(("week", "weeks", "wk", "wks", "w"))
# These make of weeks a length of time, or an age.
_SPAN_BEFORE = frozenset(("for", "last", "past", "every", "about", "after", "in", "of", "than"))
_SPAN_AFTER = frozenset(
    ("ago", "of", "later", "after", "before", "old", "post", "since", "postpartum")
)


def tags_of(forms: Sequence[str], index: int) -> tuple[str, ...]:
    """Return the tags that the word at `index` of a question's words earns; none for no number."""
    form = forms[index]
    spelled = _NUMBER_WORDS.get(form)
    if spelled is None and not form[0].isdecimal():
        return ()
    value = float(spelled) if spelled is not None else _value(form)
    return tuple(_tags(value, form, forms[max(0, index - 5) : index], forms[index + 1 : index + 4]))


def _value(form: str) -> float:
    try:
        return float(form)
    except ValueError:
        return -1.0


def _tags(value: float, form: str, before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    yield "<num>"
    near = set(before)
    # One to five tablets may be a dose (two of one, three of another); six at once seldom are.
    if 6 <= value <= 1000 and not (after and after[0] in {"mg", "mcg", "ml", "g"}):
        yield "<many_num>"
    if 1900 <= value <= 2100 and len(form) == 4:
        yield "<year>"
    if (38 <= value < 43 or 100.4 <= value < 109) and (
        near & _TEMPERATURE_BEFORE
        or set(after[:2]) & _TEMPERATURE_AFTER
        or (len(form) == 4 and form[2] == "." and value < 42)
    ):
        yield "<temp>"
        if 40 <= value < 43 or value >= 104:
            yield "<temp_high>"
    if 40 <= value <= 91 and near & _OXYGEN:
        yield "<low_oxygen>"
    # In mmol/l below 3 is a severe low and from 20 a danger; in mg/dl the same are 54 and 300.
    if near & _SUGAR and (0 < value < 3 or 20 <= value <= 54 or 300 <= value <= 1500):
        yield "<sugar_danger>"
    # The second half of a pregnancy, which people give as a bare number of weeks.
    if 20 <= value <= 42 and after and after[0] in _WEEKS:
        length = not _SPAN_AFTER.isdisjoint(after[1:2]) or not _SPAN_BEFORE.isdisjoint(before[-1:])
        if not length:
            yield "<gestation>"
    # NHS and NICE NG143 act on a fever differently below three months of age.
    days = _UNIT_DAYS.get(after[0], 0) * value if after else 0
    if 0 < days < 91:
        named = not _BABY.isdisjoint(before[-1:])
        if "old" in after[1:3] or named or (len(after) > 1 and after[1] in _BABY):
            yield "<young_age>"
