"""Which blocks of a page are not the article, and the reason for each, in plain words.

Three judgements, in this order: reference lists (`ingest.references`); wordings that can hardly
stand in an article (`ingest.boilerplate_rules`); and for all other blocks the sum of the weights of
their features (`ingest.boilerplate_features`), looked at again in the light of the whole page
(`ingest.boilerplate_context`): two logistic regressions, one upon the other, whose weights were
learned by `python -m bench.train_boilerplate` and lie in `boilerplate_weights.json`. The reason of
a block that the sum leaves out is the wording that it has, the part of the page that it stands in,
or its place.
"""

import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from ingest import boilerplate_reasons as because
from ingest.boilerplate_context import refined_scores
from ingest.boilerplate_features import CERTAIN, BlockView, describe, look, normalised
from ingest.crisis_lines import crisis_lines
from ingest.document import SourceBlock
from ingest.health_words import is_about_health

WEIGHTS = Path(__file__).with_name("boilerplate_weights.json")

REPEATED_WEIGHT = -2.0
"""Log-odds for a block that stands in several articles of its publisher: evidence, not proof.

No training page has sisters, so this one is set by hand: it tips blocks that are in doubt, and a
paragraph that reads as the article's (log-odds of 3 and more) outweighs it.
"""

MIN_SITE_REASONS = 2
"""So many different kinds of wording show that a page's frame was copied with its article.

Else the article was copied on its own, and is kept whole but for what is certain. Counted in blocks
of at most `SITE_WORDS` words: the flattened web pages of the evaluation data have 2 to 20 (5% have
3 or fewer), of 300 MedlinePlus topics 295 have 0 and 5 have 1.
"""

SITE_WORDS = 12

SENTENCE_DOUBT = -3.0
"""Log-odds above which a whole sentence beside kept text is kept with it.

Cross-validated F1 of the flattened pages without this rule .912, above -1 .925, -2 .925, -3 .929
(titles aside). A sentence of the article lost is worse than one too many kept.
"""

HEALTH_DOUBT = -5.0
"""The same where the sentence, or half of the article's, has a word of health in it.

On the evaluation pages, which are news, it makes no difference; it is here so that no medical
sentence is lost to a page on which the learned weights are at a loss.
"""

WORDING_DOUBT = -1.0
"""The same for a sentence that has a wording of boilerplate, though not a certain one.

F1 is .929 for 0, -1 and -2 alike; -1 keeps "Get advice from your pharmacist."
"""

ITEM_DOUBT = -1.0
"""The same for list items."""

MIN_SENTENCE = 4
"""Words of a whole sentence; 3, 4 and 6 are alike in F1."""

HEADING_DOUBT = -2.0
"""Log-odds above which a heading is kept for the kept text that it heads.

Cross-validated F1 of the flattened pages .919 above -1, .918 above -2, which is taken all the
same: a heading lost is a section that answers to no name.
"""

TITLE_DOUBT = -5.0
"""Log-odds above which the line over the article is taken for its title.

Titles are not in the marked main text, so the data say nothing of them; -5 is below nearly all.
"""

TITLE_REACH = 6
"""Blocks (bylines, buttons) that may stand between a title and the article."""

PART_REACH = 12
"""A part of the page ("Leave a reply", "Related articles") explains at most so many blocks."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Log-odds that a block is the article's, for each feature of the first and second look."""

    block: Mapping[str, float]
    context: Mapping[str, float]


@cache
def learned_weights() -> Weights:
    """Return the weights that are shipped."""
    read = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return Weights(MappingProxyType(read["block"]), MappingProxyType(read["context"]))


