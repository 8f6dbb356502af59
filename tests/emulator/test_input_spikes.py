"""Dense layers whose inputs are spikes, but no bits: few instructions, and the host's result."""

from __future__ import annotations

import numpy as np
import pytest
from device_programs import need_core

from snnrt import GraphBuilder, Network
from snnrt.results.request import Capabilities, checked_request
from snnrt.targets.emulator import run_emulated

INPUTS, OUTPUTS, STEPS = 700, 128, 4


def run(core: str, low: float, density: float) -> tuple[float, int]:
    """Instructions of a timestep and its synaptic operations, in the mean."""
    rng = np.random.default_rng(1)
    g = GraphBuilder(
        (INPUTS,),
        encoding="spikes",
        timesteps=STEPS,
        scale=1.0,
        peak=1,
        low=low,
        high=1.0,
        arithmetic="integer",
    )
    x = g.dense(g.input, rng.integers(-127, 128, (OUTPUTS, INPUTS)).astype(np.int8), scale=np.ones(OUTPUTS))
    graph = g.finish(x, scale=np.ones(OUTPUTS))
    values = (rng.random((2, STEPS, INPUTS)) < density) * rng.choice([1.0, low or 1.0], (2, STEPS, INPUTS))
    network = Network(graph)
    request = checked_request(graph, values.astype(np.float32), Capabilities(f"emulator:{core}"))
    found = run_emulated(network.model, request, core, count=False)
    host = network.run(values.astype(np.float32))
    assert np.array_equal(found.logits, host.logits)
    return float(found.step_instructions.mean()), int(host.counts.synaptic_operations.sum() / (2 * STEPS))


@pytest.mark.firmware
@pytest.mark.parametrize(("core", "most"), [("cortex-m0", 11.3), ("cortex-m4", 5.0), ("cortex-m55", 3.3)])
def test_spikes_are_added(core: str, most: float) -> None:
    """The readout included; as products they took 11.8, 6.1 and 3.9 a synaptic operation."""
    need_core(core)
    instructions, operations = run(core, 0.0, 0.03)
    assert instructions < most * operations
    for density in (0.0, 0.005, 0.3):
        run(core, 0.0, density)
        run(core, -1.0, density)
