"""Equations: what stands above, below and beside, as one line of text."""

import pytest
from lxml import etree

from ingest.readers.equations import MATH, equation

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def r(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


def fraction(above: str, below: str) -> str:
    return f"<m:f><m:num>{r(above)}</m:num><m:den>{r(below)}</m:den></m:f>"


def said(inside: str) -> str:
    xml = f'<m:oMath xmlns:m="{MATH[1:-1]}" xmlns:w="{W}">{inside}</m:oMath>'
    return equation(etree.fromstring(xml))


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (r("dose = 5") + r(" mg"), "dose = 5 mg"),
        (
            f"<m:f><m:num>{r('140')}{r(' − age')}</m:num><m:den>{r('72')}</m:den></m:f>",
            "(140 − age)/72",
        ),
        (
            f"{r('m/')}<m:sSup><m:e>{r('h')}</m:e><m:sup>{r('2')}</m:sup></m:sSup>",
            "m/h²",
        ),
        (f"<m:sSup><m:e>{r('e')}</m:e><m:sup>{r('−kt')}</m:sup></m:sSup>", "e^(−kt)"),
        (f"<m:sSup><m:e>{r('10')}</m:e><m:sup>{r('−3')}</m:sup></m:sSup>", "10⁻³"),
        (f"<m:sSub><m:e>{r('CO')}</m:e><m:sub>{r('2')}</m:sub></m:sSub>", "CO2"),
        (
            f"{r('x')}<m:sSub><m:e>{r('10')}</m:e><m:sub>{r('2')}</m:sub></m:sSub>",
            "x10_2",
        ),
        (
            f"<m:sSubSup><m:e>{r('x')}</m:e><m:sub>{r('1')}</m:sub><m:sup>{r('2')}</m:sup>"
            "</m:sSubSup>",
            "x1²",
        ),
        (
            f"<m:rad><m:radPr/><m:deg>{r('3')}</m:deg><m:e>{r('a + b')}</m:e></m:rad>",
            "³√(a + b)",
        ),
        (r("1") + fraction("1", "2") + r(" mg"), "1 1/2 mg"),
        (fraction("1", "2") + r("5"), "1/2 5"),
        (fraction("1", "2") + fraction("3", "4"), "1/2 3/4"),
        (r("1") + r("4") + f"<w:ins>{r('0')}</w:ins>", "140"),
        (f"<m:sSup><m:e>{fraction('a', 'b')}</m:e><m:sup>{r('2')}</m:sup></m:sSup>", "(a/b)²"),
        (f"<m:sSup><m:e>{r('10')}</m:e><m:sup>{r('n')}</m:sup></m:sSup>{r('5')}", "10^n 5"),
        (
            f"{r('10')}<m:sPre><m:sub>{r('53')}</m:sub><m:sup>{r('131')}</m:sup><m:e>{r('I')}"
            "</m:e></m:sPre>",
            "10 ¹³¹₅₃I",
        ),
        (f"<m:sPre><m:sub>{r('k')}</m:sub><m:sup/><m:e>{r('L')}</m:e></m:sPre>", "_k L"),
        (f"<m:d><m:e>{r('a')}</m:e></m:d>{r('b')}", "(a)b"),
        (
            f'<m:d><m:dPr><m:begChr m:val="["/><m:endChr m:val="]"/></m:dPr><m:e>{r("a")}</m:e>'
            "</m:d>",
            "[a]",
        ),
        (
            '<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub/><m:sup/>'
            f"<m:e>{r('x')}</m:e></m:nary>",
            "∑ x",
        ),
        (
            f"<m:m><m:mr><m:e>{r('a')}</m:e><m:e>{r('b')}</m:e></m:mr>"
            f"<m:mr><m:e>{r('c')}</m:e></m:mr></m:m>",
            "a, b; c",
        ),
        (f"<m:func><m:fName>{r('log')}</m:fName><m:e>{r(' 5')}</m:e></m:func>", "log 5"),
        (f"<w:ins>{r('new')}</w:ins><w:del>{r('old')}</w:del>", "new"),
        ("<m:r><w:t>text</w:t></m:r>", "text"),
        ("<!-- a note -->" + r("x"), "x"),
    ],
)
def test_an_equation_is_one_line(inside: str, text: str) -> None:
    assert said(inside) == text


def test_brackets_of_their_own_are_not_taken_for_one_pair() -> None:
    assert (
        said(f"<m:f><m:num>{r('(a)+(b)')}</m:num><m:den>{r('(c)')}</m:den></m:f>")
        == "((a)+(b))/(c)"
    )
