"""`<pincite-search>` on a page of another origin, in a real browser."""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Route as Held
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from index.encoder import DeterministicEncoder
from service.app import create_app
from service.web.strings import locales
from tests.browser import axe_faults, axe_script, serving, watched_page
from tests.service_fixtures import (
    CAUSES,
    LONG_LISTS,
    SHOW_NONE,
    build,
    settings_in,
    write_corpus,
)
from tests.test_agreement import CALM, QUESTION, WARN

pytestmark = pytest.mark.slow

HOSTILE = """---
title: "<img src=x onerror=alert(1)> zebrafish"
publisher: "</p><script>alert(2)</script>"
url: "javascript:alert(3)"
language: en
---

# <img src=x onerror=alert(1)> zebrafish

## Zebrafish stripes

Zebrafish \U0001f41f\U0001f41f say &lt;script&gt;alert(4)&lt;/script&gt; and \u202ebackwards\u202c.

- zebrafish item <svg onload=alert(5)>
- {long}

## When to see a doctor

See a doctor when the zebrafish \U0001f41f swells.
""".replace("{long}", "z" * 3000)

POLICY = "default-src 'none'; script-src {server}; connect-src {server} {others}; style-src 'self'"
FEVER = """---
title: Fever
url: https://example.org/fever
retrieved: 2026-01-02
---

# Fever

Acetaminophen lowers a fever. Acetaminophen works within an hour.
"""

EMERGENCY = f"{CAUSES} I cannot breathe."
BOX = "document.querySelector('pincite-search')"


def _host(server: str, *others: str) -> Starlette:
    """Return a site that embeds the component under a strict policy of its own."""
    policy = POLICY.format(server=server, others=" ".join(others))

    def page(request: Request) -> HTMLResponse:
        attributes = "".join(f' {name}="{v}"' for name, v in request.query_params.items())
        return HTMLResponse(
            '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">'
            "<title>A patients’ association</title>"
            f'<script type="module" src="{server}/static/pincite-search.js"></script>'
            "<main><h1>A patients’ association</h1>"
            f"<pincite-search{attributes}></pincite-search></main>",
            headers={"content-security-policy": policy},
        )

    return Starlette(routes=[Route("/", page)])


class Sites(NamedTuple):
    """The service, a site it allows, one that it does not, a service that answers nothing, and one
    whose sources differ.
    """

    server: str
    friend: str
    stranger: str
    silent: str
    differing: str


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    home = tmp_path_factory.mktemp("embedded")
    write_corpus(home / "corpus")
    write_corpus(home / "corpus", {"zebra.md": HOSTILE, "ibuprane.md": LONG_LISTS})
    settings = settings_in(home)
    build(settings)
    elsewhere = tmp_path_factory.mktemp("differing")
    pairs = {f"{name}.md": CALM.format(title=name, more="") for name in ("One", "Two")}
    others = {f"other{n}.md": f"# Other {n}\n\nShoe number {n} fits the foot.\n" for n in range(20)}
    write_corpus(elsewhere / "corpus", {**pairs, "warn.md": WARN, "fever.md": FEVER, **others})
    build(settings_in(elsewhere))
    # The server's port is known once it listens, and the host page's before the service is asked:
    # so the hosts are made with the server's address, and the service with the friend's.
    holder: dict[str, Starlette] = {}

    async def late(scope: Scope, receive: Receive, send: Send) -> None:
        await holder["host"](scope, receive, send)

    encoder = DeterministicEncoder()
    with serving(late) as friend, serving(late) as stranger:
        allowed = settings.model_copy(update={"allowed_origins": friend})
        both = settings_in(elsewhere, allowed_origins=friend)
        nothing = allowed.model_copy(update={"answer_threshold": SHOW_NONE})
        with (
            serving(create_app(allowed, encoder)) as server,
            serving(create_app(nothing, encoder)) as silent,
            serving(create_app(both, encoder)) as differing,
        ):
            holder["host"] = _host(server, silent, differing)
            yield Sites(server, friend, stranger, silent, differing)


@pytest.fixture
def page(browser: Browser, sites: Sites) -> Iterator[Page]:
    with watched_page(browser, sites.server, sites.friend, sites.silent, sites.differing) as page:
        yield page


def ask(page: Page, address: str, question: str = CAUSES) -> None:
    page.goto(address)
    page.wait_for_selector("pincite-search input")
    page.keyboard.press("Tab")
    page.keyboard.type(question)
    page.keyboard.press("Enter")
    page.wait_for_selector("pincite-search .disclaimer")


