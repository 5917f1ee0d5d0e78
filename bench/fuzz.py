"""Try to break a reader: `python -m bench.fuzz READER --seconds N [--seed S] [--findings DIR]`.

READER is a name in `bench.fuzz_seeds.formats`, or "all" (N seconds each). Small valid files are
changed at random, read under the limits that `pincite index` sets, and what comes out is composed,
cut and checked as the pipeline would. A finding is

- an exception other than the project's own (a reader refuses with a `SourceError`),
- a broken promise: of `SourceBlock`, of `Article`, of the passages that tile it,
- more than `--slowest` seconds of processor time, or `--memory` more megabytes, for one file,
- the death of the process (of PDFium's too, though its reader survives that: "contained").

Each is written to DIR/READER once a cause: the file that did it and what happened. Input number n
of a seed is always the same, so a run can be repeated. Exit 0: nothing was found.
"""

import argparse
import copy
import faulthandler
import hashlib
import json
import mmap
import os
import random
import re
import resource
import signal
import struct
import sys
import time
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from bench.fuzz_seeds import Format, formats
from index.errors import SourceError
from ingest.compose import compose
from ingest.document import Document, SourceBlock
from ingest.front_matter import load_yaml, metadata_from
from ingest.languages import detect_language
from ingest.readers import pdf, read
from ingest.readers.pdf_blocks import blocks_of
from ingest.readers.pdf_words import pdf_words
from ingest.references import citation_marks
from ingest.segment import SegmenterSettings, search_texts, segment

LARGEST = 2_000_000
"""Bytes of an input. What is quadratic shows at this size; what production allows is ten times."""

WHOLE_WAY = 50
"""One PDF in this many goes through the child process of its reader; it takes 0.4 s to start."""

_TIMES = ((3, 30, 300, 3_000, 30_000, 300_000), (30, 30, 20, 10, 4, 1))
"""How often a run repeats itself, and how often that is chosen: long runs cost seconds."""

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LEVELS = {"heading": range(1, 7), "item": range(1, 300), "paragraph": (0,), "row": (0,)}
_COUNTERS = struct.Struct("4q")  # the number of the input, how many were read, refused, found


class BrokenPromise(Exception):
    """What came out of a reader is not what it promises."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is fuzzed, and how."""

    reader: str
    format: Format
    seed: int
    slowest: float  # seconds
    memory: int  # bytes
    findings: Path


def mutated(kind: Format, source: random.Random) -> bytes:
    """Return one of the seeds with a few changes, inside its parts or in the packed file."""
    seed = source.choice(kind.seeds)
    parts = [bytearray(part) for part in seed.parts]
    if kind.xml and source.random() < 0.6:
        place = source.randrange(len(parts))
        if parts[place].startswith(b"<"):
            parts[place] = _rearranged(parts[place], kind.tokens, source)
            return seed.pack([bytes(part) for part in parts])[:LARGEST]
    if source.random() < 0.85:
        for _ in range(source.choice((1, 1, 2, 3, 5, 9))):
            _change(source.choice(parts), kind.tokens, source)
    data = bytearray(seed.pack([bytes(part) for part in parts]))
    if source.random() < 0.15 or len(parts) == 1:
        for _ in range(source.choice((0, 1, 2, 4))):
            _change(data, kind.tokens, source)
    return bytes(data[:LARGEST])


def _change(data: bytearray, tokens: Sequence[bytes], source: random.Random) -> None:
    at = source.randrange(len(data) + 1)
    length = source.choice((1, 2, 5, 20, 100, 1_000))
    piece = bytes(data[at : at + length])
    match source.randrange(9):
        case 0:
            data[at : at + 1] = bytes([source.randrange(256)])
        case 1:
            del data[at : at + length]
        case 2:
            to = source.randrange(len(data) + 1)
            data[to:to] = piece
        case 3 | 4:
            data[at:at] = source.choice(tokens)
        case 5:
            data[at : at + length] = source.choice(tokens)
        case 6:  # what grows faster than its input shows in a long run of one thing
            times = source.choices(*_TIMES)[0]
            run = source.choice(
                (piece, b"".join(source.choices(tokens, k=source.choice((1, 1, 2, 3)))))
            )
            data[at:at] = (run * times)[:LARGEST]
        case 7:
            data[at:at] = b"".join(source.choices(tokens, k=source.choice((5, 50, 500))))
        case _:
            del data[at:]


