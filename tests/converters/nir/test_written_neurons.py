"""A neuron of the IR in NIR's constants."""

import numpy as np
import pytest

from snnrt.converters.nir.written_neurons import written_neuron
from snnrt.ir.graph import Neuron

F = np.float32


def neuron(**fields):
    return Neuron("n", (), (4,), **{"threshold": F(1), "reset_value": F(0)} | fields)


@pytest.mark.parametrize(
    ("fields", "kind", "constants"),
    [
        ({"membrane": F(0.75)}, "LIF", {"tau": 4e-4, "r": 4, "v_leak": 0}),
        ({"membrane": F(0.75), "bias": F(0.5)}, "LIF", {"tau": 4e-4, "v_leak": 2}),
        ({"membrane": F(1), "gain": F(2)}, "IF", {"r": 2e4}),
        ({"membrane": F(1), "threshold": None}, "I", {"r": 1e4}),
        ({"membrane": F(0.25), "integration": "euler", "leak": F(3)}, "LIF", {"tau": 4e-4, "v_leak": 3}),
        ({"membrane": F(4), "integration": "divide"}, "LIF", {"tau": 4e-4, "r": 1}),
        ({"membrane": F(4), "integration": "divide_leak"}, "LIF", {"tau": 4e-4, "r": 4}),
        ({"membrane": F(0.75), "synapse": F(0.5)}, "CubaLIF", {"tau_syn": 2e-4, "w_in": 2, "tau_mem": 4e-4}),
        ({"membrane": F(0.75), "threshold": None}, "LI", {"tau": 4e-4}),
        ({"membrane": F(0.75), "reset_value": F(0.5)}, "LIF", {"v_reset": 0.5, "v_threshold": 1}),
    ],
)
def test_constants(fields, kind, constants):
    written, _ = written_neuron(neuron(**fields))
    assert written["type"] == kind
    for name, value in constants.items():
        assert written[name].shape == (4,)
        np.testing.assert_allclose(written[name], value, rtol=1e-6)


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (
            {"reset": "subtract", "reset_next": True},
            "reset: subtract, at the next step; fires where v ≥ threshold",
        ),
        ({"strict": True}, "reset: to a value; fires where v > threshold"),
        ({"multiple": True, "max_spikes": 7}, "up to 7 spikes a step"),
        ({"lower_bound": F(-1)}, "lower bound"),
        ({"initial": F(0.5)}, "the membrane's first value"),
        ({"synapse": F(0.5)}, "the current's order: decay_then_add"),
        ({"bias": F(1)}, "bias"),
    ],
)
def test_what_nir_does_not_say(fields, line):
    assert line in written_neuron(neuron(**fields))[1]


@pytest.mark.parametrize("fields", [{"one_spike": True}, {"refractory": np.array(2, np.int32)}])
def test_what_nir_does_not_have(fields):
    assert written_neuron(neuron(**fields)) == (None, [])
