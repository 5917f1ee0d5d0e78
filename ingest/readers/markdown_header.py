"""What stands above a Markdown article in the ways of Pandoc and MultiMarkdown, as `Metadata`.

Pandoc: up to three lines "% Title", "% Author; Another", "% Date". MultiMarkdown, and Pelican:
lines "Title: …", "Author: …" up to the first blank one. Either may be the article's first words
instead, so only what cannot be is taken: "Title" among names that are all known.
"""

import re

from ingest import stated_dates
from ingest.document import Metadata
from ingest.front_matter import iso_date, metadata_from

MAX_CHARACTERS = 10_000
"""Longest header looked for."""

_FIELD = re.compile(r"([A-Za-z][\w -]{0,40}?)[ \t]*:[ \t]+(\S.*)|([A-Za-z][\w -]{0,40}?)[ \t]*:$")
_TEXTS = {
    "author": "authors", "authors": "authors", "canonical": "url", "copyright": "licence",
    "lang": "language", "language": "language", "licence": "licence", "license": "licence",
    "publisher": "publisher", "title": "title", "url": "url",
}  # fmt: skip
_DATES = {
    "date": "published", "lastmod": "modified", "modified": "modified", "published": "published",
    "reviewed": "reviewed", "updated": "modified",
}  # fmt: skip
_OTHERS = frozenset(
    {
        "affiliation", "base header level", "bibtex", "category", "comment", "css", "description",
        "email", "format", "html header", "id", "keywords", "latex input", "latex mode", "layout",
        "quotes language", "slug", "status", "subtitle", "summary", "tags", "template",
    }
)  # fmt: skip


def split_header(text: str) -> tuple[Metadata, int]:
    """Return what the header of `text` says, and the offset at which the article begins."""
    lines: list[str] = []
    end = 0
    for line in text[:MAX_CHARACTERS].splitlines(keepends=True):
        if not line.strip():
            break
        lines.append(line.rstrip())
        end += len(line)
    if not lines or not text[end:].strip() or end >= MAX_CHARACTERS:
        return Metadata(), 0
    fields = _title_block(lines) if lines[0].startswith("%") else _named(lines)
    return (Metadata(), 0) if fields is None else (_metadata(fields), end)


def _title_block(lines: list[str]) -> dict[str, str] | None:
    """Return the fields of Pandoc's title block, each on its line and those indented below it."""
    texts: list[list[str]] = []
    for line in lines:
        if line.startswith("%") and line[1:2] in ("", " ", "\t"):
            texts.append([line[1:].strip()])
        elif line[0] in " \t" and texts:
            texts[-1].append(line.strip())
        else:
            return None
    if len(texts) > 3 or not texts[0][0]:
        return None
    kinds = (("title", " "), ("authors", "; "), ("date", " "))
    return {
        name: between.join(filter(None, text))
        for (name, between), text in zip(kinds, texts, strict=False)
    }


def _named(lines: list[str]) -> dict[str, str] | None:
    """Return the fields of MultiMarkdown's header by their names, None where it is none."""
    fields: dict[str, str] = {}
    name = ""
    for line in lines:
        if line[0] in " \t" and name:
            fields[name] += f" {line.strip()}"
            continue
        found = _FIELD.fullmatch(line)
        name = " ".join((found.group(1) or found.group(3)).lower().split()) if found else ""
        if found is None or not (name in _TEXTS or name in _DATES or name in _OTHERS):
            return None
        fields[name] = found.group(2) or ""
    return fields if fields.get("title") else None


def _metadata(fields: dict[str, str]) -> Metadata:
    """Return the fields as metadata; a date that cannot be read is none."""
    known: dict[str, object] = {}
    for name, text in fields.items():
        if name in _DATES:
            known.setdefault(_DATES[name], iso_date(text) or stated_dates.iso_date(text))
        elif _TEXTS.get(name) == "authors":
            known["authors"] = [author.strip() for author in text.split(";")]
        elif name in _TEXTS:
            known[_TEXTS[name]] = text
    return metadata_from(known, "")
