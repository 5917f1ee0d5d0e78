"""Signs of the Symbol and Wingdings fonts, which word processors write with codes of their own.

Such a code is that of the font, from 0x20 to 0xFF, or the same in the private area of Unicode, from
U+F020 to U+F0FF. What it means is said by the font alone: F06D is "µ" in one and a bomb in another.
"""

import re

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
"""What stands for a sign that cannot be told: a gap that is seen, in "≥ 180" as in "< 180"."""

FIRST, LAST = 0xF020, 0xF0FF

# Adobe's Symbol encoding, code by code from 0x20 on and again from 0xA0 on. Three of its signs are
# two of Unicode's each: the micro sign, Delta and Omega stand for what they mean most often here.
_LOWER = (
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?"
    "≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_"
    "\u203eαβχδεφγηιϕκλµνοπθρστυϖωξψζ{|}∼"
)
_UPPER = (
    "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵"
    "ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓"
    "◊⟨®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪\ufffd⟩∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭"
)
_SYMBOL = {
    **{0x20 + place: sign for place, sign in enumerate(_LOWER)},
    **{0xA0 + place: sign for place, sign in enumerate(_UPPER)},
}
# Of Wingdings what stands in articles: bullets, ticks and crosses, arrows, the face that a word
# processor makes of ":)".
_BULLETS = dict.fromkeys((0x2D, 0x6E, 0x76, 0xA7, 0xA8, 0xB7, 0xD8, 0xFC), "•")
_WINGDINGS = {
    **_BULLETS,
    **dict.fromkeys((0x6C, 0x75, 0x9F), "•"),
    0x20: " ",
    0x4A: "☺",
    0x6F: "□",
    0xDF: "←",
    0xE0: "→",
    0xE1: "↑",
    0xE2: "↓",
    0xE8: "→",
    0xF0: "⇨",
    0xFB: "✗",
    0xFD: "☒",
    0xFE: "☑",
}
_IS_SYMBOL = re.compile(r"(?:^|\+)(?:symbol|standardsymbols)", re.IGNORECASE)
_IS_WINGDINGS = re.compile(r"(?:^|\+)wingdings", re.IGNORECASE)
_IS_ICONS = re.compile(r"awesome|fontello|icon|glyph|dingbat|webding", re.IGNORECASE)


def sign(code: int, font: str) -> str:
    """Return the character of `code`, 0x20 to 0xFF or U+F020 to U+F0FF, in the font of this name.

    It is "" for a font of icons, which are pictures and no text, and `UNKNOWN` for a code that the
    font does not have and for a font that is not known, bullets aside.
    """
    code &= 0xFF
    if _IS_SYMBOL.search(font):
        return _SYMBOL.get(code, UNKNOWN)
    if _IS_WINGDINGS.search(font):
        return _WINGDINGS.get(code, UNKNOWN)
    if _IS_ICONS.search(font):
        return _BULLETS.get(code, "")
    return _BULLETS.get(code, UNKNOWN)
