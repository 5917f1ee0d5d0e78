"""The public face as pydantic models: what the JSON routes take and give. Stable."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from index.leads import LeadKind
from index.records import BlockKind, SectionType
from service.evidence.sources import LabelKind
from service.evidence.wordings import DifferenceKind
from service.filters import Filters


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AskRequest(_Model):
    """A question, and how many passages at most."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"question": "What causes muscle spasms?", "k": 3}]},
    )

    question: Annotated[str, Field(description="What a person typed.")]
    k: Annotated[int | None, Field(ge=1, le=20, description="How many passages at most.")] = None
    snapshot: Annotated[
        str | None, Field(description="Answer from this snapshot, while it is kept.", max_length=64)
    ] = None
    filters: Annotated[
        Filters | None, Field(description="Search only the passages that pass these.")
    ] = None
    lang: Annotated[
        str | None,
        Field(
            description="Language of the disclaimer and a notice, `en` or `es`; without it, that "
            "of Accept-Language. What is quoted is never translated.",
            max_length=35,
        ),
    ] = None


class NoticeOut(_Model):
    """A word to a person who may be in danger. A notice, not triage."""

    kind: Literal["emergency", "crisis"]
    text: str
    matched: Annotated[str, Field(description="The words of the question that raised it.")]
    spans: Annotated[
        tuple[tuple[int, int], ...], Field(description="Where they stand: spans of `question`.")
    ]
    source: Annotated[str, Field(description="Whose warning signs they are.")]


class ReferenceOut(_Model):
    """One entry of an article's own reference list."""

    number: int | None
    text: str
    url: str | None
    doi: str | None


class LabelOut(_Model):
    """A fact about a source; `value` is what it is about, in the article's own words."""

    kind: LabelKind
    text: str
    value: str | None


class ArticleOut(_Model):
    """Whose words are quoted. Unknown is null, never a guess. `sha256` is of the whole text."""

    article_id: str
    title: str
    publisher: str | None
    authors: tuple[str, ...]
    published: str | None
    modified: str | None
    reviewed: str | None
    reviewed_by: str | None
    retrieved: str | None
    url: str | None
    licence: str | None
    language: str | None
    note: str | None
    sha256: str
    labels: Annotated[
        tuple[LabelOut, ...],
        Field(description="Facts about the source, on the day its index was built. Not a verdict."),
    ] = ()


class BlockOut(_Model):
    """A structural unit of a text, `text[start:end]`."""

    start: int
    end: int
    kind: BlockKind
    level: int


class LinksOut(_Model):
    """Where to read the passage: in the stored article, and on the page it came from."""

    article: str
    original: str | None


class CopyOut(_Model):
    """The same passage in another article: `identical`, or with a few words changed."""

    passage_id: str
    start: int
    end: int
    sha256: str
    identical: bool
    article: ArticleOut
    link: str


class LeadOut(_Model):
    """What announced the list or table inside which a passage begins: "Do not take it:".

    `text` is the same article's text from `start` to `end`, which stands somewhere before the
    passage: the sentence that opens the list, or the row that heads the table's columns. `inner` is
    what announced a list inside that list. Show both: "Do not take it if:", "you have one of:".
    """

    of: LeadKind
    text: str
    start: int
    end: int
    sha256: str
    link: str
    inner: "LeadOut | None" = None


class PassageOut(_Model):
    """A quotation: `text` is the article's text from `start` to `end`, character for character.

    Offsets count Unicode code points. `highlights` are spans of `text`: the answering sentences,
    and the items of a list that one of them announces ("... with:"). `citation_marks`
    are those that cite the article's references ("8" in "menopause.8").
    `probability` is the estimated probability that the passage answers the question; null where
    that was not what it was chosen by ("when to see a doctor").
    """

    passage_id: str
    text: str
    highlights: tuple[tuple[int, int], ...]
    citation_marks: tuple[tuple[int, int], ...] = ()
    probability: float | None
    start: int
    end: int
    sha256: str
    article: ArticleOut
    section: tuple[str, ...]
    section_type: SectionType
    blocks: Annotated[tuple[BlockOut, ...], Field(description="The structure of `text`.")]
    lead: Annotated[
        LeadOut | None,
        Field(description="Where `text` begins inside a list or a table: what announced it."),
    ] = None
    links: LinksOut
    also_in: Annotated[
        tuple[CopyOut, ...],
        Field(description="Other articles with this passage: one source more than once, not more."),
    ] = ()