def _rearranged(data: bytearray, tokens: Sequence[bytes], source: random.Random) -> bytearray:
    """Return well-formed XML with elements moved, repeated, nested, renamed, or other text."""
    root = etree.fromstring(bytes(data))
    for _ in range(source.choice((1, 1, 2, 4, 8))):
        elements = [element for element in root.iter() if isinstance(element.tag, str)]
        one, other = source.choice(elements), source.choice(elements)
        text = b"".join(source.choices(tokens, k=source.choice((0, 1, 9)))).decode(
            "utf-8", "ignore"
        )
        text = _NOT_XML.sub("", text)
        above = other.getparent()
        match source.randrange(7):
            case 0 if above is not None:
                above.remove(other)
            case 1 if above is not None:
                for _ in range(source.choices(*_TIMES)[0] % 10_000):
                    above.append(
                        copy.deepcopy(other) if len(other) < 3 else etree.Element(other.tag)
                    )
            case 2:
                for _ in range(source.choice((2, 20, 100, 250, 1_000))):
                    one = etree.SubElement(one, other.tag, dict(other.attrib))
                one.text = text or "x"
            case 3:
                one.tag = other.tag
            case 4:
                one.text = text * source.choice((1, 1, 100))
            case 5 if one.attrib:
                one.set(source.choice(list(one.attrib)), text)
            case _:
                for name, value in other.attrib.items():
                    one.set(name, value)
    return bytearray(etree.tostring(root))


def try_one(run: Run, data: bytes, number: int) -> bool:
    """Read `data` and check all that follows; return False where it is refused, as it may be."""
    name = run.format.name
    try:
        if run.reader == "sidecar":
            metadata_from(load_yaml(data.decode("utf-8"), name), name)
            return True
        for document in _documents(run, data, number):
            _check(document, name)
    except UnicodeDecodeError:
        if run.reader == "sidecar":  # the pipeline refuses these before
            return False
        raise
    except SourceError as error:
        if "\n" in str(error) or not str(error).startswith(name):
            raise BrokenPromise(f"not one line that names the file: {error!s:.300}") from error
        return False
    return True


def _documents(run: Run, data: bytes, number: int) -> Iterator[Document]:
    if run.reader != "pdf" or number % WHOLE_WAY == 0:
        yield from read(data, run.format.name)
        return
    found = pdf_words(data, pdf.MAX_PAGES)
    if isinstance(found, str):
        raise SourceError(f"{run.format.name}: {found}")
    blocks = tuple(blocks_of(found.pages))
    json.dumps([found.info, found.language])
    if blocks:
        metadata = pdf._metadata(found.info, found.language, blocks, run.format.name)
        yield Document(blocks, metadata)


def _check(document: Document, name: str) -> None:
    for block in document.blocks:
        _check_block(block)
    text = "\n".join(block.text for block in document.blocks if not block.left_out)
    detect_language(text)
    article = compose(document, document.metadata, source=name, source_sha256="0")
    if any(article.text[b.start : b.end] == "" for b in article.blocks):
        raise BrokenPromise("a block of the article is empty")
    settings = SegmenterSettings()
    passages = segment(article, _count, settings)
    position = 0
    for passage in passages:
        if article.text[passage.start : passage.end] != passage.text or not passage.text.strip():
            raise BrokenPromise(f"{passage.passage_id} is not its article's text")
        if passage.start < position or article.text[position : passage.start].strip():
            raise BrokenPromise(f"words before {passage.passage_id} are lost or repeated")
        position = passage.end
    if article.text[position:].strip():
        raise BrokenPromise("words after the last passage are lost")
    cited = range(1, 100)
    citation_marks(article.text, cited)
    texts = search_texts(passages, article.title, _count, settings.limit, cited=cited)
    if any(count > settings.limit for count in _count(texts)):
        raise BrokenPromise("a passage is longer than the encoder reads")


def _check_block(block: SourceBlock) -> None:
    if not block.text or block.text != block.text.strip():
        raise BrokenPromise(f"white space around {block.text[:80]!r}")
    if not all(line.strip() for line in block.text.splitlines()):
        raise BrokenPromise(f"a blank line in {block.text[:80]!r}")
    if block.level not in _LEVELS[block.kind]:
        raise BrokenPromise(f"level {block.level} of a {block.kind}")


