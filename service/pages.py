"""The pages: what a browser gets. Every page works without a script.

`pages_router()` is mounted by `create_app`. Its routes find what answers in
`request.app.state.answers`.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from index.errors import EmptyQuestion, QuestionTooLong
from index.records import Article, sha256_of
from service.answers import Answers
from service.evidence.links import HASH_DIGITS
from service.evidence.related import related
from service.evidence.verify import Quote, verify
from service.feedback.entries import REASON_CHARACTERS
from service.filters import filters_from, parameters_of
from service.schemas import ArticleOut, PassageOut
from service.web.browse import Catalogue, browse, chosen_from, foreign
from service.web.error_pages import problem_page, too_long
from service.web.forms import read_form, read_pairs, whole_number
from service.web.render import Span, example_questions
from service.web.site import answers_of, language_of, scheme_of, site

# As many as `VerifyRequest` takes.
QUOTE_CHARACTERS = 100_000

EXAMPLES = 4
# Example questions come from the first articles only: reading thousands whole would delay the page.
EXAMPLE_ARTICLES = 60

PRIVATE = {"cache-control": "no-store"}
READING = {"cache-control": "no-cache"}


def pages_router() -> APIRouter:
    """Return the HTML routes and the static files."""
    router = APIRouter(include_in_schema=False)
    examples = _Examples()
    catalogue = Catalogue()

    @router.api_route("/", methods=["GET", "HEAD"], response_class=HTMLResponse)
    def get_home(request: Request, q: str | None = None) -> HTMLResponse:
        if q is None:
            return _home(request, examples, catalogue)
        return _answer(request, catalogue, q, request.query_params.multi_items())

    @router.post("/", response_class=HTMLResponse)
    async def post_question(request: Request) -> HTMLResponse:
        pairs = await read_pairs(request)
        if pairs is None:
            return too_long(request)
        question = next((value for name, value in pairs if name == "q"), "")
        return await run_in_threadpool(_answer, request, catalogue, question, pairs)

    @router.api_route("/articles", methods=["GET", "HEAD"], response_class=HTMLResponse)
    def get_articles(request: Request, page: str = "1") -> HTMLResponse:
        chosen = chosen_from(request.query_params)
        return _catalogue(request, catalogue, chosen, whole_number(page) or 1)

    @router.api_route(
        "/articles/{article_id:path}", methods=["GET", "HEAD"], response_class=HTMLResponse
    )
    def get_article(
        request: Request,
        article_id: str,
        start: str | None = None,
        end: str | None = None,
        sha256: str | None = None,
    ) -> HTMLResponse:
        return _article(request, article_id, start, end, sha256)

    @router.post("/check", response_class=HTMLResponse)
    async def post_check(request: Request) -> HTMLResponse:
        fields = await read_form(request)
        if fields is None:
            return too_long(request)
        return await run_in_threadpool(_check, request, fields)

    @router.api_route("/about", methods=["GET", "HEAD"], response_class=HTMLResponse)
    def get_about(request: Request) -> HTMLResponse:
        answers = answers_of(request)
        return site().page(
            request,
            "about.html",
            headers=READING,
            info=answers.info,
            disclaimer=answers.disclaimer(language_of(request)),
            feedback=request.app.state.settings.feedback,
            reason_characters=REASON_CHARACTERS,
        )

    @router.api_route("/opensearch.xml", methods=["GET", "HEAD"])
    def get_opensearch(request: Request) -> Response:
        base = f"{scheme_of(request)}://{request.url.netloc}"
        page = site().page(request, "opensearch.xml", headers=READING, base=base)
        page.headers["content-type"] = "application/opensearchdescription+xml; charset=utf-8"
        return page

    # Coroutines: these lie in memory, and questions may have all of the threads.
    @router.api_route("/static/pincite-search.js", methods=["GET", "HEAD"])
    async def get_component(request: Request) -> Response:
        return site().embedded(request)

    @router.api_route("/static/{digest}/{name}", methods=["GET", "HEAD"])
    async def get_static(request: Request, digest: str, name: str) -> Response:
        return site().asset(request, name, digest) or problem_page(request, 404, "error.not_found")

    return router


class _Examples:
    """Example questions of the snapshot that is live, found once for each."""

    def __init__(self) -> None:
        self._found: tuple[str, list[str]] = ("", [])

    def of(self, answers: Answers) -> list[str]:
        answers = answers.held()
        snapshot, found = self._found
        if snapshot != answers.info.snapshot:
            names = [article.article_id for article in answers.articles()[:EXAMPLE_ARTICLES]]
            whole = [article for article in map(answers.article, names) if article]
            found = example_questions(whole, EXAMPLES)
            self._found = (answers.info.snapshot, found)
        return found


def _home(request: Request, examples: _Examples, catalogue: Catalogue) -> HTMLResponse:
    answers = answers_of(request)
    choices = catalogue.choices(answers)
    return site().page(
        request,
        "home.html",
        headers=READING,
        info=answers.info,
        publishers=choices.publishers,
        foreign=foreign(choices, language_of(request)),
        examples=examples.of(answers),
    )


def _answer(
    request: Request, catalogue: Catalogue, question: str, fields: Sequence[tuple[str, str]]
) -> HTMLResponse:
    """Answer a form or an address; `fields` may hold filters by the names of `GET /v1/ask`."""
    answers = answers_of(request)
    try:
        found = answers.ask(question, filters=filters_from(fields), language=language_of(request))
    except EmptyQuestion:
        return problem_page(request, 422, "error.empty_title", "error.empty")
    except QuestionTooLong as error:
        return problem_page(
            request,
            422,
            "error.too_long_title",
            "error.too_long_question",
            question=question,
            limit=error.most,
            n=error.characters,
        )
    narrowed = parameters_of(found.settings.filters)
    choices = catalogue.choices(answers)
    return site().page(
        request,
        "answer.html",
        headers=PRIVATE,
        answer=found,
        groups=_by_article(found.passages[1:]),
        related=related(found.passages, found.see_a_doctor, answers.article),
        choices=choices,
        foreign=foreign(choices, language_of(request)),
        narrowed=narrowed,
        share="/?" + urlencode([("q", question), *narrowed]),
        feedback=request.app.state.settings.feedback,
        reason_characters=REASON_CHARACTERS,
        form_token=request.app.state.form_token,
    )


def _catalogue(
    request: Request, catalogue: Catalogue, chosen: dict[str, str], page: int
) -> HTMLResponse:
    answers = answers_of(request)
    return site().page(
        request,
        "articles.html",
        headers=READING,
        shown=browse(answers, chosen, page),
        choices=catalogue.choices(answers),
        chosen=chosen,
    )


def _article(
    request: Request, article_id: str, start: str | None, end: str | None, sha256: str | None
) -> HTMLResponse:
    answers = answers_of(request)
    found = answers.article_with_passages(article_id)
    if found is None:
        shown = article_id if len(article_id) <= 200 else article_id[:200] + "…"
        return problem_page(
            request, 404, "error.not_found", "error.not_found_article", article_id=shown
        )
    article, passages = found
    asked = start is not None or end is not None
    mark, words = _quoted(article, start, end, sha256)
    return site().page(
        request,
        "article.html",
        headers=READING,
        article=article,
        mark=mark,
        words=words,
        missing=(start or "?", end or "?") if asked and mark is None else None,
        anchors={p.start: f"p{p.start}-{p.end}" for p in passages},
    )


def _check(request: Request, fields: dict[str, str]) -> HTMLResponse:
    article_id = fields.get("article_id", "")
    start, end = whole_number(fields.get("start")), whole_number(fields.get("end"))
    # A form sends line ends as CR LF whatever stood on the page; an article has LF only.
    text = fields.get("text", "").replace("\r\n", "\n")
    if not article_id or not text or start is None or end is None or len(text) > QUOTE_CHARACTERS:
        return problem_page(request, 422, "error.title", "check.invalid", limit=QUOTE_CHARACTERS)
    sha256 = fields.get("sha256") or None
    if sha256 is not None and not re.fullmatch("[0-9a-f]{64}", sha256):
        return problem_page(request, 422, "error.title", "check.invalid", limit=QUOTE_CHARACTERS)
    return site().page(
        request,
        "check.html",
        headers=PRIVATE,
        verdict=answers_of(request).verify(Quote(article_id, start, end, text, sha256)),
        article_id=article_id,
        asked=(start, end),
        text=text,
        sha256=sha256_of(text),
        given=sha256 or "",
    )


def _quoted(
    article: Article, start: str | None, end: str | None, sha256: str | None
) -> tuple[Span | None, str]:
    """Return what to mark of what an address points at, and how its words stand there.

    An address without a hash of its words is marked where it points, if there is such a place.
    """
    a, b = whole_number(start), whole_number(end)
    if a is None or b is None or not a < b:
        return None, "unknown"
    if sha256 is None or not re.fullmatch(f"[0-9a-f]{{{HASH_DIGITS},64}}", sha256):
        return ((a, b), "verbatim") if b <= len(article.text) else (None, "unknown")
    found = verify(Quote(article.article_id, a, b, sha256=sha256), article, "")
    if found.start is None or found.end is None:
        return None, found.status
    return (found.start, found.end), found.status


def _by_article(passages: Sequence[PassageOut]) -> list[tuple[ArticleOut, list[PassageOut]]]:
    """Gather passages by their article, in the order in which each article first speaks."""
    groups: dict[str, tuple[ArticleOut, list[PassageOut]]] = {}
    for passage in passages:
        article = passage.article
        groups.setdefault(article.article_id, (article, []))[1].append(passage)
    return list(groups.values())
