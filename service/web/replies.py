"""What JSON routes share in their replies: how long they may be kept, and how they fail."""

from fastapi import Depends, Response

from index.errors import PinciteError
from service.schemas import Problem


class NotFound(PinciteError):
    """What was asked for by name is not there."""

    status = 404
    kind = "not-found"


async def _never_kept(response: Response) -> None:
    """A question, a beginning of one or a quote is in it: no cache may hold it."""
    response.headers["cache-control"] = "no-store"


async def _ask_again(response: Response) -> None:
    """It changes with the index: a cache asks before it gives it out."""
    response.headers["cache-control"] = "no-cache"


PRIVATE = [Depends(_never_kept)]
READING = [Depends(_ask_again)]
PROBLEMS: dict[int | str, dict[str, object]] = {
    "4XX": {"model": Problem, "description": "What is wrong with the request, and the way out."},
    "5XX": {"model": Problem, "description": "What is wrong with the service, and the way out."},
}
