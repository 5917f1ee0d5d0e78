"""Which passages speak, and which of their words answer: the pure part."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from index.records import Article, Block, BlockKind, Hit, Passage, SectionType
from service.answer import (
    Candidate,
    also_in,
    body_start,
    care_sections,
    choose,
    nearest_topics,
    passage_blocks,
    sentences_of,
    with_their_lists,
)


def _candidate(
    row: int, article: str, text: str, probability: float, group: int | None = None
) -> Candidate:
    passage = Passage(article, row * 1000, row * 1000 + len(text), ("H",), text)
    hit = Hit(row, passage, 0.5, 0.5, 1.0)
    return Candidate(hit, probability, row if group is None else group)


def _rows(chosen: Sequence[Candidate]) -> list[int]:
    return [candidate.hit.row for candidate in chosen]


def test_the_best_come_in_their_order_down_to_the_threshold() -> None:
    pool = [
        _candidate(0, "a", "calf cramps at night", 0.9),
        _candidate(1, "b", "magnesium tablets", 0.5),
        _candidate(2, "c", "drinking water", 0.49999),
    ]
    assert _rows(choose(pool, k=5, per_article=2, threshold=0.5)) == [0, 1]
    assert _rows(choose(pool, k=1, per_article=2, threshold=0.5)) == [0]
    assert choose(pool, k=5, per_article=2, threshold=0.91) == []
    assert choose([], k=5, per_article=2, threshold=0.5) == []


def test_an_article_does_not_fill_the_answer() -> None:
    words = ["calf", "thigh", "foot", "hand"]
    pool = [_candidate(n, "one", f"{word} cramps", 0.9) for n, word in enumerate(words)]
    pool.append(_candidate(9, "other", "eyelid twitch", 0.6))
    assert _rows(choose(pool, k=5, per_article=2, threshold=0.5)) == [0, 1, 9]
    assert _rows(choose(pool, k=5, per_article=1, threshold=0.5)) == [0, 9]


def test_a_near_copy_is_shown_once_with_all_its_articles() -> None:
    pool = [
        _candidate(0, "a", "stretch the calf", 0.9, group=0),
        _candidate(1, "b", "stretch that calf", 0.8, group=0),
        _candidate(2, "c", "drink water", 0.7),
        _candidate(3, "b", "stretch the calf", 0.6, group=0),
        _candidate(4, "a", "stretch one calf", 0.1, group=0),
        _candidate(5, "d", "stretch the calf", 0.01, group=0),
    ]
    chosen = choose(pool, k=5, per_article=2, threshold=0.5)
    assert _rows(chosen) == [0, 2]
    # One an article, the most probable; below the threshold too: the words are the same.
    assert [p.start for p in also_in(chosen[0], pool)] == [1000, 5000]
    assert also_in(chosen[1], pool) == []


POOLS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4), st.floats(0, 1)), max_size=12)


@given(POOLS, st.integers(1, 6), st.integers(1, 3), st.floats(0.01, 0.99))
def test_what_is_chosen_always_holds_to_the_rules(
    pool: list[tuple[str, int, float]], k: int, per_article: int, threshold: float
) -> None:
    candidates = [_candidate(n, a, "x", p, group) for n, (a, group, p) in enumerate(pool)]
    candidates.sort(key=lambda candidate: -candidate.probability)
    chosen = choose(candidates, k=k, per_article=per_article, threshold=threshold)
    assert [c for c in candidates if c in chosen] == chosen
    assert len(chosen) <= k
    assert all(c.probability >= threshold for c in chosen)
    by_article = [c.hit.passage.article_id for c in chosen]
    assert all(by_article.count(name) <= per_article for name in by_article)
    groups = [c.group for c in chosen]
    assert len(set(groups)) == len(groups)
    for one in chosen:
        others = {c.hit.passage.article_id for c in candidates if c.group == one.group}
        named = [passage.article_id for passage in also_in(one, candidates)]
        assert sorted(named) == sorted(others - {one.hit.passage.article_id})
    if len(chosen) < k:
        for left in candidates:
            if left not in chosen and left.probability >= threshold:
                full = by_article.count(left.hit.passage.article_id) == per_article
                assert full or left.group in groups


# Blocks, sentences, highlights

TEXT = "Cramp\n\nAt night\n\nIt hurts. It passes soon.\n\na warm bath. Truly.\n\nLast."
SPANS: list[tuple[int, int, BlockKind]] = [
    (0, 5, "heading"),
    (7, 15, "heading"),
    (17, 42, "paragraph"),
    (44, 63, "item"),
    (65, 70, "paragraph"),
]
ARTICLE = Article("a", "Cramp", TEXT, tuple(Block(s, e, k) for s, e, k in SPANS), "a", "0")


def _passage(start: int, end: int) -> Passage:
    return Passage("a", start, end, (), TEXT[start:end])


def test_the_blocks_of_a_passage_count_from_its_own_start() -> None:
    passage = _passage(7, 63)
    blocks = passage_blocks(ARTICLE, passage)
    assert [(passage.text[b.start : b.end], b.kind) for b in blocks] == [
        ("At night", "heading"),
        ("It hurts. It passes soon.", "paragraph"),
        ("a warm bath. Truly.", "item"),
    ]
    assert body_start(blocks) == 10
    assert body_start(blocks[:1]) == 0
    assert body_start([]) == 0


def test_a_passage_that_cuts_a_block_holds_its_part_of_it() -> None:
    blocks = passage_blocks(ARTICLE, _passage(27, 42))
    assert [(b.start, b.end, b.kind) for b in blocks] == [(0, 15, "paragraph")]
    assert passage_blocks(ARTICLE, _passage(42, 44)) == []


def test_sentences_leave_headings_out_and_keep_items_whole() -> None:
    passage = _passage(0, 70)
    spans = sentences_of(passage, passage_blocks(ARTICLE, passage), "en")
    assert [passage.text[a:b].strip() for a, b in spans] == [
        "It hurts.",
        "It passes soon.",
        "a warm bath. Truly.",
        "Last.",
    ]


def test_the_nearest_topics_are_headings_each_once() -> None:
    def hit(row: int, article: str, section: tuple[str, ...]) -> Hit:
        return Hit(row, Passage(article, 0, 1, section, "x"), 0.5, 0.5, 0.0)

    hits = [
        hit(0, "a", ("Cramp", "Causes")),
        hit(1, "a", ("Cramp", "Causes")),
        hit(2, "b", ()),
        hit(3, "a", ("Cramp",)),
        hit(4, "c", ("Heat",)),
        hit(5, "d", ("Salt",)),
    ]
    titles = {"a": "Cramp", "b": "Back", "c": "Summer", "d": "Food"}
    found = nearest_topics(hits, titles.__getitem__)
    assert [(title, heading, p.article_id) for title, heading, p in found] == [
        ("Cramp", "Causes", "a"),
        ("Back", "", "b"),
        ("Cramp", "", "a"),
        ("Summer", "Heat", "c"),
    ]


def test_a_care_section_cut_into_several_is_one_with_its_first() -> None:
    def passage(at: int, heading: str, kind: SectionType) -> Passage:
        return Passage("a", at, at + 1, ("A", heading), "x", kind)

    care: SectionType = "when_to_seek_care"
    passages = [
        passage(0, "Causes", "causes"),
        passage(1, "Doctor", care),
        passage(2, "Doctor", care),
        passage(3, "Doctor", care),
        passage(4, "At once", care),
        passage(5, "Causes", "causes"),
        passage(6, "At once", care),
    ]
    found = [(first.start, list(places)) for first, places in care_sections(passages)]
    assert found == [(1, [1, 2, 3]), (4, [4]), (6, [6])]
    assert care_sections(passages[:1]) == []


def test_a_marked_sentence_that_opens_a_list_is_marked_with_its_items() -> None:
    text = "It hurts. More often with:\n\nage\n\nstatins\n\nIt passes.\n\nrest"
    pieces: list[tuple[str, BlockKind]] = [
        ("It hurts. More often with:", "paragraph"),
        ("age", "item"),
        ("statins", "item"),
        ("It passes.", "paragraph"),
        ("rest", "item"),
    ]
    blocks = [
        Block(at, at + len(piece), kind) for piece, kind in pieces for at in [text.index(piece)]
    ]

    def marked(*sentences: str) -> list[str]:
        spans = [(text.index(one), text.index(one) + len(one)) for one in sentences]
        return [text[a:b] for a, b in with_their_lists(spans, blocks, text)]

    assert marked("More often with:") == ["More often with:", "age", "statins"]
    assert marked("More often with:", "statins") == ["More often with:", "age", "statins"]
    # A sentence that only stands above a list, and one that ends in the middle of its block.
    assert marked("It passes.") == ["It passes."]
    assert marked("It hurts.", "statins") == ["It hurts.", "statins"]
    assert marked() == []
