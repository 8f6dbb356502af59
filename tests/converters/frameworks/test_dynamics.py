"""Each framework's step, run by the reference, against its equations written out (exact numbers: dyadic)."""

import numpy as np

from snnrt.converters.frameworks import lava, nir, norse, rockpool, sinabs, snntorch, spikingjelly
from snnrt.converters.frameworks.framework import Mechanisms
from snnrt.converters.frameworks.neuron import leaky_integrator
from snnrt.ir.graph import Dense, Edge, Exit, Graph, Input, Readout
from snnrt.reference.run import Reference

F = np.float32
X = (np.rint(np.random.default_rng(0).normal(0, 1, (2, 6, 1)) * 16) / 16).astype(np.float32)


def f(value):
    return np.array(value, np.float32)


def membranes(dynamics):
    neuron = leaky_integrator("n", (1,), dynamics).with_(inputs=(Edge("w"),))
    nodes = (
        Input("in", (), (1,), encoding="spikes", low=-8.0, high=8.0),
        Dense("w", (Edge("in"),), (1,), weights=np.ones((1, 1), np.float32)),
        neuron,
        Readout("out", (Edge("n"),), (1,)),
        Exit("exit", (Edge("out"),), (1,), rule="never"),
    )
    return Reference(Graph(nodes, X.shape[1])).run(X, record=("membranes",)).membranes["n"]


def expected(step):
    """Membranes of ``step(v, c, x) -> v, c``."""
    v, c, found = np.zeros((2, 1), F), np.zeros((2, 1), F), []
    for t in range(X.shape[1]):
        v, c = step(v, c, X[:, t])
        found.append(v)
    return np.stack(found, 1)


def test_snntorch():
    def synaptic(v, c, x):
        c = F(0.5) * c + x
        return F(0.25) * v + c, c

    np.testing.assert_array_equal(membranes(snntorch.leaky(f(0.25), f(0.5))), expected(synaptic))
    np.testing.assert_array_equal(
        membranes(snntorch.leaky(f(0.5))), expected(lambda v, c, x: (F(0.5) * v + x, c))
    )


def test_snntorch_clamps_its_decays():
    found = snntorch.leaky(f([-0.5, 0.5, 1.5]), f(2))
    np.testing.assert_array_equal(found.membrane, [0, 0.5, 1])
    assert found.synapse == 1 and found.membrane.dtype == found.synapse.dtype == np.float32


def test_lava():
    def lif(v, c, x):
        c = F(0.5) * c + x
        return F(0.25) * v + c, c

    np.testing.assert_array_equal(membranes(lava.lif(f(0.25), f(0.5))), expected(lif))


def test_rockpool():
    def lif(v, c, x):
        c = (c + x) * F(0.5)
        return F(0.25) * v + c, c

    np.testing.assert_array_equal(membranes(rockpool.lif(f(0.25), f(0.5))), expected(lif))
    np.testing.assert_array_equal(
        membranes(rockpool.exponential_synapse(f(0.5))), expected(lambda v, c, x: ((v + x) * F(0.5), c))
    )


def test_spikingjelly():
    with_input = expected(lambda v, c, x: (v + (x - (v - F(0.5))) / F(4), c))
    np.testing.assert_array_equal(membranes(spikingjelly.lif(f(4), True, f(0.5))), with_input)
    without = expected(lambda v, c, x: ((v - (v - F(0.5)) / F(4)) + x, c))
    np.testing.assert_array_equal(membranes(spikingjelly.lif(f(4), False, f(0.5))), without)

    def cuba(v, c, x):
        c = F(0.5) * c + x
        return F(0.25) * v + c, c

    np.testing.assert_array_equal(membranes(spikingjelly.cuba_lif(f(0.25), f(0.5))), expected(cuba))


def test_norse():
    def lif(v, c, x):
        i = c + x
        return v + F(0.25) * ((0 - v) + i), i - F(0.5) * i

    np.testing.assert_array_equal(membranes(norse.lif(f(0.25), f(0.5))), expected(lif))
    assert norse.lif(f(0.25), leak=f(0.5)).initial == 0.5


def test_norse_rate_keeps_the_precision():
    inverse = np.array([100.0, 200.0])
    assert norse.decay_rate(inverse.astype(np.float32), 1e-3).dtype == np.float32
    np.testing.assert_array_equal(
        norse.decay_rate(inverse.astype(np.float32), 1e-3), F(1e-3) * inverse.astype(F)
    )
    np.testing.assert_array_equal(norse.decay_rate(inverse, 1e-3), 1e-3 * inverse)


def test_sinabs():
    def lif(v, c, x):
        c = F(0.5) * (c + x)
        return F(0.25) * v + F(0.75) * c, c

    share = sinabs.input_share(f(0.25))
    assert share == 0.75 and share.dtype == np.float64
    np.testing.assert_array_equal(membranes(sinabs.lif(f(0.25), f(0.5), f(share))), expected(lif))


def test_sinabs_defaults_of_norm_input():
    lif, exp_leak, iaf = (Mechanisms(True, False, True), Mechanisms(leaky=True), Mechanisms(fires=True))
    assert [sinabs.normalises_input(one, None) for one in (lif, exp_leak, iaf)] == [True, False, False]
    assert sinabs.normalises_input(exp_leak, True) and not sinabs.normalises_input(lif, False)


def test_nir():
    def euler(v, c, x):
        return v + F(0.25) * ((F(0.5) - v) + c), F(0.5) * c + x

    np.testing.assert_array_equal(membranes(nir.forward_euler(f(0.25), f(0.5), f(0.5))), expected(euler))


def test_sinabs_decay_of_half_a_step():
    """τ in steps of dt: exp(−dt/τ), which 1 hides."""
    found = sinabs.exponential_decay(f([2, 4, 0.5]), 0.5)
    np.testing.assert_array_equal(found, np.exp(np.array([-0.25, -0.125, -1])).astype(np.float32))
    assert found.dtype == np.float32
    assert not np.array_equal(found, sinabs.exponential_decay(f([2, 4, 0.5]), 1.0))
