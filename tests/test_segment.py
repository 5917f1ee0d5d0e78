"""Passages tile their article, fit the encoder and follow the article's structure."""

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.encoder import DeterministicEncoder
from index.records import Article, Passage
from ingest.compose import compose
from ingest.document import Document, Metadata, SourceBlock
from ingest.segment import (
    CHARACTERS_PER_TOKEN,
    CONTEXT_CHARACTERS,
    HEADING_CHARACTERS,
    SegmenterSettings,
    announcements,
    search_texts,
    segment,
)

COUNT = DeterministicEncoder().count_tokens
SMALL = SegmenterSettings(target=10, limit=24)

LATIN = ["Rest. ", "It hurts, e.g. at night: ", "1. ", "Dr. ", "? ", "x ", "3.5 mg ", "a" * 70]
OTHER = ["肌肉痉挛", "。", "שלום. ", "e\u0301\u0301", "🙂", "👩\u200d👧", "\u200b"]
PIECES = st.sampled_from([*LATIN, *OTHER, "\r\n", "\t", "\n", "\u2029"])
TEXTS = st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=80)).map(str.strip)
BLOCKS = st.lists(
    st.builds(
        SourceBlock,
        st.sampled_from(["heading", "paragraph", "paragraph", "item", "row"]),
        TEXTS,
        level=st.integers(1, 6),
    ),
    max_size=12,
)


def article_of(*blocks: SourceBlock, title: str = "Cramps", language: str | None = None) -> Article:
    metadata = Metadata(title=title, language=language)
    return compose(Document(blocks), metadata, source="a.txt", source_sha256="")


def untitled(*blocks: SourceBlock) -> Article:
    """Return an article among many of a file: for want of a title its first words are one."""
    document = Document(blocks, key="12")
    return compose(document, Metadata(), source="corpus.jsonl", source_sha256="")


def heading(text: str, level: int = 2) -> SourceBlock:
    return SourceBlock("heading", text, level)


def paragraph(text: str) -> SourceBlock:
    return SourceBlock("paragraph", text)


def item(text: str) -> SourceBlock:
    return SourceBlock("item", text, 1)


def row(text: str) -> SourceBlock:
    return SourceBlock("row", text)


def texts(article: Article, settings: SegmenterSettings = SMALL) -> list[str]:
    return [passage.text for passage in segment(article, COUNT, settings)]


def holds(article: Article, passages: list[Passage], settings: SegmenterSettings) -> None:
    """Assert everything that is promised of passages, whatever the article."""
    position = 0
    for passage in passages:
        assert position <= passage.start < passage.end
        assert article.text[passage.start : passage.end] == passage.text == passage.text.strip()
        assert not article.text[position : passage.start].strip(), "words are lost"
        assert len(passage.text) <= settings.limit * CHARACTERS_PER_TOKEN
        position = passage.end
    assert not article.text[position:].strip(), "words are lost"
    read_as = search_texts(passages, article.title, COUNT, settings.limit)
    assert all(read.endswith(p.text) for read, p in zip(read_as, passages, strict=True))
    assert all(count <= settings.limit for count in COUNT(read_as))
    announced = announcements(article, passages)
    read_as = search_texts(passages, article.title, COUNT, settings.limit, announced_by=announced)
    assert all(read.endswith(p.text) for read, p in zip(read_as, passages, strict=True))
    assert all(count <= settings.limit for count in COUNT(read_as))


@given(BLOCKS, st.text(max_size=200), st.sampled_from([None, "de", "ja", "zz"]))
def test_whatever_the_article_its_passages_tile_it_and_fit(
    blocks: list[SourceBlock], title: str, language: str | None
) -> None:
    article = article_of(*blocks, title=title, language=language)
    holds(article, segment(article, COUNT, SMALL), SMALL)


@given(BLOCKS)
def test_passages_of_an_article_that_is_named_by_its_first_words_fit(
    blocks: list[SourceBlock],
) -> None:
    article = untitled(*blocks)
    holds(article, segment(article, COUNT, SMALL), SMALL)


@given(BLOCKS)
def test_cutting_again_gives_the_same(blocks: list[SourceBlock]) -> None:
    article = article_of(*blocks)
    assert segment(article, COUNT, SMALL) == segment(article, COUNT, SMALL)


@given(st.lists(st.sampled_from(["Rest it.", "Warm it, then stretch it.", "Call: it is open."])))
def test_passages_of_short_sentences_are_whole_sentences(sentences: list[str]) -> None:
    article = article_of(paragraph(" ".join(sentences)))
    assert all(text.endswith(".") for text in texts(article))
    assert " ".join(texts(article)) == article.text


