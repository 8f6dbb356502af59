"""Neurons under snnTorch's rules, spike for spike against the installed snnTorch."""

import numpy as np
import pytest
from installed_frameworks import framework
from neuron_runs import NEURONS, currents, spikes_of

from snnrt.converters.frameworks.choices import Choices
from snnrt.converters.frameworks.neuron import spiking_neuron
from snnrt.converters.frameworks.rules import choose_rules
from snnrt.converters.frameworks.snntorch import alpha_neuron, leaky
from snnrt.ir.node_fields import field_names

torch = framework("torch")
snn = framework("snntorch")


def theirs(neuron, x):
    """(T, N) spikes of a module with hidden states."""
    with torch.no_grad():
        return np.stack([neuron(torch.from_numpy(step)).numpy() for step in x])


def ours(x, dynamics, threshold=1.0, **choices):
    rules = choose_rules("snntorch", Choices(**choices))
    node = spiking_neuron("n", (NEURONS,), dynamics, rules, np.float32(threshold), None, recurrent=False)
    return spikes_of(x, **{name: getattr(node, name) for name in field_names(type(node))})


@pytest.mark.parametrize("reset", ["subtract", "zero"])
@pytest.mark.parametrize("delay", [True, False])
@pytest.mark.parametrize("beta, threshold", [(0.9, 1.0), (0.5, 0.3), (1.0, 2.5)])
def test_leaky(reset, delay, beta, threshold):
    x = currents(1)
    neuron = snn.Leaky(
        beta=beta, threshold=threshold, reset_mechanism=reset, reset_delay=delay, init_hidden=True
    )
    mine = ours(x, leaky(np.float32(beta)), threshold, reset=reset, reset_delay=delay)
    np.testing.assert_array_equal(mine, theirs(neuron, x))


@pytest.mark.parametrize("reset", ["subtract", "zero"])
@pytest.mark.parametrize("delay", [True, False])
@pytest.mark.parametrize("alpha, beta, threshold", [(0.8, 0.9, 1.0), (0.3, 0.6, 0.4)])
def test_synaptic(reset, delay, alpha, beta, threshold):
    x = currents(2, mean=0.1)
    neuron = snn.Synaptic(
        alpha=alpha,
        beta=beta,
        threshold=threshold,
        reset_mechanism=reset,
        reset_delay=delay,
        init_hidden=True,
    )
    mine = ours(x, leaky(np.float32(beta), np.float32(alpha)), threshold, reset=reset, reset_delay=delay)
    np.testing.assert_array_equal(mine, theirs(neuron, x))


def test_the_three_resets_by_subtraction_differ():
    """Late, ahead and at once give different spikes of the same currents."""
    x, dynamics = currents(3), leaky(np.float32(0.9))
    late, ahead = (ours(x, dynamics, reset="subtract", reset_delay=delay) for delay in (True, False))
    at_once = ours(x, dynamics, reset="subtract_now")
    assert (late != ahead).any() and (ahead != at_once).any() and (late != at_once).any()


@pytest.mark.parametrize("reset", ["subtract", "zero", "none"])
@pytest.mark.parametrize("alpha, beta, threshold", [(0.9, 0.8, 1.0), (0.8, 0.3, 0.4)])
def test_alpha(reset, alpha, beta, threshold):
    x = currents(4, mean=0.2)
    neuron = snn.Alpha(alpha=alpha, beta=beta, threshold=threshold, reset_mechanism=reset, init_hidden=True)
    mine = ours(x, alpha_neuron(np.float32(alpha), np.float32(beta)), threshold, reset=reset)
    np.testing.assert_array_equal(mine, theirs(neuron, x))