def text(page: Page) -> str:
    inside = "document.querySelector('pincite-search').shadowRoot.textContent"
    return str(page.evaluate(inside))


def test_a_question_is_answered_on_another_site(page: Page, sites: Sites) -> None:
    server, friend = sites.server, sites.friend
    requests: list[tuple[str, dict[str, str]]] = []
    page.on("request", lambda request: requests.append((request.url, request.headers)))
    ask(page, friend)
    found = page.request.post(f"{server}/v1/ask", data={"question": CAUSES}).json()
    best = found["passages"][0]
    shown = page.locator("pincite-search blockquote").first
    assert "".join((shown.text_content() or "").split()) == "".join(best["text"].split())
    start, end = best["highlights"][0]
    assert shown.locator("mark").first.text_content() == best["text"][start:end]
    assert shown.get_attribute("lang") == "en"
    dates = "Published 4 March 2025 · Reviewed June 2025"
    for words in (best["article"]["title"], "Example Library", "by A. Writer, B. Writer", dates):
        assert words in text(page)
    status = page.locator("pincite-search [role=status]").text_content()
    assert status == f"{len(found['passages'])} passages found."
    assert page.locator("pincite-search .disclaimer").all_text_contents() == [found["disclaimer"]]
    # The question is in no address, and neither the page's own address nor a cookie goes along.
    asked = next(headers for url, headers in requests if url == f"{server}/v1/ask")
    assert asked.get("referer", "") == ""
    assert "cookie" not in asked
    assert not any("calf" in urlsplit(url).query for url, _ in requests)


def test_what_heads_a_table_stands_above_rows_from_inside_it(page: Page, sites: Sites) -> None:
    ask(page, sites.friend, "Tablet number 39 dose")
    shown = page.locator("pincite-search .passage", has_text="Tablet number 39").first
    announced, passage = shown.locator("blockquote").all()
    assert announced.text_content() == "Tablet | Usual dose | Dose in kidney disease"
    assert announced.get_attribute("lang") == "en"
    assert "Tablet number 39 | 390 mg with food | 39 mg" in (passage.text_content() or "")
    assert locales()["en"]("answer.lead_table") in (shown.text_content() or "")


def test_the_proof_is_one_click_away(page: Page, sites: Sites) -> None:
    server, friend = sites.server, sites.friend
    ask(page, friend)
    mark = page.locator("pincite-search blockquote").first.text_content() or ""
    page.locator("pincite-search .links a").first.click()
    page.wait_for_selector("article mark")
    assert page.url.startswith(f"{server}/articles/")
    marked = "".join(page.locator("main mark").all_text_contents())
    assert "".join(marked.split()) == "".join(mark.split())


def test_the_focus_stays_in_the_box_and_goes_on_to_the_answer(page: Page, sites: Sites) -> None:
    ask(page, sites.friend)
    deep = "(document.activeElement.shadowRoot ?? document).activeElement"
    assert page.evaluate(f"{deep}.id") == "q"
    names = []
    for _ in range(3):
        page.keyboard.press("Tab")
        names.append(page.evaluate(f"{deep}.textContent"))
    section = "What causes cramps at night?"
    assert names == ["Ask", f"Read it in the article: {section}", f"Open at the source: {section}"]


def test_where_nothing_answers_it_says_so(page: Page, sites: Sites) -> None:
    ask(page, f"{sites.friend}?server={sites.silent}", "How do I renew my passport?")
    assert page.locator("pincite-search blockquote").count() == 0
    status = page.locator("pincite-search [role=status]").text_content()
    assert status == "The articles here do not answer this"


def test_copies_differing_sources_and_facts_about_them_are_shown_as_on_the_page(
    page: Page, sites: Sites
) -> None:
    at = f"?server={sites.differing}&heading-level=3"
    ask(page, sites.friend + at, QUESTION)
    found = page.request.post(f"{sites.differing}/v1/ask", data={"question": QUESTION}).json()
    (copy,) = found["passages"][0]["also_in"]
    best = page.locator("pincite-search .passage").first
    expect(best).to_contain_text("The same passage stands in one more article.")
    link = best.get_by_role("link", name=copy["article"]["title"], exact=True)
    assert link.get_attribute("href") == sites.differing + copy["link"]
    expect(best).to_contain_text(
        f"{copy['article']['title']}, {copy['article']['publisher']} (a few words differ)"
    )
    expect(best).to_contain_text("No date · No author · No references")
    expect(best).to_contain_text("Date not stated")
    (differing,) = found["differing"]
    sides = page.locator("pincite-search .side")
    assert page.locator("pincite-search h4").all_text_contents() == [
        "Wording that calms",
        "Wording that warns",
    ]
    for side, quotes in ((0, differing["one"]), (1, differing["other"])):
        shown = sides.nth(side).locator("blockquote").all_text_contents()
        assert shown == [quote["text"] for quote in quotes]
        hrefs = [a.get_attribute("href") for a in sides.nth(side).locator("a").all()]
        assert hrefs == [sites.differing + quote["link"] for quote in quotes]


