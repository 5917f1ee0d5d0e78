"""An answer's page in a real browser: feedback, narrowing, citing, printing, hostile words.

`tests/test_pages_in_browser.py` has the rest of the pages.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bench.screenshots import CHROMIUM_ARGUMENTS
from index.encoder import DeterministicEncoder
from service.app import create_app
from tests.browser import CHROMIUM, axe_faults, axe_script, serving, watched_page
from tests.service_fixtures import CAUSES, SOURCES, build, settings_in, write_corpus

pytestmark = pytest.mark.slow

HOSTILE = f"""---
title: "<script>alert(1)</script> \u202egnirts\u202c zebrafish {"x" * 300}"
publisher: "<img src=x onerror=alert(2)>"
authors: ["\u200b{"y" * 300}\u200b"]
url: "javascript:alert(3)"
---

# Zebrafish

## Zebrafish stripes \u202e{"w" * 400}

Zebrafish: &lt;/blockquote>&lt;script&gt;alert(4)&lt;/script&gt;, {{{{ 7 * 7 }}}} \u202ebackwards.

- zebrafish item <svg onload=alert(5)>
- zebrafish {"z" * 5000}
"""
MILLION = f"# Million\n\n{'m' * 1_000_000}\n"
DEEP = "document.activeElement"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("answer")
    write_corpus(home / "corpus", {**SOURCES, "hostile.md": HOSTILE, "million.md": MILLION})
    build(settings_in(home))
    return home


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    settings = settings_in(home, answer_passages=2)
    with serving(create_app(settings, DeterministicEncoder())) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    permissions = ["clipboard-read", "clipboard-write"]
    with watched_page(browser, address, permissions=permissions) as page:
        yield page
        assert page.context.cookies() == []


def ask(page: Page, address: str, question: str = CAUSES) -> None:
    page.goto(address)
    page.fill("#q", question)
    page.press("#q", "Enter")
    page.wait_for_selector("h1 bdi")


def tab_to(page: Page, selector: str) -> list[str]:
    """Press Tab until the element has the focus; return the names of the stops on the way."""
    stops: list[str] = []
    for _ in range(80):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(f"({DEEP}.ariaLabel || {DEEP}.textContent || {DEEP}.id).trim()"))
        if page.evaluate(f"{DEEP}.matches({json.dumps(selector)})"):
            return stops
    raise AssertionError(f"{selector} is not reached: {stops}")


def entries(home: Path) -> list[dict[str, object]]:
    file = home / "feedback" / "feedback.jsonl"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_the_order_of_focus_is_the_order_of_reading(page: Page, address: str) -> None:
    ask(page, address)
    # From the top: a page that has just come has no focus of its own.
    stops = [stop.split(":")[0] for stop in tab_to(page, ".best .cite summary")]
    assert stops == [
        "Skip to the main content",
        "Pincite",
        "Articles",
        "About",
        "q",
        "Ask",
        "Narrow the search",
        "Night leg cramps",
        "What does this figure mean?",
        "Read it in the article",
        "Open at the source",
        "Check this quote",
        "Cite",
    ]


def test_feedback_by_keyboard_without_the_question(page: Page, address: str, home: Path) -> None:
    ask(page, address)
    assert page.locator("#reason").is_visible() is False
    tab_to(page, "input[name=helped]")
    page.keyboard.press("ArrowDown")
    assert page.locator("input[value=no]").is_checked()
    tab_to(page, "#reason")
    page.keyboard.type("It is about others.")
    tab_to(page, "input[name=question]")
    assert page.locator("input[name=question]").is_checked() is False
    tab_to(page, ".feedback button")
    page.keyboard.press("Enter")
    page.wait_for_selector(".told:focus")
    told = page.locator(".told")
    assert told.text_content() == "Your feedback is stored, without your question."
    assert page.url == f"{address}/#answer"
    last = entries(home)[-1]
    assert (last["helped"], last["reason"], last["question"]) == (
        False,
        "It is about others.",
        None,
    )


def test_a_double_click_sends_feedback_once(page: Page, address: str, home: Path) -> None:
    ask(page, address)
    page.check("input[value=yes]")
    page.fill("#reason", "Clicked twice.")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.dblclick(".feedback button")
    page.wait_for_selector(".told:focus")
    assert page.locator(".told").text_content() == "Your feedback is stored, without your question."
    assert sent == [f"{address}/feedback"]
    assert [one["reason"] for one in entries(home)].count("Clicked twice.") == 1


def test_feedback_without_a_script_and_with_the_question(
    browser: Browser, address: str, home: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    ask(page, address)
    page.check("input[value=yes]")
    page.check("input[name=question]")
    page.click(".feedback button")
    page.wait_for_selector("h1:has-text('Thank you')")
    assert "together with your question" in (page.locator("main").text_content() or "")
    assert entries(home)[-1]["question"] == CAUSES
    context.close()


@pytest.mark.parametrize("scripted", [False, True])
def test_feedback_over_plain_http_from_this_site_and_from_no_other(
    browser: Browser, home: Path, scripted: bool
) -> None:
    """A clinic's network: a name that is neither loopback nor HTTPS, so no `Sec-Fetch-Site`."""
    app = create_app(settings_in(home), DeterministicEncoder())
    sent: list[dict[str, str]] = []

    async def heard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == "/feedback":
            sent.append({k.decode(): v.decode() for k, v in scope["headers"]})
        await app(scope, receive, send)

    def other_site(request: Request) -> HTMLResponse:
        policy = request.query_params.get("policy", "")
        target = request.query_params["target"]
        return HTMLResponse(
            f'<!doctype html><meta name="referrer" content="{policy}">'
            f'<form method="post" action="{target}/feedback"><input name="helped" value="no">'
            '<input name="token" value="guessed">'
            "<button>Send</button></form>"
        )

    names = "--host-resolver-rules=MAP *.test 127.0.0.1"
    chromium = browser.browser_type.launch(
        executable_path=CHROMIUM, args=[*CHROMIUM_ARGUMENTS, names]
    )
    others = Starlette(routes=[Route("/", other_site)])
    with serving(heard) as own, serving(others) as other:
        clinic = own.replace("127.0.0.1", "clinic.test")
        elsewhere = other.replace("127.0.0.1", "elsewhere.test")
        context = chromium.new_context(java_script_enabled=scripted, locale="en-GB")
        page = context.new_page()
        for address in (clinic, f"{clinic}/?q={quote(CAUSES)}"):
            if address == clinic:
                ask(page, address)
            else:
                page.goto(address)
            kept = len(entries(home)) if (home / "feedback").exists() else 0
            page.check("input[value=yes]")
            page.click(".feedback button")
            thanks = ".told:focus" if scripted else "h1:has-text('Thank you')"
            page.wait_for_selector(thanks)
            assert len(entries(home)) == kept + 1
            assert "sec-fetch-site" not in sent[-1]
            # The page's policy hides the origin of a form, and every address: its token tells it.
            assert sent[-1]["origin"] == (clinic if scripted else "null")
            assert "referer" not in sent[-1]
        kept = len(entries(home))
        for policy, origin in (("", elsewhere), ("no-referrer", "null")):
            page.goto(f"{elsewhere}/?policy={policy}&target={clinic}")
            page.click("button")
            page.wait_for_selector(".error-page h1")
            assert sent[-1]["origin"] == origin
            assert page.locator("h1").text_content() == "Your feedback was not stored"
        assert len(entries(home)) == kept
    chromium.close()


