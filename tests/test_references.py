import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.records import Reference
from ingest.document import SourceBlock
from ingest.readers.text import blocks_of
from ingest.references import citation_marks, parse_references, reference_blocks

LIST = """Prevention

Drink before you are thirsty and stretch the calves every evening.

References

1. Author A, Writer BC. Cramp in walkers. J Imaginary Med. 2019;12(3):45-51. doi: 10.1234/abc.def-5.
2. Invented Institute. Calves and sleep [Internet]. 2021 [cited 2023 Feb 25]. Available from: https://example.org/calves(night).
[3] Person P. A made-up book. Oxford: Nowhere Press; 2001.

Sign up for our newsletter
"""


def marked(text: str, numbers: range | None = None) -> list[str]:
    return [text[start:end] for start, end in citation_marks(text, numbers)]


def test_list_under_its_heading_is_found_and_ends_where_it_ends() -> None:
    blocks = blocks_of(LIST)
    found = [
        block.text[:9]
        for block, is_one in zip(blocks, reference_blocks(blocks), strict=True)
        if is_one
    ]
    assert found == ["Reference", "1. Author", "2. Invent", "[3] Perso"]


def test_entries_are_parsed_with_number_address_and_doi() -> None:
    blocks = blocks_of(LIST)
    listed = [b for b, one in zip(blocks, reference_blocks(blocks), strict=True) if one]
    assert parse_references(listed) == (
        Reference(
            "Author A, Writer BC. Cramp in walkers. J Imaginary Med. 2019;12(3):45-51."
            " doi: 10.1234/abc.def-5.",
            1,
            None,
            "10.1234/abc.def-5",
        ),
        Reference(
            "Invented Institute. Calves and sleep [Internet]. 2021 [cited 2023 Feb 25]."
            " Available from: https://example.org/calves(night).",
            2,
            "https://example.org/calves(night)",
        ),
        Reference("Person P. A made-up book. Oxford: Nowhere Press; 2001.", 3),
    )


def test_numbered_citations_without_a_heading_are_a_list() -> None:
    blocks = blocks_of(
        "Most cramps pass.\n\n1. Roe R, et al. Cramps. Lancet. 2011;3(2):11-19.\n"
        "2. Doe D. Sleep. BMJ. 2012;4:5. PMID: 1234567\n"
    )
    assert reference_blocks(blocks) == [False, True, True]


@pytest.mark.parametrize(
    "text",
    [
        "Sources\n\n- Nuts and seeds\n- Green vegetables\n- Bananas\n",
        "How to rest\n\n1. Sit down.\n2. Put your feet up.\n3. Breathe out slowly.\n",
        "References to pain in the calf are common in letters of patients.\n\n1. Rest.\n2. Ice.\n",
    ],
)
def test_lists_of_advice_are_not_references(text: str) -> None:
    assert not any(reference_blocks(blocks_of(text)))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It begins in mid-life.8 In some", ["8"]),
        ("(water, rest, heat).1", ["1"]),
        ("in the hands and belly.2", ["2"]),
        ("cramps,3,4 and twitches", ["3,4"]),
        ("as one survey found [3].", ["[3]"]),
        ("as two surveys found.[3,4]", ["[3,4]"]),
        ("muscles tire.¹² Rest", ["¹²"]),
        ("about 60%.4 The rest", ["4"]),
        ('they called it "a knot".7', ["7"]),
    ],
)
def test_digits_that_can_only_be_citations_are_marked(text: str, found: list[str]) -> None:
    assert marked(text) == found
    assert marked(text, range(1, 20)) == found
    assert marked(text, range(100, 101)) == []


@pytest.mark.parametrize(
    "text",
    [
        "Take 2.5 mg twice a day.",
        "vitamin B12. Vitamin D3 and omega3 oils",
        "COVID-19, type2, grade3 and stage 4.",
        "since 2019. In 2020, 7 of 10",
        "5 m² and 10⁹/L",
        "see Fig.2 and No.5 and vol.3",
        "at 8.30 a.m. and 9 p.m.",
        "95% CI [12, 34]",
        "HbA1c of 6.5, then 7.0",
        "walk 3,000 steps",
    ],
)
def test_quantities_and_names_are_never_marked(text: str) -> None:
    assert marked(text) == []
    assert marked(text, range(1, 40)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mid-life change8 is", ["8"]),
        ("Cramps can come from problems in 5:", ["5"]),
        ("rest helps (3).", ["(3)"]),
    ],
)
def test_with_the_numbers_of_the_list_more_is_known(text: str, found: list[str]) -> None:
    assert marked(text) == []
    assert marked(text, range(1, 9)) == found


@given(st.text(alphabet="ab. ,[]()123¹²;:-", max_size=80))
def test_marks_are_in_order_apart_and_hold_a_digit(text: str) -> None:
    end = 0
    for start, stop in citation_marks(text, range(1, 400)):
        assert end <= start < stop <= len(text)
        assert any(character.isdigit() for character in text[start:stop])
        end = stop


@given(st.lists(st.text(max_size=60).map(str.strip).filter(bool), max_size=12))
def test_any_blocks_are_judged_and_parsed(texts: list[str]) -> None:
    blocks = [SourceBlock("paragraph", text) for text in texts]
    assert len(reference_blocks(blocks)) == len(blocks)
    for reference in parse_references(blocks):
        assert reference.text == " ".join(reference.text.split()) != ""
