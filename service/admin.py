"""The routes that change the index: put an article in, take one out, ask for indexing.

All need the admin token; without one set they are off. Each answers 202 with the job that will
make it searchable; `GET /v1/index` tells how far it is.
"""

import hashlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi import Path as PathParameter
from starlette.concurrency import run_in_threadpool

from index.errors import LimitExceeded, PinciteError
from service.api import PRIVATE, PROBLEMS, NotFound, require_admin
from service.indexing import Indexing
from service.middleware import UPLOAD_BYTES
from service.schemas import JobOut, StoredArticle
from service.shelf import Shelf

Check = Callable[[PurePosixPath, bytes], None]
Named = Callable[[str, str], PurePosixPath]

_ID = Annotated[
    str,
    PathParameter(
        description="Path of its file inside the corpus; the suffix may be left to the content "
        "type.",
        examples=["night-leg-cramps.md"],
    ),
]
_Match = Annotated[str | None, Header()]


def admin_router(
    *,
    shelf: Shelf,
    indexing: Indexing,
    upload_name: Named,
    plain_path: Callable[[str], PurePosixPath],
    check_content: Check,
    beginning: int,
) -> APIRouter:
    """Return the routes over `shelf` and `indexing`; the functions are those of `ingest.upload`."""
    router = APIRouter(
        prefix="/v1",
        tags=["Operation"],
        dependencies=[Depends(require_admin), *PRIVATE],
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
                head += chunk[: beginning - len(head)]
                if not checked and len(head) == beginning:
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

    return router
