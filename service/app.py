"""`create_app(settings)`: the routes, the pages, the errors and nothing else, put together."""

import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from index.encoder import Encoder
from index.runtimes import open_encoder
from service.answers import Answers
from service.api import api_router, health_router
from service.feedback.page import feedback_router
from service.pages import pages_router
from service.processes.pool import how_many
from service.settings import Settings
from service.upkeep.admin import admin_router
from service.upkeep.follow import Follower
from service.upkeep.indexing import Indexing
from service.upkeep.operator_pages import operator_router
from service.upkeep.shelf import Shelf
from service.upkeep.watching import Watcher
from service.web.allowance import Changes, Guesses
from service.web.docs_page import docs_router
from service.web.embedding import AllowOrigins
from service.web.headers import SecurityHeaders
from service.web.middleware import (
    CatchFailures,
    CountRequests,
    HeadAsGet,
    LimitBody,
    LimitQuestions,
)
from service.web.problems import add_problem_handlers, on_failure, on_pincite_error

_DESCRIPTION = (
    "Ask a health question, get the passages that answer it, word for word, each with a pincite "
    "that anyone can check. Not medical advice."
)


class PinciteApp(FastAPI):
    """FastAPI, whose schema says that errors are problem details."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI description; the media type of each error is RFC 9457's."""
        if self.openapi_schema is None:
            schema = super().openapi()
            for routes in schema["paths"].values():
                for operation in routes.values():
                    for status, response in operation["responses"].items():
                        if status.startswith(("4", "5")):
                            (body,) = response["content"].values()
                            response["content"] = {"application/problem+json": body}
        return self.openapi_schema or {}


def create_app(
    settings: Settings,
    encoder: Encoder | None = None,
    *,
    watch: bool = False,
    processes: bool = False,
) -> FastAPI:
    """Return the application over the live snapshot of `settings.index`; with `watch`, a change of
    the corpus is indexed without being asked for; with `processes`, questions are answered in as
    many others as the settings say.

    Opens the encoder (unless given) and the snapshot; raises `EncoderError` or `SnapshotError`
    when they cannot be used, and `SourceError` when there is no corpus to watch.
    """
    encoder = encoder or open_encoder(settings.encoder, runtime=settings.runtime)

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        """Follow the index for as long as the application runs."""
        async with AsyncExitStack() as started:
            follower.start()
            started.push_async_callback(run_in_threadpool, follower.stop)
            started.push_async_callback(run_in_threadpool, indexing.stop)
            if settings.admin_token is not None:
                shelf.sweep()
                indexing.resume()
            if watch:
                watcher.start()
                started.push_async_callback(run_in_threadpool, watcher.stop)
            if pool:
                pool.start()
                started.push_async_callback(run_in_threadpool, pool.stop)
            yield

    app = PinciteApp(
        lifespan=living,
        title="Pincite",
        version=version("pincite"),
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        # FastAPI records each request, its query and so the question in it, wherever the process
        # has an OpenTelemetry provider or the environment says FASTAPI_OTEL_AUTO_CONFIGURE.
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
    )
    app.state.settings = settings
    answers = app.state.answers = Answers(settings, encoder)
    number = how_many(settings, answers.info.passages) if processes else 0
    pool = answers.employ(number) if number else None
    follower = app.state.follower = Follower(answers, settings.index)
    indexing = app.state.indexing = Indexing(settings, lambda: follower.look(again=True))
    watcher = Watcher(settings.corpus, indexing.request)
    if watch:
        watcher.check()  # here it is said in a line; where it begins, in a traceback
    shelf = Shelf(settings.corpus)
    app.state.changes = Changes(settings.changes_per_minute)
    app.state.guesses = Guesses()
    # A page that holds it came from this process: another site cannot know it.
    app.state.form_token = secrets.token_urlsafe(16)
    app.state.requests = Counter[tuple[str, int]]()
    app.include_router(api_router())
    app.include_router(health_router())
    app.include_router(docs_router())
    app.include_router(pages_router())
    app.include_router(feedback_router(settings))
    app.include_router(admin_router(shelf, indexing))
    app.include_router(operator_router(shelf, indexing))
    add_problem_handlers(app)
    # The last added is the outermost.
    app.add_middleware(CatchFailures, respond=on_failure)
    app.add_middleware(LimitBody)
    app.add_middleware(LimitQuestions, most=settings.queue, respond=on_pincite_error)
    app.add_middleware(CountRequests, counts=app.state.requests)
    app.add_middleware(AllowOrigins, origins=(settings.allowed_origins or "").split())
    app.add_middleware(SecurityHeaders)
    app.add_middleware(HeadAsGet)
    return app
