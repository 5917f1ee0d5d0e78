"""Who says so: counted by source, quoted word for word, and never called agreement."""

import re
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from index.records import Passage
from service.evidence.agreement import MENTIONS, Said, differences, mentions, said
from service.evidence.copies import copies
from tests.service_fixtures import build, client, settings_in, write_corpus


def _sentences(passage: Passage) -> Iterable[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"[^.\s][^.]*\.", passage.text)]


def _said(*texts: tuple[str, str]) -> Said:
    passages = [
        Passage(name, at * 1000, at * 1000 + len(text), (), text)
        for at, (name, text) in enumerate(texts)
    ]
    return said(passages, copies([text for _, text in texts]), _sentences)


def _rare(_: str) -> float:
    return 3.0


def _counts(found: Said, question: str = "Why?") -> dict[str, tuple[int, int]]:
    return {one.term: (one.sources, one.of) for one in mentions(found, question, _rare)}


def test_sources_that_mention_a_thing_are_counted() -> None:
    found = _said(
        ("a", "Cramps come from dehydration. Rest."),
        ("b", "The loss of water is called dehydration. It passes."),
        ("c", "Dehydration is one of them. Walk on."),
        ("d", "Shoes that are too tight can be to blame."),
    )
    assert _counts(found) == {"dehydration": (3, 4)}
    (one,) = mentions(found, "Why?", _rare)
    assert [(q.passage.article_id, q.text) for q in one.quotes] == [
        ("a", "Cramps come from dehydration."),
        ("b", "The loss of water is called dehydration."),
        ("c", "Dehydration is one of them."),
    ]


def test_copies_are_one_source_and_so_are_the_articles_that_share_them() -> None:
    copy = "Drink enough in the heat, for cramps come from dehydration and from salt that is lost."
    two = _said(("a", copy), ("b", copy), ("c", "They are caused by dehydration."))
    assert _counts(two) == {"dehydration": (2, 2)}
    assert _counts(_said(("a", copy), ("b", copy))) == {}
    shared = _said(
        ("a", copy),
        ("b", copy),
        ("b", "Much of it comes from overuse."),
        ("a", "A cause is overuse."),
        ("c", "It follows overuse."),
        ("d", "It begins with overuse."),
    )
    assert shared.sources == 3
    assert _counts(shared)["overuse"] == (3, 3)


def test_a_note_that_stands_under_several_articles_is_no_mention_of_theirs() -> None:
    note = "A clinician wrote this for Example Health."
    found = _said(
        ("a", f"Cramps come from dehydration. {note}"),
        ("b", f"They are caused by dehydration. {note}"),
        ("c", f"Walk on. {note}"),
    )
    assert _counts(found) == {"dehydration": (2, 3)}


def test_words_that_name_nothing_are_not_counted() -> None:
    texts = ("It is often due to things of this kind, and usually harmless in people.",) * 2
    assert _counts(_said(("a", texts[0]), ("b", texts[1] + " Nobody knows why for sure."))) == {}
    asked = _said(("a", "It comes from dehydration."), ("b", "They are caused by dehydration."))
    assert _counts(asked, "Is it dehydrated? Dehydration?") == {}
    verbs = _said(("a", "Muscles contract quickly."), ("b", "They contract slowly at first."))
    assert _counts(verbs) == {}


def test_what_all_articles_are_about_is_no_point_of_some() -> None:
    found = _said(("a", "It comes from dehydration."), ("b", "They are caused by dehydration."))
    assert mentions(found, "Why?", lambda _: 1.38) == []
    assert len(mentions(found, "Why?", lambda _: 1.39)) == 1


WORDS = [
    "dehydration",
    "of",
    "the",
    "salt",
    "harmless",
    "comes",
    "potassium",
    "is",
    ",",
    "magnesium",
]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(lambda w: " ".join(w) + ".")


@given(st.lists(st.tuples(st.sampled_from("abcd"), TEXTS), max_size=8))
def test_counts_never_exceed_the_sources_and_quotes_hold_the_term(
    texts: list[tuple[str, str]],
) -> None:
    found = _said(*texts)
    given_out = mentions(found, "Why?", _rare)
    assert len(given_out) <= MENTIONS
    for one in given_out:
        assert 2 <= one.sources <= one.of == found.sources <= len({name for name, _ in texts})
        names = [quote.passage.article_id for quote in one.quotes]
        assert len(set(names)) == len(names) >= one.sources
        assert all(one.term in quote.text for quote in one.quotes)


# Different ways


def _ways(found: Said) -> list[tuple[str, list[str], list[str]]]:
    return [
        (d.kind, [q.text for q in d.one], [q.text for q in d.other])
        for d in differences(found, _rare)
    ]