def test_feedback_and_narrowing_by_touch(browser: Browser, address: str, home: Path) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    ask(page, address)
    for target in (".choices label", ".narrow summary", ".best form.check button", ".best summary"):
        box = page.locator(target).first.bounding_box()
        assert box is not None
        # WCAG 2.2, 2.5.8: at least 24 by 24.
        assert box["height"] >= 24, target
    page.tap(".choices label:has([value=yes])")
    page.tap(".feedback button")
    expect(page.locator(".told")).to_have_text("Your feedback is stored, without your question.")
    assert entries(home)[-1]["helped"] is True
    page.tap(".narrow summary")
    page.select_option("#publisher", "Example Library")
    page.tap(".ask button[type=submit]")
    page.wait_for_selector(".narrowed")
    context.close()


def test_feedback_that_fails_is_said_and_the_words_stay(browser: Browser, address: str) -> None:
    page = browser.new_page()
    ask(page, address)
    page.check("input[value=yes]")
    page.fill("#reason", "Words.")
    page.route("**/feedback", lambda route: route.abort())
    page.evaluate("document.querySelector('.feedback').requestSubmit()")
    expect(page.locator(".told")).to_contain_text("not stored")
    assert page.locator("#reason").input_value() == "Words."
    page.close()


def test_an_answer_is_narrowed_and_widened(page: Page, address: str) -> None:
    ask(page, address)
    page.click(".narrow summary")
    page.select_option("#publisher", "Another Library")
    page.click(".ask button[type=submit]")
    page.wait_for_selector(".narrowed")
    assert "Another Library" in (page.locator(".narrowed").text_content() or "")
    assert page.locator("#publisher").input_value() == "Another Library"
    assert page.url == f"{address}/#answer"
    # Reloaded, or come back to, it is the same answer.
    page.reload()
    page.wait_for_selector(".narrowed")
    page.click(".best .actions > a >> nth=0")
    page.wait_for_selector("article")
    page.go_back()
    page.wait_for_selector(".narrowed")
    assert page.locator("h1 bdi").text_content() == CAUSES
    page.click(".narrowed button")
    page.wait_for_selector("main:not(:has(.narrowed)) .best")


