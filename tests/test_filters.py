"""Filters: the rows that pass, and a search that is the search of those rows alone."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.analysis import terms
from index.articles import ArticleIndex
from index.encoder import DeterministicEncoder
from index.errors import QuestionError
from index.filters import Column, Columns, Filter, period
from index.fusion import POOL, Signals, fuse_signals
from index.records import Article, Passage, SectionType
from index.search import Searcher
from index.snapshot import open_snapshot
from ingest.pipeline import update_index

PUBLISHERS = ["First Library", "Second  Library", None]
LANGUAGES = ["en", "en-GB", "de", None]
DATES = ["2019", "2020-06", "2020-06-15", "2021-01-01", None]
HEADINGS = ["Causes", "Treatment", "Stretching"]
WORDS = ["calf", "cramp", "night", "salt", "water", "heat", "eyelid", "twitch"]


def write_articles(corpus: Path, articles: int) -> None:
    rng = np.random.default_rng(7)
    corpus.mkdir()
    for number in range(articles):
        facts = {
            "publisher": PUBLISHERS[number % 3],
            "language": LANGUAGES[number % 4],
            "published": DATES[number % 5],
            "modified": DATES[(number // 5) % 5],
        }
        front = "".join(f'{name}: "{value}"\n' for name, value in facts.items() if value)
        body = "".join(
            f"## {HEADINGS[part]}\n\n{' '.join(rng.choice(WORDS, 12)).capitalize()}.\n\n"
            for part in range(3)
        )
        (corpus / f"{number:03}.md").write_text(f"---\n{front}---\n\n# Number {number}\n\n{body}")


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    home = tmp_path_factory.mktemp("filtered")
    write_articles(home / "corpus", 100)
    update_index(home / "corpus", home / "index", DeterministicEncoder(), target_tokens=16)
    return Searcher(open_snapshot(home / "index"))


@pytest.fixture(scope="module")
def read(searcher: Searcher) -> list[tuple[Passage, Article]]:
    """Return every passage with its article, by row."""
    return [
        (passage, article)
        for article, _, passages in searcher.snapshot.records.every_article()
        for passage in passages
    ]


def passes(passage: Passage, article: Article, wanted: Filter) -> bool:
    """The oracle: read the passage and its article, and look."""

    def dated(stated: str | None, since: str | None, until: str | None) -> bool:
        if since is None and until is None:
            return True
        if stated is None:
            return False
        first = {4: "-01-01", 7: "-01", 10: ""}
        last = {4: "-12-31", 7: "-30", 10: ""}
        return (since is None or stated + first[len(stated)] >= since + first[len(since)]) and (
            until is None or stated + last[len(stated)] <= until + last[len(until)]
        )

    return (
        (not wanted.articles or article.article_id in wanted.articles)
        and (
            not wanted.publishers
            or (article.publisher or "-").lower().split()
            in [name.lower().split() for name in wanted.publishers]
        )
        and (not wanted.section_types or passage.section_type in wanted.section_types)
        and (
            not wanted.languages
            or any(f"{article.language}-".startswith(f"{tag}-") for tag in wanted.languages)
        )
        and dated(article.published, wanted.published_since, wanted.published_until)
        and dated(article.modified, wanted.modified_since, wanted.modified_until)
    )


def some(values: Sequence[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


BOUND = st.sampled_from([None, None, None, "2019", "2020", "2020-06", "2020-06-15", "2021"])
TYPES: st.SearchStrategy[tuple[SectionType, ...]] = st.sampled_from(
    [(), (), ("causes",), ("treatment", "causes"), ("",), ("prevention",)]
)
FILTERS = st.builds(
    Filter,
    articles=some(["000.md", "017.md", "none.md"]) | st.just(()),
    publishers=some(["first library", "SECOND LIBRARY", "nobody"]),
    section_types=TYPES,
    languages=some(["en", "en-GB", "de", "fr"]),
    published_since=BOUND,
    published_until=BOUND,
    modified_since=BOUND,
    modified_until=BOUND,
)


@given(wanted=FILTERS)
def test_rows_are_those_that_a_reader_would_choose(
    searcher: Searcher, read: list[tuple[Passage, Article]], wanted: Filter
) -> None:
    expected = [
        row for row, (passage, article) in enumerate(read) if passes(passage, article, wanted)
    ]
    assert searcher.rows_of(wanted).tolist() == expected


QUESTIONS = ["calf cramp at night", "salt water", "zzz", "my eyelid twitches in the heat and cramp"]


@given(
    rows=st.sets(st.integers(0, 299)),
    question=st.sampled_from(QUESTIONS),
    k=st.integers(1, 60),
)
def test_hits_are_the_ranking_of_the_allowed_rows_alone(
    searcher: Searcher, rows: set[int], question: str, k: int
) -> None:
    snapshot = searcher.snapshot
    allowed = np.array(sorted(rows), np.int64)
    allowed = allowed[allowed < snapshot.manifest.passages]
    vector = DeterministicEncoder().encode([question])[0]
    # Brute force: score every allowed row, take the best of each side, fuse, sort.
    cosines = snapshot.dense.scores_of(vector, allowed)
    matches = snapshot.lexical.scores(question)[allowed]
    near = np.lexsort((allowed, -cosines))[:POOL]
    matching = [i for i in np.lexsort((allowed, -matches))[:POOL] if matches[i] > 0]
    pool = np.array(sorted({*near.tolist(), *matching}), np.int64)
    of = searcher.articles.article_of[allowed[pool]]
    assert searcher.directions is not None
    fused = fuse_signals(
        Signals(
            passage_dense=cosines[pool],
            article_dense=searcher.articles.scores_of(vector, of),
            passage_lexical=matches[pool],
            article_lexical=searcher.articles.lexical.scores(question)[of],
            terms=searcher.directions.signals(
                Counter(terms(question)),
                snapshot.lexical,
                snapshot.dense.vectors,
                allowed[pool],
                allowed[near],
            ),
        )
    )
    order = np.lexsort((pool, -fused))[:k]
    hits = searcher.search(question, vector, k, allowed=allowed)
    assert [hit.row for hit in hits] == allowed[pool[order]].tolist()
    assert [hit.score for hit in hits] == fused[order].tolist()
    # Never short: as many as asked for, or all there are.
    assert len(hits) == min(k, len(pool))
    assert len(pool) >= min(k, len(allowed))


def test_all_rows_allowed_is_no_filter_at_all(searcher: Searcher) -> None:
    everything = np.arange(searcher.snapshot.manifest.passages)
    for question in QUESTIONS:
        vector = DeterministicEncoder().encode([question])[0]
        assert searcher.search(question, vector, 40) == searcher.search(
            question, vector, 40, allowed=everything
        )


def test_columns_are_in_the_order_of_the_rows(searcher: Searcher) -> None:
    records = searcher.snapshot.records
    columns = Columns.of(records)
    rows = records.article_rows()
    named = [columns.articles.values[code] for code in columns.articles.codes]
    assert named == sorted(rows, key=lambda name: rows[name])
    assert len(columns.section_types.codes) == searcher.snapshot.manifest.passages
    assert len(columns.section_types.values) <= len(HEADINGS) + 1
    articles = ArticleIndex.of(searcher.snapshot)
    assert len(columns.articles.codes) == articles.article_of[-1] + 1


def test_what_is_not_stated_does_not_pass_by_a_blank() -> None:
    column = Column.of(["", "a", "", "b"])
    assert column.passing(lambda value: value == "a").tolist() == [False, True, False, False]
    columns = Columns(column, column, column, column, column, Column.of(["causes"] * 4))
    assert columns.rows(Filter(publishers=("",)), np.arange(4)).tolist() == []
    assert columns.rows(Filter(published_since="0001"), np.arange(4)).tolist() == []


@pytest.mark.parametrize(
    ("stated", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-12-24", date(2023, 12, 24), date(2023, 12, 24)),
    ],
)
def test_a_partial_date_is_a_period(stated: str, first: date, last: date) -> None:
    assert period(stated) == (first, last)


@pytest.mark.parametrize("stated", ["", "24", "2024-13", "2023-02-29", "0000", "2024-1-1", "٢٠٢٤"])
def test_what_is_no_date_is_refused_by_name(stated: str, searcher: Searcher) -> None:
    with pytest.raises(QuestionError, match="is not a date"):
        period(stated)
    with pytest.raises(QuestionError, match="2024-03-31"):
        searcher.rows_of(replace(Filter(), modified_until=stated))
