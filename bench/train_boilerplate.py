"""Learn the weights of `ingest/boilerplate_weights.json`, and say how well they do on other pages.

    python -m bench.train_boilerplate              learn from all pages, write the weights
    python -m bench.train_boilerplate --evaluate   five-fold cross-validation by site, write nothing

Learned from the flattened pages of `../shared/eval/web_pages`, and, because these are news and
blogs, from two kinds of page made of health articles (MedlinePlus, MedQuAD): the articles as they
are, where every block is to be kept, and the boilerplate of the web pages around them.
"""

import argparse
import gzip
import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from bench.page_text import (
    FLATTENINGS,
    WEB_PAGES,
    Page,
    flatten,
    page_title,
    pages,
    tokens_of,
    truth_shares,
)
from ingest.boilerplate import WEIGHTS
from ingest.boilerplate_features import look, normalised
from ingest.document import SourceBlock
from ingest.readers.text import blocks_of

MIN_COUNT = 20  # blocks that must have a feature before it gets a weight
STRENGTH = 0.1  # inverse regularisation; 0.01, 0.03, 0.1 give .900, .899, .901
HEALTH_ARTICLES = 240  # of each set, half of them as they are, half with boilerplate around them
SEED = 0


@dataclass(frozen=True, slots=True)
class Example:
    """A page to learn from: the features of its blocks, which are kept, how much each counts."""

    names: tuple[tuple[str, ...], ...]
    kept: NDArray[np.int8]
    weight: NDArray[np.float64]


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


def title_place(
    blocks: Sequence[SourceBlock], kept: Sequence[bool], title: str
) -> int | None:
    """Return the place of the last block before the article's text that says the page's title."""
    wanted = normalised(title)
    first = next(
        (i for i, keep in enumerate(kept) if keep and len(tokens_of(blocks[i].text)) > 15), 0
    )
    places = [i for i in range(first + 1) if normalised(blocks[i].text) == wanted]
    return places[-1] if wanted and places else None


def health_texts() -> list[str]:
    """Return article texts of MedlinePlus and MedQuAD, without the sources' closing lines."""
    folder = WEB_PAGES.parent
    texts = []
    with (folder / "medlineplus_topics" / "articles.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
        random.Random(SEED).shuffle(rows)
        for row in rows[:HEALTH_ARTICLES]:
            texts.append(row["title"] + "\n\n" + row["text"].rsplit("\n\n", 1)[0])
    with gzip.open(folder / "medquad" / "articles.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
        random.Random(SEED).shuffle(rows)
        texts += [row["title"] + "\n\n" + row["text"] for row in rows[:HEALTH_ARTICLES]]
    random.Random(SEED).shuffle(texts)
    return texts


def health_pages(web: Sequence[Labelled], texts: Iterable[str]) -> list[Labelled]:
    """Return health articles as they are, and with the boilerplate of web pages around them."""
    choice = random.Random(SEED)
    made = []
    for number, text in enumerate(texts):
        body = tuple(blocks_of(text))
        if not web or number % 2:
            made.append(Labelled(body, (True,) * len(body)))
            continue
        page = choice.choice(web)
        places = [i for i, keep in enumerate(page.kept) if keep]
        if not places:
            continue
        head, tail = page.blocks[: places[0]], page.blocks[places[-1] + 1 :]
        made.append(
            Labelled(
                (*head, *body, *tail),
                (False,) * len(head) + (True,) * len(body) + (False,) * len(tail),
            )
        )
    return made


def example(page: Labelled, share: float = 1.0) -> Example:
    """Return what is learned from a page; a block counts by its words, at least 2, at most 62."""
    views = look(page.blocks, frozenset())
    size = np.array([min(view.size, 60) + 2 for view in views])
    return Example(
        tuple(tuple(view.names) for view in views), np.array(page.kept, np.int8), share * size
    )


def learn(examples: Sequence[Example]) -> dict[str, float]:
    """Return the weight of each feature that `MIN_COUNT` blocks have."""
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
    model = LogisticRegression(C=STRENGTH, max_iter=300, tol=1e-3, fit_intercept=False)
    model.fit(
        matrix,
        np.concatenate([one.kept for one in examples]),
        sample_weight=np.concatenate([one.weight for one in examples]),
    )
    return {
        name: round(float(model.coef_[0, place]), 3)
        for name, place in column.items()
        if abs(model.coef_[0, place]) >= 0.005
    }


def weights_of(web: Sequence[Page], texts: Sequence[str]) -> dict[str, float]:
    """Learn from these web pages, in every flattening, and from these health articles."""
    flat = [labelled(page, how) for how in FLATTENINGS for page in web]
    shares = {"lines": 1.0, "spaced": 1.0, "nodes": 0.5}
    examples = [
        example(page, shares[how])
        for page, how in zip(flat, [how for how in FLATTENINGS for _ in web], strict=True)
    ]
    examples += [example(page, 0.5) for page in health_pages(flat[: 2 * len(web)], texts)]
    return learn(examples)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    weights = weights_of(pages(), health_texts())
    WEIGHTS.write_text(
        json.dumps(weights, ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8"
    )
    print(f"{len(weights)} weights written to {WEIGHTS.name}")


if __name__ == "__main__":
    main()
