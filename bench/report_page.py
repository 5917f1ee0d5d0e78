"""A report on speed for people: Markdown, and one self-contained HTML page whose plots are SVG."""

import math
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bench.figures import Cell, Figures, Plot, Table

WIDTH, HEIGHT, BAR = 560.0, 220.0, 30.0
BUSY = 0.25
"""Cores that others used, on average, from which a report warns."""


@dataclass(frozen=True, slots=True)
class Ran:
    """One bench of a report: what was run, and what came of it.

    `others` is how many cores other processes kept busy meanwhile; `problem` says why there are no
    figures, None when there are.
    """

    name: str
    command: str
    seconds: float
    others: float
    problem: str | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run. `machine` and `versions` by name; load averages at start and end."""

    title: str
    began: str
    commit: str
    machine: dict[str, str]
    versions: dict[str, str]
    load: tuple[float, float]
    ran: tuple[Ran, ...]

    @property
    def warning(self) -> str | None:
        """What to think of the figures when the machine had other work, else None."""
        others = max((each.others for each in self.ran), default=0.0)
        if others < BUSY and self.load[0] < 1:
            return None
        return (
            f"The machine was busy: load average {self.load[0]:.1f} at the start, and other "
            f"processes used up to {others:.1f} cores during a bench. Compare figures of one table "
            "with each other, and with no other run's."
        )

    @property
    def failed(self) -> list[Ran]:
        """The benches without figures."""
        return [each for each in self.ran if each.problem is not None]


def shown(cell: Cell) -> str:
    """Return a cell as a person reads it: about three digits that count."""
    if isinstance(cell, str):
        return cell
    if float(cell).is_integer() or abs(cell) >= 100:
        return f"{cell:,.0f}"
    return (
        f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}" if abs(cell) >= 0.1 else f"{cell:.4f}"
    )


def as_markdown(report: Report) -> str:
    """Return the report as Markdown: everything but the plots."""
    facts = {**report.machine, "commit": report.commit, **report.versions}
    lines = [f"# {report.title}", "", report.began, ""]
    if report.warning:
        lines += [f"**{report.warning}**", ""]
    if report.failed:
        lines += [f"**Failed: {', '.join(each.name for each in report.failed)}.**", ""]
    lines += [f"- {name}: {value}" for name, value in facts.items()]
    lines += [f"- load average: {report.load[0]:.1f} at the start, {report.load[1]:.1f} at the end"]
    for ran in report.ran:
        lines += ["", f"## {ran.name}", "", f"`{ran.command}` ({_about(ran)})"]
        if ran.problem is not None:
            lines += ["", f"Failed: {ran.problem}"]
        for table in ran.figures.tables:
            lines += ["", *_markdown(table)]
    return "\n".join(lines) + "\n"


def _about(ran: Ran) -> str:
    return f"{ran.seconds:.0f} s, other work {ran.others:.1f} cores"


def _markdown(table: Table) -> list[str]:
    return [
        f"{table.title}:",
        "",
        f"| {' | '.join(table.columns)} |",
        f"|---{'|---:' * (len(table.columns) - 1)}|",
        *(f"| {' | '.join(map(shown, row))} |" for row in table.rows),
    ]


def write_html(report: Report, path: Path) -> None:
    """Write the report to `path`. It loads nothing: plots are SVG, styles are in it."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("report.html").render(
        report=report, shown=shown, about=_about, bars=_bars, curves=_curves
    )
    path.write_text(page, "utf-8")


@dataclass(frozen=True, slots=True)
class _Bar:
    label: str
    value: str
    y: float
    width: float


def _bars(plot: Plot) -> list[_Bar]:
    values = {name: points[0][1] for name, points in plot.series.items()}
    most = max(values.values(), default=0.0) or 1.0
    return [
        _Bar(name, shown(value), place * BAR, WIDTH * value / most)
        for place, (name, value) in enumerate(values.items())
    ]


@dataclass(frozen=True, slots=True)
class _Curve:
    """A series: the points as SVG writes them, its place among the colours, and its label."""

    label: str
    number: int
    points: tuple[tuple[float, float], ...]
    label_y: float


@dataclass(frozen=True, slots=True)
class _Curves:
    curves: list[_Curve]
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]


def _curves(plot: Plot) -> _Curves:
    """Return curves over the logarithm of x; y from 0 to the largest. Labels keep a distance."""
    xs = sorted({x for points in plot.series.values() for x, _ in points})
    top = max((y for points in plot.series.values() for _, y in points), default=0.0) or 1.0
    low, high = math.log(max(xs[0], 1e-9)), math.log(max(xs[-1], 1e-9))

    def across(x: float) -> float:
        return WIDTH * (math.log(max(x, 1e-9)) - low) / ((high - low) or 1.0)

    curves: list[_Curve] = []
    free = HEIGHT + 4
    for number, (name, points) in sorted(
        enumerate(plot.series.items()), key=lambda one: one[1][1][-1][1]
    ):
        placed = tuple((across(x), HEIGHT * (1 - y / top)) for x, y in points)
        free = min(placed[-1][1] + 4, free - 16 if curves else free)
        curves.append(_Curve(name, number, placed, free))
    return _Curves(
        curves=curves,
        x_ticks=[(across(x), shown(x)) for x in xs],
        y_ticks=[(HEIGHT * (1 - step / 4), shown(top * step / 4)) for step in range(5)],
    )