class QuoteOut(_Model):
    """A sentence: the article's text from `start` to `end`, and where to read it."""

    passage_id: str
    article_id: str
    title: str
    publisher: str | None
    text: str
    start: int
    end: int
    sha256: str
    language: str | None
    link: str


class MentionOut(_Model):
    """`articles` of `of` sources mention `term`. They need not agree about it.

    Articles with a passage in common are one source. `passages` are the ids of the passages that
    are quoted, one an article.
    """

    term: str
    articles: int
    of: int
    passages: tuple[str, ...]
    quotes: tuple[QuoteOut, ...]


class DifferenceOut(_Model):
    """Sentences of different sources that point different ways, none of them picked.

    `worry`: wording that calms beside wording that warns. `help`: that something helps, beside
    that it does not or is not shown to.
    """

    kind: DifferenceKind
    one: tuple[QuoteOut, ...]
    other: tuple[QuoteOut, ...]


class TopicOut(_Model):
    """Something that the articles do cover: a title, a heading in it, and where it stands."""

    title: str
    section: str
    link: str


class IndexOut(_Model):
    """Which snapshot answered."""

    snapshot: str
    built: str
    encoder: str
    articles: int
    passages: int


class AnswerSettings(_Model):
    """By which settings passages were chosen: with the snapshot, enough to ask again."""

    k: int
    per_article: int
    threshold: float
    filters: Filters | None = None
    reranker: str | None = None
    reranked: Annotated[
        int, Field(description="How many passages the reranker read within its time.")
    ] = 0


class TimingsOut(_Model):
    """Milliseconds of each stage.

    `encode`: every vector that was asked for. `search`: finding passages, what each is worth, and
    reading the first of them in a small index. `answer`: quoting. `total`: all of it, the wait for
    a turn and the emergency notice too.
    """

    encode: float
    search: float
    answer: float
    total: float


class Answer(_Model):
    """What the articles say to a question, or that they do not."""

    question: str
    did_you_mean: Annotated[
        str | None,
        Field(description="The question as it was searched, where that is not as typed."),
    ]
    focus: Annotated[
        tuple[tuple[int, int], ...],
        Field(
            description="The words searched for: spans of the question, or of `did_you_mean` where "
            "that was searched."
        ),
    ]
    also_searched: Annotated[
        tuple[str, ...],
        Field(
            description="Other names of what the question names, which the articles use more: "
            "searched for too, counting less."
        ),
    ] = ()
    status: Literal["answered", "not_answered"]
    reason: Annotated[
        str | None,
        Field(description="What filters left to search, where nothing of it answers."),
    ] = None
    notice: NoticeOut | None
    passages: tuple[PassageOut, ...]
    see_a_doctor: tuple[PassageOut, ...]
    mentions: Annotated[
        tuple[MentionOut, ...], Field(description="What several sources mention, counted.")
    ] = ()
    differing: Annotated[
        tuple[DifferenceOut, ...], Field(description="Where sources point different ways.")
    ] = ()
    nearest_topics: tuple[TopicOut, ...]
    disclaimer: str
    index: IndexOut
    settings: AnswerSettings
    timings_ms: TimingsOut


class ArticleList(_Model):
    """A page of articles; `next` is the cursor of the page after it, or null."""

    articles: tuple[ArticleOut, ...]
    next: str | None


class LeftOutOut(_Model):
    """A block of the source that is not part of the article, and why."""

    text: str
    reason: str


class ArticlePassage(_Model):
    """A passage as part of its article."""

    passage_id: str
    section: tuple[str, ...]
    section_type: SectionType
    start: int
    end: int
    text: str


class ArticleFull(ArticleOut):
    """One article with its text and everything that was made of it.

    `citation_marks` are the spans of `text` that cite `references` ("8" in "menopause.8").
    """

    source: str
    text: str
    references: tuple[ReferenceOut, ...]
    citation_marks: tuple[tuple[int, int], ...] = ()
    left_out: tuple[LeftOutOut, ...]
    passages: tuple[ArticlePassage, ...]


