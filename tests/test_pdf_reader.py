"""PDF: reading order, furniture, hyphens, headings, metadata, and hostile files."""

import json
import math
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import LimitExceeded, SourceError
from ingest.document import Document
from ingest.readers import pdf
from ingest.readers.pdf import read
from ingest.readers.pdf_blocks import blocks_of, join_lines, keeps_hyphen
from ingest.readers.pdf_words import Page, Word, pdf_words
from tests.reader_checks import check_blocks, mutated

Text = tuple[float, float, float, str]
"""x and y in points from the lower left, size (negative for bold), and the text."""


def make_pdf(
    pages: Sequence[Sequence[Text]], info: str = "", *, extra: str = "", compress: bool = False
) -> bytes:
    """Return a PDF 1.4 with these lines of Helvetica on pages of 400 by 600 points."""
    kids = " ".join(f"{5 + 2 * n} 0 R" for n in range(len(pages)))
    fonts = "/Type/Font/Subtype/Type1/Encoding/StandardEncoding/BaseFont"
    objects: list[bytes] = [
        f"<</Type/Catalog/Pages 2 0 R/Lang(en-GB){extra}>>".encode(),
        f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>".encode(),
        f"<<{fonts}/Helvetica>>".encode(),
        f"<<{fonts}/Helvetica-Bold>>".encode(),
    ]
    for number, lines in enumerate(pages):
        content = "BT\n" + "".join(
            f"/{'B' if size < 0 else 'F'} {abs(size)} Tf 1 0 0 1 {x} {y} Tm ({_escaped(text)}) Tj\n"
            for x, y, size, text in lines
        )
        stream = (content + "ET").encode("latin-1")
        packed = zlib.compress(stream) if compress else stream
        packing = "/Filter/FlateDecode" if compress else ""
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 600]/Contents {6 + 2 * number} 0 R"
            "/Resources<</Font<</F 3 0 R/B 4 0 R>>>>>>".encode()
        )
        head = f"<</Length {len(packed)}{packing}>>stream\n".encode()
        objects.append(head + packed + b"\nendstream")
    objects.append(f"<<{info}>>".encode())
    return assemble(objects, f"/Info {len(objects)} 0 R")


def assemble(objects: Sequence[bytes], trailer: str = "") -> bytes:
    """Number `objects` from 1 and put a cross-reference table behind them."""
    data = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(data)
    data += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    data += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    data += f"trailer<</Size {len(objects) + 1}/Root 1 0 R{trailer}>>\n".encode()
    return bytes(data) + f"startxref\n{start}\n%%EOF".encode()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def lines(x: float, y: float, *texts: str, size: float = 10, leading: float = 12) -> list[Text]:
    return [(x, y - leading * n, size, text) for n, text in enumerate(texts)]


def one(data: bytes, name: str = "a.pdf") -> Document:
    (document,) = read(data, name)
    return document


def told(data: bytes) -> list[tuple[str, int, str, str]]:
    """Return the blocks as (kind, level, text, reason), read in this process."""
    found = pdf_words(data, 100)
    assert not isinstance(found, str), found
    return [(b.kind, b.level, b.text, b.left_out) for b in blocks_of(found.pages)]


def kept(data: bytes) -> list[str]:
    return [text for _, _, text, left_out in told(data) if not left_out]


LEFT = (
    "A calf cramp comes without any",
    "warning in the night and lets go",
    "within a few minutes by itself.",
    "The muscle may be sore for some",
)
RIGHT = (
    "days afterwards, which is no sign",
    "of harm. Stretch the calf slowly",
    "and hold it until the pain fades.",
    "Walk a little after that.",
)


def test_two_columns_are_read_one_after_the_other() -> None:
    page = [
        (40, 560, -18, "Night cramps of the calf"),
        *lines(40, 530, "A line across the whole page, as wide as both of the columns are,"),
        *lines(40, 500, *LEFT),
        *lines(220, 500, *RIGHT),
        *lines(40, 430, "And a line across both columns again, which is read after the two."),
    ]
    assert kept(make_pdf([page])) == [
        "Night cramps of the calf",
        "A line across the whole page, as wide as both of the columns are,",
        " ".join((*LEFT, *RIGHT)),
        "And a line across both columns again, which is read after the two.",
    ]


def test_columns_that_do_not_share_baselines_and_stand_in_any_order() -> None:
    page = [*lines(220, 497, *RIGHT), *lines(40, 503, *LEFT)]
    assert kept(make_pdf([page])) == [" ".join((*LEFT, *RIGHT))]


