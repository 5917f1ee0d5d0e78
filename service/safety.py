"""What stands beside every answer: the disclaimer, and the notice above a question that describes
an emergency.

The notice is not triage. It reads the question alone, by the table in `emergency/rules.toml`, the
weighed words of `emergency/words.json` and the network of `emergency/meaning.py`, and says one
thing: this may be an emergency, contact the emergency number. It never hides a passage, never
weighs one danger against another, and its silence says nothing. No clinician has validated it;
docs/emergency-notice.md tells what it was measured on.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from service.emergency.asked import Asked, Raised
from service.emergency.meaning import fitted_meaning
from service.emergency.words import Kind


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice to stand above the passages, and the words of the question that raised it."""

    kind: Kind
    text: str
    matched: str  # the words that raised it, as they stand in the question, joined by " … "
    spans: tuple[tuple[int, int], ...]  # where they stand: code points, end exclusive, ascending
    source: str  # publisher, title and address of the page whose warning signs the rule restates
    topic: str


@cache
def _texts(language: str) -> dict[str, str]:
    """Return the texts of `safety_texts.toml` in `language`, in English where it has none."""
    table: dict[str, dict[str, str]] = tomllib.loads(
        files("service").joinpath("safety_texts.toml").read_text(encoding="utf-8")
    )
    return table.get(language, table["en"])


DISCLAIMER = _texts("en")["disclaimer"]


def disclaimer(text: str | None = None, language: str = "en") -> str:
    """Return the operator's disclaimer, or the house's own, in `language`, where that is blank."""
    return text.strip() if text and text.strip() else _texts(language)["disclaimer"]


def find_notice(
    question: str,
    *,
    emergency_number: str | None = None,
    crisis_line: str | None = None,
    by_words: bool = True,
    by_meaning: bool = False,
    language: str = "en",
) -> Notice | None:
    """Return the notice that `question` raises, or None.

    By a rule of the table, by its words, or with `by_meaning` by the question read whole, which has
    the last word but where a rule sees asked how to kill oneself. To read a text takes 11 to 110
    ms, of some questions several parts are read, and read are those that a rule speaks for, or
    would if nothing set a sign aside, those that name a wish to die, and those whose words are not
    calm. Without the default encoder's weights words and rules speak alone.
    It is written in `language`, whatever the question is in; the rules know English only.
    No country is assumed: without `emergency_number` the text says "your local emergency number",
    and without `crisis_line` it says only that crisis lines exist. Time is linear in the length
    of the question; any text is accepted.
    """
    asked = Asked(question)
    raised = asked.by_rule()
    network = fitted_meaning() if by_meaning and asked.is_to_be_read(raised) else None
    if network is not None:
        raised = asked.by_meaning(raised, network)
    elif raised is None and by_words:
        raised = asked.by_words()
    if raised is None:
        return None
    return _notice(question, raised, emergency_number, crisis_line, language)


def _notice(
    question: str,
    raised: Raised,
    emergency_number: str | None,
    crisis_line: str | None,
    language: str,
) -> Notice:
    texts = _texts(language)
    number = (
        texts["number_known"].format(number=emergency_number)
        if emergency_number
        else texts["number"]
    )
    line = texts["line"].format(crisis_line=crisis_line) if crisis_line else texts["line_unknown"]
    return Notice(
        kind=raised.kind,
        text=texts[raised.kind].format(number=number, line=line),
        matched=" … ".join(question[start:end] for start, end in raised.spans),
        spans=raised.spans,
        source=raised.source,
        topic=raised.topic,
    )
