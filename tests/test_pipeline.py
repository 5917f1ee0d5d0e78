"""From a folder to a snapshot: only what changed is done, and a fresh build gives the same."""

import os
import resource
from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
import Stemmer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.encoder import DeterministicEncoder, OnBatch
from index.errors import PinciteError, SourceError, WriterBusy
from index.records import Article
from index.search import Searcher
from index.snapshot import current_snapshot, damaged_files, open_snapshot, snapshots
from index.snapshot_writing import writer_lock
from ingest import compose, pipeline, reading, writing
from ingest.corpus import SourceFile
from ingest.document import Document
from ingest.explain import explain_file
from ingest.pipeline import Report, update_index
from tests.sample_corpus import CALF, EYELID, SALTS, write


class CountingEncoder(DeterministicEncoder):
    """Remembers the texts that it encoded."""

    def __init__(self, dimension: int = 64) -> None:
        super().__init__(dimension=dimension)
        self.encoded: list[str] = []

    def encode(
        self, texts: Sequence[str], *, on_batch: OnBatch | None = None
    ) -> NDArray[np.float32]:
        self.encoded += texts
        return super().encode(texts, on_batch=on_batch)


@pytest.fixture
def encoder() -> CountingEncoder:
    return CountingEncoder()


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


def content(index: Path) -> dict[str, object]:
    """Return everything that a snapshot holds but its id, its time and its files' times."""
    snapshot = open_snapshot(index)
    assert damaged_files(snapshot.folder) == []
    files = snapshot.records.files().values()
    held = {
        "articles": list(snapshot.records.every_article()),
        "vectors": snapshot.dense.vectors[:].tobytes(),
        "vocabulary": snapshot.lexical.vocabulary,
        "terms": snapshot.lexical._matrix().toarray().tolist(),
        "files": sorted((f.source, f.sha256, f.problem) for f in files),
        "settings": snapshot.manifest.segmenter,
    }
    snapshot.records.close()
    return held


def answers(index: Path, encoder: DeterministicEncoder) -> list[object]:
    searcher = Searcher(open_snapshot(index))
    questions = ["calf cramp at night", "why does my eyelid flutter", "salt", "coffee", "zzz"]
    vectors = encoder.encode(questions)
    found = [searcher.search(q, v, 5) for q, v in zip(questions, vectors, strict=True)]
    searcher.snapshot.records.close()
    return list(found)


def changes(report: Report) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    return report.added, report.changed, report.removed


# What changed


def test_the_first_run_reads_everything(
    corpus: Path, index: Path, encoder: CountingEncoder
) -> None:
    report = update_index(corpus, index, encoder)
    assert changes(report) == (("calf-cramps.md", "eyes/eyelid.txt", "salts.html"), (), ())
    assert (report.articles, report.problems, report.notes) == (3, (), ())
    assert report.encoded == report.passages == len(encoder.encoded)
    assert report.manifest is not None
    assert report.manifest.snapshot == current_snapshot(index)
    articles = {article.article_id: article for article in open_snapshot(index).records.articles()}
    assert articles["calf-cramps.md"].title == "Calf cramps"
    assert articles["calf-cramps.md"].publisher == "The sample library"


