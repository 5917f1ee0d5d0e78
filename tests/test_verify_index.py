"""Proof for a whole index finds what was changed, on either side."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from index.encoder import DeterministicEncoder
from index.errors import NoSnapshot
from index.snapshot import current_snapshot
from ingest.corpus import SourceFile, find_files
from ingest.pipeline import update_index
from ingest.reading import read_file
from ingest.source_places import source_faults
from ingest.verify import verify_index
from tests.sample_corpus import write


@pytest.fixture
def index(corpus: Path, tmp_path: Path, encoder: DeterministicEncoder) -> Path:
    update_index(corpus, tmp_path / "index", encoder)
    return tmp_path / "index"


def faults(corpus: Path, index: Path) -> tuple[str, ...]:
    return verify_index(corpus, index).faults


def database(index: Path) -> Path:
    return index / "snapshots" / str(current_snapshot(index)) / "records.db"


def test_an_index_that_holds_has_no_faults(corpus: Path, index: Path) -> None:
    result = verify_index(corpus, index)
    assert (result.articles, result.faults) == (3, ())
    assert result.snapshot == current_snapshot(index)
    assert result.passages >= 3


def test_a_changed_file_is_named(corpus: Path, index: Path) -> None:
    write(corpus / "salts.html", (corpus / "salts.html").read_text().replace("sodium", "iron"))
    assert faults(corpus, index) == (
        'salts.html: its file has changed since. Run "pincite index".',
    )


def test_a_missing_file_is_named(corpus: Path, index: Path) -> None:
    (corpus / "eyes" / "eyelid.txt").unlink()
    assert faults(corpus, index) == ("eyes/eyelid.txt: its file is gone",)


def test_a_file_that_cannot_be_read_any_more_is_named(corpus: Path, index: Path) -> None:
    write(corpus / "salts.html", b"")
    (fault,) = faults(corpus, index)
    assert fault.startswith("salts.html: its file cannot be read any more: ")


def test_a_file_of_a_kind_without_places_is_read_once(
    corpus: Path, index: Path, opened: list[str]
) -> None:
    opened.clear()
    assert faults(corpus, index) == ()
    assert (opened.count("salts.html"), opened.count("eyes/eyelid.txt")) == (1, 2)


def test_a_file_given_a_new_time_is_no_fault(corpus: Path, index: Path) -> None:
    write(corpus / "salts.html", (corpus / "salts.html").read_bytes(), changed=1_750_000_000)
    assert faults(corpus, index) == ()


ALTERED = "records.db: the bytes are not those that were written"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "UPDATE articles SET text = replace(text, 'harmless', 'dangerous')",
            "eyes/eyelid.txt: the same file reads differently now",
        ),
        ("UPDATE passages SET start = start + 2 WHERE row = 0", "words before it are lost"),
        ("UPDATE passages SET start = 99999 WHERE row = 0", "not its article's text"),
        ("UPDATE passages SET article_id = 'x' WHERE article_id = 'salts.html'", "are lost"),
        ("UPDATE articles SET record = 'x'", "records.db was altered"),
    ],
)
def test_a_tampered_database_is_found(
    corpus: Path, index: Path, statement: str, expected: str
) -> None:
    with sqlite3.connect(database(index)) as tampered:
        tampered.execute(statement)
    found = faults(corpus, index)
    assert ALTERED in found
    assert any(expected in fault for fault in found)


def test_vectors_that_were_altered_are_named(corpus: Path, index: Path) -> None:
    path = database(index).with_name("dense.faiss")
    data = bytearray(path.read_bytes())
    data[-4] ^= 1
    path.write_bytes(data)
    assert faults(corpus, index) == ("dense.faiss: the bytes are not those that were written",)


def test_nothing_indexed_is_said(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(NoSnapshot):
        verify_index(corpus, tmp_path / "nowhere")


MARKUP = """# Calf *cramps*

Salt &amp; water, 3 \\* a day, see [there](https://example.org).

| one | two |
|-----|-----|
| a   | b   |
"""


@pytest.mark.parametrize(
    ("name", "text"), [("a.md", MARKUP), ("a.txt", "Calf cramps\n\nThey hurt.\n")]
)
def test_every_character_leads_back_to_its_file(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path / name, text)
    (file,) = (found for found in find_files(tmp_path) if isinstance(found, SourceFile))
    ((article,), _) = read_file(file)
    assert source_faults(article, text.encode()) == []
    first = article.blocks[0]
    wrong = replace(article, blocks=(replace(first, source_start=1), *article.blocks[1:]))
    assert source_faults(wrong, text.encode()) == [
        f"{name}: its characters 0-11 do not lead back to those of its file (at 1)"
    ]
    other = text.replace("hurt", "ache").replace("water", "beer!")
    assert len(source_faults(article, other.encode())) == 1
