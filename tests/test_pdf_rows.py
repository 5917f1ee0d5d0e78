"""Rows of a PDF's page, and what is raised or lowered in them."""

import pytest

from ingest.readers.pdf_rows import line_text, rows_of
from ingest.readers.pdf_words import Word


def set_line(*parts: tuple[str, float, float], size: float = 12) -> list[Word]:
    """Set words beside each other: the text (with the space before it), its size and its rise."""
    words = []
    left = 40.0
    for text, share, rise in parts:
        left += 0.25 * size * (len(text) - len(text.lstrip()))
        right = left + 0.5 * size * share * len(text.strip())
        words.append(Word(text.strip(), left, right, 500 + rise * size, size * share, False))
        left = right
    return words


@pytest.mark.parametrize("share", [0.5, 0.7, 0.83, 0.86])
@pytest.mark.parametrize("rise", [0.3, 0.4, 0.55])
def test_powers_of_any_size_and_height(share: float, rise: float) -> None:
    words = set_line(("10", 1, 0), ("9", share, rise), (" per", 1, 0), (" litre", 1, 0))
    assert [line_text(row) for row in rows_of(words)] == ["10⁹ per litre"]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([("Iodine", 1, 0), (" 131", 0.83, 0.4), ("I is", 1, 0)], "Iodine ¹³¹I is"),
        ([("131", 0.83, 0.4), ("I is", 1, 0)], "¹³¹I is"),
        ([("once", 1, 0), (" (", 1, 0), ("99", 0.83, 0.4), ("Tc)", 1, 0)], "once (⁹⁹Tc)"),
        ([("Ca", 1, 0), ("2+", 0.83, 0.4), (" is", 1, 0)], "Ca²⁺ is"),
        ([("The 2", 1, 0), ("nd", 0.83, 0.4), (" of", 1, 0)], "The 2nd of"),
        ([("H", 1, 0), ("2", 0.83, -0.25), ("O", 1, 0)], "H2O"),
        ([("SO", 1, 0), ("4", 0.7, -0.25), ("2-", 0.7, 0.4)], "SO4²⁻"),
        ([("10", 1, 0), ("-12", 0.7, 0.4)], "10⁻¹²"),
        ([("begins at 50.", 1, 0), ("8,9", 0.83, 0.4), (" Others", 1, 0)], "begins at 50. Others"),
        ([("so too", 1, 0), (" 5", 0.83, 0.4), (" is", 1, 0)], "so too is"),
        ([("so too", 1, 0), (" 5,", 0.6, 0.4), (" 6", 0.6, 0.4), (" is", 1, 0)], "so too is"),
        ([("so too", 1, 0), (" 5", 0.83, 0.4)], "so too"),
        ([("take", 1, 0), (" 5", 0.9, 0), (" mg", 1, 0)], "take 5 mg"),
    ],
)
def test_what_is_raised_or_lowered(parts: list[tuple[str, float, float]], expected: str) -> None:
    assert [line_text(row) for row in rows_of(set_line(*parts))] == [expected]


def test_a_citation_belongs_to_the_nearer_of_two_tight_lines() -> None:
    above = set_line(("No line", 1, 0), (" is", 1, 0))
    below = [
        word._replace(baseline=word.baseline - 12)
        for word in set_line(("It takes 10", 1, 0), ("9", 0.83, 0.4), (" cells", 1, 0))
    ]
    assert [line_text(row) for row in rows_of([*below, *above])] == [
        "No line is",
        "It takes 10⁹ cells",
    ]


def test_small_lines_beside_a_large_number_stay_lines() -> None:
    number = Word("70%", 40, 80, 500, 20, True)
    beside = [
        Word(text, left, left + 30, baseline, 10, False)
        for baseline, texts in ((508, ("of", "people")), (492, ("see", "no")))
        for text, left in zip(texts, (83, 115.5), strict=True)
    ]
    assert [line_text(row) for row in rows_of([number, *beside])] == ["of people", "70%", "see no"]


def test_the_text_beside_a_large_initial_stays_in_its_lines() -> None:
    initial = Word("A", 40, 58, 488, 27, False)
    first = Word("calf", 59, 80, 500, 10, False)
    second = Word("cramp", 59, 90, 488, 10, False)
    assert [line_text(row) for row in rows_of([initial, first, second])] == ["calf", "A cramp"]
