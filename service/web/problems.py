"""Errors as people and programs get them: problem details (RFC 9457), or the same facts as a page.

No message repeats what was asked; names that were looked for, and dates, are cut short.
"""

import logging
import re
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from index.errors import PinciteError
from service.failures import place_of
from service.web.admission import AdminOnly
from service.web.allowance import TooMany
from service.web.error_pages import problem_page, render_error
from service.web.middleware import CLOSING, Crowded, TooSlow
from service.web.site import answers_of, language_of

_LOG = logging.getLogger("pincite")

# As RFC 9110 names them; Python named them otherwise before 3.13.
_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}


def add_problem_handlers(app: FastAPI) -> None:
    """Make `app` answer every expected exception with a problem."""
    app.add_exception_handler(PinciteError, on_pincite_error)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)


def on_pincite_error(request: Request, error: Exception) -> Response:
    """Answer with the status, the kind and the message of a `PinciteError`."""
    if not isinstance(error, PinciteError):
        raise TypeError(type(error))
    headers = {"www-authenticate": "Bearer"} if isinstance(error, AdminOnly) else {}
    if isinstance(error, TooMany | Crowded):
        headers = {"retry-after": str(error.seconds)}
    if isinstance(error, TooSlow):
        headers = CLOSING
    if isinstance(error, Crowded) and _wants_page(request):
        page = problem_page(request, error.status, "error.crowded_title", "error.crowded")
        page.headers.update(headers)
        return page
    return problem(request, error.status, error.kind, str(error), headers)


def on_invalid(request: Request, error: Exception) -> Response:
    """Say what is wrong, and where, without repeating the values."""
    if not isinstance(error, RequestValidationError):
        raise TypeError(type(error))
    asked = error.body.get("lang") if isinstance(error.body, dict) else None
    if isinstance(asked, str):
        request.state.language = asked
    faults = dict.fromkeys(
        f"{'.'.join(_place(part) for part in fault['loc'])}: "
        f"{fault['msg'].removeprefix('Value error, ').rstrip('.')}"
        for fault in error.errors()
    )
    return problem(request, 422, "invalid-request", "; ".join(faults) + ".")


def on_http(request: Request, error: Exception) -> Response:
    """Answer what the framework itself refuses: no such route, no such method, unreadable body."""
    if not isinstance(error, HTTPException):
        raise TypeError(type(error))
    headers = dict(error.headers or {})
    detail = str(error.detail)
    if error.status_code == 405:
        headers["allow"] = ", ".join(_methods(request))
        detail = f"{request.method} is not offered here; {headers['allow']} is."
    elif error.status_code == 404:
        detail = "there is nothing at this address. /docs lists what there is."
    kind = re.sub(r"\W+", "-", _title(error.status_code)).lower()
    return problem(request, error.status_code, kind, detail, headers)


def on_failure(request: Request, error: Exception) -> Response:
    """The type and the place go to the log; the message may hold a question and does not."""
    _LOG.error("%s", place_of(error))
    return problem(request, 500, "internal", "something failed inside Pincite. The log says where.")


def problem(
    request: Request,
    status: int,
    kind: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return problem details, or the same facts as a page for a person's browser.

    One about asking carries the disclaimer, as every answer does.
    """
    about_answers = request.url.path in {"/", "/v1/ask"}
    disclaimer = answers_of(request).disclaimer(language_of(request)) if about_answers else None
    response: Response
    if _wants_page(request):
        response = render_error(request, status, _title(status), detail, disclaimer=disclaimer)
    else:
        facts = {
            "type": f"urn:pincite:{kind}",
            "title": _title(status),
            "status": status,
            "detail": detail,
        }
        if disclaimer is not None:
            facts["disclaimer"] = disclaimer
        response = JSONResponse(facts, status, media_type="application/problem+json")
    response.headers.update({"cache-control": "no-store", **(headers or {})})
    return response


def _title(status: int) -> str:
    return _TITLES.get(status) or HTTPStatus(status).phrase


def _place(part: object) -> str:
    """Name a part of the request. A name that is not one of ours may be what somebody typed."""
    known = isinstance(part, int) or re.fullmatch("[a-z_][a-z_0-9]{0,39}", str(part))
    return str(part) if known else "(a name)"


def _methods(request: Request) -> list[str]:
    """Return every method that some route offers at the address of `request`."""
    found = [
        method
        for method in ("DELETE", "GET", "PATCH", "POST", "PUT")
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]
    return sorted([*found, "HEAD"]) if "GET" in found else found


def _wants_page(request: Request) -> bool:
    machine = request.url.path.startswith(("/v1/", "/healthz", "/readyz", "/metrics", "/openapi"))
    return not machine and "text/html" in request.headers.get("accept", "")
