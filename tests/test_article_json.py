"""An article as JSON: what was written comes back, and anything else is refused by name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.article_json import article_from_json, article_to_json
from index.errors import SnapshotDamaged
from index.records import Article, Block, CitationMark, LeftOut, Reference

TEXT = st.text()
ARTICLES = st.builds(
    Article,
    article_id=TEXT,
    title=TEXT,
    text=TEXT,
    blocks=st.just((Block(0, 0, "row", 3, None),)),
    source=TEXT,
    source_sha256=st.just(""),
    authors=st.lists(TEXT).map(tuple),
    note=st.none() | TEXT,
    references=st.lists(st.builds(Reference, TEXT, st.none() | st.integers())).map(tuple),
    left_out=st.lists(st.builds(LeftOut, TEXT, TEXT)).map(tuple),
    citation_marks=st.just((CitationMark(1, 2, (3, 4)),)),
)


@given(ARTICLES)
def test_an_article_comes_back(article: Article) -> None:
    record = article_to_json(article)
    assert "text" not in json.loads(record)
    assert article_from_json(record, article.text) == article


@pytest.mark.parametrize("record", ["", "{}", "[1]", '{"authors": 1}', '{"blocks": [[1]]}'])
def test_what_is_no_article_is_refused(record: str) -> None:
    with pytest.raises(SnapshotDamaged, match="the record of an article is not one"):
        article_from_json(record, "")
