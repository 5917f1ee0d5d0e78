"""What a reader owes to a block: no white space at its ends, no blank line inside."""

import re
from collections.abc import Sequence

# Each character at which `str.splitlines` ends a line.
_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_CITATION = re.compile(r"\[?\d{1,3}(?:\s?[,–-]\s?\d{1,3})*[\],]?")
_BEFORE_POWER = re.compile(r"[\d⁰¹²³⁴⁵⁶⁷⁸⁹]$|(?:^|[\s/·(])(?:[kcdmµμn]?m|ft|in|s|x|10|[Rrχ])$")
# Not the shared one: between two numbers, as here, "–" is a range and no minus.
_SUPERSCRIPT = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
# From the first white space of a run, and no second try: time grows as the text does.
_BLANK_LINES = re.compile(rf"(?<!\s)\s*[{_BREAKS}]\s*?[{_BREAKS}]\s*")


def tidy(text: str) -> str:
    """Return `text` without white space at its ends, each run of blank lines one line break."""
    return _BLANK_LINES.sub("\n", text.strip())


def one_line(text: str) -> str:
    """Return `text` with every run of white space as one space, and none at its ends."""
    return " ".join(text.split())


def row_text(cells: Sequence[str]) -> str:
    """Return the cells of a table's row as one line, a bar between two of them.

    Empty cells keep their place, so that what follows stays under its heading; not at the end, and
    not in a row of one cell only.
    """
    filled = [place for place, cell in enumerate(cells) if cell]
    if len(filled) < 2:
        return "".join(cells)
    return one_line(" | ".join(cells[: filled[-1] + 1]))


def tidy_with_offsets(text: str, offsets: Sequence[int]) -> tuple[str, tuple[int, ...]]:
    """Return `tidy(text)`, and for each of its characters the offset that stood beside it."""
    start = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    pieces: list[str] = []
    places: list[int] = []
    position = start
    for blank in _BLANK_LINES.finditer(text, start, max(start, end)):
        pieces += [text[position : blank.start()], "\n"]
        places += [*offsets[position : blank.start()], offsets[blank.start()]]
        position = blank.end()
    pieces.append(text[position:end])
    places += offsets[position:end]
    return "".join(pieces), tuple(places)


def raised(text: str, before: str, after: str | None = None) -> str:
    """Return how superscript `text` reads behind `before`: "" where it only cites a reference.

    Digits behind a number or a unit are a power ("10⁹", "kg/m²"), and before all else that of an
    isotope ("¹³¹I"), where a capital letter follows in `after` or that is not known (None). Behind
    a word, a full stop or a space they are the number of a reference, which no sentence needs.
    """
    if not _CITATION.fullmatch(text):
        return text.translate(_SUPERSCRIPT) if text.strip("+-−0123456789") == "" else text
    if before and not _BEFORE_POWER.search(before.rstrip()):
        first = before[-1].isspace() or before[-1] == "("
        if not first or (after is not None and not after[:1].isupper()):
            return ""
    return text.translate(_SUPERSCRIPT)
