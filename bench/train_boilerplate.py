"""Learn the weights of `ingest/boilerplate_weights.json`.

    python -m bench.train_boilerplate

How well weights learned in this way do on other pages: `python -m bench.boilerplate`.

Learned from the flattened pages of `../shared/eval/web_pages`, and, because these are news and
blogs, from two kinds of page made of health articles (MedlinePlus, MedQuAD): the articles as they
are, where every block is to be kept, and the boilerplate of the web pages around them.
"""

import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from bench.evaluation_data import ARTICLES, EVAL, entries
from bench.page_text import (
    FLATTENINGS,
    Page,
    flatten,
    page_title,
    pages,
    tokens_of,
    truth_shares,
)
from ingest.boilerplate import WEIGHTS, Weights, first_score
from ingest.boilerplate_context import context_features
from ingest.boilerplate_features import describe, look, normalised
from ingest.document import SourceBlock
from ingest.readers.text import blocks_of

MIN_COUNT = 20  # blocks that must have a feature before it gets a weight
STRENGTH = 0.1  # inverse regularisation; 0.01, 0.03, 0.1 give .900, .899, .901
HEALTH_ARTICLES = 240  # of each set, half of them as they are, half with boilerplate around them
INNER_FOLDS = 4
SEED = 0


@dataclass(frozen=True, slots=True)
class Example:
    """A page to learn from: the features of its blocks, their words, and which are kept.

    `share` is the weight of the page, and `group` its site: no site stands on both sides of a
    split.
    """

    names: tuple[tuple[str, ...], ...]
    words: NDArray[np.float64]
    kept: NDArray[np.int8]
    share: float
    group: str

    @property
    def weight(self) -> NDArray[np.float64]:
        """A block counts by its words, at least 2, at most 62."""
        return self.share * (np.minimum(self.words, 60) + 2)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A page's blocks with what is to become of each."""

    blocks: tuple[SourceBlock, ...]
    kept: tuple[bool, ...]


def site(page: Page) -> str:
    """Return the host of a page; pages of one site never stand on both sides of a split."""
    return urlsplit(page.url).netloc.removeprefix("www.")


def labelled(page: Page, how: str) -> Labelled:
    """Return the blocks of a flattened page; the title nearest to the article counts as its own."""
    blocks = tuple(blocks_of(flatten(page.markup, how)))
    kept = [share >= 0.5 for share in truth_shares([block.text for block in blocks], page.truth)]
    title = title_place(blocks, kept, page_title(page.markup))
    if title is not None:
        kept[title] = True
    return Labelled(blocks, tuple(kept))


def title_place(blocks: Sequence[SourceBlock], kept: Sequence[bool], title: str) -> int | None:
    """Return the place of the last block before the article's text that says the page's title."""
    wanted = normalised(title)
    first = next(
        (i for i, keep in enumerate(kept) if keep and len(tokens_of(blocks[i].text)) > 15), 0
    )
    places = [i for i in range(first + 1) if normalised(blocks[i].text) == wanted]
    return places[-1] if wanted and places else None


def health_texts() -> list[str]:
    """Return article texts of MedlinePlus and MedQuAD, without the sources' closing lines."""
    texts = []
    rows = list(entries(EVAL / "medlineplus_topics" / "articles.jsonl"))
    random.Random(SEED).shuffle(rows)
    for row in rows[:HEALTH_ARTICLES]:
        texts.append(row["title"] + "\n\n" + row["text"].rsplit("\n\n", 1)[0])
    rows = list(entries(ARTICLES))
    random.Random(SEED).shuffle(rows)
    texts += [row["title"] + "\n\n" + row["text"] for row in rows[:HEALTH_ARTICLES]]
    random.Random(SEED).shuffle(texts)
    return texts


def health_pages(
    web: Sequence[tuple[Labelled, str]], texts: Iterable[str]
) -> list[tuple[Labelled, str]]:
    """Return health articles as they are, and with the boilerplate of web pages around them.

    Each comes with its group: the site of the boilerplate, or a name of its own.
    """
    choice = random.Random(SEED)
    made = []
    for number, text in enumerate(texts):
        body = tuple(blocks_of(text))
        if number % 2:
            made.append((Labelled(body, (True,) * len(body)), f"health {number}"))
            continue
        page, group = choice.choice(web)
        places = [i for i, keep in enumerate(page.kept) if keep]
        if not places:
            continue
        head, tail = page.blocks[: places[0]], page.blocks[places[-1] + 1 :]
        kept = (False,) * len(head) + (True,) * len(body) + (False,) * len(tail)
        made.append((Labelled((*head, *body, *tail), kept), group))
    return made


