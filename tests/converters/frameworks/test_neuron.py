"""Neurons from mechanisms and rules."""

import numpy as np
import pytest

from snnrt.converters.frameworks.choices import Choices
from snnrt.converters.frameworks.neuron import INTEGRATOR, Dynamics, leaky_integrator, spiking_neuron
from snnrt.converters.frameworks.rules import choose_rules

ONE = np.ones((), np.float32)
HALF = np.array(0.5, np.float32)


def neuron(name, dynamics=None, reset_value=HALF, recurrent=False, **choices):
    rules = choose_rules(name, Choices(**choices))
    return spiking_neuron("n", (3,), dynamics or Dynamics(HALF), rules, ONE, reset_value, recurrent)


@pytest.mark.parametrize(
    "name, choices, reset, value, late",
    [
        ("snntorch", {}, "subtract", None, True),
        ("snntorch", {"reset": "subtract_now"}, "subtract", None, False),
        ("snntorch", {"reset": "zero"}, "value", 0, False),
        ("spikingjelly", {}, "value", 0.5, False),
        ("spikingjelly", {"reset": "zero"}, "value", 0, False),
        ("norse", {"reset": "subtract"}, "subtract", None, False),
        ("sinabs", {}, "subtract", None, False),
        ("nir", {"reset": "none"}, "none", None, False),
    ],
)
def test_resets(name, choices, reset, value, late):
    found = neuron(name, **choices)
    assert (found.reset, found.reset_next) == (reset, late)
    assert (found.reset_value is None) == (value is None) and (value is None or found.reset_value == value)


def test_snntorch_loses_its_input_with_a_synapse_or_recurrence():
    assert neuron("snntorch", reset="zero", recurrent=True).reset_next
    assert neuron("snntorch", Dynamics(HALF, synapse=HALF), reset="zero").reset_next


def test_snntorch_without_a_delay_of_the_reset():
    assert neuron("snntorch", reset_delay=False).reset_ahead and not neuron("snntorch").reset_ahead
    assert not neuron("snntorch", Dynamics(HALF, synapse=HALF), reset="zero", reset_delay=False).reset_next
    assert neuron("snntorch", recurrent=True, reset_delay=False).reset_ahead
    # RSynaptic drops what it computes for reset_delay=False
    current = Dynamics(HALF, synapse=HALF)
    assert not neuron("snntorch", current, recurrent=True, reset_delay=False).reset_ahead
    assert neuron("snntorch", current, recurrent=True, reset="zero", reset_delay=False).reset_next


def test_spikingjelly_starts_at_its_reset_value():
    assert neuron("spikingjelly").initial == 0.5
    assert neuron("spikingjelly", reset_value=np.zeros((), np.float32)).initial is None
    assert neuron("nir").initial is None


def test_spikes_and_bound():
    found = neuron("sinabs", lower_bound=-2.0, max_spikes=9)
    assert found.multiple and found.max_spikes == 9 and not found.strict and found.lower_bound == -2
    assert neuron("norse").strict and not neuron("norse").multiple


def test_a_neuron_that_never_fires():
    found = leaky_integrator("n", (3,), Dynamics(INTEGRATOR, gain=HALF))
    assert found.model == "I" and found.gain == 0.5 and found.inputs == ()
