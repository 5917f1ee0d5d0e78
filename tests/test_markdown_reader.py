"""Markdown: blocks, the way back to the file's characters, references, and hostile input."""

import time
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.errors import LimitExceeded, SourceError
from index.records import Reference
from ingest.compose import compose
from ingest.document import Document, Metadata, SourceBlock
from ingest.encoding import decode
from ingest.readers import markdown
from ingest.readers.markdown import read, source_map
from ingest.source_places import source_faults
from tests.reader_checks import mutated, read_or_refuse

PAGE = """\
---
title: Calf cramp
---
# Calf *cramp* #

A **sudden** tightening, see [the muscles](https://example.org/(a)sudden "sudden") of the
leg &amp; foot, \\*not\\* a tear.<br>It passes.

- straighten the leg
- pull the [toes](toes) up
  towards the shin

  and hold
  1. for a while

> Rest.

| Remedy | Works |
|--------|-------|
| heat   | often |
| **ice** | a \\| b |

<div class="share">
Share this
</div>

```
first

second
```

![A leg](leg.png)

## References

3. Doe J. Cramps. 2020. [doi](https://doi.org/10.1000/182)
4. Roe R. Spasms. https://example.org/r.

## After

Text with a <script>steal()</script>script.
"""


def block(
    kind: str, text: str, level: int = 0, start: int | None = None, left_out: str = ""
) -> SourceBlock:
    return SourceBlock(kind, text, level, start, left_out)  # type: ignore[arg-type]


def one(text: str) -> Document:
    (document,) = read(text.encode("utf-8"), "a.md")
    return document


def test_a_page_with_everything() -> None:
    at = PAGE.index
    assert one(PAGE) == Document(
        (
            block("heading", "Calf cramp", 1),
            block(
                "paragraph",
                "A sudden tightening, see the muscles of the\nleg & foot, *not* a tear.\n"
                "It passes.",
            ),
            replace(block("item", "straighten the leg", 1, at("straighten")), opens=True),
            block("item", "pull the toes up\ntowards the shin", 1),
            block("paragraph", "and hold", 0, at("and hold")),
            block("item", "for a while", 2, at("for a while")),
            block("paragraph", "Rest.", 0, at("Rest.")),
            replace(block("row", "Remedy | Works", 0, at("Remedy")), opens=True),
            block("row", "heat | often"),  # the file has more space
            block("row", "ice | a | b"),
            block(
                "paragraph",
                '<div class="share">\nShare this\n</div>',
                0,
                at("<div"),
                "HTML markup",
            ),
            block("paragraph", "first", 0, at("first")),
            block("paragraph", "second", 0, at("second")),
            block("paragraph", "![A leg](leg.png)", 0, at("![A"), "image"),
            block("heading", "References", 2, at("References"), "reference list"),
            replace(
                block("item", "Doe J. Cramps. 2020. doi", 1, None, "reference list"), opens=True
            ),
            block("item", "Roe R. Spasms. https://example.org/r.", 1, at("Roe"), "reference list"),
            block("heading", "After", 2, at("After")),
            block("paragraph", "Text with a script."),
        ),
        Metadata(
            title="Calf cramp",
            references=(
                Reference(
                    "Doe J. Cramps. 2020. doi", 3, "https://doi.org/10.1000/182", "10.1000/182"
                ),
                Reference("Roe R. Spasms. https://example.org/r.", 4, "https://example.org/r"),
            ),
        ),
    )


def test_source_map_leads_back_to_the_same_characters() -> None:
    renders = {("&", "&"), ("*", "\\"), ("\n", "<")}  # an entity, an escape, a <br>
    document = one(PAGE)
    places = source_map(PAGE)
    assert [len(offsets) for offsets in places] == [len(b.text) for b in document.blocks]
    unlike = {
        (character, PAGE[offset])
        for made, offsets in zip(document.blocks, places, strict=True)
        for character, offset in zip(made.text, offsets, strict=True)
        if offset >= 0 and PAGE[offset] != character
    }
    assert unlike <= renders
    # "sudden" stands in the text, in an address and in a title: the first is meant.
    assert places[1][2] == PAGE.index("sudden")
    assert places[1][document.blocks[1].text.index("of the")] == PAGE.index("of the\n")


