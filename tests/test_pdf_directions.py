"""Pages of scripts that run from right to left: whole words, in the order of reading."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.readers.pdf_directions import in_reading_direction, runs_left
from ingest.readers.pdf_words import Page, Word
from tests.test_pdf_reader import Text, assemble, kept

# Letters of Helvetica that are no wider than the half em which this font says of all.
_CODES = "abcdefghijklnopqrstuvxyz"
_PLAIN = " 0123456789.,ABCDEGHKLN"


def made_of(lines: list[Text]) -> bytes:
    """Return a PDF with these lines as they look: the first letter of Hebrew is the rightmost."""
    letters = sorted({c for line in lines for c in line[3]} - set(_PLAIN))
    code = dict(zip(letters, _CODES, strict=False))
    meant = {code.get(c, c): c for c in [*letters, *_PLAIN]}
    map_ = "/CIDInit /ProcSet findresource begin begincmap\n" + "".join(
        ["1 begincodespacerange <00> <FF> endcodespacerange\n"]
        + [f"1 beginbfchar <{ord(a):02X}> <{ord(c):04X}> endbfchar\n" for a, c in meant.items()]
    )
    map_ += "endcmap end"
    content = "BT " + "".join(
        f"/S {size} Tf 1 0 0 1 {x} {y} Tm ({''.join(code.get(c, c) for c in text)}) Tj\n"
        for x, y, size, text in lines
    )
    content += "ET"
    widths = " ".join(["300"] + ["500"] * 94)
    return assemble(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count 1/Kids[4 0 R]>>",
            b"<</Type/Font/Subtype/TrueType/FirstChar 32/LastChar 126/BaseFont/ABCDEF+Some"
            b"/Widths[%b]/ToUnicode 6 0 R>>" % widths.encode(),
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 600]/Contents 5 0 R"
            b"/Resources<</Font<</S 3 0 R>>>>>>",
            b"<</Length %d>>stream\n%b\nendstream" % (len(content), content.encode()),
            b"<</Length %d>>stream\n%b\nendstream" % (len(map_), map_.encode()),
        ]
    )


def test_hebrew_is_read_from_the_right() -> None:
    first, second = "כאב ראש עובר מעצמו בתוך יום אחד", "יש לנוח 15 דקות ולשתות מים"
    page = [
        (40.0, 560.0, 10.0, first[::-1]),
        (57.0, 548.0, 10.0, second[::-1].replace("51", "15")),
    ]
    assert kept(made_of(page)) == [f"{first} {second}"]


def test_the_right_column_is_read_first() -> None:
    right = [
        "אדום ירוק כחול לבן צהוב ורוד",
        "שחור אפור סגול כתום חום זהב",
        "שלג ואש ומים ורוח ואור",
    ]
    left = ["אחת שתיים שלוש ארבע חמש שש", "שבע שמונה תשע עשר ועוד אחת", "ים וחוף וחול ושמש ורוח"]
    page = [(220.0, 500.0 - 12 * n, 10.0, text[::-1]) for n, text in enumerate(right)]
    page += [(40.0, 503.0 - 12 * n, 10.0, text[::-1]) for n, text in enumerate(left)]
    assert " ".join(kept(made_of(page))) == " ".join([*right, *left])


def test_latin_words_keep_their_order_in_hebrew() -> None:
    page = [(40.0, 560.0, 10.0, "לכב ABC DE ןימטיו")]
    assert kept(made_of(page)) == ["ויטמין ABC DE בכל"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("החורא ABCD 400 EG לש", ["של", "ABCD", "400", "EG", "ארוחה"]),
        ("החורא AB 2-3 לש", ["של", "AB", "2-3", "ארוחה"]),
        ("החורא mg 400 לש", ["של", "400", "mg", "ארוחה"]),
        ("החורא AB % לש", ["של", "%", "AB", "ארוחה"]),
        ("החורא 15 לש", ["של", "15", "ארוחה"]),
    ],
)
def test_a_number_stays_in_its_run_of_words(row: str, expected: list[str]) -> None:
    words = []
    left = 40.0
    for text in row.split():
        right = left + 5 * len(text)
        read = text[::-1] if runs_left(text[0]) else text
        words.append(Word(read, left, right, 500.0, 10.0, False))
        left = right + 3
    words.append(Word("א" * 20, 40.0, 140.0, 400.0, 10.0, False))
    made = in_reading_direction(Page(words, "")).words[:-1]
    assert [word.text for word in sorted(made, key=lambda word: word.left)] == expected


def test_arabic_words_are_whole() -> None:
    text = "يزول الصداع من نفسه في يوم"
    assert kept(made_of([(40.0, 560.0, 10.0, text[::-1])])) == [text]


@pytest.mark.parametrize(
    ("character", "expected"), [("א", True), ("ع", True), ("a", False), ("1", False), ("急", False)]
)
def test_which_scripts_run_to_the_left(character: str, expected: bool) -> None:
    assert runs_left(character) == expected


_WORDS = st.builds(
    Word,
    st.text(st.sampled_from("אבגab1."), min_size=1, max_size=4),
    st.floats(0, 400).map(lambda x: round(x, 1)),
    st.just(0.0),
    st.sampled_from([500.0, 512.0]),
    st.just(10.0),
    st.just(False),
).map(lambda word: word._replace(right=word.left + 5 * len(word.text)))


@given(st.lists(_WORDS, max_size=12))
def test_a_mirror_moves_words_and_changes_nothing_else(words: list[Word]) -> None:
    made = in_reading_direction(Page(words, "x"))
    assert [word._replace(left=0, right=0) for word in made.words] == [
        word._replace(left=0, right=0) for word in words
    ]
    for word, was in zip(made.words, words, strict=True):
        assert word.right - word.left == pytest.approx(was.right - was.left)
