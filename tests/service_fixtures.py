"""A small index and the service over it, for the tests of `service/`."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from index.encoder import DeterministicEncoder, Encoder
from ingest.pipeline import Report, update_index
from service.app import create_app
from service.settings import Settings

TOKEN = "a-token-for-tests"

NIGHT = """---
title: Night leg cramps
publisher: Example Library
authors: [A. Writer, B. Writer]
published: 2025-03-04
reviewed: "2025-06"
url: https://example.org/night?a=1
licence: CC0-1.0
language: en
references:
  - title: A reference book
    url: https://example.org/book
---

# Night leg cramps

## What causes cramps at night?

Calf cramps at night happen when the foot points down. The calf muscle is short then.

## How to stretch

Pull the toes towards the shin and hold them there for half a minute.

## When to see a doctor

See a doctor when the calf is swollen, red or warm.
"""

WATER = """---
title: Water and salt
publisher: Another Library
---

# Water and salt

## Dehydration

Dehydration can cause cramps. Drink water before you are thirsty, above all in the heat.

## Magnesium

Magnesium tablets help few people with ordinary cramps.
"""

TROUBLES = "".join(f"- trouble of the kind number {n} in the years before\n" for n in range(40))
DOSES = "".join(f"| Tablet number {n} | {n}0 mg with food | {n} mg |\n" for n in range(40))
LONG_LISTS = f"""---
title: Ibuprane
publisher: Example Library
url: https://example.org/ibuprane
language: en
---

# Ibuprane

Ibuprane is strong. Do not take Ibuprane after:

{TROUBLES}
## Doses of tablets

| Tablet | Usual dose | Dose in kidney disease |
|---|---|---|
{DOSES}"""
"""An article whose list and whose table are each longer than a passage."""

SOURCES = {"night.md": NIGHT, "more/water & salt.md": WATER}
CAUSES = "What causes calf cramps at night?"
SHOW_ALL, SHOW_NONE = 1e-9, 1 - 1e-9


def write_corpus(folder: Path, sources: dict[str, str] | None = None) -> None:
    """Write articles under their names, in `folder`."""
    for name, text in (sources or SOURCES).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def settings_in(folder: Path, **values: object) -> Settings:
    """Return settings whose corpus and index lie in `folder`, with every passage an answer."""
    named = {
        "corpus": folder / "corpus",
        "index": folder / "index",
        "feedback_folder": folder / "feedback",
        "encoder": "deterministic",
        "admin_token": TOKEN,
        "answer_threshold": SHOW_ALL,
        **values,
    }
    return Settings(_env_file=None, **named)  # type: ignore[call-arg, arg-type]


def build(settings: Settings, encoder: Encoder | None = None) -> Report:
    """Bring the index up to date with the corpus."""
    return update_index(settings.corpus, settings.index, encoder or DeterministicEncoder())


def client(settings: Settings, encoder: Encoder | None = None) -> TestClient:
    """Return a client of the service; a failure inside is an answer, as it is outside of tests."""
    app = create_app(settings, encoder or DeterministicEncoder())
    return TestClient(app, raise_server_exceptions=False)


def wait_until(done: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until `done`; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def settled(api: TestClient) -> dict[str, Any]:
    """Wait until no job runs or waits; return `GET /v1/index`."""
    found: dict[str, Any] = {}

    def quiet() -> bool:
        found.update(api.get("/v1/index").json())
        job = found["job"]
        return not found["next_job"] and (not job or job["state"] in {"done", "failed"})

    wait_until(quiet)
    return found


def refreshed(api: TestClient) -> dict[str, Any]:
    """Ask for indexing, wait for its end; return `GET /v1/index`."""
    asked = api.post("/v1/index/refresh", headers={"authorization": f"bearer {TOKEN}"})
    assert asked.status_code == 202, asked.text
    return settled(api)
