"""The pages through the whole service: real reading, real search, the deterministic encoder."""

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette

from index.encoder import DeterministicEncoder
from index.records import sha256_of
from ingest.pipeline import update_index
from service.app import create_app
from service.settings import Settings
from service.web.headers import CONTENT_SECURITY_POLICY, SECURITY_HEADERS
from service.web.strings import locales
from tests.service_fixtures import LONG_LISTS, build, settings_in, write_corpus
from tests.service_fixtures import client as service_client

CALVES = """---
title: Calves at night
publisher: Example Library
authors: [A. Writer]
published: 2025-03-04
licence: CC0-1.0
language: en
url: https://example.org/calves?a=1&b=2
note: Made for a test.
references:
  - title: A reference book
    url: https://example.org/book
---

# Calves at night

## Why does a calf cramp at night?

A calf cramps at night when the toes point down. The muscle is short then.

It happens more often with:

- older age
- long standing

## When to see a doctor

See a doctor when the calf is swollen, red or warm.
"""

HOSTILE = """---
title: "<script>alert(1)</script> \u202egnirts\u202c zebrafish"
publisher: "<img src=x onerror=alert(2)>"
authors: ["\u200bInvisible\u200b", "'\\"><b>bold"]
url: "javascript:alert(3)"
published: 2020-02
---

# <script>alert(1)</script> zebrafish

## Zebrafish & <i>markup</i>

Zebrafish stripes say </blockquote><script>alert(4)</script>, {{7777*7777}}, \u202ebackwards\u202c.

- zebrafish item <svg onload=alert(5)>
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("pages")
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "calves.md").write_text(CALVES, encoding="utf-8")
    (corpus / "hostile.md").write_text(HOSTILE, encoding="utf-8")
    encoder = DeterministicEncoder()
    update_index(corpus, folder / "index", encoder)
    settings = Settings(corpus=corpus, index=folder / "index", answer_threshold=0.05)
    headers = {"accept": "text/html,*/*;q=0.1"}
    with TestClient(create_app(settings, encoder), headers=headers) as client:
        yield client


QUESTION = "Why does a calf cramp at night?"


class _Outline(HTMLParser):
    """Collects what a browser would make of a page: elements with their attributes, and text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.words.append((self.open[-1] if self.open else "", data))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def text(self, tag: str) -> str:
        return "".join(data for name, data in self.words if name == tag)


def _sound(page: str) -> _Outline:
    """Check what must hold of every page; return its outline."""
    outline = _Outline(page)
    ids = [a["id"] for _, a in outline.elements if "id" in a]
    assert len(ids) == len(set(ids)), "an id stands twice"
    assert len(outline.all("h1")) == 1
    assert len(outline.all("main")) == 1
    assert outline.all("html")[0]["lang"] in {"en", "es"}
    ranks = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch("h[1-6]", tag)]
    assert ranks[0] == 1
    assert all(b - a <= 1 for a, b in pairwise(ranks)), ranks
    for tag, attributes in outline.elements:
        assert not any(name.startswith("on") or name == "style" for name in attributes), tag
        for name in ("href", "src", "action"):
            assert not attributes.get(name, "").lower().startswith(("javascript:", "data:"))
        if tag in {"script", "link", "img"}:
            loaded = attributes.get("src", attributes.get("href", ""))
            assert loaded.startswith("/static/") or attributes.get("rel") == "search"
        for name in ("aria-labelledby", "aria-describedby", "for"):
            assert set(attributes.get(name, "").split()) <= set(ids), attributes
    return outline


def test_home_asks_and_says_what_can_be_quoted(client: TestClient) -> None:
    page = client.get("/")
    outline = _sound(page.text)
    assert page.status_code == 200
    box = next(a for a in outline.all("input") if a.get("name") == "q")
    assert {"id": "q", "autocomplete": "off", "autofocus": ""}.items() <= box.items()
    form = next(a for a in outline.all("form") if a.get("class", "").startswith("ask"))
    assert (form["method"], form["action"]) == ("post", "/")
    assert [a["value"] for a in outline.all("button") if a.get("name") == "q"] == [QUESTION]
    assert "2 articles are indexed here" in page.text


