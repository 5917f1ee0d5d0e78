"""DOCX: styles, lists, tables, what nobody sees, and hostile files."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import LimitExceeded, SourceError
from ingest.document import Document
from ingest.readers.docx import read
from tests.reader_checks import mutated, read_or_refuse

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def _style(identifier: str, name: str, inside: str = "") -> str:
    return (
        f'<w:style w:type="paragraph" w:styleId="{identifier}"><w:name w:val="{name}"/>{inside}'
        "</w:style>"
    )


STYLES = "".join(
    (
        _style("T", "Title"),
        _style("H1", "heading 1"),
        _style("H2", "heading 2", '<w:basedOn w:val="H1"/>'),
        _style("Mine", "My own", '<w:basedOn w:val="H2"/>'),
        _style("Loop", "Loop", '<w:basedOn w:val="Loop"/>'),
        _style("LB", "List Bullet", '<w:pPr><w:numPr><w:numId w:val="3"/></w:numPr></w:pPr>'),
        _style("C1", "toc 1"),
    )
)


def make_docx(
    body: str, *, core: str = "", notes: str = "", styles: str = STYLES, w: str = W
) -> bytes:
    """Return a DOCX whose document has this body."""
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" '
        f'Type="{OFFICE}/officeDocument" Target="/word/main.xml"/></Relationships>',
        "word/_rels/main.xml.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="a" '
        f'Type="{OFFICE}/styles" Target="styles.xml"/><Relationship Id="b" '
        f'Type="{OFFICE}/footnotes" Target="footnotes.xml"/><Relationship Id="c" '
        f'Type="{OFFICE}/hyperlink" Target="https://example.org" TargetMode="External"/>'
        "</Relationships>",
        "word/main.xml": f'<w:document xmlns:w="{w}" xmlns:mc="http://schemas.openxmlformats.org/'
        f'markup-compatibility/2006"><w:body>{body}</w:body></w:document>',
        "word/styles.xml": f'<w:styles xmlns:w="{w}">{styles}</w:styles>',
        "docProps/core.xml": '<c xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:dcterms="http://purl.org/dc/terms/">{core}</c>',
    }
    if notes:
        parts["word/footnotes.xml"] = f'<w:footnotes xmlns:w="{w}">{notes}</w:footnotes>'
    return packed(parts)


def packed(parts: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return buffer.getvalue()


def p(text: str, style: str = "", properties: str = "") -> str:
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{run(text)}</w:p>"


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def table(*rows: tuple[str, ...]) -> str:
    cells = ("".join(f"<w:tc>{cell}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def one(data: bytes) -> Document:
    (document,) = read(data, "a.docx")
    return document


def told(body: str) -> list[tuple[str, int, str, str]]:
    return [(b.kind, b.level, b.text, b.left_out) for b in one(make_docx(body)).blocks]


BODY = "".join(
    (
        p("Calf cramp", "T"),
        p("Causes", "H1"),
        p("Plain text."),
        p("Rare causes", "Mine"),
        p("First.", "LB"),
        p("Second.", properties='<w:numPr><w:ilvl w:val="1"/><w:numId w:val="3"/></w:numPr>'),
        p("Not in the list.", "LB", '<w:numPr><w:numId w:val="0"/></w:numPr>'),
        p("By its outline", properties='<w:outlineLvl w:val="2"/>'),
        table((p("Remedy"), p("Works")), (p("Heat") + p("or cold"), p("")), (p("Ice"), p("Yes"))),
        table((p("Framed text."),)),
        p("In a loop.", "Loop"),
    )
)


def test_a_document_with_everything() -> None:
    assert told(BODY) == [
        ("heading", 1, "Calf cramp", ""),
        ("heading", 2, "Causes", ""),
        ("paragraph", 0, "Plain text.", ""),
        ("heading", 3, "Rare causes", ""),
        ("item", 1, "First.", ""),
        ("item", 2, "Second.", ""),
        ("paragraph", 0, "Not in the list.", ""),
        ("heading", 4, "By its outline", ""),
        ("row", 0, "Remedy | Works", ""),
        ("row", 0, "Heat or cold", ""),
        ("row", 0, "Ice | Yes", ""),
        ("paragraph", 0, "Framed text.", ""),
        ("paragraph", 0, "In a loop.", ""),
    ]


HALF = (
    f'<m:oMath xmlns:m="{MATH}"><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num>'
    "<m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath>"
)


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (run("one ") + run("two", "<w:b/>"), "one two"),
        ("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r>", "a b\nc"),
        ('<w:r><w:t>a</w:t><w:br w:type="page"/><w:t>b</w:t></w:r>', "ab"),
        ("<w:r><w:t>over</w:t><w:noBreakHyphen/><w:t>the</w:t></w:r>", "over-the"),
        ("<w:r><w:t>a</w:t><w:softHyphen/><w:t>b</w:t></w:r>", "ab"),
        (
            f"<w:ins>{run('kept ')}</w:ins><w:del><w:r><w:delText>x</w:delText></w:r></w:del>",
            "kept",
        ),
        (run("seen ") + run("hidden", "<w:vanish/>"), "seen"),
        (run("seen ") + run("too", '<w:vanish w:val="0"/>'), "seen too"),
        (f"<w:hyperlink>{run('a link')}</w:hyperlink>", "a link"),
        (f"<w:r><w:instrText>PAGE</w:instrText></w:r>{run('3')}", "3"),
        (f"<w:sdt><w:sdtContent>{run('control')}</w:sdtContent></w:sdt>", "control"),
        (
            run("Cramps.") + run("8,9", '<w:vertAlign w:val="superscript"/>') + run(" So"),
            "Cramps. So",
        ),
        (run("10") + run("9", '<w:vertAlign w:val="superscript"/>') + run(" cells"), "10⁹ cells"),
        (run("kg/m") + run("2", '<w:vertAlign w:val="superscript"/>'), "kg/m²"),
        (run("H") + run("2", '<w:vertAlign w:val="subscript"/>') + run("O"), "H2O"),
        (
            run("Radioactive iodine, ")
            + run("131", '<w:vertAlign w:val="superscript"/>')
            + run("I, is swallowed."),
            "Radioactive iodine, ¹³¹I, is swallowed.",
        ),
        (
            run("It ends.")
            + run("1", '<w:vertAlign w:val="superscript"/>')
            + run("2", '<w:vertAlign w:val="superscript"/>')
            + run(" So"),
            "It ends. So",
        ),
        (
            run("the chance of a fall ")
            + run("3", '<w:vertAlign w:val="superscript"/>')
            + run(" and of a fracture"),
            "the chance of a fall  and of a fracture",
        ),
        (run("nurses ") + run("1,2", '<w:vertAlign w:val="superscript"/>'), "nurses"),
        (
            run("with ")
            + run("13", '<w:vertAlign w:val="superscript"/>')
            + run("1", '<w:vertAlign w:val="superscript"/>')
            + run("I given"),
            "with ¹³¹I given",
        ),
        (run("5 × 10 ") + run("9", '<w:vertAlign w:val="superscript"/>'), "5 × 10 ⁹"),
        (
            run("Ring if it is ")
            + '<w:r><w:sym w:font="Symbol" w:char="F0B3"/></w:r>'
            + run(" 180, take 5 ")
            + '<w:r><w:sym w:font="Symbol" w:char="006D"/></w:r>'
            + run("g."),
            "Ring if it is ≥ 180, take 5 µg.",
        ),
        (run("at \uf0a3 4", '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>'), "at ≤ 4"),
        (run("at \uf0a3 4"), "at \ufffd 4"),
        (
            '<w:r><w:sym w:font="Wingdings" w:char="F0E0"/><w:sym w:font="Wingdings"'
            ' w:char="F04D"/><w:sym w:font="Arial" w:char="2265"/><w:sym w:char="D800"/></w:r>',
            "→\ufffd≥\ufffd",
        ),
        (run("Take ") + run("500 mg ", "<w:strike/>") + run("50 mg"), "Take 50 mg"),
        (run("Take ") + run("500 mg ", "<w:dstrike/>") + run("50 mg"), "Take 50 mg"),
        (run("Take ") + run("50 mg", '<w:strike w:val="false"/>'), "Take 50 mg"),
        (
            f'{run("BMI = ")}<m:oMath xmlns:m="{MATH}"><m:f><m:num><m:r><m:t>weight</m:t></m:r>'
            "</m:num><m:den><m:r><m:t>height</m:t></m:r></m:den></m:f></m:oMath>",
            "BMI = weight/height",
        ),
        (run("Take 1") + HALF + run(" tablets"), "Take 1 1/2 tablets"),
        (HALF + run("tablet"), "1/2 tablet"),
        (
            run("10")
            + f'<m:oMath xmlns:m="{MATH}"><m:sSup><m:e/><m:sup><m:r><m:t>9</m:t></m:r></m:sup>'
            + "</m:sSup></m:oMath>"
            + run("/l"),
            "10⁹/l",
        ),
    ],
)
def test_what_a_person_sees_is_read(inside: str, text: str) -> None:
    assert told(f"<w:p>{inside}</w:p>") == [("paragraph", 0, text, "")]


def cell(text: str, properties: str = "") -> str:
    return f"<w:tcPr>{properties}</w:tcPr>{p(text)}"


def test_an_empty_cell_keeps_the_next_one_in_its_column() -> None:
    doses = table(
        (p("Drug"), p("Adult"), p("Child"), p("Note")),
        (p("Paracetamol"), p(""), p("15 mg/kg"), p("")),
        (p(""), p("1 g"), p(""), p("by mouth")),
    )
    assert [text for _, _, text, _ in told(doses)] == [
        "Drug | Adult | Child | Note",
        "Paracetamol | | 15 mg/kg",
        "| 1 g | | by mouth",
    ]


def test_merged_cells_keep_the_columns() -> None:
    down, on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    doses = table(
        (p("Drug"), p("Adult"), p("Child"), p("Most")),
        (cell("Ibuprofen", down), cell("200 mg"), cell("5 mg/kg"), cell("a day", down)),
        (cell("", on), cell("", '<w:gridSpan w:val="2"/>'), cell("", on)),
        (cell("", on), cell("400 mg", '<w:gridSpan w:val="2"/>'), cell("", on)),
        (cell("Zinc", '<w:gridSpan w:val="3"/>'), cell("15 mg")),
        (cell("x" * 61, down), cell("1"), cell("2"), cell("3")),
        (cell("", on), cell("4"), cell("5"), cell("6")),
    )
    assert [text for _, _, text, _ in told(doses)] == [
        "Drug | Adult | Child | Most",
        "Ibuprofen | 200 mg | 5 mg/kg | a day",
        "Ibuprofen | 400 mg | | a day",
        "Zinc | | | 15 mg",
        f"{'x' * 61} | 1 | 2 | 3",
        "| 4 | 5 | 6",
    ]


def test_a_table_that_lays_out_a_page_is_read_cell_by_cell() -> None:
    prose = "A night in wet clothes or a long swim in a cold lake may bring it on."
    columns = table((p("Causes", "H1") + p(prose), p("Cures", "H1") + p("Heat.")))
    assert told(columns) == [
        ("heading", 1, "Causes", ""),
        ("paragraph", 0, prose, ""),
        ("heading", 1, "Cures", ""),
        ("paragraph", 0, "Heat.", ""),
    ]
    headed = table((p("Drug", "H1"), p("Dose", "H1")), (p("Zinc"), p("15 mg")))
    assert [text for _, _, text, _ in told(headed)] == ["Drug | Dose", "Zinc | 15 mg"]
    two = table((p("Causes", "H1") + p("Cold.") + p("Damp."), p("Heat.")))
    assert [text for _, _, text, _ in told(two)] == ["Causes", "Cold.", "Damp.", "Heat."]


def test_a_dose_below_a_name_that_looks_like_a_heading_stays_with_it() -> None:
    rows = table(
        (p("Zinc", "H1") + p("15 mg"), p("once a day")),
        (p("Iron", "H1") + p("60 mg"), p("twice a day")),
    )
    assert [(kind, text) for kind, _, text, _ in told(rows)] == [
        ("row", "Zinc 15 mg | once a day"),
        ("row", "Iron 60 mg | twice a day"),
    ]


def test_a_list_is_one_that_has_a_number() -> None:
    level = '<w:numPr><w:ilvl w:val="1"/></w:numPr>'
    styles = STYLES + _style("Sub", "Subtitle", f"<w:pPr>{level}</w:pPr>")
    body = p("All you need", "Sub") + p("Second.", "LB", level) + p("Plain.", "", level)
    assert [(b.kind, b.level, b.text) for b in one(make_docx(body, styles=styles)).blocks] == [
        ("paragraph", 0, "All you need"),
        ("item", 2, "Second."),
        ("paragraph", 0, "Plain."),
    ]


def test_a_text_box_in_a_cell_is_read_once() -> None:
    box = f"<w:txbxContent>{p('In the box.')}</w:txbxContent>"
    drawing = (
        f"<w:p>{run('Beside it.')}<w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice>"
        f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    assert told(table((drawing, p("Yes")))) == [("row", 0, "Beside it. In the box. | Yes", "")]


def test_a_text_box_is_read_once() -> None:
    box = f"<w:txbxContent>{p('In the box.')}</w:txbxContent>"
    drawing = (
        f"<w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice>"
        f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r>"
    )
    assert told(f"<w:p>{run('Beside it.')}{drawing}</w:p>") == [
        ("paragraph", 0, "Beside it.", ""),
        ("paragraph", 0, "In the box.", ""),
    ]


def test_contents_and_notes_are_left_out() -> None:
    gallery = '<w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj>'
    body = (
        f"<w:sdt><w:sdtPr>{gallery}</w:sdtPr><w:sdtContent>{p('Causes 3')}</w:sdtContent></w:sdt>"
        + p("Cures 4", "C1")
        + p("Text.")
    )
    blocks = one(make_docx(body, notes=f"<w:footnote>{p('A note.')}</w:footnote>")).blocks
    assert [(b.text, b.left_out) for b in blocks] == [
        ("Causes 3", "table of contents"),
        ("Cures 4", "table of contents"),
        ("Text.", ""),
        ("A note.", "footnote"),
    ]


def test_bold_lines_are_headings_where_there_are_no_others() -> None:
    bold = f"<w:p>{run('What helps?', '<w:b/>')}</w:p>"
    assert told(bold + p("Rest."))[0] == ("heading", 2, "What helps?", "")
    assert told(p("Cures", "H1") + bold + p("Rest."))[1] == ("paragraph", 0, "What helps?", "")
    assert told(f"<w:p>{run('Do not wait.', '<w:b/>')}</w:p>")[0][0] == "paragraph"
    light = run("Not bold", '<w:b w:val="0"/>')
    assert told(f"<w:p>{light}</w:p>")[0][0] == "paragraph"


def test_metadata() -> None:
    core = (
        "<dc:title>The template's</dc:title><dc:creator>Ada Writer; B. Other</dc:creator>"
        "<dc:language>en-GB</dc:language><dcterms:created>2013-12-23T23:15:00Z</dcterms:created>"
        "<dcterms:modified>2024-05-01T10:00:00Z</dcterms:modified>"
    )
    made = one(make_docx(BODY, core=core)).metadata
    assert (made.title, made.authors) == ("Calf cramp", ("Ada Writer", "B. Other"))
    assert (made.published, made.modified, made.language) == (None, "2024-05-01", "en-GB")
    assert one(make_docx(p("Text."), core=core)).metadata.title == "The template's"
    saved = "<dc:title>Microsoft Word - leaflet.doc</dc:title>"
    assert one(make_docx(p("Text."), core=saved)).metadata.title is None
    nobody = "<dc:creator>Windows User</dc:creator>"
    assert one(make_docx(p("Text."), core=nobody)).metadata.authors == ()


def test_references_are_set_apart() -> None:
    entries = p("Doe J. Cramps. J Sample Med. 2020;12(3):45-50.") + p(
        "Roe R. Calf pain. 2021. https://doi.org/10.1000/182"
    )
    document = one(make_docx(p("A cramp passes.") + p("References", "H1") + entries))
    assert [b.left_out for b in document.blocks] == ["", *["reference list"] * 3]
    assert [reference.doi for reference in document.metadata.references] == [None, "10.1000/182"]


def test_strict_files_read_the_same() -> None:
    assert one(make_docx(BODY, w=STRICT)).blocks == one(make_docx(BODY)).blocks


def test_a_file_without_relationships_is_read() -> None:
    parts = {
        "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{p("x")}</w:body></w:document>'
    }
    assert [b.text for b in one(packed(parts)).blocks] == ["x"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04 but no more", "damaged, or not a DOCX"),
        (packed({"a": "b"}), "not a DOCX: .* is missing"),
        (packed({"word/document.xml": "<a>"}), "the XML is damaged"),
        (packed({"word/document.xml": "<a/>"}), "no body"),
        (make_docx(""), "no text in it"),
    ],
)
def test_what_is_no_document_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=rf"^a\.docx: .*{message}"):
        one(data)


def test_billion_laughs_are_refused() -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    xml = f'<!DOCTYPE d [{entities}]><w:document xmlns:w="{W}"><w:body>&l9;</w:body></w:document>'
    for encoding in ("utf-8", "utf-16"):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            file.writestr("word/document.xml", xml.encode(encoding))
        with pytest.raises(SourceError, match="declares XML entities"):
            one(buffer.getvalue())


def test_a_file_of_this_machine_is_not_read() -> None:
    xml = f'<!DOCTYPE d SYSTEM "file:///etc/passwd"><w:document xmlns:w="{W}"><w:body>{p("x")}' + (
        "</w:body></w:document>"
    )
    assert [b.text for b in one(packed({"word/document.xml": xml})).blocks] == ["x"]


@pytest.mark.parametrize("depth", [60, 3000])
def test_deep_nesting_is_read_or_refused(depth: int) -> None:
    nested = "<w:tbl><w:tr><w:tc>" * depth + p("x") + "</w:tc></w:tr></w:tbl>" * depth
    if depth < 100:
        assert told(nested) == [("paragraph", 0, "x", "")]
    else:
        with pytest.raises(LimitExceeded, match="nested deeper"):
            told(nested)


def test_a_bomb_is_refused() -> None:
    with pytest.raises(LimitExceeded, match="unpacks to far more"):
        one(make_docx(" " * 40_000_000))


_TOKENS = (b"<w:p>", b"</w:p>", b"&nbsp;", b"&#8232;", b"\n\n", b"&x;", b"\x00", b"\xff", b"<!--",
           b"<w:br/>", b"<w:tbl>", b'w:val="9"', b"<![CDATA[", b"]]>", b"<?x?>")  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["word/main.xml", "word/styles.xml", "_rels/.rels", "docProps/core.xml"]),
    st.data(),
)
def test_any_part_is_read_or_refused(part: str, data: st.DataObject) -> None:
    with zipfile.ZipFile(io.BytesIO(make_docx(BODY))) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    parts[part] = data.draw(mutated([parts[part]], _TOKENS))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    read_or_refuse(read, buffer.getvalue(), "a.docx")


@settings(max_examples=50, deadline=None)
@given(mutated([make_docx(BODY)], [b"PK\x01\x02", b"PK\x03\x04"]) | st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read_or_refuse(read, data, "a.docx")
