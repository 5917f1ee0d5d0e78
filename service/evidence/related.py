"""What to read or ask next: the headings beside the sections that answered. None is written."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from index.records import Article, Block
from service.evidence.answering import QUESTION_MARKS
from service.schemas import PassageOut

BESIDE = 2
"""Headings taken on each side of a section: the neighbours, not the whole article."""
FROM_ONE = 3
"""At most so many from one article, that a second one may speak too."""
MOST = 6
LONGEST = 120
"""A heading of more characters is a paragraph that somebody has set in bold."""


@dataclass(frozen=True, slots=True)
class Related:
    """A heading as it stands in an article. It can be asked where it is a question by itself.

    `start` is its offset in the article's text.
    """

    heading: str
    article_id: str
    title: str
    start: int
    language: str | None

    @property
    def is_question(self) -> bool:
        """Tell whether it can be asked as it stands.

        A question of four words or fewer leans on its article ("Who is at risk?").
        """
        return self.heading.endswith(QUESTION_MARKS) and self.heading.count(" ") > 3


def related(
    passages: Sequence[PassageOut],
    care: Sequence[PassageOut],
    article_of: Callable[[str], Article | None],
) -> list[Related]:
    """Return up to `MOST` headings that stand beside the sections of `passages`, best first.

    None of a section that is shown already, in `passages` or in `care`; each wording once.
    """
    shown = [*passages, *care]
    said = {_folded(name) for one in shown for name in one.section}
    found: list[Related] = []
    taken: dict[str, int] = {}
    read: dict[str, Article | None] = {}
    for passage in passages:
        name = passage.article.article_id
        if taken.get(name, 0) >= FROM_ONE or len(found) >= MOST:
            continue
        if name not in read:
            read[name] = article_of(name)
        article = read[name]
        if article is None:
            continue
        spans = [(p.start, p.end) for p in shown if p.article.article_id == article.article_id]
        for block in _beside(article, passage, spans):
            heading = " ".join(article.text[block.start : block.end].split())
            known = _folded(heading)
            if known in said or len(heading) > LONGEST or not any(map(str.isalpha, heading)):
                continue
            if taken.get(article.article_id, 0) >= FROM_ONE or len(found) >= MOST:
                break
            said.add(known)
            taken[article.article_id] = taken.get(article.article_id, 0) + 1
            found.append(
                Related(heading, article.article_id, article.title, block.start, article.language)
            )
    return found


def _beside(article: Article, passage: PassageOut, shown: Iterable[tuple[int, int]]) -> list[Block]:
    """Return the headings next to the passage's section: those after it, then those before it."""
    spans = list(shown)
    headings = [
        block
        for block in article.blocks
        if block.kind == "heading"
        and _folded(article.text[block.start : block.end]) != _folded(article.title)
    ]
    after = [block for block in headings if block.start >= passage.end]
    before = [block for block in headings if block.start < passage.start]
    near = [*after[:BESIDE], *reversed(before[-BESIDE - 1 :])]
    return [block for block in near if not any(start <= block.start < end for start, end in spans)]


def _folded(heading: str) -> str:
    return " ".join(heading.split()).casefold()
