"""What lets other sites embed Pincite: `<pincite-search>` with its words, and the origins allowed.

The script is one for every site and holds no secret, so any site may load it. Asking is another
matter: a browser lets a page of another origin read answers only where the operator has named it.
"""

import json
from collections.abc import Sequence
from typing import get_args

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from service.evidence.sources import OLD_YEARS, LabelKind
from service.web.render import LIKELIHOODS
from service.web.strings import locales

SCRIPT = "pincite-search.js"
OPEN_PATHS = frozenset({"/v1/ask", "/v1/verify"})
"""What a page of an allowed origin may read. Nothing that changes anything is among them."""

# The strings that the component shows, by their keys, or all that begin so ("embed.").
_SHOWN = (
    "answer.also_in.one",
    "answer.also_in.other",
    "answer.also_searched",
    "answer.at_source",
    "answer.did_you_mean",
    "answer.doctor",
    "answer.even",
    "answer.lead_",
    "answer.likely",
    "answer.nearly",
    "answer.notice",
    "answer.notice_source",
    "answer.notice_why",
    "answer.percent",
    "answer.place",
    "answer.published",
    "answer.retrieved",
    "answer.reviewed",
    "answer.unknown_date",
    "answer.unknown_publisher",
    "answer.unlikely",
    "answer.very_likely",
    "article.by",
    "article.modified",
    "ask.button",
    "ask.hint",
    "ask.label",
    "embed.",
    *(f"label.{kind}" for kind in get_args(LabelKind)),
    "none.elsewhere_person",
    "none.lead",
    "none.nearest",
    "none.title",
    "said.differing",
    "said.differing_text",
    "said.help_",
    "said.worry_",
)
_TABLES = tuple(key for key in _SHOWN if key.endswith((".", "_")))
_PLACE = b"const PINCITE = {};"


def with_words(script: bytes) -> bytes:
    """Return the component's script with the strings of every locale put in.

    Raises ValueError where the script has no place for them.
    """
    if script.count(_PLACE) != 1:
        raise ValueError(f"the script must say {_PLACE.decode()!r} once.")
    words = {
        language: {
            key: text
            for key, text in strings.texts.items()
            if key in _SHOWN or key.startswith(_TABLES)
        }
        for language, strings in locales().items()
    }
    given = {"likelihoods": LIKELIHOODS, "oldYears": OLD_YEARS, "words": words}
    value = json.dumps(given, ensure_ascii=False)
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
