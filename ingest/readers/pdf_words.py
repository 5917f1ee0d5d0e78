"""The text layer of a PDF → its words, each with its place on the page.

Coordinates are in points, along the direction in which most of the page's text runs: x to the
right, y up. So a page that is displayed turned reads like any other.
"""

import ctypes
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from ingest.readers import symbol_fonts

# At a line's end PDFium gives U+FFFE (or U+0002) for a hyphen, hard or soft.
_HYPHENS = dict.fromkeys((0x02, 0xFFFE, 0xAD, 0x2010), "-")
_LIGATURES = {
    0xFB00: "ff",
    0xFB01: "fi",
    0xFB02: "fl",
    0xFB03: "ffi",
    0xFB04: "ffl",
    0xFB05: "st",
    0xFB06: "st",
}
_REPLACED = {**_HYPHENS, **_LIGATURES}
# By name, since the weight that PDFium derives from the stems is 415 for Liberation Serif Bold
# and 545 for Computer Modern Bold, with 340 and 345 for their regular cuts.
_BOLD_NAME = re.compile(rb"bold|black|heavy|demi|cmbx|[-,]bd", re.IGNORECASE)
_FORCE_BOLD = 1 << 18  # PDF 32000-1, table 123
_DIAGONAL = 4  # in place of the quarter turns: a watermark or a stamp, whose letters climb
_TILT = 0.1  # quarter turns by which a scan that lies askew may be off: 9 degrees
_FARTHEST = 20_000.0  # points; the largest page that PDF knows is 14,400


class Word(NamedTuple):
    """A run of characters without a space. `size` is that of the font as it is shown."""

    text: str
    left: float
    right: float
    baseline: float
    size: float
    bold: bool


class Page(NamedTuple):
    """The words of a page in the order of the file, and the text that runs another way."""

    words: list[Word]
    turned: str


class Pdf(NamedTuple):
    """A PDF's pages and what it says of itself. `unreadable` counts the pages left out."""

    pages: list[Page]
    info: dict[str, str]
    language: str
    unreadable: int


def pdf_words(data: bytes, max_pages: int) -> Pdf | str:
    """Return the words of each page, or why there are none.

    The reasons are "encrypted", "broken" and "pages N" (N of them, more than `max_pages`).
    """
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        return "encrypted" if "password" in str(error).lower() else "broken"
    count = len(document)
    if count > max_pages:
        return f"pages {count}"
    pages = []
    for number in range(count):
        try:
            page = document[number]
        except pypdfium2.PdfiumError:
            continue
        pages.append(_page(page))
        page.close()
    if not pages:
        return "broken"
    info = document.get_metadata_dict(skip_empty=True)
    return Pdf(pages, info, _language(document), count - len(pages))


def _language(document: Any) -> str:  # noqa: ANN401 (pypdfium2 has no types)
    length = pdfium.FPDFCatalog_GetLanguage(document.raw, None, 0)
    if not 2 < length < 100:
        return ""
    buffer = ctypes.create_string_buffer(length)
    place = ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR))
    pdfium.FPDFCatalog_GetLanguage(document.raw, place, length)
    return buffer.raw.decode("utf-16-le", "ignore").rstrip("\x00")


def _page(page: Any) -> Page:  # noqa: ANN401
    text_page = page.get_textpage()
    runs = list(_runs(text_page.raw, text_page.count_chars()))
    text_page.close()
    turns: Counter[int] = Counter()
    for turn, word in runs:
        turns[turn] += len(word.text)
    turns.pop(_DIAGONAL, None)
    upright = turns.most_common(1)[0][0] if turns else 0
    return Page(
        [word for turn, word in runs if turn == upright],
        " ".join(word.text for turn, word in runs if turn != upright),
    )


class _Run:
    """The word being read: its characters so far and where they stand."""

    def __init__(self, turn: int, baseline: float, size: float, bold: bool) -> None:
        self.turn = turn
        self.baseline = baseline
        self.size = size
        self.bold = bold
        self.characters: list[str] = []
        self.left = math.inf
        self.right = -math.inf
        self.end = 0.0

    def add(self, character: str, start: float, end: float) -> None:
        self.characters.append(character)
        self.left = min(self.left, start)
        self.right = max(self.right, end)
        self.end = end

    def continues(self, character: str, start: float, end: float, up: float) -> bool:
        if abs(up - self.baseline) > 0.12 * self.size:
            return False
        if abs(start - self.end) <= 0.3 * self.size:
            return True
        # PDFium gives letters in the order in which they are read: of Hebrew and Arabic each one
        # stands to the left of the one before, and their marks stand upon it.
        direction = unicodedata.bidirectional(character) if character > "\u0590" else ""
        if direction == "NSM":
            return start - 0.3 * self.size <= self.right and self.left <= end + 0.3 * self.size
        reach = end - self.left
        return direction in ("R", "AL") and -0.3 * self.size <= reach <= 0.6 * self.size

    def word(self) -> tuple[int, Word]:
        text = "".join(self.characters)
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return self.turn, Word(
            text,
            round(self.left, 2),
            round(self.right, 2),
            round(self.baseline, 2),
            round(self.size, 2),
            self.bold,
        )


