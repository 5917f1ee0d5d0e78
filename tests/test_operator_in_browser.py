"""The operator's page in a real browser: drop a file, find it, delete it, go back; and by axe-core.

Needs a Chromium (`PINCITE_TEST_BROWSER`, else Debian's) and skips where there is none.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from index.encoder import DeterministicEncoder
from service.app import create_app
from service.settings import Settings
from tests.browser import axe_faults, axe_script, serving, watched_page
from tests.service_fixtures import SOURCES, TOKEN, build, settings_in, write_corpus

pytestmark = pytest.mark.slow

TETANUS = FilePayload(
    name="tetanus.md", mimeType="text/markdown", buffer=b"# Tetanus\n\nIt makes the jaw stiff.\n"
)
PHOTO = FilePayload(name="photo.png", mimeType="image/png", buffer=b"\x89PNG")
SECONDS = 60_000

# As a browser does it that a file is dropped on.
DROP = """(form, [name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, { type: "text/markdown" }));
  const how = { dataTransfer: data, bubbles: true, cancelable: true };
  for (const kind of ["dragenter", "dragover", "drop"])
    form.dispatchEvent(new DragEvent(kind, how));
}"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    found = settings_in(tmp_path_factory.mktemp("operator"))
    write_corpus(found.corpus)
    build(found)
    return found


@pytest.fixture(scope="module")
def address(settings: Settings) -> Iterator[str]:
    with serving(create_app(settings, DeterministicEncoder())) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with watched_page(browser, address) as page:
        yield page


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/operator")
    page.fill("#token", TOKEN)
    page.press("#token", "Enter")
    expect(page.locator("#files")).to_be_visible()


def ask(page: Page, address: str, question: str) -> str:
    page.goto(address)
    page.fill("#q", question)
    page.press("#q", "Enter")
    page.wait_for_selector("h1 bdi")
    return page.locator("main").inner_text()


def test_dropped_searched_deleted_and_gone_back_to(
    page: Page, address: str, settings: Settings
) -> None:
    sign_in(page, address)
    assert page.evaluate("document.cookie") == ""
    page.locator("form.drop").evaluate(DROP, ["dropped.md", "# Lockjaw\n\nA dropped stiff jaw.\n"])
    expect(page.locator("#uploads li")).to_have_text("dropped.mdStored", timeout=SECONDS)
    # The list comes up to date by itself once the job has ended.
    expect(page.locator("#list")).to_contain_text("Lockjaw", timeout=SECONDS)
    expect(page.locator("#job [data-line]")).to_contain_text("Indexed.")
    expect(page.locator("#job progress")).to_be_hidden()
    expect(page.locator("#snapshots li")).to_have_count(2)
    assert "A dropped stiff jaw." in ask(page, address, "dropped stiff jaw")

    page.goto(f"{address}/operator")
    page.fill("#folder", "jaw")
    page.set_input_files("#files", [TETANUS, PHOTO])
    page.click("form.drop button")
    expect(page.locator("#uploads li").nth(0)).to_have_text("tetanus.mdStored", timeout=SECONDS)
    expect(page.locator("#uploads .is-fault")).to_contain_text("no reader for", timeout=SECONDS)
    expect(page.locator("#list")).to_contain_text("jaw/tetanus.md", timeout=SECONDS)
    assert (settings.corpus / "jaw/tetanus.md").is_file()

    page.click("text=Details >> nth=0")
    page.goto(f"{address}/operator/files/jaw/tetanus.md")
    page.check("#sure")
    page.click(".danger button")
    expect(page.locator(".told-done")).to_contain_text("jaw/tetanus.md is deleted")
    expect(page.locator("#list")).not_to_contain_text("Tetanus", timeout=SECONDS)
    assert "It makes the jaw stiff." not in ask(page, address, "what makes the jaw stiff")

    page.goto(f"{address}/operator")
    first = page.locator("#snapshots button").first
    first.click()
    expect(page.locator(".told-done")).to_contain_text("is live, with 4 articles.")
    expect(page.locator("#list")).to_contain_text("Tetanus")
    assert "It makes the jaw stiff." in ask(page, address, "what makes the jaw stiff")
    page.goto(f"{address}/operator")
    page.click("text=Index again")
    expect(page.locator("#list")).not_to_contain_text("Tetanus", timeout=SECONDS)

    page.click("text=Sign out")
    expect(page.locator("#token")).to_be_visible()
    page.goto(f"{address}/operator/files/night.md")
    expect(page.locator("#token")).to_be_visible()


