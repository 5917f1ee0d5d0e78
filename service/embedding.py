"""What lets other sites embed Pincite: `<pincite-search>` with its words, and the origins allowed.

The script is one for every site and holds no secret, so any site may load it. Asking is another
matter: a browser lets a page of another origin read answers only where the operator has named it.
"""

import json
from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from service.render import LIKELIHOODS
from service.strings import locales

SCRIPT = "pincite-search.js"
OPEN_PATHS = frozenset({"/v1/ask", "/v1/verify"})
"""What a page of an allowed origin may read. Nothing that changes anything is among them."""

# The strings that the component shows, by table ("embed.") or whole.
_SHOWN = (
    "answer.at_source",
    "answer.did_you_mean",
    "answer.doctor",
    "answer.even",
    "answer.likely",
    "answer.notice",
    "answer.notice_source",
    "answer.notice_why",
    "answer.percent",
    "answer.place",
    "answer.published",
    "answer.reviewed",
    "answer.unknown_publisher",
    "answer.unlikely",
    "answer.very_likely",
    "ask.button",
    "ask.hint",
    "ask.label",
    "embed.",
    "none.elsewhere_person",
    "none.lead",
    "none.nearest",
    "none.title",
)
_PLACE = b"const PINCITE = {};"


def with_words(script: bytes) -> bytes:
    """Return the component's script with the strings of every locale put in.

    Raises ValueError where the script has no place for them.
    """
    if script.count(_PLACE) != 1:
        raise ValueError(f"the script must say {_PLACE.decode()!r} once.")
    words = {
        language: {key: text for key, text in strings.texts.items() if key.startswith(_SHOWN)}
        for language, strings in locales().items()
    }
    value = json.dumps({"likelihoods": LIKELIHOODS, "words": words}, ensure_ascii=False)
    return script.replace(_PLACE, f"const PINCITE = {value};".encode())


class AllowOrigins:
    """ASGI middleware: pages of `origins` may read the answers of `OPEN_PATHS` (CORS, Fetch).

    Each origin is exact. No credentials: there are none. With no origin it does nothing.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self.app = app
        self.open = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["content-type"],
            expose_headers=["retry-after"],
            max_age=600,
        )
        self.allowed = bool(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, or pass the request on and say who may read the response."""
        opened = self.allowed and scope["type"] == "http" and scope["path"] in OPEN_PATHS
        await (self.open if opened else self.app)(scope, receive, send)
