"""What a number measures: its value and its neighbours tell."""

import pytest

from service.emergency.numbers import NUMERIC_TAGS, tags_of


@pytest.mark.parametrize(
    ("text", "index", "tags"),
    [
        ("took 40 tablets", 1, {"<num>", "<many_num>"}),
        ("took 40 mg", 1, {"<num>"}),
        ("took five tablets", 1, {"<num>"}),
        ("in 2019", 1, {"<num>", "<year>"}),
        ("fever of 39.5", 2, {"<num>", "<many_num>", "<temp>"}),
        ("temperature 40.2", 1, {"<num>", "<many_num>", "<temp>", "<temp_high>"}),
        ("oxygen is 86", 2, {"<num>", "<many_num>", "<low_oxygen>"}),
        ("sugar is 2.4", 2, {"<num>", "<sugar_danger>"}),
        ("33 weeks and a headache", 0, {"<num>", "<many_num>", "<gestation>"}),
        ("for 33 weeks", 1, {"<num>", "<many_num>"}),
        ("33 weeks ago", 0, {"<num>", "<many_num>"}),
        ("19 weeks and a headache", 0, {"<num>", "<many_num>"}),
        ("baby 6 weeks", 1, {"<num>", "<many_num>", "<young_age>"}),
        ("6 weeks of fever", 0, {"<num>", "<many_num>"}),
        ("no number", 1, set()),
    ],
)
def test_a_number_is_what_its_neighbours_make_of_it(text: str, index: int, tags: set[str]) -> None:
    assert set(tags_of(text.split(), index)) == tags
    assert tags <= NUMERIC_TAGS
