"""The JSON routes under `/v1`, and the ones that machines look at a service by."""

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi import Path as PathParameter
from starlette.responses import PlainTextResponse

from service.answers import Answers
from service.evidence.verify import Quote
from service.filters import Filters
from service.schemas import (
    TYPED,
    Answer,
    ArticleFull,
    ArticleList,
    ArticlePassage,
    AskRequest,
    Health,
    IndexStatus,
    LeftOutOut,
    ReferenceOut,
    Suggestion,
    SuggestionList,
    SuggestRequest,
    Verification,
    VerifyRequest,
)
from service.suggest import Suggester
from service.web.filter_parameters import query_filters
from service.web.replies import PRIVATE, PROBLEMS, READING, NotFound
from service.web.site import answers_of
from service.web.strings import choose_language


# Coroutines, though they wait for nothing: another thread would take longer than they do.
async def _answers(request: Request) -> Answers:
    return answers_of(request)


Desk = Annotated[Answers, Depends(_answers)]
Accepted = Annotated[
    str | None,
    Header(alias="accept-language", description="Without `lang`: the language of the disclaimer."),
]


def _as_json(answer: bytes) -> Response:
    """Send an answer as it is: the framework would check it again, on the event loop."""
    return Response(answer, headers={"cache-control": "no-store"}, media_type="application/json")


def api_router() -> APIRouter:
    """Return the JSON routes. They find what answers in `request.app.state.answers`."""
    router = APIRouter(prefix="/v1", tags=["Pincite"], responses=PROBLEMS)
    # The completions of the live snapshot, by its id: one entry, made when it is first asked for.
    completions: dict[str, Suggester] = {}

    @router.post("/ask", response_model=Answer, summary="Ask the articles a question")
    def post_ask(
        request: Request, body: AskRequest, desk: Desk, accepted: Accepted = None
    ) -> Response:
        request.state.language = body.lang  # a refusal carries the disclaimer too
        language = choose_language(body.lang, accepted)
        return _as_json(desk.ask_json(body.question, body.k, body.snapshot, body.filters, language))

    @router.get("/ask", response_model=Answer, summary="Ask, with the question in the address")
    def get_ask(
        desk: Desk,
        filters: Annotated[Filters | None, Depends(query_filters)],
        q: Annotated[
            str,
            Query(description="The question.", examples=["Can dehydration cause cramps?"]),
        ],
        k: Annotated[
            int | None,
            Query(ge=1, le=20, description="How many passages at most.", examples=[3]),
        ] = None,
        snapshot: Annotated[
            str | None,
            Query(max_length=64, description="Answer from this snapshot, while it is kept."),
        ] = None,
        lang: Annotated[
            str | None,
            Query(max_length=35, description="Language of the disclaimer and a notice."),
        ] = None,
        accepted: Accepted = None,
    ) -> Response:
        return _as_json(desk.ask_json(q, k, snapshot, filters, choose_language(lang, accepted)))

    @router.get("/articles", dependencies=READING, summary="What can be quoted")
    def get_articles(
        desk: Desk,
        cursor: Annotated[str, Query(description="`next` of the page before.")] = "",
        limit: Annotated[
            int, Query(ge=1, le=500, description="How many articles at most.", examples=[10])
        ] = 100,
    ) -> ArticleList:
        found = desk.articles_after(cursor, limit + 1)
        shown = found[:limit]
        return ArticleList(
            articles=tuple(desk.described(article) for article in shown),
            next=shown[-1].article_id if len(found) > limit else None,
        )

    @router.get("/articles/{article_id:path}", dependencies=READING, summary="One article, whole")
    def get_article(
        article_id: Annotated[
            str,
            PathParameter(
                description="As `/v1/articles` gives it.", examples=["night-leg-cramps.md"]
            ),
        ],
        desk: Desk,
        response: Response,
    ) -> ArticleFull:
        found = desk.article_with_passages(article_id)
        if found is None:
            shown = article_id if len(article_id) <= 200 else article_id[:200] + "…"
            raise NotFound(f"there is no article {shown!r}. GET /v1/articles lists them.")
        article, passages = found
        # Of the file, not of this description: it is what `If-Match` of a change is compared with.
        response.headers["etag"] = f'"{article.source_sha256}"'
        return ArticleFull(
            **desk.described(article).model_dump(),
            source=article.source,
            text=article.text,
            references=tuple(
                ReferenceOut(number=r.number, text=r.text, url=r.url, doi=r.doi)
                for r in article.references
            ),
            citation_marks=tuple((mark.start, mark.end) for mark in article.citation_marks),
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
                for passage in passages
            ),
        )

    @router.post(
        "/verify",
        dependencies=PRIVATE,
        summary="Is this quote really in that article, at that place?",
    )
    def post_verify(body: VerifyRequest, desk: Desk) -> Verification:
        quote = Quote(body.article_id, body.start, body.end, body.text, body.sha256)
        return desk.verify(quote, body.snapshot)

    @router.post(
        "/suggest",
        dependencies=PRIVATE,
        summary="Completions, from the articles' own titles and headings",
    )
    def post_suggest(body: SuggestRequest, desk: Desk) -> SuggestionList:
        return suggested(desk, body.q)

    @router.get(
        "/suggest",
        dependencies=PRIVATE,
        summary="Completions, of what is typed in the address",
    )
    def get_suggest(
        desk: Desk,
        q: Annotated[
            str,
            Query(max_length=TYPED, description="What is typed so far.", examples=["cramp"]),
        ] = "",
    ) -> SuggestionList:
        return suggested(desk, q)

    def suggested(desk: Answers, typed: str) -> SuggestionList:
        snapshot = desk.info.snapshot
        suggester = completions.get(snapshot)
        if suggester is None:
            suggester = Suggester(desk.headings())
            completions.clear()
            completions[snapshot] = suggester
        found = suggester.suggestions(typed)
        return SuggestionList(suggestions=tuple(Suggestion(text=t, kind=k) for t, k in found))

    @router.get("/index", dependencies=READING, summary="What is live")
    def get_index(request: Request) -> IndexStatus:
        running, waiting = request.app.state.indexing.jobs()
        # After the jobs: what one that is done has made is told.
        desk = answers_of(request)
        refused = request.app.state.follower.refused
        hide = request.app.state.settings.without_folders
        return desk.status().model_copy(
            update={
                "refused": refused and hide(refused),
                "job": running
                and running.model_copy(update={"error": running.error and hide(running.error)}),
                "next_job": waiting,
            }
        )

    return router


