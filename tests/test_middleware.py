"""A crowd of questions: as many as are taken, a plain refusal beyond, and room again at once.

And bodies that do not come: nobody else waits for them, and they are not waited for without end.
"""

import asyncio
import json
import re
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.encoder import DeterministicEncoder, OnBatch
from index.errors import PinciteError
from service.web import middleware
from service.web.middleware import LimitQuestions
from tests import service_fixtures
from tests.service_fixtures import CAUSES


class Held(DeterministicEncoder):
    """Encodes nothing before `go_on`, once it is `held`."""

    def __init__(self) -> None:
        super().__init__()
        self.held = False
        self.texts: list[str] = []
        self.began = threading.Event()
        self.go_on = threading.Event()

    def encode(
        self, texts: Sequence[str], *, on_batch: OnBatch | None = None
    ) -> NDArray[np.float32]:
        self.texts += texts
        if self.held:
            self.began.set()
            assert self.go_on.wait(30)
        return super().encode(texts, on_batch=on_batch)


@pytest.fixture
def encoder() -> Held:
    return Held()


@pytest.fixture
def web(tmp_path: Path, encoder: Held) -> Iterator[TestClient]:
    settings = service_fixtures.settings_in(tmp_path, queue=2)
    service_fixtures.write_corpus(settings.corpus)
    service_fixtures.build(settings)
    with service_fixtures.client(settings, encoder) as client:
        encoder.texts.clear()
        encoder.held = True
        yield client
        encoder.go_on.set()


def crowd(web: TestClient) -> LimitQuestions:
    layer: Any = web.app.middleware_stack  # type: ignore[attr-defined]
    while not isinstance(layer, LimitQuestions):
        layer = layer.app
    return layer


def test_one_question_too_many_is_refused_at_once_and_taken_when_there_is_room(
    web: TestClient, encoder: Held
) -> None:
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(web.get, "/v1/ask", params={"q": f"cramp {n}"}) for n in (1, 2)]
        service_fixtures.wait_until(lambda: crowd(web).taken == 2)
        refused = web.post("/v1/ask", json={"question": "calf"})
        page = web.get("/", params={"q": "calf"}, headers={"accept": "text/html"})
        encoded = web.get("/?lang=en&%71=calf", headers={"accept": "text/html"})
        sent = web.post("/", data={"q": "calf"}, headers={"accept": "text/html"})
        free = ("/", "/?lang=es", "/healthz", "/v1/articles")
        others = [web.get(path).status_code for path in free]
        encoder.go_on.set()
        answers = [future.result(30) for future in asked]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["cache-control"] == "no-store"
    problem = refused.json()
    assert (problem["type"], problem["title"]) == ("urn:pincite:crowded", "Service Unavailable")
    assert "2 questions" in problem["detail"]
    assert problem["disclaimer"]
    assert (page.status_code, page.headers["retry-after"]) == (503, "1")
    assert (sent.status_code, sent.headers["retry-after"]) == (503, "1")
    assert (encoded.status_code, encoded.headers["retry-after"]) == (503, "1")
    for told in (page, sent, encoded):
        assert "Many people are asking at this moment" in told.text
        assert "PINCITE_QUEUE" not in told.text
        assert told.text.count("It is not medical advice") == 1
        assert told.headers["cache-control"] == "no-store"
    assert others == [200, 200, 200, 200]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert crowd(web).taken == 0
    assert web.get("/v1/ask", params={"q": "calf"}).status_code == 200


def test_the_same_question_at_the_same_time_is_answered_once(
    web: TestClient, encoder: Held
) -> None:
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(web.get, "/v1/ask", params={"q": CAUSES}) for _ in (1, 2)]
        assert encoder.began.wait(10)
        encoder.go_on.set()
        first, second = (future.result(30) for future in asked)
    assert first.status_code == second.status_code == 200
    assert encoder.texts.count(CAUSES) == 1
    one, other = first.json(), second.json()
    assert one | {"timings_ms": 0} == other | {"timings_ms": 0}


