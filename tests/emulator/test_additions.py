"""Additions of currents, counts and spikes: the reference's bits, in few instructions an element."""

from __future__ import annotations

import numpy as np
import pytest
from device_programs import need_core

from snnrt import GraphBuilder, Network
from snnrt.ir.graph import Add
from snnrt.results.request import Capabilities, checked_request
from snnrt.targets.emulator import run_emulated

LARGEST_INT32 = 2**31 - 1
SHAPE = (7, 5, 3)
FEW, MANY = (2, 9)


def added(edges: int, shape: tuple[int, ...] = SHAPE) -> tuple[Network, np.ndarray]:
    """``edges`` terms of each type: spikes, counts, currents; some currents saturate."""
    rng = np.random.default_rng(edges)
    g = GraphBuilder(shape, encoding="spikes", timesteps=3, scale=1.0, peak=1, high=1.0, arithmetic="integer")
    spikes = g.lif(g.add(g.input, as_current=True), 0, 1, name="spikes")
    counts = g.add(*[spikes] * edges, name="counts")
    more = g.add(*[counts] * edges, spikes, name="more")
    mixed = g.add(spikes, more, spikes, as_current=True, name="mixed")
    heavy = g.conv2d(
        more, np.full((shape[0], 1, 1, 1), 127, np.int8), bias=rng.choice([0, 2**30 - 2**17], shape[0]),
        groups=shape[0], scale=np.ones(shape[0]), name="heavy",
    )  # fmt: skip
    total = g.add(*[heavy] * edges, mixed, as_current=True, name="total")
    shown = g.neuron(total, membrane=0, reset="none", name="shown")
    whole = g.flatten(g.sum_pool2d(shown, shape[1:]))
    graph = g.finish(whole, scale=np.ones(shape[0]))
    x = (rng.random((2, 3, *shape)) < 0.4).astype(np.float32)
    return Network(graph), x


@pytest.mark.firmware
@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4", "cortex-m55", "rv32"])
def test_sums_are_the_references(core: str) -> None:
    need_core(core)
    network, x = added(3)
    expected = network.run(x, device="reference", record=("membranes",))
    found = network.run(x, device=f"emulator:{core}", record=("membranes",))
    assert (expected.membranes["shown"] == LARGEST_INT32).any()
    assert np.array_equal(found.membranes["shown"], expected.membranes["shown"])
    assert np.array_equal(found.logits, expected.logits)


@pytest.mark.firmware
@pytest.mark.parametrize(("core", "most"), [("cortex-m4", 7.0), ("cortex-m55", 6.0)])
def test_a_term_takes_few_instructions(core: str, most: float) -> None:
    """Of the three additions; one by one a term took 18 to 23 an element."""
    need_core(core)
    taken = []
    for edges in (FEW, MANY):
        network, x = added(edges, (16, 8, 8))
        request = checked_request(network.graph, x, Capabilities(f"emulator:{core}"))
        taken.append(run_emulated(network.model, request, core, count=False).step_instructions.mean())
    additions = sum(isinstance(node, Add) for node in network.graph) - 2  # of the input, and the mixed one
    elements = 16 * 8 * 8
    assert (taken[1] - taken[0]) / ((MANY - FEW) * additions * elements) < most
