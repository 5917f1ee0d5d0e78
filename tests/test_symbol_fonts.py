"""Signs of symbol fonts: what each code is in which font, and what cannot be told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.readers.symbol_fonts import FIRST, LAST, sign


@pytest.mark.parametrize(
    ("codes", "signs"),
    [
        ("A3 A5 A8 AC AD AE AF AB", "≤∞♦←↑→↓↔"),
        ("B0 B1 B2 B3 B4 B7 B8 B9 BB BC", "°±″≥×•÷≠≈…"),
        ("D6 E5 F2 A0 A2 DE", "√∑∫€′⇒"),
        ("61 62 67 64 6D 77 6C 73", "αβγδµωλσ"),
        ("41 42 47 44 57 53", "ΑΒΓΔΩΣ"),
        ("31 2E 35 2D 3C", "1.5−<"),
        ("7F 9F FF F0", "\ufffd\ufffd\ufffd\ufffd"),
    ],
)
def test_codes_of_the_symbol_font(codes: str, signs: str) -> None:
    for font in ("Symbol", "SymbolMT", "ABCDEF+Symbol,Bold", "StandardSymbolsPS"):
        assert "".join(sign(0xF000 + int(code, 16), font) for code in codes.split()) == signs
        assert "".join(sign(int(code, 16), font) for code in codes.split()) == signs


@pytest.mark.parametrize(
    ("code", "font", "expected"),
    [
        (0xF0B7, "Symbol", "•"),
        (0xF0B7, "ABCDEF+TT12", "•"),
        (0xF0FC, "Wingdings", "•"),
        (0xF0E0, "ABCDEF+Wingdings-Regular", "→"),
        (0xF06D, "Wingdings", "\ufffd"),
        (0xF0B3, "ABCDEF+TT12", "\ufffd"),
        (0xF095, "FontAwesome", ""),
    ],
)
def test_the_font_says_what_a_code_means(code: int, font: str, expected: str) -> None:
    assert sign(code, font) == expected


@given(st.integers(0, 0xFF) | st.integers(FIRST, LAST), st.text())
def test_any_code_is_a_sign_or_none(code: int, font: str) -> None:
    made = sign(code, font)
    assert len(made) <= 1
    assert not any(FIRST <= ord(character) <= LAST for character in made)
