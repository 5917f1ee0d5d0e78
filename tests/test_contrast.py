"""The colours of the pages, computed from the style sheet: WCAG 2.2, 1.4.3 and 1.4.11.

axe-core looks at text on a plain ground; marks, edges and the ring of focus it does not weigh.
"""

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
STATIC = HOUSE / "service" / "web" / "static"
SHEET = (STATIC / "pincite.css").read_text("utf-8")
_TOKEN = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")
_DARK = SHEET.index("@media (prefers-color-scheme: dark)")
_END = SHEET.index("*, *::before")
LIGHT = dict(_TOKEN.findall(SHEET[:_DARK]))
THEMES = {"light": LIGHT, "dark": LIGHT | dict(_TOKEN.findall(SHEET[_DARK:_END]))}

TEXT = [
    ("ink", "paper"),
    ("ink", "surface"),
    ("ink", "wash"),
    ("ink", "alert-wash"),
    ("ink-soft", "paper"),
    ("ink-soft", "surface"),
    ("ink-soft", "wash"),
    ("ink-soft", "alert-wash"),
    ("accent", "paper"),
    ("accent", "surface"),
    ("accent", "wash"),
    ("accent-strong", "wash"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("on-mark", "mark"),
    ("alert", "alert-wash"),
    ("alert", "wash"),
]
PARTS = [
    # The line under a mark is what tells it from the rest, the yellow alone would not.
    ("mark-edge", "surface"),
    ("mark-edge", "paper"),
    ("mark-edge", "mark"),
    ("edge", "surface"),
    ("edge", "paper"),
    ("edge", "wash"),
    ("focus", "paper"),
    ("focus", "surface"),
    ("focus", "wash"),
    ("alert", "paper"),
]


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb, as WCAG defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "ground"), TEXT)
def test_text_is_told_from_its_ground(theme: str, front: str, ground: str) -> None:
    assert contrast(THEMES[theme][front], THEMES[theme][ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "ground"), PARTS)
def test_edges_marks_and_focus_are_told_from_their_ground(
    theme: str, front: str, ground: str
) -> None:
    assert contrast(THEMES[theme][front], THEMES[theme][ground]) >= 3


def test_the_marks_are_as_the_page_about_them_says() -> None:
    said = (HOUSE / "docs" / "page.md").read_text("utf-8")
    for theme in ("light", "dark"):
        colours = THEMES[theme]
        ratio = contrast(colours["on-mark"], colours["mark"])
        line = contrast(colours["mark-edge"], colours["surface"])
        assert f"{theme}: {ratio:.1f}:1, {line:.1f}:1" in said


def test_the_embedded_box_has_the_colours_of_the_pages() -> None:
    script = (STATIC / "pincite-search.js").read_text("utf-8")
    pairs = re.findall(
        r"--pincite-([\w-]+), light-dark\((#[0-9a-f]{3,6}), (#[0-9a-f]{3,6})\)", script
    )
    named = {"paper": "surface"}
    assert len(pairs) == 13
    for name, light, dark in pairs:
        token = named.get(name, name)
        assert (_long(light), _long(dark)) == (LIGHT[token], THEMES["dark"][token]), name


def _long(colour: str) -> str:
    return colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])
