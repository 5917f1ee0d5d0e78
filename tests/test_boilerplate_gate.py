"""Floors under the figures of `bench.boilerplate`, pinned with the hash of the data.

The shipped weights have seen these pages: the gate guards against a change for the worse, and is
no estimate for other pages (that is `python -m bench.boilerplate`, cross-validated). A floor goes
down only on purpose.
"""

from hashlib import sha256
from statistics import mean

import pytest

from bench.boilerplate import closed_lines, kept_text, long_lines
from bench.page_text import WEB_PAGES, Page, flatten, pages, token_scores

DATA = "83dfd1ca7368eaf4e9e9009671758bf4db06c8fd450b172bf61fb01ed0a8408e"
FLOORS = {"lines": 0.936, "spaced": 0.936, "nodes": 0.919}


@pytest.fixture(scope="module")
def web() -> list[Page]:
    truth = WEB_PAGES / "ground_truth.jsonl"
    if not truth.exists():
        pytest.skip(f"{truth} is absent: the evaluation pages are not part of the repository")
    if sha256(truth.read_bytes()).hexdigest() != DATA:
        pytest.skip(f"{truth} is not the data that the floors were measured on")
    return pages()


@pytest.mark.slow
@pytest.mark.parametrize("how", FLOORS)
def test_article_is_found_in_flattened_pages(how: str, web: list[Page]) -> None:
    flat = [flatten(page.markup, how) for page in web]
    scores = [
        token_scores(kept_text(text), page.truth)[2] for text, page in zip(flat, web, strict=True)
    ]
    assert mean(scores) >= FLOORS[how]


@pytest.mark.slow
def test_baselines_are_what_they_were(web: list[Page]) -> None:
    flat = [flatten(page.markup, "lines") for page in web]
    for clean, expected in ((str, 0.686), (long_lines, 0.757), (closed_lines, 0.837)):
        scores = [
            token_scores(clean(text), page.truth)[2] for text, page in zip(flat, web, strict=True)
        ]
        assert mean(scores) == pytest.approx(expected, abs=0.0006)
