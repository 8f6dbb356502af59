"""An ordinary network of recorded runs, beside what it computes."""

from __future__ import annotations

import numpy as np
import pytest
from recorded_runs import HIDDEN, Recorded

from snnrt.converters.ann.conversion import activations_of, thresholds_of
from snnrt.converters.ann.recorded_network import RecordedNetwork
from snnrt.converters.ann.spiking import NeuronChoice
from snnrt.converters.common.rollup.operations import Activation

X = np.random.default_rng(1).random((7, 5)).astype(np.float32)


@pytest.mark.parametrize(("batch", "exact"), [(1, True), (4, True), (4, False), (64, False)])
def test_what_it_gives_whatever_a_run_takes(batch, exact):
    runs = Recorded(batch, exact)
    network = RecordedNetwork(runs, None)
    (path,) = activations_of(network.template)
    seen = list(network.seen(X))
    hidden, outputs = runs.compute(X)
    assert sum(len(one.outputs) for one in seen) == len(X)
    np.testing.assert_allclose(np.concatenate([one.activations[path] for one in seen]), hidden, rtol=1e-5)
    np.testing.assert_allclose(np.concatenate([one.outputs for one in seen]), outputs, rtol=1e-5)
    assert all(taken == batch for taken in runs.taken[1:]) or not exact


def test_the_example_stands_for_data():
    runs = Recorded(4, False)
    network = RecordedNetwork(runs, None)
    (seen,) = network.seen(None)
    np.testing.assert_allclose(seen.outputs, runs.compute(runs.example)[1], rtol=1e-5)
    assert len(thresholds_of(network, None, NeuronChoice())[next(iter(seen.activations))]) == HIDDEN


def test_functions_that_are_one_activation():
    """A maximum with 0 and a minimum with 2 are one clamp."""
    network = RecordedNetwork(Recorded(4, False), None)
    (found,) = (node.operation for node in network.template.nodes if isinstance(node.operation, Activation))
    assert found.ceiling == pytest.approx(2) and found.levels is None
