"""Cells that span rows and columns stand in each of them, and cost no more than the table."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.table_spans import MAX_REPEATED, REPEATS, Cell, SpanningRows


def written(*rows: list[Cell]) -> list[list[str]]:
    spans = SpanningRows(max(map(len, rows)), sum(map(len, rows)))
    return [spans.row(row) for row in rows]


def test_a_cell_is_written_in_all_its_rows_and_columns() -> None:
    assert written(
        [Cell("Who"), Cell("Form"), Cell("Dose")],
        [Cell("Adult", down=2), Cell("Tablet"), Cell("5 mg")],
        [Cell("Syrup"), Cell("10 ml")],
        [Cell("Child"), Cell("not for them", across=2)],
        [Cell("Older people", across=3)],
        [Cell("Tablet"), Cell("Form", down=0), Cell("1 mg")],
        [Cell("Syrup"), Cell("2 ml")],
        [Cell("Drops"), Cell("3 ml")],
    ) == [
        ["Who", "Form", "Dose"],
        ["Adult", "Tablet", "5 mg"],
        ["Adult", "Syrup", "10 ml"],
        ["Child", "not for them", "not for them"],
        ["Older people", "", ""],
        ["Tablet", "Form", "1 mg"],
        ["Syrup", "Form", "2 ml"],
        ["Drops", "Form", "3 ml"],
    ]


def test_a_wide_cell_ends_where_another_comes_down_from_above() -> None:
    assert written(
        [Cell("Form"), Cell("Adult", down=2), Cell("5 mg")],
        [Cell("Syrup", across=2), Cell("2 ml")],
    ) == [["Form", "Adult", "5 mg"], ["Syrup", "Adult", "2 ml"]]


def test_beside_a_cell_from_above_a_lone_remark_is_written_once() -> None:
    assert written(
        [Cell("Quinine", down=3), Cell("200 mg"), Cell("300 mg")],
        [Cell("Stop after four weeks", across=2)],
        [Cell("400 mg", across=2)],
    ) == [
        ["Quinine", "200 mg", "300 mg"],
        ["Quinine", "Stop after four weeks", ""],
        ["Quinine", "400 mg", "400 mg"],
    ]


def test_prose_is_not_written_again_but_keeps_its_place() -> None:
    prose = "a" * (MAX_REPEATED + 1)
    assert written([Cell(prose, down=2), Cell("one")], [Cell("two")]) == [
        [prose, "one"],
        ["", "two"],
    ]


def test_a_span_ends_with_its_part_of_the_table_and_makes_no_row_alone() -> None:
    spans = SpanningRows(2, 4)
    assert spans.row([Cell("Adult", down=9), Cell("5 mg")]) == ["Adult", "5 mg"]
    assert spans.row([]) == []
    spans.end_group()
    assert spans.row([Cell("Child"), Cell("1 mg")]) == ["Child", "1 mg"]


@given(
    st.lists(
        st.lists(
            st.builds(Cell, st.just("x"), st.integers(1, 10**9), st.integers(0, 10**9)), max_size=9
        ),
        min_size=1,
        max_size=30,
    )
)
def test_spans_without_end_are_bounded_by_the_table(rows: list[list[Cell]]) -> None:
    own = sum(map(len, rows))
    assert sum(map(len, written(*rows))) <= own + REPEATS * own
