"""Mechanisms of neurons by themselves, in the reference and the C core: 400 steps of 256 neurons."""

import numpy as np
import pytest
from neuron_runs import NEURONS, STEPS, currents, spikes_of

from snnrt import GraphBuilder
from snnrt.ir.graph import Neuron
from snnrt.ir.nodes.neuron_fields import FLAGS, PLAIN_FLAGS, WORDS
from snnrt.ir.nodes.neuron_mechanisms import MECHANISMS
from snnrt.network import Network


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


def loihi_rule(a, du, dv, threshold, bias):
    """Spikes, u and v (T, N): the rule of Lava's fixed-point LIF written out; ``du`` as the chip computes."""
    u = v = np.zeros(a.shape[1], np.int64)
    found = []
    for x in a.astype(np.int64):
        u = np.trunc(u * (4096 - du) / 4096).astype(np.int64) + (x << 6)
        u = np.where(u >= 2**23, u - 2**24, np.where(u < -(2**23), u + 2**24, u))
        v = np.trunc(v * (4096 - dv) / 4096).astype(np.int64) + u + (bias << 6)
        v = np.clip(v, 1 - 2**23, 2**23 - 1)
        fired = v > threshold << 6
        found.append((fired, u, v))
        v = np.where(fired, 0, v)
    return tuple(np.stack(values) for values in zip(*found))


def loihi_spikes(a, **fields):
    """(T, N) of currents ``a``, int: a dense of weights 1 … 64 and spike numbers makes them."""
    steps, neurons = a.shape
    g = GraphBuilder(
        (neurons,), encoding="spikes", timesteps=steps, arithmetic="integer", scale=1.0, peak=32767,
        low=-32767.0, high=32767.0,
    )  # fmt: skip
    one = g.dense(g.input, np.eye(neurons, dtype=int))
    current = g.add(one, g.dense(g.input, 3 * np.eye(neurons, dtype=int)), as_current=True)
    g.loihi(current, name="n", **fields)
    network = Network(g.finish(current, scale=np.ones(neurons)))
    x = (a / 4).astype(np.float32)[None]
    runs = [network.run(x, record=("spikes",), device=device) for device in ("reference", "cpu")]
    np.testing.assert_array_equal(runs[0].spikes["n"], runs[1].spikes["n"])
    return runs[1].spikes["n"][0]


@pytest.mark.parametrize("spread, threshold", [(40, 300), (2000, 20000), (30000, 100000)])
def test_loihi_is_the_rule(spread, threshold):
    """0 differences in 400 steps of 256 neurons; with the largest currents u wraps and v is clipped."""
    rng = np.random.default_rng(spread)
    a = 4 * np.rint(rng.normal(spread / 20, spread / 4, (STEPS, NEURONS))).astype(int)
    du, dv = rng.integers(0, 4097, (2, NEURONS))
    if spread == 30000:
        du, dv = du // 64, dv // 64
    bias = rng.integers(-spread // 20, spread // 10, NEURONS)
    expected, u, v = loihi_rule(a, du, dv, threshold, bias)
    assert 0.01 < expected.mean() < 0.9
    if spread == 30000:
        assert (np.abs(np.diff(u, axis=0)) > 2**23).any() and (np.abs(v) == 2**23 - 1).any()
    found = loihi_spikes(a, du=du, dv=dv, threshold=threshold, bias=bias)
    np.testing.assert_array_equal(found, expected)


def test_loihi_gives_the_traces_that_lava_publishes():
    """Of the tests of Lava's PyLifModelBitAcc (an impulse of 128), which count du from 1."""
    impulse = np.array([[128], *7 * [[0]]])
    _, u, _ = loihi_rule(impulse, 2047 + 1, 0, 256, 0)
    assert u[:, 0].tolist() == [8192 >> t for t in range(8)]
    _, _, v = loihi_rule(impulse, 0 + 1, 2048, 256, 0)
    assert v[:, 0].tolist() == [8192, 12286, 14331, 15351, 15859, 16111, 16235, 16295]
    biased = loihi_spikes(np.zeros((10, 1), int), du=1, dv=0, threshold=8, bias=2)
    assert np.flatnonzero(biased[:, 0]).tolist() == [4, 9]
    # the membrane seen through thresholds: a neuron fires where v passes its own
    for step, level in enumerate(v[:, 0]):
        below, above = (level - 1) // 64, -(-level // 64)
        for threshold, fires in ((below, True), (above, False)):
            spikes = loihi_spikes(impulse, du=1, dv=2048, threshold=threshold)[:, 0]
            assert (np.flatnonzero(spikes)[:1].tolist() == [step]) == fires
