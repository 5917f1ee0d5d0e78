"""Make screenshots of every page of a running service, in the browser of the machine.

    python -m bench.screenshots http://127.0.0.1:8000 docs/screenshots

Writes PNG files named PAGE-SCREEN.png: desktop, phones of 390 and 320 CSS pixels, dark, Spanish.
Needs Playwright for Python and a Chromium (`--browser`, Debian's by default). `--only` picks by
the start of the name. It talks to the service given and to nothing else. Where that allows an
origin on loopback to embed the question box (`PINCITE_ALLOWED_ORIGINS`), `--embed ORIGIN` serves a
page there and photographs it.
"""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

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
    ask(page, address, QUESTIONS["answer"])
    page.emulate_media(media="print")
    yield "print"
    page.emulate_media(media="screen")
    page.click(".narrow summary")
    page.select_option("#section_type", "treatment")
    page.click(".ask button[type=submit]")
    page.wait_for_selector(".narrowed")
    page.check("input[name=helped][value=no]")
    page.click(".share summary")
    yield "narrowed"
    for name in (
        "articles",
        "articles?section_type=treatment",
        "about",
        "docs",
        "articles/no-such-article",
    ):
        page.goto(f"{address}/{name}")
        yield name.replace("/", "-").replace("?", "-")


def embedded(page: Page, origin: str) -> Iterator[str]:
    """Ask by the question box on a page of `origin`, which `host_at` serves."""
    page.goto(origin)
    page.fill("pincite-search input", QUESTIONS["answer"])
    page.press("pincite-search input", "Enter")
    page.wait_for_selector("pincite-search .disclaimer")
    yield "embedded"


@contextmanager
def host_at(origin: str, address: str) -> Iterator[None]:
    """Serve a page that embeds the service at `address`, on the port of `origin` on loopback."""
    body = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><title>A patients’ association</title>'
        f'<script type="module" src="{address}/static/pincite-search.js"></script>'
        "<style>body { font: 1.0625rem/1.6 sans-serif; max-width: 48rem; margin: 2rem auto;"
        " padding: 0 1rem }</style><h1>A patients’ association</h1>"
        "<p>A page of another site, with a question box of ours.</p>"
        '<pincite-search k="2"></pincite-search>'
    ).encode()

    class Host(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", urlsplit(origin).port or 80), Host) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


def shoot(
    browser: Browser, screen: Screen, address: str, folder: Path, only: str, embed: str | None
) -> None:
    """Write the screenshots of one screen."""
    context = browser.new_context(
        viewport={"width": screen.width, "height": screen.height},
        color_scheme="dark" if screen.dark else "light",
        locale=screen.locale,
        reduced_motion="reduce",
    )
    page = context.new_page()
    inside = embedded(page, embed) if embed else iter(())
    for name in chain(pages(page, address), inside):
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
    parser.add_argument(
        "--embed", metavar="ORIGIN", help="http://127.0.0.1:PORT, which the service allows"
    )
    parser.add_argument("--browser", default="/usr/bin/chromium")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    address = given.address.rstrip("/")
    hosted = host_at(given.embed, address) if given.embed else nullcontext()
    with hosted, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=given.browser, args=CHROMIUM_ARGUMENTS)
        for screen in SCREENS:
            if given.screen in {None, screen.name}:
                shoot(browser, screen, address, given.folder, given.only, given.embed)
        browser.close()


if __name__ == "__main__":
    main()
