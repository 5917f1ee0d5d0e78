"""A collection in BEIR's form (`corpus.jsonl`): one JSON object a line, each an article.

    {"_id": "…", "title": "…", "text": "…", "url": "…"}

`_id` and `text` are required. The text is taken as it is: paragraphs end at line breaks, or are the
strings of a list, and nothing is judged to be boilerplate. `null` is no text. `.jsonl.gz` is the
same, compressed.
"""

import codecs
import gzip
import io
import json
import zlib
from collections.abc import Iterator

from index.errors import LimitExceeded, SourceError, UnsupportedFormat
from ingest.document import Document, Metadata, SourceBlock
from ingest.front_matter import iso_date

MAX_BYTES = 1_000_000_000
"""Largest size once decompressed."""

MAX_LINE_BYTES = 20_000_000
"""Longest line: as large as the file of one article may be (`ingest.reading`)."""


def read(data: bytes, name: str) -> Iterator[Document]:
    """Yield one document a line; raises `SourceError` naming the line that is not an article."""
    for number, line in enumerate(_lines(data, name), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{name}: line {number} is not JSON ({error}).") from error
        if not isinstance(entry, dict) or not {"_id", "text"} <= entry.keys():
            raise UnsupportedFormat(
                f'{name}: line {number} has no "_id" and "text"; a collection has one such object '
                "a line."
            )
        key = entry["_id"]
        if not isinstance(key, str | int) or isinstance(key, bool):
            raise SourceError(f'{name}: line {number}: "_id" is {_kind(key)}; write a string.')
        paragraphs = _paragraphs(entry["text"])
        if paragraphs is None:
            raise SourceError(
                f'{name}: line {number}: "text" is {_kind(entry["text"])}; write a string.'
            )
        title = " ".join((_fact(entry.get("title")) or "").split())
        blocks = [SourceBlock("heading", title, 1)] if title else []
        blocks += [SourceBlock("paragraph", text) for text in paragraphs]
        published = _fact(entry.get("published"))
        metadata = Metadata(
            title=title or None,
            publisher=_fact(entry.get("publisher")),
            # What cannot be read as a date is kept as it is written.
            published=(iso_date(published) or published) if published else None,
            url=_fact(entry.get("url")),
            licence=_fact(entry.get("licence")),
            language=_fact(entry.get("language")),
        )
        yield Document(tuple(blocks), metadata, str(key))


def _paragraphs(text: object) -> list[str] | None:
    """Return the paragraphs of a text, or None for what is none."""
    texts = [text or ""] if text is None or isinstance(text, str) else text
    if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
        return None
    lines = (line.strip() for one in texts for line in one.splitlines())
    return [line for line in lines if line]


def _fact(value: object) -> str | None:
    """Return what is stated as text: a list of strings as one; None for any other kind."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        value = "; ".join(value)
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    return str(value) if value else None


def _kind(value: object) -> str:
    """Return what JSON calls a value that is not text."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int | float):
        return "a number"
    return "an object" if isinstance(value, dict) else "a list"


def _lines(data: bytes, name: str) -> Iterator[str]:
    raw = io.BytesIO(data)
    stream = gzip.GzipFile(fileobj=raw) if data[:2] == b"\x1f\x8b" else raw
    total = number = 0
    try:
        # Never more at a time than a line may have: a few bytes unpack to any number.
        while line := stream.readline(min(MAX_LINE_BYTES, MAX_BYTES - total) + 1):
            number += 1
            total += len(line)
            if total > MAX_BYTES:
                raise LimitExceeded(
                    f"{name}: more than {MAX_BYTES / 1e9:.0f} GB once decompressed. Split it."
                )
            if len(line) > MAX_LINE_BYTES:
                raise LimitExceeded(
                    f"{name}: line {number} has more than {MAX_LINE_BYTES / 1e6:.0f} MB; no "
                    "article has. Split it."
                )
            if number == 1:
                line = line.removeprefix(codecs.BOM_UTF8)
            yield line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(f"{name}: is not UTF-8 (byte {error.start} of a line).") from error
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{name}: is not whole gzip data ({error}).") from error