def test_questions_that_have_all_threads_keep_nobody_from_the_health(
    tmp_path: Path, encoder: Held
) -> None:
    settings = service_fixtures.settings_in(tmp_path)
    service_fixtures.write_corpus(settings.corpus)
    service_fixtures.build(settings)
    with service_fixtures.client(settings, encoder) as web, ThreadPoolExecutor(50) as pool:
        script = re.search(r"/static/\w+/pincite.js", web.get("/").text)
        assert script
        encoder.held = True
        asked = [pool.submit(web.get, "/v1/ask", params={"q": f"cramp {n}"}) for n in range(45)]
        service_fixtures.wait_until(lambda: crowd(web).taken == 45)
        paths = ("/healthz", "/readyz", "/metrics", script[0], "/static/pincite-search.js")
        try:
            others = [pool.submit(web.get, path) for path in paths]
            assert [other.result(10).status_code for other in others] == [200] * 5
            assert not any(one.done() for one in asked)
        finally:
            encoder.go_on.set()
        assert {one.result(30).status_code for one in asked} == {200}


def test_a_failed_question_makes_room_again(web: TestClient, encoder: Held) -> None:
    encoder.go_on.set()
    for _ in range(5):
        assert web.get("/v1/ask", params={"q": " "}).status_code == 422
    assert web.get("/v1/ask", params={"q": CAUSES}).status_code == 200


# Bodies that do not come, against the bare interface: a client of the tests sends all at once.


class Sender:
    """A client that sends a part of a body for each that is put in, and reads when it is let."""

    def __init__(self, *parts: bytes, ends: bool = True) -> None:
        self.parts = deque(parts)
        self.ends = ends
        self.more = asyncio.Event()
        self.reads = asyncio.Event()
        self.reads.set()
        self.got: list[Message] = []

    async def receive(self) -> Message:
        if not self.parts:
            await self.more.wait()
        part = self.parts.popleft()
        more = bool(self.parts) or not self.ends
        return {"type": "http.request", "body": part, "more_body": more}

    def end_with(self, part: bytes) -> None:
        self.parts.append(part)
        self.ends = True
        self.more.set()

    async def send(self, message: Message) -> None:
        self.got.append(message)
        await self.reads.wait()

    @property
    def status(self) -> int | None:
        return self.got[0]["status"] if self.got else None

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.got)

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.got[0]["headers"]}


def scope_of(path: str, *headers: tuple[str, str], method: str = "POST") -> Scope:
    sent = [(b"host", b"testserver"), *((n.encode(), v.encode()) for n, v in headers)]
    return {"type": "http", "method": method, "path": path, "raw_path": path.encode(),
            "query_string": b"", "headers": sent, "scheme": "http", "http_version": "1.1",
            "server": ("testserver", 80), "client": ("192.0.2.1", 9), "root_path": "",
            "state": {}, "asgi": {"version": "3.0"}}  # fmt: skip


