"""What kind of section a heading opens, by a small table of rules."""

import re
from collections.abc import Sequence
from functools import lru_cache

from index.records import SectionType

RULES: tuple[tuple[SectionType, str], ...] = (
    # The first rule that matches wins: "when to see a doctor about side effects" is the former.
    (
        "when_to_seek_care",
        r"when (should|do|must|to|you should|can)\b.*\b(doctor|gp|help|care|attention|physician"
        r"|advice|provider|emergency|hospital)|seek(ing)? (medical|urgent|emergency|help"
        r"|immediate)|\b(see|call(ing)?|contact(ing)?) (a|your|the) (doctor|gp|physician|provider"
        r"|healthcare|specialist|surgeon|midwife|nurse)|\bseeing (a|your|the) (doctor|gp)$"
        r"|get (medical|emergency|urgent) (help|care|attention)|\bemergenc(y|ies)\b"
        r"|\bred flags?\b|warning signs|contact a medical professional"
        r"|immediate action|urgent advice|\bget advice from|\bgo to (a&e|hospital)\b"
        r"|\b(call|dial|phone|ring) (999|911|112|111|000)\b|\b(call|phone|ring) us\b.*\bif\b"
        r"|when (should i|to|should you) be (concerned|worried)|when to see\b",
    ),
    (
        "side_effects",
        r"(side[- ]|undesirable )effects?|adverse (effects?|reactions?)"
        r"|\brisks? of (taking|using)\b",
    ),
    (
        "prevention",
        r"\bprevent|\bavoid(ing)?\b|lower(ing)? (your|the) risk|reduc\w+ (your|the) risk",
    ),
    (
        "diagnosis",
        r"diagnos|\btests?\b|\bexams?\b|examination|what (will|a|your) doctor|how (is|are) .*found",
    ),
    (
        "treatment",
        r"\btreat|\bremed(y|ies)\b|therap(y|ies)|manag(e|ing|ement)|get(ting)? rid|relie(f|ve)"
        r"|self[- ]care|what you can do|\bcure|how to stop|medic(ines?|ations?)\b.*\b(for|used)",
    ),
    (
        "causes",
        r"\bcaus(e|es|ed|ing)\b|\ba?etiology\b|risk factors?|\bwhy (do|does|am|is|are)\b"
        r"|triggers?\b",
    ),
    ("symptoms", r"symptoms?|\bsigns?\b(?! (up|in|out)\b)|feels? like|what happens"),
    (
        "overview",
        r"\bwhat (is|are)\b|overview|introduction|definition|^about\b|key facts|at a glance"
        r"|^summary$",
    ),
)
"""(section type, pattern over the lower-cased heading)."""

_COMPILED = tuple((kind, re.compile(pattern)) for kind, pattern in RULES)


def section_type(headings: Sequence[str]) -> SectionType:
    """Return the type that the innermost telling heading of `headings` gives, or ""."""
    return next((kind for kind in map(_type_of, reversed(headings)) if kind), "")


@lru_cache(maxsize=4096)
def _type_of(heading: str) -> SectionType:
    lowered = heading.lower()
    return next((kind for kind, pattern in _COMPILED if pattern.search(lowered)), "")
