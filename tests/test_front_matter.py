"""YAML front matter and sidecars: what is read, what is refused, and which source wins."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import LimitExceeded, SourceError
from index.records import Reference
from ingest.document import Metadata
from ingest.front_matter import (
    MAX_CHARACTERS,
    iso_date,
    load_yaml,
    merge,
    metadata_from,
    reference_from,
    split_front_matter,
)

PAGE = """---
title: "Calf cramp: a guide"
publisher: A Clinic
author: Ada Writer
published: 2024-05-01
license: CC0-1.0
language: no
references:
  - First source. https://example.org/a
  - title: Leg cramps
    publisher: NHS
    url: https://example.org/b
    doi: 10.1000/182
unknown: {kept: out}
---

# Calf cramp
"""


def test_front_matter_becomes_metadata() -> None:
    mapping, body = split_front_matter(PAGE, "a.md")
    assert mapping is not None
    assert PAGE[body:] == "\n# Calf cramp\n"
    assert metadata_from(mapping, "a.md") == Metadata(
        title="Calf cramp: a guide",
        publisher="A Clinic",
        authors=("Ada Writer",),
        published="2024-05-01",
        licence="CC0-1.0",
        language="no",  # Norwegian; YAML 1.1 would make it False
        references=(
            Reference("First source. https://example.org/a", url="https://example.org/a"),
            Reference("Leg cramps. NHS", url="https://example.org/b", doi="10.1000/182"),
        ),
    )


@pytest.mark.parametrize(
    "text",
    [
        "No front matter at all.\n",
        "---\n\nA thematic break, then text: here.\n\n---\n",
        "---\nno keys between two breaks\n---\n",
        "---\ntitle: never closed\n",
        " ---\ntitle: indented\n---\n",
    ],
)
def test_text_without_front_matter_is_all_body(text: str) -> None:
    assert split_front_matter(text, "a.md") == (None, 0)


@pytest.mark.parametrize("closing", ["---", "...", "---  "])
def test_closing_lines(closing: str) -> None:
    text = f"---\ntitle: T\n{closing}\nBody"
    assert split_front_matter(text, "a.md") == ({"title": "T"}, len(text) - len("Body"))


def test_front_matter_may_be_the_whole_file() -> None:
    assert split_front_matter("---\ntitle: T\n---", "a.md") == ({"title": "T"}, 16)


def test_a_colon_in_a_title_is_named_with_its_line() -> None:
    with pytest.raises(SourceError, match=r"^a\.md: .*line 3: .*put quotes"):
        split_front_matter("---\npublisher: P\ntitle: Cramps: why\n---\n", "a.md")


def test_aliases_are_refused() -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    with pytest.raises(SourceError, match="aliases"):
        load_yaml(bomb, "a.yaml")


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(SourceError, match="20 levels deep"):
        load_yaml("a: " + "[" * 5000 + "]" * 5000, "a.yaml")


def test_long_yaml_is_refused() -> None:
    with pytest.raises(LimitExceeded, match="characters of YAML"):
        load_yaml("a: " + "x" * MAX_CHARACTERS, "a.yaml")


def test_no_tag_builds_an_object() -> None:
    text = "title: !!python/object/apply:os.getcwd []\nnote: !!int abc\n"
    assert load_yaml(text, "a.yaml") == {"title": [], "note": "abc"}


def test_yaml_that_is_a_list_is_refused() -> None:
    with pytest.raises(SourceError, match="key: value"):
        load_yaml("- one\n- two\n", "a.yaml")


def test_an_empty_sidecar_says_nothing() -> None:
    assert load_yaml("# nothing yet\n", "a.yaml") == {}


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ({"author": "A"}, ("A",)),
        ({"authors": ["A", "B"]}, ("A", "B")),
        ({"authors": [{"name": "A"}, ""]}, ("A",)),
        ({"authors": None}, ()),
    ],
)
def test_authors(mapping: dict[str, object], expected: tuple[str, ...]) -> None:
    assert metadata_from(mapping, "a.md").authors == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (dt.date(2024, 5, 1), "2024-05-01"),
        (dt.datetime(2024, 5, 1, 9, tzinfo=dt.UTC), "2024-05-01"),
        ("2024-05-01T09:00:00Z", "2024-05-01"),
        ("2024-05", "2024-05"),
        (2024, "2024"),
        ("1 May 2024", "2024-05-01"),
        ("May 1, 2024", "2024-05-01"),
        ("March 2023", "2023-03"),
        ("1st March 2023", "2023-03-01"),
        ("12 März 2023", "2023-03-12"),
        ("2024-5-1", "2024-05-01"),
        ("2024-05-1", "2024-05-01"),
        ("", None),
        ("~", None),
    ],
)
def test_dates(value: object, expected: str | None) -> None:
    assert metadata_from({"date": value}, "a.md").published == expected


@pytest.mark.parametrize("value", ["03/04/2021", "2021-13-01", "2021-02-30", "soon", [2021], True])
def test_a_date_that_is_none_is_named(value: object) -> None:
    with pytest.raises(SourceError, match=r'^a\.md: "published" is .*; write a date as YYYY-MM-DD'):
        metadata_from({"published": value}, "a.md")


def test_several_publishers_and_reviewers_are_named_together() -> None:
    mapping: dict[str, object] = {
        "publisher": ["NHS", "NICE"],
        "reviewed_by": [{"name": "Dr A. Lee"}, "", "Dr B. Roy"],
        "note": [],
    }
    made = metadata_from(mapping, "a.md")
    assert (made.publisher, made.reviewed_by, made.note) == (
        "NHS; NICE",
        "Dr A. Lee; Dr B. Roy",
        None,
    )
    with pytest.raises(SourceError, match=r'"url" is .*; write one line of text'):
        metadata_from({"url": ["https://example.org/a", "https://example.org/b"]}, "a.md")


def test_front_matter_in_toml() -> None:
    text = (
        '+++\ntitle = "Calf cramp"\ndate = 2024-05-01T09:00:00Z\nauthors = ["A", "B"]\n'
        "draft = false\n[params]\nweight = 1\n+++\n\n# Calf cramp\n"
    )
    mapping, body = split_front_matter(text, "a.md")
    assert mapping is not None
    assert text[body:] == "\n# Calf cramp\n"
    assert metadata_from(mapping, "a.md") == Metadata(
        title="Calf cramp", authors=("A", "B"), published="2024-05-01"
    )


@pytest.mark.parametrize(
    "text", ["+++\ntitle = 'never closed'\n", "+++\nno keys at all\n+++\n", "++++\na = 1\n+++\n"]
)
def test_text_without_toml_is_all_body(text: str) -> None:
    assert split_front_matter(text, "a.md") == (None, 0)


@pytest.mark.parametrize("inside", ["title = Cramps", "a = " + "[" * 20_000, "a = 1\na = 2"])
def test_toml_that_is_none_is_refused(inside: str) -> None:
    with pytest.raises(SourceError, match=r"^a\.md: the TOML cannot be read \(.*\)$"):
        split_front_matter(f"+++\n{inside}\n+++\n", "a.md")
    with pytest.raises(LimitExceeded, match="characters of TOML"):
        split_front_matter(f"+++\na = '{'x' * MAX_CHARACTERS}'\n+++\n", "a.md")


def test_a_title_that_is_a_list_is_named() -> None:
    with pytest.raises(SourceError, match=r'^a\.md: "Title" is \[\'x\'\]; write one line of text'):
        metadata_from({"Title": ["x"]}, "a.md")


def test_a_reference_without_a_title_is_named() -> None:
    with pytest.raises(SourceError, match='each reference with a "title"'):
        metadata_from({"references": [{"publisher": "NHS"}]}, "a.md")


def test_merge_takes_the_first_that_knows_field_by_field() -> None:
    sidecar = Metadata(title="S", url=None)
    front = Metadata(title="F", url="https://example.org", authors=("A",))
    page = Metadata(title="P", authors=("B",), language="en")
    assert merge(sidecar, front, page) == Metadata(
        title="S", url="https://example.org", authors=("A",), language="en"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3. Doe J. A title. 2020.", Reference("Doe J. A title. 2020.", 3)),
        ("[12] Doe J.", Reference("Doe J.", 12)),
        ("[^4]: Doe J.", Reference("Doe J.", 4)),
        (
            "Doe J. https://doi.org/10.1000/ab(c)9.",
            Reference(
                "Doe J. https://doi.org/10.1000/ab(c)9.",
                url="https://doi.org/10.1000/ab(c)9",
                doi="10.1000/ab(c)9",
            ),
        ),
    ],
)
def test_reference_from(text: str, expected: Reference) -> None:
    assert reference_from(text) == expected


@given(st.text())
def test_any_text_is_split_or_refused(text: str) -> None:
    for candidate in (text, f"---\n{text}\n---\nbody", f"+++\n{text}\n+++\nbody"):
        try:
            mapping, body = split_front_matter(candidate, "a.md")
        except SourceError:
            continue
        assert 0 <= body <= len(candidate)
        assert (mapping is None) == (body == 0)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
_KEYS = st.sampled_from(
    ["title", "author", "authors", "published", "reviewed", "url", "license", "references", "note"]
)


@given(st.dictionaries(_KEYS, _VALUES))
def test_any_mapping_is_metadata_or_is_refused(mapping: dict[str, object]) -> None:
    found, problem = Metadata(), "a.md: none"
    try:
        found = metadata_from(mapping, "a.md")
    except SourceError as error:
        problem = str(error)
    assert problem.startswith("a.md: ")
    assert "\n" not in problem
    if found != Metadata():
        assert found.published is None or iso_date(found.published) == found.published
        assert all(reference.text for reference in found.references)
