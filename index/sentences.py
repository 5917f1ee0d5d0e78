"""Text to sentences, as spans: the unit that passages are made of and highlights point at."""

import re
from collections.abc import Iterator

import sentencex

from index.analysis import ADDRESS, has_address

Span = tuple[int, int]

# A citation number that clings to a full stop ("in the liver.4 They are") hides the boundary.
_STOP_AND_DIGIT = re.compile(r"[.!?]\d")
_CLINGING_CITATION = re.compile(r"[a-z)\]”\"][.!?](?:\d{1,3}(?:[,–-]\d{1,3})*)(\s+)(?=[A-Z“\"(])")
# "1. " on its own is the number of what follows, not a sentence.
_NUMBER_ONLY = re.compile(r"\W*+\w{0,3}+[.)]?+\s*+")
# What the rules take for the end of a sentence: before a number or a small letter ("max. 4 g",
# "give inj. adrenaline"), and before a name.
_ABBREVIATED = frozenset(
    """abs approx aprox ca cap caps comp esp excl fig figs hrs incl inj max mcg mg min mins ml nr no
    resp tab tabs tbsp temp tsp vol vols wt yr yrs""".split()  # noqa: SIM905 - a word list reads better as words
)
_TITLES = frozenset(("dr", "dra", "mme", "mlle", "prof", "sra"))
_LAST_WORD = re.compile(r"(?<!\w)(\w{1,6})\.\s*$")
_FIRST_LETTER = re.compile(r"\s+(\w)")
_WORD_CHARACTER = re.compile(r"\w")

WINDOW = 5_000
"""Characters in which sentences are looked for at once. The rules take time in the square of the
number of sentences: of 80,000 characters in 40,000 sentences ("![") 3 s, in windows 0.2 s."""


def sentence_spans(text: str, language: str = "en") -> list[Span]:
    """Return the spans of the sentences of one paragraph, in order, without outer white space.

    The spans do not overlap, none is empty, and every character that is not white space lies in
    one. Boundaries are those of the `sentencex` rules for `language` (a BCP 47 tag; for a language
    that it has no rules for, those for English).
    """
    spans: list[Span] = []
    begin = scan = 0
    code = language.lower().replace("_", "-")
    cited = _STOP_AND_DIGIT.search(text) is not None
    addresses = ADDRESS.finditer(text) if has_address(text) else iter(())
    address = next(addresses, None)
    for end in _ends(code, text):
        while address and address.end() <= end:
            address = next(addresses, None)
        if (address and address.start() < end) or _goes_on(text, begin, end):
            continue
        if _NUMBER_ONLY.fullmatch(text, scan, end):
            # Signs that have been passed over are not looked at again: of 60,000, each a sentence
            # to the rules, that would take a minute.
            word = _WORD_CHARACTER.search(text, scan, end)
            scan = word.start() if word else end
            continue
        for mark in _CLINGING_CITATION.finditer(text, begin, end) if cited else ():
            _append(spans, text, begin, mark.start(1))
            begin = mark.end(1)
        _append(spans, text, begin, end)
        begin = scan = end
    if begin < len(text):
        if spans and not text[begin:].strip(" \t\n\r.)") and text[begin:].strip():
            begin = spans.pop()[0]
        _append(spans, text, begin, len(text))
    return spans


def _goes_on(text: str, begin: int, end: int) -> bool:
    """Return whether what ends at `end`, and began at `begin`, ends in an abbreviation."""
    last = _LAST_WORD.search(text, max(begin, end - 12), end)
    after = _FIRST_LETTER.match(text, last.end(1) + 1) if last else None
    if last is None or after is None:
        return False
    word, letter = last[1].lower(), after[1]
    if word in _ABBREVIATED:
        return letter.isdigit() or letter.islower()
    return word in _TITLES and letter.isupper()


def is_message(question: str) -> bool:
    """Return whether a question is of several sentences, however its lines are broken."""
    return len(sentence_spans(" ".join(question.split()))) > 1


def _ends(code: str, text: str) -> Iterator[int]:
    """Yield where the sentences of `text` end, in order.

    A longer text than `WINDOW` is looked at in pieces, each from the last sentence's beginning on.
    """
    begin = 0
    while begin < len(text):
        window = text[begin : begin + WINDOW]
        found = sentencex.get_sentence_boundaries(code, window)
        ends = [begin + int(sentence["end_index"]) for sentence in found]
        if begin + WINDOW >= len(text):
            yield from ends
            return
        # The last one may go on behind the window, unless it fills it.
        ends = ends[:-1] or [begin + (window.rfind(" ") + 1 or len(window))]
        yield from ends
        begin = ends[-1]


def _append(spans: list[Span], text: str, start: int, end: int) -> None:
    piece = text[start:end].lstrip()
    start = end - len(piece)
    end = start + len(piece.rstrip())
    if start < end:
        spans.append((start, end))
