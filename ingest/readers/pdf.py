"""PDF with a text layer → one document: `pdf_words` → `pdf_layout` → `pdf_blocks`.

PDFium, which parses the file, is quick and mends what it can, but a hostile file can occupy or
crash it. So it runs in a child process, under limits on time and memory: whatever the file does
to the child costs the caller one clear line. Starting the child takes about 0.4 s.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from index.errors import LimitExceeded, SourceError
from ingest.document import Document, Metadata, SourceBlock
from ingest.front_matter import iso_date
from ingest.readers.authors import stated_authors
from ingest.readers.block_text import one_line
from ingest.readers.reference_lists import set_apart
from ingest.readers.stated_titles import is_file_name

MAX_BYTES = 100_000_000
MAX_PAGES = 2_000
MAX_SECONDS = 60
"""Longest time for one file. Dense pages take 0.03 s each: the largest allowed file fits."""

MAX_MEMORY = 2_000_000_000
"""Address space of the child, in bytes. A page of dense text needs 100 MB, a bomb all there is."""

MAX_TITLE = 1_000
"""Characters of the stated title that are looked at."""

_HOUSE = Path(__file__).resolve().parents[2]
_CHILD = "import sys; sys.path.insert(0, sys.argv[1]); from ingest.readers.pdf import main; main()"

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_HEADER_WITHIN = 1024  # bytes before "%PDF-" that readers forgive (PDF 32000-1, annex H)
_PDF_DATE = re.compile(r"D:(\d{4})(\d{2})?(\d{2})?")
_CODE = re.compile(r"[\w-]*\d[\w-]*")


def read(data: bytes, name: str) -> Iterator[Document]:
    """Yield the one article of a PDF.

    Raises `SourceError` when the file is no PDF, is damaged or encrypted, or holds no text, and
    `LimitExceeded` when it is larger than the limits above or takes longer.
    """
    if len(data) > MAX_BYTES:
        raise LimitExceeded(
            f"{name}: {len(data) / 1e6:.0f} MB; a PDF may have {MAX_BYTES / 1e6:.0f}. Split it"
        )
    if b"%PDF-" not in data[:_HEADER_WITHIN]:
        raise SourceError(f"{name}: not a PDF, whatever its name says; check the file")
    found = _in_child(data, name)
    blocks = tuple(SourceBlock(*block) for block in found["blocks"])
    if not any(not block.left_out for block in blocks):
        raise SourceError(
            f"{name}: the pages hold no text, only pictures perhaps; run text recognition on it "
            "(for example ocrmypdf) and add the result"
        )
    metadata = _metadata(found["info"], found["language"], blocks, name)
    blocks, references = set_apart(blocks)
    yield Document(blocks, replace(metadata, references=references))


def _in_child(data: bytes, name: str) -> dict[str, Any]:
    """Return what the child process says of the PDF; raises `SourceError` for each way to fail."""
    command = [sys.executable, "-I", "-X", "utf8", "-c", _CHILD, str(_HOUSE)]
    try:
        child = subprocess.run(  # noqa: S603 (our own interpreter, no part of it from the file)
            command, input=data, capture_output=True, timeout=MAX_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise LimitExceeded(
            f"{name}: took more than {MAX_SECONDS} s to read; save it again or split it"
        ) from error
    try:
        found: dict[str, Any] = json.loads(child.stdout)
    except ValueError as error:
        raise SourceError(
            f"{name}: the PDF broke its reader (exit status {child.returncode}), for want of "
            "memory or because it is damaged; print it to a new PDF and add that"
        ) from error
    problem = str(found.get("problem", ""))
    if problem == "encrypted":
        raise SourceError(f"{name}: the PDF is locked with a password; save it without one")
    if problem == "broken":
        raise SourceError(f"{name}: the PDF is damaged and cannot be opened; get it again")
    if problem:
        count = problem.removeprefix("pages ")
        raise LimitExceeded(f"{name}: {count} pages; a PDF may have {MAX_PAGES}. Split it")
    return found


def main() -> None:
    """Read a PDF from standard input and write its blocks to standard output (in the child)."""
    _limit()
    from ingest.readers.pdf_blocks import blocks_of
    from ingest.readers.pdf_words import pdf_words

    pdf = pdf_words(sys.stdin.buffer.read(), MAX_PAGES)
    if isinstance(pdf, str):
        json.dump({"problem": pdf}, sys.stdout)
        return
    blocks = [
        (block.kind, block.text, block.level, None, block.left_out)
        for block in blocks_of(pdf.pages)
    ]
    json.dump({"blocks": blocks, "info": pdf.info, "language": pdf.language}, sys.stdout)


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows has none; there the caller's clock alone holds
        return
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))


def _metadata(
    info: Mapping[str, str], language: str, blocks: tuple[SourceBlock, ...], name: str
) -> Metadata:
    title = one_line(info.get("Title", "")[:MAX_TITLE])
    named = title == PurePosixPath(name).stem or _CODE.fullmatch(title) or is_file_name(title)
    if not title or named:
        heading = next((b for b in blocks if b.kind == "heading" and not b.left_out), None)
        title = heading.text if heading is not None and heading.level == 1 else ""
    # The date of creation is that of the file: of an article of long ago, of the day when it was
    # printed to it. So it is when nobody has worked on the file since.
    created, modified = _date(info.get("CreationDate", "")), _date(info.get("ModDate", ""))
    return Metadata(
        title=title or None,
        authors=stated_authors(info.get("Author", "")),
        modified=modified if modified != created else None,
        language=language if _LANGUAGE.fullmatch(language) else None,
    )


def _date(value: str) -> str | None:
    match = _PDF_DATE.match(value)
    if match is None:
        return None
    return iso_date("-".join(part for part in match.groups() if part))
