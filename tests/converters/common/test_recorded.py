"""A graph's spikes beside those that the source recorded."""

import numpy as np
import pytest

from snnrt.converters.common.recorded import Recorded, agreement
from snnrt.errors import ModelError


def recorded():
    rng = np.random.default_rng(1)
    spikes = {name: (rng.random((2, 40, 5, 3)) < 0.3).astype(np.int64) for name in ("a", "b")}
    return Recorded(np.zeros((2, 4)), spikes, 40)


def changed(found, name, place):
    spikes = {one: array.copy() for one, array in found.spikes.items()}
    spikes[name][place] = 1 - spikes[name][place]
    return spikes


def test_equal_spikes_are_nothing_to_tell():
    found = recorded()
    assert agreement(found, {name: one.reshape(2, 40, 15) for name, one in found.spikes.items()}, "it") == ()


def test_a_few_that_differ_are_counted_and_the_earliest_is_named():
    found = recorded()
    spikes = changed(found, "b", (0, 30, 1, 1))
    spikes["a"][1, 7, 4, 2] = 1 - spikes["a"][1, 7, 4, 2]
    (line,) = agreement(found, spikes, "the module")
    value = spikes["a"][1, 7, 4, 2]
    assert line.startswith("2 of 2400 spikes differ on the example (float32 sums in another order)")
    assert f"first 'a' neuron (4, 2) at timestep 8 gives {value} where the module gives {1 - value}" in line


def test_many_that_differ_are_an_error():
    found = recorded()
    with pytest.raises(
        ModelError, match=r"does not reproduce the module on the example: 'a' neuron \(0, 0\)"
    ):
        agreement(found, changed(found, "a", (slice(None), slice(3, 6))), "the module")


def test_a_membrane_that_differs_is_an_error():
    membrane = np.random.default_rng(2).normal(size=(2, 40, 3))
    found = Recorded(np.zeros((2, 4)), {}, 40, {"readout": membrane})
    assert agreement(found, {"readout": membrane * (1 + 1e-6)}, "it") == ()
    moved = membrane.copy()
    moved[1, 6, 2] += 0.01
    with pytest.raises(ModelError, match=r"membrane of 'readout' neuron \(2,\) at timestep 7"):
        agreement(found, {"readout": moved}, "it")
