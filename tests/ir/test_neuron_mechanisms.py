"""Mechanisms of neurons by themselves, in the reference and the C core: 400 steps of 256 neurons."""

import numpy as np
import pytest
from neuron_runs import currents, spikes_of

from snnrt.ir.graph import Neuron
from snnrt.ir.nodes.neuron import FLAGS, PLAIN_FLAGS, WORDS
from snnrt.ir.nodes.neuron_mechanisms import MECHANISMS


def test_every_flag_and_array_named_is_a_field():
    names = {item.field for item in MECHANISMS}
    named = {name.partition("=")[0] for item in MECHANISMS for name in (*item.needs, *item.excludes)}
    assert names | named <= {*Neuron.PARAMETERS, *FLAGS}
    beyond = {name for name, (first, _) in FLAGS.items() if 1 << first > PLAIN_FLAGS}
    assert beyond <= names and not beyond & WORDS.keys()


@pytest.mark.parametrize("reset", ["none", "subtract", "value"])
def test_one_spike_is_the_first_of_many(reset):
    x = currents(4, mean=0.1)
    every = spikes_of(x, membrane=0.9, threshold=2.5, reset=reset)
    once = spikes_of(x, membrane=0.9, threshold=2.5, reset=reset, one_spike=True, dull=0.0)
    first = every.astype(bool) & (np.cumsum(every, 0) == 1)
    assert first.any() and (every.sum(0) > 1).any()
    np.testing.assert_array_equal(once, first)
