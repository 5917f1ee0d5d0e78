"""EPUB: the order of the spine, what is beside it, protection, and hostile files."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import LimitExceeded, SourceError
from ingest.document import Document, Metadata
from ingest.readers.epub import read
from tests.reader_checks import mutated, read_or_refuse

CONTAINER = (
    '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
)
PACKAGE = """<?xml version="1.0"?>
<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">
<metadata>
  <dc:title>Legs at night</dc:title><dc:creator>Ada Writer</dc:creator>
  <dc:creator>B. Other</dc:creator><dc:publisher>Sample Press</dc:publisher>
  <dc:date>2024-05-01</dc:date><dc:language>en</dc:language><dc:rights>CC0-1.0</dc:rights>
  <dc:identifier>urn:isbn:000</dc:identifier><dc:identifier>https://example.org/b</dc:identifier>
  <meta property="dcterms:modified">2024-06-02T10:00:00Z</meta>
</metadata>
<manifest>
  <item id="css" href="a.css" media-type="text/css"/>
  <item id="two" href="text/two.xhtml" media-type="application/xhtml+xml"/>
  <item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
  <item id="one" href="text/chapter%20one.xhtml" media-type="application/xhtml+xml"/>
  <item id="aside" href="text/aside.xhtml" media-type="application/xhtml+xml"/>
  <item id="gone" href="text/gone.xhtml" media-type="application/xhtml+xml"/>
