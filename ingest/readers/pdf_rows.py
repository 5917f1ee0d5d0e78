"""The words of a page → its rows, and a row → its text: what is raised, lowered or cited."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from ingest.readers.block_text import raised
from ingest.readers.pdf_words import Word

_SAME_LINE = 0.35  # ems between baselines of one line
# The size of raised or lowered type, relative to that of its line: 0.83 in a browser, 0.5 to 0.8
# elsewhere. The text beside a large initial is smaller.
_SMALLEST, _LARGEST = 0.45, 0.88
_SHIFT = 0.12  # ems from the line's baseline to what is raised, at least
_FARTHEST_SHIFT = 0.7
_SPACE = 0.4  # ems; "see note ¹" has one on both sides
_MAX_LETTERS = 12  # of raised words beside each other; more is a line of its own


def rows_of(words: Sequence[Word]) -> list[list[Word]]:
    """Group words by baseline: rows from top to bottom, the words of each from left to right.

    A raised or lowered small word belongs to the row of the word that it clings to.
    """
    lines = _lines_of_small_words(words)
    placed = [(lines.get(id(word), word.baseline), word) for word in words]
    rows: list[tuple[float, float, list[Word]]] = []
    for on, word in sorted(placed, key=lambda pair: (-pair[0], pair[1].left)):
        for baseline, size, row in reversed(rows[-3:]):
            if abs(baseline - on) <= _SAME_LINE * max(size, word.size):
                row.append(word)
                break
        else:
            rows.append((on, word.size, [word]))
    return [sorted(row, key=lambda word: word.left) for _, _, row in rows]


class _Run(NamedTuple):
    """Words of one size beside each other."""

    words: list[Word]
    left: float
    right: float
    baseline: float
    size: float


def _lines_of_small_words(words: Sequence[Word]) -> dict[int, float]:
    """Return the baselines of the lines that small words cling to, by the identity of the word."""
    if len({word.size for word in words}) < 2:
        return {}
    ordered = sorted(words, key=lambda word: word.baseline)
    baselines = [word.baseline for word in ordered]
    reach = _FARTHEST_SHIFT / _SMALLEST
    found: dict[int, float] = {}
    for run in _runs(words):
        start = bisect_left(baselines, run.baseline - reach * run.size)
        end = bisect_left(baselines, run.baseline + reach * run.size)
        on = [word.baseline for word in ordered[start:end] if _clings(run, word)]
        if on:
            nearest = min(on, key=lambda baseline: abs(baseline - run.baseline))
            found.update((id(word), nearest) for word in run.words)
    return found


def _runs(words: Iterable[Word]) -> Iterator[_Run]:
    """Yield the short runs of words that may be raised or lowered."""
    ordered = sorted(words, key=lambda word: (word.size, word.baseline, word.left))
    for (size, baseline), line in groupby(ordered, key=lambda word: (word.size, word.baseline)):
        runs: list[list[Word]] = []
        for word in line:
            if runs and word.left - runs[-1][-1].right < _SPACE * size:
                runs[-1].append(word)
            else:
                runs.append([word])
        for run in runs:
            text = "".join(word.text for word in run)
            words_of_text = len(run) > 1 and any(map(str.isalpha, text))
            if len(text) <= _MAX_LETTERS and not words_of_text:
                right = max(word.right for word in run)
                yield _Run(run, run[0].left, right, baseline, size)


def _is_small_beside(word: Word | _Run, other: Word) -> bool:
    return _SMALLEST * other.size <= word.size < _LARGEST * other.size


def _clings(run: _Run, word: Word) -> bool:
    if not _is_small_beside(run, word):
        return False
    if abs(run.baseline - word.baseline) >= _FARTHEST_SHIFT * word.size:
        return False
    behind, before = run.left - word.right, word.left - run.right
    return any(-0.25 * word.size < gap < _SPACE * word.size for gap in (behind, before))


def line_text(words: Sequence[Word]) -> str:
    """Return the words of a line as text; superscripts are attached, citations dropped."""
    pieces: list[str] = []
    before: Word | None = None
    line: Word | None = None  # the last word that stands on the line itself
    spaced = False  # behind a citation that was dropped with the space before it
    for word, after in zip(words, [*words[1:], None], strict=True):
        size = max(word.size, before.size if before is not None else 0.0)
        close = before is not None and word.left - before.right < 0.15 * size
        if not (_is_raised(word, line) or _is_raised(word, after)):
            shifted = before is not None and abs(word.baseline - before.baseline) > _SHIFT * size
            attached = close and not spaced and (shifted or _overlap(before, word))
            pieces.append(word.text if attached or not pieces else f" {word.text}")
            spaced = False
            if not _is_lowered(word, line) and any(map(str.isalnum, word.text)):
                line = word
        else:
            text = _raised_text(word, after, next(filter(None, reversed(pieces)), " "), close=close)
            pieces.append(text if close or not pieces or not text else f" {text}")
            spaced = spaced or (not text and not close)
        before = word
    return "".join(pieces)


def _is_raised(word: Word, beside: Word | None) -> bool:
    return (
        beside is not None
        and any(map(str.isalnum, beside.text))
        and _is_small_beside(word, beside)
        and word.baseline > beside.baseline + _SHIFT * beside.size
    )


def _is_lowered(word: Word, beside: Word | None) -> bool:
    return (
        beside is not None
        and _is_small_beside(word, beside)
        and word.baseline < beside.baseline - _SHIFT * beside.size
    )


def _raised_text(word: Word, after: Word | None, before: str, *, close: bool) -> str:
    if not any(map(str.isdigit, word.text)):
        return word.text
    touches = after is not None and after.left - word.right < 0.15 * after.size
    follows = after.text if after is not None and touches else " "
    return raised(word.text, before if close else " ", follows)


def _overlap(before: Word | None, word: Word) -> bool:
    return before is not None and word.left < before.right
