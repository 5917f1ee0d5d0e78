"""Errors as pages, in the language of the request."""

from http import HTTPStatus

from fastapi import Request
from starlette.responses import HTMLResponse

from service.web.forms import FORM_BYTES
from service.web.site import answers_of, language_of, site
from service.web.strings import locales


def render_error(
    request: Request, status: int, title: str, detail: str, *, disclaimer: str | None = None
) -> HTMLResponse:
    """Return the page for an error; `title` is the status's own phrase, kept small on the page.

    Give `disclaimer` where the error is about an answer.
    """
    words = locales()[language_of(request)]
    plain = words.texts.get(f"error.status_{status}", title)
    return _error_page(request, status, plain, detail, phrase=title, disclaimer=disclaimer)


def problem_page(
    request: Request,
    status: int,
    title: str,
    detail: str = "",
    *,
    question: str = "",
    **values: object,
) -> HTMLResponse:
    """Return an error page in the language of the request; `title` and `detail` are keys.

    `question` stands in the box again, so that nobody loses what they wrote.
    """
    language = language_of(request)
    words = locales()[language]
    return _error_page(
        request,
        status,
        words(title),
        words(detail, **values) if detail else "",
        phrase=HTTPStatus(status).phrase,
        question=question,
        disclaimer=answers_of(request).disclaimer(language) if request.url.path == "/" else None,
    )


def too_long(request: Request) -> HTMLResponse:
    """Return the page for a form that is longer than is read."""
    return problem_page(request, 413, "error.too_long_title", "error.too_long", limit=FORM_BYTES)


def capitalised(text: str) -> str:
    """Return `text`, a message that begins small, as a sentence by itself."""
    return text[:1].upper() + text[1:]


def _error_page(
    request: Request,
    status: int,
    title: str,
    detail: str,
    *,
    phrase: str,
    disclaimer: str | None,
    question: str = "",
) -> HTMLResponse:
    return site().page(
        request,
        "error.html",
        status=status,
        headers={"cache-control": "no-store"},
        title=title,
        detail=capitalised(detail),
        question=question,
        fact=f"{status} {phrase}",
        disclaimer=disclaimer,
    )