def test_headings_lead_and_are_remembered() -> None:
    article = article_of(
        heading("Calf cramps", 1),
        paragraph("They hurt."),
        heading("Causes", 2),
        heading("At night", 3),
        paragraph("Nobody knows."),
        heading("Treatment", 2),
        paragraph("Stretch it."),
    )
    passages = segment(article, COUNT, SMALL)
    assert [(p.text, p.section, p.section_type) for p in passages] == [
        ("Calf cramps\n\nThey hurt.", ("Calf cramps",), ""),
        ("Causes\n\nAt night\n\nNobody knows.", ("Calf cramps", "Causes", "At night"), "causes"),
        ("Treatment\n\nStretch it.", ("Calf cramps", "Treatment"), "treatment"),
    ]


def test_a_heading_is_never_left_alone_when_its_first_sentence_is_too_long() -> None:
    article = article_of(heading("Causes"), paragraph("word " * 100 + "end."))
    first = texts(article)[0]
    assert first.startswith("Causes\n\nword word")


def test_a_list_stays_with_the_sentence_that_opens_it() -> None:
    before = "Cramps come often. They pass by themselves. Most need no help."
    article = article_of(
        paragraph(before), paragraph("Call a doctor if:"), item("it lasts"), item("it swells")
    )
    found = texts(article)
    assert any(text.startswith("Call a doctor if:\n\nit lasts") for text in found)
    assert not any(text.endswith(":") for text in found)


@pytest.mark.parametrize("sentences", range(4))
def test_a_short_list_is_not_torn_from_the_sentence_that_opens_it(sentences: int) -> None:
    article = article_of(
        paragraph("It is for pain now. " * sentences + "Do not take Ibuprane:"),
        *(item(f"with trouble number {n}") for n in range(3)),
        paragraph("Keep it dry. Keep it cool."),
    )
    held = "Do not take Ibuprane:\n\n" + "\n".join(f"with trouble number {n}" for n in range(3))
    assert any(held in text for text in texts(article))


@pytest.mark.parametrize("sentences", range(4))
def test_a_short_table_is_not_torn_from_its_first_row(sentences: int) -> None:
    rows = ["Drug | Dose | Less", "Ibu | 50 | 10", "Para | 20 | 5"]
    article = article_of(
        paragraph("It is for pain now. " * sentences + "See the table."), *map(row, rows)
    )
    assert any("\n".join(rows) in text for text in texts(article))


def test_a_list_that_no_colon_opened_is_cut_as_before() -> None:
    found = texts(article_of(*(item(f"trouble number {n} of five or so") for n in range(3))))
    assert found == [
        "trouble number 0 of five or so\ntrouble number 1 of five or so",
        "trouble number 2 of five or so",
    ]


def test_a_boundary_falls_between_paragraphs_rather_than_inside_one() -> None:
    one = "Rest the leg now. Keep it warm too."
    two = "Drink some water soon. Then walk a little."
    assert texts(article_of(paragraph(one), paragraph(two))) == [one, two]


def test_a_long_sentence_is_cut_between_words_into_even_parts() -> None:
    article = article_of(paragraph(" ".join(f"w{i}" for i in range(60))))
    found = texts(article)
    holds(article, segment(article, COUNT, SMALL), SMALL)
    assert " ".join(found) == article.text
    assert 3 <= len(found) <= 5


def test_a_long_item_is_cut_between_sentences() -> None:
    article = article_of(item("Stretch the calf slowly and hold it. " * 8))
    assert all(text.endswith("hold it.") for text in texts(article))


def test_letters_keep_their_combining_marks() -> None:
    article = article_of(paragraph("e\u0301" * 5000))
    assert len(texts(article)) > 1
    assert all(text[0] == "e" for text in texts(article))


def test_an_article_without_text_has_no_passages() -> None:
    assert segment(article_of(), COUNT, SMALL) == []


def test_headings_at_the_end_are_a_passage_of_their_own() -> None:
    found = texts(article_of(paragraph("Rest."), heading("See also")))
    assert found == ["Rest.", "See also"]


# What is searched


def test_a_passage_is_found_by_its_title_and_the_headings_above_it() -> None:
    article = article_of(
        heading("Treatment"), paragraph("Stretch the calf and hold it. Then rub it. Then walk.")
    )
    passages = segment(article, COUNT, SegmenterSettings(target=8, limit=40))
    assert search_texts(passages, "Cramps", COUNT, 40) == [
        "Cramps\nTreatment\n\nStretch the calf and hold it.",
        "Cramps › Treatment\nThen rub it. Then walk.",
    ]


def test_a_title_that_is_the_first_heading_is_not_said_twice() -> None:
    article = article_of(heading("Cramps", 1), paragraph("They hurt."))
    (passage,) = segment(article, COUNT, SMALL)
    assert search_texts([passage], "Cramps", COUNT, 24) == ["Cramps\n\nThey hurt."]


