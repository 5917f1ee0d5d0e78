"""What a person wrote about an article: front matter and sidecar files, as `Metadata`.

YAML is read with every scalar as the string that stands in the file: `language: no` stays "no",
`published: 2024-05` stays "2024-05", and no tag builds an object. Aliases are refused, because
a few of them nested in each other make a file of gigabytes ("billion laughs"). Front matter may be
TOML too, between lines of `+++`.
"""

import dataclasses
import datetime as dt
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from index.errors import LimitExceeded, SourceError
from index.records import Reference
from ingest import stated_dates
from ingest.document import Metadata

MAX_CHARACTERS = 65_536
"""Longest front matter or sidecar read. The longest list of references we met has 9,000."""

MAX_DEPTH = 20
"""Deepest nesting read; the keys we know need three levels."""

# The names that site generators and people use, for each field of `Metadata`.
_TEXT_KEYS = {
    "title": ("title",),
    "publisher": ("publisher", "site_name"),
    "reviewed_by": ("reviewed_by", "reviewedby", "reviewer"),
    "url": ("url", "canonical", "canonical_url", "source_url"),
    "licence": ("licence", "license"),
    "language": ("language", "lang", "inlanguage"),
    "note": ("note", "notes"),
}
_DATE_KEYS = {
    "published": ("published", "date", "datepublished"),
    "modified": ("modified", "updated", "lastmod", "datemodified"),
    "reviewed": ("reviewed", "lastreviewed", "last_reviewed"),
    "retrieved": ("retrieved", "accessed"),
}
_JOINED = frozenset({"publisher", "reviewed_by", "licence", "note"})
"""Fields that may be a list: several are named one after the other."""

_AUTHOR_KEYS = ("authors", "author")
_REFERENCE_KEYS = ("references", "sources")

_ISO_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?=$|[T ]\d)")
_WRITTEN_DATES = ("%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%B %d %Y")
_OPENING = re.compile(r"\ufeff?---[ \t]*\r?\n")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_KEY_LINE = re.compile(r"^[A-Za-z_][\w -]*:(?:\s|$)", re.MULTILINE)
_TOML_OPENING = re.compile(r"\ufeff?\+\+\+[ \t]*\r?\n")
_TOML_CLOSING = re.compile(r"^\+\+\+[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_TOML_KEY_LINE = re.compile(r"^[ \t]*[\w\"'.-]+[ \t]*=", re.MULTILINE)

_NUMBER = re.compile(r"^(?:\[(\d{1,3})\]:?|\[\^(\d{1,3})\]:|(\d{1,3})[.)])\s+")
_URL = re.compile(r"https?://[^\s<>\"“”\]]+")
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s<>\"“”\]]+")


