"""Bytes of a text file → its characters.

One rule for every text format: the decoded file is what `open(path, encoding=encoding,
errors="replace").read()` gives. The byte order mark is no part of it, and each line ends in one
line feed, whether the file writes CR LF, CR or LF. Offsets into an article that was read from
plain text or Markdown count the characters of exactly this text.
"""

import codecs
import re

from charset_normalizer import from_bytes

from index.errors import SourceError

_MARKS: tuple[tuple[bytes, str], ...] = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF; name it .pdf"),
    (b"PK\x03\x04", "a ZIP archive (DOCX and EPUB are such); give it its right suffix"),
    (b"{\\rtf", "an RTF document; save it as plain text"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document; save it as plain text"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"\x1f\x8b", "gzip-compressed; unpack it first"),
    (b"\xfd7zXZ\x00", "xz-compressed; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
    (b"Rar!\x1a", "a RAR archive; unpack it first"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x7fELF", "a program"),
)

_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\x0b\x0c\r\x1b"))
_SAMPLE = 65_536  # bytes looked at for controls and for a guess of the encoding's width
_MAX_CONTROLS = 0.005  # of the sample; text has none, compressed data about 0.1
# The escape sequences that turn to Japanese and back (RFC 1468).
_TO_JAPANESE = re.compile(rb"\x1b\$[@B]")
_BACK = re.compile(rb"\x1b\([BJ]")

# A sign that stands inside a word in the Windows-1252 reading is a letter of another alphabet.
_MISPLACED = re.compile(r"[A-Za-z\u00c0-\u017f][¢-§¨ª-¬¯-³µ¸-¿¡×÷†-‡ˆ‰‹›˜][A-Za-z\u00c0-\u017f]")
_WESTERN = "àâäáãåæçèéêëìíîïñòóôöõøœùúûüýÿßÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØŒÙÚÛÜ"
_SIGNS = "\u00a0¡£§©«®°±²³µ·¹º»¼½¾¿×€‚„…†‡‰‹›‘’“”•–—™ª"


def decode(data: bytes, name: str) -> tuple[str, str]:
    """Return the characters of `data` and the name of its encoding.

    The byte order mark decides, then the escape sequences of ISO-2022-JP, then UTF-8, then the
    statistics of charset-normalizer. A file that is UTF-8 but for some broken bytes (a paragraph
    pasted from elsewhere) stays UTF-8, with U+FFFD in their place. `name` is only for messages.

    Raises:
        SourceError: the file is empty, is not text, or is in no encoding that can be told.
    """
    encoding = _detect(data, name)
    text = data.decode(encoding, "replace").replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise SourceError(f"{name}: the file is empty; remove it or put the article's text in it")
    return text, encoding


def _detect(data: bytes, name: str) -> str:
    if not data.strip(b" \t\r\n\x0b\x0c"):
        raise SourceError(f"{name}: the file is empty; remove it or put the article's text in it")
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise SourceError(f"{name}: not a text file but {what}")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    sample = data[:_SAMPLE]
    if b"\x00" in sample:
        wide = _utf16_without_mark(sample)
        if wide is None:
            raise SourceError(f"{name}: not a text file (it holds NUL bytes); remove it")
        return wide
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if b"\x00" in data or controls > _MAX_CONTROLS * len(sample):
        raise SourceError(f"{name}: not a text file (it holds control bytes); remove it")
    if is_iso_2022_jp(data):
        return "iso2022_jp"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _damaged_utf8(data) or _legacy(data, name)
    return "utf-8"


def _utf16_without_mark(sample: bytes) -> str | None:
    """UTF-16 of mostly Latin text has a NUL in nearly every second byte, on one side."""
    half = len(sample) // 2
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def is_iso_2022_jp(data: bytes) -> bool:
    """Tell Japanese in seven bits, which is valid UTF-8 of other characters."""
    if not data.isascii() or not (_TO_JAPANESE.search(data) and _BACK.search(data)):
        return False
    try:
        data.decode("iso2022_jp")
    except UnicodeDecodeError:
        return False
    return True


def _damaged_utf8(data: bytes) -> str | None:
    """Return "utf-8" where it explains at least half of the bytes beyond ASCII, else None.

    Of text in another encoding it explains few, by chance.
    """
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    explained = sum(1 for character in text if character > "\x7f") - broken
    return "utf-8" if explained and broken <= explained else None


def _legacy(data: bytes, name: str) -> str:
    # Short Western texts are often taken for a Central European page by statistics alone, so
    # Windows-1252, which HTML names as the fallback, goes first where its reading is plausible.
    if _plausible_western(data):
        return "cp1252"
    guess = from_bytes(data).best()
    if guess is None:
        raise SourceError(
            f"{name}: the characters are in no encoding that can be told; save it as UTF-8"
        )
    return str(guess.encoding)


def _plausible_western(data: bytes) -> bool:
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    beyond = [character for character in text if character > "\x7f"]
    known = sum(character in _WESTERN or character in _SIGNS for character in beyond)
    ascii_letters = sum(map(str.isalpha, text)) - sum(map(str.isalpha, beyond))
    return (
        known >= 0.98 * len(beyond) and ascii_letters >= len(beyond) and not _MISPLACED.search(text)
    )