def test_an_answer_quotes_word_for_word_with_its_source(client: TestClient) -> None:
    page = client.post("/", data={"q": QUESTION})
    outline = _sound(page.text)
    answer = client.post("/v1/ask", json={"question": QUESTION}).json()
    best = answer["passages"][0]
    quoted = re.search(r"<blockquote.*?>(.*?)</blockquote>", page.text, re.DOTALL)
    assert quoted is not None
    shown = unescape(re.sub(r"<[^>]+>", "", quoted[1]))
    assert shown.split() == best["text"].split()
    start, end = best["highlights"][0]
    assert best["text"][start:end] in outline.text("mark")
    assert "Calves at night" in page.text
    assert "Example Library" in page.text
    assert "4 March 2025" in page.text
    assert "Made for a test." in page.text
    links = [a["href"] for a in outline.all("a")]
    assert (
        f"/articles/calves.md?start={best['start']}&end={best['end']}"
        f"&sha256={best['sha256'][:16]}#p{best['start']}-{best['end']}" in links
    )
    assert best["links"]["original"] in links
    assert page.headers["cache-control"] == "no-store"
    assert page.text.count(unescape(answer["disclaimer"])) == 1


@pytest.mark.parametrize("language", ["en", "es"])
def test_what_announced_a_list_stands_above_its_items(tmp_path: Path, language: str) -> None:
    write_corpus(tmp_path / "corpus", {"ibuprane.md": LONG_LISTS})
    build(settings_in(tmp_path))
    web = service_client(settings_in(tmp_path, passages_per_article=20))
    question = "trouble of the kind number 39 tablet"
    page = web.post("/", data={"q": question}, headers={"accept-language": language}).text
    _sound(page)
    said = {of: locales()[language](f"answer.lead_{of}") for of in ("list", "table")}
    answer = web.post("/v1/ask", json={"question": question}).json()
    shown = " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
    found = set()
    for passage in answer["passages"]:
        if lead := passage["lead"]:
            found.add(lead["of"])
            whole = f"{said[lead['of']]} {lead['text']} … {passage['text']}"
            assert " ".join(whole.split()) in shown
    assert found == {"list", "table"}
    assert '<p aria-hidden="true">…</p>' in page


def test_the_address_of_a_shared_answer_gives_the_same_answer(client: TestClient) -> None:
    shared = client.get("/", params={"q": QUESTION})
    posted = client.post("/", data={"q": QUESTION})

    def quotes(page: str) -> list[str]:
        return re.findall(r"<blockquote.*?</blockquote>", page, re.DOTALL)

    assert quotes(shared.text) == quotes(posted.text) != []
    assert shared.headers["cache-control"] == "no-store"


def test_the_title_of_an_answer_does_not_hold_the_question(client: TestClient) -> None:
    page = client.post("/", data={"q": QUESTION}).text
    assert QUESTION not in _Outline(page).text("title")


def test_nothing_found_says_so_and_leads_on(client: TestClient) -> None:
    page = client.post("/", data={"q": "How do I renew my passport?"})
    outline = _sound(page.text)
    assert "The articles here do not answer this" in page.text
    assert outline.all("blockquote") == []
    assert any(a["href"] == "https://medlineplus.gov/" for a in outline.all("a"))
    assert page.text.count("It is not medical advice") == 1


def test_an_emergency_notice_stands_above_the_passages(client: TestClient) -> None:
    question = "Why does a calf cramp at night? I cannot breathe."
    page = client.post("/", data={"q": question}).text
    _sound(page)
    notice, first = page.find('role="alert"'), page.find("<blockquote")
    assert 0 < notice < first


@pytest.mark.parametrize("question", ["", "   \n ", "?!"])
def test_no_question_is_said_kindly(client: TestClient, question: str) -> None:
    page = client.post("/", data={"q": question})
    assert page.status_code == 422
    _sound(page.text)
    assert "There is no question yet" in page.text
    assert page.text.count("It is not medical advice") == 1


def test_a_question_that_is_too_long_is_said_and_stays_in_the_box(client: TestClient) -> None:
    question = "Why does my calf cramp? " * 500
    page = client.post("/?lang=es", data={"q": question})
    assert page.status_code == 422
    outline = _sound(page.text)
    assert outline.text("h1") == "Eso es demasiado largo"
    assert "Su pregunta tiene 12000 caracteres. Se leen como mucho 10000." in page.text
    (box,) = (one for one in outline.all("input") if one.get("name") == "q")
    assert box["value"] == question
    assert "422 Unprocessable" in page.text
    assert page.text.count("No es un consejo médico") == 1