def test_every_form_of_a_citation_is_reached_and_copied_by_keyboard(
    page: Page, address: str
) -> None:
    ask(page, address)
    tab_to(page, ".best .cite summary")
    page.keyboard.press("Enter")
    begins = {"Plain text": "“", "Markdown": ">", "BibTeX": "@misc{", "CSL-JSON": "[\n  {"}
    for place, (name, start) in enumerate(begins.items()):
        tab_to(page, ".best .copy")
        described = page.evaluate(
            f"document.getElementById({DEEP}.getAttribute('aria-describedby')).textContent"
        )
        assert described == name
        page.keyboard.press("Enter")
        expect(page.locator(".best .copy").nth(place)).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()").startswith(start)


def test_the_link_to_an_answer_is_made_and_copied_on_request(page: Page, address: str) -> None:
    ask(page, address)
    page.click(".share summary")
    page.click(".share .copy")
    expect(page.locator(".share .copy")).to_have_text("Copied")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{address}/?q=What+causes")
    page.goto(link)
    page.wait_for_selector(".best blockquote")


def test_a_heading_beside_the_answer_leads_to_its_section(page: Page, address: str) -> None:
    ask(page, address)
    link = page.locator(".related a").first
    heading = link.text_content()
    link.click()
    page.wait_for_selector("article")
    place = page.url.split("#")[1]
    assert page.locator(f"#{place}").text_content() == heading


def test_a_printed_answer_reads_well(page: Page, address: str) -> None:
    ask(page, address)
    page.emulate_media(media="print")
    for gone in (".asking", ".feedback", ".share", ".related", ".masthead nav", ".actions"):
        assert not any(e.is_visible() for e in page.locator(gone).all()), gone
    printed = pypdfium2.PdfDocument(page.pdf())
    text = " ".join("".join(p.get_textpage().get_text_range() for p in printed).split())
    for words in (
        CAUSES,
        "The calf muscle is short then.",
        "Example Library",
        "It is not medical advice",
        "https://example.org/night?a=1",
        "Characters ",
    ):
        assert "".join(words.split()) in "".join(text.split()), words


