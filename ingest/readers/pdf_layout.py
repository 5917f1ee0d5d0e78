"""The words of a page → its regions in reading order, each a list of lines.

A recursive cut, after Nagy and Seth (1984), with one change: a page is cut downwards only where
whole rows cross every gutter, so that a wide title or table above columns does not hide them.

    words ──▶ rows ──▶ atoms ──▶ tables ──▶ gutter? ──▶ above, left column, right column, below
                                               └── no ──▶ lines, top to bottom
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ingest.readers.pdf_rows import line_text, rows_of
from ingest.readers.pdf_words import Word

MIN_GUTTER = 0.8
"""Narrowest white strip between two columns, in ems. Justified lines space words up to 0.7 em."""

MAX_DEPTH = 12
"""Cuts within cuts; a page of three columns with boxes needs four."""

MIN_COLUMN_LINES = 3
MIN_COLUMN_LETTERS = 10
"""Fewest lines of a column, and fewest letters of its middle line: less is a table or a margin.
Two lines are enough where they are twice as long: the last page of columns that are balanced."""

MAX_CELL_LETTERS = 30
MIN_TEXT_LETTERS = 12
MAX_CELL_FILL = 0.65
"""The middle cell of a table: at most this long; where it is longer than the second number, it
fills at most this share of its column. Lines of text columns are as long as the column is wide:
of those we set, the middle one fills 0.73 and more, of tables 0.3 to 0.6."""

MIN_STRIP = 0.6
"""Narrowest strip between two columns of a table, in ems."""

BULLET = re.compile(r"[•◦▪▫■□●○‣⁃∙·–*►▶➢➤✓✔❖−\-]|\(?(?:\d{1,2}|[a-z])[.)]")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, or a row of a table (`cells` of two and more)."""

    text: str
    left: float
    right: float
    baseline: float
    size: float
    bold: bool
    first: float = 0.0  # width of the first word, which the line before had no room for
    indent: float = 0.0  # where the text starts behind a bullet, else `left`
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Region:
    """Lines that are read one after the other, top to bottom, with the edges they fill."""

    lines: tuple[Line, ...]
    left: float
    right: float


def regions_of(words: Sequence[Word]) -> Iterator[Region]:
    """Yield the regions of a page in reading order."""
    atoms = [_atoms(row) for row in rows_of(words)]
    yield from _regions([row for row in atoms if row])


Atom = list[Word]
Row = list[Atom]


def _atoms(row: Sequence[Word]) -> Row:
    """Split a row where the white space is wider than between words."""
    atoms: Row = []
    right = -math.inf
    for word in row:
        if atoms and word.left - right < MIN_GUTTER * word.size:
            atoms[-1].append(word)
            right = max(right, word.right)
        else:
            atoms.append([word])
            right = word.right
    return atoms


def _regions(rows: list[Row], depth: int = 0) -> Iterator[Region]:
    if not rows:
        return
    table = _table(rows)
    cut = _gutter(rows) if depth < MAX_DEPTH else None
    # A few short lines of two columns may look like a table; the columns go on above and below.
    if table is not None and (cut is None or cut.lines < 2 * (table[1] - table[0])):
        yield from _regions(rows[: table[0]], depth)
        yield _table_region(rows[table[0] : table[1]])
        yield from _regions(rows[table[1] :], depth)
        return
    if cut is None:
        yield _plain_region(rows)
        return
    first, last, x = cut.first, cut.last, cut.x
    yield from _regions(rows[:first], depth + 1)
    for side in (0, 1):
        column = [[a for a in row if (_middle(a) > x) == bool(side)] for row in rows[first:last]]
        yield from _regions([row for row in column if row], depth + 1)
    yield from _regions(rows[last:], depth + 1)


def _left(atom: Atom) -> float:
    return atom[0].left


def _right(atom: Atom) -> float:
    return max(word.right for word in atom)


def _middle(atom: Atom) -> float:
    return (_left(atom) + _right(atom)) / 2


def _letters(atom: Atom) -> int:
    return sum(len(word.text) for word in atom)


