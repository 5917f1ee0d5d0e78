"""A question to its hits: both sides scored for every hit, best first, the same every time."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from index.analysis import terms
from index.encoder import DeterministicEncoder
from index.fusion import Signals, fuse_signals
from index.lexical import Rows
from index.search import Searcher
from index.snapshot import open_snapshot
from ingest.pipeline import update_index


@pytest.fixture
def searcher(corpus: Path, tmp_path: Path, encoder: DeterministicEncoder) -> Searcher:
    update_index(corpus, tmp_path / "index", encoder, target_tokens=24)
    return Searcher(open_snapshot(tmp_path / "index"))


QUESTIONS = ["how do I stop a calf cramp?", "why does my eyelid twitch", "salts", "zzz", "the of"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_hits_are_the_fusion_of_brute_force(
    searcher: Searcher, encoder: DeterministicEncoder, question: str
) -> None:
    snapshot = searcher.snapshot
    vector = encoder.encode([question])[0]
    everything = np.arange(snapshot.manifest.passages)
    cosines = snapshot.dense.scores_of(vector, everything)
    matches = snapshot.lexical.scores(question)
    articles = searcher.articles.article_of
    assert searcher.directions is not None
    fused = fuse_signals(
        Signals(
            passage_dense=cosines,
            article_dense=searcher.articles.scores_of(vector, articles),
            passage_lexical=matches,
            article_lexical=searcher.articles.lexical.scores(question)[articles],
            terms=searcher.directions.signals(
                Counter(terms(question)),
                snapshot.lexical,
                snapshot.dense.vectors,
                everything,
                np.lexsort((everything, -cosines)),
            ),
        )
    )
    order = np.lexsort((everything, -fused))
    hits = searcher.search(question, vector, 4)
    assert [hit.row for hit in hits] == order[:4].tolist()
    assert [hit.score for hit in hits] == fused[order[:4]].tolist()
    assert [hit.dense for hit in hits] == cosines[order[:4]].tolist()
    assert [hit.lexical for hit in hits] == matches[order[:4]].tolist()
    assert [hit.passage for hit in hits] == [
        snapshot.records.passages([row])[int(row)] for row in order[:4]
    ]


@pytest.mark.parametrize(
    ("question", "article", "words"),
    [
        ("straighten knee, pull toes", "calf-cramps.md", "pull the toes towards the shin"),
        ("my eyelid flutters", "eyes/eyelid.txt", "may flutter for days"),
        ("who loses salts in the heat", "salts.html", "People who work in the heat"),
    ],
)
def test_the_first_hit_answers(
    searcher: Searcher, encoder: DeterministicEncoder, question: str, article: str, words: str
) -> None:
    first = searcher.search(question, encoder.encode([question])[0], 1)[0]
    assert first.passage.article_id == article
    assert words in first.passage.text


def test_more_than_there_is_gives_all_there_is(
    searcher: Searcher, encoder: DeterministicEncoder
) -> None:
    hits = searcher.search("cramp", encoder.encode(["cramp"])[0], 1000)
    assert sorted(hit.row for hit in hits) == list(range(searcher.snapshot.manifest.passages))
    assert searcher.search("cramp", encoder.encode(["cramp"])[0], 0) == []


def test_the_same_question_gives_the_same_hits(
    searcher: Searcher, encoder: DeterministicEncoder
) -> None:
    vector = encoder.encode(["night cramp"])[0]
    once = searcher.search("night cramp", vector, 5)
    assert all(searcher.search("night cramp", vector, 5) == once for _ in range(3))


def test_a_misspelt_question_is_corrected_to_words_of_the_articles(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "one.md").write_text("# Exercise\n\nUnfamiliar exercise can bring on a spasm.\n")
    update_index(corpus, tmp_path / "index", DeterministicEncoder())
    searcher = Searcher(open_snapshot(tmp_path / "index"))
    assert searcher.corrected("spazm from excercise", lambda _: False) == "spasm from exercise"
    assert searcher.corrected("spasm from exercise", lambda _: False) is None


def test_every_form_of_a_word_corrects_however_the_first_passage_has_it(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    # "twitch" stands in the title alone, and "cramping" in a compound.
    (corpus / "a.md").write_text("# Why muscles twitch\n\nNerves fire.\n\n## Rest\n\nIt helps.\n")
    (corpus / "b.md").write_text("# Legs\n\nTwitching goes away; non-cramping legs.1 Foods rest.\n")
    (corpus / "c.md").write_text("# Salt\n\nSee https://example.org/potassium for salt.\n")
    update_index(corpus, tmp_path / "index", DeterministicEncoder())
    searcher = Searcher(open_snapshot(tmp_path / "index"))
    assert searcher.corrected("twiching", lambda _: False) == "twitching"
    assert searcher.corrected("cramqing legs", lambda _: False) == "cramping legs"
    assert searcher.corrected("potasium", lambda _: False) is None


def test_a_message_of_several_sentences_is_corrected_by_what_its_vector_comes_to(
    searcher: Searcher, encoder: DeterministicEncoder
) -> None:
    message = "Help please.\nDoes magnesiumm stop a calf cramp at night?"
    vector = encoder.encode([message])[0]

    def meant(typed: str, allowed: Rows | None = None) -> str | None:
        return searcher.meant(typed, vector, {"help", "please"}.__contains__, allowed=allowed)

    better = "Help please. Does magnesium stop a calf cramp at night?"
    assert meant(message) == better
    assert meant(better) is None
    assert meant("Does magnesiumm stop a calf cramp at night?") is None
    held = searcher.snapshot.lexical.rows_with("magnesium")
    without = np.setdiff1d(np.arange(searcher.snapshot.manifest.passages), held)
    assert meant(message, without) is None


def test_what_was_searched_for_is_said_in_the_question_as_it_was_typed(
    searcher: Searcher, encoder: DeterministicEncoder
) -> None:
    typed = "  how do I\nstop a calf  cramp?"
    vector = encoder.encode([" ".join(typed.split())])[0]
    found = searcher.find(typed, vector, 3)
    assert [typed[a:b] for a, b in found.focus] == ["stop", "calf  cramp"]
    assert found.hits == searcher.search(" ".join(typed.split()), vector, 3)


def test_a_long_message_is_searched_for_what_it_is_about(
    searcher: Searcher, encoder: DeterministicEncoder
) -> None:
    message = (
        "Good morning and greetings from Oregon. Yesterday my neighbour Albert visited, ate an "
        "enormous sandwich, complained about taxes and left. My eyelid keeps twitching for days. "
        "What helps against an eyelid twitch? Thank you kindly."
    )
    found = searcher.find(message, encoder.encode([message])[0], 3)
    asked = {message[a:b] for a, b in found.focus}
    assert any("eyelid" in words for words in asked)
    assert not {"Albert", "sandwich", "taxes"} & asked
    assert found.hits[0].passage.article_id == "eyes/eyelid.txt"
