"""A real browser and a real server, for the tests that need both."""

import importlib.util
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, sync_playwright

from bench.screenshots import CHROMIUM_ARGUMENTS

CHROMIUM = Path(os.environ.get("PINCITE_TEST_BROWSER", "/usr/bin/chromium"))


@contextmanager
def serving(app: Callable[..., Any]) -> Iterator[str]:
    """Serve an ASGI application on a free port of this machine; give its address."""
    config = uvicorn.Config(app, port=0, log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a browser; skip the test where there is none."""
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}: apt install chromium, or set PINCITE_TEST_BROWSER")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


class Watched:
    """A page with what went wrong on it: console errors, and requests to other hosts."""

    def __init__(self, page: Page, *addresses: str) -> None:
        self.page = page
        self.faults: list[str] = []
        self.addresses = addresses
        page.on("pageerror", self._failed)
        page.on("console", self._said)
        page.on("request", self._requested)

    def _failed(self, error: Error) -> None:
        self.faults.append(str(error))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(message.text)

    def _requested(self, request: Request) -> None:
        if not request.url.startswith(self.addresses):
            self.faults.append(request.url)


@contextmanager
def watched_page(
    browser: Browser, *addresses: str, permissions: Sequence[str] | None = None
) -> Iterator[Page]:
    """Give a page of a browser without a history; fail the test when anything went wrong on it."""
    context = browser.new_context(locale="en-GB", reduced_motion="reduce", permissions=permissions)
    watched = Watched(context.new_page(), *addresses)
    yield watched.page
    context.close()
    assert watched.faults == []


def axe_script() -> str:
    """Return axe-core as `axe-playwright-python` carries it; skip the test where it is absent."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("axe-playwright-python is not installed")
    return Path(found.origin).with_name("axe.min.js").read_text(encoding="utf-8")


def axe_faults(page: Page, script: str) -> list[tuple[str, list[str]]]:
    """Return what axe-core finds on a page whose policy lets it in: rule, and elements."""
    page.evaluate(script)
    result = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [(v["id"], [n["html"] for n in v["nodes"]]) for v in result["violations"]]
