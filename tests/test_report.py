"""The report on speed: fixed figures in, pages out; real small processes as benches."""

import re
import sys
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from bench import scale
from bench.figures import Figures, Plot, Table, bars, load, save
from bench.report import Bench, commit, full, machine, prepare, quick, report, run, versions
from bench.report_page import Ran, Report, as_markdown, shown, write_html
from bench.serve_load import Load, figures

FIGURES = Figures(
    (Table("Encoding", ("variant", "passages/s", "ms"), (("a <b>", 1234.5, 0.25),)),),
    (
        bars("Rates", "passages/s", {"a": 50.0, "b": 100.0}),
        Plot("Stages", "lines", "passages", "ms", {"dense": ((1000, 1.0), (100000, 4.0))}),
    ),
)


def made(*ran: Ran, load: tuple[float, float] = (0.1, 2.0)) -> Report:
    return Report("Speed", "today", "abc", {"cores": "2"}, {"numpy": "2.0"}, load, ran)


GOOD = Ran("Encoding", "python -m bench.encode", 12.0, 0.04, None, FIGURES)
BAD = Ran("Scale", "python -m bench.scale", 3.0, 0.0, "exit code 1: no <disk>", Figures())


def test_figures_come_back_from_their_file_as_they_were(tmp_path: Path) -> None:
    save(FIGURES, tmp_path / "figures.json")
    assert load(tmp_path / "figures.json") == FIGURES


@pytest.mark.parametrize(
    ("cell", "text"),
    [("a", "a"), (2, "2"), (1234.5, "1,234"), (12.34, "12.3"), (1.234, "1.23"), (0.0123, "0.0123")],
)
def test_a_figure_is_shown_with_the_digits_that_count(cell: str | float, text: str) -> None:
    assert shown(cell) == text


def test_markdown_has_every_figure_and_the_machine() -> None:
    text = as_markdown(made(GOOD))
    assert "- cores: 2\n- commit: abc\n- numpy: 2.0\n" in text
    assert "- load average: 0.1 at the start, 2.0 at the end" in text
    assert "| variant | passages/s | ms |\n|---|---:|---:|\n| a <b> | 1,234 | 0.25 |" in text
    assert "busy" not in text
    assert "Failed" not in text


def test_a_bench_that_failed_is_named_first_and_told_where_it_belongs() -> None:
    text = as_markdown(made(BAD, GOOD))
    assert text.index("**Failed: Scale.**") < text.index("## Scale")
    assert "Failed: exit code 1: no <disk>" in text


@pytest.mark.parametrize(("others", "load"), [(0.5, 0.1), (0.0, 3.0)])
def test_other_work_on_the_machine_is_warned_of(others: float, load: float) -> None:
    ran = Ran("Encoding", "x", 1.0, others, None, FIGURES)
    report = made(ran, load=(load, 1.0))
    assert report.warning is not None
    assert report.warning.startswith("The machine was busy")
    assert report.warning in as_markdown(report)


