"""The fused score: by hand, at its edges, and monotone in each side."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from index.fusion import fuse


def floats(*values: float) -> NDArray[np.float32]:
    return np.array(values, np.float32)


def test_by_hand() -> None:
    fused = fuse(floats(0.9, 0.5, 0.1), floats(0, 8, 4))
    assert fused == pytest.approx([0.5, 0.25 + 0.5, 0.25], abs=1e-6)


def test_the_weight_is_that_of_the_dense_side() -> None:
    fused = fuse(floats(0.9, 0.1), floats(2, 8), weight=0.8)
    assert fused == pytest.approx([0.8 + 0.2 * 0.25, 0.2], abs=1e-6)


@pytest.mark.parametrize(
    ("dense", "lexical", "expected"),
    [
        ([], [], []),
        ([0.9, 0.1], [0, 0], [0.5, 0]),
        ([0.3, 0.3], [2, 1], [0.5, 0.25]),
        ([0.3], [7], [0.5]),
        ([-0.2], [0], [0]),
    ],
)
def test_a_side_that_cannot_tell_leaves_it_to_the_other(
    dense: list[float], lexical: list[float], expected: list[float]
) -> None:
    assert fuse(floats(*dense), floats(*lexical)).tolist() == pytest.approx(expected)


SIDES = st.lists(st.tuples(st.floats(-1, 1, width=32), st.floats(0, 50, width=32)), min_size=1)


@given(SIDES, st.floats(0, 1))
def test_scores_lie_between_0_and_1(sides: list[tuple[float, float]], weight: float) -> None:
    fused = fuse(floats(*(d for d, _ in sides)), floats(*(b for _, b in sides)), weight)
    assert ((fused >= 0) & (fused <= 1 + 1e-12)).all()


@given(SIDES)
def test_a_row_better_on_both_sides_never_ranks_lower(sides: list[tuple[float, float]]) -> None:
    fused = fuse(floats(*(d for d, _ in sides)), floats(*(b for _, b in sides)))
    for (dense, lexical), score in zip(sides, fused, strict=True):
        for (other_dense, other_lexical), other in zip(sides, fused, strict=True):
            if dense >= other_dense and lexical >= other_lexical:
                assert score >= other