def look_until_quiet(page: Page) -> None:
    """Follow the link that stands there for whoever has no script, until the job has ended."""
    while page.locator("#job[data-busy=yes]").count():
        page.locator("#job noscript a").click()
        page.wait_for_load_state()


def test_all_of_it_without_a_script(browser: Browser, address: str, settings: Settings) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    sign_in(page, address)
    expect(page.locator(".drop-words")).to_be_hidden()
    page.set_input_files("#files", [FilePayload({**TETANUS, "name": "plain.md"})])
    page.click("form.drop button")
    expect(page.locator(".told-done")).to_contain_text("plain.md is stored.")
    look_until_quiet(page)
    page.fill("#find", "plain.md")
    page.click(".find button")
    expect(page.locator("#list")).to_contain_text("Tetanus")
    page.click("#list >> text=Details")
    page.fill("#metadata", "title: Lockjaw, plainly")
    page.click("text=Save the metadata")
    expect(page.locator(".told-done")).to_contain_text("Understood: title.")
    page.check("#sure")
    page.click(".danger button")
    expect(page.locator(".told-done")).to_contain_text("plain.md is deleted")
    look_until_quiet(page)
    assert not (settings.corpus / "plain.md").exists()
    assert not (settings.corpus / "plain.md.yaml").exists()
    assert set(SOURCES) <= {
        p.relative_to(settings.corpus).as_posix() for p in settings.corpus.rglob("*.md")
    }
    context.close()


@pytest.mark.parametrize("width", [320, 640, 1280])
def test_nothing_is_wider_than_the_screen(
    page: Page, address: str, settings: Settings, width: int
) -> None:
    name = "a-name-" + "long" * 40 + ".md"
    Path(settings.corpus / name).write_text("# " + "Long" * 60 + "\n\nRest.\n")
    page.set_viewport_size({"width": width, "height": 700})
    sign_in(page, address)
    page.click("text=Index again")
    expect(page.locator("#list")).to_contain_text("LongLong", timeout=SECONDS)
    for path in ("/operator", f"/operator/files/{name}"):
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, address: str, settings: Settings, theme: str) -> None:
    script = axe_script()
    context = browser.new_context(
        color_scheme="dark" if theme == "dark" else "light", bypass_csp=True
    )
    page = context.new_page()
    page.goto(f"{address}/operator")
    assert axe_faults(page, script) == []
    page.fill("#token", "wrong-token")
    page.press("#token", "Enter")
    expect(page.locator(".told-fault")).to_be_visible()
    assert axe_faults(page, script) == []
    (settings.corpus / "broken.pdf").write_bytes(b"%PDF-1.7 no more")
    sign_in(page, address)
    page.set_input_files("#files", [PHOTO])
    page.click("form.drop button")
    expect(page.locator("#uploads .is-fault")).to_be_visible()
    page.click("text=Index again")
    expect(page.locator("#problems")).to_contain_text("broken.pdf", timeout=SECONDS)
    assert axe_faults(page, script) == []
    for path in ("files/night.md", "files/broken.pdf", "files/none.md", "?lang=es"):
        page.goto(f"{address}/operator/{path}" if "?" not in path else f"{address}/operator{path}")
        for details in page.locator("details").all():
            details.evaluate("element => { element.open = true }")
        assert axe_faults(page, script) == [], path
    context.close()
