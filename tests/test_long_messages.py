"""The bench of long messages: what a message is about, by its summary."""

import json
from pathlib import Path

import pytest

from bench import long_messages
from bench.long_messages import Message, found_by, in_focus, topics
from index.encoder import DeterministicEncoder
from index.search import Searcher
from index.snapshot import open_snapshot
from ingest.pipeline import update_index

TITLES = ("Calf cramp", "Cramp", "Salt", "Uveitis")
STORY = (
    "Good morning. My neighbour told me about his holiday by the sea and his old dog yesterday. "
    "Since then my calf has been hurting every night. What helps against a calf cramp?"
)


@pytest.fixture
def searcher(tmp_path: Path) -> Searcher:
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text(
        "".join(
            json.dumps({"_id": title, "title": title, "text": f"{title} is told of here."}) + "\n"
            for title in TITLES
        )
    )
    update_index(corpus, tmp_path / "index", DeterministicEncoder())
    return Searcher(open_snapshot(tmp_path / "index"))


def test_the_topic_is_the_longest_title_that_the_summary_holds(
    searcher: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [
        Message("one", STORY, "What treats a cramp of the calf?"),
        Message("other", STORY, "Is it a fracture?"),
        Message("short", "Calf cramp?", "What treats a calf cramp?"),
    ]
    assert topics(asked, searcher) == {}, "no term of four articles is rare"
    monkeypatch.setattr(long_messages, "RARE", 0.0)
    assert topics(asked, searcher) == {"one": {"Calf cramp": 1}}
    monkeypatch.setattr(long_messages, "SHARED", 0)
    assert topics(asked, searcher) == {}


def test_what_the_summary_finds_is_graded_by_its_place(searcher: Searcher) -> None:
    found = found_by({"one": "Calf cramp"}, searcher, DeterministicEncoder())["one"]
    assert list(found)[:2] == ["Calf cramp", "Cramp"]
    assert list(found.values()) == [3] * 4


def test_words_in_focus_are_those_of_the_summary(searcher: Searcher) -> None:
    encoder = DeterministicEncoder()
    size, f1 = in_focus([Message("one", STORY, "Calf cramp")], searcher, encoder)
    assert (size, f1) == (2, 1)
