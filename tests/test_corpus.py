"""Which files of a folder are articles, which are not, and why not."""

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import SourceError
from index.store import FileRecord
from ingest.corpus import SourceFile, find_files, fingerprint, list_files
from tests.sample_corpus import write


def found(corpus: Path) -> dict[str, str]:
    """Return each source with its problem, "" for a file to read."""
    return {
        file.source: file.problem if isinstance(file, FileRecord) else ""
        for file in find_files(corpus)
    }


def test_files_come_by_path_with_size_and_time(corpus: Path) -> None:
    files = list(find_files(corpus))
    assert [file.source for file in files] == ["calf-cramps.md", "eyes/eyelid.txt", "salts.html"]
    path = corpus / "eyes" / "eyelid.txt"
    assert files[1] == SourceFile(
        "eyes/eyelid.txt", path, None, path.stat().st_size, 1_700_000_000 * 10**9
    )


def test_hidden_files_and_folders_are_not_looked_at(corpus: Path) -> None:
    write(corpus / ".git" / "x.txt", "x")
    write(corpus / ".hidden.txt", "x")
    assert "calf-cramps.md" in found(corpus)
    assert len(found(corpus)) == 3


def test_locks_of_a_word_processor_are_not_looked_at(corpus: Path) -> None:
    write(corpus / "~$report.docx", "x")
    write(corpus / "eyes" / "~$lid.txt", "x")
    assert list(found(corpus)) == ["calf-cramps.md", "eyes/eyelid.txt", "salts.html"]


def test_the_parts_of_a_saved_page_are_passed_over(corpus: Path) -> None:
    write(corpus / "salts_files" / "saved_resource.html", "<p>A frame.</p>")
    write(corpus / "eyes" / "Lid.HTM", "<p>A lid.</p>")
    write(corpus / "eyes" / "Lid_files" / "frame.html", "<p>A frame.</p>")
    write(corpus / "calf-cramps_files" / "more.txt", "Beside no page.")
    assert found(corpus) == {
        "calf-cramps.md": "",
        "calf-cramps_files/more.txt": "",
        "eyes/Lid.HTM": "",
        "eyes/Lid_files": "parts of the page Lid.HTM; not looked into",
        "eyes/eyelid.txt": "",
        "salts.html": "",
        "salts_files": "parts of the page salts.html; not looked into",
    }


def test_a_sidecar_belongs_to_the_file_beside_it(corpus: Path) -> None:
    write(corpus / "salts.yaml", "title: Salts", changed=1_800_000_000)
    write(corpus / "calf-cramps.md.yml", "title: Calf")
    files = {f.source: f for f in find_files(corpus) if isinstance(f, SourceFile)}
    assert sorted(files) == ["calf-cramps.md", "eyes/eyelid.txt", "salts.html"]
    assert files["calf-cramps.md"].sidecar == corpus / "calf-cramps.md.yml"
    salts = files["salts.html"]
    assert salts.sidecar == corpus / "salts.yaml"
    assert salts.size == (corpus / "salts.html").stat().st_size + len("title: Salts")
    assert salts.modified_ns == 1_800_000_000 * 10**9


def test_a_single_file_is_a_corpus_with_its_sidecar(corpus: Path) -> None:
    write(corpus / "salts.yaml", "title: Salts")
    (file,) = find_files(corpus / "salts.html")
    assert isinstance(file, SourceFile)
    assert (file.source, file.sidecar) == ("salts.html", corpus / "salts.yaml")


def test_what_is_passed_over_is_named_with_the_reason(corpus: Path, tmp_path: Path) -> None:
    write(tmp_path / "secret.txt", "not for quoting")
    write(tmp_path / "secret.yaml", "title: not for quoting")
    write(corpus / "lonely.yaml", "title: Nobody's")
    (corpus / "out.txt").symlink_to(tmp_path / "secret.txt")
    (corpus / "salts.yaml").symlink_to(tmp_path / "secret.yaml")
    (corpus / "dangling.txt").symlink_to(corpus / "nowhere.txt")
    (corpus / "round.txt").symlink_to(corpus / "round.txt")
    (corpus / "inside.txt").symlink_to(corpus / "eyes" / "eyelid.txt")
    (corpus / "folder").symlink_to(corpus / "eyes")
    (corpus / "away").symlink_to(tmp_path)
    os.mkfifo(corpus / "pipe.txt")
    assert found(corpus) == {
        "away": "a link to a folder; not followed",
        "calf-cramps.md": "",
        "dangling.txt": "a link to nothing",
        "eyes/eyelid.txt": "",
        "folder": "a link to a folder; not followed",
        "inside.txt": "",
        "lonely.yaml": "a sidecar with no article beside it",
        "out.txt": "a link out of the corpus; not followed",
        "pipe.txt": "not a file that can be read (a pipe, a socket or a device)",
        "round.txt": "a link to nothing",
        "salts.html": "",
        "salts.yaml": "a link out of the corpus; not followed",
    }
    assert all(f.sidecar is None for f in find_files(corpus) if isinstance(f, SourceFile))


