"""The MedlinePlus health topics, in a sample of their shape with texts of our own."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import SourceError, UnsupportedFormat
from ingest.document import Document, Metadata, SourceBlock
from ingest.readers.medlineplus import read
from tests.reader_checks import mutated, read_or_refuse

SAMPLE = (Path(__file__).parent / "data" / "medlineplus_topics.xml").read_bytes()


def topics(*topic: str, before: str = "") -> bytes:
    return f"{before}<health-topics>{''.join(topic)}</health-topics>".encode()


def topic(number: str, summary: str = "A text.") -> str:
    return (
        f'<health-topic title="T" id="{number}"><full-summary>{summary}</full-summary>'
        "</health-topic>"
    )


def test_a_topic_with_everything() -> None:
    first, *_ = read(SAMPLE, "topics.xml")
    assert first == Document(
        (
            SourceBlock("paragraph", "Also called: Charley horse, Leg cramps"),
            SourceBlock("heading", "What is a calf cramp?", 3),
            SourceBlock(
                "paragraph",
                "A calf cramp is a sudden, painful tightening of the muscle at the back of the "
                "lower leg. It passes by itself — usually within minutes.",
            ),
            SourceBlock("heading", "What helps?", 3),
            SourceBlock("paragraph", "When a cramp comes:"),
            SourceBlock("item", "Straighten the leg", 1, opens=True),
            SourceBlock("item", "Pull the toes towards the shin", 1),
            SourceBlock(
                "paragraph", "NIH: Institute of Sample Texts", left_out="name of the source"
            ),
        ),
        Metadata(
            title="Calf Cramps",
            publisher="MedlinePlus, U.S. National Library of Medicine",
            authors=("NIH: Institute of Sample Texts",),
            published="2019-03-05",
            retrieved="2026-11-21",
            url="https://example.org/calfcramps.html",
            licence="Public domain (U.S. government work)",
            language="en",
        ),
        key="9001",
    )


def test_topics_without_a_summary_are_passed_over() -> None:
    found = [
        (made.key, made.metadata.title, made.metadata.language) for made in read(SAMPLE, "t.xml")
    ]
    assert found == [
        ("9001", "Calf Cramps", "en"),
        ("9002", "Calambres de la pantorrilla", "es"),
        ("9004", "Eyelid Twitch", "en"),
    ]


def test_text_beside_paragraphs_and_an_unmarked_agency() -> None:
    *_, last = read(SAMPLE, "t.xml")
    assert [(b.text, b.left_out) for b in last.blocks] == [
        ("An eyelid twitch is nearly always harmless.", ""),
        ("Rest the eyes, and drink less coffee.", ""),
        ("Agency for Plain Examples", "name of the source"),
    ]


@pytest.mark.parametrize(
    "last",
    [
        "&lt;p&gt;Ask the Agency for help.&lt;/p&gt;",
        "&lt;ul&gt;&lt;li&gt;The Institute&lt;/li&gt;&lt;/ul&gt;",
        "&lt;p&gt;Rest and ice&lt;/p&gt;",
    ],
)
def test_a_last_block_that_is_text_stays(last: str) -> None:
    (made,) = read(topics(topic("1", f"&lt;p&gt;A text.&lt;/p&gt;{last}")), "t.xml")
    assert [b.left_out for b in made.blocks] == ["", ""]


def test_many_topics_are_read_as_a_stream_and_none_is_lost() -> None:
    count = 3_000
    data = topics(*(topic(str(number), "&lt;p&gt;Text&lt;/p&gt; " * 9) for number in range(count)))
    assert [made.key for made in read(data, "t.xml")] == [str(number) for number in range(count)]


def test_the_first_topic_comes_before_the_last_is_parsed() -> None:
    data = topics(*(topic(str(number)) for number in range(5_000)))[:-40]
    documents = read(data, "t.xml")
    assert next(documents).key == "0"
    with pytest.raises(SourceError, match=r"^t\.xml: the XML is damaged"):
        list(documents)


def test_keys_are_told_apart() -> None:
    data = topics(topic("7"), topic("7"), topic(""), topic("a/../b c"))
    assert [made.key for made in read(data, "t.xml")] == ["7", "7-again", "T", "a-b-c"]


def test_a_topic_inside_a_topic_is_part_of_it() -> None:
    data = topics(topic("1", "One." + topic("2")), topic("3"))
    assert [made.key for made in read(data, "t.xml")] == ["1", "3"]


@pytest.mark.parametrize("data", [b"<rss/>", b"<?xml version='1.0'?><html><body/></html>"])
def test_other_xml_is_unsupported(data: bytes) -> None:
    with pytest.raises(UnsupportedFormat, match=r"^t\.xml: XML with the root <(rss|html)>"):
        list(read(data, "t.xml"))


@pytest.mark.parametrize("data", [b"", b"hello", b"<health-topics>", topics(), topics("<x/>")])
def test_no_topics_is_an_error(data: bytes) -> None:
    with pytest.raises(SourceError, match=r"^t\.xml: "):
        list(read(data, "t.xml"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_billion_laughs_are_refused(encoding: str) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    data = topics(topic("1", "&l9;"), before=f"<!DOCTYPE health-topics [{laughs}]>").decode()
    started = time.monotonic()
    with pytest.raises(SourceError, match="declares XML entities"):
        list(read(data.encode(encoding), "t.xml"))
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("depth", [50, 240, 5_000])
def test_deep_summaries_are_read_or_refused(depth: int) -> None:
    data = topics(topic("1", "&lt;div&gt;" * depth + "deep down"))
    documents = read_or_refuse(read, data, "t.xml")
    if depth == 50:
        assert documents[0].blocks[0].text == "deep down"


_TOKENS = (b"&lt;p&gt;", b"&lt;/p&gt;", b"&lt;br&gt;&lt;br&gt;", b"&amp;#8232;", b"</full-summary>",
           b"<health-topic>", b"</health-topic>", b"&x;", b"\x00", b"\xff", b"<![CDATA[", b"]]>",
           b'id="9001"', b"<!--", b"-->", b"&lt;table&gt;&lt;tr&gt;")  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(mutated([SAMPLE], _TOKENS) | st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    documents = read_or_refuse(read, data, "t.xml")
    assert len({made.key for made in documents}) == len(documents)
