"""Footnotes of Markdown: left out of the text with their marks, and read as references."""

from index.records import Reference
from ingest.compose import compose
from ingest.document import Document, Metadata
from ingest.readers.markdown import read
from ingest.source_places import source_faults


def one(text: str) -> Document:
    (document,) = read(text.encode(), "a.md")
    article = compose(document, Metadata(), source="a.md", source_sha256="0")
    assert source_faults(article, text.encode()) == []
    return document


def said(document: Document) -> list[tuple[str, str]]:
    return [(block.text, block.left_out) for block in document.blocks]


NOTE = "reference list"


def test_notes_that_follow_each_other_are_references() -> None:
    document = one(
        "# Cramp[^1]\n\nTake 10 mg[^1] a *day* [^two], no more[^none].\n\n"
        "[^1]: Doe J. A title\nof 2020.\n[^two]: https://example.org/r\n\nRest.\n"
    )
    assert said(document) == [
        ("Cramp", ""),
        ("Take 10 mg a day, no more[^none].", ""),
        ("Doe J. A title\nof 2020.", NOTE),
        ("https://example.org/r", NOTE),
        ("Rest.", ""),
    ]
    assert document.metadata.title == "Cramp"
    assert document.metadata.references == (
        Reference("Doe J. A title of 2020.", 1),
        Reference("https://example.org/r", None, "https://example.org/r"),
    )


def test_all_that_is_indented_below_a_note_is_of_it() -> None:
    document = one("A[^1]\n\n[^1]: Doe J. 2020.\n\n    More.\n\n    - and more\n\n    \nB\n")
    assert said(document) == [
        ("A", ""),
        ("Doe J. 2020.", NOTE),
        ("More.", NOTE),
        ("and more", NOTE),
        ("B", ""),
    ]
    assert document.metadata.references == (Reference("Doe J. 2020.", 1),)


def test_notes_stand_in_lists_and_quotes_too() -> None:
    document = one("> Q[^1]\n>\n> [^1]: N\n> n\n\n- I[^2]\n\n  [^2]: M\n\n    [^3]: code\n")
    assert said(document) == [("Q", ""), ("N\nn", NOTE), ("I", ""), ("M", NOTE), ("code", NOTE)]


def test_what_looks_like_a_note_in_code_is_text() -> None:
    assert said(one("Text.\n\n    [^1]: code\n")) == [("Text.", ""), ("[^1]: code", "")]
    assert said(one("`[^1]` and [^1]\n\n[^1]: note\n"))[0] == ("[^1] and", "")
