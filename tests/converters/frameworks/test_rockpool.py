"""Rockpool's step, run by the reference, against its equations written out (exact numbers: dyadic)."""

import numpy as np

from snnrt.converters.frameworks import rockpool
from snnrt.converters.frameworks.neuron import leaky_integrator
from snnrt.ir.graph import Dense, Edge, Exit, Graph, Input, Readout
from snnrt.reference.run import Reference

X = (np.rint(np.random.default_rng(0).normal(0, 1, (2, 6, 1)) * 16) / 16).astype(np.float32)
HALF, QUARTER = np.array(0.5, np.float32), np.array(0.25, np.float32)


def membranes(dynamics):
    nodes = (
        Input("in", (), (1,), encoding="spikes", low=-8.0, high=8.0),
        Dense("w", (Edge("in"),), (1,), weights=np.ones((1, 1), np.float32)),
        leaky_integrator("n", (1,), dynamics).with_(inputs=(Edge("w"),)),
        Readout("out", (Edge("n"),), (1,)),
        Exit("exit", (Edge("out"),), (1,), rule="never"),
    )
    return Reference(Graph(nodes, X.shape[1])).run(X, record=("membranes",)).membranes["n"]


def test_a_current_takes_its_input_in_before_it_decays():
    v, c, expected = np.zeros((2, 1)), np.zeros((2, 1)), []
    for t in range(X.shape[1]):
        c = 0.5 * (c + X[:, t])
        v = 0.25 * v + c + 0.25
        expected.append(v)
    assert (membranes(rockpool.lif(QUARTER, HALF, QUARTER)) == np.stack(expected, 1)).all()


def test_without_a_synapse_the_input_is_the_current():
    v, expected = np.zeros((2, 1)), []
    for t in range(X.shape[1]):
        v = 0.5 * v + X[:, t]
        expected.append(v)
    assert (membranes(rockpool.lif(HALF)) == np.stack(expected, 1)).all()


def test_a_synapse_alone_hands_its_current_on():
    c, expected = np.zeros((2, 1)), []
    for t in range(X.shape[1]):
        c = 0.5 * (c + X[:, t])
        expected.append(c)
    assert (membranes(rockpool.exponential_synapse(HALF)) == np.stack(expected, 1)).all()
