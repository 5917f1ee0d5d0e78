"""What lies around every request: failures caught, bodies and crowds bounded, HEAD answered,
counts kept.

Plain ASGI, like `service.web.headers`: nothing is buffered, and nothing of a request is remembered.
"""

from collections import Counter
from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.errors import PinciteError

BODY_BYTES = 1_000_000
"""Longest body that a JSON route takes: the longest quote to verify (100,000 characters) fits even
when each is sent as an escape of six bytes."""
UPLOAD_BYTES = 100_000_000
"""Longest file that `PUT /v1/articles/` takes: the largest that the indexer opens, collections
aside. Who may not send it is refused before it is read."""


class CatchFailures:
    """Turns an exception that nothing expects into a response, and lets it go no further.

    Starlette would answer too, but outside all other wrapping (so without the security headers),
    and raise again, for the server to log with its message: which may hold somebody's question.
    """

    def __init__(self, app: ASGIApp, respond: Callable[[Request, Exception], Response]) -> None:
        self.app = app
        self.respond = respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; answer in its stead where it fails before it answers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def noticed(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noticed)
        except Exception as error:  # noqa: BLE001 - the last resort, whatever it is
            response = self.respond(Request(scope, receive), error)
            if not started:
                await response(scope, receive, send)


class LimitBody:
    """Refuses a body of more than `BODY_BYTES` under `/v1/`, by what it says and by what comes;
    an article's file may have `UPLOAD_BYTES`.

    FastAPI's own `max_body_size` answers in plain text, past our problem details.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting the bytes as they are read."""
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self.app(scope, receive, send)
            return
        read = 0
        upload = scope["method"] == "PUT" and scope["path"].startswith("/v1/articles/")
        most = UPLOAD_BYTES if upload else BODY_BYTES
        announced = _announced(scope)

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most or announced > most:
                raise HTTPException(413, f"the body is longer than {most} bytes.")
            return message

        await self.app(scope, counted, send)


class Crowded(PinciteError):
    """As many questions are being answered as are taken at a time."""

    status = 503
    kind = "crowded"
    seconds = 1


class LimitQuestions:
    """Refuses a question at once when `most` others are being answered.

    Whoever is refused knows it within milliseconds and may come again; whoever is taken waits for
    `most` others at the longest.
    """

    def __init__(
        self, app: ASGIApp, most: int, respond: Callable[[Request, Exception], Response]
    ) -> None:
        self.app = app
        self.most = most
        self.respond = respond
        self.taken = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer that it comes at a busy time."""
        if scope["type"] != "http" or not _asks(scope):
            await self.app(scope, receive, send)
            return
        if self.taken >= self.most:
            refusal = Crowded(
                f"{self.taken} questions are being answered, and no more are taken at a time "
                f"(PINCITE_QUEUE). Ask again in {Crowded.seconds} s."
            )
            await self.respond(Request(scope, receive), refusal)(scope, receive, send)
            return
        self.taken += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.taken -= 1


class CountRequests:
    """Counts requests by route and status, for `/metrics`. Addresses and bodies are not kept."""

    def __init__(self, app: ASGIApp, counts: Counter[tuple[str, int]]) -> None:
        self.app = app
        self.counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; count it as its response starts."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "other")
                self.counts[route, message["status"]] += 1
            await send(message)

        await self.app(scope, receive, counted)


class HeadAsGet:
    """Answers HEAD like GET, less the body (RFC 9110, section 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as GET; drop what comes after the headers."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def headers_only(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, headers_only)


def _asks(scope: Scope) -> bool:
    """Tell whether a request is a question: to the JSON route, or to the page, sent or linked."""
    path: str = scope["path"]
    if path == "/" and scope["method"] != "POST":
        given = parse_qsl(scope["query_string"], keep_blank_values=True)
        return any(name == b"q" for name, _ in given)
    return path in {"/", "/v1/ask"}


def _announced(scope: Scope) -> int:
    value: bytes = dict(scope["headers"]).get(b"content-length", b"")
    return int(value) if value.isdigit() and len(value) < 20 else 0