def limited(app: ASGIApp, most: int) -> LimitQuestions:
    def respond(_: Request, error: Exception) -> Response:
        assert isinstance(error, PinciteError)
        return PlainTextResponse(error.kind, error.status)

    return LimitQuestions(app, most, respond)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body."""
    body = b""
    while True:
        message = await receive()
        body += message["body"]
        if not message["more_body"]:
            break
    await PlainTextResponse(body)(scope, receive, send)


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not done():
            await asyncio.sleep(0)


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def with_end() -> None:
        async with asyncio.timeout(20):
            await test()

    asyncio.run(with_end())


def test_a_question_that_is_not_all_there_holds_no_place() -> None:
    async def test() -> None:
        layer = limited(echo, most=1)
        half = [Sender(b"half", ends=False) for _ in range(5)]
        waiting = [
            asyncio.create_task(layer(scope_of("/v1/ask"), one.receive, one.send)) for one in half
        ]
        await until(lambda: not any(one.parts for one in half))
        assert layer.taken == 0
        whole = Sender(b"one ", b"two ", b"three")
        await layer(scope_of("/v1/ask"), whole.receive, whole.send)
        assert (whole.status, whole.body) == (200, b"one two three")
        assert not any(one.got for one in half)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    run(test)


def test_one_that_is_there_when_the_places_are_gone_is_refused() -> None:
    async def test() -> None:
        go_on = asyncio.Event()

        async def busy(scope: Scope, receive: Receive, send: Send) -> None:
            await go_on.wait()
            await echo(scope, receive, send)

        layer = limited(busy, most=1)
        first, late = Sender(b"first"), Sender(b"half", ends=False)
        task = asyncio.create_task(layer(scope_of("/"), late.receive, late.send))
        await until(lambda: not late.parts)
        taken = asyncio.create_task(layer(scope_of("/"), first.receive, first.send))
        await until(lambda: layer.taken == 1)
        early = Sender(ends=False)
        await layer(scope_of("/"), early.receive, early.send)
        assert (early.status, early.body) == (503, b"crowded")
        late.end_with(b" and half")
        await task
        assert (late.status, late.body) == (503, b"crowded")
        go_on.set()
        await taken
        assert (first.status, first.body, layer.taken) == (200, b"first", 0)

    run(test)


def test_who_reads_the_answer_slowly_holds_no_place_either() -> None:
    async def test() -> None:
        layer = limited(echo, most=1)
        slow, quick = Sender(b"slow"), Sender(b"quick")
        slow.reads.clear()
        task = asyncio.create_task(layer(scope_of("/v1/ask"), slow.receive, slow.send))
        await until(lambda: bool(slow.got))
        await layer(scope_of("/v1/ask"), quick.receive, quick.send)
        assert (quick.status, layer.taken) == (200, 0)
        slow.reads.set()
        await task
        assert (slow.body, layer.taken) == (b"slow", 0)

    run(test)


def test_a_question_that_only_drips_is_refused_in_the_end(
    web: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "QUESTION_SECONDS", 0.1)

    async def test() -> None:
        for path in ("/v1/ask", "/"):
            half = Sender(b"half", ends=False)
            await web.app(scope_of(path), half.receive, half.send)
            assert (half.status, half.headers["connection"]) == (408, "close")
            problem = json.loads(half.body)
            assert problem["type"] == "urn:pincite:too-slow"
            assert problem["title"] == "Request Timeout"
            assert problem["disclaimer"]
            assert "half" not in problem["detail"]
        page = Sender(ends=False)
        await web.app(scope_of("/", ("accept", "text/html")), page.receive, page.send)
        assert page.status == 408
        assert b"That took too long to arrive" in page.body
        assert crowd(web).taken == 0

    run(test)


def test_no_body_is_waited_for_without_end(
    web: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "SILENT_SECONDS", 0.1)

    async def test() -> None:
        token = ("authorization", f"Bearer {service_fixtures.TOKEN}")
        for method, path in [
            ("POST", "/v1/verify"),
            ("POST", "/v1/suggest"),
            ("POST", "/check"),
            ("POST", "/feedback"),
            ("PUT", "/v1/articles/a.md"),
        ]:
            half = Sender(b"half", ends=False)
            await web.app(scope_of(path, token, method=method), half.receive, half.send)
            assert (path, half.status, half.headers["connection"]) == (path, 408, "close")
            assert json.loads(half.body)["type"] == "urn:pincite:request-timeout"

    run(test)


@pytest.mark.parametrize("path", ["/v1/ask", "/", "/check"])
def test_a_client_that_leaves_while_it_sends_is_no_failure(
    web: TestClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def test() -> None:
        left = Sender()
        await web.app(scope_of(path), gone, left.send)
        assert left.got == []

    run(test)
    assert caplog.records == []
    assert 'status="500"' not in web.get("/metrics").text


def test_bodies_that_are_coming_are_bounded_and_short_ones_taken_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(middleware, "AHEAD_BYTES", 100)
    monkeypatch.setattr(middleware, "SMALL_BYTES", 20)

    async def test() -> None:
        layer = limited(echo, most=1)
        long = Sender(b"x" * 90, ends=False)
        task = asyncio.create_task(layer(scope_of("/v1/ask"), long.receive, long.send))
        await until(lambda: not long.parts)
        another, short = Sender(b"y" * 21), Sender(b"y" * 20)
        await layer(scope_of("/v1/ask"), another.receive, another.send)
        assert (another.status, another.body) == (503, b"crowded")
        await layer(scope_of("/v1/ask"), short.receive, short.send)
        assert (short.status, layer.ahead, layer.taken) == (200, 90, 0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert layer.ahead == 0

    run(test)


def test_what_says_that_it_is_too_long_is_not_read_ahead() -> None:
    async def test() -> None:
        layer = limited(echo, most=1)
        long = Sender(b"x", b"y")
        announced = ("content-length", str(middleware.BODY_BYTES + 1))
        await layer(scope_of("/v1/ask", announced), long.receive, long.send)
        assert (long.status, long.body, layer.ahead) == (200, b"xy", 0)

    run(test)
