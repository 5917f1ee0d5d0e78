"""Authors that documents state: names, and what programs put there."""

import pytest

from ingest.readers.authors import stated_authors


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ada Writer; B.  Other", ("Ada Writer", "B. Other")),
        ("Windows User", ()),
        ("Microsoft Office User;Ada Writer", ("Ada Writer",)),
        ("ADMIN", ()),
        ("python-docx", ()),
        ("HP", ()),
        ("", ()),
        ("Admin Khan", ("Admin Khan",)),
    ],
)
def test_only_names_of_people_are_told(text: str, names: tuple[str, ...]) -> None:
    assert stated_authors(text) == names
