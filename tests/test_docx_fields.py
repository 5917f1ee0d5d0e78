"""EQ fields of Word documents: the equations that they show."""

import pytest

from index.errors import LimitExceeded
from tests.test_docx_reader import run, told


def field(code: str, shown: str = "") -> str:
    marks = {kind: f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in _KINDS}
    halves = (code[: len(code) // 2], code[len(code) // 2 :])
    written = "".join(
        f'<w:r><w:instrText xml:space="preserve">{half}</w:instrText></w:r>' for half in halves
    )
    return f"{marks['begin']}{written}{marks['separate']}{shown}{marks['end']}"


_KINDS = ("begin", "separate", "end")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (r" EQ \f(1,2) ", "Take 1 1/2 tablets"),
        (r"eq \F(1;2)", "Take 1 1/2 tablets"),
        (r"EQ \f(1,5;2)", "Take 1 1,5/2 tablets"),
        (r"EQ \f(a + \r(2),(b\,c))", "Take 1 (a + √2)/(b,c) tablets"),
        (r"EQ \s\up5(9)", "Take 1⁹ tablets"),
        (r"EQ \r(3,x)", "Take 1³√x tablets"),
        (r"EQ \b(x)\s\do3(2)", "Take 1(x)2 tablets"),
        (r"EQ \d\fo10()y", "Take 1y tablets"),
        (r"EQ \o\ac(1,2)", "Take 1 1, 2 tablets"),
        (r"EQ \f(1", "Take 1 1 tablets"),
        (r"EQ", "Take 1 tablets"),
        (r"PAGE", "Take 1 tablets"),
    ],
)
def test_what_a_field_shows(code: str, text: str) -> None:
    assert told(f"<w:p>{run('Take 1')}{field(code)}{run(' tablets')}</w:p>") == [
        ("paragraph", 0, text, "")
    ]


def test_a_field_with_text_says_that() -> None:
    shown = field(r"EQ \f(1,2)", run("½"))
    assert told(f"<w:p>{run('1')}{shown}</w:p>") == [("paragraph", 0, "1½", "")]
    simple = r'<w:fldSimple w:instr=" EQ \f(3,4) "/>'
    assert told(f"<w:p>{run('1')}{simple}</w:p>") == [("paragraph", 0, "1 3/4", "")]


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(LimitExceeded, match="nested deeper"):
        told(f"<w:p>{field('EQ ' + _DEEP)}</w:p>")


_DEEP = r"\f(" * 5000
