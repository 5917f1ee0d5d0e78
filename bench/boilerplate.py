"""How well the article is found in the plain text of a page.

    python -m bench.boilerplate              cross-validated by site, with baselines (minutes)
    python -m bench.boilerplate --shipped    the shipped weights, which have seen these pages

Token precision, recall and F1 of each page of `../shared/eval/web_pages` (multisets of words,
lower case), averaged over the pages; "title" says whether the page's title, which the marked main
text never holds, is counted against us: the judge keeps it, because an article needs one.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from statistics import mean

from bench.evaluation_data import EVAL
from bench.page_text import FLATTENINGS, Page, flatten, page_title, pages, token_scores
from bench.train_boilerplate import examples_of, folds, health_texts, learn, site
from ingest.boilerplate import Weights, judge
from ingest.boilerplate_features import normalised
from ingest.readers.text import blocks_of

Cleaner = Callable[[str], str]


def keep_all(text: str) -> str:
    """Baseline: everything."""
    return text


def long_lines(text: str) -> str:
    """Baseline: lines of 8 words and more."""
    return "\n".join(line for line in text.splitlines() if len(line.split()) >= 8)


def closed_lines(text: str) -> str:
    """Baseline: lines of 15 words and more that end as sentences do."""
    return "\n".join(
        line
        for line in text.splitlines()
        if len(line.split()) >= 15 and line.rstrip().endswith((".", "!", "?", '"', "”", "’", "'"))
    )


def justext_style(text: str) -> str:
    """Baseline: jusText's rules on lines, without its link density, which text has lost.

    Length below 70 characters is short, 140 and more with a stop-word density of 0.32 is good,
    0.30 near good; short and near-good lines become what their nearest clear neighbours are.
    """
    import justext

    stop_words = justext.get_stoplist("English")
    lines = [line for line in text.splitlines() if line.strip()]
    kinds = []
    for line in lines:
        words = line.lower().split()
        density = sum(word in stop_words for word in words) / max(1, len(words))
        if len(line) < 70:
            kinds.append("short")
        elif density >= 0.32:
            kinds.append("good" if len(line) > 140 else "near")
        else:
            kinds.append("near" if density >= 0.30 else "bad")
    return "\n".join(line for place, line in enumerate(lines) if _justext_keeps(kinds, place))


def _justext_keeps(kinds: Sequence[str], place: int) -> bool:
    if kinds[place] in {"good", "bad"}:
        return kinds[place] == "good"
    clear = {"good", "bad"} | ({"near"} if kinds[place] == "short" else set())
    left = next((kind for kind in reversed(kinds[:place]) if kind in clear), "bad")
    right = next((kind for kind in kinds[place + 1 :] if kind in clear), "bad")
    if kinds[place] == "near":
        return "good" in {left, right}
    return left != "bad" and right != "bad"


def trafilatura_style(text: str) -> str:
    """Baseline: as trafilatura's own baseline does, paragraphs of more than 100 characters."""
    return "\n".join(line for line in text.splitlines() if len(line.strip()) > 100)


BASELINES: dict[str, Cleaner] = {
    "everything": keep_all,
    "lines of 8 words": long_lines,
    "15 words, closed": closed_lines,
    "jusText style": justext_style,
    "trafilatura baseline style": trafilatura_style,
}


def kept_text(text: str, weights: Weights | None = None, *, without: str = "") -> str:
    """Return the blocks that the judge keeps; `without` is a title not to be counted."""
    blocks = blocks_of(text)
    reasons = judge(blocks, weights=weights)
    unwanted = normalised(without)
    return "\n".join(
        block.text
        for block, reason in zip(blocks, reasons, strict=True)
        if not reason and (not unwanted or normalised(block.text) != unwanted)
    )


def cross_validated(web: Sequence[Page], count: int = 5) -> dict[str, Weights]:
    """Return, for each page's name, weights that were learned without its site."""
    examples = examples_of(web, health_texts())
    learned = {}
    for rest, left in folds(examples, count):
        weights = learn([examples[i] for i in rest])
        sites = {examples[i].group for i in left}
        learned.update({page.name: weights for page in web if site(page) in sites})
    return learned


def report(web: Sequence[Page], weights: dict[str, Weights] | None) -> None:
    print(f"{len(web)} pages, mean of precision, recall, F1 a page")
    for how in FLATTENINGS:
        flat = [flatten(page.markup, how) for page in web]
        for name, clean in BASELINES.items():
            _print_row(
                how, name, [token_scores(clean(t), p.truth) for t, p in zip(flat, web, strict=True)]
            )
        for name, titles in (("Pincite", False), ("Pincite, title aside", True)):
            rows = []
            for text, page in zip(flat, web, strict=True):
                title = page_title(page.markup) if titles else ""
                kept = kept_text(text, weights[page.name] if weights else None, without=title)
                rows.append(token_scores(kept, page.truth))
            _print_row(how, name, rows)


def _print_row(how: str, name: str, rows: Sequence[tuple[float, float, float]]) -> None:
    precision, recall, score = (mean(row[i] for row in rows) for i in range(3))
    print(f"{how:7} {name:27} {precision:.3f}  {recall:.3f}  {score:.4f}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return 1 when `../shared` is absent."""
    parser = argparse.ArgumentParser(prog="python -m bench.boilerplate", description=__doc__)
    parser.add_argument("--shipped", action="store_true", help="score the shipped weights")
    chosen = parser.parse_args(arguments)
    if not EVAL.is_dir():
        print(f"skipped: {EVAL} is absent")
        return 1
    web = pages()
    report(web, None if chosen.shipped else cross_validated(web))
    return 0


if __name__ == "__main__":
    sys.exit(main())