def test_filters_that_make_no_sense_are_an_error_page(client: TestClient) -> None:
    page = client.post("/", data={"q": QUESTION, "published_since": "soon"})
    assert page.status_code == 422
    assert _sound(page.text).text("h1") == "That could not be understood"
    assert page.text.count("It is not medical advice") == 1


@pytest.mark.parametrize("length", [10_001, 1_000_000])
def test_a_million_letters_are_refused_clearly(client: TestClient, length: int) -> None:
    page = client.post("/", data={"q": "a" * length})
    assert page.status_code in {413, 422}
    _sound(page.text)
    assert len(page.text) < 20_000


def test_one_word_of_ten_thousand_letters_is_answered_or_not_but_shown(client: TestClient) -> None:
    page = client.post("/", data={"q": "a" * 9_999})
    assert page.status_code == 200
    _sound(page.text)


@pytest.mark.parametrize(
    "question",
    [
        "</title><script>alert(1)</script> calf?",
        '"><img src=x onerror=alert(1)> calf',
        "calf \u202e\u2066\u200b\u0000 cramp",
        "{{ config }} {% raw %} calf",
        "calf \ud83d\ude00 cramp \U0001f9b5",
    ],
)
def test_a_hostile_question_is_text(client: TestClient, question: str) -> None:
    question = question.encode("utf-16", "surrogatepass").decode("utf-16")
    page = client.post("/", data={"q": question})
    assert page.status_code == 200
    outline = _sound(page.text)
    assert [a.get("src", "")[:8] for a in outline.all("script")] == ["/static/"]
    assert outline.all("img") == []
    box = next(a for a in outline.all("input") if a.get("name") == "q")
    assert box["value"] == question.replace("\0", "\ufffd") or "\0" in question


def test_a_hostile_article_is_text_everywhere(client: TestClient) -> None:
    for page in (
        client.post("/", data={"q": "zebrafish stripes markup"}),
        client.get("/articles/hostile.md"),
        client.get("/articles"),
    ):
        assert page.status_code == 200
        outline = _sound(page.text)
        assert "zebrafish" in page.text.lower()
        assert [a.get("src", "")[:8] for a in outline.all("script")] == ["/static/"]
        assert outline.all("img") == []
        assert not any("onload" in a for _, a in outline.elements)
        assert str(7777 * 7777) not in outline.text("p")
        assert "javascript:alert" not in " ".join(a.get("href", "") for a in outline.all("a"))


def test_the_article_page_marks_the_quote_and_holds_the_whole_text(client: TestClient) -> None:
    article = client.get("/v1/articles/calves.md").json()
    quote = "The muscle is short then."
    start = article["text"].index(quote)
    page = client.get("/articles/calves.md", params={"start": start, "end": start + len(quote)})
    outline = _sound(page.text)
    assert outline.text("mark") == quote
    assert [a["id"] for a in outline.all("mark")] == [f"p{start}-{start + len(quote)}"]
    main = page.text[page.text.index("<main") : page.text.index('class="apparatus"')]
    shown = unescape(re.sub(r"<nav class=.contents.*?</nav>", "", main, flags=re.DOTALL))
    words = re.sub(r"<[^>]+>", "", shown).split()
    at = 0
    for word in article["text"].split():
        at = words.index(word, at) + 1
    for fact in (article["sha256"], "A reference book", "calves.md", "CC0-1.0"):
        assert fact in page.text


@pytest.mark.parametrize(
    ("start", "end"),
    [("5", "3"), ("0", "999999"), ("-1", "4"), ("x", "4"), ("٣", "٩"), ("", ""), ("1" * 99, "2")],
)
def test_a_quote_that_has_no_place_is_said_not_marked(
    client: TestClient, start: str, end: str
) -> None:
    page = client.get("/articles/calves.md", params={"start": start, "end": end})
    assert page.status_code == 200
    assert _sound(page.text).all("mark") == []
    assert "nothing is marked" in page.text