@pytest.mark.parametrize(
    ("source", "text", "start"),
    [
        ("\ufeffplain", "plain", 0),
        ("one\r\ntwo", "one\ntwo", 0),
        ("  indented", "indented", 2),
        ("a _b_ c", "a b c", None),
        ("a `b  c` d", "a b  c d", None),
        ("the 1<sup>st</sup> day", "the 1st day", None),
        ("H<sub>2</sub>O", "H2O", None),
        ("10<sup>9</sup>/L, 5 x 10<sup>-3</sup>", "10⁹/L, 5 x 10⁻³", None),
        ("kg/*m*<sup>2</sup>", "kg/m²", None),
        ("with <sup>131</sup>I given", "with ¹³¹I given", None),
        ("Take 10 <sup>1,2</sup>, no more.<sup>3</sup>", "Take 10, no more.", None),
        ("Take 10<sup>[1](#r)</sup> mg[<sup>2</sup>](#r) now", "Take 10 mg now", None),
        ("Take 10 <sup>1</sup>**now**", "Take 10 now", None),
        ("Take 10<sup>9", "Take 109", None),
        ("a&nbsp;b", "a\xa0b", None),
        ("<https://example.org>", "https://example.org", 1),
        ("[a][r] b\n\n[r]: /x", "a b", None),
        ("hard  \nbreak", "hard\nbreak", None),
        ("~~old~~ new", "new", 8),
        ("Take ~~500 mg~~ 50 mg.", "Take 50 mg.", None),
        ("Take <del>500 mg</del> 50 mg.", "Take 50 mg.", None),
        ("Take <s>50 mg.", "Take 50 mg.", None),
        ("~~[5](/x)~~ ~~x~~ *6*", "6", 19),
        ("Rest.\n~~Do not\nwalk.~~\nSleep.", "Rest.\nSleep.", None),
        ("2 * 3 * 4", "2 * 3 * 4", 0),
    ],
)
def test_inline_markup(source: str, text: str, start: int | None) -> None:
    (made,) = one(source).blocks
    assert (made.text, made.source_start) == (text, start)


def test_the_text_of_raw_html_is_read() -> None:
    text = (
        "# Ibuprofen\n\n"
        '<div class="warning" title="a > b">Do not take it <b>after</b> 20 weeks &amp; later.\n'
        "<ul><li>Nor with aspirin.</li></ul></div>\n\n<!-- a note -->\n\n</div>\n\n"
        "<nav><a href='/x'>Home</a></nav>\n\n"
        "<table><tr><td>Adult</td><td>400 mg</td></tr></table>\n"
    )
    document = one(text)
    assert [(b.kind, b.text, b.left_out) for b in document.blocks] == [
        ("heading", "Ibuprofen", ""),
        ("paragraph", "Do not take it after 20 weeks & later.", ""),
        ("item", "Nor with aspirin.", ""),
        ("paragraph", "<!-- a note -->", "HTML markup"),
        ("paragraph", "</div>", "HTML markup"),
        ("paragraph", "<nav><a href='/x'>Home</a></nav>", "HTML markup"),
        ("row", "Adult | 400 mg", ""),
    ]
    places = source_map(text)
    for number, word in ((1, "after"), (1, "20"), (1, "later."), (2, "Nor"), (6, "400")):
        at = document.blocks[number].text.index(word)
        assert places[number][at : at + len(word)] == tuple(
            range(text.index(word), text.index(word) + len(word))
        )
    assert places[1][document.blocks[1].text.index("&")] == text.index("&amp;")
    assert document.blocks[2].source_start == text.index("Nor")
    article = compose(document, Metadata(), source="a.md", source_sha256="0")
    assert source_faults(article, text.encode()) == []


def test_a_power_leads_back_to_its_digit() -> None:
    text = "Up to 10<sup> 9 </sup> cells &amp; more.<sup>4</sup> Rest.\n"
    document = one(text)
    assert [b.text for b in document.blocks] == ["Up to 10⁹ cells & more. Rest."]
    assert source_map(text)[0][:10] == (*range(8), text.index("9"), text.index(" cells"))
    article = compose(document, Metadata(), source="a.md", source_sha256="0")
    assert source_faults(article, text.encode()) == []


def test_what_is_all_struck_out_is_left_out() -> None:
    assert one("Rest.\n\n~~Take 500 mg.~~\n").blocks == (
        block("paragraph", "Rest.", 0, 0),
        block("paragraph", "~~Take 500 mg.~~", 0, 7, "struck out"),
    )


def test_an_empty_cell_keeps_the_next_one_in_its_column() -> None:
    text = (
        "| Drug | Adult | Child | Note |\n|--|--|--|--|\n| Zinc | | 5 mg | |\n"
        "| | 1 g | | ~~old~~ new |\n| | | only | |\n| Iron |~~9~~| 3 | 4  |\n| A |B  |C|D|\n"
    )
    blocks = one(text).blocks
    assert [b.text for b in blocks] == [
        "Drug | Adult | Child | Note",
        "Zinc | | 5 mg",
        "| 1 g | | new",
        "only",
        "Iron | | 3 | 4",
        "A | B | C | D",
    ]
    assert [b.source_start for b in blocks] == [
        text.index("Drug"), text.index("Zinc"), None, text.index("only"), None, None
    ]  # fmt: skip
    first = replace(block("row", "| Adult | Child", 0, 2), opens=True)
    assert one("| | Adult | Child |\n|-|-|-|\n").blocks[0] == first
    article = compose(one(text), Metadata(), source="a.md", source_sha256="0")
    assert source_faults(article, text.encode()) == []


