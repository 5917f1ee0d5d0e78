"""An index in two parts answers as one part with the same rows does, bit for bit."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import dense
from index.articles import ArticleIndex
from index.encoder import DeterministicEncoder
from index.errors import SnapshotDamaged, SnapshotError
from index.filters import Filter
from index.history import ROOM_TO_SPARE, open_whole_snapshot, roll_back
from index.lexical import LexicalIndex
from index.lexical_merging import merged, revised
from index.parts import PartedLexicalIndex, PartedVectors, fault_of, numbers_of
from index.search import Searcher
from index.snapshot import (
    NEWER,
    Snapshot,
    base_files,
    damaged_files,
    open_snapshot,
    snapshots,
    vouched_for,
)
from index.snapshot_writing import link_base
from ingest import writing
from ingest.pipeline import update_index
from ingest.verify import verify_index
from service.answers import Answers
from tests.sample_corpus import write
from tests.service_fixtures import settings_in

WORDS = st.sampled_from(["cramp", "calf", "night", "salt", "éclair", "7", "the", "中文"])
TEXTS = st.lists(st.lists(WORDS, max_size=8).map(" ".join), max_size=8)
CAUSES = ["running", "swimming", "heat", "cold", "standing", "a long walk", "a poor bed", "salt",
          "a fall", "new shoes", "lifting", "sitting", "a long drive", "little sleep"]  # fmt: skip
QUESTIONS = ("calf cramp at night", "why does my eyelid flutter", "salt and rest", "coffee", "zzz")


@pytest.fixture
def parted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every index grow by a newer part, however small it is and however much changes."""
    monkeypatch.setattr(writing, "GROWN_FROM", 0)
    monkeypatch.setattr(writing, "SHARE", 0.01)


def places_of(data: st.DataObject, base: int, newer: int) -> np.ndarray:
    """Draw in which order the rows of two parts stand; all of the newer, some of the base."""
    stay = sorted(data.draw(st.sets(st.integers(0, base - 1)))) if base else []
    which = data.draw(st.permutations([True] * len(stay) + [False] * newer))
    old, new = iter(stay), iter(range(base, base + newer))
    return np.array([next(old) if one else next(new) for one in which], np.int32)


@given(st.data(), TEXTS, TEXTS)
def test_words_in_two_parts_score_as_in_one(
    data: st.DataObject, old: list[str], new: list[str]
) -> None:
    places = places_of(data, len(old), len(new))
    parted = PartedLexicalIndex(LexicalIndex.build(old), LexicalIndex.build(new), places)
    texts = [[*old, *new][place] for place in places]
    built = LexicalIndex.build(texts)
    assert parted.vocabulary == built.vocabulary
    assert len(parted) == len(built)
    for name in ("_norms", "_idf"):
        assert getattr(parted, name).tobytes() == getattr(built, name).tobytes()
    for term in [*built.vocabulary, "unknown"]:
        assert parted.rows_with(term).tolist() == built.rows_with(term).tolist()
        assert parted.document_frequency(term) == len(built.rows_with(term))
        assert built.document_frequency(term) == len(built.rows_with(term))
        assert parted.idf(term) == built.idf(term)
        assert [a.tobytes() for a in parted.gains(term)] == [a.tobytes() for a in built.gains(term)]
        assert parted.holds(term, np.arange(len(texts))).tolist() == built.holds(
            term, np.arange(len(texts))).tolist()  # fmt: skip
    query = " ".join([*old, *new])
    assert parted.scores(query).tobytes() == built.scores(query).tobytes()
    assert [a.tolist() for a in parted.postings()] == [a.tolist() for a in built.postings()]
    groups = np.arange(len(texts)) // 2
    groups_of_parts, groups_of_built = merged(parted, groups), merged(built, groups)
    assert groups_of_parts.scores(query).tobytes() == groups_of_built.scores(query).tobytes()
    again = revised(parted, np.full(len(new), -1), new)
    assert again.scores(query).tobytes() == LexicalIndex.build(new).scores(query).tobytes()


