"""What a bench has measured, as tables and plots that a report can show: its `--json FILE`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Cell = str | float


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of figures under `columns`; the first cell of a row is its name."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """`lines`: a curve a series over x, which is drawn by its logarithm. `bars`: one bar a series,
    of which the first point's y counts.
    """

    title: str
    kind: Literal["lines", "bars"]
    x: str
    y: str
    series: Mapping[str, tuple[tuple[float, float], ...]]


@dataclass(frozen=True, slots=True)
class Figures:
    """All that one bench has to show."""

    tables: tuple[Table, ...] = ()
    plots: tuple[Plot, ...] = ()


def bars(title: str, unit: str, values: dict[str, float]) -> Plot:
    """Return a plot of one bar a value."""
    return Plot(title, "bars", "", unit, {name: ((0.0, value),) for name, value in values.items()})


def percentile(values: Sequence[float], part: int) -> float:
    """Return the smallest of `values` that `part` per cent of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * part // 100) - 1)]


def save(figures: Figures, path: Path | None) -> None:
    """Write the figures to `path`; without one, do nothing."""
    if path is not None:
        path.write_text(json.dumps(asdict(figures), ensure_ascii=False, indent=1), "utf-8")


def load(path: Path) -> Figures:
    """Return what `save` wrote."""
    kept = json.loads(path.read_text("utf-8"))
    tables = (
        Table(each["title"], tuple(each["columns"]), tuple(map(tuple, each["rows"])))
        for each in kept["tables"]
    )
    plots = (
        Plot(**{**each, "series": {name: _points(line) for name, line in each["series"].items()}})
        for each in kept["plots"]
    )
    return Figures(tuple(tables), tuple(plots))


def _points(line: Sequence[Sequence[float]]) -> tuple[tuple[float, float], ...]:
    return tuple((x, y) for x, y in line)
