"""Collections: what a line may hold, what is refused by its number, and how much is unpacked."""

import gzip
import json
import tracemalloc

import pytest

from index.errors import LimitExceeded, SourceError
from ingest.readers import collection
from ingest.readers.collection import read


def lines(*entries: object) -> bytes:
    return "\n".join(json.dumps(entry) for entry in entries).encode()


def test_a_text_is_a_string_a_list_of_paragraphs_or_nothing() -> None:
    data = lines(
        {"_id": "a", "text": "Rest.\nThen walk."},
        {"_id": 7, "text": ["Rest.", " ", "Then\nwalk."]},
        {"_id": "c", "title": "Calf", "text": None},
    )
    assert [(d.key, [b.text for b in d.blocks]) for d in read(data, "a.jsonl")] == [
        ("a", ["Rest.", "Then walk."]),
        ("7", ["Rest.", "Then", "walk."]),
        ("c", ["Calf"]),
    ]


def test_what_is_stated_is_text() -> None:
    entry = {
        "_id": "a", "text": "x", "title": None, "publisher": ["NHS", "NICE"], "url": {"a": 1},
        "licence": True, "language": "en",
    }  # fmt: skip
    (document,) = read(lines(entry), "a.jsonl")
    made = document.metadata
    assert (made.title, made.publisher, made.url) == (None, "NHS; NICE", None)
    assert (made.licence, made.language) == (None, "en")


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"_id": "a", "text": 5}, '"text" is a number'),
        ({"_id": "a", "text": {"body": "x"}}, '"text" is an object'),
        ({"_id": "a", "text": ["x", 5]}, '"text" is a list'),
        ({"_id": "a", "text": False}, '"text" is false'),
        ({"_id": None, "text": "x"}, '"_id" is null'),
        ({"_id": ["a"], "text": "x"}, '"_id" is a list'),
    ],
)
def test_what_is_no_article_is_named_with_its_line(entry: object, problem: str) -> None:
    data = lines({"_id": "good", "text": "x"}) + b"\n" + lines(entry)
    with pytest.raises(SourceError, match=f"^a.jsonl: line 2: {problem}; write a string"):
        list(read(data, "a.jsonl"))


def test_a_line_that_is_nested_without_end_is_refused() -> None:
    with pytest.raises(SourceError, match=r"^a\.jsonl: line 1 is not JSON"):
        list(read(b"[" * 200_000, "a.jsonl"))


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    data = b"\xef\xbb\xbf" + lines({"_id": "a", "text": "Rest."})
    for packed in (data, gzip.compress(data)):
        (document,) = read(packed, "a.jsonl")
        assert document.key == "a"


@pytest.mark.parametrize("limit", ["MAX_BYTES", "MAX_LINE_BYTES"])
def test_a_line_that_unpacks_without_end_is_not_held_in_memory(
    limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = gzip.compress(b" " * 60_000_000)
    monkeypatch.setattr(collection, limit, 1_000_000)
    tracemalloc.start()
    with pytest.raises(LimitExceeded, match=r"^a\.jsonl\.gz: .*more than"):
        list(read(bomb, "a.jsonl.gz"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000