@given(st.data(), st.integers(0, 6), st.integers(0, 6))
def test_vectors_in_two_parts_are_read_as_one_array(
    data: st.DataObject, base: int, newer: int
) -> None:
    places = places_of(data, base, newer)
    both = np.random.default_rng(0).normal(size=(base + newer, 3)).astype(np.float32)
    parted = PartedVectors(both[:base], both[base:], places)
    plain = both[places]
    assert parted.shape == plain.shape
    assert len(parted) == len(plain)
    assert parted[:].tolist() == plain.tolist()
    assert parted[1::2].tolist() == plain[1::2].tolist()
    assert fault_of(places, base, newer) == ""
    for number, row in zip(np.concatenate(numbers_of(places, base, newer)), both, strict=True):
        assert number < 0 or plain[number].tolist() == row.tolist()


@pytest.mark.parametrize(
    ("places", "fault"),
    [
        (np.array([0, 1], np.int64), "whole numbers"),
        (np.array([0, 3], np.int32), "not there"),
        (np.array([-1, 2], np.int32), "not there"),
        (np.array([1, 0, 2], np.int32), "not in order"),
        (np.array([0, 1], np.int32), "not in order"),
    ],
)
def test_places_that_fit_no_two_parts_are_told(places: np.ndarray, fault: str) -> None:
    assert fault in fault_of(places, 2, 1)


def told(snapshot: Snapshot) -> list[object]:
    """Return all that can be asked of a snapshot, and what it answers to some questions."""
    records = snapshot.records
    searcher = Searcher(snapshot)
    encoder = DeterministicEncoder()
    names = sorted(records.article_rows())
    rows = range(snapshot.manifest.passages)
    found: list[object] = [
        searcher.search(question, encoder.encode([question])[0], 5) for question in QUESTIONS
    ]
    return [
        *found,
        searcher.rows_of(Filter(publishers=("The sample library",))).tolist(),
        snapshot.dense.vectors[:].tobytes(),
        snapshot.lexical.vocabulary,
        snapshot.lexical._matrix().toarray().tolist(),
        searcher.articles.article_of.tolist(),
        searcher.articles.vectors[:].tobytes(),
        searcher.articles.lexical._matrix().toarray().tolist(),
        records.counts(),
        list(records.every_article()),
        records.article_rows(),
        sorted(records.article_places()),
        records.passages([*rows, 10_000]),
        [records.passages_of(name) for name in names],
        [records.article(name) for name in [*names, "gone.md"]],
        records.articles(),
        records.articles(after=names[0], limit=2),
        records.titles([*names, "gone.md"]),
        [records.ids_of_source(name) for name in names],
        [records.articles_of_source(name) for name in names],
        records.article_facts(),
        records.section_types(),
        records.with_section([*names, "gone.md"], "causes"),
        records.headings(),
        [(f.source, f.sha256, f.problem) for f in sorted(
            records.files().values(), key=lambda record: record.source)],
        {source: (known[1], known[4:]) for source, known in records.known_files().items()},
        {*records.files_named(["a.md", "bad.pdf", "salts.html"])},
        {*records.files_of_groups(["folder ."])},
        records.problems(),
    ]  # fmt: skip


CHANGE = st.tuples(
    st.sampled_from(["a.md", "calf-cramps.md", "m.txt", "z.md", "salts.html", "bad.pdf"]),
    st.sampled_from(
        [
            "",
            "# Coffee\n\nCoffee late.\n\n## Rest\n\nSleep and rest at night.\n",
            "# Salt\n\nSalt for a cramp of the calf.\n",
            "# Eyes\n\nAn eyelid flutters.\n",
        ]
    ),
)