def test_names_that_are_not_utf8_are_told_apart_and_passed_over(corpus: Path) -> None:
    try:
        for name in (b"caf\xe9.txt", b"caf\xe8.txt", b"caf\xe9/x.txt", b"caf\xe8/x.txt"):
            write(corpus / os.fsdecode(name), "x")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    passed_over = {source: problem for source, problem in found(corpus).items() if problem}
    names = [r"caf\xe8", r"caf\xe8.txt", r"caf\xe9", r"caf\xe9.txt"]
    assert passed_over == dict.fromkeys(names, "its name is not UTF-8; rename it")
    assert found(corpus / os.fsdecode(b"caf\xe9.txt")) == {names[-1]: passed_over[names[-1]]}
    # A file that has the very name by which another is shown is read.
    write(corpus / r"caf\xe9.txt", "x")
    sources = [file.source for file in find_files(corpus)]
    assert sources == sorted({*sources})
    assert found(corpus)[r"caf\xe9.txt"] == ""


NAMES = st.sampled_from(
    ["a.txt", "a.txt.yaml", "a.yaml", "a.yml", "A.YAML", "a", "b.md", "b", "b.yaml", ".c.txt",
     "é.txt", "é.yaml", "a.", "a..yaml", "a b.yml"]
)  # fmt: skip
FOLDERS = st.sampled_from(["", "a.d", "c/d", ".git", "é"])


@given(st.dictionaries(st.tuples(FOLDERS, NAMES), st.tuples(st.integers(0, 9), st.integers(1, 9))))
def test_a_listing_is_what_looking_at_each_path_gives(
    tmp_path_factory: pytest.TempPathFactory, files: dict[tuple[str, str], tuple[int, int]]
) -> None:
    corpus = tmp_path_factory.mktemp("corpus")
    for (folder, name), (size, changed) in files.items():
        write(corpus / folder / name, "x" * size, changed=changed)
    seen = [
        path
        for path in corpus.rglob("*")
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(corpus).parts)
    ]
    sidecars = {path for path in seen if path.suffix.lower() in {".yaml", ".yml"}}
    expected, owned = [], {}
    for path in (path for path in seen if path not in sidecars):
        beside = [path.with_name(path.name + ".yaml"), path.with_suffix(".yaml"),
                  path.with_name(path.name + ".yml"), path.with_suffix(".yml")]  # fmt: skip
        own = next((one for one in beside if one in sidecars), None)
        looks = [one.stat() for one in (path, own) if one]
        source = path.relative_to(corpus).as_posix()
        expected.append((source, sum(look.st_size for look in looks),
                         max(look.st_mtime_ns for look in looks)))  # fmt: skip
        if own:
            owned[source] = own
    listing = list_files(corpus)
    assert listing.files == sorted(expected)
    assert {name: (corpus / name).with_name(own) for name, own in listing.sidecars.items()} == owned
    assert {record.source for record in listing.passed_over} == {
        path.relative_to(corpus).as_posix() for path in sidecars - {*owned.values()}
    }
    for one in listing.files:
        file = listing.file(one)
        assert (file.source, file.path) == (one[0], corpus / one[0])
        assert file.sidecar == owned.get(one[0])
        (alone,) = find_files(file.path)
        assert isinstance(alone, SourceFile)
        assert (alone.sidecar, alone.size) == (file.sidecar, file.size)


def test_a_folder_that_cannot_be_opened_is_named(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("eyes"):
            raise PermissionError(13, "Permission denied", str(path))
        return plain(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert found(corpus)["eyes"] == "cannot be opened: Permission denied"
    assert found(corpus)["salts.html"] == ""


def test_a_fingerprint_is_that_of_the_file_and_its_sidecar(corpus: Path) -> None:
    data = (corpus / "salts.html").read_bytes()
    file = next(iter(find_files(corpus / "salts.html")))
    assert isinstance(file, SourceFile)
    assert file.read() == (data, b"")
    assert file.fingerprint() == fingerprint(data, b"") == hashlib.sha256(data).hexdigest()
    write(corpus / "salts.yaml", "title: Salts")
    beside = next(iter(find_files(corpus / "salts.html")))
    assert isinstance(beside, SourceFile)
    assert beside.fingerprint() == fingerprint(data, b"title: Salts") != file.fingerprint()
    assert file.fingerprints() == (file.fingerprint(), file.fingerprint())
    assert beside.fingerprints() == (file.fingerprint(), beside.fingerprint())


def test_a_file_that_vanishes_is_a_source_error(corpus: Path) -> None:
    file = next(iter(find_files(corpus / "salts.html")))
    assert isinstance(file, SourceFile)
    (corpus / "salts.html").unlink()
    for read in (file.read, file.fingerprint):
        with pytest.raises(SourceError, match="cannot be read: No such file or directory"):
            read()
