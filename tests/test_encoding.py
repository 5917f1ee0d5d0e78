import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import SourceError
from ingest.encoding import decode

FRENCH = "Les crampes après l’effort : boire de l’eau, s’étirer, dormir. Où consulter ?"
RUSSIAN = "Мышечные судороги часто возникают ночью и проходят сами за несколько минут."
JAPANESE = "こむら返りは夜に起こりやすく、数分で自然に治まります。水分を十分に取りましょう。" * 4


@pytest.mark.parametrize(
    ("text", "written", "found"),
    [
        ("Rest. Drink water.", "ascii", "utf-8"),
        (FRENCH, "utf-8", "utf-8"),
        (FRENCH, "utf-8-sig", "utf-8-sig"),
        (FRENCH, "utf-16", "utf-16"),
        (FRENCH, "utf-32", "utf-32"),
        ("Rest. Drink water.", "utf-16-le", "utf-16-le"),
        ("Rest. Drink water.", "utf-16-be", "utf-16-be"),
        (FRENCH, "cp1252", "cp1252"),
        ("Muskelkrämpfe nachts, größer und müde", "latin-1", "cp1252"),
        (RUSSIAN, "cp1251", "cp1251"),
    ],
)
def test_encoding_is_found_and_characters_come_back(text: str, written: str, found: str) -> None:
    assert decode(text.encode(written), "a.txt") == (text, found)


def test_japanese_without_utf8_is_read() -> None:
    text, _ = decode(JAPANESE.encode("euc_jp"), "a.txt")
    assert text == JAPANESE


def test_line_ends_become_line_feeds() -> None:
    assert decode(b"one\r\ntwo\rthree\n", "a.txt")[0] == "one\ntwo\nthree\n"


def test_a_few_broken_bytes_do_not_turn_utf8_into_another_encoding() -> None:
    data = (FRENCH * 3).encode() + b"\xe9"
    assert decode(data, "a.txt") == (FRENCH * 3 + "\ufffd", "utf-8")


def test_a_paragraph_pasted_from_elsewhere_leaves_utf8_what_it_is() -> None:
    own = "Zwölf Übungen gegen Krämpfe – täglich. "
    pasted = "Don’t overdo it – rest".encode("cp1252")
    assert decode(own.encode() + pasted, "a.txt") == (
        own + "Don\ufffdt overdo it \ufffd rest",
        "utf-8",
    )


def test_japanese_in_seven_bits_is_read() -> None:
    assert decode(JAPANESE.encode("iso2022_jp"), "a.txt") == (JAPANESE, "iso2022_jp")
    assert decode(b"\x1b$B is how Japanese begins", "a.txt")[1] == "utf-8"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("小腿在夜里抽筋，通常几分钟之内自行消失。请多喝水，慢慢伸展肌肉。" * 4, "gb18030"),
        ("小腿在夜裡抽筋，通常幾分鐘之內自行消失。請多喝水，慢慢伸展肌肉。" * 4, "big5"),
        ("밤에 종아리에 쥐가 나면 몇 분 안에 저절로 풀립니다. 물을 드세요. " * 4, "euc_kr"),
        ("Οι κράμπες στη γάμπα έρχονται τη νύχτα και περνούν μόνες τους. " * 4, "cp1253"),
    ],
)
def test_no_other_encoding_is_taken_for_damaged_utf8(text: str, written: str) -> None:
    assert decode(text.encode(written), "a.txt")[1] != "utf-8"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b" \r\n\t\n", "empty"),
        ("\ufeff".encode(), "empty"),
        (b"%PDF-1.7 \n...", "PDF"),
        (b"PK\x03\x04....", "ZIP"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0....", "JPEG"),
        (b"{\\rtf1\\ansi hello}", "RTF"),
        (b"some words\x00\x00\x00 and more words", "NUL"),
        (bytes(range(1, 32)) * 40, "control bytes"),
    ],
)
def test_what_is_no_text_is_refused_in_one_line_that_names_the_file(data: bytes, said: str) -> None:
    with pytest.raises(SourceError) as refused:
        decode(data, "notes/a.txt")
    message = str(refused.value)
    assert message.startswith("notes/a.txt: ")
    assert said in message
    assert "\n" not in message


@given(st.binary(max_size=400))
def test_any_bytes_are_read_as_open_reads_them_or_refused(data: bytes) -> None:
    try:
        text, encoding = decode(data, "a.txt")
    except SourceError:
        return
    file = io.TextIOWrapper(io.BytesIO(data), encoding=encoding, errors="replace")
    assert text == file.read()


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_utf8_always_comes_back(text: str) -> None:
    if text.strip() and not text.startswith(("\ufeff", "%PDF-", "{\\rtf")):
        assert decode(text.encode(), "a.txt")[0] == text
