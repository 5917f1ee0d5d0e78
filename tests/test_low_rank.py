"""Fitting adapters: what the service's network is made of."""

import numpy as np

from bench.low_rank import _Network
from index.weights import DEFAULT_ENCODER, locate


def test_what_was_fitted_before_is_taken_up_whole() -> None:
    generator = np.random.default_rng(4)
    network = _Network(locate(DEFAULT_ENCODER), kinds=2, rank=3, pairs=False)
    parts = {
        name: generator.normal(size=part.shape).astype(np.float32)
        for name, part in network.parts().items()
    }
    network.begin(parts)
    found = network.parts()
    assert found.keys() == parts.keys()
    for name, part in parts.items():
        np.testing.assert_allclose(found[name], part, rtol=1e-6)
