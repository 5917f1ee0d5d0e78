from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.records import Article, Block, BlockKind, CitationMark
from service.web.render import (
    Group,
    Part,
    Segment,
    article_blocks,
    example_questions,
    grouped,
    likelihood,
    passage_parts,
    percent,
    when,
)

TEXT = "Cramps\n\nCalves cramp. Stretch them.\n\nrest\n\ndrink water"
BLOCKS = (
    Block(0, 6, "heading", 1),
    Block(8, 35, "paragraph"),
    Block(37, 41, "item", 1),
    Block(43, 54, "item", 1),
)
ARTICLE = Article("cramps", "Cramps", TEXT, BLOCKS, "cramps.md", "0" * 64)


def test_a_mark_cuts_the_blocks_that_it_meets() -> None:
    parts = article_blocks(ARTICLE, (22, 41))
    assert [part.segments for part in parts] == [
        (Segment("Cramps", marked=False),),
        (
            Segment("Calves cramp. ", marked=False),
            Segment("Stretch them.", marked=True, anchor="p22-41"),
        ),
        (Segment("rest", marked=True),),
        (Segment("drink water", marked=False),),
    ]
    assert [(part.start, part.end, part.kind, part.level) for part in parts] == [
        (block.start, block.end, block.kind, block.level) for block in BLOCKS
    ]


def test_the_anchor_of_a_mark_that_begins_in_white_space_is_its_first_word() -> None:
    parts = article_blocks(ARTICLE, (6, 20))
    assert parts[1].segments[0] == Segment("Calves cramp", marked=True, anchor="p6-20")


def test_anchors_cut_without_marking_and_none_stands_twice() -> None:
    parts = article_blocks(ARTICLE, (8, 21), {8: "p8-21", 22: "p22-54"})
    assert parts[1].segments == (
        Segment("Calves cramp.", marked=True, anchor="p8-21"),
        Segment(" ", marked=False),
        Segment("Stretch them.", marked=False, anchor="p22-54"),
    )


def test_highlights_of_a_passage_are_merged_and_clipped() -> None:
    blocks = [Block(0, 10, "paragraph")]
    parts = passage_parts("0123456789", blocks, [(2, 5), (4, 6), (8, 99), (7, 7)])
    assert parts[0].segments == (
        Segment("01", marked=False),
        Segment("2345", marked=True),
        Segment("67", marked=False),
        Segment("89", marked=True),
    )


def test_text_that_no_block_covers_is_shown_as_a_paragraph() -> None:
    parts = passage_parts("loose text\n\nkept\n\nmore ", [Block(12, 16, "item", 1)])
    assert [(part.kind, part.text) for part in parts] == [
        ("paragraph", "loose text"),
        ("item", "kept"),
        ("paragraph", "more"),
    ]


KINDS: tuple[BlockKind, ...] = ("heading", "paragraph", "item", "row")


@given(
    text=st.text(max_size=80),
    blocks=st.lists(
        st.builds(
            Block,
            st.integers(-3, 90),
            st.integers(-3, 90),
            st.sampled_from(KINDS),
            st.integers(0, 6),
        ),
        max_size=6,
    ),
    highlights=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), max_size=5),
)
def test_no_character_is_lost_or_doubled_whatever_the_blocks(
    text: str, blocks: list[Block], highlights: list[tuple[int, int]]
) -> None:
    parts = passage_parts(text, blocks, highlights)
    shown = "".join(part.text for part in parts)
    assert "".join(shown.split()) == "".join(text.split())
    marked = {at for a, b in highlights for at in range(a, b)}
    for part in parts:
        assert part.text == text[part.start : part.end]
        at = part.start
        for segment in part.segments:
            assert {at + i in marked for i in range(len(segment.text))} == {segment.marked}
            at += len(segment.text)