def _runs(text_page: Any, count: int) -> Iterator[tuple[int, Word]]:  # noqa: ANN401
    """Yield each word with the quarter turns (0 to 3) of the direction in which it runs.

    Or `_DIAGONAL`: of such a word only the text is known, and no place.
    """
    x, y = ctypes.c_double(), ctypes.c_double()
    box = pdfium.FS_RECTF()
    run: _Run | None = None
    for index in range(count):
        code = pdfium.FPDFText_GetUnicode(text_page, index)
        if symbol_fonts.FIRST <= code <= symbol_fonts.LAST:
            name, _ = _font(text_page, index)
            character = symbol_fonts.sign(code, name.decode("latin-1")).strip()
        else:
            character = _character(code)
        if not character:
            if run is not None:
                yield run.word()
            run = None
            continue
        pdfium.FPDFText_GetCharOrigin(text_page, index, x, y)
        pdfium.FPDFText_GetLooseCharBox(text_page, index, box)
        edges = (box.left, box.bottom, box.right, box.top)
        if not all(abs(number) < _FARTHEST for number in (x.value, y.value, *edges)):
            continue  # also where a hostile matrix makes it no number at all
        if run is not None:
            start, end, up = _along(run.turn, x.value, y.value, edges)
            stays = run.turn != _DIAGONAL or _turn_and_size(text_page, index)[0] == _DIAGONAL
            if not stays or not run.continues(character, start, end, up):
                yield run.word()
                run = None
        if run is None:
            turn, size = _turn_and_size(text_page, index)
            start, end, up = _along(turn, x.value, y.value, edges)
            run = _Run(turn, up, size, _is_bold(text_page, index))
        run.add(character, start, end)
    if run is not None:
        yield run.word()


def _character(code: int) -> str:
    """Return the character as it is to be read, "" for a space and for what is no text."""
    if code in _REPLACED:
        return _REPLACED[code]
    if code < 0x20 or 0x7F <= code < 0xA0 or 0xE000 <= code < 0xF900 or code > 0x10FFFF:
        return ""  # controls, and signs of a font of icons
    return chr(code).strip()


def _turn_and_size(text_page: Any, index: int) -> tuple[int, float]:  # noqa: ANN401
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(text_page, index, matrix)
    if not all(math.isfinite(n) for n in (matrix.a, matrix.b, matrix.c, matrix.d)):
        return 0, 1.0
    turns = math.atan2(matrix.b, matrix.a) / (math.pi / 2)
    turn = round(turns) % 4 if abs(turns - round(turns)) <= _TILT else _DIAGONAL
    size = pdfium.FPDFText_GetFontSize(text_page, index) * math.hypot(matrix.c, matrix.d)
    return turn, min(max(size, 1.0), 1000.0) if math.isfinite(size) else 1.0


def _is_bold(text_page: Any, index: int) -> bool:  # noqa: ANN401
    name, flags = _font(text_page, index)
    return bool(flags & _FORCE_BOLD) or _BOLD_NAME.search(name) is not None


def _font(text_page: Any, index: int) -> tuple[bytes, int]:  # noqa: ANN401
    """Return the name and the flags of the font that a character is set in."""
    buffer = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(text_page, index, buffer, 128, flags)
    return buffer.value, flags.value


def _along(
    turn: int, x: float, y: float, edges: tuple[float, float, float, float]
) -> tuple[float, float, float]:
    """Return where a glyph starts and ends along a direction, and its baseline across it."""
    left, bottom, right, top = edges
    if turn == _DIAGONAL:
        return 0.0, 0.0, 0.0
    if turn == 0:
        return left, right, y
    if turn == 1:
        return bottom, top, -x
    if turn == 2:
        return -right, -left, -y
    return -top, -bottom, x
