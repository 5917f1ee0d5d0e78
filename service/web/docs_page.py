"""`/docs`: the HTTP interface on one page, made from the OpenAPI description by the server.

FastAPI's own page loads its scripts from a third party; this one loads nothing from anyone.
"""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from service.answers import Answers
from service.web.site import answers_of, scheme_of, site


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that a route takes. `place` is "path", "query" or "body"."""

    name: str
    place: str
    kind: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Route:
    """One operation, and a `curl` command that works as printed."""

    method: str
    path: str
    summary: str
    admin: bool
    parameters: tuple[Parameter, ...]
    curl: str


def docs_router() -> APIRouter:
    """Return the route of the page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs", response_class=HTMLResponse)
    def get_docs(request: Request) -> HTMLResponse:
        base = f"{scheme_of(request)}://{request.base_url.netloc}"
        schema = request.app.openapi()
        shown = tuple(routes(schema, base, _quotation(answers_of(request))))
        headers = {"cache-control": "no-cache"}
        return site().page(request, "docs.html", headers=headers, routes=shown)

    return router


def routes(schema: Mapping[str, Any], base: str, live: Mapping[str, Any]) -> Iterator[Route]:
    """Yield the operations of an OpenAPI `schema`, in its order.

    `live` holds values that stand in the index now: they replace examples of the same names.
    """
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            given = operation.get("parameters", [])
            body = _body(schema, operation)
            yield Route(
                method=method.upper(),
                path=path,
                summary=_sentence(operation["summary"]),
                admin=_is_admin(given),
                parameters=(
                    *(
                        _parameter(p["name"], p["in"], p["schema"], p, bool(p["required"]))
                        for p in given
                        if p["in"] != "header"
                    ),
                    *(
                        _parameter(name, "body", field, field, name in body.get("required", ()))
                        for name, field in body.get("properties", {}).items()
                    ),
                ),
                curl=_curl(method.upper(), base + path, given, body, live),
            )


def _sentence(words: str) -> str:
    return words if words.endswith("?") else f"{words}."


def _parameter(
    name: str, place: str, schema: Mapping[str, Any], said: Mapping[str, Any], required: bool
) -> Parameter:
    return Parameter(
        name, place, _kind(schema), required, said.get("description", "").replace("`", "")
    )


def _kind(schema: Mapping[str, Any]) -> str:
    """Return a schema in words: "integer, 1 to 20"."""
    some = next((s for s in schema.get("anyOf", ()) if s.get("type") != "null"), schema)
    words = str(some.get("type", "object" if "$ref" in some else "value"))
    low, high = some.get("minimum"), some.get("maximum")
    if low is not None:
        words += f", {low:g} to {high:g}" if high is not None else f", {low:g} or more"
    if "maxLength" in some:
        words += f", at most {some['maxLength']} characters"
    if schema.get("default") not in {None, ""}:
        words += f", {schema['default']} unless given"
    return words


def _body(schema: Mapping[str, Any], operation: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of an operation's JSON body; empty where it takes none."""
    if "requestBody" not in operation:
        return {}
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    found: Mapping[str, Any] = schema["components"]["schemas"][reference.rsplit("/", 1)[1]]
    return found


def _is_admin(given: list[dict[str, Any]]) -> bool:
    return any(p["in"] == "header" and p["name"] == "authorization" for p in given)


def _curl(
    method: str,
    address: str,
    given: list[dict[str, Any]],
    body: Mapping[str, Any],
    live: Mapping[str, Any],
) -> str:
    query = {}
    for parameter in given:
        example = live.get(parameter["name"], parameter["schema"].get("examples", [None])[0])
        if example is None:
            continue
        if parameter["in"] == "path":
            address = address.replace(f"{{{parameter['name']}}}", quote(str(example)))
        elif parameter["in"] == "query":
            query[parameter["name"]] = example
    if query:
        address += f"?{urlencode(query)}"
    how = {"POST": [] if body else ["-X POST"], "PUT": ["-T FILE"], "DELETE": ["-X DELETE"]}
    parts = ["curl -s", *how.get(method, [])]
    parts.append(shlex.quote(address))
    if _is_admin(given):
        parts.append('-H "Authorization: Bearer $PINCITE_ADMIN_TOKEN"')
    if body:
        stated = body["examples"][0]
        example = {n: live.get(n, stated[n]) for n in body["properties"] if n in stated}
        parts.append("-H 'content-type: application/json'")
        parts.append(f"-d {shlex.quote(json.dumps(example, ensure_ascii=False))}")
    return " ".join(parts)


def _quotation(answers: Answers) -> dict[str, Any]:
    """Return a quotation that stands in the index: the first line of its first article."""
    first = next(iter(answers.articles_after("", 1)), None)
    whole = answers.article_with_passages(first.article_id) if first else None
    if whole is None or not whole[1]:
        return {}
    article, (passage, *_) = whole
    line = passage.text.splitlines()[0]
    return {
        "article_id": article.article_id,
        "start": passage.start,
        "end": passage.start + len(line),
        "text": line,
    }
