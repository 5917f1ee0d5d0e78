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
        (["Immediate action required: Call 999 or go to A&E if:"], "when_to_seek_care"),
        (["Call 911 if"], "when_to_seek_care"),
        (["Urgent advice: Get advice from 111 now if:"], "when_to_seek_care"),
        (["Call us at once if"], "when_to_seek_care"),
        (["Call your surgeon if"], "when_to_seek_care"),
        (["When should I be concerned?"], "when_to_seek_care"),
        (["When to see a specialist"], "when_to_seek_care"),
        (["Seeing a doctor"], "when_to_seek_care"),
        # An article on the visit: what it says of tests is no reason to go.
        (["Seeing a doctor about spasms", "How to prepare"], ""),
        (["Call us"], ""),
        (["Sign up to our newsletter"], ""),
        (["Undesirable effects"], "side_effects"),
        (["Aetiology"], "causes"),
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
