"""EPUB → one document for the book, its chapters in the order of the spine.

One document, not one a chapter: a book is one source. Were each chapter an article, a single book
could fill an answer with "several sources" that agree because they are the same. The chapters'
headings keep the passages of each apart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from posixpath import dirname, join, normpath
from urllib.parse import unquote

from lxml import etree

from index.errors import SourceError
from ingest.archive import Archive
from ingest.boilerplate_reasons import NOTE
from ingest.document import Document, Metadata, SourceBlock
from ingest.front_matter import iso_date
from ingest.page_marks import is_note
from ingest.readers.block_text import one_line
from ingest.readers.markup import chapter, source_blocks
from ingest.readers.reference_lists import set_apart
from ingest.safe_xml import parse_xml

CONTENTS = "table of contents"
ASIDE = "beside the order of reading"

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_XHTML = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})
_OPF = "{http://www.idpf.org/2007/opf}"
_AUTHOR = frozenset({"aut", "cre"})
"""The roles of an author and of a creator, in MARC's code list for relators."""
_DUBLIN = "{http://purl.org/dc/elements/1.1/}"


def read(data: bytes, name: str) -> Iterator[Document]:
    """Yield the book.

    Raises `SourceError` when the file is no EPUB, is damaged, protected (DRM) or holds no text,
    and `LimitExceeded` when it unpacks to more than a book holds.
    """
    archive = Archive(data, name, "EPUB")
    opf = _package_path(archive, name)
    package = parse_xml(archive.read(opf), name)
    protected = _protected(archive, name)
    blocks: list[SourceBlock] = []
    notes: list[bool] = []
    for path, left_out in _spine(package, dirname(opf)):
        if path in protected:
            raise SourceError(f"{name}: its chapters are encrypted (DRM); get it without")
        if path in archive.members:
            read_here = chapter(archive.read(path), name)
            blocks += source_blocks(read_here, left_out)
            notes += (any(map(is_note, block.path)) for block in read_here)
    if not any(not block.left_out for block in blocks):
        raise SourceError(f"{name}: there is no text in the chapters of the book")
    kept, references = set_apart(blocks)
    kept = _without_notes(kept, notes)
    yield Document(kept, replace(_metadata(package), references=references))


def _without_notes(
    blocks: tuple[SourceBlock, ...], notes: Sequence[bool]
) -> tuple[SourceBlock, ...]:
    """Leave out the blocks that are notes, unless the book is nothing else."""
    marked = tuple(
        replace(block, left_out=NOTE) if is_one and not block.left_out else block
        for block, is_one in zip(blocks, notes, strict=True)
    )
    return blocks if all(block.left_out for block in marked) else marked


def _package_path(archive: Archive, name: str) -> str:
    for element in parse_xml(archive.read(_CONTAINER), name).iter():
        path = str(element.get("full-path", "") or "")
        if _local(element) == "rootfile" and path:
            return normpath(path)
    raise SourceError(f"{name}: not an EPUB (its container names no package); save it again")


def _protected(archive: Archive, name: str) -> frozenset[str]:
    """Return the members that are encrypted; fonts often are, which is no matter."""
    if _ENCRYPTION not in archive.members:
        return frozenset()
    root = parse_xml(archive.read(_ENCRYPTION), name)
    return frozenset(
        normpath(unquote(str(element.get("URI", ""))))
        for element in root.iter()
        if _local(element) == "CipherReference"
    )


def _spine(package: etree._Element, folder: str) -> Iterator[tuple[str, str]]:
    """Yield the path of each chapter in reading order, and why it is left out ("" if not)."""
    manifest: dict[str, tuple[str, str]] = {}
    for item in package.iter(f"{_OPF}item"):
        if str(item.get("media-type", "")).lower() in _XHTML:
            path = normpath(join(folder, unquote(str(item.get("href", "")).split("#")[0])))
            manifest[str(item.get("id", ""))] = (path, str(item.get("properties", "")))
    contents = {
        normpath(join(folder, unquote(str(reference.get("href", "")).split("#")[0])))
        for reference in package.iter(f"{_OPF}reference")
        if str(reference.get("type", "")).lower() == "toc"
    }
    read_before: set[str] = set()
    for entry in package.iter(f"{_OPF}itemref"):
        path, properties = manifest.get(str(entry.get("idref", "")), ("", ""))
        if not path or path in read_before:
            continue
        read_before.add(path)
        if path in contents or "nav" in properties.split():
            yield path, CONTENTS
        else:
            yield path, ASIDE if entry.get("linear") == "no" else ""


def _metadata(package: etree._Element) -> Metadata:
    def said(tag: str) -> list[str]:
        texts = (one_line(element.text or "") for element in package.iter(f"{_DUBLIN}{tag}"))
        return [text for text in texts if text]

    def first(tag: str) -> str | None:
        return next(iter(said(tag)), None)

    modified = (
        iso_date(one_line(element.text or ""))
        for element in package.iter(f"{_OPF}meta")
        if element.get("property") == "dcterms:modified"
    )
    addresses = (text for text in (*said("source"), *said("identifier")) if text.startswith("http"))
    return Metadata(
        title=_main_title(package) or first("title"),
        publisher=first("publisher"),
        authors=tuple(_authors(package) or said("creator")),
        published=next(filter(None, map(iso_date, said("date"))), None),
        modified=next(filter(None, modified), None),
        url=next(addresses, None),
        licence=first("rights"),
        language=first("language"),
    )


def _main_title(package: etree._Element) -> str | None:
    """Return the title that is said to be the main one, or else the first of no stated kind."""
    titles = list(_with_kinds(package, "title", "title-type"))
    main = (text for text, kinds in titles if "main" in kinds)
    return next(main, next((text for text, kinds in titles if not kinds), None))


def _authors(package: etree._Element) -> list[str]:
    """Return those who are not said to be only something other than authors: translators."""
    creators = _with_kinds(package, "creator", "role")
    return [text for text, kinds in creators if not kinds or kinds & _AUTHOR]


def _with_kinds(
    package: etree._Element, tag: str, kind: str
) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the text of each `tag` with what is said of its kind: EPUB 3 says it elsewhere."""
    refined: dict[str, set[str]] = {}
    for element in package.iter(f"{_OPF}meta"):
        if element.get("property") == kind:
            said = one_line(element.text or "").lower()
            refined.setdefault(str(element.get("refines", "")).lstrip("#"), set()).add(said)
    for element in package.iter(f"{_DUBLIN}{tag}"):
        text = one_line(element.text or "")
        own = one_line(str(element.get(f"{_OPF}{kind}", ""))).lower()
        if text:
            yield text, frozenset(refined.get(str(element.get("id", "-")), ())) | {own} - {""}


def _local(element: etree._Element) -> str:
    return str(etree.QName(element).localname)
