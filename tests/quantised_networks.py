"""Small float32 networks for the quantiser, and how close what it makes of them is."""

from __future__ import annotations

import numpy as np

from snnrt.ir.graph import Dense, Edge, Exit, Graph, Input, Neuron, Node, Readout
from snnrt.reference.run import Reference


def f(value: object) -> np.ndarray:
    """As float32."""
    return np.asarray(value, np.float32)


def network(*nodes: Node, classes: int, timesteps: int = 6) -> Graph:
    """``nodes`` with a readout and an exit behind."""
    ends = (
        Readout("readout", (Edge(nodes[-1].name),), (classes,)),
        Exit("exit", (Edge("readout"),), (classes,)),
    )
    return Graph((*nodes, *ends), timesteps)


def lif(name: str, source: str, shape: tuple[int, ...], **fields: object) -> Neuron:
    """Leaky neurons with a threshold of 1, but for ``fields``."""
    options = {"membrane": f(0.9), "threshold": f(1.0), "reset": "subtract", **fields}
    return Neuron(name, (Edge(source),), shape, **options)  # type: ignore[arg-type]


def vector_network(seed: int = 0, inputs: int = 40, hidden: int = 30, **fields: object) -> Graph:
    """Spikes → dense → LIF → dense → leaky integrator."""
    rng = np.random.default_rng(seed)
    return network(
        Input("input", (), (inputs,), encoding="spikes"),
        Dense("first", (Edge("input"),), (hidden,), weights=f(rng.normal(0.1, 0.4, (hidden, inputs)))),
        lif("lif", "first", (hidden,), **fields),
        Dense(
            "second",
            (Edge("lif"),),
            (5,),
            weights=f(rng.normal(0, 0.3, (5, hidden))),
            bias=f(rng.normal(size=5)),
        ),
        lif("li", "second", (5,), threshold=None),
        classes=5,
    )


def spike_input(graph: Graph, inputs: int = 30, seed: int = 1) -> np.ndarray:
    """(N, T, …): three inputs of ten are spikes."""
    rng = np.random.default_rng(seed)
    return f(rng.random((inputs, graph.timesteps, *graph.input.shape)) < 0.3)


def agreement(graph: Graph, quantised: Graph, x: np.ndarray) -> tuple[float, np.ndarray]:
    """Share of equal spikes, and each class's largest difference of logits over the spread of all."""
    real = Reference(graph).run(x, record=("spikes",), exit="never")
    whole = Reference(quantised).run(x, record=("spikes",), exit="never")
    equal = [np.mean(real.spikes[name] == whole.spikes[name]) for name in real.spikes]
    return float(np.mean(equal or [1.0])), np.abs(real.logits - whole.logits).max(axis=0) / max(
        float(np.ptp(real.logits)), 1e-6
    )