@pytest.mark.parametrize("width", [320, 640, 1280])
def test_hostile_words_stay_text_and_within_the_screen(
    page: Page, address: str, width: int
) -> None:
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    page.set_viewport_size({"width": width, "height": 700})
    over = "document.documentElement.scrollWidth - innerWidth"
    inside = "document.querySelectorAll('main img, main script, main blockquote svg').length"
    question = "zebrafish stripes </h1><script>alert(6)</script> \u202e\u200b\u2066" + "q" * 3000
    ask(page, address, question)
    assert page.locator("h1 bdi").text_content() == question
    assert page.evaluate(over) <= 0
    ask(page, address, "zebrafish stripes")
    page.wait_for_selector("blockquote")
    for details in page.locator("details").all():
        details.evaluate("element => { element.open = true }")
    assert page.evaluate(inside) == 0
    assert page.evaluate(over) <= 0
    assert "<script>alert(4)</script>" in (page.locator("main").text_content() or "")
    for path in ("/articles", "/articles/hostile.md?start=0&end=40", "/articles?title=zebrafish"):
        page.goto(address + path)
        assert page.evaluate(inside) == 0
        assert page.evaluate(over) <= 0, path


def test_an_article_of_a_million_letters_is_shown_whole(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(f"{address}/articles/million.md?start=500000&end=500100#p500000-500100")
    assert page.locator("article").evaluate("article => article.textContent.trim().length") >= 10**6
    # The quote lies in two passages, each of which has its own mark.
    assert "".join(page.locator("mark").all_text_contents()) == "m" * 100
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_million_letters_are_an_error_page(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    page.evaluate("document.querySelector('#q').value = 'a'.repeat(1000000)")
    page.evaluate("document.querySelector('form.ask').submit()")
    page.wait_for_selector(".error-page h1")
    assert page.locator("h1").text_content() == "That is too long"
    page.close()


def test_in_spanish(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="es-ES")
    page = context.new_page()
    ask(page, address)
    assert page.locator("html").get_attribute("lang") == "es"
    assert page.locator(".feedback h2").text_content() == "¿Ha respondido esto a su pregunta?"
    page.check("input[value=yes]")
    page.click(".feedback button")
    page.wait_for_selector(".told:focus")
    assert page.locator(".told").text_content() == "Su opinión se ha guardado, sin su pregunta."
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, address: str, theme: str) -> None:
    axe = axe_script()
    context = browser.new_context(
        color_scheme="dark" if theme == "dark" else "light", bypass_csp=True
    )
    page = context.new_page()
    ask(page, address, f"{CAUSES} I cannot breathe.")
    page.check("input[value=no]")
    for details in page.locator("details").all():
        details.evaluate("element => { element.open = true }")
    page.click(".best form.check button")
    page.wait_for_selector(".best .verdict p")
    assert axe_faults(page, axe) == [], "an answer with all that opens"
    page.click(".feedback button")
    page.wait_for_selector(".told:focus")
    assert axe_faults(page, axe) == [], "feedback sent"
    # The pages that come without a script: `submit` passes over what the script does instead.
    for form, arrived in (
        (".best form.check", ".verdict-line"),
        (".feedback", "h1:has-text('Thank')"),
    ):
        ask(page, address)
        page.check("input[value=yes]")
        page.locator(form).evaluate("form => form.submit()")
        page.wait_for_selector(arrived)
        assert axe_faults(page, axe) == [], form
    asked = f"/?q={CAUSES}&publisher=Another+Library"
    for path in (
        asked,
        "/?q=zebrafish+stripes",
        "/articles?since=none",
        "/articles/hostile.md",
        "/docs",
    ):
        page.goto(address + path)
        assert axe_faults(page, axe) == [], path
    context.close()
