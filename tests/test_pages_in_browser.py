"""The pages in a real browser: keyboard, touch, no script, small screens, both themes.

Needs a Chromium (`PINCITE_TEST_BROWSER`, else Debian's) and skips where there is none. The checks
by axe-core run where the package `axe-playwright-python` is installed, which carries its script.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from index.encoder import DeterministicEncoder
from ingest.pipeline import update_index
from service.app import create_app
from service.settings import Settings
from tests.browser import axe_faults, axe_script, serving, watched_page

pytestmark = pytest.mark.slow

QUESTION = "Why does a calf cramp at night?"
FILLER = "\n\n".join(f"Sentence number {n} says nothing of the matter at all." for n in range(40))
CALVES = f"""---
title: Calves at night
publisher: Example Library
published: 2025-03-04
language: en
url: https://example.org/calves
---

# Calves at night

## Filler

{FILLER}

## Why does a calf cramp at night?

A calf cramps at night when the toes point down. The muscle is short then.

- older age
- long standing

## When to see a doctor

See a doctor when the calf is swollen, red or warm.

## More filler

{FILLER}
"""

ANKLES = """Ankle sprains

A sprain of the ankle is a ligament that was torn or overstretched. Most heal within weeks.1

- lift the foot above the heart
- lace the boot up again

References
1. Smith J. Ankle sprains. J Ankle. 2019;4(2):10-12.
2. Jones K. Ligaments. J Ankle. 2020;5(1):3-9.
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("browser")
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "calves.md").write_text(CALVES, encoding="utf-8")
    (corpus / "ankles.txt").write_text(ANKLES, encoding="utf-8")
    encoder = DeterministicEncoder()
    update_index(corpus, folder / "index", encoder)
    settings = Settings(corpus=corpus, index=folder / "index", answer_threshold=0.3)
    with serving(create_app(settings, encoder)) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with watched_page(browser, address) as page:
        yield page


def ask(page: Page, address: str, question: str = QUESTION) -> None:
    page.goto(address)
    page.fill("#q", question)
    page.press("#q", "Enter")
    page.wait_for_selector("h1 bdi")


def test_asking_by_keyboard_with_suggestions(page: Page, address: str) -> None:
    page.goto(address)
    # The box takes the focus when the page is first drawn, which may be after it has loaded.
    page.wait_for_function("document.activeElement.id === 'q'")
    keyboard = page.keyboard
    keyboard.type("cal")
    page.wait_for_selector("[role=option]")
    box = page.locator("#q")
    assert box.get_attribute("aria-expanded") == "true"
    assert page.locator("[data-announce]").text_content() != ""
    keyboard.press("ArrowDown")
    first = page.locator("[role=option]").first
    assert first.get_attribute("aria-selected") == "true"
    assert box.get_attribute("aria-activedescendant") == first.get_attribute("id")
    assert box.input_value() == first.text_content()
    keyboard.press("ArrowUp")
    assert box.input_value() == "cal"
    assert box.get_attribute("aria-activedescendant") is None
    keyboard.press("ArrowUp")
    assert box.input_value() == page.locator("[role=option]").last.text_content()
    keyboard.press("Escape")
    assert box.input_value() == "cal"
    assert box.get_attribute("aria-expanded") == "false"
    keyboard.type("f")
    page.wait_for_selector("[role=option]")
    keyboard.press("ArrowDown")
    chosen = box.input_value()
    keyboard.press("Enter")
    page.wait_for_selector("h1 bdi")
    assert page.locator("h1 bdi").text_content() == chosen
    assert page.url == f"{address}/#answer", "the question is in the address"


def test_what_is_typed_is_in_no_address(page: Page, address: str) -> None:
    requests: list[tuple[str, str]] = []
    page.on("request", lambda request: requests.append((request.method, request.url)))
    page.goto(address)
    page.locator("#q").press_sequentially("why does")
    page.wait_for_selector("[role=option]")
    page.press("#q", "ArrowDown")
    page.press("#q", "Enter")
    page.wait_for_selector("h1 bdi")
    assert ("POST", f"{address}/v1/suggest") in requests
    assert not [url for _, url in requests if "?" in url]