def test_a_first_heading_called_sources_is_a_title() -> None:
    document = one("# Sources\n\nText.\n\n## Sources\n\n- A book. 2001.\n")
    assert [b.left_out for b in document.blocks] == ["", "", "reference list", "reference list"]
    assert document.metadata.title == "Sources"


@pytest.mark.parametrize(
    ("under", "is_list"),
    [
        ("- Oily fish\n- Egg yolks\n\nBabies at the breast need 10 micrograms a day.", False),
        ("Sunlight.\n\n### Food\n\n- Fish\n\nSee [the table](https://example.org).", False),
        ("- Doe J, et al. Light. 2011.\n- Roe R. Fish and milk. 2012.", True),
        ("- [The light of winter](https://example.org/light)\n- Bread", True),
        ("", False),
    ],
)
def test_sources_are_references_where_works_stand_under_them(under: str, is_list: bool) -> None:
    document = one(f"# Vitamin D\n\nIt comes from light.\n\n## Sources\n\n{under}\n\n## End\n")
    reasons = [b.left_out for b in document.blocks]
    assert reasons == ["", "", *["reference list" if is_list else ""] * (len(reasons) - 3), ""]
    assert bool(document.metadata.references) == is_list


def test_front_matter_goes_before_the_page() -> None:
    document = one("---\ntitle: T\nreferences: [A]\n---\n# P\n\nx\n\n# References\n\n- B\n")
    assert document.metadata.title == "T"
    assert document.metadata.references == (Reference("A"),)


def test_front_matter_in_toml_is_no_text_of_the_page() -> None:
    document = one('+++\ntitle = "T"\n+++\nText.\n')
    assert document.metadata.title == "T"
    assert document.blocks == (block("paragraph", "Text.", 0, 20),)


@pytest.mark.parametrize("opening", ["> ", "- ", "1. ", "- > "])
def test_deep_nesting_loses_nothing_or_is_refused(opening: str) -> None:
    refused = []
    for depth in (10, 20, 28, 29, 30, 31, 32, 58, 59, 60, 61, 200):
        try:
            assert [made.text for made in one(opening * depth + "x").blocks] == ["x"]
        except LimitExceeded as error:
            refused.append(depth)
            assert "nested too deep" in str(error)  # noqa: PT017
    assert refused[-1] == 200
    assert 10 not in refused


def test_nesting_within_the_limit_loses_nothing() -> None:
    text = "".join(f"{'  ' * depth}- level {depth}\n" for depth in range(20))
    assert [(b.text, b.level) for b in one(text).blocks] == [
        (f"level {depth}", depth + 1) for depth in range(20)
    ]


def test_a_long_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "MAX_CHARACTERS", 10)
    with pytest.raises(LimitExceeded, match="11 characters; a Markdown file may have 10"):
        one("x" * 11)


@pytest.mark.parametrize("hostile", ["[" * 50_000, "*a **b " * 20_000, "`" * 5 + "a `b" * 30_000])
def test_slow_markup_is_given_up(hostile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "MAX_SECONDS", 1.0)
    started = time.monotonic()
    read_or_refuse(read, hostile.encode(), "a.md")
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("empty", ["", "---\ntitle: T\n---\n", "\n\n***\n"])
def test_a_file_without_text_is_refused(empty: str) -> None:
    with pytest.raises(SourceError, match=r"^a\.md: "):
        one(empty)


_TOKENS = (
    b"\n\n", b"\n", b"# ", b"- ", b"1. ", b"> ", b"    ", b"\t", b"```\n", b"|a|b|\n|-|-|\n|c|d|\n",
    b"[a](b)", b"![x](y)", b"**", b"`", b"\\", b"&nbsp;", b"&#10;&#10;", b"&#x85;", b"&#8232;",
    b"<br>", b"<script>", b"</script>", b"<div>\n", b"<!--", b"\x0b", b"\x0c", b"\xe2\x80\xa8",
    b"<b>", b"&amp;", b"<li>", b"<p class='x'>", b"<td>", b"<!-- x -->", b"<s>", b"</s>",
    b"\xc2\x85", b"\xed\xa0\x80", b"\x00", b"\r", b"---\n", b"\n===\n", b"[^1]: x", b"~~",
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(mutated([PAGE.encode()], _TOKENS) | st.binary())
@example(b"a&#10;&#10;b")
@example(b"a\x0b\x0bb")
@example(b"# a\\\nb")
@example(b"- \n\n  x\n- \ty")
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for document in read_or_refuse(read, data, "a.md"):
        text, _ = decode(data, "a.md")
        places = source_map(text, "a.md")
        for made, offsets in zip(document.blocks, places, strict=True):
            assert len(offsets) == len(made.text)
            if made.source_start is not None:
                end = made.source_start + len(made.text)
                assert text[made.source_start : end] == made.text
                assert offsets == tuple(range(made.source_start, end))
        article = compose(document, document.metadata, source="a.md", source_sha256="0")
        assert source_faults(article, data) == []