def judge(
    blocks: Sequence[SourceBlock],
    *,
    title: str | None = None,
    repeated: Container[int] = frozenset(),
    weights: Weights | None = None,
) -> list[str]:
    """Return, for each block, the reason why it is left out, or "" where it is the article's.

    `title` is the article's where the source says it; a block that repeats it is kept. `repeated`
    holds the `block_hash`es of blocks that stand in several articles of the same publisher (see
    `ingest.repetition`). `weights` are others than the shipped ones (for cross-validation).
    """
    views = look(blocks, repeated)
    crisis = crisis_lines(views)
    framed = _has_frame([view for index, view in enumerate(views) if index not in crisis])
    fixed = _fixed_reasons(views, title, framed=framed)
    scores = article_scores(views, weights) if framed else [1.0] * len(views)
    kept = [
        reason == "" or (reason is None and score > 0.0)
        for reason, score in zip(fixed, scores, strict=True)
    ]
    _keep_sentences_beside_kept(views, fixed, scores, kept)
    for index in crisis:
        kept[index] = True
    _keep_headings_of_kept(views, fixed, scores, kept)
    if title is None:
        _keep_title(views, fixed, scores, kept)
    reasons = ["" if keep else reason or "?" for keep, reason in zip(kept, fixed, strict=True)]
    _name_reasons(views, reasons)
    return reasons


def _has_frame(views: Sequence[BlockView]) -> bool:
    """Tell whether the blocks hold the frame of a site, not an article alone.

    Each block speaks of one kind: a telephone number looks like counts of shares too.
    """
    spoken = {
        view.certain or view.rules[0].reason
        for view in views
        if view.rules and view.size <= SITE_WORDS and not view.listed
    }
    return len(spoken) >= MIN_SITE_REASONS


def article_scores(views: Sequence[BlockView], weights: Weights | None = None) -> list[float]:
    """Return the log-odds that each block is the article's; `weights` is by default the shipped."""
    weights = weights or learned_weights()
    describe(views)
    first = block_scores(views, weights.block)
    return refined_scores(first, [view.size for view in views], weights.context)


def block_scores(views: Sequence[BlockView], weights: Mapping[str, float]) -> list[float]:
    """Return the log-odds of the first look, in which a repeated block loses."""
    return [
        first_score(view.names, weights) + (REPEATED_WEIGHT if view.repeated else 0.0)
        for view in views
    ]


def first_score(names: Sequence[str], weights: Mapping[str, float]) -> float:
    """Return the log-odds that these features give; certainty is nearly certain (-8)."""
    return -8.0 if CERTAIN in names else sum(weights.get(name, 0.0) for name in names)


def _fixed_reasons(
    views: Sequence[BlockView], title: str | None, *, framed: bool
) -> list[str | None]:
    """Return a reason that needs no weighing, "" for the title, None where it must be weighed.

    A wording that alone would be weighed needs no weighing within the part of the page that it
    speaks of: a line on "tips from our team" right under "Get our newsletter".
    """
    wanted = normalised(title) if title is not None else None
    fixed: list[str | None] = []
    part = ""
    for view in views:
        reason: str | None = view.certain_on(framed=framed) or None
        if wanted is not None and normalised(view.text) == wanted:
            reason = ""
        elif reason is None and part and any(rule.reason == part for rule in view.rules):
            reason = part
        opener = next((rule.reason for rule in view.rules if rule.opens), "")
        part = (opener or part) if reason else ""
        fixed.append(reason)
    return fixed


def _keep_headings_of_kept(
    views: Sequence[BlockView],
    fixed: Sequence[str | None],
    scores: Sequence[float],
    kept: list[bool],
) -> None:
    """A heading goes with what it heads: kept before kept text, left out before none. In place."""
    opened = False  # whether the next block that is no heading is kept
    for index in range(len(views) - 1, -1, -1):
        if views[index].kind != "heading":
            opened = kept[index]
        elif fixed[index] is None:
            in_doubt = scores[index] > HEADING_DOUBT and not views[index].rules
            kept[index] = opened and (kept[index] or in_doubt)