def test_a_link_of_other_words_marks_none_or_the_place_where_they_stand_now(
    client: TestClient,
) -> None:
    quote = "The muscle is short then."
    start = client.get("/v1/articles/calves.md").json()["text"].index(quote)
    digits = sha256_of(quote)[:16]

    def linked(at: int, sha256: str) -> tuple[_Outline, str]:
        place: dict[str, str | int] = {"start": at, "end": at + len(quote), "sha256": sha256}
        page = client.get("/articles/calves.md", params=place).text
        return _sound(page), page

    outline, page = linked(start, digits)
    assert (outline.text("mark"), "The quote is marked below." in page) == (quote, True)
    outline, page = linked(start - 9, digits)
    assert outline.text("mark") == quote
    assert "stand at another place now" in page
    assert f'href="#p{start}-{start + len(quote)}"' in page
    outline, page = linked(start, sha256_of("The muscle is long then.")[:16])
    assert outline.all("mark") == []
    assert "no longer stand in this article" in page
    outline, page = linked(start, "no hash")
    assert outline.text("mark") == quote


def test_every_passage_has_its_anchor_in_the_article(client: TestClient) -> None:
    passages = client.get("/v1/articles/calves.md").json()["passages"]
    outline = _Outline(client.get("/articles/calves.md").text)
    anchors = [a["id"] for a in outline.all("span") if "id" in a]
    assert anchors == [f"p{p['start']}-{p['end']}" for p in passages]


def test_an_unknown_article_is_a_page_that_says_so(client: TestClient) -> None:
    page = client.get("/articles/<b>none</b>")
    assert page.status_code == 404
    _sound(page.text)
    assert "&lt;b&gt;none&lt;/b&gt;" in page.text


def _check_fields(client: TestClient) -> dict[str, str]:
    page = client.post("/", data={"q": QUESTION}).text
    form = re.search(r'<form method="post" action="/check".*?</form>', page, re.DOTALL)
    assert form is not None
    return {a["name"]: a["value"] for a in _Outline(form[0]).all("input")}


def test_the_form_under_a_quote_proves_it(client: TestClient) -> None:
    fields = _check_fields(client)
    assert sha256_of(fields["text"]) == fields["sha256"]
    # As a browser sends it.
    fields["text"] = fields["text"].replace("\n", "\r\n")
    page = client.post("/check", data=fields)
    assert page.status_code == 200
    _sound(page.text)
    assert "Verbatim:" in page.text
    assert fields["sha256"] in page.text


def test_an_altered_quote_is_found_out_and_the_difference_shown(client: TestClient) -> None:
    fields = _check_fields(client)
    fields["text"] = fields["text"].replace("night", "noon", 1)
    fields.pop("sha256")
    page = client.post("/check", data=fields)
    outline = _sound(page.text)
    assert "Changed:" in page.text
    assert outline.text("del") == "oon"
    assert outline.text("ins") == "ight"


def test_words_under_the_hash_of_others_are_said_to_be_altered(client: TestClient) -> None:
    fields = _check_fields(client)
    page = client.post("/check", data=fields | {"sha256": sha256_of("other words")}).text
    outline = _sound(page)
    assert "Altered:" in page
    assert "does not hold these words" not in page
    assert (outline.all("del"), outline.all("ins")) == ([], [])
    refused = client.post("/check", data=fields | {"sha256": fields["sha256"][:-1]})
    assert refused.status_code == 422


def test_a_quote_from_an_article_that_is_gone_is_unknown(client: TestClient) -> None:
    fields = _check_fields(client) | {"article_id": "gone.md"}
    assert "Unknown:" in client.post("/check", data=fields).text


def test_a_quote_from_an_article_of_no_possible_name_is_unknown(client: TestClient) -> None:
    fields = _check_fields(client) | {"article_id": "n" * 5000}
    page = client.post("/check", data=fields)
    assert page.status_code == 200
    assert "Unknown:" in page.text


@pytest.mark.parametrize("missing", ["article_id", "start", "end", "text"])
def test_a_check_without_its_parts_is_refused(client: TestClient, missing: str) -> None:
    fields = _check_fields(client)
    fields.pop(missing)
    page = client.post("/check", data=fields)
    assert page.status_code == 422
    _sound(page.text)


def test_articles_are_listed_and_filtered(client: TestClient) -> None:
    page = client.get("/articles")
    _sound(page.text)
    assert "2 articles can be quoted here" in page.text
    some = client.get("/articles", params={"title": "CALVES night"}).text
    assert "/articles/calves.md" in some
    assert "/articles/hostile.md" not in some
    none = client.get("/articles", params={"publisher": "Nobody"})
    assert none.status_code == 200
    assert "No article fits" in none.text
    assert client.get("/articles", params={"page": "x", "order": "newest"}).status_code == 200


