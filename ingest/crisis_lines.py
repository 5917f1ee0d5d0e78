"""Numbers to call in a crisis, in copied text.

They look as the address of a company does, and are the last thing that an article should lose.
"""

import re
from collections.abc import Sequence

from ingest.boilerplate_features import BlockView

SHORT = 12
"""Words of the longest line that says whose a number is."""

_NUMBER = re.compile(
    r"(?:(?:call|text|phone|tel(?:ephone)?|dial|free\s?phone|helpline|sms)\b[^\d]{0,20})?"
    r"\+?\(?\d[\d\s().-]{1,20}",
    re.IGNORECASE,
)
_WHOSE = re.compile(
    r"\b(?:samaritans|childline|lifelines?|helplines?|hotlines?|crisis|suicid\w*|self-harm|poison\w*"
    r"|domestic (?:abuse|violence))\b",
    re.IGNORECASE,
)


def crisis_lines(views: Sequence[BlockView]) -> frozenset[int]:
    """Return the places of such numbers, and of the lines that say whose they are."""
    found: set[int] = set()
    for index, view in enumerate(views[1:], start=1):
        if view.size > SHORT or not _NUMBER.fullmatch(view.text):
            continue
        before = views[index - 1]
        if index - 1 in found and _NUMBER.fullmatch(before.text):
            found.add(index)
        elif before.size <= SHORT and not before.certain and _WHOSE.search(before.text):
            found |= {index - 1, index}
    return frozenset(found)
