"""XML from strangers: no entities of its own, nothing fetched, bounded depth.

Entities that a file declares serve, in documents, only to blow them up ("billion laughs") or to
read other files; a file that declares one is refused.
"""

import re
from html.entities import html5

from lxml import etree

from index.errors import LimitExceeded, SourceError

_DECLARES = re.compile(r"<!\s*ENTITY", re.IGNORECASE)
_DECLARES_BYTES = re.compile(rb"<!\s*ENTITY", re.IGNORECASE)
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})
# Of Python's codecs those that XML files are written in; others ("idna", "unicode_escape") are
# slow or warn.
_KNOWN_ENCODING = re.compile(
    r"utf-?(?:8|16|32).*|(?:us-)?ascii|iso-?8859-?\d+|latin-?\d|(?:windows-|cp)12\d\d|koi8-[ru]"
    r"|gb.*|big5.*|euc-.*|shift[-_]jis.*|iso-2022-.*",
    re.IGNORECASE,
)
_ENCODING = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})", re.DOTALL)


def parse_xml(data: bytes, name: str) -> etree._Element:
    """Return the root element of `data`, without comments and processing instructions.

    The named characters of HTML (`&nbsp;`) are read in any document. `name` is for messages.
    Raises `SourceError` when `data` is not XML or declares entities, and `LimitExceeded` when it
    is nested deeper than 255 elements.
    """
    text = decode_xml(data, name)
    refuse_entities(text, name)
    text = _NAMED.sub(_character, text)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser=parser)
    except etree.XMLSyntaxError as error:
        if "depth" in str(error).lower():
            raise LimitExceeded(f"{name}: XML nested deeper than any document is") from error
        raise SourceError(f"{name}: the XML is damaged ({_first_line(error)})") from error
    if root is None:
        raise SourceError(f"{name}: the XML holds no element")
    return root


def refuse_entities(text: str, name: str) -> None:
    """Raise `SourceError` when the XML in `text` declares an entity."""
    if _DECLARES.search(text):
        raise SourceError(
            f"{name}: declares XML entities, which can make it explode; Pincite does not read those"
        )


def entities_declared(data: bytes) -> bool:
    """Return whether `data`, XML in any encoding, declares an entity."""
    wide = b"\x00" in data[:200]
    return _DECLARES_BYTES.search(data.replace(b"\x00", b"") if wide else data) is not None


def decode_xml(data: bytes, name: str) -> str:
    """Return the characters of an XML document, without its XML declaration.

    The byte order mark decides, then the declaration, then UTF-8 (XML 1.0, appendix F).
    """
    encoding = "utf-8"
    for mark, marked in (
        (b"\xff\xfe\x00\x00", "utf-32"),
        (b"\x00\x00\xfe\xff", "utf-32"),
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
        (b"<\x00", "utf-16-le"),
        (b"\x00<", "utf-16-be"),
    ):
        if data.startswith(mark):
            encoding = marked
            break
    else:
        declared = _ENCODING.match(data)
        if declared is not None:
            encoding = declared.group(1).decode("ascii")
    try:
        if not _KNOWN_ENCODING.fullmatch(encoding):
            raise LookupError(encoding)
        text = data.decode(encoding)
    except (UnicodeError, LookupError) as error:
        raise SourceError(
            f"{name}: the XML is not in the encoding it states ({encoding})"
        ) from error
    return re.sub(r"\A\s*<\?xml[^>]*\?>", "", text)


def _character(match: re.Match[str]) -> str:
    named = match.group(1)
    if named in _OF_XML or f"{named};" not in html5:
        return match.group()
    return "".join(f"&#{ord(character)};" for character in html5[f"{named};"])


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or ["unknown error"])[0][:120]