@pytest.mark.usefixtures("parted")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(steps=st.lists(st.lists(CHANGE, min_size=1, max_size=3), min_size=1, max_size=3))
def test_an_index_grown_in_two_parts_equals_one_built_afresh(
    tmp_path_factory: pytest.TempPathFactory,
    corpus: Path,
    steps: list[list[tuple[str, str]]],
) -> None:
    folder = tmp_path_factory.mktemp("grown")
    here, clock = folder / "corpus", 1_700_000_000
    here.mkdir()
    for path in corpus.rglob("*"):
        if path.is_file():
            write(here / path.relative_to(corpus), path.read_text("utf-8"))
    encoder = DeterministicEncoder()
    update_index(here, folder / "index", encoder)
    before = Searcher(open_whole_snapshot(folder / "index"))
    for step in steps:
        for name, text in step:
            clock += 1
            if text:
                write(here / name, text, changed=clock)
            else:
                (here / name).unlink(missing_ok=True)
        report = update_index(here, folder / "index", encoder)
        snapshot = open_whole_snapshot(folder / "index", before=before.snapshot)
        assert (snapshot.newer is None) == (report.manifest is None and before.articles is not None
                                            and before.snapshot.newer is None)  # fmt: skip
        after = Searcher(snapshot, before)
        if snapshot.newer is not None:
            assert snapshot.base is before.snapshot.base
            assert after.articles.base is before.articles.base
        fresh = folder / f"fresh{clock}"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(writing, "GROWN_FROM", 1_000_000)
            update_index(here, fresh, encoder)
        expected = told(open_snapshot(fresh))
        assert told(open_snapshot(folder / "index")) == expected
        assert told(snapshot) == expected
        assert ArticleIndex.of(snapshot).vectors[:].tobytes() == after.articles.vectors[:].tobytes()
        assert verify_index(here, folder / "index").faults == ()
        before = after
    # And back into one part.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "GROWN_FROM", 1_000_000)
        write(here / "last.md", "# Last\n\nSalt at night.\n", changed=clock + 1)
        update_index(here, folder / "index", encoder)
        update_index(here, folder / "last", encoder)
    assert open_snapshot(folder / "index").newer is None
    assert told(open_snapshot(folder / "index")) == told(open_snapshot(folder / "last"))


# Linked files


def grown(corpus: Path, index: Path, name: str = "new.md") -> tuple[Snapshot, Snapshot]:
    """Return the snapshots before and after one article more, which stand on the same base."""
    update_index(corpus, index, DeterministicEncoder())
    before = open_whole_snapshot(index)
    write(corpus / name, "# New\n\nRest helps a tired muscle.\n")
    update_index(corpus, index, DeterministicEncoder())
    return before, open_whole_snapshot(index)


def flip(path: Path) -> None:
    """Change the last number of a file by as little as can be, in its place."""
    data = bytearray(path.read_bytes())
    data[-4] ^= 1
    path.write_bytes(data)


TERMS = ("frequencies.npy", "rows.npy", "starts.npy", "terms.txt")
BASE = ["dense.faiss", "records.db", *(f"lexical/{name}" for name in TERMS)]


@pytest.mark.usefixtures("parted")
def test_the_base_is_linked_with_its_hashes_and_read_once(corpus: Path, tmp_path: Path) -> None:
    before, after = grown(corpus, tmp_path / "index")
    assert sorted(base_files(after.manifest)) == sorted(BASE)
    for name in BASE:
        assert (before.folder / name).stat().st_ino == (after.folder / name).stat().st_ino
        assert before.manifest.files[name] == after.manifest.files[name]
    new = {*after.manifest.files} - {*BASE}
    assert {name.partition("/")[0] for name in new} == {NEWER}
    assert vouched_for(after.manifest, after.folder, before) == {*BASE}
    beside = open_whole_snapshot(tmp_path / "index", before=before)
    assert beside.base is before.base
    assert {*beside.marks} == {*after.manifest.files}
    assert told(beside) == told(after)


@pytest.mark.usefixtures("parted")
def test_who_knows_of_one_part_only_refuses_two(corpus: Path, tmp_path: Path) -> None:
    before, after = grown(corpus, tmp_path / "index")
    assert (before.manifest.format_version, after.manifest.format_version) == (2, 3)


@pytest.mark.usefixtures("parted")
def test_damaged_records_of_the_base_are_not_built_upon(corpus: Path, tmp_path: Path) -> None:
    _, after = grown(corpus, tmp_path / "index")
    flip(after.folder / "records.db")
    (corpus / "more.md").write_text("# More\n\nOne more article.\n", "utf-8")
    update_index(corpus, tmp_path / "index", DeterministicEncoder())
    sound = open_whole_snapshot(tmp_path / "index")
    assert sound.newer is None
    fresh = tmp_path / "fresh"
    update_index(corpus, fresh, DeterministicEncoder())
    assert told(sound) == told(open_whole_snapshot(fresh))