def test_about_tells_what_is_indexed_and_what_is_stored(client: TestClient) -> None:
    page = client.get("/about")
    _sound(page.text)
    assert "deterministic" in page.text
    assert page.text.count("It is not medical advice") == 1
    assert 'id="probability"' in page.text


@pytest.mark.parametrize("path", ["/", "/articles", "/about", "/articles/calves.md"])
def test_spanish_by_header_and_by_choice(client: TestClient, path: str) -> None:
    by_header = client.get(path, headers={"accept-language": "es-ES,es;q=0.9"})
    by_choice = client.get(path, params={"lang": "es"})
    for page in (by_header, by_choice):
        assert page.headers["content-language"] == "es"
        assert _sound(page.text).all("html")[0]["lang"] == "es"
        assert "Artículos" in page.text
    assert "Accept-Language" in by_header.headers["vary"]
    chosen = [a["href"] for a in _Outline(by_choice.text).all("a") if a["href"].startswith("/")]
    assert chosen
    assert all("lang=" in href for href in chosen), "the choice is lost on the way"


def test_an_answer_can_be_read_in_the_other_language_without_asking_by_address(
    client: TestClient,
) -> None:
    page = client.post("/", data={"q": QUESTION}).text
    switch = re.search(r'<form method="post" action="/\?lang=es">.*?</form>', page, re.DOTALL)
    assert switch is not None
    assert _Outline(switch[0]).all("button")[0]["value"] == QUESTION


def test_static_files_keep_for_good_under_their_own_digest_only(client: TestClient) -> None:
    outline = _Outline(client.get("/").text)
    address = outline.all("script")[0]["src"]
    script = client.get(address, headers={"accept-encoding": "identity"})
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.content == Path("service/web/static/pincite.js").read_bytes()
    old = client.get(re.sub(r"/static/\w+/", "/static/0123456789ab/", address))
    assert (old.status_code, old.headers["cache-control"]) == (200, "no-cache")
    assert client.get("/static/0123456789ab/none.css").status_code == 404
    tag = script.headers["etag"]
    plain = {"accept-encoding": "gzip;q=0, identity"}
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get(address, headers={**plain, "if-none-match": known})
        assert (again.status_code, again.headers["etag"], again.content) == (304, tag, b"")
    packed = client.get(address, headers={"accept-encoding": "GZIP", "if-none-match": tag})
    assert (packed.status_code, packed.headers["content-encoding"]) == (200, "gzip")
    assert packed.content == script.content
    # Other bytes have another name.
    other = packed.headers["etag"]
    assert other == f'{tag[:-1]}-gz"'
    headers = {"accept-encoding": "*", "if-none-match": other}
    assert client.get(address, headers=headers).status_code == 304


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip", True), ("GZIP;q=0.5", True), ("*", True), ("gzip;q=0", False), ("br", False)],
)
def test_a_page_is_packed_for_who_takes_it(client: TestClient, accepted: str, packed: bool) -> None:
    page = client.get("/about", headers={"accept-encoding": accepted})
    assert (page.headers.get("content-encoding") == "gzip") is packed
    assert "</html>" in page.text


def _languages(page: str) -> list[str]:
    """Return the addresses that the links to the other languages lead to."""
    return re.findall(r'<a href="([^"]*)" lang="\w+" hreflang="\w+">', unescape(page))


@pytest.mark.parametrize(
    "path", ["//evil.example/x", "///evil.example/x", "/\\evil.example", "/%5Cevil.example/x"]
)
def test_no_language_link_leads_to_another_site(client: TestClient, path: str) -> None:
    page = client.get(f"http://testserver{path}")
    assert page.status_code == 404
    (address,) = _languages(page.text)
    assert re.match(r"/(%5C)?evil\.example", address)
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/feedback", {"helped": "yes"}, 200),
        ("/feedback", {"helped": "perhaps"}, 422),
        ("/check", {"start": "x"}, 422),
        ("/", {"q": " "}, 422),
        ("/operator/sign-in", {"token": "wrong"}, 403),
        ("/operator/refresh", {}, 403),
    ],
)
def test_the_other_language_of_a_page_that_a_form_has_given_is_a_page_too(
    client: TestClient, path: str, data: dict[str, str], status: int
) -> None:
    page = client.post(path, data=data)
    assert page.status_code == status
    (address,) = _languages(page.text)
    there = client.get(address)
    assert there.status_code == (403 if path.startswith("/operator") else 200)
    assert there.headers["content-language"] == "es"


