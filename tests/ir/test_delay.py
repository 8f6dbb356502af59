"""Delays: how large a ring may be."""

import numpy as np
import pytest

from snnrt import GraphBuilder
from snnrt.errors import ModelError


def test_a_ring_fits_an_arena():
    """2^20 values of 32 bits for 511 steps are the most; as spikes, 32 times as many."""
    g = GraphBuilder(2**20, encoding="spikes", timesteps=2)
    g.delay(g.input, steps=511)
    with pytest.raises(
        ModelError, match=r"'late' \(delay\): steps: expected a ring of fewer than 2\^31 bytes"
    ):
        g.delay(g.input, steps=512, name="late")
    spikes = g.lif(g.input, 0.5)
    steps = np.zeros((), np.int32) + 16383
    assert g.delay(spikes, steps=steps).shape == (2**20,)
    with pytest.raises(ModelError, match="ring of fewer"):
        g.delay(spikes, steps=steps + 1)
