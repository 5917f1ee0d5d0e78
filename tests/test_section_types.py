"""What a heading says that its section is about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.section_types import section_type


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (["What are calf cramps?"], "overview"),
        (["Causes of calf cramps"], "causes"),
        (["Why do my calves cramp?"], "causes"),
        (["Signs and symptoms"], "symptoms"),
        (["Tests your doctor may do"], "diagnosis"),
        (["How to get rid of a cramp"], "treatment"),
        (["Preventing cramps"], "prevention"),
        (["When to see a doctor"], "when_to_seek_care"),
        (["When to call a doctor about side effects"], "when_to_seek_care"),
        (["Side effects of water tablets"], "side_effects"),
        (["Anna's story"], ""),
        ([], ""),
        (["Treatment", "Causes"], "causes"),
        (["Treatment", "At home"], "treatment"),
        (["TREATMENT"], "treatment"),
    ],
)
def test_the_innermost_telling_heading_decides(headings: list[str], expected: str) -> None:
    assert section_type(headings) == expected


@given(st.lists(st.text(), max_size=4), st.text())
def test_a_heading_that_tells_nothing_changes_nothing(outer: list[str], inner: str) -> None:
    expected = section_type([inner]) or section_type(outer)
    assert section_type([*outer, inner]) == expected
