"""Neurons of any number of channels take about as many instructions as those that fill words of spikes."""

from __future__ import annotations

import numpy as np
import pytest
from device_programs import need_core

from snnrt import GraphBuilder, Network
from snnrt.results.request import Capabilities, checked_request
from snnrt.targets.emulator import run_emulated

POSITIONS = 64
CHANNELS = (32, 8, 12, 24, 40, 80)
ODD = (28, 50, 100)
"""Whose thresholds fill no words that their copies have room for."""


def neuron_instructions(core: str, channels: int, narrow: bool, **changes: object) -> float:
    """A neuron and step, of a layer with thresholds by channel that are rarely reached."""
    rng = np.random.default_rng(channels)
    g = GraphBuilder(
        (channels, 8, 8), timesteps=3, scale=1.0, peak=90, low=-90.0, high=90.0, arithmetic="integer"
    )
    threshold = rng.integers(4000, 9000, channels)
    bits = {"state_bits": 16} if narrow else {}
    bits |= changes
    spikes = g.lif(g.add(g.input, as_current=True), 24576, threshold, **bits)
    weights = np.ones((2, channels * POSITIONS), np.int8)
    graph = g.finish(g.dense(g.flatten(spikes), weights, scale=np.ones(2)), scale=np.ones(2))
    x = rng.integers(-90, 91, (1, channels, 8, 8)).astype(np.float32)
    network = Network(graph)
    request = checked_request(graph, x, Capabilities(f"emulator:{core}"))
    found = run_emulated(network.model, request, core, count=False)
    assert np.array_equal(found.logits, network.run(x).logits)
    return float(found.step_instructions[0, 1]) / (channels * POSITIONS)


@pytest.mark.firmware
@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize(("core", "most", "most_odd"), [("cortex-m4", 1.25, 1.5), ("cortex-m55", 2.0, 3.6)])
def test_channels_that_fill_no_words(core: str, most: float, most_odd: float, narrow: bool) -> None:
    """``most``: of what whole words take; without copies it was 1.7 on Cortex-M4, 7 on Cortex-M55."""
    need_core(core)
    words, *others = (neuron_instructions(core, channels, narrow) for channels in CHANNELS)
    assert max(others) < most * words, others
    odd = [neuron_instructions(core, channels, narrow) for channels in ODD]
    assert max(odd) < most_odd * words, odd


@pytest.mark.firmware
@pytest.mark.parametrize(("core", "current", "late"), [("cortex-m4", 19.5, 21.0), ("cortex-m55", 5.5, 13.0)])
def test_mechanisms_that_have_loops(core: str, current: float, late: float) -> None:
    """Synaptic currents took 150 instructions a neuron, resets of the next step 24."""
    need_core(core)
    for narrow in (False, True):
        assert neuron_instructions(core, 32, narrow, synapse=20000) < current
        assert neuron_instructions(core, 24, narrow, reset_next=True) < late
        assert neuron_instructions(core, 50, narrow, reset_next=True, synapse=20000) < current + late
