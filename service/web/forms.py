"""Forms as browsers send them: bounded, decoded, and known to come from our own pages."""

from urllib.parse import parse_qsl, urlsplit

from fastapi import Request

# A form longer than this is refused unread. The setting for the longest question decides below it:
# 10,000 characters of three bytes, each sent as nine ("%E2%80%99"), fit; so does any passage.
FORM_BYTES = 256 * 1024


async def read_form(request: Request) -> dict[str, str] | None:
    """Read a form as `read_pairs` does; the first value of a name wins."""
    pairs = await read_pairs(request)
    return None if pairs is None else dict(reversed(pairs))


async def read_pairs(request: Request) -> list[tuple[str, str]] | None:
    """Read the fields of a urlencoded body of at most `FORM_BYTES`, in order; None if it is longer.

    Bytes that are not UTF-8 become U+FFFD.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            return None
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def whole_number(text: str | None) -> int | None:
    """Return a whole number of up to nine ASCII digits, or None."""
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def is_own(request: Request) -> bool:
    """Tell whether a form was sent from a page of this service, as far as the browser says.

    Browsers state where a request comes from (Fetch Metadata, over HTTPS and on loopback); older
    ones, and all over plain HTTP, the origin of a POST. A program that states neither could do harm
    by itself, without anybody's browser.
    """
    site, origin = (request.headers.get(name) for name in ("sec-fetch-site", "origin"))
    stateless = site is None and origin is None
    return stateless or site == "none" or states_own(request)


def states_own(request: Request) -> bool:
    """Tell whether the browser says that a form was sent from a page of this service."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    try:
        origin = urlsplit(request.headers.get("origin", ""))
    except ValueError:  # "http://[": no origin at all
        return False
    return bool(origin.netloc) and origin.netloc == request.headers.get("host")


def hides_its_origin(request: Request) -> bool:
    """Tell whether the browser says no more than that the origin is not told ("null").

    So it does of a form sent over plain HTTP from a page with `Referrer-Policy: no-referrer`, be it
    ours or another's: what was in the form has to tell which.
    """
    headers = request.headers
    return headers.get("sec-fetch-site") is None and headers.get("origin") == "null"
