"""What the fuzzer starts from: a few small files of each format, and the words of its grammar.

A seed is a list of parts and a function that packs them into a file, so that the inside of a ZIP
archive or of a PDF can be changed and still be found by its reader.
"""

import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_HOUSE = Path(__file__).resolve().parents[1]

Pack = Callable[[Sequence[bytes]], bytes]


@dataclass(frozen=True, slots=True)
class Seed:
    """A small valid file: `pack(parts)` are its bytes."""

    parts: tuple[bytes, ...]
    pack: Pack


@dataclass(frozen=True, slots=True)
class Format:
    """A format to fuzz: the name that its files bear, where to begin, and its grammar's words."""

    name: str
    seeds: tuple[Seed, ...]
    tokens: tuple[bytes, ...]
    xml: bool = False  # whether parts that begin with "<" are well-formed, and may stay so


def _whole(parts: Sequence[bytes]) -> bytes:
    return b"".join(parts)


def _zipped(names: Sequence[str]) -> Pack:
    def pack(parts: Sequence[bytes]) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
            for name, part in zip(names, parts, strict=True):
                file.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
        return buffer.getvalue()

    return pack


def _archive(members: Mapping[str, str]) -> Seed:
    return Seed(tuple(text.encode() for text in members.values()), _zipped(list(members)))


def _pdf(parts: Sequence[bytes]) -> bytes:
    """Number the objects from 1, the last one being the trailer's; streams follow their head."""
    data = bytearray(b"%PDF-1.5\n")
    places = []
    for number, part in enumerate(parts, 1):
        head, marker, stream = part.partition(b"stream:")
        places.append(len(data))
        if marker:
            packed = zlib.compress(stream)
            head = b"<</Length %d/Filter/FlateDecode%b>>" % (len(packed), head)
            head += b"stream\n" + packed + b"\nendstream"
        data += b"%d 0 obj\n%b\nendobj\n" % (number, head)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    info = len(parts)
    data += b"trailer<</Size %d/Root 1 0 R/Info %d 0 R>>\n" % (info + 1, info)
    return bytes(data) + b"startxref\n%d\n%%%%EOF" % start


def _text(*texts: str) -> tuple[Seed, ...]:
    return tuple(Seed((text.encode(),), _whole) for text in texts)


def _file(path: str) -> Seed:
    return Seed(((_HOUSE / path).read_bytes(),), _whole)


