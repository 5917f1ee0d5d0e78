"""The routes that change the index: articles and metadata put in and taken out, indexing asked for.

All need the admin token; without one set they are off. Each answers 202 with the job that will
make it searchable; `GET /v1/index` tells how far it is.
"""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi import Path as PathParameter
from starlette.concurrency import run_in_threadpool

from index.errors import LimitExceeded, PinciteError
from service.schemas import JobOut, StoredArticle, StoredMetadata
from service.upkeep.indexing import Indexing
from service.upkeep.shelf import (
    BEGINNING,
    Shelf,
    check_content,
    plain_path,
    sidecar_bytes,
    upload_name,
)
from service.web.admission import require_admin
from service.web.allowance import Changes
from service.web.middleware import UPLOAD_BYTES
from service.web.replies import PRIVATE, PROBLEMS, NotFound

_ID = Annotated[
    str,
    PathParameter(
        description="Path of its file inside the corpus; the suffix may be left to the content "
        "type.",
        examples=["night-leg-cramps.md"],
    ),
]
_FILE = Annotated[
    str,
    PathParameter(
        description="Path of the article's file inside the corpus.",
        examples=["night-leg-cramps.md"],
    ),
]
_Match = Annotated[str | None, Header()]


def _counted(request: Request) -> None:
    changes: Changes = request.app.state.changes
    changes.take()


def admin_router(shelf: Shelf, indexing: Indexing) -> APIRouter:
    """Return the routes over `shelf` and `indexing`; changes are counted in `app.state.changes`."""
    router = APIRouter(
        prefix="/v1",
        tags=["Operation"],
        dependencies=[Depends(require_admin), Depends(_counted), *PRIVATE],
        responses=PROBLEMS,
    )

    @router.post("/index/refresh", status_code=202, summary="Re-index")
    def post_refresh() -> JobOut:
        return indexing.request()

    @router.put(
        "/articles/{article_id:path}",
        status_code=202,
        summary="Add or replace an article; the body is its file",
    )
    async def put_article(
        article_id: _ID,
        request: Request,
        response: Response,
        content_type: Annotated[str, Header()] = "",
        if_match: _Match = None,
        if_none_match: _Match = None,
    ) -> StoredArticle:
        name = upload_name(article_id, content_type)
        with shelf.upload() as (file, path):
            digest = hashlib.sha256()
            head = b""
            checked = False
            size = 0
            async for chunk in request.stream():
                size += len(chunk)
                if size > UPLOAD_BYTES:
                    raise LimitExceeded(f"the file is longer than {UPLOAD_BYTES} bytes. Split it.")
                head += chunk[: BEGINNING - len(head)]
                if not checked and len(head) == BEGINNING:
                    check_content(name, head)
                    checked = True
                digest.update(chunk)
                await run_in_threadpool(file.write, chunk)
            if not checked:
                check_content(name, head)
            await run_in_threadpool(file.flush)
            new = await run_in_threadpool(
                lambda: shelf.put(name, path, match=if_match, none_match=if_none_match)
            )
        job = await run_in_threadpool(indexing.request)
        sha256 = digest.hexdigest()
        response.headers["etag"] = f'"{sha256}"'
        return StoredArticle(article_id=str(name), sha256=sha256, new=new, job=job)

    @router.delete("/articles/{article_id:path}", status_code=202, summary="Remove an article")
    def delete_article(article_id: _ID, if_match: _Match = None) -> JobOut:
        try:
            name = plain_path(article_id)
        except PinciteError as error:
            raise NotFound(f"there is no such file in the corpus: {error}") from error
        if not shelf.remove(name, match=if_match):
            raise NotFound(
                "there is no such file in the corpus: it may be gone already, or the article is "
                "one of a collection, of which the whole file can be removed."
            )
        return indexing.request()

    @router.put(
        "/metadata/{article_id:path}",
        status_code=202,
        summary="Say what an article is: title, publisher, dates, address, licence",
    )
    async def put_metadata(
        article_id: _FILE,
        request: Request,
        response: Response,
        content_type: Annotated[str, Header()] = "",
        if_match: _Match = None,
        if_none_match: _Match = None,
    ) -> StoredMetadata:
        name = upload_name(article_id, "")
        given = await request.body()
        data, fields = await run_in_threadpool(sidecar_bytes, given, content_type, "the metadata")
        new = await run_in_threadpool(
            lambda: shelf.put_metadata(name, data, match=if_match, none_match=if_none_match)
        )
        job = await run_in_threadpool(indexing.request)
        sha256 = hashlib.sha256(data).hexdigest()
        response.headers["etag"] = f'"{sha256}"'
        return StoredMetadata(article_id=str(name), sha256=sha256, new=new, fields=fields, job=job)

    @router.delete(
        "/metadata/{article_id:path}",
        status_code=202,
        summary="Remove what was said of an article",
    )
    def delete_metadata(article_id: _FILE, if_match: _Match = None) -> JobOut:
        try:
            name = plain_path(article_id)
        except PinciteError as error:
            raise NotFound(f"there is no such metadata: {error}") from error
        if not shelf.remove_metadata(name, match=if_match):
            raise NotFound(
                "there is no metadata of that article alone: its file may say these things itself, "
                "or share a sidecar with another."
            )
        return indexing.request()

    return router
