"""Kept blocks become the canonical text, at the places that the blocks say."""

import sqlite3
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.records import Article, Block, CitationMark, LeftOut, Reference
from ingest.compose import compose
from ingest.document import Document, Metadata, SourceBlock
from ingest.segment import SegmenterSettings, search_texts, segment

BLOCKS = st.lists(
    st.builds(
        SourceBlock,
        st.sampled_from(["heading", "paragraph", "item", "row"]),
        st.text().map(str.strip),
        level=st.integers(0, 6),
        left_out=st.sampled_from(["", "", "navigation"]),
    )
).map(tuple)


def composed(
    *blocks: SourceBlock, title: str | None = None, source: str = "a/calf-pain_2.txt"
) -> Article:
    return compose(Document(blocks), Metadata(title=title), source=source, source_sha256="ab")


def test_blocks_are_parted_by_blank_lines_and_items_by_lines() -> None:
    article = composed(
        SourceBlock("heading", "Calf", 1, 7),
        SourceBlock("paragraph", "It hurts:", source_start=14),
        SourceBlock("item", "at night", 1),
        SourceBlock("item", "in heat", 2),
        SourceBlock("row", "salt\t3 g"),
        SourceBlock("row", "water\t2 l"),
    )
    assert article.text == "Calf\n\nIt hurts:\n\nat night\nin heat\n\nsalt\t3 g\nwater\t2 l"
    assert article.blocks[:4] == (
        Block(0, 4, "heading", 1, 7),
        Block(6, 15, "paragraph", 0, 14),
        Block(17, 25, "item", 1),
        Block(26, 33, "item", 2),
    )


def test_what_is_left_out_is_kept_apart_with_its_reason() -> None:
    article = composed(
        SourceBlock("paragraph", "Home | About", left_out="navigation"),
        SourceBlock("paragraph", "Rest."),
    )
    assert article.text == "Rest."
    assert article.left_out == (LeftOut("Home | About", "navigation"),)


@pytest.mark.parametrize(
    ("title", "first", "expected"),
    [
        ("Given", SourceBlock("heading", "Heading", 1), "Given"),
        (None, SourceBlock("heading", "Two\n lines", 1), "Two lines"),
        (None, SourceBlock("paragraph", "Text."), "Calf pain 2"),
        ("", SourceBlock("paragraph", "Text."), "Calf pain 2"),
        (None, SourceBlock("heading", "h" * 1000, 1), "h" * 300),
    ],
)
def test_the_title_is_the_first_that_is_known(
    title: str | None, first: SourceBlock, expected: str
) -> None:
    assert composed(first, title=title).title == expected


def test_a_document_among_several_of_a_file_has_its_key_in_its_id() -> None:
    document = Document((SourceBlock("paragraph", "Text."),), key="12")
    article = compose(document, Metadata(), source="topics.xml", source_sha256="")
    assert (article.article_id, article.source) == ("topics.xml/12", "topics.xml")


def test_what_cannot_be_stored_is_replaced_wherever_it_stands() -> None:
    metadata = Metadata(
        title="a\0b", authors=("\ud800",), references=(Reference("r\udfff", 1, url="u\0"),)
    )
    blocks = (SourceBlock("paragraph", "x\0y\ud834"), SourceBlock("row", "\0", left_out="noise"))
    article = compose(Document(blocks), metadata, source="a.txt", source_sha256="")
    assert (article.title, article.authors, article.text) == (
        "a\ufffdb",
        ("\ufffd",),
        "x\ufffdy\ufffd",
    )
    assert article.references == (Reference("r\ufffd", 1, url="u\ufffd"),)
    assert article.left_out == (LeftOut("\ufffd", "noise"),)


@given(BLOCKS)
def test_every_kept_block_stands_where_it_says(blocks: tuple[SourceBlock, ...]) -> None:
    article = compose(Document(blocks), Metadata(), source="a.txt", source_sha256="")
    kept = [block for block in blocks if not block.left_out and block.text]
    assert [(article.text[b.start : b.end], b.kind) for b in article.blocks] == [
        (block.text.replace("\0", "\ufffd"), block.kind) for block in kept
    ]
    gaps = zip(article.blocks, article.blocks[1:], strict=False)
    assert all(not article.text[a.end : b.start].strip() for a, b in gaps)
    # The database counts characters as Python does.
    cut = sqlite3.connect(":memory:").execute("SELECT length(?)", (article.text,)).fetchone()
    assert cut == (len(article.text),)


def test_a_file_name_without_a_word_gives_way_to_the_first_heading() -> None:
    blocks = (SourceBlock("paragraph", "An opening line."), SourceBlock("heading", "Cramps", 2))
    article = compose(Document(blocks), Metadata(), source="003_c42f8.txt", source_sha256="0")
    assert article.title == "Cramps"


def test_citation_marks_stand_where_they_say_with_the_numbers_of_the_list() -> None:
    blocks = (
        SourceBlock("heading", "Cramps in type 2 diabetes", 1),
        SourceBlock("paragraph", "They come in the menopause.2,9 A dose of 5 mg helps.1"),
        SourceBlock("item", "as said in [2]", 1),
    )
    references = (Reference("One.", 1), Reference("Two.", 2), Reference("Nine.", 9))
    article = compose(
        Document(blocks), Metadata(references=references), source="a.txt", source_sha256="ab"
    )
    assert [(article.text[m.start : m.end], m.numbers) for m in article.citation_marks] == [
        ("2,9", (2, 9)),
        ("1", (1,)),
        ("[2]", (2,)),
    ]
    assert all(isinstance(mark, CitationMark) for mark in article.citation_marks)
    without = composed(*blocks)
    assert [(without.text[m.start : m.end], m.numbers) for m in without.citation_marks] == [
        ("2,9", ()),
        ("1", ()),
        ("[2]", ()),
    ]


@pytest.mark.parametrize(
    ("texts", "title"),
    [
        (("Salt helps.",), "Salt helps."),
        (("Salt helps.", "So they say."), "Salt helps.…"),
        (("word " * 40,), f"{' '.join(['word'] * 16)}…"),
        (("w" * 100,), f"{'w' * 80}…"),
        ((), "12"),
    ],
)
def test_an_untitled_article_among_many_is_called_by_its_first_words(
    texts: tuple[str, ...], title: str
) -> None:
    document = Document(tuple(SourceBlock("paragraph", text) for text in texts), key="12")
    article = compose(document, Metadata(), source="corpus.jsonl", source_sha256="")
    assert article.title == title
    passages = segment(article, count, SegmenterSettings())
    assert search_texts(passages, title, count, 254) == [p.text for p in passages]


def count(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]