_PLAIN = """Home | Topics | Sign in
Calf cramp at night
Reviewed by A. Writer, MD on 3 May 2024

A cramp is a sudden tightening of a muscle.1,2 It lets go by itself within minutes.

What helps
• Stretch the calf
• Walk a little
1. Pull the toes up
2. Hold for half a minute

Remedy\tWorks
Heat\toften

Share this page
Subscribe to our newsletter
References
1. Writer A. Cramps of the calf. Journal of Samples. 2020;1(2):3-4. doi:10.1000/xyz
2. https://example.org/cramps
Copyright 2024 Sample Press. All rights reserved.
"""
_WRAPPED = """   A paragraph that somebody wrapped at a fixed width goes on in the next
   line, and in the one after that, as long as it is not at its end. Then a
   new one begins.

   - an item that is wrapped as
     well
   - another one
"""
_MARKDOWN = """---
title: Calf cramps
authors: [A. Writer, B. Other]
published: 2024-05-01
url: https://example.org/a
---
# Calf cramps

A cramp is *sudden*[^1] and **hurts**, see [there](https://example.org "t").

> It passes.
> > Soon.

1. Stretch
   - the calf
   - the foot

     Twice.
2) Walk

| a | b |
|---|:-:|
| `x` | y\\|z |

```python
code
```
<details><summary>More</summary>Text</details>

![picture](x.png) <https://example.org> &amp; \\* line  \nbreak

Setext
------
[^1]: A note.
[ref]: https://example.org
## References
1. Writer A. Cramps. 2020. doi:10.1000/xyz
"""
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Calf cramps | X</title>
<meta name="author" content="A. Writer"><link rel="canonical" href="https://example.org/a">
<script type="application/ld+json">{"@context":"https://schema.org","@type":"MedicalWebPage",
"name":"Calf cramps","lastReviewed":"2024-05-01","author":{"@type":"Person","name":"A. Writer"},
"mainEntity":[{"@type":"Question","name":"Why?","acceptedAnswer":{"text":"<p>So.</p>"}}]}</script>
</head><body><nav><ul><li><a href="/">Home</a></li></ul></nav><main><article><h1>Calf cramps</h1>
<p class="byline">By <a rel="author">A. Writer</a>, <time datetime="2024-05-01">May 1</time></p>
<p>A cramp of the calf is a sudden and painful tightening of the muscle.<sup>1</sup> It often comes
at night and lets go within a few minutes by itself.</p><h2>What helps</h2><ul><li>Stretching<ol
start="3"><li>the calf</li></ol></li><li><p>Walking</p></li></ul><table><caption>Remedies</caption>
<tr><th>Remedy</th><th>Works</th></tr><tr><td rowspan="2">Heat</td><td>often</td></tr></table>
<details><summary>Is it harmful?</summary><p>No, it is not, and it passes by itself.</p></details>
<dl><dt>Cramp</dt><dd>A spasm</dd></dl><blockquote>Quoted text of some length.</blockquote>
<pre>a\n b</pre><h2>References</h2><ol><li id="r1">Writer A. Cramps. 2020.</li></ol></article>
</main><aside class="related"><h3>Related articles</h3></aside>
<div class="cookie-banner">Cookies</div><footer>Copyright 2024</footer></body></html>"""

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_DOCX = {
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r1" '
    f'Type="{_OFFICE}/officeDocument" Target="/word/main.xml"/></Relationships>',
    "word/_rels/main.xml.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="a" '
    f'Type="{_OFFICE}/styles" Target="styles.xml"/><Relationship Id="b" '
    f'Type="{_OFFICE}/footnotes" Target="footnotes.xml"/></Relationships>',
    "word/main.xml": f'<w:document xmlns:w="{_W}"><w:body><w:p><w:pPr><w:pStyle w:val="T"/></w:pPr>'
    '<w:r><w:t>Calf cramps</w:t></w:r></w:p><w:p><w:pPr><w:outlineLvl w:val="1"/></w:pPr><w:r>'
    '<w:rPr><w:b/><w:vertAlign w:val="superscript"/></w:rPr><w:t>Help</w:t></w:r></w:p><w:p><w:r>'
    "<w:t>A cramp of the calf.</w:t><w:br/><w:tab/><w:t>It passes.</w:t></w:r><w:ins><w:r><w:t>In"
    "</w:t></w:r></w:ins><w:del><w:r><w:delText>Out</w:delText></w:r></w:del></w:p><w:tbl><w:tr>"
    "<w:tc><w:p><w:r><w:t>Heat</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>often</w:t></w:r></w:p>"
    "</w:tc></w:tr></w:tbl><w:sdt><w:sdtContent><w:p><w:pPr><w:numPr><w:ilvl w:val='1'/><w:numId "
    "w:val='3'/></w:numPr></w:pPr><w:r><w:t>Item</w:t></w:r></w:p></w:sdtContent></w:sdt></w:body>"
    "</w:document>",
    "word/styles.xml": f'<w:styles xmlns:w="{_W}"><w:style w:type="paragraph" w:styleId="T"><w:name'
    ' w:val="Title"/><w:basedOn w:val="T"/></w:style></w:styles>',
    "word/footnotes.xml": f'<w:footnotes xmlns:w="{_W}"><w:footnote w:id="2"><w:p><w:r><w:t>A note.'
    "</w:t></w:r></w:p></w:footnote></w:footnotes>",
    "docProps/core.xml": '<c xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms='
    '"http://purl.org/dc/terms/"><dc:title>Calf</dc:title><dc:creator>A; B</dc:creator>'
    "<dcterms:modified>2024-05-01T00:00:00Z</dcterms:modified></c>",
}
_EPUB = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
    "OPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/'
    'elements/1.1/"><metadata><dc:title>Legs</dc:title><dc:creator>A</dc:creator><dc:date>2024'
    '</dc:date><dc:language>en</dc:language></metadata><manifest><item id="nav" href="nav.xhtml" '
    'media-type="application/xhtml+xml" properties="nav"/><item id="one" href="one.xhtml" '
    'media-type="application/xhtml+xml"/></manifest><spine><itemref idref="nav"/><itemref '
    'idref="one"/></spine></package>',
    "OPS/nav.xhtml": '<html xmlns="http://www.w3.org/1999/xhtml"><body><nav><ol><li><a '
    'href="one.xhtml">Cramps</a></li></ol></nav></body></html>',
    "OPS/one.xhtml": '<html xmlns="http://www.w3.org/1999/xhtml"><body><h1>Cramps</h1><p>A cramp '
    "&nbsp; is <em>sudden</em>.</p><ul><li>It hurts</li></ul><table><tr><td>Heat</td></tr></table>"
    "</body></html>",
}
_CONTENT = (
    b"BT\n/F 18 Tf 1 0 0 1 40 560 Tm (Calf cramps) Tj\n/F 10 Tf 1 0 0 1 40 530 Tm (A cramp is a "
    b"sudden tighten-) Tj\n1 0 0 1 40 518 Tm (ing of the calf. It lets go by itself) Tj\n1 0 0 "
    b"1 40 506 Tm (within a few minutes.) Tj\n1 0 0 1 220 530 Tm (\\267 Stretch the calf) Tj\n1 0 "
    b"0 1 220 518 Tm (1. Walk a little) Tj\n/F 6 Tf 1 0 0 1 300 520 Tm (2) Tj\n1 0 0 1 200 9 Tm "
    b"(7) Tj\nET"
)
_SHEET = (
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 600]/Contents %d 0 R"
    b"/Resources<</Font<</F 3 0 R>>>>>>"
)
_PDF = (
    b"<</Type/Catalog/Pages 2 0 R/Lang(en)>>",
    b"<</Type/Pages/Count 2/Kids[4 0 R 6 0 R]>>",
    b"<</Type/Font/Subtype/Type1/Encoding/StandardEncoding/BaseFont/Helvetica>>",
    _SHEET % 5,
    b"stream:" + _CONTENT,
    _SHEET % 7,
    b"stream:" + _CONTENT,
    b"<</Title(Calf cramps)/Author(A; B)/CreationDate(D:20240501)>>",
)
_LINES = "".join(
    json.dumps({"_id": f"d{n}", "title": "Cramps" * (n % 2), "text": _PLAIN, "url": "https://x.y"})
    + "\n"
    for n in range(3)
)

_ANY = (
    b"\x00", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r", b"\n", b"\n\n", b"\t",
    b" ", b"\xc2\xa0", b"\xe2\x80\x8b", b"\xe2\x80\xa8", b"\xf0\x9f\x98\x80", b"\xcc\x81",
    b"\xe4\xb8\xad", b"\xd8\xb9", b"a", b"A", b"9", b".", b",", b"-", b"(", b"[", b"{", b"\\", b"'",
    b'"', b"&", b"<", b">", b"/", b":", b";", b"|", b"99999999999999999999", b"1e400",
)  # fmt: skip
_XML = (
    b"<!DOCTYPE x [", b"<!ENTITY a 'b'>", b"&a;", b"&nbsp;", b"&#0;", b"&#xD800;", b"&#x110000;",
    b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?xml version='1.0' encoding='utf-16'?>", b"<?a?>",
    b" xmlns='x'", b" xml:space='preserve'", b"<a>", b"</a>", b"<a/>",
)  # fmt: skip
_HTML = (
    b"<p>", b"</p>", b"<div>", b"</div>", b"<table>", b"<tr>", b"<td>", b"<th colspan=9>", b"<ul>",
    b"<ol start=9>", b"<li>", b"</ul>", b"<br>", b"<details>", b"<summary>", b"<dl><dt>", b"<dd>",
    b"<h1>", b"<h2>", b"<h6>", b"<sup>2</sup>", b"<a href='#x'>", b"</a>", b"<span>", b"<b>",
    b"<script>", b"</script>", b"<script type='application/ld+json'>[", b"<style>", b"<form>",
    b"<frameset>", b"<svg>", b"<math>", b"<template>", b"<select><option>", b"<textarea>", b"<pre>",
    b"<article>", b"<section>", b"<main>", b"<aside>", b"<nav>", b"<header>", b"<footer>",
    b"<blockquote>", b"<figure><figcaption>", b"<noscript>", b" hidden", b" class='comments'",
    b" style='display:none'", b" role='tab'", b" itemprop='author'", b"<meta charset=utf-16>",
    b"<time datetime='9999-99-99'>", b"<base href='//['>", b"<link rel=canonical href='//['>",
)  # fmt: skip
_PROSE = (
    b"A whole sentence with enough words to be taken for the article's own running text, twice. ",
    b"\n\xe2\x80\xa2 item", b"\n1. item", b"\na) item", b"\n- item", b"\n* item", b"\nReferences\n",
    b"\n1. Writer A. Cramps. 2020;1:2-3. doi:10.1000/x", b"https://example.org/", b".1,2 ", b"[3]",
    b"Share", b"Subscribe", b"Copyright 2024", b"Related articles\n", b"Reviewed by", b"?", b"!",
    b"\n\n\n", b"   ", b"\x0c", b"\x1c", b"\xc2\x85",
)  # fmt: skip
_MARKS = (
    b"# ", b"## ", b"> ", b"- ", b"1. ", b"    ", b"* * *", b"**", b"*", b"_", b"`", b"```", b"~~~",
    b"[", b"](", b")", b"![", b"<details>", b"</details>", b"<!--", b"|", b"|---|", b"[^1]",
    b"[^1]: ", b"[a]: b", b"---\n", b"title: ", b"&amp;", b"\\", b"<http://x>", b"  \n", b"===",
    b"&x", b"*x", b"!!python/object", b"? ", b"{a: b}", b"- - - ",
)  # fmt: skip
_WORD_ML = (
    b"<w:p>", b"</w:p>", b"<w:r>", b"</w:r>", b"<w:t>", b"</w:t>", b"<w:tbl>", b"<w:tr>", b"<w:tc>",
    b"</w:tc></w:tr></w:tbl>", b"<w:sdt><w:sdtContent>", b"<w:txbxContent>", b"<w:pPr>", b"<w:rPr>",
    b"<w:numPr><w:numId w:val='1'/></w:numPr>", b"<w:vanish/>", b"<w:fldChar/>", b"<w:instrText>",
    b"<w:footnoteReference w:id='2'/>", b"<w:basedOn w:val='T'/>", b"<w:gridSpan w:val='9'/>",
)  # fmt: skip
_PDF_WORDS = (
    b" 0 0 0 0 0 0 Tm", b" 1 0 0 1 99999999 1 Tm", b" 0 1 -1 0 9 9 Tm", b" (x)Tj",
    b"[(a)-9999(b)]TJ", b"<</", b">>", b" R", b" 2 0 R", b"endobj", b"stream\n", b"/Kids[2 0 R]",
    b"/Rotate 90", b"\\267", b"/F 0 Tf", b"/F 1e9 Tf", b"/Length 0", b" BT", b" ET", b" q", b" Q",
    b"/Encrypt 2 0 R", b" T*", b"/MediaBox[0 0 0 0]", b"/MediaBox[-1e9 0 1e9 1]", b"/Type/ObjStm",
    b"/Filter/LZWDecode", b" Td", b"/ToUnicode 5 0 R", b"/Count 99999999", b"/Parent 4 0 R",
    b" cm", b" Tr", b" 3 Tr", b" 0 Tz",
)  # fmt: skip
_JSON = (
    b'{"_id":1,"text":"x"}\n', b'"_id":', b'"text":', b'"title":', b"null", b"[]", b"{}", b"NaN",
    b"1e999", b'"\\ud800"', b"\\u0000", b"[[[[", b'{"a":', b"true", b'"published":', b'"url":',
)  # fmt: skip


def _packed(parts: Sequence[bytes]) -> bytes:
    return gzip.compress(b"".join(parts), mtime=0)


def formats() -> dict[str, Format]:
    """Return what can be fuzzed, by the name of its reader."""
    collection = tuple(line.encode() for line in _LINES.splitlines(keepends=True))
    page = _text(_PAGE)
    return {
        "text": Format("a.txt", _text(_PLAIN, _WRAPPED), (*_ANY, *_PROSE)),
        "markdown": Format(
            "a.md",
            (*_text(_MARKDOWN), _file("corpus/night-leg-cramps.md")),
            (*_ANY, *_MARKS, *_PROSE),
        ),
        "html": Format(
            "a.html", (*page, _file("tests/data/messy_page.html")), (*_ANY, *_HTML, *_XML, *_PROSE)
        ),
        "pdf": Format("a.pdf", (Seed(_PDF, _pdf),), (*_ANY, *_PDF_WORDS)),
        "docx": Format("a.docx", (_archive(_DOCX),), (*_ANY, *_XML, *_WORD_ML), xml=True),
        "epub": Format("a.epub", (_archive(_EPUB),), (*_ANY, *_XML, *_HTML), xml=True),
        "medlineplus": Format(
            "a.xml", (_file("tests/data/medlineplus_topics.xml"),), (*_ANY, *_XML, *_HTML), xml=True
        ),
        "collection": Format(
            "a.jsonl.gz", (Seed(collection, _whole), Seed(collection, _packed)), (*_ANY, *_JSON)
        ),
        "sidecar": Format("a.yaml", _text(_MARKDOWN.split("---")[1]), (*_ANY, *_MARKS)),
    }