class _PlainLoader(yaml.BaseLoader):
    """A YAML loader that knows strings, lists and mappings only, and no aliases."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 (PyYAML's signature)
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.YAMLError(f"line {event.start_mark.line + 1}: aliases are not read")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.YAMLError(f"nested more than {MAX_DEPTH} levels deep")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def load_yaml(text: str, where: str) -> dict[str, object]:
    """Return the YAML mapping in `text`: keys and scalars are strings, an empty file is `{}`.

    `where` names the file in messages. Raises `SourceError` when `text` is not YAML, is not a
    mapping or holds an alias, and `LimitExceeded` when it is longer than `MAX_CHARACTERS`.
    """
    if len(text) > MAX_CHARACTERS:
        raise LimitExceeded(
            f"{where}: {len(text)} characters of YAML; Pincite reads at most {MAX_CHARACTERS}"
        )
    try:
        loader = _PlainLoader(text)
        loaded = loader.get_single_data()
    # An escape for a character that does not exist is a ValueError or an OverflowError.
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        raise SourceError(
            f"{where}: the YAML cannot be read ({_one_line(error)}); "
            'put quotes around a value that holds ": " or begins with a sign'
        ) from error
    if loaded is None or loaded == "":
        return {}
    if not isinstance(loaded, dict):
        raise SourceError(f'{where}: the YAML is not a list of "key: value" lines')
    return {str(key): value for key, value in loaded.items()}


def split_front_matter(text: str, where: str) -> tuple[dict[str, object] | None, int]:
    """Return the front matter of `text` and the offset at which the body starts.

    Front matter stands between a first line `---`, with no blank line after it, and a line `---`
    or `...`, or as TOML between two lines `+++`. Without it the answer is `(None, 0)`: a Markdown
    page may open with a thematic break. Raises `SourceError` when the lines between are meant as
    front matter and are not YAML, or TOML.
    """
    toml = _TOML_OPENING.match(text)
    if toml is not None:
        return _split_toml(text, toml.end(), where)
    opening = _OPENING.match(text)
    if opening is None:
        return None, 0
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        return None, 0
    inside = text[opening.end() : closing.start()]
    if inside.strip() and (inside[0] in "\r\n" or _KEY_LINE.search(inside) is None):
        return None, 0
    # From the opening line on, so that the line numbers of a message are those of the file.
    return load_yaml(text[: closing.start()], where), closing.end()


def _split_toml(text: str, start: int, where: str) -> tuple[dict[str, object] | None, int]:
    closing = _TOML_CLOSING.search(text, start)
    if closing is None:
        return None, 0
    inside = text[start : closing.start()]
    if inside.strip() and _TOML_KEY_LINE.search(inside) is None:
        return None, 0
    if len(inside) > MAX_CHARACTERS:
        raise LimitExceeded(
            f"{where}: {len(inside)} characters of TOML; Pincite reads at most {MAX_CHARACTERS}"
        )
    try:
        return tomllib.loads(inside), closing.end()
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{where}: the TOML cannot be read ({_one_line(error)})") from error


def metadata_from(mapping: Mapping[str, object], where: str) -> Metadata:
    """Return what `mapping` (front matter or a sidecar) says; unknown keys are ignored.

    `where` names the file in messages. Raises `SourceError` naming the file, the key and the
    value when a value is of a kind that its key cannot have.
    """
    known = {_plain_key(key): (key, value) for key, value in mapping.items()}
    found: dict[str, Any] = {}
    for name, keys in _TEXT_KEYS.items():
        joined = name in _JOINED
        stated = (_text(*known[key], where, joined=joined) for key in keys if key in known)
        found[name] = next(stated, None)
    for name, keys in _DATE_KEYS.items():
        found[name] = next((_date(*known[key], where) for key in keys if key in known), None)
    found["authors"] = next(
        (_names(*known[key], where) for key in _AUTHOR_KEYS if key in known), ()
    )
    found["references"] = next(
        (_references(*known[key], where) for key in _REFERENCE_KEYS if key in known), ()
    )
    return Metadata(**found)


def merge(*sources: Metadata) -> Metadata:
    """Return one `Metadata`: for each field the first source that knows it (see `Metadata`).

    The order in this project is sidecar, front matter, page.
    """
    merged: dict[str, Any] = {}
    for field in dataclasses.fields(Metadata):
        values = (getattr(source, field.name) for source in sources)
        known = next((value for value in values if value not in (None, ())), None)
        if known is not None:
            merged[field.name] = known
    return Metadata(**merged)


def reference_from(text: str, number: int | None = None, url: str | None = None) -> Reference:
    """Return one entry of a reference list; a leading "12." or "[12]" is its number.

    An address or a DOI that stands in `text` is taken, unless `url` is given.
    """
    leading = _NUMBER.match(text)
    if leading is not None:
        number = int(leading[leading.lastindex or 1])
        text = text[leading.end() :]
    if url is None and (address := _URL.search(text)) is not None:
        url = address.group().rstrip(".,;)")
    doi = _DOI.search(text) or (_DOI.search(url) if url else None)
    return Reference(
        text=" ".join(text.split()),
        number=number,
        url=url,
        doi=doi.group().rstrip(".,;)") if doi else None,
    )


def _plain_key(key: str) -> str:
    return key.strip().lower().replace("-", "_").replace(" ", "_")


def _refuse(where: str, key: str, value: object, wanted: str) -> SourceError:
    shown = repr(value)
    if len(shown) > 60:
        shown = shown[:57] + "..."
    return SourceError(f'{where}: "{key}" is {shown}; write {wanted}')


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.strip() in ("", "~", "null"))


def _text(key: str, value: object, where: str, *, joined: bool = False) -> str | None:
    if _is_empty(value):
        return None
    if isinstance(value, Mapping) and not _is_empty(value.get("name")):
        value = value["name"]
    if joined and isinstance(value, list | tuple):
        return "; ".join(filter(None, (_text(key, one, where) for one in value))) or None
    if isinstance(value, str | dt.date) or (
        isinstance(value, int | float) and not isinstance(value, bool)
    ):
        return " ".join(str(value).split())
    raise _refuse(where, key, value, "one line of text")


def _date(key: str, value: object, where: str) -> str | None:
    if _is_empty(value):
        return None
    wanted = "a date as YYYY-MM-DD, YYYY-MM or YYYY"
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise _refuse(where, key, value, wanted)
    date = iso_date(str(value)) or stated_dates.iso_date(str(value))
    if date is None:
        raise _refuse(where, key, value, wanted)
    return date


def iso_date(text: str) -> str | None:
    """Return the ISO 8601 date in `text`, whole or partial, or None where there is none.

    A date with a month's name is read; "03/04/2021" is not, since two countries read it in
    two ways.
    """
    text = text.strip()
    iso = _ISO_DATE.match(text)
    if iso is not None:
        year, month, day = iso.groups()
        try:
            dt.date(int(year), int(month or 1), int(day or 1))
        except ValueError:
            return None
        return "-".join(part for part in (year, month, day) if part)
    for pattern in _WRITTEN_DATES:
        try:
            parsed = dt.datetime.strptime(text, pattern).replace(tzinfo=dt.UTC)
        except ValueError:
            continue
        return parsed.date().isoformat()
    return None


def _names(key: str, value: object, where: str) -> tuple[str, ...]:
    entries = value if isinstance(value, list | tuple) else [value]
    names = (_text(key, entry, where) for entry in entries)
    return tuple(name for name in names if name)


def _references(key: str, value: object, where: str) -> tuple[Reference, ...]:
    if _is_empty(value):
        return ()
    return tuple(_each_reference(key, value, where))


def _each_reference(key: str, value: object, where: str) -> Iterator[Reference]:
    for entry in value if isinstance(value, list | tuple) else [value]:
        if _is_empty(entry):
            continue
        if isinstance(entry, str):
            yield reference_from(entry)
            continue
        if not isinstance(entry, Mapping):
            raise _refuse(where, key, entry, 'each reference as text, or with "title" and "url"')
        parts = {
            name: _text(f"{key}: {name}", entry.get(name), where)
            for name in ("title", "text", "publisher", "url", "doi")
        }
        title = parts["title"] or parts["text"] or parts["url"] or parts["doi"]
        if title is None:
            raise _refuse(where, key, entry, 'each reference with a "title"')
        named = title if parts["publisher"] is None else f"{title}. {parts['publisher']}"
        found = reference_from(named, url=parts["url"])
        yield dataclasses.replace(found, doi=parts["doi"] or found.doi)


def _one_line(error: BaseException) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None)
    if mark is not None and problem:
        return f"line {mark.line + 1}: {problem}"
    return " ".join(str(error).split()) or type(error).__name__