def _size(rows: Sequence[Row]) -> float:
    return median(word.size for row in rows for atom in row for word in atom)


def _table(rows: Sequence[Row]) -> tuple[int, int] | None:
    """Return the first run of rows whose cells stand under each other, as a half-open range."""
    start = 0
    while start < len(rows):
        end = start + 1
        while end < len(rows) and _same_columns(rows[end - 1], rows[end]):
            end += 1
        run = rows[start:end]
        columns = len(run[0])
        if columns > 1 and len(run) >= (2 if columns > 2 else 3):
            bullets = sum(BULLET.fullmatch(line_text(row[0])) is not None for row in run)
            if bullets < len(run) / 2 and _has_cells(run):
                return start, end
        start = end
    return None


def _has_cells(run: Sequence[Row]) -> bool:
    """Return whether rows of aligned atoms are a table, and not lines of text side by side."""
    letters = median(_letters(atom) for row in run for atom in row)
    fill = median(
        (_right(atom) - _left(atom)) / max(_left(beside) - _left(atom), 1.0)
        for row in run
        for atom, beside in pairwise(row)
    )
    # Between two columns of a table stands a strip that no row reaches into; the wide spaces of
    # justified lines stand below each other by chance, and not so clearly.
    columns = list(zip(*run, strict=True))
    strip = min(
        min(map(_left, right)) - max(map(_right, left)) for left, right in pairwise(columns)
    )
    if strip < MIN_STRIP * _size(run):
        return False
    return letters <= MIN_TEXT_LETTERS or (letters <= MAX_CELL_LETTERS and fill <= MAX_CELL_FILL)


