"""What styles and tracked changes make of a Word document's text."""

import pytest

from tests.test_docx_reader import STYLES, make_docx, one, p, run, told


def style(identifier: str, says: str, based: str = "", kind: str = "character") -> str:
    return (
        f'<w:style w:type="{kind}" w:styleId="{identifier}"><w:name w:val="of {identifier}"/>'
        f'<w:basedOn w:val="{based}"/><w:rPr>{says}</w:rPr></w:style>'
    )


MADE = STYLES + "".join(
    (
        style("Hidden", "<w:vanish/>"),
        style("Below", "", "Hidden"),
        style("Shown", '<w:vanish w:val="0"/>', "Hidden"),
        style("Struck", "<w:strike/>"),
        style("Form", "<w:vanish/>", kind="paragraph"),
    )
)


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        ('<w:rStyle w:val="Hidden"/>', "Take 50 mg"),
        ('<w:rStyle w:val="Below"/>', "Take 50 mg"),
        ('<w:rStyle w:val="Shown"/>', "Take 500 mg 50 mg"),
        ('<w:rStyle w:val="Struck"/>', "Take 50 mg"),
        ('<w:rStyle w:val="Struck"/><w:strike w:val="0"/>', "Take 500 mg 50 mg"),
        ('<w:rStyle w:val="None"/>', "Take 500 mg 50 mg"),
    ],
)
def test_what_a_style_of_words_hides(properties: str, text: str) -> None:
    body = f"<w:p>{run('Take ')}{run('500 mg ', properties)}{run('50 mg')}</w:p>"
    assert [b.text for b in one(make_docx(body, styles=MADE)).blocks] == [text]


def test_what_a_style_of_paragraphs_hides() -> None:
    seen = '<w:rPr><w:rStyle w:val="Hidden"/></w:rPr>'
    box = f"<w:r>{seen}<w:txbxContent>{p('In a box.')}</w:txbxContent></w:r>"
    named = '<w:pPr><w:pStyle w:val="Form"/></w:pPr>'
    both = run("Hidden by both, so seen.", '<w:rStyle w:val="Hidden"/>')
    plain = "<w:r><w:t>Hidden too.</w:t></w:r>"
    body = f"{p('Top of Form', 'Form')}<w:p>{named}{both}{plain}{box}</w:p>{p('Rest.')}"
    assert [b.text for b in one(make_docx(body, styles=MADE)).blocks] == [
        "Hidden by both, so seen.",
        "In a box.",
        "Rest.",
    ]


def test_paragraphs_whose_end_was_deleted_are_one() -> None:
    deleted = "<w:rPr><w:del/></w:rPr>"
    gone = f"<w:p><w:pPr>{deleted}</w:pPr><w:del><w:r><w:delText>x</w:delText></w:r></w:del></w:p>"
    body = p("Take no more ", "H1", deleted) + gone + p("than two.", "LB") + p("Rest.")
    assert told(body) == [
        ("item", 1, "Take no more than two.", ""),
        ("paragraph", 0, "Rest.", ""),
    ]
    bare = f"{p('Take ', '', deleted)}<w:p>{run('two.')}</w:p>{p('Rest.', '', deleted)}"
    assert [text for _, _, text, _ in told(bare)] == ["Take two.", "Rest."]