def health_router() -> APIRouter:
    """Return `/healthz`, `/readyz` and `/metrics`."""
    router = APIRouter(tags=["Operation"], dependencies=PRIVATE, responses=PROBLEMS)

    # Coroutines: they wait for nothing, and questions may have all of the threads.
    @router.get("/healthz", summary="Is the process alive?")
    async def healthz() -> Health:
        return Health(status="alive")

    @router.get("/readyz", summary="Can it answer?")
    async def readyz(desk: Desk) -> Health:
        return Health(status="ready", snapshot=desk.info.snapshot)

    @router.get(
        "/metrics",
        response_class=PlainTextResponse,
        summary="Counts for Prometheus; never a question's text",
    )
    async def metrics(request: Request, desk: Desk) -> PlainTextResponse:
        info = desk.info
        counts: Counter[tuple[str, int]] = request.app.state.requests
        answering, wanted = desk.processes()
        lines = [
            "# TYPE pincite_articles gauge",
            f"pincite_articles {info.articles}",
            "# TYPE pincite_passages gauge",
            f"pincite_passages {info.passages}",
            "# TYPE pincite_processes gauge",
            f'pincite_processes{{state="answering"}} {answering}',
            f'pincite_processes{{state="wanted"}} {wanted}',
            "# TYPE pincite_requests_total counter",
            *(
                f'pincite_requests_total{{route="{route}",status="{status}"}} {count}'
                for (route, status), count in sorted(counts.items())
            ),
        ]
        return PlainTextResponse(
            "\n".join(lines) + "\n",
            headers={"cache-control": "no-store"},
            media_type="text/plain; version=0.0.4; charset=utf-8",
        )

    return router
