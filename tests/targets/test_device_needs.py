"""What fills the arena, and why."""

from __future__ import annotations

import numpy as np

from snnrt import GraphBuilder
from snnrt.converters.passes.quantise import quantise
from snnrt.network import Network
from snnrt.targets.device_needs import arena_reasons, device_needs


def network(encoding: str) -> Network:
    g = GraphBuilder((1, 16, 16), encoding=encoding, timesteps=2)
    x = g.conv2d(g.input, np.ones((8, 1, 3, 3), np.float32), padding=1, name="map")
    x = g.neuron(x, membrane=0.5, threshold=1.0, name="spikes")
    return Network(g.finish(g.flatten(g.sum_pool2d(x, (16, 16)))))


def reasons(encoding: str) -> tuple[str, ...]:
    found = network(encoding)
    return arena_reasons(found.graph, device_needs(found))


def test_states_and_what_is_kept_are_named_with_their_share_and_the_remedy():
    kept, states = sorted(reasons("constant"))
    assert kept.startswith("8192 bytes (") and "output of map, the same at every timestep" in kept
    assert kept.endswith("convert --memory least computes it anew, by rows")
    assert states.endswith("states of spikes, 4 bytes a neuron")


def test_wide_states_of_integers_name_the_remedy():
    wide = quantise(network("spikes").graph, state_bits=32)
    (reason,) = arena_reasons(wide, device_needs(Network(wide)))
    assert reason.endswith("4 bytes a neuron: convert --state-bits 16 takes less, with coarser weights")


def test_what_goes_by_rows_is_no_reason():
    assert len(reasons("spikes")) == 1 and "states of spikes" in reasons("spikes")[0]