def test_calm_and_warning_words_of_different_sources_stand_side_by_side() -> None:
    found = _said(
        ("a", "Twitches are harmless."),
        ("b", "A twitch can be a symptom of an underlying condition."),
    )
    assert _ways(found) == [
        (
            "worry",
            ["Twitches are harmless."],
            ["A twitch can be a symptom of an underlying condition."],
        )
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Twitches are not harmless.", "It may be a sign of something else."),
        ("Twitches are harmless.", "See a doctor if the twitch stays."),
        ("Twitches are harmless.", "It is rarely a symptom of a serious condition."),
        ("Twitches are harmless.", "Twitches are common."),
        ("Twitches are harmless.", "A doctor tells harmless ones from more serious ones."),
        ("Most twitches are harmless.", "A twitch can be a symptom of an underlying condition."),
        ("Twitches are harmless.", "Some twitches are a sign of a serious condition."),
        ("Twitches are harmless.", "A lump can be a symptom of an underlying condition."),
        ("Twitches are harmless.", "A twitch comes from strain or an underlying condition."),
        ("Twitches are not serious.", "Treat the underlying cause of the twitches."),
    ],
)
def test_what_does_not_plainly_differ_is_left_alone(one: str, other: str) -> None:
    assert _ways(_said(("a", one), ("b", other))) == []


def test_the_plainest_of_a_source_is_shown() -> None:
    calm = "A twitch is harmless."
    vague, plain = (
        "A twitch can have a more serious underlying condition behind it.",
        "A twitch could be a symptom of a condition that nobody knows of.",
    )
    found = _said(("a", calm), ("b", f"{vague} {plain}"))
    assert _ways(found) == [("worry", [calm], [plain])]


def test_what_helps_is_the_word_before_not_what_it_helps() -> None:
    helps = "Stretching the leg can help with cramps."
    assert (
        _ways(_said(("a", helps), ("b", "There is no evidence that quinine helps cramps."))) == []
    )
    against = "There is no evidence that stretching prevents cramps."
    assert _ways(_said(("a", helps), ("b", against))) == [("help", [helps], [against])]


def test_one_source_does_not_differ_from_itself() -> None:
    text = "Twitches are harmless. They may be a sign of something else."
    assert _ways(_said(("a", text))) == []
    assert _ways(_said(("a", text), ("b", text))) == []


def test_whether_a_thing_helps_is_compared_for_the_same_thing() -> None:
    helps, not_shown = "Magnesium can help.", "There is no evidence for magnesium."
    assert _ways(_said(("a", helps), ("b", not_shown))) == [("help", [helps], [not_shown])]
    assert _ways(_said(("a", helps), ("b", "There is no evidence for quinine."))) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # What is denied, asked, thought or said.
        (
            "Leg cramps are harmless.",
            "Leg cramps are neither dangerous nor a sign of a serious condition.",
        ),
        (
            "Leg cramps are harmless.",
            "Leg cramps are not dangerous, nor are they a sign of a serious condition.",
        ),
        (
            "Leg cramps are harmless.",
            "It is a myth that leg cramps are a sign of a serious condition.",
        ),
        (
            "Leg cramps are harmless.",
            "Doctors check whether leg cramps are a sign of a serious condition.",
        ),
        (
            "Leg cramps are harmless.",
            "Leg cramps were once thought to be a sign of a serious condition.",
        ),
        ("Leg cramps are harmless.", "Leg cramps can be a sign of a serious condition?"),
        ("Magnesium neither relieves nor prevents cramps.", "Magnesium is not effective."),
        ("Magnesium cannot relieve cramps.", "Magnesium is not effective."),
        ("Neither ice nor quinine can help.", "Quinine is not effective."),
        ("Nothing but quinine can help.", "Quinine is not effective."),
        (
            "No one knows whether magnesium can prevent cramps.",
            "There is no evidence that magnesium prevents cramps.",
        ),
        ("It is a myth that quinine can help.", "Quinine is not recommended."),
        # Another effect.
        (
            "Magnesium can help people sleep.",
            "Magnesium has not been shown to cause kidney stones.",
        ),
        ("Magnesium may help with migraine.", "There is no evidence that magnesium is harmful."),
        (
            "Magnesium may help with migraine.",
            "Magnesium has not been shown to prevent kidney stones.",
        ),
        # Another thing.
        ("A blood test can help find the cause.", "Taking blood thinners is not recommended."),
        ("Vitamin B can help.", "Vitamin C is not effective."),
        ("Stretching can help.", "Bouncing while stretching is not recommended."),
        ("Resting can help.", "In the first week, bed rest is not recommended."),
        ("Magnesium can help.", "Magnesium is cheap, and quinine is not recommended."),
        ("Water can help.", "Water alone does not help."),
        ("Muscle twitching is nothing to worry about.", "Muscle wasting can be serious."),
        ("Twitches of the eyelid are harmless.", "Twitches of the tongue can be serious."),
        ("Twitches are harmless.", "A lump under a twitch can be serious."),
        ("Twitches are harmless.", "Severe twitches can be serious."),
        ("Who has harmless twitches sleeps well.", "It can be serious, and twitches come with it."),
    ],
)
def test_other_effects_and_other_things_do_not_differ(one: str, other: str) -> None:
    assert _ways(_said(("a", one), ("b", other))) == []


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("worry", "Leg cramps are harmless.", "Leg cramps can be a sign of a serious condition."),
        ("worry", "Cramps in the calf aren't dangerous.", "A cramp in the calf may be serious."),
        ("worry", "Twitches and cramps are harmless.", "A cramp can be dangerous."),
        ("help", "Quinine can help.", "Quinine is not recommended because of the harm it does."),
        ("help", "Taking quinine each night may help.", "It is not recommended to take quinine."),
        ("help", "Magnesium tablets can prevent cramps.", "Magnesium has no benefit."),
        (
            "help",
            "Ice, heat or quinine can help with cramps.",
            "Heat has not been shown to ease cramps.",
        ),
        (
            "help",
            "Some studies found that magnesium may help.",
            "Trials show no evidence for magnesium.",
        ),
        ("help", "A blood test can help.", "Blood tests are not recommended."),
        ("help", "Vitamin B can help.", "Vitamin B is not effective."),
        ("help", "The use of magnesium is effective.", "Magnesium doesn't really help."),
        (
            "help",
            "Magnesium can help.",
            "There is no evidence that magnesium lowers the risk of cramps.",
        ),
    ],
)  # fmt: skip
def test_what_plainly_differs_is_shown(kind: str, one: str, other: str) -> None:
    assert _ways(_said(("a", one), ("b", other))) == [(kind, [one], [other])]


