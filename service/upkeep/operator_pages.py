"""The operator's pages: add articles, watch them come, see what was left out, delete, go back.

The same as the admin routes, for a person with a browser, and like every page they work without a
script. Whoever signs in with the admin token gets a cookie that no script can read and no other
site can have sent (`SameSite=Strict`; besides, a request that changes something must say that it
comes from here). Nobody else gets a cookie.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import Message

from index.errors import LimitExceeded, PinciteError
from index.history import kept_snapshots
from service.schemas import JobOut
from service.settings import Settings
from service.upkeep.indexing import Indexing
from service.upkeep.operator_changes import CHANGES, FormUnreadable, store_all, text_of
from service.upkeep.sessions import SESSION_SECONDS, Session, Sessions
from service.upkeep.shelf import Shelf, plain_path
from service.web.admission import AdminOnly, is_admin
from service.web.allowance import Changes
from service.web.browse import page_of
from service.web.error_pages import capitalised
from service.web.forms import states_own, whole_number
from service.web.middleware import BODY_BYTES, UPLOAD_BYTES
from service.web.site import answers_of, language_of, scheme_of, site
from service.web.strings import Strings, known_language, locales

COOKIE = "pincite_operator"
HOME = "/operator"
ROWS = 50
"""Articles on a page of the list."""
PARTS = 20
"""Snapshots, and articles of one file, that are shown."""
# The pages of an operator may say where they come from to themselves: with "no-referrer" a browser
# sends `Origin: null`, which tells nothing.
HEADERS = {"cache-control": "no-store", "referrer-policy": "same-origin"}

Handler = Callable[[Request, Session], Awaitable[Response]]


class ElsewhereError(PinciteError):
    """A request that changes something does not come from the operator's page."""

    status = 403
    kind = "cross-site"


def operator_router(shelf: Shelf, indexing: Indexing) -> APIRouter:
    """Return the pages over `shelf` and `indexing`, with sessions of their own."""
    router = APIRouter(include_in_schema=False)
    door = _Door(shelf, indexing, Sessions())
    routes: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
        ("GET", "", door.signed_in(door.desk)),
        ("POST", "/sign-in", door.sign_in),
        ("POST", "/sign-out", door.sign_out),
        ("POST", "/articles", door.signed_in(door.add)),
        ("GET", "/files/{source:path}", door.signed_in(door.file)),
        *(
            ("POST", f"/{what}", door.signed_in(partial(door.change, what=what)))
            for what in CHANGES
        ),
    ]
    for method, path, handle in routes:
        router.add_api_route(f"{HOME}{path}", handle, methods=[method], response_model=None)
    return router


@dataclass(frozen=True, slots=True)
class _Door:
    """Who may come in, and what each of the addresses does."""

    shelf: Shelf
    indexing: Indexing
    sessions: Sessions

    def signed_in(self, handle: Handler) -> Callable[[Request], Awaitable[Response]]:
        """Let `handle` answer whoever is signed in; ask everybody else to sign in."""

        async def answer(request: Request) -> Response:
            if _settings(request).admin_token is None:
                return _sign_in(request, 403)
            if request.method == "POST":
                _check_origin(request)
            key = request.cookies.get(COOKIE)
            session = self.sessions.of(key)
            if session is None or key is None:
                if "application/json" in request.headers.get("accept", ""):
                    raise AdminOnly("sign in again: the session has ended.")
                return _sign_in(request, 200) if request.method == "GET" else _to(request)
            response = await handle(request, session)
            _set_cookie(request, response, key)
            return response

        return answer

    async def sign_in(self, request: Request) -> Response:
        if _settings(request).admin_token is None:
            return _sign_in(request, 403)
        _check_origin(request)
        fields = await _form(request, BODY_BYTES)
        if not is_admin(request, text_of(fields, "token").strip()):
            return _sign_in(request, 401, wrong=True)
        self.sessions.end(request.cookies.get(COOKIE))
        response = _to(request)
        _set_cookie(request, response, self.sessions.begin())
        return response

    async def sign_out(self, request: Request) -> Response:
        _check_origin(request)
        self.sessions.end(request.cookies.get(COOKIE))
        response = _to(request)
        response.delete_cookie(COOKIE, path=HOME, httponly=True, samesite="strict")
        return response

    async def desk(self, request: Request, session: Session) -> Response:
        return await run_in_threadpool(_desk, request, session, self.indexing)

    async def file(self, request: Request, session: Session) -> Response:
        return await run_in_threadpool(_file, request, session, self.shelf)

    async def add(self, request: Request, session: Session) -> Response:
        """Store the files of a form: told on the next page, or at once to a script."""
        _changes(request).take()
        fields = await _form(request, UPLOAD_BYTES + BODY_BYTES)
        try:
            stored = await run_in_threadpool(store_all, self.shelf, fields)
        finally:
            await fields.close()
        if any(problem is None for _, problem in stored):
            await run_in_threadpool(self.indexing.request)
        if "application/json" in request.headers.get("accept", ""):
            files = [{"file": name, "problem": problem} for name, problem in stored]
            return JSONResponse({"files": files}, headers={"cache-control": "no-store"})
        words = _words(request)
        for name, problem in stored:
            if problem is None:
                session.tell("done", words("operator.stored", file=name))
            else:
                session.tell("fault", words("operator.refused_file", file=name, why=problem))
        if not stored:
            session.tell("fault", words("operator.no_file"))
        return _to(request)

    async def change(self, request: Request, session: Session, *, what: str) -> Response:
        """Do one of the small changes; what is wrong with it is told on the page."""
        words = _words(request)
        fields = await _form(request, BODY_BYTES)
        name = text_of(fields, "file")
        back = file_href(name) if what == "metadata" else HOME
        try:
            _changes(request).take()
            session.tell(
                "done",
                await run_in_threadpool(
                    CHANGES[what], request, self.shelf, self.indexing, name, fields, words
                ),
            )
        except PinciteError as error:
            session.tell("fault", capitalised(str(error)))
            back = file_href(name) if what == "delete" else back
        return _to(request, back)


