"""Templates and static files, read once, and the page that they make for one request."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qsl, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from index.records import SectionType
from service.answers import Answers
from service.evidence import citations, links
from service.evidence.sources import OLD_YEARS
from service.web import browse, embedding, render, strings
from service.web.negotiation import is_known, takes_gzip

_HERE = Path(__file__).parent

# Which public health services a person is pointed to when nothing is found: run by a state, free,
# in the language of the page.
ELSEWHERE: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("MedlinePlus (United States)", "https://medlineplus.gov/"),
        ("NHS (United Kingdom)", "https://www.nhs.uk/"),
        ("Healthdirect (Australia)", "https://www.healthdirect.gov.au/"),
    ),
    "es": (
        ("MedlinePlus en español", "https://medlineplus.gov/spanish/"),
        ("Ministerio de Sanidad (España)", "https://www.sanidad.gob.es/ciudadanos/home.htm"),
    ),
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file in memory: `digest` is the start of its SHA-256 and part of its address."""

    name: str
    body: bytes
    packed: bytes
    media_type: str
    digest: str

    @property
    def address(self) -> str:
        """The address that changes whenever the content does."""
        return f"/static/{self.digest}/{self.name}"


@dataclass(frozen=True, slots=True)
class Site:
    """What is the same for every request."""

    templates: Environment
    assets: Mapping[str, Asset]

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> HTMLResponse:
        """Return `template` filled in, in the language that the request asks for."""
        asked = request.query_params.get("lang")
        language = language_of(request)
        # An explicit choice travels in the addresses of the page: there are no cookies.
        carried = strings.known_language(asked)
        known = strings.locales()
        body = self.templates.get_template(template).render(
            t=known[language],
            lang=language,
            languages=[
                (code, words("site.language"), _with_language(_readable(request), code))
                for code, words in known.items()
            ],
            href=lambda address: _with_language(address, carried) if carried else address,
            path=request.url.path,
            elsewhere=ELSEWHERE.get(language, ELSEWHERE["en"]),
            **values,
        )
        described = {
            "content-language": language,
            "vary": "Accept-Language, Accept-Encoding",
            **(headers or {}),
        }
        # Compressing what a question asks for together with a secret would tell the secret's length
        # (BREACH); the form token of these pages is the same for everybody who can open one.
        if takes_gzip(request.headers.get("accept-encoding")):
            packed = gzip.compress(body.encode(), compresslevel=5, mtime=0)
            return HTMLResponse(packed, status, {**described, "content-encoding": "gzip"})
        return HTMLResponse(body, status, described)

    def embedded(self, request: Request) -> Response:
        """Return the component for other sites, at an address that stays; any site may load it."""
        response = self.asset(request, embedding.SCRIPT, "")
        if response is None:
            raise FileNotFoundError(embedding.SCRIPT)
        response.headers["cache-control"] = "public, max-age=3600"
        response.headers["access-control-allow-origin"] = "*"
        response.headers["cross-origin-resource-policy"] = "cross-origin"
        return response

    def asset(self, request: Request, name: str, digest: str) -> Response | None:
        """Return a static file; for good under its own digest, to be asked again under another."""
        asset = self.assets.get(name)
        if asset is None:
            return None
        lasting = "public, max-age=31536000, immutable"
        packed = takes_gzip(request.headers.get("accept-encoding"))
        headers = {
            "cache-control": lasting if digest == asset.digest else "no-cache",
            # Packed it is other bytes, of which a part would not fit the rest of these.
            "etag": f'"{asset.digest}{"-gz" if packed else ""}"',
            "vary": "Accept-Encoding",
        }
        if is_known(headers["etag"], request.headers.get("if-none-match")):
            return Response(None, 304, headers)
        if packed:
            headers["content-encoding"] = "gzip"
            return Response(asset.packed, 200, headers, asset.media_type)
        return Response(asset.body, 200, headers, asset.media_type)


@cache
def site() -> Site:
    """Read the package's templates and static files: the same files, hence the same value."""
    assets = {asset.name: asset for asset in map(_read_asset, sorted(_HERE.glob("static/*.*")))}
    templates = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        # A process keeps the templates that it began with, as it does its code.
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(
        asset=lambda name: assets[name].address,
        article_blocks=render.article_blocks,
        passage_parts=render.passage_parts,
        grouped=render.grouped,
        likelihood=render.likelihood,
        percent=render.percent,
        when=render.when,
        chain_of=render.chain_of,
        article_href=links.article_href,
        old_years=OLD_YEARS,
        citations=citations.citations,
        urlencode=urlencode,
        primary_language=strings.primary_language,
        named_languages={code: words("site.language") for code, words in strings.locales().items()},
        unlisted=browse.unlisted,
        kinds_named=frozenset(kind for kind in get_args(SectionType) if kind),
    )
    templates.tests["web"] = _is_web_address
    return Site(templates, assets)


def answers_of(request: Request) -> Answers:
    """Return what answers the request: `request.app.state.answers`, of one snapshot throughout."""
    answers: Answers = request.app.state.answers
    return answers.held()


def scheme_of(request: Request) -> str:
    """Return "https" where the browser came by it: to us, or to the server that stands before us.

    Whoever says so of themselves untruly misleads nobody else.
    """
    forwarded = request.headers.get("x-forwarded-proto", "").partition(",")[0]
    return "https" if forwarded.strip().lower() == "https" else request.url.scheme


def language_of(request: Request) -> str:
    """Return the `lang` of the address, else of the body (`request.state.language`, once that was
    read), else the language that the browser prefers.
    """
    asked = request.query_params.get("lang") or getattr(request.state, "language", None)
    return strings.choose_language(asked, request.headers.get("accept-language"))


def _read_asset(file: Path) -> Asset:
    body = file.read_bytes()
    if file.name == embedding.SCRIPT:
        body = embedding.with_words(body)
    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Asset(
        name=file.name,
        body=body,
        packed=gzip.compress(body, mtime=0),
        # Fixed here: the machine's own MIME table may call a script text/plain.
        media_type={".js": "text/javascript", ".svg": "image/svg+xml"}.get(file.suffix, media_type),
        digest=hashlib.sha256(body).hexdigest()[:12],
    )


def _with_language(address: str, language: str) -> str:
    """Return the path, query and fragment of `address`, with `lang` set."""
    parts = urlsplit(address)
    # Two slashes at the beginning would name another site.
    path = "/" + parts.path.lstrip("/")
    query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k != "lang"]
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{path}?{urlencode([*query, ('lang', language)])}{fragment}"


def _readable(request: Request) -> str:
    """Return an address that can be opened: of a request, or of the page that its form belongs to.

    The address of a form takes nothing but forms, and sending one again may do its work twice.
    """
    if request.method != "POST":
        return str(request.url)
    return "/operator" if request.url.path.startswith("/operator") else "/"


def _is_web_address(address: object) -> bool:
    """Tell whether an address may be linked to: an article's own metadata can say javascript:."""
    return isinstance(address, str) and address.lower().startswith(("https://", "http://"))
