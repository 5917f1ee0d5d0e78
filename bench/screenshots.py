"""Make screenshots of every page of a running service, in the browser of the machine.

    python -m bench.screenshots http://127.0.0.1:8000 docs/screenshots

Writes PNG files named PAGE-SCREEN.png: desktop, phones of 390 and 320 CSS pixels, dark, Spanish.
Needs Playwright for Python and a Chromium (`--browser`, Debian's by default). `--only` picks by
the start of the name. It talks to the service given and to nothing else.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True, slots=True)
class Screen:
    """A width and height in CSS pixels, a colour scheme and a language."""

    name: str
    width: int
    height: int
    dark: bool = False
    locale: str = "en-GB"


SCREENS = (
    Screen("desktop", 1280, 900),
    Screen("phone", 390, 844),
    Screen("small-phone", 320, 640),
    Screen("desktop-dark", 1280, 900, dark=True),
    Screen("phone-dark", 390, 844, dark=True),
    Screen("desktop-es", 1280, 900, locale="es-ES"),
)

QUESTIONS = {
    "answer": "Why do I get leg cramps at night?",
    "notice": "My calf is swollen and hot, I have chest pain and cannot breathe, is it a cramp?",
    "none": "How do I renew my passport?",
}


def ask(page: Page, address: str, question: str) -> None:
    """Type a question into the box on the first page and press Enter."""
    page.goto(address)
    page.fill("#q", question)
    page.press("#q", "Enter")
    page.wait_for_load_state()


def pages(page: Page, address: str) -> Iterator[str]:
    """Go from page to page; yield the name of each once it stands."""
    page.goto(address)
    yield "home"
    page.type("#q", "cramp")
    page.wait_for_selector("[role=option]")
    yield "suggestions"
    for name, question in QUESTIONS.items():
        ask(page, address, question)
        yield name
    ask(page, address, QUESTIONS["answer"])
    page.click(".best form.check button")
    page.wait_for_selector(".best .verdict p")
    page.click(".best details.cite summary")
    yield "checked"
    page.click(".best .actions > a")
    page.wait_for_load_state()
    yield "article"
    for name in ("articles", "about", "articles/no-such-article"):
        page.goto(f"{address}/{name}")
        yield name.replace("/", "-")


def shoot(browser: Browser, screen: Screen, address: str, folder: Path, only: str) -> None:
    """Write the screenshots of one screen."""
    context = browser.new_context(
        viewport={"width": screen.width, "height": screen.height},
        color_scheme="dark" if screen.dark else "light",
        locale=screen.locale,
        reduced_motion="reduce",
    )
    page = context.new_page()
    for name in pages(page, address):
        if name.startswith(only):
            # The article is shown as it arrives, at the quote; the others whole.
            whole = name not in {"article", "suggestions"}
            page.screenshot(path=folder / f"{name}-{screen.name}.png", full_page=whole)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            print(f"{name}-{screen.name}: {wide} px wider than the screen")
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="where the service runs, for example http://127.0.0.1:8000")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="pages whose name begins so")
    parser.add_argument("--screen", help="one screen: " + ", ".join(s.name for s in SCREENS))
    parser.add_argument("--browser", default="/usr/bin/chromium")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=given.browser, args=CHROMIUM_ARGUMENTS)
        for screen in SCREENS:
            if given.screen in {None, screen.name}:
                shoot(browser, screen, given.address.rstrip("/"), given.folder, given.only)
        browser.close()


if __name__ == "__main__":
    main()
