"""ZIP archives under limits: bombs, tricks with names, and damage."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ingest.archive
from index.errors import LimitExceeded, SourceError
from ingest.archive import Archive


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_members_are_read_whole(method: int) -> None:
    content = bytes(range(256)) * 1000
    archive = Archive(zipped({"a/b.xml": content, "c": b""}, method), "x.docx", "DOCX")
    assert list(archive.members) == ["a/b.xml", "c"]
    assert archive.read("a/b.xml") == content
    assert archive.read("c") == b""


def test_a_bomb_is_refused_without_being_unpacked() -> None:
    bomb = zipped({"word/document.xml": b"\0" * 30_000_000})
    archive = Archive(bomb, "x.docx", "DOCX")
    with pytest.raises(LimitExceeded, match=r'x\.docx: "word/document\.xml" unpacks to far more'):
        archive.read("word/document.xml")


def test_a_size_that_the_archive_states_is_not_believed() -> None:
    bomb = bytearray(zipped({"a": b"\0" * 30_000_000}))
    central = bomb.index(b"PK\x01\x02")
    bomb[central + 24 : central + 28] = (100).to_bytes(4, "little")  # uncompressed size
    archive = Archive(bytes(bomb), "x.docx", "DOCX")
    with pytest.raises(SourceError):
        archive.read("a")


def test_many_members_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest.archive, "MAX_TOTAL_BYTES", 25_000)
    archive = Archive(zipped({"a": b"x" * 20_000, "b": b"y" * 20_000}), "x.epub", "EPUB")
    assert len(archive.read("a")) == 20_000
    with pytest.raises(LimitExceeded):
        archive.read("b")


def test_too_many_members_are_refused() -> None:
    members = {f"m{i}": b"" for i in range(ingest.archive.MAX_MEMBERS + 1)}
    with pytest.raises(LimitExceeded, match="10,001 files inside"):
        Archive(zipped(members), "x.epub", "EPUB")


@pytest.mark.parametrize(
    "member", ["../up.xml", "a/../../b", "/etc/passwd", "C:/windows", "a\\..\\b"]
)
def test_names_that_point_outside_are_refused(member: str) -> None:
    with pytest.raises(LimitExceeded, match="points outside"):
        Archive(zipped({member: b"x"}), "x.docx", "DOCX")


def test_a_missing_member_is_named() -> None:
    with pytest.raises(SourceError, match=r'not a DOCX: "word/document\.xml" is missing'):
        Archive(zipped({"a": b""}), "x.docx", "DOCX").read("word/document.xml")


def test_an_encrypted_member_is_refused() -> None:
    data = bytearray(zipped({"a": b"secret"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(SourceError, match="password"):
        Archive(bytes(data), "x.docx", "DOCX").read("a")


def test_a_member_without_a_name_is_a_member() -> None:
    data = zipped({"ab": b"x"}).replace(b"ab", b"\0b")  # zipfile cuts a name at NUL
    assert list(Archive(data, "x.docx", "DOCX").members) == [""]


def test_what_is_no_archive_is_refused() -> None:
    with pytest.raises(SourceError, match=r"x\.docx: damaged, or not a DOCX"):
        Archive(b"%PDF-1.7", "x.docx", "DOCX")


@given(st.data())
def test_damage_is_a_source_error(data: st.DataObject) -> None:
    content = b"some text " * 50
    whole = bytearray(zipped({"a": content, "b": content}))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = whole[: data.draw(st.integers(0, len(whole)))] if data.draw(st.booleans()) else whole
    problem = "x.docx: none"
    try:
        archive = Archive(bytes(cut), "x.docx", "DOCX")
        for member in archive.members:
            archive.read(member)
    except SourceError as error:
        problem = str(error)
    assert problem.startswith("x.docx: ")
