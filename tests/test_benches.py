"""Every bench can be imported: a bench that no test runs would break unseen."""

from importlib import import_module
from pathlib import Path

import pytest

from bench import boilerplate, false_alarms, html_extraction, ingest, ingest_whole, retrieval

BENCHES = sorted(path.stem for path in (Path(__file__).parent.parent / "bench").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_can_be_imported(name: str) -> None:
    assert import_module(f"bench.{name}").__doc__


def test_where_the_data_are_absent_the_sample_articles_are_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for bench in (ingest, ingest_whole):
        monkeypatch.setattr(bench, "ARTICLES", tmp_path / "absent.jsonl.gz")
    named, files = ingest.articles(1)
    assert named == "the sample articles"
    sample = Path(ingest.__file__).parents[1] / "corpus"
    assert dict(files) == {
        each.name: each.read_bytes() for each in sample.iterdir() if each.suffix in {".md", ".html"}
    }
    assert ingest_whole.fill(tmp_path / "corpus", 24) == "the sample articles"
    assert {each.name for each in (tmp_path / "corpus").iterdir()} >= {name for name, _ in files}


def test_where_the_data_are_absent_a_measurement_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = tmp_path / "absent"
    for bench in (boilerplate, false_alarms):
        monkeypatch.setattr(bench, "EVAL", absent)
        assert bench.main([]) == 1
        assert capsys.readouterr().out == f"skipped: {absent} is absent\n"
    assert retrieval.main([f"{absent}:judged:2"]) == 1
    assert capsys.readouterr().out == f"skipped: {absent} is absent\n"
    assert html_extraction.main(["--pages", str(absent)]) == 1
    assert capsys.readouterr().out == f"skipped: {absent / 'ground_truth.jsonl'} is absent\n"
