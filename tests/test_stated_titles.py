"""Titles in a document's properties: those that people wrote."""

import pytest

from ingest.readers.stated_titles import is_file_name


@pytest.mark.parametrize(
    ("title", "is_one"),
    [
        ("Microsoft Word - leg pain.doc", True),
        ("Microsoft Word - Leg pain", True),
        ("Leaflet v3.docx", True),
        ("Document1", True),
        ("Dokument 2", True),
        ("untitled", True),
        ("leg_pain_final", True),
        ("Leg pain", False),
        ("COVID-19", False),
        ("Document your symptoms", False),
        ("", False),
    ],
)
def test_names_of_files_are_no_titles(title: str, is_one: bool) -> None:
    assert is_file_name(title) == is_one