class VerifyRequest(_Model):
    """A passage as it was given out. One of `text` and `sha256` at least."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "article_id": "night-leg-cramps.md",
                    "start": 0,
                    "end": 16,
                    "text": "Night leg cramps",
                }
            ]
        },
    )

    article_id: Annotated[str, Field(max_length=4096)]
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]
    text: Annotated[str, Field(max_length=100_000)] | None = None
    sha256: Annotated[str | None, Field(pattern="^[0-9a-f]{64}$")] = None
    snapshot: Annotated[
        str | None, Field(description="Look there, while it is kept.", max_length=64)
    ] = None

    @model_validator(mode="after")
    def _says_what_to_check(self) -> Self:
        if self.text is None and self.sha256 is None:
            raise ValueError("give text, sha256 or both")
        return self


class DiffPart(_Model):
    """A run of characters: in both, only in the quote given, or only in the article now."""

    where: Literal["both", "given", "article"]
    text: str


class Verification(_Model):
    """Whether the quote is really in that article, at that place.

    `verbatim`: it stands there, character for character. `moved`: it stands elsewhere in the
    article; `start` and `end` are the place nearest to the one asked about. `changed`: it does not
    stand in the article; `difference` compares it with what stands at that place. `unknown`: there
    is no such article, or no such place. `start` and `end` are null unless the words stand there.
    """

    status: Literal["verbatim", "moved", "changed", "unknown"]
    article_id: str
    start: int | None
    end: int | None
    sha256: Annotated[str | None, Field(description="Hash of what stands at the place asked.")]
    article_sha256: str | None
    hash_fits: Annotated[
        bool, Field(description="False if words and a hash were given that is not theirs.")
    ]
    difference: tuple[DiffPart, ...]
    snapshot: str
    explanation: str


TYPED = 500
"""The longest beginning of a question that is completed."""


class SuggestRequest(_Model):
    """What is typed so far."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"q": "cramp"}]})

    q: Annotated[str, Field(max_length=TYPED, description="What is typed so far.")]


class Suggestion(_Model):
    """A completion, from an article's own title or headings."""

    text: str
    kind: Literal["title", "heading"]


class SuggestionList(_Model):
    """Completions, best first."""

    suggestions: tuple[Suggestion, ...]


class JobReport(_Model):
    """What an indexing run did. `snapshot` is null when nothing had changed."""

    snapshot: str | None
    articles: int
    passages: int
    encoded: int
    added: int
    changed: int
    removed: int
    unread: int
    seconds: float


class JobOut(_Model):
    """An indexing job. What it has made is live when its state is `done`.

    `stage` is what it is at, `done` of `total` files or passages; `error` says why it failed.
    """

    job: int
    state: Literal["waiting", "running", "done", "failed"]
    stage: str
    done: int
    total: int
    error: str | None
    report: JobReport | None
    asked: str
    ended: str | None


class StoredArticle(_Model):
    """An article's file is on the disk; it is searchable when `job` is done.

    `sha256` is that of the file, which is its entity tag; `new` tells whether there was none.
    """

    article_id: str
    sha256: str
    new: bool
    job: JobOut


class StoredMetadata(_Model):
    """An article's metadata is on the disk, beside its file; it shows when `job` is done.

    `fields` are those that were understood; others are kept and not read.
    """

    article_id: str
    sha256: str
    new: bool
    fields: tuple[str, ...]
    job: JobOut


class IndexStatus(IndexOut):
    """What is live, what is kept, what could not be read, and how far indexing is."""

    snapshots: tuple[str, ...]
    problems: Annotated[dict[str, str], Field(description="Files that were not read, and why.")]
    refused: Annotated[
        str | None, Field(description="Why the newest snapshot is not the one that answers.")
    ] = None
    job: Annotated[JobOut | None, Field(description="The job that runs, or ran last.")] = None
    next_job: Annotated[JobOut | None, Field(description="The job that waits for it.")] = None


class Health(_Model):
    """Whether the process is alive, or can answer, and from which snapshot."""

    status: Literal["alive", "ready"]
    snapshot: str | None = None


class Problem(BaseModel):
    """An error, as RFC 9457 problem details. One about asking carries the disclaimer."""

    type: Annotated[str, Field(description="`urn:pincite:` and the kind of error.")]
    title: Annotated[str, Field(description="The HTTP status in words.")]
    status: int
    detail: Annotated[str, Field(description="What, where, and the way out.")]
    disclaimer: str | None = None