def test_three_columns() -> None:
    first = lines(20, 500, "alpha beta gamma delta epsilon", "zeta eta theta iota kappa", size=8)
    second = lines(150, 500, "one two three four five six", "seven eight nine ten eleven", size=8)
    third = lines(280, 500, "red green blue yellow black", "white orange purple brown", size=8)
    for column in (first, second, third):
        column.append((column[0][0], 476, 8, "and one last line for each"))
    texts = kept(make_pdf([[*third, *first, *second]]))
    assert " ".join(texts) == " ".join(line[3] for line in (*first, *second, *third))


def test_tables_are_read_by_row() -> None:
    cells = [
        ("Remedy", "Evidence", "Risk"),
        ("Stretching", "Good", "None"),
        ("Quinine", "Some", "Grave"),
    ]
    page = [
        (40 + 120 * column, 500 - 18 * row, 10, text)
        for column in range(3)
        for row, text in enumerate(cells[r][column] for r in range(3))
    ]
    assert told(make_pdf([page])) == [("row", 0, " | ".join(row), "") for row in cells]


def test_headers_footers_and_page_numbers_are_left_out() -> None:
    pages = [
        [
            (40, 580, 8, f"{chapter} | The Book of Cramps"),
            *lines(40, 540, f"Page body of number {word} is here, as the only one."),
            (40, 40, 8, "Sample Press, all rights reserved"),
            (195, 20, 8, number),
        ]
        for chapter, word, number in (
            ("Causes", "one", "ix"),
            ("Causes", "two", "10"),
            ("Causes", "three", "11"),
            ("Cures", "four", "12"),
        )
    ]
    blocks = told(make_pdf(pages))
    assert Counter(left_out for *_, left_out in blocks) == {
        "": 4,
        "running header": 4,  # "Cures" too: it stands where the others do
        "running footer": 4,
        "page number": 4,
    }
    assert [b[2] for b in blocks if not b[3]] == [
        f"Page body of number {word} is here, as the only one."
        for word in ("one", "two", "three", "four")
    ]


@pytest.mark.parametrize(
    ("first", "second", "size"),
    [
        ("5 mg daily", "10 mg daily", 10),
        ("Adults: 2 to 4 tablets", "Adults: 3 to 5 tablets", 10),
        ("Step 1", "Step 2", 14),
    ],
)
def test_rows_whose_numbers_differ_are_no_header(first: str, second: str, size: float) -> None:
    pages = [
        [(40, 580, size, text), *lines(40, 540, f"Page body of number {word} is here, alone.")]
        for text, word in ((first, "one"), (second, "two"))
    ]
    texts = kept(make_pdf(pages))
    assert [text for text in texts if not text.startswith("Page")] == [first, second]


def test_one_number_of_a_header_counts_the_pages() -> None:
    pages = [
        [
            (40, 580, 8, f"Leaflet 12 of 2020, side {page} of 3"),
            *lines(40, 540, f"Page body of number {word} is here, as the only one."),
        ]
        for page, word in ((1, "one"), (2, "two"), (3, "three"))
    ]
    assert [text for *_, text, reason in told(make_pdf(pages)) if reason == "running header"] == [
        f"Leaflet 12 of 2020, side {page} of 3" for page in (1, 2, 3)
    ]


def test_a_single_page_keeps_its_first_and_last_line() -> None:
    page = lines(40, 560, "A short leaflet of a single page.", leading=30)
    page += lines(40, 500, "Body of the leaflet.", "Call 112 in an emergency", leading=40)
    assert kept(make_pdf([page])) == [line[3] for line in page]


def test_a_paragraph_goes_on_over_the_page() -> None:
    pages = [
        [*lines(40, 560, "The first page ends in the middle of a sen-"), (195, 20, 8, "1")],
        [*lines(40, 560, "tence that goes on here."), (195, 20, 8, "2")],
    ]
    assert kept(make_pdf(pages)) == [
        "The first page ends in the middle of a sentence that goes on here."
    ]


