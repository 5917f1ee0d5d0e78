"""The registry: one reader a suffix, files that are not what their name says, quick imports."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import UnsupportedFormat
from ingest.readers import READERS, read
from ingest.readers.block_text import raised, tidy, tidy_with_offsets
from tests.reader_checks import read_or_refuse


def test_the_suffixes() -> None:
    assert sorted(READERS) == [
        ".docx", ".epub", ".gz", ".htm", ".html", ".jsonl", ".markdown", ".md", ".pdf", ".text",
        ".txt", ".xml",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["a.md", "b/A.MD", "a.v2.markdown"])
def test_the_suffix_chooses_whatever_its_case(name: str) -> None:
    (document,) = read(b"# One\n\n*Two*", name)
    assert [block.text for block in document.blocks] == ["One", "Two"]


@pytest.mark.parametrize("name", ["a.odt", "a", ".md", "a.md~"])
def test_an_unknown_suffix_names_those_that_are_known(name: str) -> None:
    with pytest.raises(UnsupportedFormat, match=r"Pincite reads \.docx, \.epub, .* and \.xml$"):
        read(b"x", name)


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (b"%PDF-1.7\n", "a.txt", "a.txt: is a PDF; name it .pdf"),
        (b"%PDF-1.7\n", "a.docx", "a.docx: is a PDF; name it .pdf"),
        (b"PK\x03\x04", "a.md", "a.md: is a ZIP archive; name it .docx or .epub"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.docx", "a.docx: is an old or encrypted Office"),
        (b"{\\rtf1", "a.txt", "a.txt: is an RTF document"),
        (b"\x89PNG\r\n", "a.pdf", "a.pdf: is an image"),
    ],
)
def test_a_lying_suffix_is_told(data: bytes, name: str, message: str) -> None:
    with pytest.raises(UnsupportedFormat, match=f"^{message}"):
        read(data, name)


def test_no_reader_is_imported_before_it_reads() -> None:
    heavy = ["lxml", "pypdfium2", "markdown_it", "trafilatura", "charset_normalizer"]
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import ingest.readers; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    house = str(Path(__file__).parents[1])
    child = subprocess.run(
        [sys.executable, "-I", "-c", code, house], capture_output=True, text=True, check=True
    )
    assert child.stdout.strip() == "[]"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(sorted(set(READERS) - {".pdf"})))
def test_any_bytes_under_any_name_are_read_or_refused(data: bytes, suffix: str) -> None:
    read_or_refuse(lambda content, name: iter(list(read(content, name))), data, f"a{suffix}")


@given(st.text(st.sampled_from("a b\n\r\t\x0b\x0c\x1c\x85\u2028\u2029\xa0\u200b")))
def test_tidy_leaves_no_blank_line_and_loses_no_word(text: str) -> None:
    tidied = tidy(text)
    assert tidied == tidied.strip()
    assert all(line.strip() for line in tidied.splitlines())
    assert tidied.split() == text.split()
    assert tidy(tidied) == tidied
    made, places = tidy_with_offsets(text, range(len(text)))
    assert made == tidied
    assert len(places) == len(made)
    assert all(text[place] == c or c == "\n" for c, place in zip(made, places, strict=True))


@pytest.mark.parametrize(
    ("text", "before", "expected"),
    [
        ("8", "menopause.", ""),
        ("8,9", "menopause", ""),
        ("[12]", "cramp", ""),
        ("9", "10", "⁹"),
        ("2", "kg/m", "²"),
        ("-3", "10", "⁻³"),
        ("th", "19", "th"),
        ("2", "", "²"),
        ("131", "Radioactive iodine, ", "¹³¹"),
        ("99", "(", "⁹⁹"),
        ("2", "a correlation R", "²"),
        ("2", "measured by χ", "²"),
        ("1", "¹³", "¹"),
        ("2", "nectar", ""),
    ],
)
def test_superscripts(text: str, before: str, expected: str) -> None:
    assert raised(text, before) == expected


@pytest.mark.parametrize(
    ("text", "before", "after", "expected"),
    [
        ("131", "treated by ", "I", "¹³¹"),
        ("99", "(", "Tc", "⁹⁹"),
        ("3", "the chance of a fall ", " and", ""),
        ("1,2", "nurses ", "", ""),
        ("4", "(", ")", ""),
        ("9", "10", " cells", "⁹"),
    ],
)
def test_superscripts_behind_a_space(text: str, before: str, after: str, expected: str) -> None:
    assert raised(text, before, after) == expected


@pytest.mark.parametrize(
    ("written", "published"),
    [
        ("2024-03-31T00:00:00Z", "2024-03-31"),
        ("2024-03", "2024-03"),
        (2024, "2024"),
        ("last spring", "last spring"),
        ("", None),
    ],
)
def test_a_collection_s_dates_are_read_as_those_of_other_files(
    written: str | int, published: str | None
) -> None:
    line = json.dumps({"_id": "a", "text": "Cramps end.", "published": written})
    (document,) = READERS[".jsonl"](line.encode(), "articles.jsonl")
    assert document.metadata.published == published
