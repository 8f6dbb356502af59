"""Rockpool's decays and neurons."""

import numpy as np

from snnrt.converters.frameworks.choices import Choices
from snnrt.converters.frameworks.framework import Mechanisms
from snnrt.converters.frameworks.rockpool import FRAMEWORK, exponential_decay, exponential_synapse, lif

F = np.float32


def test_decay():
    tau = np.array([1e-3, 2e-2, 0.5])
    np.testing.assert_allclose(exponential_decay(tau, 1e-3), np.exp(-1e-3 / tau), rtol=1e-6)
    assert exponential_decay(tau, 1e-3).dtype == F


def test_neurons():
    assert lif(F(0.5)).synapse is None
    assert lif(F(0.5), F(0.25)).synapse_order == "add_then_decay"
    synapse = exponential_synapse(F(0.25))
    assert synapse.membrane == 0 and synapse.synapse == F(0.25)


def test_what_is_assumed():
    lines = FRAMEWORK.further_lines(Choices(), [Mechanisms(leaky=True, fires=True)])
    assert lines == ["a neuron fires up to 255 spikes a step (Rockpool's limit is 65536, Xylo's 31)"]
    assert FRAMEWORK.further_lines(Choices(), [Mechanisms(leaky=True)]) == []
    assert FRAMEWORK.further_lines(Choices(multiple=False), [Mechanisms(fires=True)]) == []