def test_a_check_can_be_read_in_the_other_language(client: TestClient) -> None:
    text = 'A calf "cramps" at <night>\nwhen'
    sent = {"article_id": "calves.md", "start": "3", "end": "40", "text": text, "sha256": "0" * 64}
    page = client.post("/check", data=sent).text
    switch = re.search(r'<form method="post" action="/check\?lang=es">.*?</form>', page, re.DOTALL)
    assert switch
    outline = _Outline(switch[0])
    fields = {f["name"]: f["value"] for f in (*outline.all("input"), *outline.all("button"))}
    assert fields == sent
    spanish = client.post("/check?lang=es", data=fields)
    assert (spanish.status_code, spanish.headers["content-language"]) == (200, "es")


@pytest.mark.parametrize("tag", ["ES", "es-MX"])
def test_a_language_by_another_tag_travels_with_every_link(client: TestClient, tag: str) -> None:
    page = client.get("/about", params={"lang": tag})
    assert page.headers["content-language"] == "es"
    assert 'href="/articles?lang=es"' in page.text


def test_behind_a_server_with_https_addresses_are_so(client: TestClient) -> None:
    for path in ("/opensearch.xml", "/docs"):
        assert "http://testserver" in client.get(path).text
        page = client.get(path, headers={"x-forwarded-proto": "https"}).text
        assert "https://testserver" in page
        assert "http://testserver" not in page


def test_an_answer_with_all_it_loads_is_under_60_kb(client: TestClient) -> None:
    def transferred(method: str, address: str, data: dict[str, str] | None = None) -> int:
        headers = {"accept-encoding": "gzip"}
        with client.stream(method, address, data=data, headers=headers) as response:
            return sum(map(len, response.iter_raw()))

    page = client.post("/", data={"q": QUESTION}).text
    outline = _Outline(page)
    loaded = [a["src"] for a in outline.all("script")]
    loaded += [a["href"] for a in outline.all("link") if a["rel"] != "search"]
    sizes = [transferred("GET", address) for address in loaded]
    assert transferred("POST", "/", {"q": QUESTION}) + sum(sizes) < 60_000
    assert transferred("POST", "/", {"q": QUESTION}) < len(page.encode()) / 3


@pytest.mark.parametrize(
    "path", ["/", "/about", "/articles/none", "/v1/articles", "/v1/none", "/static/x/pincite.css"]
)
def test_every_response_carries_the_security_headers_and_no_cookie(
    client: TestClient, path: str
) -> None:
    response = client.get(path)
    assert dict(SECURITY_HEADERS).items() <= dict(response.headers).items()
    assert "set-cookie" not in response.headers


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    directives = dict(directive.split(" ", 1) for directive in CONTENT_SECURITY_POLICY.split("; "))
    assert directives.pop("default-src") == "'none'"
    assert directives.pop("require-trusted-types-for") == "'script'"
    assert set(directives.values()) == {"'self'", "'none'"}


def test_headers_are_left_as_a_route_has_set_them() -> None:
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    from service.web.headers import SecurityHeaders

    def own(_: object) -> PlainTextResponse:
        return PlainTextResponse("own", headers={"content-security-policy": "default-src 'self'"})

    app = SecurityHeaders(Starlette(routes=[Route("/", own)]))
    response = TestClient(app).get("/")
    assert response.headers["content-security-policy"] == "default-src 'self'"
    assert response.headers["referrer-policy"] == "no-referrer"


def test_a_spanish_page_has_the_disclaimer_and_the_notice_in_spanish(client: TestClient) -> None:
    question = {"q": "My friend is unconscious"}
    spanish = client.post("/?lang=es", data=question).text
    by_header = client.post("/", data=question, headers={"accept-language": "es"}).text
    for page in (spanish, by_header):
        assert page.count("No es un consejo médico") == 1
        assert "Algunas palabras de su pregunta pueden describir una emergencia" in page
        assert "su pregunta dice «unconscious»" in page
        assert "not medical advice" not in page
    english = client.post("/", data=question).text
    assert english.count("It is not medical advice") == 1
    assert "No es un consejo médico" in client.get("/about?lang=es").text