def test_paragraphs_part_where_the_white_space_does() -> None:
    page = [
        *lines(40, 560, "One paragraph of two lines which fills the line to its end", "and ends."),
        *lines(40, 528, "Another one, which is apart by more than the usual distance", "of lines."),
        *lines(52, 504, "A third is set in, as books do it, and goes on over to its"),
        *lines(40, 492, "second line."),
    ]
    assert kept(make_pdf([page])) == [
        "One paragraph of two lines which fills the line to its end and ends.",
        "Another one, which is apart by more than the usual distance of lines.",
        "A third is set in, as books do it, and goes on over to its second line.",
    ]


def test_headings_by_size_and_weight() -> None:
    page = [
        (40, 560, -20, "A title that is so long that it"),
        (40, 537, -20, "needs two lines"),
        (40, 510, 14, "Causes"),
        *lines(40, 490, "Text of the first section, long enough to set the size of the body."),
        (40, 465, -10, "A minor matter"),
        *lines(40, 450, "Text of the minor matter, again as long as a line of the body is."),
        (40, 425, 14, "Cures"),
        *lines(40, 405, "Text of the last section, and once more as long as the other ones."),
    ]
    headings = [b for b in told(make_pdf([page])) if b[0] == "heading"]
    assert headings == [
        ("heading", 1, "A title that is so long that it needs two lines", ""),
        ("heading", 2, "Causes", ""),
        ("heading", 3, "A minor matter", ""),
        ("heading", 2, "Cures", ""),
    ]


def test_bullets_and_numbers_make_items() -> None:
    page = [
        *lines(40, 560, "See a doctor if:"),
        (50, 545, 10, "\xb7"),  # StandardEncoding: bullet
        *lines(62, 545, "the cramps come back again and again, or they last for", "very long"),
        (50, 520, 10, "\xb7"),
        *lines(62, 520, "the leg is swollen"),
        *lines(50, 505, "1. Straighten the leg.", "2. Pull the toes up."),
    ]
    assert told(make_pdf([page])) == [
        ("paragraph", 0, "See a doctor if:", ""),
        ("item", 1, "the cramps come back again and again, or they last for very long", ""),
        ("item", 1, "the leg is swollen", ""),
        ("item", 1, "1. Straighten the leg.", ""),
        ("item", 1, "2. Pull the toes up.", ""),
    ]


def test_ligatures_are_letters() -> None:
    assert kept(make_pdf([lines(40, 560, "\xaerst, bene\xaet, stru\xafes")])) == [
        "first, benefit, strufles"
    ]


def test_citations_are_dropped_and_powers_stay() -> None:
    page = [
        (40, 560, 10, "The menopause."),
        (115.5, 564, 6, "8,9"),
        (40, 540, 10, "A cell count of 10"),
        (117, 544, 6, "9"),
        (123.5, 540, 10, "is usual."),
    ]
    assert " ".join(kept(make_pdf([page]))) == "The menopause. A cell count of 10⁹ is usual."


def test_a_raised_number_before_a_letter_stays() -> None:
    page = [
        (40, 560, 10, "Radioactive iodine,"),
        (126, 564, 6, "131"),
        (136.2, 560, 10, "I, is swallowed"),
        (40, 540, 10, "once ("),
        (68, 544, 6, "99"),
        (74.8, 540, 10, "Tc)."),
    ]
    assert " ".join(kept(make_pdf([page]))) == (
        "Radioactive iodine, ¹³¹I, is swallowed once (⁹⁹Tc)."
    )


def symbols(font: str, codes: str) -> bytes:
    """Return a PDF whose "A", "B" and so on are these codes in the font of that name."""
    map_ = "1 begincodespacerange <00> <FF> endcodespacerange\n" + "".join(
        f"1 beginbfchar <{0x41 + n:02X}> <{code}> endbfchar\n"
        for n, code in enumerate(codes.split())
    )
    map_ = f"/CIDInit /ProcSet findresource begin begincmap\n{map_}endcmap end"
    content = (
        b"BT /F 10 Tf 1 0 0 1 40 560 Tm (Ring above) Tj /S 10 Tf ( A) Tj /F 10 Tf ( 180, take 5 )"
        b" Tj /S 10 Tf (B) Tj /F 10 Tf (g.) Tj ET"
    )
    named = f"/Type/Font/Subtype/TrueType/FirstChar 32/LastChar 67/BaseFont/{font}"
    widths = " ".join(["250"] + ["500"] * 35)
    return assemble(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count 1/Kids[5 0 R]>>",
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            f"<<{named}/Widths[{widths}]/ToUnicode 7 0 R>>".encode(),
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 600]/Contents 6 0 R"
            b"/Resources<</Font<</F 3 0 R/S 4 0 R>>>>>>",
            b"<</Length %d>>stream\n%b\nendstream" % (len(content), content),
            b"<</Length %d>>stream\n%b\nendstream" % (len(map_), map_.encode()),
        ]
    )


