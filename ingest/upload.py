"""What comes as an upload: which file it is to be, and whether it is what it says it is.

Only the beginning of an article is looked at: reading it is the indexing job's work, in a process
of its own. Metadata (a sidecar) is small and is looked at whole.
"""

import dataclasses
import json
from pathlib import Path, PurePosixPath

from index.errors import SourceError, UnsupportedFormat
from ingest.corpus import PARTS_OF_A_PAGE, SIDECAR_SUFFIXES, SourceFile, sidecar_names
from ingest.front_matter import load_yaml, metadata_from
from ingest.readers import READERS, read

__all__ = [
    "BEGINNING",
    "NAME_BYTES",
    "SIDECAR_SUFFIXES",
    "check_content",
    "entity_tags",
    "plain_path",
    "sidecar_bytes",
    "sidecar_names",
    "upload_name",
]

BEGINNING = 8192
"""Bytes of a file that `check_content` wants to see."""

NAME_BYTES = 255
"""Longest name of a file or folder that the usual file systems take, in UTF-8."""

_TYPES: dict[str, tuple[str, ...]] = {
    "application/epub+zip": (".epub",),
    "application/gzip": (".gz",),
    "application/jsonl": (".jsonl",),
    "application/pdf": (".pdf",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/x-gzip": (".gz",),
    "application/x-ndjson": (".jsonl",),
    "application/xhtml+xml": (".html", ".htm"),
    "application/xml": (".xml",),
    "text/html": (".html", ".htm"),
    "text/markdown": (".md", ".markdown"),
    "text/plain": (".txt", ".text", ".md", ".markdown"),
    "text/xml": (".xml",),
}
"""The suffixes that each media type may have, the usual one first. IANA's names, and `x-` ones in
common use."""

_ANY = {"", "application/octet-stream"}
_YAML = _ANY | {"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain"}
_MUST_BEGIN = {
    ".docx": (b"PK\x03\x04", "a ZIP archive, as every .docx is"),
    ".epub": (b"PK\x03\x04", "a ZIP archive, as every .epub is"),
    ".gz": (b"\x1f\x8b", "compressed by gzip"),
}


def upload_name(article_id: str, content_type: str) -> PurePosixPath:
    """Return the path inside the corpus for an upload, with the suffix of its type if it has none.

    Raises `SourceError` for an id that is no plain path or is in a folder that is passed over
    beside a saved page, `UnsupportedFormat` for a kind of file
    that no reader knows or a media type that does not go with the suffix.
    """
    path = plain_path(article_id)
    if any(folder.endswith(PARTS_OF_A_PAGE) for folder in path.parts[:-1]):
        raise SourceError(
            f"a folder of the id ends in {PARTS_OF_A_PAGE}, as those do in which a browser saves "
            "the parts of a page, and these are not indexed. Choose another name for the folder."
        )
    media_type = _media_type(content_type)
    if media_type not in _ANY and media_type not in _TYPES:
        raise UnsupportedFormat(
            "no reader knows this content type. Name the one that the file has (text/markdown, "
            "text/html, application/pdf, ...), or application/octet-stream to go by its suffix."
        )
    suffixes = _TYPES.get(media_type, ())
    if path.suffix.lower() not in READERS:
        if not suffixes:
            raise UnsupportedFormat(
                f"the id has no suffix that a reader knows ({', '.join(sorted(READERS))}), and "
                "there is no content type to tell the format by."
            )
        path = plain_path(f"{path}{suffixes[0]}")
    elif suffixes and path.suffix.lower() not in suffixes:
        raise UnsupportedFormat(
            f"the content type {media_type} does not go with the suffix {path.suffix.lower()}."
        )
    return path


def plain_path(article_id: str) -> PurePosixPath:
    """Return the id as a path that stays inside the corpus and is looked at by the indexer.

    Raises `SourceError` for anything else: nothing is put right silently.
    """
    parts = article_id.split("/")
    for part in parts:
        if not part or part.startswith("."):
            raise SourceError(
                "the id must be a path inside the corpus, without empty parts and without parts "
                "that begin with a dot."
            )
        if part.startswith("~$"):
            raise SourceError("a part of the id begins as the files do by which Word locks others.")
        if any(c < " " or "\x7f" <= c <= "\x9f" or c == "\\" for c in part):
            raise SourceError("the id holds a control character or a backslash.")
        if len(part.encode("utf-8", "surrogatepass")) > NAME_BYTES:
            raise SourceError(f"a part of the id is longer than {NAME_BYTES} bytes.")
        if part != part.strip():
            raise SourceError("a part of the id begins or ends with a space.")
    try:
        article_id.encode()
    except UnicodeEncodeError as error:
        raise SourceError("the id holds half a character.") from error
    if len(parts) > 16 or len(article_id) > 1000:
        raise SourceError("the id is deeper than 16 folders or longer than 1000 characters.")
    return PurePosixPath(*parts)


def check_content(name: PurePosixPath, beginning: bytes) -> None:
    """Raise `SourceError` unless a file that begins so may be what its suffix says."""
    suffix = name.suffix.lower()
    if not beginning:
        raise SourceError("the body is empty. Send the file as the body of the request.")
    read(beginning, name.name)  # refuses what begins as another format; reads nothing yet
    if suffix == ".pdf":
        if b"%PDF-" not in beginning[:1024]:
            raise UnsupportedFormat(f"{name.name}: does not begin as a PDF")
    elif suffix in _MUST_BEGIN:
        signature, what = _MUST_BEGIN[suffix]
        if not beginning.startswith(signature):
            raise UnsupportedFormat(f"{name.name}: is not {what}")
    elif b"\0" in beginning and not beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnsupportedFormat(f"{name.name}: is not text (it holds null bytes)")


def sidecar_bytes(data: bytes, content_type: str, where: str) -> tuple[bytes, tuple[str, ...]]:
    """Return a sidecar as it is to be stored, and the names of the fields that were understood.

    `data` is YAML, or JSON where the content type says so; it is stored as it came, JSON in a form
    that YAML reads. Raises `SourceError` for what the indexer would refuse, `UnsupportedFormat`
    for another content type.
    """
    media_type = _media_type(content_type)
    try:
        text = data.decode("utf-8-sig")
        if media_type == "application/json":
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"
    except UnicodeDecodeError as error:
        raise SourceError(f"{where}: is not UTF-8 (byte {error.start})") from error
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{where}: is not JSON ({error})") from error
    if media_type not in _YAML | {"application/json"}:
        raise UnsupportedFormat("metadata is YAML (application/yaml) or JSON (application/json).")
    if not text.strip():
        raise SourceError('the body is empty. Send "key: value" lines, or DELETE the metadata.')
    found = dataclasses.asdict(metadata_from(load_yaml(text, where), where))
    return text.encode(), tuple(name for name, value in found.items() if value not in (None, ()))


def entity_tags(place: Path, sidecar: Path | None) -> set[str]:
    """Return the hashes by which a stored file may be named: its own, and with its sidecar's."""
    return set(SourceFile(place.name, place, sidecar, 0, 0).fingerprints())


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()