def _keep_sentences_beside_kept(
    views: Sequence[BlockView],
    fixed: Sequence[str | None],
    scores: Sequence[float],
    kept: list[bool],
) -> None:
    """Keep whole sentences in doubt that stand beside kept ones, in place.

    Sooner where the sentence or half of the kept ones have a word of health in them. A part of
    the page (comments, related articles) that has been opened since ends the article. Where no
    sentence is kept at all, the likeliest one is, and so stands at the beginning.
    """
    size = len(views)
    sentences = [
        index
        for index, view in enumerate(views)
        if fixed[index] is None and not view.rules and view.closed and view.size >= MIN_SENTENCE
    ]
    if sentences and not any(kept[index] for index in sentences):
        kept[max(sentences, key=lambda index: scores[index])] = True
    if all(keep or reason is not None for keep, reason in zip(kept, fixed, strict=True)):
        return
    about_health = [is_about_health(views[index].text) for index in sentences if kept[index]]
    healthy = 2 * sum(about_health) >= len(about_health)
    for order, shielded in ((range(size), True), (range(size - 1, -1, -1), False)):
        beside = False
        for index in order:
            view = views[index]
            if kept[index]:
                beside = True
            elif shielded and any(rule.opens for rule in view.rules):
                beside = False
            elif beside and fixed[index] is None:
                kept[index] = scores[index] > _doubt(view, healthy=healthy)
                beside = kept[index] or view.kind == "heading" or bool(view.rules)


def _doubt(view: BlockView, *, healthy: bool) -> float:
    """Return the log-odds above which a block beside kept ones is kept with them."""
    if view.rules:
        return WORDING_DOUBT if view.closed and view.size >= MIN_SENTENCE else 0.0
    if view.closed and view.size >= MIN_SENTENCE:
        return HEALTH_DOUBT if healthy or is_about_health(view.text) else SENTENCE_DOUBT
    return ITEM_DOUBT if view.kind == "item" else 0.0


def _keep_title(
    views: Sequence[BlockView],
    fixed: Sequence[str | None],
    scores: Sequence[float],
    kept: list[bool],
) -> None:
    """Keep the line that stands over the article, with only bylines and buttons between. In place.

    Nothing tells a title from the last entry of a menu but that it is longer than a label and
    shares words with the text below it.
    """
    first = next((i for i, keep in enumerate(kept) if keep), 0)
    for index in range(first - 1, max(-1, first - 1 - TITLE_REACH), -1):
        view = views[index]
        if view.rules or fixed[index] is not None:
            continue
        if view.size >= 2 and view.overlap > 0 and scores[index] > TITLE_DOUBT:
            kept[index] = views[first].kind != "heading" or first - index > 1
        return


def _name_reasons(views: Sequence[BlockView], reasons: list[str]) -> None:
    """Replace each "?" by the reason that explains the block best, in place.

    Best is its own wording; then what it heads or stands between (a name above a biography, a
    street between two lines of an address); then the part of the page; then its place.
    """
    kept = [index for index, reason in enumerate(reasons) if not reason]
    first, last = (kept[0], kept[-1]) if kept else (len(reasons), -1)
    for index, view in enumerate(views):
        if reasons[index] == "?" and view.rules:
            reasons[index] = view.rules[0].reason
    part, reach = "", 0
    for index, (view, reason) in enumerate(zip(views, reasons, strict=True)):
        if not reason:
            part, reach = "", 0
            continue
        opener = next((rule.reason for rule in view.rules if rule.opens), "")
        if opener:
            part, reach = opener, PART_REACH
        if reason == "?":
            back = reasons[index - 1] if index else ""
            on = next((r for r in reasons[index + 1 : index + 3] if r not in {"", "?"}), "")
            if on and (on == back or (view.kind == "heading" and on == because.AUTHOR)):
                reasons[index] = on
            else:
                reasons[index] = (part if reach > 0 else "") or _by_place(view, index, first, last)
        reach -= 1


def _by_place(view: BlockView, index: int, first: int, last: int) -> str:
    if view.repeated:
        return because.REPEATED
    if not view.count:
        return because.STRAY
    if view.linkish:
        return because.MENU
    if index < first:
        return because.BEFORE
    return because.AFTER if index > last else because.BETWEEN
