"""`create_app(settings)`: the routes, the pages, the errors and nothing else, put together."""

from collections import Counter
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI

from index.encoder import Encoder, open_encoder
from service.answers import Answers
from service.api import api_router, health_router
from service.docs_page import docs_router
from service.headers import SecurityHeaders
from service.middleware import CatchFailures, CountRequests, HeadAsGet, LimitBody
from service.pages import pages_router
from service.problems import add_problem_handlers, on_failure
from service.settings import Settings

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


def create_app(settings: Settings, encoder: Encoder | None = None) -> FastAPI:
    """Return the application over the live snapshot of `settings.index`.

    Opens the encoder (unless given) and the snapshot; raises `EncoderError` or `SnapshotError`
    when they cannot be used.
    """
    from ingest.pipeline import update_index

    encoder = encoder or open_encoder(settings.encoder, runtime=settings.runtime)
    app = PinciteApp(
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
    app.include_router(docs_router())
    app.include_router(pages_router())
    add_problem_handlers(app)
    # The last added is the outermost.
    app.add_middleware(CatchFailures, respond=on_failure)
    app.add_middleware(LimitBody)
    app.add_middleware(CountRequests, counts=app.state.requests)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(HeadAsGet)
    return app
