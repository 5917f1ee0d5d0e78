"""The JSON routes under `/v1`, and the ones that machines look at a service by."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from starlette.responses import JSONResponse, PlainTextResponse

from index.errors import PinciteError
from service.answers import Answers, article_out
from service.schemas import (
    Answer,
    ArticleFull,
    ArticleList,
    ArticlePassage,
    AskRequest,
    IndexStatus,
    LeftOutOut,
    Problem,
    ReferenceOut,
    Suggestion,
    SuggestionList,
    Verification,
    VerifyRequest,
)
from service.settings import Settings
from service.suggest import suggestions


class NotFound(PinciteError):
    """What was asked for by name is not there."""

    status = 404
    kind = "not-found"


class AdminOnly(PinciteError):
    """The route changes the index and the request does not carry the admin token."""

    status = 401
    kind = "admin-only"


class AdminOff(PinciteError):
    """The route changes the index and no admin token is set."""

    status = 403
    kind = "admin-off"


def _answers(request: Request) -> Answers:
    answers: Answers = request.app.state.answers
    return answers


def _require_admin(request: Request, authorization: Annotated[str | None, Header()] = None) -> None:
    settings: Settings = request.app.state.settings
    if settings.admin_token is None:
        raise AdminOff(
            "routes that change the index are off. Set PINCITE_ADMIN_TOKEN and start again."
        )
    expected = f"Bearer {settings.admin_token.get_secret_value()}"
    if not secrets.compare_digest((authorization or "").encode(), expected.encode()):
        raise AdminOnly('send the admin token: "Authorization: Bearer TOKEN".')


Desk = Annotated[Answers, Depends(_answers)]
PROBLEMS: dict[int | str, dict[str, object]] = {
    "4XX": {"model": Problem, "description": "What is wrong with the request, and the way out."}
}


def api_router() -> APIRouter:
    """Return the JSON routes. They find what answers in `request.app.state.answers`."""
    router = APIRouter(prefix="/v1", tags=["Pincite"], responses=PROBLEMS)

    @router.post("/ask", summary="Ask the articles a question")
    def post_ask(body: AskRequest, desk: Desk, response: Response) -> Answer:
        response.headers["cache-control"] = "no-store"
        return desk.ask(body.question, body.k)

    @router.get("/ask", summary="Ask, with the question in the address")
    def get_ask(
        desk: Desk,
        response: Response,
        q: Annotated[str, Query(description="The question.", examples=["which minerals help?"])],
        k: Annotated[int | None, Query(ge=1, le=20)] = None,
    ) -> Answer:
        response.headers["cache-control"] = "no-store"
        return desk.ask(q, k)

    @router.get("/articles", summary="What can be quoted")
    def get_articles(
        desk: Desk,
        cursor: Annotated[str, Query(description="`next` of the page before.")] = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> ArticleList:
        found = desk.articles_after(cursor, limit + 1)
        shown = found[:limit]
        return ArticleList(
            articles=tuple(article_out(article) for article in shown),
            next=shown[-1].article_id if len(found) > limit else None,
        )

    @router.get("/articles/{article_id:path}", summary="One article, whole")
    def get_article(article_id: str, desk: Desk) -> ArticleFull:
        article = desk.article(article_id)
        if article is None:
            raise NotFound(f"there is no article {article_id!r}. GET /v1/articles lists them.")
        return ArticleFull(
            **article_out(article).model_dump(),
            source=article.source,
            text=article.text,
            references=tuple(
                ReferenceOut(number=r.number, text=r.text, url=r.url, doi=r.doi)
                for r in article.references
            ),
            left_out=tuple(LeftOutOut(text=b.text, reason=b.reason) for b in article.left_out),
            passages=tuple(
                ArticlePassage(
                    passage_id=passage.passage_id,
                    section=passage.section,
                    section_type=passage.section_type,
                    start=passage.start,
                    end=passage.end,
                    text=passage.text,
                )
                for passage in desk.passages(article_id)
            ),
        )

    @router.post("/verify", summary="Is this quote really in that article, at that place?")
    def post_verify(body: VerifyRequest, desk: Desk) -> Verification:
        return desk.verify(body.article_id, body.start, body.end, body.text, body.sha256)

    @router.get("/suggest", summary="Completions, from the articles' own titles and headings")
    def get_suggest(desk: Desk, q: Annotated[str, Query(max_length=500)] = "") -> SuggestionList:
        found = suggestions(desk.headings(), q)
        return SuggestionList(suggestions=tuple(Suggestion(text=t, kind=k) for t, k in found))

    @router.get("/index", summary="What is live")
    def get_index(desk: Desk) -> IndexStatus:
        return desk.status()

    @router.post("/index/refresh", dependencies=[Depends(_require_admin)], summary="Re-index")
    def post_refresh(request: Request, desk: Desk) -> IndexStatus:
        request.app.state.reindex()
        desk.refresh()
        return desk.status()

    return router


def health_router() -> APIRouter:
    """Return `/healthz`, `/readyz` and `/metrics`."""
    router = APIRouter(tags=["Operation"])

    @router.get("/healthz", summary="Is the process alive?")
    def healthz() -> JSONResponse:
        return JSONResponse({"status": "alive"})

    @router.get("/readyz", summary="Can it answer?")
    def readyz(desk: Desk) -> JSONResponse:
        return JSONResponse({"status": "ready", "snapshot": desk.info.snapshot})

    @router.get("/metrics", summary="Counts for Prometheus; never a question's text")
    def metrics(request: Request, desk: Desk) -> PlainTextResponse:
        info = desk.info
        counts = request.app.state.requests.counts
        lines = [
            "# TYPE pincite_articles gauge",
            f"pincite_articles {info.articles}",
            "# TYPE pincite_passages gauge",
            f"pincite_passages {info.passages}",
            "# TYPE pincite_requests_total counter",
            *(
                f'pincite_requests_total{{route="{route}",status="{status}"}} {count}'
                for (route, status), count in sorted(counts.items())
            ),
        ]
        return PlainTextResponse("\n".join(lines) + "\n")

    return router
