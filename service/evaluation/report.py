"""An `Evaluation` for people and programs: a table, JSON, and one self-contained HTML page."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from rich.table import Table

from service.evaluation.evaluate import JUDGED, MEASURES, Evaluation, Interval, Result

SHOWN = (*MEASURES, JUDGED)


def as_json(evaluation: Evaluation) -> str:
    """Return everything measured as JSON, keys as in `Evaluation`."""
    return json.dumps(dataclasses.asdict(evaluation), ensure_ascii=False, indent=2)


def as_table(evaluation: Evaluation) -> Table:
    """Return a row for each configuration, means with their intervals, best means in bold."""
    table = Table(
        title=f"{evaluation.dataset}: {evaluation.queries} queries, "
        f"{evaluation.articles} articles, {evaluation.passages} passages",
        caption="Means with bootstrap 95% intervals; latency as p50 / p95 in milliseconds.",
    )
    table.add_column("configuration")
    for name in SHOWN:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("ms", justify="right", no_wrap=True)
    best = {name: max(r.measures[name].mean for r in evaluation.results) for name in SHOWN}
    for result in evaluation.results:
        cells = [
            f"[bold]{number(value)}[/bold]" if value.mean == best[name] else number(value)
            for name, value in ((name, result.measures[name]) for name in SHOWN)
        ]
        table.add_row(
            result.configuration, *cells, f"{result.latency.p50:.1f} / {result.latency.p95:.1f}"
        )
    return table


def number(value: Interval) -> str:
    """Return a mean with its interval below it."""
    return f"{value.mean:.3f}\n{value.low:.3f}–{value.high:.3f}"


@dataclass(frozen=True, slots=True)
class _Bar:
    """One configuration in the plot of quality; lengths in the plot's units."""

    label: str
    value: str
    y: float
    width: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class _Point:
    """One configuration in the plot of quality against latency.

    Its label hangs below it, each at a height of its own: points often lie close together.
    """

    label: str
    x: float
    y: float
    label_y: float
    anchor: str


PLOT_WIDTH, BAR_HEIGHT, POINT_HEIGHT = 560.0, 34.0, 260.0


def write_html(evaluation: Evaluation, path: Path) -> None:
    """Write the report to `path`. It loads nothing: plots are SVG, styles are in it."""
    environment = Environment(
        loader=PackageLoader("service.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    results = evaluation.results
    page = environment.get_template("evaluation.html").render(
        evaluation=evaluation,
        measures=SHOWN,
        bars=[_bar(result, place) for place, result in enumerate(results)],
        points=_points(results),
        ticks=[(PLOT_WIDTH * step / 5, f"{step / 5:.1f}") for step in range(6)],
        width=PLOT_WIDTH,
        height=POINT_HEIGHT,
        bars_height=BAR_HEIGHT * len(results),
        longest=max(result.latency.p50 for result in results),
    )
    path.write_text(page, "utf-8")


def _bar(result: Result, place: int) -> _Bar:
    value = result.measures["nDCG@10"]
    return _Bar(
        label=result.configuration,
        value=f"{value.mean:.3f}",
        y=place * BAR_HEIGHT,
        width=value.mean * PLOT_WIDTH,
        low=value.low * PLOT_WIDTH,
        high=value.high * PLOT_WIDTH,
    )


def _points(results: tuple[Result, ...]) -> list[_Point]:
    longest = max(result.latency.p50 for result in results) or 1.0
    return [
        _Point(
            label=result.configuration,
            x=PLOT_WIDTH * share,
            y=POINT_HEIGHT * (1 - result.measures["nDCG@10"].mean),
            label_y=POINT_HEIGHT * (1 - result.measures["nDCG@10"].mean) + 24 * (place + 1),
            anchor="end" if share > 0.5 else "start",
        )
        for place, result in enumerate(results)
        for share in (result.latency.p50 / longest,)
    ]
