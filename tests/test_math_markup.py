"""Formulas in MathML: no number of theirs runs into another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from ingest.math_markup import TAGS, math_text


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        ("kg/m²", "kg/m²"),
        ("<mi>kg</mi><mo>/</mo><msup><mi>m</mi><mn>2</mn></msup>", "kg/m²"),
        (
            "<mi>BMI</mi><mo>=</mo><mfrac><mtext>weight in kg</mtext>"
            "<msup><mi>height</mi><mn>2</mn></msup></mfrac>",
            "BMI = (weight in kg)/height²",
        ),
        (
            "<mn>2</mn><mo>×</mo><msup><mn>10</mn><mrow><mo>−</mo><mn>5</mn></mrow></msup>",
            "2 × 10⁻⁵",
        ),
        ("<msub><mi>log</mi><mn>10</mn></msub><mn>2</mn>", "log10 2"),
        (
            "<mfrac><mrow><mn>140</mn><mo>−</mo><mi>age</mi></mrow><mn>72</mn></mfrac><mi>x</mi>",
            "(140 − age)/72 x",
        ),
        ("<mn>5</mn><mtext>&nbsp;mg</mtext>", "5 mg"),
        ("<mn>37</mn><msup><mi></mi><mo>∘</mo></msup><mi>C</mi>", "37°C"),
        ("<msubsup><mi>HCO</mi><mn>3</mn><mo>−</mo></msubsup>", "HCO3⁻"),
        ("<msqrt><mi>a</mi><mo>+</mo><mi>b</mi></msqrt>", "√(a + b)"),
        ("<mroot><mn>8</mn><mn>3</mn></mroot>", "³√8"),
        ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "(a, b)"),
        ("<mtable><mtr><mtd>a</mtd><mtd>b</mtd></mtr><mtr><mtd>c</mtd></mtr></mtable>", "a, b; c"),
        (
            "<semantics><mrow><mi>x</mi></mrow><annotation>\\frac{x}</annotation></semantics>",
            "x",
        ),
        ("<mi>x</mi><mphantom><mn>9</mn></mphantom>", "x"),
    ],
)
def test_a_formula_in_a_line(inside: str, text: str) -> None:
    assert math_text(html.fragment_fromstring(f"<math>{inside}</math>")) == text


@given(
    st.recursive(
        st.sampled_from(["1", "kg", "−", ""]),
        lambda inner: st.tuples(st.sampled_from(sorted(TAGS)), st.lists(inner, max_size=4)),
        max_leaves=20,
    )
)
def test_any_formula_is_read(tree: object) -> None:
    def built(node: object) -> etree._Element:
        element = etree.Element("mi")
        if isinstance(node, str):
            element.text = node
        elif isinstance(node, tuple):
            element.tag = node[0]
            element.extend(map(built, node[1]))
        return element

    assert isinstance(math_text(built(tree)), str)


def test_a_deep_formula_is_read_once() -> None:
    inside = "<mrow>" * 150 + "<mn>7</mn>" + "</mrow>" * 150
    assert math_text(html.fragment_fromstring(f"<math>{inside}</math>")) == "7"