@pytest.mark.usefixtures("parted")
def test_a_file_that_was_written_to_is_not_vouched_for(corpus: Path, tmp_path: Path) -> None:
    before, after = grown(corpus, tmp_path / "index")
    flip(after.folder / "dense.faiss")
    assert vouched_for(after.manifest, after.folder, before) == {*BASE} - {"dense.faiss"}
    with pytest.raises(SnapshotDamaged, match=r"the bytes of dense\.faiss are not"):
        open_whole_snapshot(tmp_path / "index", before=before)


@pytest.mark.usefixtures("parted")
def test_what_went_bad_in_the_base_is_never_sealed_as_whole(corpus: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    before, after = grown(corpus, index)
    flip(before.folder / "dense.faiss")
    write(corpus / "second.md", "# Second\n\nSalt at night.\n")
    report = update_index(corpus, index, DeterministicEncoder())
    assert report.manifest is not None
    last = index / "snapshots" / report.manifest.snapshot
    assert last != after.folder
    assert damaged_files(last) == damaged_files(before.folder) == ["dense.faiss"]
    assert verify_index(corpus, index).faults == (
        "dense.faiss: the bytes are not those that were written",
    )
    # Nor copied: a passage that changed is encoded again, and what is written anew is read first.
    assert not writing.proven_vectors(after)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "SHARE", 1_000)
        write(corpus / "third.md", "# Third\n\nSalt at night.\n")
        with pytest.raises(SnapshotError, match=r"dense\.faiss .*--rebuild"):
            update_index(corpus, index, DeterministicEncoder())
    update_index(corpus, index, DeterministicEncoder(), rebuild=True)
    assert verify_index(corpus, index).faults == ()


@pytest.mark.usefixtures("parted")
def test_without_hard_links_the_base_is_copied_and_compared(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "no hard links here")

    monkeypatch.setattr(os, "link", refused)
    before, after = grown(corpus, tmp_path / "index")
    assert after.newer is not None
    for name in BASE:
        assert (before.folder / name).stat().st_ino != (after.folder / name).stat().st_ino
        assert before.manifest.files[name] == after.manifest.files[name]
    path = after.folder / "records.db"
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(SnapshotDamaged, match=r"records\.db has changed"):
        link_base(after.folder, tmp_path)


