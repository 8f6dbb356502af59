"""Which membranes take 16 bits, at the bounds where it changes."""

from __future__ import annotations

import numpy as np
import pytest
from quantised_networks import f, vector_network

from snnrt import GraphBuilder
from snnrt.converters.passes.quantise import quantise
from snnrt.converters.passes.quantise_states import worst_membranes
from snnrt.ir.graph import Graph
from snnrt.reference.run import Reference


def summing(inputs: int, bias: float, **fields: object) -> Graph:
    """One step: an IF neuron whose membrane is 64 units a spike, and 64 · bias."""
    g = GraphBuilder(inputs, encoding="spikes", timesteps=1)
    x = g.dense(g.input, f(np.ones((2, inputs))), f([bias, bias]), name="dense")
    return g.finish(g.if_(x, threshold=100.0, name="lif", **fields))


@pytest.mark.parametrize(("spikes", "bias", "bits"), [(255, 63, 16), (256, 0, 32), (256, -1, 16)])
def test_a_calibrated_membrane_may_take_half_of_16_bits(spikes: int, bias: int, bits: int) -> None:
    """Twice 16383 fits, twice 16384 does not."""
    graph = summing(600, bias / 64)
    calibration = np.zeros((1, 1, 600), np.float32)
    calibration[0, 0, :spikes] = 1
    quantised = quantise(graph, calibration)
    assert quantised["dense"].weights.max() == 64
    assert Reference(quantised).peaks(calibration)["lif"] == 64 * spikes + bias
    assert quantised["lif"].state_bits == bits


@pytest.mark.parametrize(("bias", "bits"), [(62, 16), (64, 32)])
def test_the_worst_membrane_may_take_all_of_16_bits(bias: int, bits: int) -> None:
    """511 spikes of 64 units and the bias: 32766 fits, 32768 does not."""
    quantised = quantise(summing(511, bias / 64))
    assert 64 * 511 + bias <= worst_membranes(quantised)["lif"] <= 64 * 511 + bias + 2
    assert quantised["lif"].state_bits == bits


def test_a_late_reset_goes_deeper_than_any_current() -> None:
    """Without a leak to speak of the membrane forgets what the reset, a step later, still takes off."""
    g = GraphBuilder(300, encoding="spikes", timesteps=3, low=-1.0)
    x = g.dense(g.input, f(np.ones((1, 300))), name="dense")
    graph = g.finish(g.lif(x, 0.0, threshold=300.0, reset_next=True, name="lif"))
    quantised = quantise(graph)
    x = np.ones((1, 3, 300), np.float32)
    x[:, 1] = -1
    deepest = Reference(quantised).peaks(x)["lif"]
    assert deepest == 2 * 300 * int(quantised["dense"].weights.max()) > 32767
    assert worst_membranes(quantised)["lif"] >= deepest
    assert quantised["lif"].state_bits == 32
    spikes = [Reference(one).run(x, record=("spikes",)).spikes["lif"] for one in (graph, quantised)]
    np.testing.assert_array_equal(*spikes)
    assert 0 < spikes[0].mean() < 1


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("reset", ["subtract", "value"])
@pytest.mark.parametrize("leak", [0.0, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("bias", [None, -90.0])
def test_no_run_passes_the_worst_membrane(late: bool, reset: str, leak: float, bias: float | None) -> None:
    g = GraphBuilder(30, encoding="spikes", timesteps=7, low=-1.0)
    rng = np.random.default_rng(2)
    x = g.dense(g.input, f(rng.integers(-40, 40, (9, 30)) / 8), f(rng.normal(size=9)), name="dense")
    fields = {"bias": bias} | ({"reset_value": -3.0} if reset == "value" else {})
    threshold = rng.uniform(5, 200, 9)
    graph = g.finish(
        g.lif(x, leak, threshold=f(threshold), reset=reset, reset_next=late, name="lif", **fields)
    )
    quantised = quantise(graph)
    x = f(rng.choice([-1, 1], (60, 7, 30)))
    x[:20] = np.sign(graph["dense"].weights[rng.integers(0, 9, 20)])[:, None] * rng.choice(
        [-1, 1], (20, 7, 1)
    )
    assert 0 < Reference(quantised).peaks(x)["lif"] <= worst_membranes(quantised)["lif"]


def test_states_are_16_bits_where_they_fit() -> None:
    graph = vector_network()
    # at most 40 spikes · 127 · (1 + 0.9 + …) units: the worst case fits
    assert quantise(graph)["lif"].state_bits == 16
    wide = graph.with_(timesteps=60)
    wide = wide.with_(nodes=tuple(n.with_(membrane=f(1.0)) if n.name == "lif" else n for n in wide))
    assert quantise(wide)["lif"].state_bits == 32
    silent = np.zeros((2, 60, 40))
    assert quantise(wide, silent)["lif"].state_bits == 16
    assert quantise(graph, state_bits=32)["lif"].state_bits == 32


def test_forced_16_bits_make_room_for_the_threshold() -> None:
    graph = vector_network(threshold=f(2000.0))
    assert quantise(graph)["lif"].threshold.min() > 32767
    narrow = quantise(graph, state_bits=16)
    assert narrow["lif"].state_bits == 16
    assert narrow["lif"].threshold.max() <= 2**13


def test_shifts_bound_a_membrane_by_their_own_leak() -> None:
    graph = vector_network(membrane=f(1 - 2.0**-9)).with_(timesteps=400)
    narrow = [quantise(graph, decays=decays)["lif"].state_bits for decays in ("product", "shift")]
    assert narrow == [32, 32]
