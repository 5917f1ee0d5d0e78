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
    """Return what announced a passage that begins with `words`, outermost first."""
    (chain,) = leads(article, [beginning_at(article, article.text.index(words))])
    if not chain:
        return None
    return chain[0].of, " / ".join(article.text[lead.start : lead.end] for lead in chain)


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


def test_a_list_inside_a_list_is_announced_by_both() -> None:
    parts: list[tuple[BlockKind, int, str]] = [
        ("item", 1, "Ask first if you take:"),
        ("item", 2, "tablets for:"),
        ("item", 3, "the heart"),
        ("item", 2, "steroids"),
        ("item", 1, "are pregnant"),
    ]
    outer = article_of(("paragraph", 0, "See a doctor if you:"), *parts)
    assert announcers(outer.text, outer.blocks) == [(), (0,), (0, 1), (0, 1, 2), (0, 1), (0,)]
    both = "See a doctor if you: / Ask first if you take: / tablets for:"
    assert lead_before(outer, "the heart") == ("list", both)
    alone = article_of(*parts)
    assert announcers(alone.text, alone.blocks) == [(), (0,), (0, 1), (0,), ()]


def test_what_helps_is_not_said_of_what_is_forbidden_inside_it() -> None:
    article = article_of(
        ("paragraph", 0, "These things help:"),
        ("item", 1, "rest"),
        ("item", 1, "Take what you like. Never take any of these:"),
        ("item", 2, "quinine"),
        ("item", 1, "water"),
    )
    assert lead_before(article, "quinine") == (
        "list",
        "These things help: / Never take any of these:",
    )
    assert lead_before(article, "water") == ("list", "These things help:")


def test_a_blank_line_parts_two_tables_and_two_lists() -> None:
    def two(kind: BlockKind, *words: str) -> Article:
        text = "\n\n".join(words)
        starts = [text.index(line) for part in words for line in part.split("\n")]
        lines = text.replace("\n\n", "\n").split("\n")
        blocks = tuple(
            Block(start, start + len(line), "paragraph" if line.endswith(":") else kind, 1)
            for start, line in zip(starts, lines, strict=True)
        )
        return Article("a.txt", "A", text, blocks, "a.txt", "", language="en")

    tables = two("row", "Adults | Dose\nA | 50 mg", "Children | Dose\nB | 5 mg")
    assert lead_before(tables, "A | 50 mg") == ("table", "Adults | Dose")
    assert lead_before(tables, "Children") is None
    assert lead_before(tables, "B | 5 mg") == ("table", "Children | Dose")
    lists = two("item", "Never take these together:", "quinine\nsalt", "Drink\nwater")
    assert lead_before(lists, "salt") == ("list", "Never take these together:")
    assert lead_before(lists, "Drink") is None
    assert lead_before(lists, "water") is None


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
    chains = zip(passages, leads(article, passages), strict=True)
    for passage, lead in ((passage, lead) for passage, chain in chains for lead in chain):
        assert lead.start < lead.end <= passage.start
        words = article.text[lead.start : lead.end]
        assert lead.of == "table" or words.endswith(":")
        kind: BlockKind = "item" if lead.of == "list" else "row"
        between = [b for b in article.blocks if lead.end < b.start <= passage.start]
        assert between
        assert {block.kind for block in between} == {kind}
