"""`create_app(settings)`: the routes, the pages, the errors and nothing else, put together."""

import logging
from collections import Counter
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from index.encoder import Encoder, open_encoder
from index.errors import PinciteError
from service.answers import Answers
from service.api import api_router, health_router
from service.headers import SecurityHeaders
from service.pages import pages_router, render_error
from service.settings import Settings

_LOG = logging.getLogger("pincite")
_DESCRIPTION = (
    "Ask a health question, get the passages that answer it, word for word, each with a pincite "
    "that anyone can check. Not medical advice."
)


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


def create_app(settings: Settings, encoder: Encoder | None = None) -> FastAPI:
    """Return the application over the live snapshot of `settings.index`.

    Opens the encoder (unless given) and the snapshot; raises `EncoderError` or `SnapshotError`
    when they cannot be used.
    """
    from ingest.pipeline import update_index

    encoder = encoder or open_encoder(settings.encoder, runtime=settings.runtime)
    app = FastAPI(
        title="Pincite", version="0.1.0", description=_DESCRIPTION, docs_url=None, redoc_url=None
    )
    app.state.settings = settings
    app.state.answers = Answers(settings, encoder)
    app.state.requests = Counter[tuple[str, int]]()

    def reindex() -> None:
        update_index(
            settings.corpus,
            settings.index,
            encoder,
            target_tokens=settings.passage_tokens,
            keep=settings.keep_snapshots,
        )

    app.state.reindex = reindex
    app.include_router(api_router())
    app.include_router(health_router())
    app.include_router(pages_router())
    app.add_middleware(CountRequests, counts=app.state.requests)
    app.add_middleware(SecurityHeaders)
    app.add_exception_handler(PinciteError, _on_pincite_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_anything)
    return app


def _on_pincite_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, PinciteError):
        raise TypeError(type(error))
    return problem(request, error.status, error.kind, str(error))


def _on_invalid(request: Request, error: Exception) -> Response:
    """Say what is wrong without repeating the values: one of them may be somebody's question."""
    if not isinstance(error, RequestValidationError):
        raise TypeError(type(error))
    faults = [
        f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
        for fault in error.errors()
    ]
    return problem(request, 422, "invalid-request", "; ".join(faults) + ".")


def _on_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise TypeError(type(error))
    response = problem(request, error.status_code, "http", str(error.detail))
    response.headers.update(error.headers or {})
    return response


def _on_anything(request: Request, error: Exception) -> Response:
    """The type and the place go to the log; the message may hold a question and does not."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "?"
    _LOG.error("%s at %s", type(error).__name__, where)
    return problem(request, 500, "internal", "something failed inside Pincite. The log says where.")


def problem(request: Request, status: int, kind: str, detail: str) -> Response:
    """Return problem details (RFC 9457), or the same facts as a page for a person's browser."""
    title = HTTPStatus(status).phrase
    answers: Answers = request.app.state.answers
    about_answers = request.url.path in {"/", "/v1/ask"}
    if _wants_page(request):
        shown = answers.disclaimer if about_answers else None
        return render_error(request, status, title, detail, disclaimer=shown)
    body = {"type": f"urn:pincite:{kind}", "title": title, "status": status, "detail": detail}
    if about_answers:
        body["disclaimer"] = answers.disclaimer
    return JSONResponse(
        body,
        status,
        {"cache-control": "no-store"},
        media_type="application/problem+json",
    )


def _wants_page(request: Request) -> bool:
    machine = request.url.path.startswith(("/v1/", "/healthz", "/readyz", "/metrics", "/openapi"))
    return not machine and "text/html" in request.headers.get("accept", "")
