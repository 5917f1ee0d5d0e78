"""How much of an article the HTML reader finds, and how much else it takes for the article.

    python -m bench.html_extraction [--pages DIR] [--worst N]

Reads `ground_truth.jsonl` (`_id`, `file`, `text`: the page's main text) and the pages beside it
(`html/*.html.gz`) in `../shared/eval/web_pages`. For every page the tokens of the text that an
extractor keeps and of the true text are counted as two multisets; a token is a maximal run of
Unicode word characters (the regular expression `\\w+`), case kept. With `t` the size of their
intersection, precision is t / kept, recall t / true, and F1 their harmonic mean, 0 where nothing
is kept. The figures are means over pages: each page counts the same, whatever its length. "Even"
and "odd" are the pages in the order of the file, a half each: rules were looked for on both, so
they show how far a figure swings with the pages, not how it does on new ones.

The reader's text is that of its kept blocks. "trafilatura, best mode" is the quick cascade
without comments, which beat its other modes on these pages.
"""

import argparse
import logging
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import justext
import trafilatura

from bench.page_text import TRUTH, WEB_PAGES, pages
from index.errors import SourceError
from ingest.readers import html

_TOKEN = re.compile(r"\w+")

Extractor = Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class Score:
    """Token-level figures of one page or the mean of many, 0 to 1."""

    precision: float
    recall: float
    f1: float


def score(kept: str, true: str) -> Score:
    """Return precision, recall and F1 of the multiset of kept tokens."""
    found, wanted = Counter(_TOKEN.findall(kept)), Counter(_TOKEN.findall(true))
    both = (found & wanted).total()
    if not both:
        return Score(0.0, 0.0, 0.0)
    precision, recall = both / found.total(), both / wanted.total()
    return Score(precision, recall, 2 * precision * recall / (precision + recall))


def mean(scores: Sequence[Score]) -> Score:
    """Return the mean of each figure over pages."""
    count = len(scores)
    return Score(
        sum(one.precision for one in scores) / count,
        sum(one.recall for one in scores) / count,
        sum(one.f1 for one in scores) / count,
    )


def reader(data: bytes) -> str:
    """Return the text of the blocks that Pincite's HTML reader keeps."""
    try:
        documents = list(html.read(data, "page.html"))
    except SourceError:
        return ""
    return "\n".join(
        block.text for document in documents for block in document.blocks if not block.left_out
    )


def trafilatura_best(data: bytes) -> str:
    """Return trafilatura's text in the mode that is best on the development pages."""
    return trafilatura.extract(data, fast=True, include_comments=False) or ""


def _justext(data: bytes) -> str:
    try:
        paragraphs = justext.justext(data, justext.get_stoplist("English"))
    except (ValueError, justext.core.JustextError):
        return ""
    return "\n".join(one.text for one in paragraphs if not one.is_boilerplate)


EXTRACTORS: dict[str, Extractor] = {
    "pincite": reader,
    "trafilatura, default": lambda data: trafilatura.extract(data) or "",
    "trafilatura, precision": lambda data: trafilatura.extract(data, favor_precision=True) or "",
    "trafilatura, recall": lambda data: trafilatura.extract(data, favor_recall=True) or "",
    "trafilatura, no comments": lambda data: (
        trafilatura.extract(data, include_comments=False) or ""
    ),
    "trafilatura, precision, no comments": lambda data: (
        trafilatura.extract(data, favor_precision=True, include_comments=False) or ""
    ),
    "trafilatura, best mode": trafilatura_best,
    "jusText": _justext,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return 1 when the pages are absent."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pages", type=Path, default=WEB_PAGES)
    parser.add_argument("--worst", type=int, default=0, help="list the reader's N worst pages")
    options = parser.parse_args(arguments)
    if not (options.pages / TRUTH).is_file():
        print(f"skipped: {options.pages / TRUTH} is absent")
        return 1
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    web = pages(options.pages)
    print(f"{len(web)} pages\n")
    print(f"{'':36}{'precision':>10}{'recall':>8}{'F1':>8}{'even':>8}{'odd':>8}{'pages/s':>9}")
    for name, extractor in EXTRACTORS.items():
        began = time.perf_counter()
        texts = [extractor(page.markup) for page in web]
        seconds = time.perf_counter() - began
        scores = [score(text, page.truth) for text, page in zip(texts, web, strict=True)]
        whole, even, odd = mean(scores), mean(scores[::2]), mean(scores[1::2])
        print(
            f"{name:36}{whole.precision:10.4f}{whole.recall:8.4f}{whole.f1:8.4f}"
            f"{even.f1:8.4f}{odd.f1:8.4f}{len(web) / seconds:9.1f}"
        )
        if extractor is reader and options.worst:
            worst = sorted(zip(scores, web, strict=True), key=lambda pair: pair[0].f1)
            for one, page in worst[: options.worst]:
                print(f"    {one.f1:.3f} {one.precision:.3f} {one.recall:.3f} {page.url}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