def _count(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def _work(run: Run, counters: mmap.mmap, deadline: float) -> None:
    """Try one input after the other, from the counter on (in the child)."""
    number, done, refused, found = _COUNTERS.unpack_from(counters)
    last_words = (run.findings / "last-words").open("wb", buffering=0)
    # faulthandler tells where the time went, even in C, and lets the signal end the process.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    faulthandler.register(signal.SIGPROF, last_words, chain=True)
    faulthandler.enable(last_words)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + run.memory, size + run.memory))
    warnings.simplefilter("error")
    while time.monotonic() < deadline:
        number += 1
        _COUNTERS.pack_into(counters, 0, number, done, refused, found)
        data = _input(run, number)
        signal.setitimer(signal.ITIMER_PROF, run.slowest)
        try:
            if try_one(run, data, number):
                done += 1
            else:
                refused += 1
        except Exception as error:  # noqa: BLE001 (whatever comes is what is looked for)
            found += 1
            _report(run, data, number, traceback.format_exc(), _cause(error))
        signal.setitimer(signal.ITIMER_PROF, 0)
    _COUNTERS.pack_into(counters, 0, number, done, refused, found)


def _input(run: Run, number: int) -> bytes:
    return mutated(run.format, random.Random(f"{run.seed}:{number}"))


def _cause(error: BaseException) -> str:
    """Return what tells causes apart: the exception and where in the project it was raised."""
    frames = [
        f"{Path(frame.filename).name}:{frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
        if "/ingest/" in frame.filename or "/index/" in frame.filename
    ]
    told = str(error)[:20] if isinstance(error, BrokenPromise) else ""
    return " ".join([type(error).__name__, told, *frames[-3:]])


def _report(run: Run, data: bytes, number: int, told: str, cause: str) -> None:
    """Write a finding; of several with one cause the shortest input is kept."""
    key = f"{cause.split(maxsplit=1)[0]}-{hashlib.sha256(cause.encode()).hexdigest()[:8]}"
    suffix = "".join(Path(run.format.name).suffixes)
    file = run.findings / f"{key}{suffix}"
    if file.exists() and file.stat().st_size <= len(data):
        return
    file.write_bytes(data)
    head = f"{run.reader}, seed {run.seed}, input {number}, {len(data)} bytes\n{cause}\n\n"
    (run.findings / f"{key}.log").write_text(head + told, encoding="utf-8", errors="replace")


def _died(run: Run, number: int, status: int) -> None:
    """Report the input at which the child died."""
    words = (run.findings / "last-words").read_text(encoding="utf-8", errors="replace")
    killed = -os.waitstatus_to_exitcode(status)
    slow = killed == signal.SIGPROF
    what = f"more than {run.slowest:g} s of processor time" if slow else f"signal {killed}"
    inner = [line.strip() for line in words.splitlines() if "File" in line and "/ingest/" in line]
    contained = "contained" if run.reader == "pdf" and not slow else "died"
    cause = f"{'slow' if slow else contained} {inner[0] if inner else killed}"
    _report(run, _input(run, number), number, f"{what}\n\n{words}", cause)


def fuzz(run: Run, seconds: float) -> int:
    """Fuzz for `seconds` and return how many inputs were findings, printing one line."""
    run.findings.mkdir(parents=True, exist_ok=True)
    counters = mmap.mmap(-1, _COUNTERS.size)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            try:
                _work(run, counters, deadline)
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        number, done, refused, found = _COUNTERS.unpack_from(counters)
        if status:
            _died(run, number, status)
            _COUNTERS.pack_into(counters, 0, number, done, refused, found + 1)
    number, done, refused, found = _COUNTERS.unpack_from(counters)
    (run.findings / "last-words").unlink(missing_ok=True)
    causes = len(list(run.findings.glob("*.log")))
    print(
        f"{run.reader}: {number:,} inputs in {seconds:.0f} s, {done:,} read, {refused:,} refused, "
        f"{found:,} findings; {causes} causes in {run.findings}",
        flush=True,
    )
    return int(found)


def main() -> int:
    """Fuzz one reader, or all of them; return 1 when anything was found."""
    known = formats()
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz")
    parser.add_argument("reader", choices=[*known, "all"])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--slowest", type=float, default=10.0, help="seconds for one file")
    parser.add_argument("--memory", type=int, default=1_500, help="megabytes for one file")
    parser.add_argument("--findings", type=Path, default=Path("var/fuzz"))
    options = parser.parse_args()
    found = False
    for name in [*known] if options.reader == "all" else [options.reader]:
        run = Run(
            name,
            known[name],
            options.seed,
            options.slowest,
            options.memory * 1_000_000,
            options.findings / name,
        )
        found = fuzz(run, options.seconds) > 0 or found
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
