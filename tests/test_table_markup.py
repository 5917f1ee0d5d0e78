"""Tables of data, told from layouts, and their rows as they are shown."""

import pytest
from lxml import html

from ingest.page_controls import shown_text
from ingest.table_markup import cell_spans, is_data_table, row_cells, rows


@pytest.mark.parametrize(
    ("markup", "data"),
    [
        ("<table><tr><td>a</td><td>b</td></tr></table>", True),
        ("<table><tr><td>a</td></tr><tr><td>b</td></tr></table>", False),
        ("<table role='none'><tr><td>a</td><td>b</td></tr></table>", False),
        ("<table><tr><th><h4>a</h4></th><th>b</th></tr><tr><td>c</td></tr></table>", True),
        ("<table><tr><td><h4>a</h4></td><td>b</td></tr><tr><td>c</td></tr></table>", False),
        ("<table><tr><th><h4>a</h4></th><th>b</th></tr></table>", False),
        (
            "<table><tr><th>a</th><th>b</th></tr>"
            "<tr><td><p>c<p>d<p>e<p>f</td><td>g</td></tr></table>",
            True,
        ),
        (
            "<table><tr><th>a</th><th>b</th></tr>"
            "<tr><td><form>c</form></td><td>d</td></tr></table>",
            False,
        ),
        (
            "<p role='table'><b role='row'><b role='cell'>a</b><b role='cell'>b</b></b></p>",
            True,
        ),
        ("<div role='table'><div role='row'><b role='cell'>a</b></div></div>", False),
        ("<div><div role='row'><b role='cell'>a</b><b role='cell'>b</b></div></div>", False),
    ],
)  # fmt: skip
def test_tables_of_data(markup: str, data: bool) -> None:
    assert is_data_table(html.fragment_fromstring(markup)) is data


def test_the_foot_comes_last() -> None:
    table = html.fragment_fromstring(
        "<table><thead><tr><th>Day</th></tr></thead><tfoot><tr><td>Most: 6 mg</td></tr></tfoot>"
        "<tbody><tr><td>1 mg</td></tr><tr><td>2 mg</td></tr></tbody></table>"
    )
    assert [shown_text(row) for row in rows(table)] == ["Day", "1 mg", "2 mg", "Most: 6 mg"]


def test_cells_by_role_and_their_spans() -> None:
    table = html.fragment_fromstring(
        "<div role='grid'><div role='rowgroup'><div role='row'><span role='rowheader'>INR</span>"
        "<span role='gridcell'>4.5</span></div></div></div>"
    )
    assert [[shown_text(cell) for cell in row_cells(row)] for row in rows(table)] == [
        ["INR", "4.5"]
    ]
    assert cell_spans(html.fragment_fromstring("<td colspan=' 2 ' rowspan='x'>a</td>")) == (2, 1)