BAD = {
    "half.jsonl": ('{"_id": "a\\ud83d", "text": "Half a character."}', ""),
    "nested.jsonl": ("[" * 200_000, "line 1 is not JSON"),
    "sidecar.txt": ("Calves rest at night.", "sidecar.yaml: the YAML cannot be read"),
    "level.html": (
        f'<div role="heading" aria-level="{"9" * 5000}">Rest</div><p>Calves rest at night.</p>',
        "",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_whatever_is_in_a_file_the_others_are_indexed(
    name: str, corpus: Path, index: Path, encoder: CountingEncoder
) -> None:
    text, problem = BAD[name]
    write(corpus / name, text)
    write(corpus / "sidecar.yaml", 'title: "\\UFFFFFFFF"')
    report = update_index(corpus, index, encoder)
    problems = {record.source: record.problem for record in report.problems}
    assert report.articles == 3 + (not problem)
    assert problem in problems.get(name, "")
    assert (name in problems) == bool(problem)


def test_a_reader_that_fails_costs_one_file(
    corpus: Path, index: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = compose.compose

    def failing(document: Document, *args: Any, **named: Any) -> Article:  # noqa: ANN401
        if named["source"] == "salts.html":
            raise ZeroDivisionError("of the\nfile")
        return before(document, *args, **named)

    monkeypatch.setattr(reading, "compose", failing)
    report = update_index(corpus, index, encoder)
    assert report.articles == 2
    ((source, problem),) = [(record.source, record.problem) for record in report.problems]
    assert source == "salts.html"
    assert problem.startswith(
        "the reader failed on it (ZeroDivisionError in tests/test_pipeline.py"
    )
    assert "\n" not in problem


def test_articles_with_one_id_are_told_of(
    corpus: Path, index: Path, encoder: CountingEncoder
) -> None:
    write(
        corpus / "more.jsonl",
        '{"_id": "a", "text": "First."}\n{"_id": "a", "text": "Last."}\n{"_id": "b", "text": "B"}',
    )
    report = update_index(corpus, index, encoder)
    assert report.notes == (
        "more.jsonl: 1 of its 3 articles are lost, since a later one has the same id, "
        "more.jsonl/a for one. Give each its own.",
    )
    article = open_snapshot(index).records.article("more.jsonl/a")
    assert article is not None
    assert article.text == "Last."


def test_nothing_changed_makes_no_snapshot(
    corpus: Path, index: Path, encoder: CountingEncoder
) -> None:
    first = update_index(corpus, index, encoder)
    encoder.encoded.clear()
    second = update_index(corpus, index, encoder)
    assert (second.manifest, changes(second)) == (None, ((), (), ()))
    assert (second.articles, second.passages) == (first.articles, first.passages)
    assert encoder.encoded == []
    assert len(snapshots(index)) == 1


def test_unchanged_files_are_not_opened(
    corpus: Path,
    index: Path,
    encoder: CountingEncoder,
    opened: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    update_index(corpus, index, encoder)
    write(corpus / "new.txt", "Cramps pass when the muscle is stretched.")
    opened.clear()

    def fingerprint(file: SourceFile) -> str:
        raise AssertionError(f"{file.source} was hashed")

    monkeypatch.setattr(SourceFile, "fingerprint", fingerprint)
    report = update_index(corpus, index, encoder)
    assert changes(report) == (("new.txt",), (), ())
    assert set(opened) == {"new.txt"}


def test_a_file_with_a_new_time_and_the_same_bytes_is_unchanged(
    corpus: Path, index: Path, encoder: CountingEncoder
) -> None:
    update_index(corpus, index, encoder)
    write(corpus / "salts.html", SALTS, changed=1_750_000_000)
    assert update_index(corpus, index, encoder).manifest is None


def test_a_file_changed_within_the_last_seconds_is_looked_into(
    corpus: Path, index: Path, encoder: CountingEncoder
) -> None:
    path = corpus / "eyes" / "eyelid.txt"
    path.write_text(EYELID)
    update_index(corpus, index, encoder)
    now = path.stat().st_mtime_ns
    path.write_text(EYELID.replace("coffee", "cocoa!"))
    os.utime(path, ns=(now, now))  # the same size within the same tick of the clock
    assert changes(update_index(corpus, index, encoder)) == ((), ("eyes/eyelid.txt",), ())


def test_only_the_changed_passages_are_encoded(
    corpus: Path, index: Path, encoder: CountingEncoder
) -> None:
    update_index(corpus, index, encoder, target_tokens=24)
    encoder.encoded.clear()
    write(
        corpus / "calf-cramps.md",
        CALF.replace("a short walk", "a long walk"),
        changed=1_750_000_000,
    )
    report = update_index(corpus, index, encoder, target_tokens=24)
    assert changes(report) == ((), ("calf-cramps.md",), ())
    (text,) = encoder.encoded
    assert "a long walk" in text
    assert report.encoded == 1 < report.passages


def test_a_passage_inside_a_list_is_read_with_what_announced_it(
    tmp_path: Path, encoder: CountingEncoder
) -> None:
    items = "".join(f"- trouble of the kind number {n} in the years before\n" for n in range(40))

    def read_after(sentence: str) -> list[str]:
        encoder.encoded.clear()
        write(tmp_path / "corpus" / "one.md", f"# Ibuprane\n\n{sentence} it after:\n\n{items}")
        update_index(tmp_path / "corpus", tmp_path / "index", encoder)
        return encoder.encoded

    first, *later = read_after("Do not take")
    assert first.startswith("Ibuprane\n\nDo not take it after:\n\ntrouble of the kind number 0")
    assert later
    assert all(text.startswith("Ibuprane\nDo not take it after:\ntrouble") for text in later)
    # Another announcement is another meaning: none of the vectors stays.
    assert len(read_after("You may take")) == len(later) + 1


def test_a_renamed_file_is_not_encoded_again(
    corpus: Path, index: Path, encoder: CountingEncoder
) -> None:
    update_index(corpus, index, encoder)
    encoder.encoded.clear()
    (corpus / "salts.html").rename(corpus / "eyes" / "minerals.html")
    report = update_index(corpus, index, encoder)
    assert changes(report) == (("eyes/minerals.html",), (), ("salts.html",))
    assert (encoder.encoded, report.encoded) == ([], 0)


def test_a_removed_file_is_gone(corpus: Path, index: Path, encoder: CountingEncoder) -> None:
    update_index(corpus, index, encoder)
    (corpus / "salts.html").unlink()
    assert changes(update_index(corpus, index, encoder)) == ((), (), ("salts.html",))
    snapshot = open_snapshot(index)
    assert snapshot.records.article("salts.html") is None
    assert "magnesium" not in " ".join(snapshot.lexical.vocabulary)


def test_a_sidecar_that_comes_changes_and_goes_changes_its_article(
    corpus: Path, index: Path, encoder: CountingEncoder
) -> None:
    update_index(corpus, index, encoder)
    for number, text in enumerate(["title: Eyelids\n", "title: Lids\n", None]):
        sidecar = corpus / "eyes" / "eyelid.yaml"
        if text:
            write(sidecar, text, changed=1_750_000_000 + number)
        else:
            sidecar.unlink()
        report = update_index(corpus, index, encoder)
        assert changes(report) == ((), ("eyes/eyelid.txt",), ())
        article = open_snapshot(index).records.article("eyes/eyelid.txt")
        assert article is not None
        assert article.title == (text[7:-1] if text else "Eyelid twitching")


def test_the_same_content_twice_is_encoded_once_and_noted(
    corpus: Path, index: Path, encoder: CountingEncoder
) -> None:
    write(corpus / "copy.html", SALTS)
    report = update_index(corpus, index, encoder)
    assert report.articles == 4
    assert len(encoder.encoded) == report.encoded == len(set(encoder.encoded)) < report.passages
    assert report.notes == (
        "salts.html has the same content as copy.html: it is quoted once, with both.",
    )


def test_rebuilding_reads_everything_and_gives_the_same(
    corpus: Path, index: Path, encoder: CountingEncoder
) -> None:
    update_index(corpus, index, encoder)
    before = content(index)
    encoder.encoded.clear()
    report = update_index(corpus, index, encoder, rebuild=True)
    assert report.notes == ("Everything is read anew, as asked.",)
    assert report.encoded == report.passages == len(encoder.encoded)
    assert content(index) == before


@pytest.mark.parametrize(
    "name",
    [
        "ingest/segment.py",
        "index/sentences.py",
        "index/analysis.py",
        "index/leads.py",
        "index/orthography.py",
    ],
)
def test_code_that_cuts_or_makes_terms_is_in_the_fingerprint(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed, plain = Path(pipeline.__file__).parent.parent / name, Path.read_bytes
    before = pipeline.code_fingerprint.__wrapped__()
    assert before == pipeline.code_fingerprint()
    monkeypatch.setattr(Path, "read_bytes", lambda path: plain(path) + b"\n" * (path == changed))
    assert pipeline.code_fingerprint.__wrapped__() != before


def test_another_stemmer_is_in_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = pipeline.code_fingerprint.__wrapped__()
    monkeypatch.setattr(Stemmer, "version", lambda: "another")
    assert pipeline.code_fingerprint.__wrapped__() != before


@pytest.mark.parametrize("other", ["encoder", "target", "code"])
def test_other_settings_read_everything_anew(
    corpus: Path,
    index: Path,
    encoder: CountingEncoder,
    other: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    update_index(corpus, index, encoder)
    if other == "code":
        monkeypatch.setattr(pipeline, "code_fingerprint", lambda: "another")
    report = update_index(
        corpus,
        index,
        CountingEncoder(32) if other == "encoder" else encoder,
        target_tokens=20 if other == "target" else 96,
    )
    assert "anew" in report.notes[0]
    assert report.encoded == report.passages
    assert len(snapshots(index)) == 2


def test_a_damaged_snapshot_is_replaced_and_the_reason_told(
    corpus: Path, index: Path, encoder: CountingEncoder
) -> None:
    update_index(corpus, index, encoder)
    before = content(index)
    (index / "snapshots" / str(current_snapshot(index)) / "dense.faiss").write_bytes(b"")
    report = update_index(corpus, index, encoder)
    assert "Everything is read anew: snapshot" in report.notes[0]
    assert content(index) == before


# Odd input


BROKEN: MappingProxyType[str, tuple[bytes, str]] = MappingProxyType(
    {
        "empty.txt": (b"", ""),
        "blank.txt": (b" \n\t\n", ""),
        "binary.txt": (bytes(range(256)) * 20, ""),
        "broken.pdf": (b"%PDF-1.7\nnothing of the kind", ""),
        "no.pdf": (b"plain text", ""),
        "picture.png": (b"\x89PNG\r\n\x1a\n", "no reader"),
        "none": (b"no suffix", "no reader"),
    }
)


@pytest.mark.parametrize("name", BROKEN)
def test_odd_input_gets_a_line_and_the_run_goes_on(
    corpus: Path, index: Path, encoder: CountingEncoder, name: str
) -> None:
    data, expected = BROKEN[name]
    write(corpus / name, data)
    report = update_index(corpus, index, encoder)
    (problem,) = report.problems
    assert problem.source == name
    assert problem.problem
    assert expected in problem.problem
    assert "\n" not in problem.problem
    assert not problem.problem.startswith(problem.source), "told twice"
    assert "Traceback" not in problem.problem
    assert report.articles == 3
    # It is told again the next time, and makes no new snapshot.
    again = update_index(corpus, index, encoder)
    assert (again.problems, again.manifest) == ((problem,), None)


def test_text_that_is_not_utf8_is_read_by_its_encoding(
    corpus: Path, index: Path, encoder: CountingEncoder
) -> None:
    text = "Les crampes surviennent souvent la nuit. L’été, la chaleur les déclenche aussi. " * 5
    write(corpus / "french.txt", text.encode("cp1252"))
    report = update_index(corpus, index, encoder)
    assert report.problems == ()
    article = open_snapshot(index).records.article("french.txt")
    assert article is not None
    assert "L’été, la chaleur les déclenche" in article.text


def test_a_file_beyond_the_limit_is_not_opened(
    corpus: Path, index: Path, encoder: CountingEncoder
) -> None:
    write(corpus / "huge.txt", b"")
    os.truncate(corpus / "huge.txt", 50_000_000)
    os.utime(corpus / "huge.txt", (1_700_000_000, 1_700_000_000))
    report = update_index(corpus, index, encoder)
    (problem,) = report.problems
    assert problem.problem == "is 50 MB; at most 20 MB are read. Split it."
    assert update_index(corpus, index, encoder).manifest is None


@pytest.mark.parametrize(
    "sidecar", [b"title: [", b"- a\n- b", b"\xff\xfe\xfa", b"a: &x [b]\nc: *x\n", b"just words"]
)
def test_a_bad_sidecar_is_a_problem_of_its_article(
    corpus: Path, index: Path, encoder: CountingEncoder, sidecar: bytes
) -> None:
    write(corpus / "salts.yaml", sidecar)
    report = update_index(corpus, index, encoder)
    (problem,) = report.problems
    assert problem.source == "salts.html"
    assert "salts.yaml" in problem.problem
    assert report.articles == 2


def test_a_file_that_cannot_be_read_now_is_tried_again(
    corpus: Path, index: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Path.read_bytes
    plain_open = Path.open

    def refuse(path: Path, *args: object, **options: object) -> object:
        if path.name == "salts.html":
            raise PermissionError(13, "Permission denied")
        return plain_open(path, *args, **options)  # type: ignore[call-overload]

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        patch.setattr(
            Path, "read_bytes", lambda p: plain(p) if p.name != "salts.html" else refuse(p)
        )
        report = update_index(corpus, index, encoder)
        assert [p.problem for p in report.problems] == ["cannot be read: Permission denied"]
        assert update_index(corpus, index, encoder).manifest is None
    report = update_index(corpus, index, encoder)
    assert (report.problems, report.articles) == ((), 3)


def test_links_and_lonely_sidecars_are_in_the_report(
    corpus: Path, index: Path, tmp_path: Path, encoder: CountingEncoder
) -> None:
    write(tmp_path / "outside.txt", "Not for quoting.")
    (corpus / "out.txt").symlink_to(tmp_path / "outside.txt")
    (corpus / "dangling.txt").symlink_to("nowhere")
    write(corpus / "lonely.yaml", "title: Nobody's")
    report = update_index(corpus, index, encoder)
    assert {p.source: p.problem for p in report.problems} == {
        "out.txt": "a link out of the corpus; not followed",
        "dangling.txt": "a link to nothing",
        "lonely.yaml": "a sidecar with no article beside it",
    }
    assert update_index(corpus, index, encoder).manifest is None


def test_odd_characters_in_names_and_metadata_are_stored(
    corpus: Path, index: Path, encoder: CountingEncoder
) -> None:
    write(corpus / "Größe #1?.txt", EYELID)
    write(corpus / "Größe #1?.yaml", 'title: "a\\0b\\uD800"\n')
    report = update_index(corpus, index, encoder)
    article = open_snapshot(index).records.article("Größe #1?.txt")
    if not report.problems:
        assert article is not None
        assert article.title == "a\ufffdb\ufffd"


def test_names_alike_but_for_bytes_that_are_not_utf8_get_a_line_each(
    corpus: Path, index: Path, encoder: CountingEncoder
) -> None:
    for name in (b"caf\xe9.txt", b"caf\xe8.txt", b"caf\xe9/x.md", b"caf\xe8/x.md"):
        try:
            write(corpus / os.fsdecode(name), f"An article of its own: {name!r}.")
        except OSError:
            pytest.skip("this file system takes UTF-8 names only")
    report = update_index(corpus, index, encoder)
    assert [p.source for p in report.problems] == [
        r"caf\xe8", r"caf\xe8.txt", r"caf\xe9", r"caf\xe9.txt"
    ]  # fmt: skip
    assert {p.problem for p in report.problems} == {"its name is not UTF-8; rename it"}
    assert report.articles == 3


@pytest.mark.parametrize("grown_from", [writing.GROWN_FROM, 0])
def test_what_is_known_of_files_that_are_not_read_again_stays_true(
    corpus: Path,
    index: Path,
    encoder: CountingEncoder,
    grown_from: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writing, "GROWN_FROM", grown_from)
    monkeypatch.setattr(writing, "SHARE", 0.01)
    write(corpus / "bad.pdf", b"%PDF-1.7\nnothing of the kind")
    write(corpus / "lonely.yaml", "title: Nobody's")
    problems = update_index(corpus, index, encoder).problems
    assert [p.source for p in problems] == ["bad.pdf", "lonely.yaml"]
    write(corpus / "copy.html", SALTS)
    write(corpus / "salts.html", SALTS, changed=1_750_000_000)
    report = update_index(corpus, index, encoder)
    assert (changes(report), report.problems) == ((("copy.html",), (), ()), problems)
    assert len(report.notes) == 1
    copied = open_snapshot(index)
    assert copied.records.files()["salts.html"].modified_ns == 1_750_000_000 * 10**9
    assert copied.records.article("salts.html") is not None
    # A file in the place of its article: a link, which is passed over.
    (corpus / "salts.html").unlink()
    (corpus / "salts.html").symlink_to("nowhere")
    (corpus / "lonely.yaml").unlink()
    report = update_index(corpus, index, encoder)
    assert changes(report) == ((), (), ("lonely.yaml",))
    assert [p.source for p in report.problems] == ["bad.pdf", "salts.html"]
    assert report.notes == ()
    snapshot = open_snapshot(index)
    assert snapshot.records.article("salts.html") is None
    assert {*snapshot.records.files()} == {
        "bad.pdf", "calf-cramps.md", "copy.html", "eyes/eyelid.txt", "salts.html"
    }  # fmt: skip
    assert (snapshot.newer is None) == bool(grown_from)
    again = update_index(corpus, index, encoder)
    assert (again.manifest, again.problems) == (None, report.problems)


@pytest.mark.parametrize("what", ["nowhere", "empty", "broken"])
def test_nothing_to_index_is_said_and_the_live_snapshot_stays(
    corpus: Path, index: Path, tmp_path: Path, encoder: CountingEncoder, what: str
) -> None:
    update_index(corpus, index, encoder)
    before = current_snapshot(index)
    other = tmp_path / what
    if what != "nowhere":
        other.mkdir()
    if what == "broken":
        write(other / "empty.txt", b"")
    expected = "there is no corpus at" if what == "nowhere" else "could be indexed"
    with pytest.raises(SourceError, match=expected):
        update_index(other, index, encoder)
    assert current_snapshot(index) == before


# Writing


def test_two_writers_do_not_meet(corpus: Path, index: Path, encoder: CountingEncoder) -> None:
    with writer_lock(index), pytest.raises(WriterBusy):
        update_index(corpus, index, encoder)


@pytest.mark.parametrize("limit", [0, 1_000, 5_000, 20_000])
def test_a_disk_that_fills_up_leaves_the_live_one_whole(
    corpus: Path, index: Path, encoder: CountingEncoder, limit: int
) -> None:
    update_index(corpus, index, encoder)
    before, held = current_snapshot(index), content(index)
    write(corpus / "new.txt", "Cramps pass when the muscle is stretched. " * 400)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        with pytest.raises(PinciteError, match=r"What was live still is|cannot be written"):
            update_index(corpus, index, encoder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert current_snapshot(index) == before
    assert content(index) == held
    assert update_index(corpus, index, encoder).added == ("new.txt",)


def test_a_crash_in_the_encoder_leaves_the_live_one_whole(
    corpus: Path, index: Path, encoder: CountingEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    update_index(corpus, index, encoder)
    before = current_snapshot(index)
    write(corpus / "new.txt", "Cramps pass.")

    def fails(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(encoder, "encode", fails)
        with pytest.raises(KeyboardInterrupt):
            update_index(corpus, index, encoder)
    assert current_snapshot(index) == before
    assert update_index(corpus, index, encoder).added == ("new.txt",)


def test_progress_ends_where_it_said(corpus: Path, index: Path, encoder: CountingEncoder) -> None:
    told: list[tuple[str, int, int]] = []
    report = update_index(corpus, index, encoder, on_progress=lambda *at: told.append(at))
    assert [at for at in told if at[0] == "reading"] == [("reading", n, 3) for n in range(4)]
    assert told[-1] == ("encoding", report.encoded, report.encoded)


def test_explaining_a_file_gives_each_block_with_its_reason(corpus: Path) -> None:
    (document,) = explain_file(corpus / "calf-cramps.md")
    kept = [block.text for block in document.blocks if not block.left_out]
    assert kept[:3] == ["Calf cramps", CALF.splitlines()[7], "How to stop one"]


def test_explaining_a_file_that_a_reader_fails_on_is_one_line(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("ingest.explain.read", failing)
    with pytest.raises(SourceError, match=r"calf-cramps\.md: the reader failed on it"):
        explain_file(corpus / "calf-cramps.md")


# Whatever the sequence

NAMES = st.sampled_from(["a.txt", "b.txt", "c.md", "deep/d.txt", "e.txt"])


def page_of_a_site(article: str) -> str:
    """Return a copied page: an article within the frame that the pages of a site share."""
    return f"""Home
Topics
Legs and feet, hands and arms
Sign in
{article}
Stories of walkers from all over the country
Share this page
Subscribe to our newsletter
Legs and feet, hands and arms
Copyright 2024 Sample Press. All rights reserved.
"""


PARTS = [
    ("Calf cramps", "Calf cramps come at night and let go within a few minutes, as a rule."),
    ("Foot cramps", "Foot cramps come after a long walk. Stretching the foot helps against them."),
    ("Restless legs", "Restless legs keep people awake, who then walk about for some hours."),
]
TEXTS = st.sampled_from(
    [
        EYELID,
        CALF,
        "Salt lost in sweat can make a muscle cramp.",
        "# Salt\n\nSalt lost in sweat can make a muscle cramp.\n\n## Night\n\nCalf cramps come.",
        "Coffee makes an eyelid flutter. " * 30,
        "",
        "\0\1\2" * 100,
        *(page_of_a_site(f"{part} at night\n\n{text}") for part, text in PARTS),
    ]
)
STEPS = st.one_of(
    st.tuples(st.just("write"), NAMES, TEXTS),
    st.tuples(st.just("rename"), NAMES, NAMES),
    st.tuples(st.just("delete"), NAMES, st.none()),
    st.tuples(
        st.just("describe"), NAMES, st.sampled_from(["title: One", "title: Two", "title: ["])
    ),
)


def _take(corpus: Path, step: tuple[str, str, str | None], clock: int) -> None:
    kind, name, value = step
    path = corpus / name
    if kind == "write":
        write(path, value or "", changed=clock)
    elif kind == "describe":
        write(path.with_suffix(".yaml"), value or "", changed=clock)
    elif kind == "rename" and path.exists():
        (corpus / str(value)).parent.mkdir(parents=True, exist_ok=True)
        path.rename(corpus / str(value))
        os.utime(corpus / str(value), (clock, clock))
    elif kind == "delete" and path.exists():
        path.unlink()


def _run(update: Callable[[], Report]) -> bool:
    try:
        update()
    except SourceError:  # nothing is left to index
        return False
    return True


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(STEPS, min_size=1, max_size=3), min_size=1, max_size=5))
def test_any_sequence_of_changes_gives_what_a_fresh_build_gives(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[list[tuple[str, str, str | None]]]
) -> None:
    home = tmp_path_factory.mktemp("sequence")
    corpus, index = home / "corpus", home / "index"
    corpus.mkdir()
    encoder = DeterministicEncoder(dimension=16)
    clock = 1_700_000_000
    for number, steps in enumerate(rounds):
        for step in steps:
            clock += 1
            _take(corpus, step, clock)
        if not _run(lambda: update_index(corpus, index, encoder, target_tokens=12)):
            continue
        fresh = home / f"fresh-{number}"
        update_index(corpus, fresh, encoder, target_tokens=12)
        assert content(index) == content(fresh)
        assert answers(index, encoder) == answers(fresh, encoder)
        assert update_index(corpus, index, encoder, target_tokens=12).manifest is None


def test_a_pruning_that_is_cut_off_is_finished_by_the_next_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    corpus.mkdir()
    for number in range(3):
        (corpus / "one.md").write_text(f"# One\n\nNumber {number}.\n", "utf-8")
        if number == 2:
            # As much is deleted as of a writer that is killed at once.
            monkeypatch.setattr(
                "index.snapshot_writing.shutil.rmtree",
                lambda path, **_: (path / "manifest.json").unlink(missing_ok=True),
            )
        update_index(corpus, index, DeterministicEncoder(), keep=2)
    monkeypatch.undo()
    assert len(snapshots(index)) == 2
    assert len(list((index / "snapshots").iterdir())) == 3
    (corpus / "one.md").write_text("# One\n\nLast.\n", "utf-8")
    update_index(corpus, index, DeterministicEncoder(), keep=2)
    assert {path.name for path in (index / "snapshots").iterdir()} == {*snapshots(index)}
    assert len(snapshots(index)) == 2