@pytest.mark.usefixtures("parted")
@pytest.mark.parametrize("links", [True, False])
def test_a_base_that_must_be_copied_counts_in_the_room(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    index = tmp_path / "index"
    update_index(corpus, index, DeterministicEncoder())
    before = open_snapshot(index)
    base = sum((before.folder / name).stat().st_size for name in BASE)
    free = SimpleNamespace(free=ROOM_TO_SPARE + base // 2)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: Path("nowhere").stat())  # raises OSError
    write(corpus / "new.md", "# New\n\nRest helps a tired muscle.\n")
    if links:
        update_index(corpus, index, DeterministicEncoder())
        assert open_whole_snapshot(index).newer is not None
    else:
        with pytest.raises(SnapshotError, match=r"the next snapshot needs about .* MB"):
            update_index(corpus, index, DeterministicEncoder())
        assert snapshots(index) == [before.manifest.snapshot]
        assert [path.name for path in (index / "snapshots").glob(".*")] == []


@pytest.mark.usefixtures("parted")
def test_a_kept_snapshot_answers_as_it_did(corpus: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    update_index(corpus, index, DeterministicEncoder())
    answers = {snapshots(index)[0]: told(open_snapshot(index))}
    for turn in range(3):
        write(corpus / f"n{turn}.md", f"# New {turn}\n\nRest and salt, {turn} days.\n")
        if turn == 1:
            (corpus / "salts.html").unlink()
        update_index(corpus, index, DeterministicEncoder(), keep=9)
        answers[snapshots(index)[0]] = told(open_snapshot(index))
    assert len(answers) == 4
    for identifier, expected in answers.items():
        assert told(open_whole_snapshot(index, identifier)) == expected
    roll_back(index)
    assert told(open_snapshot(index)) == answers[snapshots(index)[1]]
    report = update_index(corpus, index, DeterministicEncoder())
    assert report.added == ("n2.md",)
    assert told(open_snapshot(index)) == answers[max(answers)]


# When


@pytest.mark.parametrize(
    ("came", "gone", "parts"), [(1, 0, 2), (20, 0, 2), (10, 10, 2), (0, 20, 2), (21, 0, 1),
                                (11, 10, 1), (0, 21, 1)],
)  # fmt: skip
def test_a_sixteenth_that_came_or_went_has_all_written_anew(
    came: int, gone: int, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "GROWN_FROM", 100)
    vectors = np.ones((320, 1), np.float32)
    part = SimpleNamespace(vectors=vectors)
    live = SimpleNamespace(base=part, places=None)
    rows = np.concatenate([np.arange(320 - gone), np.full(came, -1)])
    places = writing._places(live, rows)  # type: ignore[arg-type]
    assert (places is None) == (parts == 1)
    if places is not None:
        assert places.tolist() == [*range(320 - gone), *range(320, 320 + came)]
    monkeypatch.setattr(writing, "GROWN_FROM", 400)
    assert writing._places(live, rows) is None  # type: ignore[arg-type]


@pytest.mark.usefixtures("parted")
def test_a_sketched_index_in_two_parts_answers_as_in_one(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("calf", "foot", "thigh", "hand"):
        lines = [f"The {part} may ache after {cause}." for cause in CAUSES]
        write(corpus / f"{part}.md", "\n\n".join([f"# The {part}", *lines]))
    for name, value in (("SKETCHED_FROM", 40), ("RESCORED", 20), ("LEAST", 15), ("FEW_ALLOWED", 5)):
        monkeypatch.setattr(dense, name, value)
    encoder = DeterministicEncoder()
    update_index(corpus, tmp_path / "two", encoder, target_tokens=12)
    shutil.copytree(tmp_path / "two", tmp_path / "one")
    for turn in range(3):
        write(corpus / f"knee{turn}.md", f"# Knee\n\nThe knee aches after {CAUSES[turn]}.\n")
        if turn == 1:
            (corpus / "hand.md").unlink()
        update_index(corpus, tmp_path / "two", encoder, target_tokens=12)
        with monkeypatch.context() as patch:
            patch.setattr(writing, "GROWN_FROM", 1_000_000)
            update_index(corpus, tmp_path / "one", encoder, target_tokens=12)
        two, one = (open_whole_snapshot(tmp_path / name) for name in ("two", "one"))
        assert (one.newer, two.newer is None) == (None, False)
        assert one.dense.sketches is not None
        assert two.dense.sketches is not None
        assert two.dense.sketches.codes.tobytes() == one.dense.sketches.codes.tobytes()
        assert two.dense.sketches.means.tobytes() == one.dense.sketches.means.tobytes()
        assert told(two) == told(one)


@pytest.mark.usefixtures("parted")
def test_a_service_answers_from_two_parts_as_from_one(corpus: Path, tmp_path: Path) -> None:
    grown_settings = settings_in(tmp_path / "grown", corpus=corpus)
    update_index(corpus, grown_settings.index, DeterministicEncoder(), keep=9)
    desk = Answers(grown_settings, DeterministicEncoder())
    first = desk.info.snapshot
    before = [asked(desk, question) for question in QUESTIONS]
    for number, change in enumerate(("Rest helps a tired muscle.", "Salt, and a calf cramp.", "")):
        path = corpus / "new.md"
        write(path, f"# New\n\n{change}\n") if change else path.unlink()
        update_index(corpus, grown_settings.index, DeterministicEncoder(), keep=9)
        assert desk.refresh()
        fresh_settings = settings_in(tmp_path / f"fresh{number}", corpus=corpus)
        update_index(corpus, fresh_settings.index, DeterministicEncoder())
        fresh = Answers(fresh_settings, DeterministicEncoder())
        for question in QUESTIONS:
            assert asked(desk, question) == asked(fresh, question)
    assert desk.searcher_of(None).snapshot.newer is not None
    assert [asked(desk, question, first) for question in QUESTIONS] == before


def asked(desk: Answers, question: str, snapshot: str | None = None) -> dict[str, object]:
    """Return what is answered, but for the time it took and the name of the generation."""
    fields = desk.ask(question, 20, snapshot).model_dump()
    return {name: fields[name] for name in fields if name not in {"timings_ms", "index"}}
