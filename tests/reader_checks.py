"""What must hold for every reader, whatever the bytes: shared by the tests of the readers."""

from collections.abc import Sequence

from hypothesis import strategies as st

from index.errors import SourceError
from ingest.document import Document, Reader

_LEVELS = {"heading": range(1, 7), "item": range(1, 100), "paragraph": (0,), "row": (0,)}


def read_or_refuse(reader: Reader, data: bytes, name: str) -> list[Document]:
    """Return the documents, checked, or [] where the reader refuses with one clear line."""
    problem = f"{name}: none"
    documents: list[Document] = []
    try:
        for document in reader(data, name):
            documents.append(document)
            check_blocks(document)
    except SourceError as error:
        problem = str(error)
    assert problem.startswith(f"{name}: ")
    assert "\n" not in problem
    return documents


def check_blocks(document: Document) -> None:
    """Check the promises of `SourceBlock`."""
    assert document.blocks
    for block in document.blocks:
        assert block.text == block.text.strip() != "", block
        assert all(line.strip() for line in block.text.splitlines()), block
        assert block.level in _LEVELS[block.kind], block
        block.text.encode("utf-8")


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes], tokens: Sequence[bytes]) -> bytes:
    """Draw one of `seeds` with a few bytes changed, cut out, copied, or `tokens` put in."""
    data = bytearray(draw(st.sampled_from(list(seeds))))
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["byte", "cut", "copy", "token", "end"])):
            case "byte":
                data[at : at + 1] = bytes([draw(st.integers(0, 255))])
            case "cut":
                del data[at : at + draw(st.sampled_from([1, 3, 30, 300]))]
            case "copy":
                start = draw(st.integers(0, len(data)))
                data[at:at] = data[start : start + draw(st.sampled_from([1, 9, 90]))]
            case "token":
                data[at:at] = draw(st.sampled_from(list(tokens)))
            case _:
                del data[at:]
    return bytes(data)
