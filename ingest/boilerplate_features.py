"""What can be seen of each block of a page: names of the features that hold for it.

All features are yes-or-no, so that a weight can be read as evidence for or against. They look at
the block, at its neighbours, at its place in the page, at the page as a whole, and at what the
block has in common with the page's long paragraphs. None depends on a language but those of the
wordings in `ingest.boilerplate_rules`.
"""

import hashlib
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field

from ingest.boilerplate_reasons import REFERENCES
from ingest.boilerplate_rules import Rule
from ingest.boilerplate_wordings import WORD, hints_of, matching_rules
from ingest.document import SourceBlock
from ingest.references import reference_blocks

_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_SENTENCE_END = re.compile(r"[.!?…。！？؟][\"'”’»)\]\d]*(?=\s|$)|[。！？]")
_CLOSED = re.compile(r"[.!?。！？؟][\"'”’»)\]\d]*$")
_SEPARATOR = re.compile(r"\s[|·•/»›>]\s|[|›»]")
_URL = re.compile(r"https?://|www\.|\b\w+\.(?:com|org|net|co\.uk)\b|\S@\S")
_DIGIT = re.compile(r"\d")
_PUBLISHED = re.compile(r"\b(?:19|20)\d\d\b")

CERTAIN = "certain"
"""The feature of a block that is left out without weighing."""

LONG = 25
"""Words from which a block with a sentence's end counts as a paragraph of somebody's text."""


@dataclass(slots=True)
class BlockView:
    """What the features are made of, worked out once a block."""

    text: str
    kind: str
    count: int  # of words
    size: float  # in words; a CJK character counts half
    rules: list[Rule]
    repeated: bool
    listed: bool  # in a reference list
    sentences: int = 0
    closed: bool = False
    same: int = 1
    overlap: float = 0.0
    words: list[str] = field(default_factory=list)  # by `describe`
    names: list[str] = field(default_factory=list)

    @property
    def long(self) -> bool:
        """Whether this is a paragraph of running text."""
        return self.size >= LONG and self.sentences > 0

    @property
    def certain(self) -> str:
        """The reason that needs no weighing, "" where there is none."""
        return self.certain_on(framed=True)

    def certain_on(self, *, framed: bool) -> str:
        """The same on a page that holds the frame of a site, or does not."""
        if self.listed:
            return REFERENCES
        return next((r.reason for r in self.rules if r.certain and (framed or not r.framed)), "")

    @property
    def linkish(self) -> bool:
        """Whether this looks like a link, a label or a button: short and no sentence."""
        return self.size <= 8 and not self.closed and not self.text.endswith((":", ",", ";"))


def normalised(text: str) -> str:
    """Return the form in which blocks are compared across articles: case and space folded."""
    return " ".join(text.casefold().split())


def block_hash(text: str) -> int:
    """Return the number, of 64 bits, by which a block is known in other articles."""
    digest = hashlib.blake2b(normalised(text).encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def look(blocks: Sequence[SourceBlock], repeated: Container[int]) -> list[BlockView]:
    """Return a view of each block with what it says of itself; see `describe` for the rest."""
    listed = reference_blocks(blocks)
    return [
        _view(block, repeated, listed=is_listed)
        for block, is_listed in zip(blocks, listed, strict=True)
    ]


def describe(views: Sequence[BlockView]) -> None:
    """Name the features of each view, in place."""
    counts = Counter(normalised(view.text) for view in views)
    core: Counter[str] = Counter()
    for view in views:
        view.words = WORD.findall(view.text)
        view.sentences = len(_SENTENCE_END.findall(view.text))
        view.closed = _CLOSED.search(view.text) is not None
        view.same = counts[normalised(view.text)]
        if view.long:
            core.update(set(_content(view)))
    for view in views:
        content = set(_content(view))
        own = 1 if view.long else 0
        if content:
            view.overlap = sum(core[word] > own for word in content) / len(content)
    _name_features(views)


def _view(block: SourceBlock, repeated: Container[int], *, listed: bool) -> BlockView:
    text = block.text
    words = text.split()
    answered, count = hints_of(words)
    cjk = 0 if text.isascii() else len(_CJK.findall(text))
    size = count if not cjk else count + cjk / 2
    return BlockView(
        text=text,
        kind=block.kind,
        count=count,
        size=size,
        rules=matching_rules(" ".join(words), size, answered),
        repeated=bool(repeated) and block_hash(text) in repeated,
        listed=listed,
    )


def _content(view: BlockView) -> list[str]:
    return [word.lower() for word in view.words if len(word) > 3]


_ENDINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ends-colon", (":",)),
    ("ends-question", ("?",)),
    ("ends-cut", ("…", "...", "»", ">", "→", "|", "[…]", "[...]")),
    ("ends-quote", ('"', "”")),
)
_BANDS = (1, 3, 5, 8, 12, 18, 25, 40, 70)


def _band(value: float, edges: Sequence[float]) -> int:
    """Return how many of the `edges` (ascending) are below `value`."""
    return bisect_left(edges, value)