def _same_columns(above: Row, below: Row) -> bool:
    if len(above) != len(below) or len(above) < 2:
        return False
    size = below[0][0].size
    return all(
        abs(_left(a) - _left(b)) < 0.6 * size
        or abs(_right(a) - _right(b)) < 0.6 * size
        or abs(_middle(a) - _middle(b)) < 0.6 * size
        for a, b in zip(above, below, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Gutter:
    """A white strip at `x` that parts the rows `[first, last)`, `lines` of them on both sides."""

    lines: int
    first: int
    last: int
    x: float


def _gutter(rows: Sequence[Row]) -> _Gutter | None:
    """Return the gutter between two columns, or None.

    Of all gaps between neighbours the one is taken that parts the most rows.
    """
    narrowest = MIN_GUTTER * _size(rows)
    best: _Gutter | None = None
    tried: set[tuple[int, int, int]] = set()
    for index, gaps in _gaps(rows, narrowest):
        for low, high in gaps:
            key = (index // 4, round(low / narrowest), round(high / narrowest))
            if key in tried:
                continue
            tried.add(key)
            found = _extend(rows, index, low, high, narrowest)
            if found is not None and (best is None or found.lines > best.lines):
                best = found
    return best


def _gaps(rows: Sequence[Row], narrowest: float) -> Iterator[tuple[int, list[tuple[float, float]]]]:
    """Yield candidate gaps: within a row, and between two rows that stand side by side.

    The lines of two columns need not share baselines: then each row holds one column's line.
    """
    for index, row in enumerate(rows):
        near = [*row]
        for other in rows[index + 1 : index + 3]:
            if row[0][0].baseline - other[0][0].baseline < 0.95 * row[0][0].size:
                near += other
        near.sort(key=_left)
        gaps = []
        reach = _right(near[0])
        for atom in near[1:]:
            if _left(atom) - reach >= narrowest:
                gaps.append((reach, _left(atom)))
            reach = max(reach, _right(atom))
        if gaps:
            yield index, gaps


def _extend(
    rows: Sequence[Row], index: int, low: float, high: float, narrowest: float
) -> _Gutter | None:
    """Return the gutter that the gap is part of, when the rows beside it make two columns."""
    first = last = index
    for step in (-1, 1):
        at = index if step == 1 else index - 1
        while 0 <= at < len(rows):
            inner = _narrowed(rows[at], low, high)
            if inner[1] - inner[0] < narrowest:
                break
            low, high = inner
            first, last = min(first, at), max(last, at)
            at += step
    x = (low + high) / 2
    sides: tuple[list[int], list[int]] = ([], [])
    letters: tuple[list[int], list[int]] = ([], [])
    for at in range(first, last + 1):
        for side in (0, 1):
            mine = [atom for atom in rows[at] if (_middle(atom) > x) == bool(side)]
            if mine:
                sides[side].append(at)
                letters[side].append(sum(map(_letters, mine)))
    shortest = min(map(len, sides))
    typical = min(median(side) if side else 0 for side in letters)
    if shortest < 2 or typical < MIN_COLUMN_LETTERS:
        return None
    if shortest < MIN_COLUMN_LINES and typical < 2 * MIN_COLUMN_LETTERS:
        return None
    first, last = _trim(rows, first, last, sides)
    return _Gutter(min(map(len, sides)), first, last + 1, x)


def _narrowed(row: Row, low: float, high: float) -> tuple[float, float]:
    """Return what `row` leaves free of the strip from `low` to `high`."""
    middle = (low + high) / 2
    for atom in row:
        if _right(atom) <= middle:
            low = max(low, _right(atom))
        elif _left(atom) >= middle:
            high = min(high, _left(atom))
        else:
            return middle, middle
    return low, high


def _trim(
    rows: Sequence[Row], first: int, last: int, sides: Sequence[Sequence[int]]
) -> tuple[int, int]:
    """Give back lines at either end that stand on one side only and belong to a wide neighbour.

    They do when a wide row follows (or precedes) and the white space towards the columns is
    larger than that towards it.
    """
    shared_end = min(side[-1] for side in sides)
    if last + 1 < len(rows) and shared_end < last:
        gaps = {at: _gap(rows, at) for at in range(shared_end + 1, last + 1)}
        widest = max(gaps, key=lambda at: gaps[at])
        if gaps[widest] > _gap(rows, last + 1):
            last = widest - 1
    shared_start = max(side[0] for side in sides)
    if first > 0 and first < shared_start:
        gaps = {at: _gap(rows, at) for at in range(first + 1, shared_start + 1)}
        widest = max(gaps, key=lambda at: gaps[at])
        if gaps[widest] > _gap(rows, first):
            first = widest
    return first, last


def _gap(rows: Sequence[Row], at: int) -> float:
    """Return the distance from the baseline of row `at` up to that of the row before."""
    return rows[at - 1][0][0].baseline - rows[at][0][0].baseline


def _plain_region(rows: Sequence[Row]) -> Region:
    lines = tuple(_line([word for atom in row for word in atom]) for row in rows)
    return Region(lines, min(line.left for line in lines), max(line.right for line in lines))


def _table_region(rows: Sequence[Row]) -> Region:
    lines = []
    for row in rows:
        whole = _line([word for atom in row for word in atom])
        cells = tuple(line_text(atom) for atom in row)
        lines.append(
            Line(
                " | ".join(cells),
                whole.left,
                whole.right,
                whole.baseline,
                whole.size,
                whole.bold,
                cells=cells,
            )
        )
    return Region(tuple(lines), lines[0].left, max(line.right for line in lines))


def _line(words: Sequence[Word]) -> Line:
    letters = sum(len(word.text) for word in words)
    size = _main_size(words)
    bold = sum(len(word.text) for word in words if word.bold) >= 0.95 * letters
    bullet = len(words) > 1 and BULLET.fullmatch(words[0].text)
    return Line(
        line_text(words),
        words[0].left,
        max(word.right for word in words),
        median(word.baseline for word in words if word.size == size),
        size,
        bold,
        words[0].right - words[0].left,
        words[1].left if bullet else words[0].left,
    )


def _main_size(words: Sequence[Word]) -> float:
    weights: dict[float, int] = {}
    for word in words:
        weights[word.size] = weights.get(word.size, 0) + len(word.text)
    return max(weights, key=lambda size: (weights[size], size))