@given(text=st.text(min_size=1, max_size=60), data=st.data())
def test_a_marked_article_holds_its_anchor_once_and_all_of_its_text(
    text: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    anchors = data.draw(st.dictionaries(st.integers(0, 60), st.sampled_from(["a", "b"])))
    article = replace(ARTICLE, text=text, blocks=(Block(0, len(text), "paragraph"),))
    parts = article_blocks(article, (start, end), anchors)
    segments = [segment for part in parts for segment in part.segments]
    assert "".join(segment.text for segment in segments) == text
    assert [s.anchor for s in segments].count(f"p{start}-{end}") == 1
    assert "".join(segment.text for segment in segments if segment.marked) == text[start:end]


def _part(kind: BlockKind, level: int = 0) -> Part:
    return Part(0, 1, kind, level, (Segment("x", marked=False),))


def test_items_are_gathered_and_heading_ranks_have_no_gaps() -> None:
    parts = [
        _part("heading", 1),
        _part("heading", 4),
        _part("item", 1),
        _part("item", 2),
        _part("paragraph"),
        _part("heading", 3),
        _part("heading", 1),
    ]
    assert grouped(parts) == [
        Group("heading", 2, (parts[0],)),
        Group("heading", 3, (parts[1],)),
        Group("item", 0, (parts[2], parts[3])),
        Group("paragraph", 0, (parts[4],)),
        Group("heading", 3, (parts[5],)),
        Group("heading", 2, (parts[6],)),
    ]


@pytest.mark.parametrize(
    ("probability", "word", "whole"),
    [
        (1.0, "very_likely", 99),
        (0.9, "very_likely", 90),
        (0.8999, "likely", 90),
        (0.66, "likely", 66),
        (0.33, "even", 33),
        (0.3, "unlikely", 30),
        (0.0, "unlikely", 1),
    ],
)
def test_probabilities_in_words_and_numbers(probability: float, word: str, whole: int) -> None:
    assert likelihood(probability) == word
    assert percent(probability) == whole


def test_when_is_every_date_that_is_stated_and_else_when_it_was_fetched() -> None:
    whole = replace(ARTICLE, published="2019-01-02", modified="2021", reviewed="2025-06")
    assert when(replace(whole, retrieved="2026-01-02")) == [
        ("answer.published", "2019-01-02"),
        ("article.modified", "2021"),
        ("answer.reviewed", "2025-06"),
    ]
    assert when(replace(ARTICLE, modified="2021")) == [("article.modified", "2021")]
    assert when(ARTICLE) == [("answer.unknown_date", None)]
    fetched = replace(ARTICLE, retrieved="2026-01-02")
    assert when(fetched) == [("answer.unknown_date", None), ("answer.retrieved", "2026-01-02")]


def test_examples_are_whole_questions_one_an_article() -> None:
    text = "Who is at risk?\n\nWhy does my calf\ncramp at night?\n\nIs it a cramp or not at all?"
    blocks = (
        Block(0, 15, "heading", 2),
        Block(17, 49, "heading", 2),
        Block(51, len(text), "paragraph"),
    )
    asking = replace(ARTICLE, text=text, blocks=blocks)
    other = replace(asking, text=text.replace("my calf", "my foot"))
    assert example_questions([ARTICLE, asking, other, asking], 4) == [
        "Why does my calf cramp at night?",
        "Why does my foot cramp at night?",
    ]
    assert example_questions([asking, other], 1) == ["Why does my calf cramp at night?"]


CITED = "In the liver.4 They rest.¹ Or [3]."
MARKS = (CitationMark(13, 14, (4,)), CitationMark(25, 26, (1,)), CitationMark(30, 33))


def test_citation_marks_are_raised_and_lead_to_their_reference() -> None:
    block = Block(0, len(CITED), "paragraph")
    article = Article("a", "A", CITED, (block,), "a.md", "0" * 64, citation_marks=MARKS)
    (part,) = article_blocks(article, (3, 24))
    assert part.segments == (
        Segment("In ", marked=False),
        Segment("the liver.", marked=True, anchor="p3-24"),
        Segment("4", marked=True, raised=True, reference=4),
        Segment(" They rest", marked=True),
        Segment(".", marked=False),
        Segment("¹", marked=False, reference=1),
        Segment(" Or ", marked=False),
        Segment("[3]", marked=False, raised=True),
        Segment(".", marked=False),
    )
    assert part.text == CITED


def test_a_passage_shows_its_citation_marks_raised_within_what_answers() -> None:
    (part,) = passage_parts(CITED, [], [(0, 14)], [(13, 14), (30, 33)])
    assert [(s.text, s.marked, s.raised) for s in part.segments] == [
        ("In the liver.", True, False),
        ("4", True, True),
        (" They rest.¹ Or ", False, False),
        ("[3]", False, True),
        (".", False, False),
    ]
    (part,) = passage_parts(CITED, [], [(0, 14)], [(99, 120)])
    assert part.text == CITED


@pytest.mark.parametrize(
    ("text", "kind", "own"),
    [
        ("- older age", "item", True),
        ("♦older age", "item", True),
        ("2. older age", "item", True),
        ("older age - or not", "item", False),
        ("1.5 litres", "item", False),
        ("- older age", "paragraph", False),
    ],
)
def test_a_copied_mark_is_known(text: str, kind: BlockKind, *, own: bool) -> None:
    part = Part(0, len(text), kind, 1, (Segment(text, marked=False),))
    assert part.has_own_mark is own