def example(page: Labelled, group: str, share: float = 1.0) -> Example:
    """Return what is learned from a page."""
    views = look(page.blocks, frozenset())
    describe(views)
    return Example(
        tuple(tuple(view.names) for view in views),
        np.array([view.size for view in views]),
        np.array(page.kept, np.int8),
        share,
        group,
    )


def examples_of(web: Sequence[Page], texts: Sequence[str]) -> list[Example]:
    """Return examples of these web pages in every flattening and of these health articles."""
    shares = {"lines": 1.0, "spaced": 1.0, "nodes": 0.5}
    made = []
    clean = []
    for how in FLATTENINGS:
        for page in web:
            flat = labelled(page, how)
            made.append(example(flat, site(page), shares[how]))
            if how != "nodes":
                clean.append((flat, site(page)))
    return made + [example(page, group, 0.5) for page, group in health_pages(clean, texts)]


def learn(examples: Sequence[Example]) -> Weights:
    """Learn both looks; the second from first scores that were learned without the page's site."""
    first = learn_blocks(examples)
    held_out: list[list[float]] = [[] for _ in examples]
    for rest, left in folds(examples, INNER_FOLDS):
        partial = learn_blocks([examples[i] for i in rest])
        for i in left:
            held_out[i] = [first_score(names, partial) for names in examples[i].names]
    return Weights(first, learn_context(examples, held_out))


def folds(examples: Sequence[Example], count: int) -> list[tuple[list[int], list[int]]]:
    """Split by group into `count` folds of about equal size: (places to learn from, places left).

    Groups are dealt out in the order of their names' hashes, so a fold never depends on the order
    of the pages.
    """
    groups = sorted(
        {one.group for one in examples}, key=lambda group: sha256(group.encode()).hexdigest()
    )
    fold = {group: place % count for place, group in enumerate(groups)}
    return [
        (
            [i for i, one in enumerate(examples) if fold[one.group] != k],
            [i for i, one in enumerate(examples) if fold[one.group] == k],
        )
        for k in range(count)
    ]


def learn_blocks(examples: Sequence[Example]) -> dict[str, float]:
    """Return the weight of each feature of the first look that `MIN_COUNT` blocks have."""
    counts = Counter(name for one in examples for names in one.names for name in set(names))
    column = {
        name: place
        for place, name in enumerate(sorted(n for n, k in counts.items() if k >= MIN_COUNT))
    }
    indices: list[int] = []
    pointers = [0]
    for one in examples:
        for names in one.names:
            indices += sorted({column[name] for name in names if name in column})
            pointers.append(len(indices))
    matrix = sparse.csr_matrix(
        (np.ones(len(indices)), np.array(indices, np.int32), np.array(pointers, np.int32)),
        shape=(len(pointers) - 1, len(column)),
    )
    model = LogisticRegression(C=STRENGTH, max_iter=400, tol=1e-4, fit_intercept=False)
    model.fit(matrix, *_targets(examples))
    return _rounded({name: float(model.coef_[0, place]) for name, place in column.items()})


def learn_context(
    examples: Sequence[Example], scores: Sequence[Sequence[float]]
) -> dict[str, float]:
    """Return the weight of each feature of the second look, given the first look's scores."""
    rows = [
        features
        for one, first in zip(examples, scores, strict=True)
        for features in context_features(first, list(one.words))
    ]
    names = list(rows[0])
    matrix = np.array([[row[name] for name in names] for row in rows])
    scale = matrix.std(axis=0) + (matrix.std(axis=0) == 0)
    kept, weight = _targets(examples)
    model = LogisticRegression(C=1.0, max_iter=300, fit_intercept=False)
    model.fit(matrix / scale, kept, sample_weight=weight / 20)
    return _rounded(dict(zip(names, (model.coef_[0] / scale).tolist(), strict=True)))


def _targets(examples: Sequence[Example]) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    return (
        np.concatenate([one.kept for one in examples]),
        np.concatenate([one.weight for one in examples]),
    )


def _rounded(weights: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in weights.items() if abs(value) >= 0.005}


def main() -> None:
    weights = learn(examples_of(pages(), health_texts()))
    WEIGHTS.write_text(
        json.dumps(
            {"block": dict(weights.block), "context": dict(weights.context)},
            ensure_ascii=False,
            indent=0,
            sort_keys=True,
        )
        + "\n",
        encoding="utf-8",
    )
    print(f"{len(weights.block)} + {len(weights.context)} weights written to {WEIGHTS.name}")


if __name__ == "__main__":
    main()