# What is shown


def _sign_in(request: Request, status: int, *, wrong: bool = False) -> Response:
    off = status == 403
    return site().page(
        request, "operator_sign_in.html", status=status, headers=HEADERS, off=off, wrong=wrong
    )


def _desk(request: Request, session: Session, indexing: Indexing) -> Response:
    # Before what is live: what a job that is done has made is shown.
    job, waiting = indexing.jobs()
    answers = answers_of(request)
    words = _words(request)
    asked = request.query_params.get("q", "")[:200]
    wanted = asked.casefold().split()
    every = answers.articles()
    found = [a for a in every if all(w in f"{a.title} {a.source}".casefold() for w in wanted)]
    page = page_of(len(every), found, whole_number(request.query_params.get("page")) or 1, ROWS)
    kept = kept_snapshots(_settings(request).index)
    return site().page(
        request,
        "operator.html",
        headers=HEADERS,
        # A script that fetches the lists anew shows nothing of what is told once.
        told=() if "x-requested-with" in request.headers else session.heard(),
        index=answers.status(),
        refused=request.app.state.follower.refused,
        job=job,
        job_text=job_text(words, waiting if job is None else job),
        busy=bool(waiting or (job and job.state in {"waiting", "running"})),
        snapshots=kept[:PARTS],
        articles=page.articles,
        asked=asked,
        found=page.found,
        number=page.number,
        pages=page.pages,
        turn=lambda to: f"{HOME}?{urlencode({'q': asked, 'page': to})}#articles",
        file_href=file_href,
        bytes_limit=UPLOAD_BYTES // 1_000_000,
        stages={name: _stage(words, name, "{done}", "{total}") for name in _STAGES},
    )


def _file(request: Request, session: Session, shelf: Shelf) -> Response:
    source = request.path_params["source"]
    answers = answers_of(request)
    count, articles = answers.articles_of(source, PARTS)
    problem = answers.status().problems.get(source)
    try:
        name = plain_path(source)
        there = shelf.holds(name)
        metadata = shelf.metadata(name) if there else ""
    except PinciteError:
        there, metadata = False, ""
    return site().page(
        request,
        "operator_file.html",
        status=200 if there or articles or problem else 404,
        headers=HEADERS,
        told=session.heard(),
        source=source,
        there=there,
        problem=problem,
        metadata=metadata,
        count=count,
        articles=articles,
    )


def file_href(source: str) -> str:
    """Return the address of the operator's page of a file."""
    return f"{HOME}/files/{quote(source)}"


_STAGES = {
    "starting": "operator.stage_starting",
    "reading": "operator.stage_reading",
    "encoding": "operator.stage_encoding",
    "waiting for another writer": "operator.stage_waiting",
}


def _stage(words: Strings, stage: str, done: object, total: object) -> str:
    key = _STAGES.get(stage, "operator.stage_other")
    return words(key, stage=stage, done=done, total=total)


def job_text(words: Strings, job: JobOut | None) -> str:
    """Return in a line how far a job is, or what it has done."""
    if job is None:
        return words("operator.job_none")
    if job.state == "waiting":
        return words("operator.job_waiting")
    if job.state == "running":
        return _stage(words, job.stage or "starting", job.done, job.total)
    if job.error or job.report is None:
        return words("operator.job_failed", why=job.error or "")
    report = job.report
    if report.snapshot is None:
        return words("operator.job_unchanged")
    return words(
        "operator.job_done",
        added=report.added,
        changed=report.changed,
        removed=report.removed,
        encoded=report.encoded,
        seconds=f"{report.seconds:.1f}",
    )


# The request


def _check_origin(request: Request) -> None:
    """Raise `ElsewhereError` unless the browser says that the request comes from these pages."""
    if not states_own(request):
        raise ElsewhereError(
            "this does not come from the operator's page. Open /operator and try again; programs "
            "use PUT /v1/articles with the admin token."
        )


async def _form(request: Request, most: int) -> FormData:
    """Read a form of at most `most` bytes."""
    read = 0

    async def counted() -> Message:
        nonlocal read
        message = await request.receive()
        read += len(message.get("body", b""))
        if read > most:
            raise LimitExceeded(f"more than {most // 1_000_000} MB came at once. Send less.")
        return message

    announced = request.headers.get("content-length", "")
    if announced.isdigit() and (len(announced) > 15 or int(announced) > most):
        raise LimitExceeded(f"more than {most // 1_000_000} MB came at once. Send less.")
    try:
        return await Request(request.scope, counted).form(max_files=1000, max_fields=100)
    except UnicodeError as error:  # of a charset that is named, and is none
        raise FormUnreadable("the form is in no charset that is read. Send it as UTF-8.") from error


def _set_cookie(request: Request, response: Response, key: str) -> None:
    response.set_cookie(
        COOKIE,
        key,
        max_age=SESSION_SECONDS,
        path=HOME,
        httponly=True,
        samesite="strict",
        secure=scheme_of(request) == "https",
    )


def _to(request: Request, address: str = HOME) -> Response:
    """Send the browser on, in the language that it was in."""
    language = known_language(request.query_params.get("lang"))
    query = f"?{urlencode({'lang': language})}" if language else ""
    return RedirectResponse(address + query, 303, headers={"cache-control": "no-store"})


def _words(request: Request) -> Strings:
    return locales()[language_of(request)]


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _changes(request: Request) -> Changes:
    changes: Changes = request.app.state.changes
    return changes