@pytest.mark.parametrize(
    ("font", "text"),
    [
        ("ABCDEF+SymbolMT", "Ring above ≥ 180, take 5 µg."),
        ("ABCDEF+Unknown", "Ring above \ufffd 180, take 5 \ufffdg."),
    ],
)
def test_signs_of_a_symbol_font_are_read(font: str, text: str) -> None:
    assert kept(symbols(font, "F0B3 F06D")) == [text]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("a sud-", "den pain", "a sudden pain"),
        ("over-the-", "counter pills", "over-the-counter pills"),
        ("over-", "the-counter pills", "over-the-counter pills"),
        ("long-", "term use", "long-term use"),  # both are words of the document
        ("well-", "being", "well-being"),
        ("the build-", "up of", "the build-up of"),
        ("the treat-", "ment", "the treatment"),
        ("cross-", "sectional", "cross-sectional"),  # written so elsewhere
        ("Guillain-", "Barr syndrome", "Guillain-Barr syndrome"),
        ("10-", "15 minutes", "10-15 minutes"),
        ("5–", "10 mg", "5–10 mg"),
        ("a pause –", "then more", "a pause – then more"),
        ("and/", "or", "and/or"),
        ("no hyphen", "here", "no hyphen here"),
        ("夜间小腿", "抽筋很痛。", "夜间小腿抽筋很痛。"),
        ("痛み、", "カルシウム", "痛み、カルシウム"),
        ("服用 ABC", "片剂", "服用 ABC 片剂"),
        ("밤에 다리가", "아픕니다", "밤에 다리가 아픕니다"),
    ],
)
def test_line_ends(first: str, second: str, expected: str) -> None:
    vocabulary = Counter(["the", "treatment", "long", "term", "cross-sectional"])
    assert join_lines(first, second, vocabulary) == expected


def test_the_more_frequent_spelling_wins() -> None:
    assert keeps_hyphen("co", "operate", Counter({"cooperate": 1, "co-operate": 2}))
    assert not keeps_hyphen("co", "operate", Counter({"cooperate": 2, "co-operate": 1}))


def test_a_page_that_lies_on_its_side_reads_the_same() -> None:
    upright = make_pdf([lines(40, 560, *LEFT)])
    turned = upright.replace(b"/Parent", b"/Rotate 90/Parent")
    assert kept(turned) == kept(upright)
    stream = b"".join(
        f"/F 10 Tf 0 1 -1 0 {100 + 12 * n} 40 Tm ({text}) Tj\n".encode()
        for n, text in enumerate(LEFT)
    )
    body = f"<</Length {len(stream) + 6}>>stream\nBT ".encode() + stream + b"ET\nendstream"
    objects = upright.split(b"endobj\n")
    page = objects[4].split(b"obj\n")[1]
    sideways = assemble([*(part.split(b"obj\n")[1] for part in objects[:4]), page, body], "")
    assert kept(sideways) == kept(upright)


def test_text_across_the_page_is_left_out() -> None:
    data = make_pdf([lines(40, 560, *LEFT)]).replace(
        b"ET\nendstream", b"/F 9 Tf 0 1 -1 0 20 40 Tm (Received in 2020) Tj ET\nendstream"
    )
    assert told(data)[-1] == ("paragraph", 0, "Received in 2020", "text set across the page")


@pytest.mark.parametrize("degrees", [12, 30, 45, 60, -45, 135])
def test_a_watermark_is_left_out(degrees: float) -> None:
    a, b = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    mark = f"/F 40 Tf {a:.4f} {b:.4f} {-b:.4f} {a:.4f} 150 530 Tm (NOT FINAL) Tj ET\nendstream"
    data = make_pdf([lines(40, 560, *LEFT)]).replace(b"ET\nendstream", mark.encode())
    assert told(data) == [
        ("paragraph", 0, " ".join(LEFT), ""),
        ("paragraph", 0, "NOT FINAL", "text set across the page"),
    ]


def test_a_page_that_lies_a_little_askew_is_read() -> None:
    data = make_pdf([lines(40, 560, *LEFT)]).replace(b"1 0 0 1 40", b".9986 .0035 -.0035 .9986 40")
    assert " ".join(kept(data)) == " ".join(LEFT)