@pytest.mark.parametrize("row", ["{0} a b c d {0}", "a{0}b{0}c d e"])
def test_a_long_row_of_dashes_costs_no_time(row: str) -> None:
    # Each run of dashes could be parted in any place.
    helps = "Magnesium can help."
    rule = f"It is not {row.format('-' * 1_000)} magnesium can help."
    began = time.process_time()
    _ways(_said(("a", helps), ("b", rule), ("c", "There is no evidence for magnesium.")))
    assert time.process_time() - began < 2


# On the faces

CALM = """---
title: {title}
publisher: {title} Press
---

# {title}

Twitches in the eyelid are harmless, and come from tiredness{more}. They pass by themselves.
"""
WARN = """---
title: Warning signs
---

# Warning signs

A twitch in the eyelid can be a symptom of an underlying condition, besides tiredness and worry.
"""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder: Path = tmp_path_factory.mktemp("agreement")
    sources = {
        "one.md": CALM.format(title="One", more=""),
        "two.md": CALM.format(title="Two", more=""),
        "warn.md": WARN,
        **{f"other{n}.md": f"# Other {n}\n\nShoe number {n} fits the foot.\n" for n in range(20)},
    }
    write_corpus(folder / "corpus", sources)
    build(settings_in(folder))
    return client(settings_in(folder))


QUESTION = "Why does my eyelid twitch, is it harmless?"


def test_the_json_counts_and_proves_every_quote(api: TestClient) -> None:
    answer = api.post("/v1/ask", json={"question": QUESTION}).json()
    (tired,) = (m for m in answer["mentions"] if m["term"] == "tiredness")
    assert tired["articles"] == 2
    assert tired["passages"] == [quote["passage_id"] for quote in tired["quotes"]]
    (differing,) = answer["differing"]
    assert differing["kind"] == "worry"
    assert "are harmless" in differing["one"][0]["text"]
    assert "underlying condition" in differing["other"][0]["text"]
    quotes = [*tired["quotes"], *differing["one"], *differing["other"]]
    for quote in quotes:
        place = {key: quote[key] for key in ("article_id", "start", "end", "text", "sha256")}
        assert api.post("/v1/verify", json=place).json()["status"] == "verbatim"
    assert "agree" not in str(answer["mentions"]).lower()


def test_the_page_shows_who_mentions_it_and_both_ways(api: TestClient) -> None:
    page = api.post("/", data={"q": QUESTION}).text
    assert re.search(r"2 of \d+ sources mention “tiredness”", page)
    assert page.index("Wording that calms") < page.index("Wording that warns")
    assert page.count('class="disclaimer"') == 1