def test_other_names_that_were_searched_are_said(page: Page, sites: Sites) -> None:
    ask(page, f"{sites.friend}?server={sites.differing}", "Does paracetamol lower a fever?")
    expect(page.locator("pincite-search .answer")).to_contain_text(
        "Also searched for: acetaminophen"
    )
    expect(page.locator("pincite-search .passage").first).to_contain_text(
        "Publisher not stated · Date not stated · Retrieved 2 January 2026"
    )


def test_a_refusal_is_in_the_language_of_the_box(browser: Browser, sites: Sites) -> None:
    page = browser.new_page(locale="en-GB")
    with page.expect_response("**/v1/ask") as asked:
        ask(page, f"{sites.friend}?lang=es", "?!")
    assert asked.value.status == 422
    assert '"lang":"es"' in (asked.value.request.post_data or "")
    assert "No es un consejo médico" in text(page)
    page.close()


def test_an_emergency_raises_the_notice_above_the_passages(page: Page, sites: Sites) -> None:
    ask(page, sites.friend, EMERGENCY)
    notice = page.locator("pincite-search [role=alert]")
    assert "cannot breathe" in (notice.text_content() or "")
    assert page.locator("pincite-search blockquote").count() > 0
    assert page.evaluate(
        "(() => { const root = document.querySelector('pincite-search').shadowRoot;"
        " return root.querySelector('[role=alert]').compareDocumentPosition("
        "root.querySelector('blockquote')) & Node.DOCUMENT_POSITION_FOLLOWING })()"
    )


def test_hostile_articles_and_questions_are_text(page: Page, sites: Sites) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    ask(page, sites.friend, "zebrafish stripes <img src=x onerror=alert(9)> \u202e\u200b")
    inside = "document.querySelector('pincite-search').shadowRoot"
    assert page.evaluate(f"{inside}.querySelectorAll('img, script, svg').length") == 0
    words = text(page)
    assert "<script>alert(4)</script>" in words
    assert "<img src=x onerror=alert(1)> zebrafish" in words
    hrefs = page.evaluate(f"[...{inside}.querySelectorAll('a')].map((a) => a.href)")
    assert hrefs
    assert all(href.startswith("http") for href in hrefs)
    # Offsets count code points: the marks hold beyond the plane of sixteen bits.
    marks = page.locator("pincite-search .passage mark").all_text_contents()
    assert any("\U0001f41f" in mark and mark.endswith((".", ">")) for mark in marks), marks
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_attributes_choose_language_number_and_words(page: Page, sites: Sites) -> None:
    server, friend = sites.server, sites.friend
    query = f"?lang=es&k=1&placeholder=Pregunte&heading-level=4&server={server}"
    ask(page, friend + query)
    assert page.locator("pincite-search input").get_attribute("placeholder") == "Pregunte"
    assert page.locator("pincite-search button").text_content() == "Preguntar"
    assert "1 pasaje encontrado." in text(page)
    spanish = page.request.get(f"{server}/v1/ask?q=calf&lang=es").json()["disclaimer"]
    assert page.locator("pincite-search .disclaimer").text_content() == spanish
    assert page.locator("pincite-search h2").count() == 0
    assert page.locator("pincite-search h4").all_text_contents() == [
        locales()["es"].texts[key] for key in ("embed.answer", "answer.doctor")
    ]
    page.evaluate("document.querySelector('pincite-search').setAttribute('lang', 'en')")
    assert page.locator("pincite-search button").text_content() == "Ask"
    assert page.locator("pincite-search input").input_value() == CAUSES


def held_back(page: Page, server: str) -> list[Held]:
    """Have no answer come; return what is asked as it is asked, to be let go on."""
    asked: list[Held] = []

    def hold(route: Held) -> None:
        asked.append(route)

    page.route(f"{server}/v1/ask", hold)
    return asked


