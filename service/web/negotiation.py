"""What the headers of a request say of how it may be answered: in which language, packed or not, or
only that nothing has changed."""

import re

_TAG = re.compile(r'(?:W/)?("[^"]*")')
_LONGEST = 2000
"""Characters of a header that are read: browsers send a hundred."""


def weighted(header: str | None) -> list[tuple[str, float]]:
    """Return what a header lists, in small letters, each with its weight (RFC 9110, 12.4.2).

    What is listed with a weight that is none is left out.
    """
    found: list[tuple[str, float]] = []
    for entry in (header or "")[:_LONGEST].split(","):
        value, *parameters = (part.strip().lower() for part in entry.split(";"))
        given = [part.partition("=")[2].strip() for part in parameters if re.match(r"q\s*=", part)]
        weight = given[0] if given else "1"
        if value and re.fullmatch(r"[01](?:\.\d*)?|\.\d+", weight, re.ASCII):
            found.append((value, float(weight)))
    return found


def takes_gzip(accept_encoding: str | None) -> bool:
    """Tell whether a body may be packed by gzip."""
    accepted = dict(weighted(accept_encoding))
    return accepted.get("gzip", accepted.get("x-gzip", accepted.get("*", 0.0))) > 0


def is_known(entity_tag: str, if_none_match: str | None) -> bool:
    """Tell whether a client that sends `If-None-Match` has what `entity_tag` stands for."""
    header = if_none_match or ""
    return header.strip() == "*" or entity_tag in _TAG.findall(header)
