"""Cells of a table that span several rows or columns, written out in each of them.

A row is quoted alone, and what stands beside its values must stand beside them still.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

MAX_REPEATED = 120
"""Characters of a cell that is written again; a longer one is prose, and leaves its place empty."""

REPEATS = 4
"""Cells written again, for each that the table has: a span may claim any number of rows."""


_NUMBER = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's text, and how many columns and rows it stands in. `down` 0 is all that follow."""

    text: str
    across: int = 1
    down: int = 1


@dataclass(slots=True)
class SpanningRows:
    """Writes out the rows of one table, in order; `columns` and `cells` are how many it has."""

    columns: int
    cells: int
    _left: int = field(init=False)
    _below: dict[int, tuple[int, str]] = field(init=False, default_factory=dict)
    """Column → the text that goes on in it, and in how many more rows."""

    def __post_init__(self) -> None:
        self._left = REPEATS * self.cells

    def end_group(self) -> None:
        """End all spans, as the end of a table's head or body does."""
        self._below.clear()

    def row(self, cells: Sequence[Cell]) -> list[str]:
        """Return the texts of the row by column; [] where no cell of its own has any."""
        texts: list[str] = []
        still: dict[int, tuple[int, str]] = {}
        own = [cell.text for cell in cells if cell.text]
        # Beside a cell from above, a remark is read once; a value is that of each of its columns.
        alone = len(own) < 2 and not (self._below and any(map(_NUMBER.search, own)))
        for cell in cells:
            self._go_on(texts, still)
            again = "" if alone or len(cell.text) > MAX_REPEATED else cell.text
            taken = min(self._below, default=self.columns)  # by a cell that comes down from above
            across = max(1, min(cell.across, taken - len(texts), 1 + self._left))
            self._left -= across - 1
            for column in range(len(texts), len(texts) + across):
                if cell.down != 1:
                    below = cell.text if len(cell.text) <= MAX_REPEATED else ""
                    still[column] = (cell.down - 1, below)
            texts += [cell.text, *[again] * (across - 1)]
        self._go_on(texts, still)
        self._below = still
        return texts if any(cell.text for cell in cells) else []

    def _go_on(self, texts: list[str], still: dict[int, tuple[int, str]]) -> None:
        """Write, in place, what goes on in the next columns from the rows above."""
        while (found := self._below.pop(len(texts), None)) is not None and self._left > 0:
            rows, text = found
            if rows != 1:
                still[len(texts)] = (rows - 1, text)
            texts.append(text)
            self._left -= 1
