"""A saved array is what `numpy.save` saves, or an error."""

import resource
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from index.arrays import save_array


@given(array=arrays(st.sampled_from([np.float32, np.int64, np.uint8]), st.integers(0, 3000)))
def test_it_is_what_numpy_would_have_saved(
    tmp_path_factory: pytest.TempPathFactory, array: np.ndarray
) -> None:
    folder = tmp_path_factory.mktemp("arrays")
    save_array(folder / "ours.npy", array)
    np.save(folder / "theirs.npy", array)
    assert (folder / "ours.npy").read_bytes() == (folder / "theirs.npy").read_bytes()
    assert np.load(folder / "ours.npy").tobytes() == array.tobytes()


@pytest.mark.parametrize("missing", [1, 100, 4096, 10_000])
def test_a_disk_that_fills_up_is_an_error(tmp_path: Path, missing: int) -> None:
    array = np.arange(20_000, dtype=np.float32)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (array.nbytes + 128 - missing, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            save_array(tmp_path / "a.npy", array)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
