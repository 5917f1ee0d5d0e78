"""What lies around every request: failures caught, bodies and crowds bounded, HEAD answered,
counts kept.

Plain ASGI, like `service.web.headers`: nothing of a request is remembered, and nothing is buffered
but the body of a question, until all of it is there.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.errors import PinciteError

BODY_BYTES = 1_000_000
"""Longest body that a JSON route takes: the longest quote to verify (100,000 characters) fits even
when each is sent as an escape of six bytes."""
UPLOAD_BYTES = 100_000_000
"""Longest file that `PUT /v1/articles/` takes: the largest that the indexer opens, collections
aside. Who may not send it is refused before it is read."""
SILENT_SECONDS = 30.0
"""How long a client that is sending a body may send nothing: more than a bad connection pauses."""
QUESTION_SECONDS = 20.0
"""How long the body of a question may take in all. Whatever a person wrote is there in a moment."""
AHEAD_BYTES = 64_000_000
SMALL_BYTES = 64_000
"""What bodies of questions that are still coming may hold in all, and what each of them may however
much others do: no question of a person is longer."""
CLOSING = {"connection": "close"}
"""For a client that has not sent all of its request: what it sends next is no request."""


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
        except ClientDisconnect:  # while it was sending: nobody waits for an answer
            return
        except Exception as error:  # noqa: BLE001 - the last resort, whatever it is
            response = self.respond(Request(scope, receive), error)
            if not started:
                await response(scope, receive, send)


class TooSlow(PinciteError):
    """A body does not come, or only drop by drop."""

    status = 408
    kind = "too-slow"


class LimitBody:
    """Refuses a body of more than `BODY_BYTES` under `/v1/`, by what it says and by what comes;
    an article's file may have `UPLOAD_BYTES`. Refuses any of which nothing more comes.

    FastAPI's own `max_body_size` answers in plain text, past our problem details.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting the bytes as they are read."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        read, ended = 0, False
        bounded = scope["path"].startswith("/v1/")  # the forms of pages have bounds of their own
        upload = scope["method"] == "PUT" and scope["path"].startswith("/v1/articles/")
        most = UPLOAD_BYTES if upload else BODY_BYTES
        announced = _announced(scope)

        async def counted() -> Message:
            nonlocal read, ended
            try:
                # After its end there is only a client that leaves, which may take as long as it
                # likes.
                async with asyncio.timeout(None if ended else SILENT_SECONDS):
                    message = await receive()
            except TimeoutError:
                # As the framework's own kind: it makes a 400 of another that is raised in here.
                raise HTTPException(408, "the rest of the body did not come.", CLOSING) from None
            ended = not message.get("more_body", False)
            read += len(message.get("body", b""))
            if bounded and (read > most or announced > most):
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
    `most` others at the longest. A client has a place from when all of its question is there until
    its answer is: sending or reading slowly keeps nobody else out.
    """

    def __init__(
        self, app: ASGIApp, most: int, respond: Callable[[Request, Exception], Response]
    ) -> None:
        self.app = app
        self.most = most
        self.respond = respond
        self.taken = 0
        self.ahead = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer that it comes at a busy time."""
        if scope["type"] != "http" or not _asks(scope):
            await self.app(scope, receive, send)
            return
        try:
            self._check()
            # What says that it is too long is not read: it is refused by `LimitBody`.
            if scope["method"] == "POST" and _announced(scope) <= BODY_BYTES:
                receive = await self._read_ahead(receive)
                self._check()
        except ClientDisconnect:
            return
        except (Crowded, TooSlow) as refusal:
            await self.respond(Request(scope, receive), refusal)(scope, receive, send)
            return
        self.taken += 1
        left = False

        def leave() -> None:
            nonlocal left
            self.taken -= not left
            left = True

        async def answered(message: Message) -> None:
            leave()
            await send(message)

        try:
            await self.app(scope, receive, answered)
        finally:
            leave()

    def _check(self) -> None:
        if self.taken >= self.most:
            raise Crowded(
                f"{self.taken} questions are being answered, and no more are taken at a time "
                f"(PINCITE_QUEUE). Ask again in {Crowded.seconds} s."
            )

    async def _read_ahead(self, receive: Receive) -> Receive:
        """Return what gives a body that has been read, or so much of it that it will be refused.

        Raises `TooSlow`, `Crowded`, or `ClientDisconnect` when the client has gone.
        """
        body, more = bytearray(), True
        try:
            async with asyncio.timeout(QUESTION_SECONDS):
                while more and len(body) <= BODY_BYTES:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ClientDisconnect
                    part = message.get("body", b"")
                    body += part
                    self.ahead += len(part)
                    more = message.get("more_body", False)
                    if self.ahead > AHEAD_BYTES and len(body) > SMALL_BYTES:
                        raise Crowded(
                            "long questions of others are still coming. Ask again in "
                            f"{Crowded.seconds} s, or ask in fewer words."
                        )
        except TimeoutError:
            raise TooSlow(
                f"the question did not come within {QUESTION_SECONDS:g} s. Send it again."
            ) from None
        finally:
            self.ahead -= len(body)
        given = False

        async def again() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": bytes(body), "more_body": more}

        return again


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
