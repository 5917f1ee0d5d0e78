"""A collection in BEIR's form (`corpus.jsonl`): one JSON object a line, each an article.

    {"_id": "…", "title": "…", "text": "…", "url": "…"}

`_id` and `text` are required. The text is taken as it is: paragraphs end at line breaks, and
nothing is judged to be boilerplate. `.jsonl.gz` is the same, compressed.
"""

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


def read(data: bytes, name: str) -> Iterator[Document]:
    """Yield one document a line; raises `SourceError` naming the line that is not an article."""
    for number, line in enumerate(_lines(data, name), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise SourceError(f"{name}: line {number} is not JSON ({error}).") from error
        if not isinstance(entry, dict) or not {"_id", "text"} <= entry.keys():
            raise UnsupportedFormat(
                f'{name}: line {number} has no "_id" and "text"; a collection has one such object '
                "a line."
            )
        title = " ".join(str(entry.get("title") or "").split())
        blocks = [SourceBlock("heading", title, 1)] if title else []
        blocks += [
            SourceBlock("paragraph", text)
            for text in map(str.strip, str(entry["text"]).splitlines())
            if text
        ]

        def fact(key: str, entry: dict[str, object] = entry) -> str | None:
            return str(entry[key]) if entry.get(key) else None

        published = fact("published")
        metadata = Metadata(
            title=title or None,
            publisher=fact("publisher"),
            # What cannot be read as a date is kept as it is written.
            published=(iso_date(published) or published) if published else None,
            url=fact("url"),
            licence=fact("licence"),
            language=fact("language"),
        )
        yield Document(tuple(blocks), metadata, str(entry["_id"]))


def _lines(data: bytes, name: str) -> Iterator[str]:
    raw = io.BytesIO(data)
    stream = gzip.GzipFile(fileobj=raw) if data[:2] == b"\x1f\x8b" else raw
    total = 0
    try:
        for line in stream:
            total += len(line)
            if total > MAX_BYTES:
                raise LimitExceeded(
                    f"{name}: more than {MAX_BYTES / 1e9:.0f} GB once decompressed. Split it."
                )
            yield line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(f"{name}: is not UTF-8 (byte {error.start} of a line).") from error
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{name}: is not whole gzip data ({error}).") from error