def test_the_page_draws_bars_and_curves_to_scale_and_loads_nothing(tmp_path: Path) -> None:
    write_html(made(GOOD, BAD), tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    # The longest bar fills the width; the other has its share.
    assert re.findall(r'<rect x="0" y="[\d.]+" width="([\d.]+)"', page) == ["280.0", "560.0"]
    # Least size at the left, the largest y at the top.
    assert re.findall(r'points="([^"]*)"', page) == ["0.0,165.0 560.0,0.0 "]
    assert "a &lt;b&gt;" in page
    assert "no &lt;disk&gt;" in page
    assert not re.search(r'(?:src|href)="', page)
    assert "<script" not in page


def test_labels_of_curves_that_end_together_do_not_cover_each_other(tmp_path: Path) -> None:
    lines = {name: ((1.0, 2.0), (10.0, y)) for name, y in (("a", 2.0), ("b", 2.01), ("c", 2.02))}
    plot = Plot("Close", "lines", "passages", "ms", lines)
    write_html(made(Ran("x", "x", 1.0, 0.0, None, Figures((), (plot,)))), tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    heights = [float(y) for y in re.findall(r'<text x="570.0" y="([-\d.]+)">', page)]
    assert len(heights) == 3
    assert all(upper - lower >= 15.9 for upper, lower in pairwise(heights))


def script(tmp_path: Path, source: str) -> tuple[str, ...]:
    (tmp_path / "bench_of_a_test.py").write_text(source, "utf-8")
    return (str(tmp_path / "bench_of_a_test.py"),)


def test_a_bench_runs_in_a_process_of_its_own_and_gives_its_figures(tmp_path: Path) -> None:
    source = """
import sys
from pathlib import Path
sys.path.insert(0, ".")
from bench.figures import Figures, Table, save
save(Figures((Table("T", ("a",), (("x",),)),)), Path(sys.argv[sys.argv.index("--json") + 1]))
"""
    ran = run(Bench("One", script(tmp_path, source), 60), tmp_path, 0)
    assert ran.problem is None
    assert ran.figures == Figures((Table("T", ("a",), (("x",),)),))


def test_one_failure_leaves_the_rest(tmp_path: Path) -> None:
    failing = script(tmp_path, "raise SystemExit('no such disk')")
    benches = [Bench("Bad", failing, 60), Bench("Good", ("-c", "pass"), 60, figures=False)]
    found = report(benches, tmp_path, "Speed")
    assert [each.problem for each in found.ran] == ["exit code 1: no such disk", None]
    assert [each.name for each in found.failed] == ["Bad"]


def test_a_bench_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    source = f"""
import subprocess, time
child = subprocess.Popen([{sys.executable!r}, "-c", "import time; time.sleep(60)"])
open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
time.sleep(60)
"""
    ran = run(Bench("Slow", script(tmp_path, source), 6), tmp_path, 0)
    assert ran.problem == "not done after 6 s"
    assert ran.seconds < 40
    status = Path(f"/proc/{(tmp_path / 'pid').read_text('ascii')}/stat")
    until = time.monotonic() + 20
    while status.exists() and " Z " not in status.read_text("ascii"):
        assert time.monotonic() < until, "the child still runs"
        time.sleep(0.05)


def test_a_bench_without_figures_has_failed(tmp_path: Path) -> None:
    ran = run(Bench("Silent", script(tmp_path, "print('done')"), 60), tmp_path, 0)
    assert ran.problem is not None
    assert ran.problem.startswith("no figures that can be read")


def test_the_plans_name_benches_that_exist(tmp_path: Path) -> None:
    for plan in (quick, full):
        named = [bench.arguments[1] for bench in plan(tmp_path, tmp_path) if bench.figures]
        assert len(named) == len(set(named)) == 8
        for name in named:
            assert (Path(__file__).parent.parent / f"{name.replace('.', '/')}.py").is_file()


def test_what_was_measured_at_each_size_is_a_column_and_a_point() -> None:
    def size(times: int) -> dict[str, object]:
        waits = {"dense": [1.0 * times, 2.0 * times]}
        return {
            "build": 3.0,
            "disk": 10.0 * times,
            "measure": {
                "wall ms p50, p99": waits,
                "cpu ms p50, p99": waits,
                "recall@10": 1.0,
                "MB when asked": {"all": 200, "own": 100},
                "seconds": {"verified and opened": 0.5},
            },
            "update": {"all written": 0.2},
        }

    found = scale.figures({1000: size(1), 10000: size(4)})
    (table,) = found.tables
    assert table.columns == ("", "1,000 passages", "10,000 passages")
    assert ("dense, p50, ms", 1.0, 4.0) in table.rows
    assert ("dense, p99, ms", 2.0, 8.0) in table.rows
    assert found.plots[0].series == {"dense": ((1000, 1.0), (10000, 4.0))}
    assert [plot.y for plot in found.plots] == ["ms", "MB", "s"]


def test_a_load_is_told_by_rate_waits_and_how_requests_ended() -> None:
    one = Load([2.0, 4.0], [], Counter({"200": 2}), seconds=0.5, service=0.006)
    crowd = Load([8.0], [1.0], Counter({"200": 1, "503": 3, "timed out": 1}), seconds=1.0)
    found = figures([("p50", 2.0, 3.0, 1.5)], {"1 clients": one, "a queue": crowd}, [1, 8])
    assert found.tables[0].rows == (("p50", 2.0, 3.0, 1.5),)
    assert found.tables[1].rows == (
        ("1 clients", 4.0, 2.0, 4.0, "0", "0", 3.0),
        ("a queue", 1.0, 8.0, 8.0, "3", "1", 0.0),
    )
    assert found.plots[0].series == {"questions/s": ((1.0, 4.0),)}


def test_the_facts_of_the_machine_are_there() -> None:
    assert int(machine()["cores"]) >= 1
    assert float(machine()["memory"].split()[0]) > 0.1
    assert versions()["numpy"][0].isdigit()
    assert re.match(r"[0-9a-f]{40}|unknown", commit())


def test_something_can_be_asked_wherever_the_report_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.report.ARTICLES", tmp_path / "absent")
    monkeypatch.setattr("bench.report.QUESTIONS", tmp_path / "absent")
    index, questions = prepare(tmp_path, few=True)
    corpus = index.with_name(f"{index.name}-corpus")
    assert len(list(corpus.iterdir())) > 3
    assert '{"text": "What helps against' in questions.read_text("utf-8")
