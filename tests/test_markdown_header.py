"""What stands above a Markdown article in the ways of Pandoc and MultiMarkdown."""

import pytest

from ingest.document import Metadata
from ingest.readers.markdown import read, source_map
from ingest.readers.markdown_header import split_header


@pytest.mark.parametrize(
    ("header", "metadata"),
    [
        (
            "% Leg cramps\n  at night\n% Ada Writer; B. Other\n  C. Third\n% May 1, 2024\n",
            Metadata(
                title="Leg cramps at night",
                authors=("Ada Writer", "B. Other", "C. Third"),
                published="2024-05-01",
            ),
        ),
        ("% Leg cramps\n%\n% 03/04/2021\n", Metadata(title="Leg cramps")),
        (
            "Title: Leg cramps:\n    at night  \nAuthor: Ada Writer\nDATE: 2024-05-01 10:20\n"
            "Tags: legs\nSlug:\nCopyright: CC0-1.0\n",
            Metadata(
                title="Leg cramps: at night",
                authors=("Ada Writer",),
                published="2024-05-01",
                licence="CC0-1.0",
            ),
        ),
    ],
)
def test_a_header_is_metadata_and_no_text(header: str, metadata: Metadata) -> None:
    text = header + "\nRest the leg.\n"
    assert split_header(text) == (metadata, len(header))
    (document,) = read(text.encode(), "a.md")
    assert [(b.text, b.source_start) for b in document.blocks] == [
        ("Rest the leg.", text.index("Rest"))
    ]
    assert document.metadata == metadata
    assert source_map(text)[0][0] == text.index("Rest")


@pytest.mark.parametrize(
    "text",
    [
        "Warning: not for children.\n\nText.",
        "Title: Aspirin\nDose: 500 mg\n\nText.",
        "Title: Aspirin\nis for adults.\n\nText.",
        "Title:\n\nText.",
        "Author: Ada\n\nText.",
        "Title: Aspirin\n",
        "% of adults\nare ill.\n\nText.",
        "%\n\nText.",
        "100%\n\nText.",
        "% a\n% b\n% c\n% d\n\nText.",
        "\nTitle: Aspirin\n\nText.",
        f"Title: {'x' * 10_000}\n\nText.",
    ],
)
def test_first_words_are_no_header(text: str) -> None:
    assert split_header(text) == (Metadata(), 0)
