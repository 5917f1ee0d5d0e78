"""What announced a passage that begins inside a list or a table stands before it, word for word."""

from hypothesis import given
from hypothesis import strategies as st

from index.leads import announcers, leads
from index.records import Article, Block, BlockKind, Passage

KINDS: list[BlockKind] = ["heading", "paragraph", "item", "item", "row"]
WORDS = ["Take it if:", "It hurts. Do not take it if:", "kidney disease", "Drug | Dose", "Doses"]


def article_of(*parts: tuple[BlockKind, int, str]) -> Article:
    text, blocks = "", []
    for kind, level, words in parts:
        text += "\n" if text else ""
        blocks.append(Block(len(text), len(text) + len(words), kind, level))
        text += words
    return Article("a.txt", "A", text, tuple(blocks), "a.txt", "", language="en")


def beginning_at(article: Article, start: int) -> Passage:
    return Passage("a.txt", start, len(article.text), (), article.text[start:])


def lead_before(article: Article, words: str) -> tuple[str, str] | None:
    """Return what announced a passage that begins with `words`."""
    (lead,) = leads(article, [beginning_at(article, article.text.index(words))])
    return (lead.of, article.text[lead.start : lead.end]) if lead else None


def test_items_are_announced_by_the_last_sentence_before_them_if_a_colon_ends_it() -> None:
    article = article_of(
        ("paragraph", 0, "Ibuprane is strong. Do not take it if you have:"),
        ("item", 1, "an ulcer. It may bleed"),
        ("item", 1, "asthma"),
        ("paragraph", 0, "Take it with food."),
        ("item", 1, "in the morning"),
        ("item", 1, "in the evening"),
    )
    lead = ("list", "Do not take it if you have:")
    assert lead_before(article, "an ulcer") == lead
    assert lead_before(article, "It may bleed") == lead
    assert lead_before(article, "asthma") == lead
    assert lead_before(article, "Ibuprane") is None
    assert lead_before(article, "Take it with food") is None
    assert lead_before(article, "in the evening") is None


def test_a_heading_ends_what_was_announced() -> None:
    article = article_of(
        ("paragraph", 0, "Do not take it if you have:"),
        ("heading", 2, "Doses"),
        ("item", 1, "two a day"),
        ("item", 1, "three a day"),
    )
    assert lead_before(article, "three") is None


def test_a_list_inside_a_list_is_announced_by_what_announced_the_outer_one() -> None:
    parts: list[tuple[BlockKind, int, str]] = [
        ("item", 1, "Ask first if you take:"),
        ("item", 2, "tablets for:"),
        ("item", 3, "the heart"),
        ("item", 2, "steroids"),
        ("item", 1, "are pregnant"),
    ]
    outer = article_of(("paragraph", 0, "See a doctor if you:"), *parts)
    assert set(announcers(outer.text, outer.blocks)[1:]) == {0}
    alone = article_of(*parts)
    assert announcers(alone.text, alone.blocks) == [None, 0, 0, 0, None]


def test_rows_are_announced_by_the_first_of_their_table_with_its_caption() -> None:
    rows: list[tuple[BlockKind, int, str]] = [
        ("row", 0, "Drug | Dose | In kidney disease"),
        ("row", 0, "Ibuprane | 50 mg | 10 mg"),
    ]
    plain = article_of(("paragraph", 0, "Ask your doctor."), *rows)
    assert lead_before(plain, "Drug") is None
    assert lead_before(plain, "Ibuprane") == ("table", "Drug | Dose | In kidney disease")
    captioned = article_of(("row", 0, "Table 1: doses"), *rows)
    assert lead_before(captioned, "Drug") == ("table", "Table 1: doses")
    both = ("table", "Table 1: doses\nDrug | Dose | In kidney disease")
    assert lead_before(captioned, "Ibuprane") == both


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.integers(1, 4), st.sampled_from(WORDS))),
    st.data(),
)
def test_a_lead_stands_before_the_passage_in_an_unbroken_run(
    parts: list[tuple[BlockKind, int, str]], data: st.DataObject
) -> None:
    article = article_of(*parts)
    if not parts:
        return
    starts = sorted(data.draw(st.sets(st.integers(0, len(article.text) - 1), min_size=1)))
    passages = [beginning_at(article, start) for start in starts]
    for passage, lead in zip(passages, leads(article, passages), strict=True):
        if lead is None:
            continue
        assert lead.start < lead.end <= passage.start
        words = article.text[lead.start : lead.end]
        assert lead.of == "table" or words.endswith(":")
        kind: BlockKind = "item" if lead.of == "list" else "row"
        between = [b for b in article.blocks if lead.end < b.start <= passage.start]
        assert between
        assert {block.kind for block in between} == {kind}
