"""Facts about a source: stated when they hold, and only then."""

import time
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from index.records import Article, LeftOut, Reference
from service.evidence.sources import OLD_YEARS, labels, latest_date, older_than, selling_words
from tests.service_fixtures import CAUSES, SOURCES, build, client, settings_in, write_corpus

DAY = date(2026, 11, 22)


def _article(text: str = "Calves cramp.", **values: object) -> Article:
    complete = {
        "published": "2025-01-02",
        "authors": ("A. Writer",),
        "references": (Reference("A book"),),
        **values,
    }
    return Article("a", "A", text, (), "a.md", "0" * 64, **complete)  # type: ignore[arg-type]


def _kinds(article: Article) -> list[str]:
    return [label.kind for label in labels(article, DAY)]


def test_an_article_that_says_all_of_itself_has_no_label() -> None:
    assert labels(_article(), DAY) == ()


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ({"published": None}, ["no_date"]),
        ({"published": "recently"}, ["no_date"]),
        ({"published": None, "retrieved": "2026-01-01"}, ["no_date"]),
        ({"published": None, "reviewed": "2026"}, []),
        ({"published": "2011-05"}, ["old"]),
        ({"published": "2011-05", "modified": "2026-01-01"}, []),
        ({"authors": ()}, ["no_author"]),
        ({"references": ()}, ["no_references"]),
        ({"references": (), "text": "It helps [3]."}, []),
        ({"references": (), "text": "See doi:10.1000/1."}, []),
        ({"text": "Cramps? Shop now."}, ["sells"]),
        ({"reviewed_by": "Dr  B. Reader"}, ["reviewed_by"]),
        (
            {"published": None, "authors": (), "references": ()},
            ["no_date", "no_author", "no_references"],
        ),
    ],
)
def test_a_label_stands_where_its_fact_does(values: dict[str, object], kinds: list[str]) -> None:
    assert _kinds(_article(**values)) == kinds  # type: ignore[arg-type]


def test_a_label_names_what_it_is_about() -> None:
    (old,) = labels(_article(published="2011-05", modified="2012"), DAY)
    assert (old.value, old.text) == (
        "2012",
        "Its latest date, 2012, is more than 5 years back.",
    )
    (reviewed,) = labels(_article(reviewed_by="Dr  B. Reader", reviewed="2026-02"), DAY)
    assert reviewed.text == "Last reviewed by Dr B. Reader (2026-02)."
    (sells,) = labels(_article(left_out=(LeftOut("ADD  to\ncart", "a form"),)), DAY)
    assert (sells.value, sells.text) == (
        "ADD to cart",
        "Its page has the words or links of a shop: “ADD to cart”.",
    )


@pytest.mark.parametrize(
    ("stated", "old"),
    [
        ("2021-11-21", True),
        ("2021-11-22", False),
        ("2021-11", False),
        ("2021-10", True),
        ("2021", False),
        ("2020", True),
        ("2021-11-21T10:00:00Z", True),
        ("2027-01-01", False),
    ],
)
def test_old_is_more_than_so_many_years_to_the_day(stated: str, old: bool) -> None:
    assert older_than(stated, 5, DAY) is old


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_a_part_of_a_date_is_never_older_than_the_whole(day: date) -> None:
    whole, month, year = day.isoformat(), day.isoformat()[:7], day.isoformat()[:4]
    assert older_than(year, OLD_YEARS, DAY) <= older_than(month, OLD_YEARS, DAY)
    assert older_than(month, OLD_YEARS, DAY) <= older_than(whole, OLD_YEARS, DAY)


def test_the_latest_date_wins_however_exact() -> None:
    assert latest_date(_article(published="2019-06-30", modified="2019")) == "2019"
    assert latest_date(_article(published="2019-06-30", modified="2019-06-29")) == "2019-06-30"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Buy now and save.", "Buy now"),
        ("See https://example.org/Products/magnesium-oil for it.", "https://example.org/Products/magnesium-oil"),
        ("Now at https://shop.example.org today", "https://shop.example.org"),
        ("Buy shoes that fit.", None),
        ("Dairy products hold calcium; a photoshop nowhere.", None),
        ("Rebuy nowhere.", None),
    ],
)  # fmt: skip
def test_a_shop_is_known_by_words_that_only_shops_write(text: str, words: str | None) -> None:
    assert selling_words(_article(text)) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Read //shop.example.org/a(b) now", "//shop.example.org/a(b"),
        ("See (https://a.example.org)/cart for it, not /shop/.", None),
        ("See http://a.example.org/b then http://b.example.org/cart?c", "http://b.example.org/cart?c"),
        ("At https://a.example.org//b/checkout/ you buy now.", "https://a.example.org//b/checkout/"),
        ("Buy now at https://shop.example.org", "Buy now"),
        ("At https://shop.example.org you buy now.", "https://shop.example.org"),
        ("The //shop", None),
    ],
)  # fmt: skip
def test_the_first_words_or_address_are_given_whole(text: str, words: str | None) -> None:
    assert selling_words(_article(text)) == words


@pytest.mark.parametrize(
    "text",
    [
        "/" * 200_000 + " add to cart",
        "//abc.de" * 25_000 + " checkouts",
        "https:" * 33_000 + " //a/cart",
        "add " * 50_000 + " add\n to cart",
        "add" + " " * 200_000 + "too cart; your products",
    ],
)
def test_labels_of_odd_text_cost_no_time(text: str) -> None:
    article = _article(text)
    began = time.process_time()
    selling_words(article)
    assert time.process_time() - began < 0.5


# On the faces


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder: Path = tmp_path_factory.mktemp("sources")
    copied = SOURCES["night.md"].replace("Example Library", "Copying Library")
    copied = copied.replace("half a minute", "one minute")
    sources = {**SOURCES, "copied.md": copied}
    sources["night.md"] = sources["night.md"].replace("2025-03-04", "2009-03-04")
    sources["night.md"] = sources["night.md"].replace('reviewed: "2025-06"', "note: A note")
    write_corpus(folder / "corpus", sources)
    build(settings_in(folder))
    return client(settings_in(folder))


def test_the_json_names_labels_and_copies(api: TestClient) -> None:
    answer = api.post("/v1/ask", json={"question": CAUSES, "k": 20}).json()
    by_id = {p["article"]["article_id"]: p["article"] for p in answer["passages"]}
    water = by_id["more/water & salt.md"]
    assert [label["kind"] for label in water["labels"]] == ["no_date", "no_author", "no_references"]
    texts = [p["text"] for p in answer["passages"]]
    assert len(set(texts)) == len(texts)
    (calf,) = (p for p in answer["passages"] if "foot points down" in p["text"])
    (copy,) = calf["also_in"]
    assert {calf["article"]["article_id"], copy["article"]["article_id"]} == {
        "night.md",
        "copied.md",
    }
    assert copy["identical"] is True
    assert copy["sha256"] == calf["sha256"]
    whole = api.get(f"/v1/articles/{copy['article']['article_id']}").json()
    assert whole["text"][copy["start"] : copy["end"]] == calf["text"]
    kinds = {a: [x["kind"] for x in api.get(f"/v1/articles/{a}").json()["labels"]]
             for a in ("night.md", "copied.md")}  # fmt: skip
    assert kinds == {"night.md": ["old"], "copied.md": []}


def test_the_page_shows_labels_and_copies(api: TestClient) -> None:
    page = api.post("/", data={"q": CAUSES}).text
    assert "No references" in page
    assert "The same passage stands in one more article. It counts as one source." in page
    assert "Copying Library" in page
    assert "Example Library" in page