def test_metadata_comes_from_the_file_and_the_page() -> None:
    info = "/Title(Cramps at night)/Author(Ada Writer; B. Other)/CreationDate(D:20240501120000Z)"
    made = one(make_pdf([[(40, 560, 18, "A heading"), *lines(40, 520, *LEFT)]], info)).metadata
    assert (made.title, made.authors) == ("Cramps at night", ("Ada Writer", "B. Other"))
    assert (made.published, made.modified, made.language) == (None, None, "en-GB")


@pytest.mark.parametrize(
    "title", ["leaflet_v3.docx", "Microsoft Word - draft", "untitled", "", "a", "DOC-2931"]
)
def test_a_file_name_is_no_title(title: str) -> None:
    page = [(40, 560, 18, "Cramps"), *lines(40, 520, *LEFT)]
    assert one(make_pdf([page], f"/Title({title})/Author(user)")).metadata.title == "Cramps"


@pytest.mark.parametrize(
    ("created", "modified", "told"),
    [
        ("D:20240501120000Z", "D:20250301", "2025-03-01"),
        ("D:20240501120000Z", "D:20240501130000Z", None),  # printed on that day
        ("", "D:202503", "2025-03"),
        ("", "D:20241399", None),
        ("", "yesterday", None),
        ("", "D:", None),
    ],
)
def test_the_day_a_file_was_made_is_no_date_of_the_article(
    created: str, modified: str, told: str | None
) -> None:
    info = f"/CreationDate({created})/ModDate({modified})"
    made = one(make_pdf([lines(40, 560, *LEFT)], info)).metadata
    assert (made.published, made.modified) == (None, told)


def test_references_are_set_apart() -> None:
    page = [
        *lines(40, 560, "A cramp passes by itself within a few minutes, and does no harm at all."),
        (40, 530, 14, "References"),
        *lines(40, 510, "1. Doe J. Cramps at night. J Sample Med. 2020;12(3):45-50."),
        *lines(40, 490, "2. Roe R. Calf pain. https://doi.org/10.1000/182"),
    ]
    document = one(make_pdf([page]))
    assert [b.left_out for b in document.blocks] == ["", *["reference list"] * 3]
    assert [(r.number, r.url, r.doi) for r in document.metadata.references] == [
        (1, None, None),
        (2, "https://doi.org/10.1000/182", "10.1000/182"),
    ]


def test_a_scan_without_text_says_what_to_do() -> None:
    with pytest.raises(SourceError, match=r"^a\.pdf: the pages hold no text.*ocrmypdf"):
        one(make_pdf([[]]))


def test_what_is_no_pdf_is_refused() -> None:
    with pytest.raises(SourceError, match=r"^a\.pdf: not a PDF"):
        one(b"hello")


def test_a_damaged_pdf_is_refused() -> None:
    with pytest.raises(SourceError, match=r"^a\.pdf: the PDF is damaged"):
        one(make_pdf([lines(40, 560, *LEFT)])[:150])


def test_a_locked_pdf_is_refused() -> None:
    lock = "/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<{0}>/U<{0}>>>/ID[<00><00>]".format("ab" * 32)
    data = make_pdf([lines(40, 560, *LEFT)]).replace(b"/Root 1 0 R", b"/Root 1 0 R" + lock.encode())
    with pytest.raises(SourceError, match=r"^a\.pdf: the PDF is locked with a password"):
        one(data)


def test_too_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_BYTES", 100)
    with pytest.raises(LimitExceeded):
        one(make_pdf([[]]))


def test_too_many_pages() -> None:
    assert pdf_words(make_pdf([[]] * 5), 4) == "pages 5"
    with pytest.raises(LimitExceeded, match=r"^a\.pdf: 2001 pages; a PDF may have 2000"):
        one(make_pdf([[]] * 2001))


def test_a_slow_pdf_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_SECONDS", 0.01)
    with pytest.raises(LimitExceeded, match="took more than"):
        one(make_pdf([lines(40, 560, *LEFT)]))


def test_a_child_that_dies_costs_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_CHILD", "import os; os.abort()")
    with pytest.raises(SourceError, match=r"^a\.pdf: the PDF broke its reader \(exit status -6\)"):
        one(make_pdf([lines(40, 560, *LEFT)]))


