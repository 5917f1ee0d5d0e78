"""Records on disk: what is written comes back, and what was altered is not taken for it."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import SnapshotDamaged
from index.records import Article, Block, CitationMark, LeftOut, Passage, Reference
from index.store import FileRecord, Records
from index.store_writing import write_records

STORABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))

CALF = Article(
    article_id="calf.txt",
    title="Calf",
    text="Calf\n\nIt hurts 🙂. Rest.",
    blocks=(Block(0, 4, "heading", 1, 0), Block(6, 23, "paragraph")),
    source="calf.txt",
    source_sha256="ab",
    authors=("A. Nurse", "É. Docteur"),
    references=(Reference("A book.", 1, "https://example.org", "10.1/x"),),
    left_out=(LeftOut("Home", "navigation"),),
    citation_marks=(CitationMark(12, 13, (1,)), CitationMark(14, 16)),
)
CALF_PASSAGES = [
    Passage("calf.txt", 0, 17, ("Calf",), "Calf\n\nIt hurts 🙂.", "symptoms"),
    Passage("calf.txt", 18, 23, ("Calf",), "Rest."),
]
EYE = Article("eye.txt", "Eye", "It twitches.", (Block(0, 12, "paragraph"),), "eye.txt", "cd")
EYE_PASSAGES = [Passage("eye.txt", 0, 12, (), "It twitches.")]
FILES = [
    FileRecord("calf.txt", "ab", 30, 5, "", "folder .", b"8 bytes."),
    FileRecord("x.pdf", "", 1, 0, "is broken"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "odd ?#% name" / "records.db"
    path.parent.mkdir()
    counts = write_records(path, [(CALF, CALF_PASSAGES), (EYE, EYE_PASSAGES)], FILES)
    assert counts == (2, 3)
    return path


def test_everything_comes_back(path: Path) -> None:
    records = Records(path)
    assert records.counts() == (2, 3)
    assert records.article("calf.txt") == CALF
    assert records.article("nobody") is None
    assert records.passages_of("calf.txt") == CALF_PASSAGES
    assert records.passages_of("nobody") == []
    names = ("nobody", "eye.txt", "calf.txt")
    assert records.with_section(names, "symptoms") == {"calf.txt"}
    assert records.with_section(names, "") == {"calf.txt", "eye.txt"}
    assert records.with_section(names[:2], "symptoms") == records.with_section((), "") == set()
    assert records.passages([2, 0, 0, 99]) == {0: CALF_PASSAGES[0], 2: EYE_PASSAGES[0]}
    assert list(records.every_article()) == [(CALF, 0, CALF_PASSAGES), (EYE, 2, EYE_PASSAGES)]
    assert records.article_rows() == {"calf.txt": (0, 2), "eye.txt": (2, 1)}
    assert records.articles_of_source("eye.txt") == [(EYE, 2, EYE_PASSAGES)]
    assert records.ids_of_source("eye.txt") == ["eye.txt"]
    assert records.ids_of_source("nobody") == []
    assert records.headings() == ["Calf"]
    assert records.files() == {record.source: record for record in FILES}
    assert records.known_files() == {
        "calf.txt": ("calf.txt", "ab", 30, 5, "", "folder ."),
        "x.pdf": ("x.pdf", "", 1, 0, "is broken", ""),
    }
    assert records.files_named(["x.pdf", "gone.md"]) == {"x.pdf": FILES[1]}
    assert records.files_of_groups(["folder .", "host x"]) == {"calf.txt": FILES[0]}
    assert records.files_of_groups([]) == {}


def test_articles_are_paged_by_id_without_their_text(path: Path) -> None:
    records = Records(path)
    assert [article.article_id for article in records.articles()] == ["calf.txt", "eye.txt"]
    assert [article.article_id for article in records.articles(limit=1)] == ["calf.txt"]
    assert [article.article_id for article in records.articles(after="calf.txt")] == ["eye.txt"]
    assert {article.text for article in records.articles()} == {""}


def test_many_rows_and_articles_come_in_pieces(tmp_path: Path) -> None:
    articles = [
        (
            Article(f"{i:04}", "T", "Text.", (Block(0, 5, "paragraph"),), f"{i:04}", ""),
            [Passage(f"{i:04}", 0, 5, (), "Text.")],
        )
        for i in range(1201)
    ]
    write_records(tmp_path / "records.db", articles, [])
    records = Records(tmp_path / "records.db")
    assert [article for article, _, _ in records.every_article()] == [a for a, _ in articles]
    assert list(records.passages(range(1201))) == list(range(1201))


@given(
    st.builds(
        Article,
        article_id=STORABLE.filter(bool),
        title=STORABLE,
        text=STORABLE,
        blocks=st.just((Block(0, 0, "row", 3, None),)),
        source=STORABLE,
        source_sha256=st.just(""),
        authors=st.lists(STORABLE).map(tuple),
        note=st.none() | STORABLE,
        references=st.lists(st.builds(Reference, STORABLE, st.none() | st.integers())).map(tuple),
        left_out=st.lists(st.builds(LeftOut, STORABLE, STORABLE)).map(tuple),
    ),
    st.data(),
)
def test_whatever_storable_article_comes_back(
    tmp_path_factory: pytest.TempPathFactory, article: Article, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(article.text)))
    end = data.draw(st.integers(start, len(article.text)))
    section = data.draw(st.lists(STORABLE).map(tuple))
    passage = Passage(article.article_id, start, end, section, article.text[start:end])
    path = tmp_path_factory.mktemp("store") / "records.db"
    write_records(path, [(article, [passage])], [])
    records = Records(path)
    assert records.article(article.article_id) == article
    assert records.passages([0]) == {0: passage}
    records.close()


@pytest.mark.parametrize("content", [None, b"", b"SQLite format 3\0", b"not a database" * 100])
def test_what_is_no_database_is_damage(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "records.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SnapshotDamaged, match=r"records\.db cannot be read"):
        Records(path)


def test_every_truncation_is_damage(path: Path) -> None:
    whole = path.read_bytes()
    for length in range(0, len(whole), 512):
        path.write_bytes(whole[:length])
        with pytest.raises(SnapshotDamaged):
            Records(path)


@pytest.mark.parametrize("record", ["", "[]", "{}", '{"authors": 1}', "null"])
def test_an_altered_record_is_damage(path: Path, record: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute("UPDATE articles SET record = ?", (record,))
    with pytest.raises(SnapshotDamaged, match=r"records\.db was altered"):
        Records(path).article("calf.txt")


def test_a_passage_cannot_differ_from_its_article(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("UPDATE articles SET text = replace(text, 'hurts', 'heals')")
    records = Records(path)
    (article,) = records.articles_of_source("calf.txt")
    assert article[2][0].text == article[0].text[0:17] == "Calf\n\nIt heals 🙂."


def test_a_failing_disk_is_an_os_error(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    path.mkdir()
    with pytest.raises(OSError, match=r"records\.db: unable to open"):
        write_records(path, [], [])
