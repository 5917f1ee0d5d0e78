"""The form under an answer, and where it is sent: "Did this answer your question?"."""

import logging
import re
from datetime import UTC, datetime
from hmac import compare_digest
from typing import get_args

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse

from service.feedback import entries as feedback
from service.feedback.entries import REASON_CHARACTERS, Feedback, FeedbackNotStored
from service.settings import Settings
from service.web.allowance import Allowance
from service.web.error_pages import problem_page, too_long
from service.web.forms import hides_its_origin, is_own, read_form
from service.web.site import language_of, site

_LOG = logging.getLogger("pincite")


def feedback_router(settings: Settings) -> APIRouter:
    """Return `POST /feedback`; without any route where the setting is off."""
    router = APIRouter(include_in_schema=False)
    if not settings.feedback:
        return router
    allowance = Allowance(feedback.PER_MINUTE)

    @router.post("/feedback", response_class=HTMLResponse)
    async def post_feedback(request: Request) -> HTMLResponse:
        nameless = hides_its_origin(request)
        if not nameless and not is_own(request):
            return problem_page(request, 403, "feedback.failed", "feedback.not_own")
        fields = await read_form(request)
        if fields is None:
            return too_long(request)
        token: str = request.app.state.form_token
        if nameless and not compare_digest(fields.get("token", "").encode(), token.encode()):
            return problem_page(request, 403, "feedback.failed", "feedback.not_own")
        entry = _entry(fields, language_of(request), settings.question_characters)
        if entry is None:
            return problem_page(
                request, 422, "feedback.failed", "feedback.invalid", limit=REASON_CHARACTERS
            )
        seconds = allowance.wait()
        if seconds:
            page = problem_page(request, 429, "feedback.failed", "feedback.busy", seconds=seconds)
            page.headers["retry-after"] = str(seconds)
            return page
        try:
            await run_in_threadpool(feedback.append, settings.feedback_folder, entry)
        except FeedbackNotStored as error:
            # It names a file of this machine, which is for who runs it.
            _LOG.error("%s", error)
            return problem_page(request, error.status, "feedback.failed", "feedback.no_room")
        return site().page(
            request,
            "feedback.html",
            headers={"cache-control": "no-store"},
            question_stored=entry.question is not None,
        )

    return router


def _entry(fields: dict[str, str], language: str, question_characters: int) -> Feedback | None:
    """Return what the form says, None where it says neither yes nor no, or says too much.

    The box for the question has the question as its value: unless it is ticked, the question is
    not even sent.
    """
    helped = {"yes": True, "no": False}.get(fields.get("helped", ""))
    # A form sends line ends as CR LF; its limit counts them as one.
    reason = fields.get("reason", "").replace("\r\n", "\n").strip()
    question = fields.get("question", "").strip() or None
    if helped is None or len(reason) > REASON_CHARACTERS:
        return None
    if question is not None and len(question) > question_characters:
        return None
    status = fields.get("status", "")
    snapshot = fields.get("snapshot", "")
    return Feedback(
        day=datetime.now(UTC).date().isoformat(),
        helped=helped,
        reason=reason,
        status=next((known for known in get_args(feedback.Status) if known == status), ""),
        language=language,
        snapshot=snapshot if re.fullmatch("[0-9A-Z]{26}", snapshot) else "",
        question=question,
    )