def test_first_words_for_want_of_a_title_are_told_to_all_but_the_passage_they_begin() -> None:
    text = "Night cramps hurt. Stretch the calf and hold it. Night cramps hurt old people."
    article = replace(untitled(paragraph(text)), title="Night cramps…")
    passages = segment(article, COUNT, SegmenterSettings(target=4, limit=40))
    assert search_texts(passages, article.title, COUNT, 40) == [
        "Night cramps hurt.",
        "Night cramps\nStretch the calf and hold it.",
        "Night cramps\nNight cramps hurt old people.",
    ]


def test_context_that_would_take_half_of_the_room_is_left_away() -> None:
    (passage,) = segment(article_of(paragraph("They hurt.")), COUNT, SMALL)
    assert search_texts([passage], "w " * 12, COUNT, 24) == ["w " * 11 + "w\nThey hurt."]
    assert search_texts([passage], "w " * 13, COUNT, 24) == ["They hurt."]


def test_long_headings_are_shortened_from_the_outside_at_a_word() -> None:
    (passage,) = segment(article_of(paragraph("They hurt.")), COUNT, SMALL)
    title = "outermost " * 50 + "innermost words"
    (read,) = search_texts([passage], title, COUNT, 254)
    context, _, _ = read.partition("\n")
    assert len(context) <= CONTEXT_CHARACTERS
    assert context.startswith("outermost outermost")
    assert context.endswith("innermost words")


def test_an_endless_heading_does_not_stand_in_every_path() -> None:
    article = article_of(heading("h " * 50_000), paragraph("Text."))
    passages = segment(article, COUNT, SMALL)
    holds(article, passages, SMALL)
    assert max(len(part) for p in passages for part in p.section) == HEADING_CHARACTERS + 1


# Size


@pytest.mark.parametrize(
    "blocks",
    [
        [paragraph("a" * 10**6)],
        [paragraph("肌" * 200_000)],
        [paragraph("It hurts. " * 25_000)],
        [paragraph("word " * 100_000)],
        [item("ab")] * 15_000,
        [item("\u200b")] * 15_000,
        [heading("ab")] * 15_000,
        [heading("words of it " * 40_000), paragraph("Text.")],
        [paragraph("a" + " " * 10**6 + "b")],
    ],
    ids=["word", "cjk", "sentences", "words", "items", "empty", "headings", "heading", "spaces"],
)
def test_a_huge_article_takes_seconds(blocks: list[SourceBlock]) -> None:
    article = article_of(*blocks)
    settings = SegmenterSettings()
    started = time.process_time()
    passages = segment(article, COUNT, settings)
    assert time.process_time() - started < 20
    holds(article, passages, settings)


def test_citation_marks_do_not_stand_in_what_a_passage_is_found_by() -> None:
    text = "Cramps may come with the menopause.8 They pass in weeks."
    passage = Passage("a.txt", 0, len(text), (), text)
    assert search_texts([passage], "", COUNT, 254, cited={8}) == [
        "Cramps may come with the menopause. They pass in weeks."
    ]
    assert search_texts([passage], "", COUNT, 254) == [text]


def test_a_passage_inside_a_list_is_found_by_what_announced_it() -> None:
    article = article_of(
        paragraph("It is strong. Do not take it after:"),
        *(item(f"trouble of the kind number {n} in years") for n in range(4)),
    )
    passages = segment(article, COUNT, SegmenterSettings(target=16, limit=24))
    announced = announcements(article, passages)
    assert announced == ["", "", "Do not take it after:"]
    read_as = search_texts(passages, "Ibuprane", COUNT, 40, announced_by=announced)
    assert read_as[0] == "Ibuprane\nIt is strong."
    assert read_as[1].startswith("Ibuprane\nDo not take it after:\n\ntrouble of the kind number 0")
    assert read_as[2].startswith("Ibuprane\nDo not take it after:\ntrouble of the kind number")


def test_what_announces_is_left_away_where_there_is_no_room_for_it() -> None:
    passage = Passage("a.txt", 30, 40, (), "an ulcer")
    lead = "w w w w w w w w w"

    def read(limit: int, announced: str) -> str:
        return search_texts([passage], "Cramps", COUNT, limit, announced_by=[announced])[0]

    assert read(20, lead) == f"Cramps\n{lead}\nan ulcer"
    assert read(19, lead) == "Cramps\nan ulcer"
    assert read(8, "Not:8") == "Cramps\nNot:8\nan ulcer"


def test_what_announces_says_no_citation_marks() -> None:
    passage = Passage("a.txt", 30, 40, (), "an ulcer")
    assert search_texts(
        [passage], "", COUNT, 40, cited={8}, announced_by=["It bleeds.8 Not after:"]
    ) == ["It bleeds. Not after:\nan ulcer"]