</manifest>
<spine><itemref idref="nav"/><itemref idref="one"/><itemref idref="css"/><itemref idref="gone"/>
<itemref idref="two"/><itemref idref="one"/><itemref idref="aside" linear="no"/></spine>
</package>"""
ONE = """<h1>Cramps</h1><p>A cramp&nbsp;is <em>sudden</em>.</p><script/>
<ul><li>It hurts</li><li>It passes</li></ul><p hidden="hidden">Unseen.</p>"""
TWO = "<h1>Help</h1><p>Stretch the calf.</p><table><tr><td>Heat</td><td>often</td></tr></table>"


def xhtml(body: str, before: str = "<!DOCTYPE html>") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<html xmlns="http://www.w3.org/1999/xhtml" '
        f'xmlns:epub="http://www.idpf.org/2007/ops"><head><title/></head><body>{body}</body></html>'
    )


def parts(**changed: str) -> dict[str, str]:
    return {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OPS/book.opf": PACKAGE,
        "OPS/nav.xhtml": xhtml(
            '<nav epub:type="toc"><ol><li><a href="x">Cramps</a></li></ol></nav>'
        ),
        "OPS/text/chapter one.xhtml": xhtml(changed.get("one", ONE)),
        "OPS/text/two.xhtml": changed.get("two", xhtml(TWO)),
        "OPS/text/aside.xhtml": xhtml("<p>Answers to the quiz.</p>"),
    }


def packed(members: dict[str, str] | dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def one(data: bytes) -> Document:
    (document,) = read(data, "a.epub")
    return document


def test_a_book_is_one_document_in_the_order_of_its_spine() -> None:
    document = one(packed(parts()))
    assert [(b.kind, b.level, b.text, b.left_out) for b in document.blocks] == [
        ("item", 1, "Cramps", "table of contents"),
        ("heading", 1, "Cramps", ""),
        ("paragraph", 0, "A cramp is sudden.", ""),
        ("item", 1, "It hurts", ""),
        ("item", 1, "It passes", ""),
        ("paragraph", 0, "Unseen.", "hidden on the page"),
        ("heading", 1, "Help", ""),
        ("paragraph", 0, "Stretch the calf.", ""),
        ("row", 0, "Heat | often", ""),
        ("paragraph", 0, "Answers to the quiz.", "beside the order of reading"),
    ]
    assert document.key == ""
    assert document.metadata == Metadata(
        title="Legs at night",
        publisher="Sample Press",
        authors=("Ada Writer", "B. Other"),
        published="2024-05-01",
        modified="2024-06-02",
        url="https://example.org/b",
        licence="CC0-1.0",
        language="en",
    )


@pytest.mark.parametrize(
    ("said", "title", "authors"),
    [
        (
            '<dc:title id="s">A guide</dc:title><dc:title id="m">Legs at night</dc:title>'
            '<meta refines="#s" property="title-type">subtitle</meta>'
            '<meta refines="#m" property="title-type">main</meta>'
            '<dc:creator id="e">Ed Itor</dc:creator><dc:creator id="a">Ada Writer</dc:creator>'
            '<dc:creator>B. Other</dc:creator><meta refines="#e" property="role">edt</meta>'
            '<meta refines="#a" property="role">aut</meta>'
            '<meta refines="#a" property="role">ill</meta>',
            "Legs at night",
            ("Ada Writer", "B. Other"),
        ),
        (
            '<dc:title id="s">A guide</dc:title><dc:title>Legs at night</dc:title>'
            '<meta refines="#s" property="title-type">subtitle</meta>'
            '<dc:creator opf:role="trl">T. Lator</dc:creator>'
            '<dc:creator opf:role="aut">Ada Writer</dc:creator>',
            "Legs at night",
            ("Ada Writer",),
        ),
        (
            '<dc:title id="s">A guide</dc:title>'
            '<meta refines="#s" property="title-type">short</meta>'
            '<dc:creator opf:role="edt">Ed Itor</dc:creator>',
            "A guide",
            ("Ed Itor",),
        ),
    ],
)
def test_of_titles_the_main_one_and_of_names_the_authors_are_told(
    said: str, title: str, authors: tuple[str, ...]
) -> None:
    before = "<dc:title>Legs at night</dc:title><dc:creator>Ada Writer</dc:creator>"
    assert before in PACKAGE
    opf = PACKAGE.replace(before, said)
    opf = opf.replace("<dc:creator>B. Other</dc:creator><dc:publisher>", "<dc:publisher>")
    opf = opf.replace("<package ", '<package xmlns:opf="http://www.idpf.org/2007/opf" ')
    made = one(packed(parts() | {"OPS/book.opf": opf})).metadata
    assert (made.title, made.authors) == (title, authors)


NOTES = (
    '<h1>Cramps<a epub:type="noteref" href="#n1">1</a></h1><p>Take 10 mg.</p>'
    '<aside epub:type="footnote" id="n1"><p>1. Not for children.</p></aside>'
    '<aside role="note"><p>Not with alcohol.</p></aside>'
    '<section role="doc-endnotes"><p>Doe J. Cramps. J Sample Med. 2020;12(3):45-50.</p>'
    "<div><ol><li>At night.</li></ol></div></section>"
)


def test_notes_are_left_out() -> None:
    document = one(packed(parts(one=NOTES)))
    assert [(b.text, b.left_out) for b in document.blocks][1:8] == [
        ("Cramps", ""),
        ("Take 10 mg.", ""),
        ("1. Not for children.", "footnote"),
        ("Not with alcohol.", ""),
        ("Doe J. Cramps. J Sample Med. 2020;12(3):45-50.", "reference list"),
        ("At night.", "reference list"),
        ("Help", ""),
    ]


def test_a_book_of_notes_is_kept() -> None:
    notes = '<aside epub:type="footnote"><p>Not for children.</p></aside>'
    document = one(packed(parts(one=notes, two=xhtml(notes))))
    assert [b.text for b in document.blocks if not b.left_out] == ["Not for children."] * 2


def test_references_are_set_apart() -> None:
    listed = "<h2>References</h2><p>1. Doe J. Cramps. J Sample Med. 2020;12(3):45-50.</p>"
    document = one(packed(parts(two=xhtml(TWO + listed))))
    assert [b.text for b in document.blocks if b.left_out == "reference list"] == [
        "References",
        "1. Doe J. Cramps. J Sample Med. 2020;12(3):45-50.",
    ]
    assert [reference.number for reference in document.metadata.references] == [1]


def test_marks_of_notes_and_pages_are_no_words() -> None:
    chapter = (
        '<section id="menu-planning"><h1>Menu planning</h1>'
        '<p>Take 10<a epub:type="noteref" href="#n1">1</a> mg daily'
        '<sup><a epub:type="noteref" href="#n2">2</a></sup> with'
        '<span epub:type="pagebreak" role="doc-pagebreak">12</span> water, not '
        "<del>at night</del> at noon.</p></section>"
    )
    document = one(packed(parts(one=chapter)))
    assert [block.text for block in document.blocks if not block.left_out][:2] == [
        "Menu planning",
        "Take 10 mg daily with water, not at noon.",
    ]
    broken = xhtml(chapter).replace("</p>", "<br>")
    document = one(packed(parts(two=broken)))
    assert "Take 10 mg daily with water, not at noon." in [b.text for b in document.blocks]


def test_a_chapter_that_is_not_well_formed_is_read_as_html() -> None:
    document = one(packed(parts(two="<html><body><p>One<p>Two &amp; <b>three</body>")))
    assert [b.text for b in document.blocks][6:8] == ["One", "Two & three"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"META-INF/container.xml": "<container/>"}, "names no package"),
        ({"META-INF/container.xml": "<container"}, "the XML is damaged"),
        ({"OPS/book.opf": "<package/>"}, "no text in the chapters"),
        (
            {
                "META-INF/encryption.xml": "<e><CipherReference URI='OPS/text/two.xhtml'/></e>",
            },
            "encrypted",
        ),
    ],
)
def test_what_is_no_readable_book_is_refused(changes: dict[str, str], message: str) -> None:
    with pytest.raises(SourceError, match=rf"^a\.epub: .*{message}"):
        one(packed(parts() | changes))


def test_encrypted_fonts_do_not_matter() -> None:
    fonts = {"META-INF/encryption.xml": "<e><CipherReference URI='OPS/font.otf'/></e>"}
    assert one(packed(parts() | fonts)) == one(packed(parts()))


def test_billion_laughs_are_refused() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    bomb = xhtml("<p>&l9;</p>", f"<!DOCTYPE html [{laughs}]>")
    with pytest.raises(SourceError, match="declares XML entities"):
        one(packed(parts(two=bomb)))


@pytest.mark.parametrize("depth", [50, 240, 5000])
@pytest.mark.parametrize("tag", ["div", "ul", "blockquote", "span", "table"])
def test_deep_nesting_is_read_or_refused(tag: str, depth: int) -> None:
    nested = xhtml(f"<{tag}>" * depth + "deep down" + f"</{tag}>" * depth)
    documents = read_or_refuse(read, packed(parts(two=nested)), "a.epub")
    if depth == 50:
        assert "deep down" in [b.text for b in documents[0].blocks]


def test_a_bomb_is_refused() -> None:
    with pytest.raises(LimitExceeded, match="unpacks to far more"):
        one(packed(parts(two=xhtml("<p>" + " " * 40_000_000 + "</p>"))))


_TOKENS = (b"<p>", b"</p>", b"&nbsp;", b"&#8232;", b"&x;", b"\x00", b"\xff", b"<!--", b"<br/><br/>",
           b"<li>", b"<table><tr><td>", b"<![CDATA[", b"]]>", b"<?x?>", b"<pre>\n\n")  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(list(parts())), st.data())
def test_any_part_is_read_or_refused(part: str, data: st.DataObject) -> None:
    whole = {name: content.encode() for name, content in parts().items()}
    whole[part] = data.draw(mutated([whole[part]], _TOKENS))
    read_or_refuse(read, packed(whole), "a.epub")


@settings(max_examples=50, deadline=None)
@given(mutated([packed(parts())], [b"PK\x01\x02", b"PK\x03\x04"]) | st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read_or_refuse(read, data, "a.epub")