def test_a_box_that_is_moved_while_it_asks_gets_its_answer(page: Page, sites: Sites) -> None:
    page.goto(sites.friend)
    asked = held_back(page, sites.server)
    page.fill("pincite-search input", CAUSES)
    page.press("pincite-search input", "Enter")
    status = page.locator("pincite-search [role=status]")
    expect(status).to_have_text("Looking …")
    page.evaluate(f"document.querySelector('main').prepend({BOX})")
    asked[0].continue_()
    page.wait_for_selector("pincite-search blockquote")
    expect(status).to_have_text(re.compile("passages found"))


def test_a_box_that_is_taken_out_while_it_asks_can_ask_again(page: Page, sites: Sites) -> None:
    page.goto(sites.friend)
    held_back(page, sites.server)
    page.fill("pincite-search input", CAUSES)
    page.press("pincite-search input", "Enter")
    status = page.locator("pincite-search [role=status]")
    expect(status).to_have_text("Looking …")
    page.evaluate(f"window.box = {BOX}; box.remove()")
    page.evaluate("document.querySelector('main').append(box)")
    assert status.text_content() == ""
    page.unroute(f"{sites.server}/v1/ask")
    page.press("pincite-search input", "Enter")
    page.wait_for_selector("pincite-search blockquote")


def test_another_language_of_the_box_leaves_what_is_shown(page: Page, sites: Sites) -> None:
    ask(page, sites.friend, EMERGENCY)
    notice = page.locator("pincite-search [role=alert]")
    said = notice.text_content()
    page.evaluate(f"{BOX}.setAttribute('placeholder', 'por ejemplo')")
    page.evaluate(f"{BOX}.lang = 'es'")
    assert page.locator("pincite-search label").text_content() == locales()["es"]("ask.label")
    box = page.locator("pincite-search input")
    assert (box.get_attribute("placeholder"), box.input_value()) == ("por ejemplo", EMERGENCY)
    assert notice.text_content() == said
    assert page.locator("pincite-search .answer").get_attribute("lang") == "en"
    # The next answer is in the language that the box has now.
    page.press("pincite-search input", "Enter")
    expect(page.locator("pincite-search .answer[lang=es] [role=alert]")).to_be_visible()


def test_an_answer_under_way_comes_in_the_language_it_was_asked_in(
    page: Page, sites: Sites
) -> None:
    page.goto(sites.friend)
    asked = held_back(page, sites.server)
    page.fill("pincite-search input", CAUSES)
    page.press("pincite-search input", "Enter")
    expect(page.locator("pincite-search [role=status]")).to_have_text("Looking …")
    page.evaluate(f"{BOX}.lang = 'es'")
    asked[0].continue_()
    page.wait_for_selector("pincite-search blockquote")
    assert "Published 4 March 2025 · Reviewed June 2025" in text(page)
    assert page.locator("pincite-search label").text_content() == locales()["es"]("ask.label")


@pytest.mark.parametrize(
    ("k", "sent"), [("50", 20), ("-3", 1), ("2.7", 2), ("0", None), ("many", None), ("", None)]
)
def test_any_number_of_passages_is_one_that_the_service_takes(
    page: Page, sites: Sites, k: str, sent: int | None
) -> None:
    bodies: list[dict[str, object]] = []
    page.on("request", lambda request: bodies.append(request.post_data_json or {}))
    ask(page, f"{sites.friend}?k={k}")
    page.wait_for_selector("pincite-search blockquote")
    assert [body.get("k") for body in bodies if "question" in body] == [sent]


def test_a_site_that_is_not_allowed_gets_no_answer(browser: Browser, sites: Sites) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(sites.stranger)
    page.fill("pincite-search input", CAUSES)
    page.press("pincite-search input", "Enter")
    status = page.locator("pincite-search [role=status]")
    expect(status).to_have_text("The service cannot be reached. Try again later.")
    assert page.locator("pincite-search blockquote").count() == 0
    assert any("CORS" in words for words in said)
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, sites: Sites, theme: str) -> None:
    axe = axe_script()
    context = browser.new_context(
        color_scheme="dark" if theme == "dark" else "light", bypass_csp=True
    )
    page = context.new_page()
    for query, question in (
        ("", CAUSES),
        (f"?server={sites.silent}", "How do I renew my passport?"),
        ("", "I have chest pain"),
        ("", "Tablet number 39 dose"),
        (f"?server={sites.differing}", QUESTION),
    ):
        ask(page, sites.friend + query, question)
        # The site follows the person's scheme, as the component then does.
        page.evaluate("(() => { document.documentElement.style.colorScheme = 'light dark' })()")
        assert axe_faults(page, axe) == [], question
    context.close()
