"""What `python -m bench.fuzz` found, kept: each input as small as shows it.

The inputs that took minutes are read in milliseconds now; a tenth of a second of processor time
for each thousand characters would already be far too slow.
"""

import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from index.encoder import DeterministicEncoder
from index.errors import LimitExceeded, SourceError
from index.sentences import sentence_spans
from ingest.boilerplate_wordings import matching_rules
from ingest.compose import compose
from ingest.document import SourceBlock
from ingest.page_lines import line_reason
from ingest.page_title import without_site
from ingest.readers import markdown, read
from ingest.readers.block_text import tidy, tidy_with_offsets
from ingest.references import citation_marks, citation_score, reference_blocks
from ingest.segment import SegmenterSettings, segment
from ingest.token_counts import remembering
from tests.test_docx_reader import packed

PAGE = """<!doctype html><html><head><title>Calf cramps</title>{head}</head><body><article>
<h1>Calf cramps</h1><p>A cramp of the calf is a sudden and painful tightening of the muscle that
often comes at night and lets go within a few minutes by itself.</p></article></body></html>"""


@pytest.mark.parametrize(
    "work",
    [
        lambda: matching_rules("9" * 60 + " lets go by itself", 5),
        lambda: matching_rules("+" * 60 + " lets go by itself", 5),
        lambda: matching_rules("share " * 13 + "walks", 14),
        lambda: sentence_spans("![" * 30_000),
        lambda: sentence_spans("## !" * 15_000),
        lambda: sentence_spans("![" * 500_000),
        lambda: citation_marks("Subscribe" * 3_000 + " 2.", range(9)),
        lambda: line_reason("a(image/png)" * 50_000 + "x", 0.0),
        lambda: line_reason("a (image/png) " * 14 + "x", 0.0),
        lambda: without_site("Hs | " * 20_000, ["x"]),
        lambda: reference_blocks([SourceBlock("paragraph", "1. https://a.b")] * 40_000),
        lambda: reference_blocks([SourceBlock("heading", "1. Sources")] * 40_000),
        lambda: citation_score("1. " + "J Am " * 100_000),
        lambda: tidy("a" + " " * 1_000_000 + "b"),
        lambda: tidy("a" + " \n" * 500_000 + "b"),
        lambda: tidy_with_offsets("a" + " " * 1_000_000 + "b", range(1_000_002)),
    ],
)
def test_time_grows_no_faster_than_the_text(work: Callable[[], object]) -> None:
    began = time.process_time()
    work()
    assert time.process_time() - began < 5.0


RUNS = {
    "one line": "The cramp lets go by itself within minutes. ",
    "one word": "a",
    "digits": "1",
    "brackets": "([",
    "closing brackets": ")]",
    "citations": "liver.4 They ",
    "lists of citations": "[1,2]",
    "quotes": "\u201d",
    "stops": ".",
    "ideographs": "\u62bd\u7b4b\u3002",
    "combining marks": "\u0301",
    "joiners": "\u200d",
    "addresses": "a@",
    "lines": "a\n",
    "items": "- a\n",
    "headings": "Rest\n\n",
}


def whole_way(run: str, size: int) -> float:
    """Return the seconds of processor time from bytes to passages; `size` is in bytes."""
    data = (run * (size // len(run.encode()))).encode()
    began = time.process_time()
    with suppress(LimitExceeded):
        (document,) = read(data, "a.txt")
        article = compose(document, document.metadata, source="a.txt", source_sha256="0")
        segment(article, remembering(DeterministicEncoder().count_tokens), SegmenterSettings())
    return time.process_time() - began


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
def test_from_bytes_to_passages_time_grows_as_the_text_does(run: str) -> None:
    # Eight times the text: eight times as long, 64 times if every part met every other.
    assert whole_way(run, 80_000) < 20 * whole_way(run, 10_000) + 0.3


@pytest.mark.slow
@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
def test_a_megabyte_is_passages_or_refused_within_seconds(run: str) -> None:
    assert whole_way(run, 1_000_000) < 30.0


HOSTILE = {
    "images": "![" * 1_000_000,
    "quotes": ("> " * 40 + "a\n") * 24_000,
    "brackets": "<" * 2_000_000,
    "one line": "The cramp lets go by itself within minutes. " * 45_000,
    "lines": "a\n" * 1_000_000,
    "table": "a|b\n-|-\n" + "a|b\n" * 500_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_two_megabytes_of_text_cost_seconds(text: str) -> None:
    began = time.process_time()
    with suppress(LimitExceeded):
        list(read(text.encode(), "a.txt"))
    assert time.process_time() - began < 30.0


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_two_megabytes_of_markdown_end_at_the_limit(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(markdown, "MAX_SECONDS", 1.0)
    began = time.process_time()
    with suppress(LimitExceeded):
        list(read(text.encode(), "a.md"))
    assert time.process_time() - began < 10.0


@pytest.mark.parametrize("head", ['<base href="//[">', '<link rel="canonical" href="//[">'])
def test_an_address_that_is_none_is_passed_over(head: str) -> None:
    page = PAGE.replace("{head}", head + '<link rel="canonical" href="http://x.org/a">')
    (document,) = read(page.encode(), "a.html")
    assert document.metadata.url in {"http://x.org/a", None}
    assert document.metadata.title == "Calf cramps"


def test_a_message_that_names_a_member_is_one_line() -> None:
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r" Type="x/officeDocument" Target="a&#10;b.xml"/></Relationships>'
    )
    with pytest.raises(SourceError, match=r'"a b\.xml" is missing') as caught:
        list(read(packed({"_rels/.rels": relations}), "a.docx"))
    assert "\n" not in str(caught.value)


def test_a_thousand_topics_of_one_id_are_told_apart() -> None:
    topic = '<health-topic id="7" title="T"><full-summary>&lt;p&gt;A b.&lt;/p&gt;</full-summary>'
    data = f"<health-topics>{(topic + '</health-topic>') * 1_000}</health-topics>"
    keys = [document.key for document in read(data.encode(), "t.xml")]
    assert keys[:4] == ["7", "7-again", "7-again-2", "7-again-3"]
    assert len(set(keys)) == 1_000
