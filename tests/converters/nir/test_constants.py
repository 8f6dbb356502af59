"""The constants of a NIR neuron."""

import nir
import numpy as np
import pytest

from snnrt.converters.nir.constants import Constants
from snnrt.converters.nir.primitives import as_node
from snnrt.errors import ModelError


def full(value):
    return np.full(5, value, np.float32)


def lif(tau=2e-4, r=2.0, leak=0.0):
    return Constants("n", as_node(nir.LIF(full(tau), full(r), full(leak), full(1), full(0))), (5,))


def test_time_constants_may_be_infinite_and_not_negative():
    assert np.isinf(lif(np.inf).stored("tau"))
    with pytest.raises(ModelError, match=r"'n' \(LIF\): tau: expected a time above 0, found -"):
        lif(-1).stored("tau")
    node = nir.LIF(full(-1), full(1), full(0), full(1), full(0))
    assert Constants("n", as_node(node), (5,), negative_times=True).stored("tau") == -1


def test_relative_gain():
    assert lif(1e-4 / 0.25, 4).relative_gain("r", "tau", 1e-4) == 1
    np.testing.assert_allclose(lif(4e-4, 2).relative_gain("r", "tau", 1e-4), 0.5, rtol=1e-6)
    assert lif(np.inf, np.inf).relative_gain("r", "tau", 1e-4) == 1
    with pytest.raises(ModelError, match=r"r: expected a finite r·dt/tau"):
        lif(1.0, np.inf).relative_gain("r", "tau", 1e-4)


def test_input_gain_takes_the_synapse_in():
    node = nir.CubaLIF(full(1), full(1), full(2), full(0), full(1), full(0), w_in=full(3))
    found = Constants("n", as_node(node), (5,))
    assert found.tau == "tau_mem" and found.mechanisms.synapse
    assert found.input_gain() == 6 and found.input_gain(np.array(0.5), np.array(4.0)) == 12
    assert lif().input_gain(np.array(0.5)) is None


def test_leak_as_bias():
    assert lif().leak_as_bias(full(0.5)) is None
    assert lif(leak=0.5).leak_as_bias(np.array(0.75, np.float32)) == 0.125