def test_the_first_tab_leads_past_the_head(page: Page, address: str) -> None:
    page.goto(f"{address}/about")
    page.keyboard.press("Tab")
    skip = page.locator("a.skip")
    assert skip.evaluate("link => document.activeElement === link")
    assert skip.bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_asking_by_touch(browser: Browser, address: str) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(address)
    page.tap("#q")
    page.type("#q", "why does")
    page.wait_for_selector("[role=option]")
    page.tap("[role=option]")
    page.wait_for_selector("h1 bdi")
    assert page.locator("h1 bdi").text_content() == QUESTION
    context.close()


def test_everything_but_suggestions_works_without_a_script(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.fill("#q", QUESTION)
    page.press("#q", "Enter")
    page.wait_for_selector(".best mark")
    page.click(".best .cite summary")
    assert page.locator(".best pre").count() == 4
    assert page.locator(".best pre").first.is_visible()
    page.click(".best form.check button")
    page.wait_for_selector(".verdict-verbatim")
    page.goto(address)
    page.click("button.example")
    page.click(".best .actions > a >> nth=0")
    page.wait_for_selector("article mark")
    assert page.locator("article mark").first.evaluate(
        "mark => { const { top, bottom } = mark.getBoundingClientRect();"
        " return top >= 0 && bottom <= innerHeight }"
    )
    page.goto(f"{address}/?lang=es")
    page.click("button.example")
    page.wait_for_selector("html[lang=es] .best")
    context.close()


def test_a_quote_is_checked_in_place_and_hashed_by_the_browser(page: Page, address: str) -> None:
    ask(page, address)
    page.click(".best form.check button")
    page.wait_for_selector(".best .verdict.is-verbatim")
    verdict = page.locator(".best .verdict")
    given = page.locator(".best input[name=sha256]").input_value()
    assert verdict.locator("code").text_content() == given
    assert "same SHA-256" in (verdict.text_content() or "")
    page.locator(".best input[name=text]").evaluate(
        "field => { field.value = field.value.replace('toes', 'knees') }"
    )
    page.click(".best form.check button")
    page.wait_for_selector(".best .verdict.is-changed")
    assert "Altered:" in (verdict.text_content() or "")
    struck = "".join(verdict.locator("del").all_text_contents())
    assert struck != ""
    assert set(struck) <= set("knees")


def test_a_quote_that_moved_is_linked_where_it_stands_now(page: Page, address: str) -> None:
    ask(page, address)
    text = page.locator(".best input[name=text]").input_value()
    page.locator(".best form.check").evaluate(
        "form => { form.elements.start.value -= -3; form.elements.end.value -= -3 }"
    )
    page.click(".best form.check button")
    page.wait_for_selector(".best .verdict.is-moved")
    page.click(".best .verdict a")
    page.wait_for_selector("article mark")
    marked = " ".join(page.locator("mark").all_text_contents())
    assert marked.split() == text.split()
    assert "The quote is marked below." in (page.locator(".quote-flag").text_content() or "")


def test_going_back_to_an_answer_and_reloading_it_find_it_again(page: Page, address: str) -> None:
    ask(page, address)
    before = page.locator(".best blockquote").inner_html()
    page.click(".best .actions > a >> nth=0")
    page.wait_for_selector("article mark")
    page.go_back()
    page.wait_for_selector(".best blockquote")
    assert page.locator(".best blockquote").inner_html() == before
    page.reload()
    page.wait_for_selector(".best blockquote")
    assert page.locator("h1 bdi").text_content() == QUESTION
    page.click(".wordmark")
    page.wait_for_selector("body.home")
    assert page.locator("#q").input_value() == ""


def test_an_answer_is_found_again_after_going_to_a_place_on_it(page: Page, address: str) -> None:
    ask(page, address)
    page.locator("a.skip").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/#main")
    page.reload()
    page.wait_for_selector(".best blockquote")
    assert page.locator("h1 bdi").text_content() == QUESTION
    page.locator("a.skip").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/#main")
    page.click(".best .actions > a >> nth=0")
    page.wait_for_selector("article mark")
    page.go_back()
    page.wait_for_selector(".best blockquote")
    assert page.locator("h1 bdi").text_content() == QUESTION


def test_a_citation_is_copied(browser: Browser, address: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    ask(page, address)
    page.click(".best .cite summary")
    page.locator(".best .copy").nth(2).click()
    expect(page.locator(".best .copy").nth(2)).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator(".best pre").nth(2).text_content()
    assert copied.startswith("@misc{")
    context.close()


def test_a_citation_is_copied_where_there_is_no_clipboard_to_write_to(
    browser: Browser, address: str
) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    # As over plain HTTP, where the interface is not there.
    page.add_init_script("navigator.clipboard.writeText = undefined")
    ask(page, address)
    page.click(".best .cite summary")
    page.locator(".best .copy").nth(1).click()
    expect(page.locator(".best .copy").nth(1)).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("> ")
    assert copied.split() == (page.locator(".best pre").nth(1).text_content() or "").split()
    context.close()


def test_an_address_with_only_the_fragment_is_marked_too(page: Page, address: str) -> None:
    page.goto(f"{address}/articles/calves.md#p0-15")
    page.wait_for_selector("h1 mark")
    assert page.locator("mark").text_content() == "Calves at night"
    page.goto(f"{address}/articles/calves.md#p5-999999")
    page.wait_for_selector("[role=alert]")


def test_citation_marks_are_raised_and_items_marked_once(page: Page, address: str) -> None:
    page.goto(f"{address}/articles/ankles.txt")
    cited = page.locator("p", has_text="Most heal within weeks").locator("sup a.cites")
    expect(cited).to_have_text("1")
    style = "(node, name) => getComputedStyle(node)[name]"
    assert cited.locator("..").evaluate(style, "verticalAlign") == "super"
    assert cited.evaluate("a => a.getBoundingClientRect().height < 18")
    cited.click()
    expect(page.locator(":target")).to_contain_text("Smith J. Ankle sprains.")
    items = page.locator("li.own-mark")
    expect(items).to_have_text(["- lift the foot above the heart", "- lace the boot up again"])
    assert items.first.evaluate(style, "listStyleType") == "none"


def test_contents_stand_open_where_there_is_room(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 1200, "height": 800})
    page.goto(f"{address}/articles/calves.md")
    contents = page.locator(".contents details")
    assert contents.get_attribute("open") is not None
    page.set_viewport_size({"width": 390, "height": 800})
    expect(contents).not_to_have_attribute("open", "")


LONG = "a" * 4000
PATHS = ["/", "/articles", "/about", "/articles/calves.md", f"/?q={LONG}", "/?q=passport"]


@pytest.mark.parametrize("width", [320, 640, 1280])
def test_nothing_is_wider_than_the_screen(page: Page, address: str, width: int) -> None:
    """640 is 1280 at 200% zoom; 320 is 1280 at 400%, as WCAG 1.4.10 asks."""
    page.set_viewport_size({"width": width, "height": 700})
    for path in PATHS:
        page.goto(address + path)
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, path[:40]
    ask(page, address)
    page.click(".best .cite summary")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_motion_only_where_it_is_welcome(page: Page, address: str, browser: Browser) -> None:
    asked = "getComputedStyle(document.documentElement).scrollBehavior"
    page.goto(address)
    assert page.evaluate(asked) == "auto"
    context = browser.new_context(reduced_motion="no-preference")
    lively = context.new_page()
    lively.goto(address)
    lively.focus("#q")
    assert lively.evaluate(asked) == "smooth"
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, address: str, theme: str) -> None:
    axe = axe_script()
    context = browser.new_context(
        color_scheme="dark" if theme == "dark" else "light", bypass_csp=True
    )
    page = context.new_page()
    for path in [*PATHS[:4], "/?q=passport", "/articles/none", f"/?q={QUESTION}", "/?lang=es"]:
        page.goto(address + path)
        for details in page.locator("details").all():
            details.evaluate("element => { element.open = true }")
        assert axe_faults(page, axe) == [], path
    context.close()
