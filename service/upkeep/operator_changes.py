"""What an operator's page changes: files stored, deleted and described, indexing, going back.

Each function returns the sentence that is then told on the page, and raises `PinciteError` when
there is nothing to tell but what is wrong.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import BinaryIO

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from index.errors import PinciteError, UnsupportedFormat
from index.history import roll_back
from service.upkeep.indexing import Indexing
from service.upkeep.shelf import (
    BEGINNING,
    Shelf,
    check_content,
    plain_path,
    sidecar_bytes,
    upload_name,
)
from service.web.strings import Strings

CHUNK = 1 << 20

Change = Callable[[Request, Shelf, Indexing, str, FormData, Strings], str]


class FormUnreadable(PinciteError):
    """A form holds what is no text."""

    status = 400
    kind = "form-unreadable"


class Unsure(PinciteError):
    """What is to be deleted was not confirmed, or is gone."""

    status = 409
    kind = "unsure"


def store_all(shelf: Shelf, fields: FormData) -> list[tuple[str, str | None]]:
    """Store each file that came; return its name and what is wrong with it, or None.

    Raises `FormUnreadable` where a name is no text.
    """
    folder = text_of(fields, "folder").strip().strip("/")
    stored: list[tuple[str, str | None]] = []
    for upload in fields.getlist("files"):
        if not isinstance(upload, UploadFile) or not upload.filename:
            continue
        # Some browsers send the path of a file on the operator's own disk.
        last = _whole(upload.filename).replace("\\", "/").rsplit("/", 1)[-1]
        name = f"{folder}/{last}" if folder else last
        try:
            stored.append((str(_store(shelf, name, upload)), None))
        except PinciteError as error:
            stored.append((name, str(error).removeprefix(f"{last}: ")))
    return stored


def _store(shelf: Shelf, article_id: str, upload: UploadFile) -> PurePosixPath:
    try:
        # A browser guesses the type by the suffix, and often not as we do.
        name = upload_name(article_id, "")
    except UnsupportedFormat:
        try:
            name = upload_name(article_id, upload.content_type or "")
        except UnsupportedFormat as error:
            check_content(PurePosixPath(article_id), upload.file.read(BEGINNING))
            raise error from None
    check_content(name, upload.file.read(BEGINNING))
    upload.file.seek(0)
    with shelf.upload() as (file, path):
        for chunk in _chunks(upload.file):
            file.write(chunk)
        file.flush()
        shelf.put(name, path, match=None, none_match=None)
    return name


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _delete(
    _: Request, shelf: Shelf, indexing: Indexing, name: str, fields: FormData, words: Strings
) -> str:
    if text_of(fields, "sure") != "yes":
        raise Unsure(words("operator.unsure"))
    if not shelf.remove(plain_path(name), match=None):
        raise Unsure(words("operator.gone", file=name))
    indexing.request()
    return words("operator.deleted", file=name)


def _metadata(
    _: Request, shelf: Shelf, indexing: Indexing, name: str, fields: FormData, words: Strings
) -> str:
    text = text_of(fields, "metadata").replace("\r\n", "\n")
    if text.strip():
        path = upload_name(name, "")
        data, known = sidecar_bytes(text.encode(), "", words("operator.metadata"))
        shelf.put_metadata(path, data, match=None, none_match=None)
        understood = words("operator.metadata_stored", fields=", ".join(known))
        done = understood if known else words("operator.metadata_unknown")
    else:
        shelf.remove_metadata(plain_path(name), match=None)
        done = words("operator.metadata_removed")
    indexing.request()
    return done


def _refresh(
    _: Request, __: Shelf, indexing: Indexing, ___: str, ____: FormData, words: Strings
) -> str:
    indexing.request()
    return words("operator.refreshing")


def _roll_back(
    request: Request, _: Shelf, __: Indexing, ___: str, fields: FormData, words: Strings
) -> str:
    done = roll_back(request.app.state.settings.index, text_of(fields, "snapshot") or None)
    request.app.state.follower.look(again=True)
    return words("operator.rolled_back", snapshot=done.after.snapshot, n=done.after.articles)


CHANGES: Mapping[str, Change] = {
    "delete": _delete,
    "metadata": _metadata,
    "refresh": _refresh,
    "rollback": _roll_back,
}
"""The small changes, by the last part of their address."""


def text_of(fields: FormData, name: str) -> str:
    """Return a field of a form as text; "" where it is missing or a file.

    Raises `FormUnreadable` for half a character, which a charset of its sender's can spell.
    """
    value = fields.get(name)
    return _whole(value) if isinstance(value, str) else ""


def _whole(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise FormUnreadable("there is half a character in the form. Send it as UTF-8.") from error
    return text