def _name_features(views: Sequence[BlockView]) -> None:
    total = sum(view.size for view in views) or 1.0
    running = sum(view.size for view in views if view.size >= 12 and view.closed)
    linkish = sum(view.linkish for view in views) / max(1, len(views))
    messy = _band(linkish, (0.15, 0.35, 0.55, 0.75))
    prose = _band(running / total, (0.3, 0.5, 0.7, 0.85))
    longs = [index for index, view in enumerate(views) if view.long]
    first, last = (longs[0], longs[-1]) if longs else (len(views), -1)
    runs = _runs(views)
    before = 0.0
    since_long = since_opener = 99
    opener_reason = ""
    for index, view in enumerate(views):
        names = ["bias"]
        add = names.append
        _own_features(view, add)
        band = _band(view.size, _BANDS)
        add(f"messy{messy}")
        add(f"messy{messy}:{'linkish' if view.linkish else 'closed' if view.closed else 'open'}")
        add(f"prose{prose}")
        add(f"place{_band(before / total, (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98))}")
        add(f"run{_band(runs[index], (0, 1, 2, 4, 8, 16))}")
        if index < first:
            add("before-first-long")
            add(f"to-first-long{_band(first - index, (1, 2, 4, 8, 16))}")
        elif index > last:
            add("after-last-long")
            add(f"from-last-long{_band(index - last, (1, 2, 4, 8, 16))}")
        else:
            add("among-longs")
            if not view.long:
                add(f"among-longs:size{band}")
        add(f"since-long{_band(since_long, (1, 2, 4, 8, 16))}")
        add(f"since-opener{_band(since_opener, (0, 2, 5, 12, 30, 98))}")
        if opener_reason and since_opener < 30:
            add(f"under:{opener_reason}")
        _context_features(views, index, add)
        view.names = names
        before += view.size
        since_long = 0 if view.long else since_long + 1
        since_opener += 1
        for rule in view.rules:
            if rule.opens:
                since_opener, opener_reason = 0, rule.reason


def _own_features(view: BlockView, add: Callable[[str], None]) -> None:
    band = _band(view.size, _BANDS)
    add(f"size{band}")
    add(f"{view.kind}")
    add(f"{view.kind}:size{band}")
    add("closed" if view.closed else "open")
    add(f"{'closed' if view.closed else 'open'}:size{band}")
    add(f"sentences{_band(view.sentences, (0, 1, 2, 4))}")
    if view.same > 1:
        add("same-on-page")
        add(f"same-on-page:size{min(band, 4)}")
    if view.repeated:
        add("repeated")
    add(f"overlap{_band(view.overlap, (0.01, 0.2, 0.4, 0.6, 0.8))}")
    add(f"overlap{_band(view.overlap, (0.01, 0.2, 0.4, 0.6, 0.8))}:size{band // 2}")
    for rule in view.rules:
        add(f"says:{rule.reason}")
    if not view.words:
        add("no-word")
    if view.certain:
        add(CERTAIN)
    _character_features(view, add)


def _character_features(view: BlockView, add: Callable[[str], None]) -> None:
    text = view.text
    for name, endings in _ENDINGS:
        if text.endswith(endings):
            add(name)
            break
    if view.size >= 2:
        capitals = sum(word[0].isupper() or word[0].isdigit() for word in view.words)
        add(f"capitals{_band(capitals / max(1, len(view.words)), (0.1, 0.3, 0.6, 0.9))}")
    if text.isupper():
        add("all-capitals")
    if text[0].islower():
        add("starts-small")
    if "," in text:
        add("comma")
    if _SEPARATOR.search(text):
        add("separator")
    if _URL.search(text):
        add("address")
    if _DIGIT.search(text):
        add(f"digits:size{min(_band(view.size, _BANDS), 5)}")
    if _PUBLISHED.search(text):
        add("year")
    if text[0] in "\"“‘'«":
        add("starts-quote")


def _runs(views: Sequence[BlockView]) -> list[int]:
    """Return the length of the run of link-like blocks around each block, 0 where it is none."""
    lengths = [0] * len(views)
    index = 0
    while index < len(views):
        end = index
        while end < len(views) and views[end].linkish:
            end += 1
        lengths[index:end] = [end - index] * (end - index)
        index = max(end, index + 1)
    return lengths


def _context_features(views: Sequence[BlockView], index: int, add: Callable[[str], None]) -> None:
    for step in (-2, -1, 1, 2):
        place = index + step
        if not 0 <= place < len(views):
            add(f"at{step}:none")
            continue
        other = views[place]
        add(f"at{step}:size{_band(other.size, (2, 5, 8, 12, 25, 50))}")
        add(f"at{step}:{'closed' if other.closed else 'open'}")
        if other.rules:
            add(f"at{step}:says")
            if abs(step) == 1:
                add(f"at{step}:says:{other.rules[0].reason}")
        if abs(step) == 1:
            add(f"at{step}:{other.kind}")
            add(f"at{step}:overlap{_band(other.overlap, (0.01, 0.3, 0.6))}")
    for name, near in (
        ("back", views[max(0, index - 6) : index]),
        ("on", views[index + 1 : index + 7]),
    ):
        if near:
            prose = sum(view.closed and view.size >= 12 for view in near) / len(near)
            add(f"{name}-prose{_band(prose, (0.0, 0.2, 0.4, 0.7))}")
            said = sum(bool(view.rules) for view in near) / len(near)
            add(f"{name}-said{_band(said, (0.0, 0.2, 0.4, 0.7))}")
            overlap = sum(view.overlap for view in near) / len(near)
            add(f"{name}-overlap{_band(overlap, (0.1, 0.3, 0.5, 0.7))}")
