"""Which blocks of a page are not the article, and the reason for each, in plain words.

Three judgements, in this order: reference lists (`ingest.references`); wordings that can hardly
stand in an article (`ingest.boilerplate_rules`); and for all other blocks the sum of the weights of
their features (`ingest.boilerplate_features`), a logistic regression whose weights were learned by
`python -m bench.train_boilerplate` and lie in `boilerplate_weights.json`. The reason of a block
that the sum leaves out is the wording that it has, the part of the page that it stands in, or
its place.
"""

import json
from collections.abc import Container, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType

from ingest import boilerplate_rules as rules
from ingest.boilerplate_features import BlockView, look, normalised
from ingest.document import SourceBlock
from ingest.references import reference_blocks

WEIGHTS = Path(__file__).with_name("boilerplate_weights.json")

REPEATED_WEIGHT = -2.0
"""Log-odds for a block that stands in several articles of its publisher: evidence, not proof.

No training page has sisters, so this one is set by hand: it tips blocks that are in doubt, and a
paragraph that reads as the article's (log-odds of 3 and more) outweighs it.
"""

PART_REACH = 12
"""A part of the page ("Leave a reply", "Related articles") explains at most so many blocks."""


@cache
def learned_weights() -> Mapping[str, float]:
    """Return the weight of each feature: log-odds that the block is the article's."""
    return MappingProxyType(json.loads(WEIGHTS.read_text(encoding="utf-8")))


def judge(
    blocks: Sequence[SourceBlock],
    *,
    title: str | None = None,
    repeated: Container[str] = frozenset(),
) -> list[str]:
    """Return, for each block, the reason why it is left out, or "" where it is the article's.

    `title` is the article's where the source says it; a block that repeats it is kept. `repeated`
    holds the `sha256_of` the `normalised` texts of blocks that stand in several articles of the
    same publisher.
    """
    views = look(blocks, repeated)
    listed = reference_blocks(blocks)
    fixed = [
        _certain_reason(view, listed=is_listed, title=title)
        for view, is_listed in zip(views, listed, strict=True)
    ]
    scores = article_scores(views)
    kept = [
        reason == "" or (reason is None and score > 0.0)
        for reason, score in zip(fixed, scores, strict=True)
    ]
    _keep_headings_of_kept(views, fixed, kept)
    reasons = [
        "" if keep else reason or "?" for keep, reason in zip(kept, fixed, strict=True)
    ]
    _name_reasons(views, reasons)
    return reasons


def article_scores(views: Sequence[BlockView]) -> list[float]:
    """Return the log-odds that each block is the article's."""
    weights = learned_weights()
    return [
        sum(weights.get(name, 0.0) for name in view.names)
        + (REPEATED_WEIGHT if view.repeated else 0.0)
        for view in views
    ]


def _certain_reason(view: BlockView, *, listed: bool, title: str | None) -> str | None:
    """Return a reason that needs no weighing, "" for the title, None where it must be weighed."""
    if title is not None and normalised(view.text) == normalised(title):
        return ""
    if not any(map(str.isalnum, view.text)):
        return rules.STRAY
    if listed:
        return rules.REFERENCES
    return next((rule.reason for rule in view.rules if rule.certain), None)


def _keep_headings_of_kept(
    views: Sequence[BlockView], fixed: Sequence[str | None], kept: list[bool]
) -> None:
    """A heading goes with what it heads: kept before kept text, left out before none. In place."""
    opened = False  # whether the next block that is no heading is kept
    for index in range(len(views) - 1, -1, -1):
        if views[index].kind != "heading":
            opened = kept[index]
        elif fixed[index] is None and not views[index].rules:
            kept[index] = opened
        elif kept[index] and fixed[index] is None:
            kept[index] = opened


def _name_reasons(views: Sequence[BlockView], reasons: list[str]) -> None:
    """Replace each "?" by the reason that explains the block best, in place."""
    kept = [index for index, reason in enumerate(reasons) if not reason]
    first, last = (kept[0], kept[-1]) if kept else (len(reasons), -1)
    part, reach = "", 0
    for index, (view, reason) in enumerate(zip(views, reasons, strict=True)):
        if not reason:
            part, reach = "", 0
            continue
        opener = next((rule.reason for rule in view.rules if rule.opens), "")
        if opener:
            part, reach = opener, PART_REACH
        if reason == "?":
            said = view.rules[0].reason if view.rules else ""
            reasons[index] = (
                said or (part if reach > 0 else "") or _by_place(view, index, first, last)
            )
        reach -= 1


def _by_place(view: BlockView, index: int, first: int, last: int) -> str:
    if view.repeated:
        return rules.REPEATED
    if view.linkish:
        return rules.MENU
    if index < first:
        return rules.BEFORE
    return rules.AFTER if index > last else rules.BETWEEN
