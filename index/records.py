"""The vocabulary of the house: what an article, a passage, a hit and a snapshot's manifest are.

Every offset in this project counts Unicode code points of `Article.text`, start inclusive,
end exclusive, which is how Python slices a `str`.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

Runtime = Literal[
    "auto",
    "openvino",
    "openvino-bf16",
    "openvino-int8",
    "openvino-f32",
    "sentence-transformers",
]
"""What computes the vectors, as a setting names it."""

BlockKind = Literal["heading", "paragraph", "item", "row"]

SectionType = Literal[
    "",
    "overview",
    "causes",
    "symptoms",
    "diagnosis",
    "treatment",
    "prevention",
    "when_to_seek_care",
    "side_effects",
]


def sha256_of(text: str) -> str:
    """Return the hexadecimal SHA-256 of `text` encoded as UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Block:
    """One structural unit of an article: `article.text[start:end]` is its text.

    `level` is 1 to 6 for a heading, the nesting depth from 1 for a list item, and 0 otherwise.
    `source_start` is the offset at which the same characters stand in the decoded source file,
    or None where the format (HTML, PDF) has no such place.
    """

    start: int
    end: int
    kind: BlockKind
    level: int = 0
    source_start: int | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A block of the source that is not part of the article, and the reason in plain words."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reference:
    """One entry of an article's own reference list. `number` is the number it is cited by."""

    text: str
    number: int | None = None
    url: str | None = None
    doi: str | None = None


@dataclass(frozen=True, slots=True)
class CitationMark:
    """A mark in an article's text that cites its references: `article.text[start:end]` is "8".

    `numbers` are those that it names, as far as they are in the article's reference list.
    """

    start: int
    end: int
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Article:
    """An article as stored. `text` is canonical: reading the same file again gives the same text.

    `source` is the path of its file inside the corpus (POSIX separators) and `source_sha256` the
    hash of that file's bytes; `sha256` is the hash of `text`. Dates are ISO 8601, whole or partial.
    """

    article_id: str
    title: str
    text: str
    blocks: tuple[Block, ...]
    source: str
    source_sha256: str
    publisher: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None
    modified: str | None = None
    reviewed: str | None = None
    reviewed_by: str | None = None
    retrieved: str | None = None
    url: str | None = None
    licence: str | None = None
    language: str | None = None
    note: str | None = None
    references: tuple[Reference, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    citation_marks: tuple[CitationMark, ...] = ()

    @property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of `text`."""
        return sha256_of(self.text)


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of one article: `article.text[start:end] == text`, always.

    The passages of an article tile it: in order they neither overlap nor skip anything but white
    space. A heading stands at the head of the passage that it opens, never at the end of one.
    """

    article_id: str
    start: int
    end: int
    section: tuple[str, ...]
    text: str
    section_type: SectionType = ""

    @property
    def passage_id(self) -> str:
        """`article_id:start-end`, stable as long as the article's text is."""
        return f"{self.article_id}:{self.start}-{self.end}"

    @property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of `text`."""
        return sha256_of(self.text)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search found. `row` is its place in the snapshot.

    `dense` is the cosine in [-1, 1], `lexical` the BM25 score (0 or more), and `score` the fused
    score in [0, 1] by which hits are ranked (ties: the lower row first).
    """

    row: int
    passage: Passage
    score: float
    dense: float
    lexical: float


@dataclass(frozen=True, slots=True)
class EncoderRecord:
    """Which encoder made a snapshot's vectors: enough to refuse another one."""

    name: str
    dimension: int
    max_tokens: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot holds. `files` maps each file's name to its hexadecimal SHA-256.

    `segmenter` holds the settings by which passages were made, and under "code" the fingerprint
    of the code that read and cut the articles.
    """

    format_version: int
    snapshot: str
    built: str
    encoder: EncoderRecord
    segmenter: dict[str, int | str]
    articles: int
    passages: int
    files: dict[str, str]
