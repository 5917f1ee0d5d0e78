"""Floors of the HTML reader on real pages, pinned with the hash of the data they were measured on.

Measured 2026-11-22 by `python -m bench.html_extraction`: 90 pages, F1 0.9861, precision 0.9814,
recall 0.9916; trafilatura alone in its best mode 0.9686. A floor goes down only on purpose.
"""

import hashlib

import pytest

from bench.html_extraction import mean, reader, score, trafilatura_best
from bench.page_text import TRUTH, WEB_PAGES, pages

DATA = "83dfd1ca7368eaf4e9e9009671758bf4db06c8fd450b172bf61fb01ed0a8408e"
FLOOR_F1 = 0.984
FLOOR_PRECISION = 0.979
FLOOR_RECALL = 0.989
FLOOR_HALF = 0.980


@pytest.mark.slow
def test_the_reader_finds_the_article_in_real_pages() -> None:
    truth = WEB_PAGES / TRUTH
    if not truth.is_file():
        pytest.skip(f"the evaluation pages are not there: {truth}")
    if hashlib.sha256(truth.read_bytes()).hexdigest() != DATA:
        pytest.skip(f"{truth} is not the file that the floors were measured on; measure again")
    web = pages(WEB_PAGES)
    scores = [score(reader(page.markup), page.truth) for page in web]
    alone = [score(trafilatura_best(page.markup), page.truth) for page in web]

    assert mean(scores).f1 >= FLOOR_F1
    assert mean(scores).precision >= FLOOR_PRECISION
    assert mean(scores).recall >= FLOOR_RECALL
    assert mean(scores[::2]).f1 >= FLOOR_HALF
    assert mean(scores[1::2]).f1 >= FLOOR_HALF
    assert mean(scores).f1 >= mean(alone).f1


def test_the_score_counts_tokens_as_multisets() -> None:
    one = score("rest rest the calf", "rest the calf and the foot")
    assert one.precision == 3 / 4
    assert one.recall == 3 / 6
    assert one.f1 == pytest.approx(0.6)
    assert score("", "rest").f1 == 0.0
