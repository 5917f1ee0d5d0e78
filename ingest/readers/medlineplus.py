"""The health topics of MedlinePlus (U.S. National Library of Medicine), one document a topic.

The file is the "health topic XML" of https://medlineplus.gov/xml.html: about a thousand topics in
English and as many in Spanish, each with a summary of HTML written as text. It is read as a
stream: one topic is in memory at a time.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator

from lxml import etree

from index.errors import SourceError, UnsupportedFormat
from ingest.document import Document, Metadata, SourceBlock
from ingest.dom_blocks import DomBlock
from ingest.front_matter import iso_date
from ingest.readers.block_text import one_line
from ingest.readers.markup import fragment, source_blocks
from ingest.safe_xml import entities_declared

PUBLISHER = "MedlinePlus, U.S. National Library of Medicine"
LICENCE = "Public domain (U.S. government work)"
ATTRIBUTION = "name of the source"

_ROOT = "health-topics"
_LANGUAGES = {"english": "en", "spanish": "es"}
_AMERICAN_DATE = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
# The last paragraph of most summaries only names the agency that wrote it.
_AGENCY = re.compile(
    r"(?:NIH|CDC|FDA|EPA|HHS): |\b(?:Centers?|Institutes?|Agency|Administration|Department|Dept\.|"
    r"Office|Bureau|Service|Centros|Instituto|Administración|Departamento|Oficina|Agencia)\b"
)
_MAX_ATTRIBUTION = 160


def read(data: bytes, name: str) -> Iterator[Document]:
    """Yield each topic that has a summary; its key is the topic's number.

    Raises `UnsupportedFormat` when the XML is something else, and `SourceError` when it is
    damaged or declares entities.
    """
    if entities_declared(data):
        raise SourceError(
            f"{name}: declares XML entities, which can make it explode; Pincite does not read those"
        )
    events = etree.iterparse(
        io.BytesIO(data),
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    root = None
    retrieved = None
    keys: Counter[str] = Counter()
    try:
        for event, element in events:
            if root is None:
                root = element
                _check_root(root, name)
                retrieved = _date(str(root.get("date-generated", "")))
            elif event == "end" and element.getparent() is root:
                document = _topic(element, retrieved, keys)
                if document is not None:
                    yield document
                # Only what lies behind: the parser may already have read the topics ahead.
                element.clear(keep_tail=True)
                while element.getprevious() is not None:
                    del root[0]
    except etree.XMLSyntaxError as error:
        line = (str(error).splitlines() or ["unknown error"])[0][:120]
        raise SourceError(f"{name}: the XML is damaged ({line}); download it again") from error
    if not keys:
        raise SourceError(f"{name}: no health topic with a summary was found in it")


def _check_root(root: etree._Element, name: str) -> None:
    if root.tag != _ROOT:
        raise UnsupportedFormat(
            f"{name}: XML with the root <{str(root.tag)[:60]}>; the only XML that Pincite reads is "
            f"the health topics of MedlinePlus, with the root <{_ROOT}>"
        )


def _topic(topic: etree._Element, retrieved: str | None, keys: Counter[str]) -> Document | None:
    if topic.tag != "health-topic":
        return None
    title = one_line(str(topic.get("title", "")))
    summary = fragment("".join(topic.xpath("string(full-summary)")))
    if not summary:
        return None
    also = [one_line(str(element.text or "")) for element in topic.findall("also-called")]
    blocks = []
    if any(also):
        blocks.append(SourceBlock("paragraph", f"Also called: {', '.join(filter(None, also))}"))
    attributed = _attribution(summary)
    blocks += source_blocks(summary[:-1] if attributed else summary)
    if attributed:
        blocks += source_blocks(summary[-1:], ATTRIBUTION)
    metadata = Metadata(
        title=title or None,
        publisher=PUBLISHER,
        authors=(attributed,) if attributed else (),
        published=_date(str(topic.get("date-created", ""))),
        retrieved=retrieved,
        url=str(topic.get("url", "")) or None,
        licence=LICENCE,
        language=_LANGUAGES.get(str(topic.get("language", "")).casefold()),
    )
    key = re.sub(r"[^A-Za-z0-9_-]+", "-", str(topic.get("id", "")) or title).strip("-") or "topic"
    base = key
    while keys[key]:
        key = f"{base}-again" if keys[base] == 1 else f"{base}-again-{keys[base]}"
        keys[base] += 1
    keys[key] += 1
    return Document(tuple(blocks), metadata, key)


def _attribution(summary: list[DomBlock]) -> str:
    """Return the last paragraph when it only names the agency that wrote the summary."""
    last = summary[-1]
    if len(summary) < 2 or last.kind != "paragraph" or len(last.text) > _MAX_ATTRIBUTION:
        return ""
    element = last.path[-1] if last.path else None
    marked = element is not None and ("attribution" in str(element.get("class", "")))
    named = last.text[-1] not in ".?!:" and _AGENCY.search(last.text) is not None
    return last.text if marked or named else ""


def _date(text: str) -> str | None:
    match = _AMERICAN_DATE.match(text)
    return iso_date(f"{match[3]}-{match[1]}-{match[2]}") if match else None
