"""Which files of a folder are articles, which are not, and why not."""

import hashlib
import os
from pathlib import Path

import pytest

from index.errors import SourceError
from index.store import FileRecord
from ingest.corpus import SourceFile, find_files, fingerprint
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


def test_a_name_that_is_not_utf8_is_named_as_far_as_it_can_be(corpus: Path) -> None:
    try:
        (corpus / os.fsdecode(b"caf\xe9.txt")).write_text("x")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert found(corpus)["caf\ufffd.txt"] == "its name is not UTF-8; rename it"


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
