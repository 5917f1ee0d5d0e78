"""Who may change the index: whoever sends the admin token, and only where one is set."""

import secrets
from typing import Annotated

from fastapi import Header, Request

from index.errors import PinciteError
from service.settings import Settings
from service.web.allowance import Guesses


class AdminOnly(PinciteError):
    """The route changes the index and the request does not carry the admin token."""

    status = 401
    kind = "admin-only"


class AdminOff(PinciteError):
    """The route changes the index and no admin token is set."""

    status = 403
    kind = "admin-off"


def require_admin(request: Request, authorization: Annotated[str | None, Header()] = None) -> None:
    """Raise `AdminOff` or `AdminOnly` unless the request carries the admin token."""
    settings: Settings = request.app.state.settings
    if settings.admin_token is None:
        raise AdminOff(
            "routes that change the index are off. Set PINCITE_ADMIN_TOKEN and start again."
        )
    scheme, _, token = (authorization or "").partition(" ")
    if not is_admin(request, token.strip() if scheme.lower() == "bearer" else ""):
        raise AdminOnly('send the admin token: "Authorization: Bearer TOKEN".')


def is_admin(request: Request, token: str) -> bool:
    """Tell whether `token` is the admin token; raises `TooMany` after too many wrong ones."""
    settings: Settings = request.app.state.settings
    guesses: Guesses = request.app.state.guesses
    address = request.client.host if request.client else ""
    guesses.check(address)
    expected = settings.admin_token.get_secret_value() if settings.admin_token else ""
    if expected and secrets.compare_digest(token.encode(), expected.encode()):
        return True
    if token:
        guesses.wrong(address)
    return False