LOOPS = {
    "a page tree that holds itself": [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 3/Kids[2 0 R 2 0 R 2 0 R]/Parent 2 0 R>>",
    ],
    "an object that is a reference to itself": [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"2 0 R",
    ],
    "a form that draws itself": [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R"
        b"/Resources<</XObject<</X 5 0 R>>>>>>",
        b"<</Length 4>>stream\n/X Do\nendstream",
        b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 10/Resources<</XObject<</X 5 0 R>>>>>>"
        b"stream\n/X Do /X Do\nendstream",
    ],
    "a million pages that are one": [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1000000/Kids[" + b"3 0 R " * 1000 + b"]>>",
        b"<</Type/Pages/Count 1000/Parent 2 0 R/Kids[" + b"4 0 R " * 1000 + b"]>>",
        b"<</Type/Page/Parent 3 0 R/MediaBox[0 0 9 9]>>",
    ],
}


@pytest.mark.parametrize("name", LOOPS)
def test_loops_end(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_SECONDS", 3)
    with pytest.raises(SourceError, match=r"^a\.pdf: "):
        one(assemble(LOOPS[name]))


def test_a_decompression_bomb_costs_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_SECONDS", 4)
    packed = zlib.compress(zlib.compress(b"BT /F 9 Tf (x) Tj ET " + b" " * 100_000_000))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents[" + b"4 0 R " * 30 + b"]>>",
        b"<</Length %d/Filter[/FlateDecode/FlateDecode]>>stream\n%b\nendstream"
        % (len(packed), packed),
    ]
    bomb = assemble(objects)
    assert len(bomb) < 2_000
    with pytest.raises(SourceError, match=r"^a\.pdf: "):
        one(bomb)


def test_the_child_writes_nothing_but_its_answer() -> None:
    data = make_pdf([lines(40, 560, *LEFT)])
    command = [sys.executable, "-I", "-c", pdf._CHILD, str(Path(pdf.__file__).parents[2])]
    child = subprocess.run(command, input=data, capture_output=True, check=True)
    assert child.stderr == b""
    assert json.loads(child.stdout)["blocks"] == [["paragraph", " ".join(LEFT), 0, None, ""]]


SEEDS = [
    make_pdf([[(40, 560, -18, "Title"), *lines(40, 500, *LEFT), *lines(220, 500, *RIGHT)]]),
    make_pdf([[(9, 9, 9, "1"), *lines(40, 560, *LEFT)]] * 3, "/Title(x)", compress=True),
]
_TOKENS = (
    b"1e400", b"-1", b"0 0 0 0 0 0 Tm", b"1 0 0 1 99999999 1 Tm", b"0 1 -1 0 9 9 Tm", b"(x)Tj",
    b"[(a)-9999(b)]TJ", b"<</", b">>", b"R", b" 0 R", b"endobj", b"stream\n", b"/Kids[2 0 R]",
    b"\xb7", b"-", b"/Rotate 90", b"/F 0 Tf", b"/F 1e9 Tf", b"/Length 0", b"BT", b"ET", b"q", b"Q",
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(mutated(SEEDS, _TOKENS))
def test_any_pdf_is_read_or_refused(data: bytes) -> None:
    found = pdf_words(data, 50)
    if isinstance(found, str):
        assert found in {"broken", "encrypted"} or found.startswith("pages ")
    elif blocks := blocks_of(found.pages):
        check_blocks(Document(tuple(blocks)))


_COORDINATES = st.floats(-500, 1000) | st.sampled_from([0.0, 100.0, 100.1, 20_000.0, -20_000.0])
_WORDS = st.builds(
    Word,
    st.text(st.characters(codec="utf-8", exclude_categories=["Z", "Cc"]), min_size=1, max_size=8),
    _COORDINATES,
    _COORDINATES,
    _COORDINATES,
    st.floats(1, 100),
    st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.builds(Page, st.lists(_WORDS, max_size=40), st.just("")), max_size=4))
def test_every_word_comes_out_whatever_the_layout(pages: list[Page]) -> None:
    blocks = blocks_of(pages)
    if blocks:
        check_blocks(Document(tuple(blocks)))
    # Citations, bullets, hyphens and spaces apart, no character is lost or made.
    wanted = Counter(c for page in pages for word in page.words for c in word.text if c.isalpha())
    got = Counter(c for made in blocks for c in made.text if c.isalpha())
    assert not got - wanted
    assert sum((wanted - got).values()) <= sum(len(page.words) for page in pages) * 2
