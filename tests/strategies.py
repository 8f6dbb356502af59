"""Random valid graphs with inputs, for property-based tests: every node kind, flag and shape of parameter.

:func:`random_graph` needs only a seeded generator; :func:`graphs` wraps it for Hypothesis. What is drawn of a
kind of node stands in its module of tests/ir/nodes; here is how nodes follow each other.
"""

from __future__ import annotations

import numpy as np
from growing_graph import GrowingGraph, Style
from hypothesis import strategies as st
from node_cases import CASES

from snnrt.ir.build import Value
from snnrt.ir.graph import Add, Edge, Flatten, Graph, Node, Shape, Weighted


def random_graph(
    rng: np.random.Generator,
    numbers: str = "float32",
    *,
    device: bool | None = None,
    blocks: int | None = None,
    timesteps: int | None = None,
    inputs: int = 3,
) -> tuple[Graph, np.ndarray]:
    """A random valid graph and ``x`` for it: (inputs, *shape), or (inputs, T, *shape) for spikes.

    ``device``: whether a float32 graph keeps to what int8 can hold, so that it can be quantised.
    """
    device = numbers == "int8" or (bool(rng.random() < 0.5) if device is None else device)
    style = Style(numbers, device, exact=bool(rng.random() < 0.4), extreme=bool(rng.random() < 0.15))
    timesteps = int(rng.integers(1, 8)) if timesteps is None else timesteps
    growth = Growth(GrowingGraph(rng, style, timesteps))
    for _ in range(int(rng.integers(0, 6)) if blocks is None else blocks):
        growth.block()
    growth.head()
    graph = with_random_delay(rng, growth.finish())
    if graph.integer and rng.random() < 0.5:
        # values beyond the peak, which are clipped to it
        source = graph.input.with_(low=1.5 * graph.input.low, high=1.5 * graph.input.high)
        graph = graph.with_(nodes=(source, *graph.nodes[1:]))
    return graph, random_input(rng, graph, inputs)


def random_input(rng: np.random.Generator, graph: Graph, inputs: int = 3) -> np.ndarray:
    """float32 inputs for ``graph``: in its range, with zeros and, in int8, values beyond the peak."""
    node = graph.input
    shape = (inputs, graph.timesteps, *node.shape) if node.encoding == "spikes" else (inputs, *node.shape)
    if node.encoding == "spikes" and node.peak == 1:
        return (rng.random(shape) < rng.uniform(0, 0.7)).astype(np.float32)
    x = rng.uniform(node.low, node.high, shape) * (rng.random(shape) < 0.8)
    return x.astype(np.float32)


class Growth:
    """A graph from its input to its head; ``x`` is the value that comes next."""

    def __init__(self, graph: GrowingGraph) -> None:
        self.graph = graph
        self.x = graph.input
        # feedback still to be made: its name and shape, and the neuron that it may always come from
        self.promised: list[tuple[str, Shape, Value]] = []
        self.cases = [case for case in CASES.values() if case.SHARE]
        shares = np.array([case.SHARE for case in self.cases])
        self.shares = shares / shares.sum()

    def block(self) -> None:
        """One more node of any kind, and where it has weights often a pooling and a neuron after it."""
        for place in self.graph.rng.choice(len(self.cases), len(self.cases), replace=False, p=self.shares):
            drawn = self.cases[place].draw(self.graph, self.x)
            if drawn is not None:
                break
        assert drawn is not None
        self.x = drawn
        if issubclass(self.cases[place].NODE, Weighted):
            if self.graph.chance(0.25):
                after = "sum_pool2d" if len(drawn.shape) == 3 else "flatten"
                self.x = CASES[after].draw(self.graph, drawn) or drawn
            if not self.graph.chance(0.1):
                self.neuron_after()

    def neuron_after(self) -> None:
        if self.graph.chance(0.25):
            self.recurrent_neuron(outer=self.graph.chance(0.4))
        else:
            self.x = self.graph.neuron(self.x, thresholded=self.graph.chance(0.85))

    def recurrent_neuron(self, outer: bool) -> None:
        """x + feedback → neuron; the feedback comes from the neuron itself, or from later in the graph."""
        name, shape = f"feedback{len(self.graph.g.nodes)}", self.x.shape
        both = [self.x, self.graph.g.delayed(name, shape)]
        if self.graph.chance(0.3):
            both.reverse()
        total = self.graph.node(Add, *both, as_current=self.graph.style.device)
        self.x = self.graph.neuron(total)
        if outer:
            self.promised.append((name, shape, self.x))
        else:
            self.graph.same(self.x, shape, name)

    def classes(self) -> int:
        return self.graph.pick(1, 6)

    def head(self) -> None:
        """Down to a vector of classes: often dense, and a neuron, a leaky integrator or nothing."""
        self._keep_promises()
        only_input = len(self.graph.g.nodes) == 1
        if len(self.x.shape) == 1 and only_input and self.graph.chance(0.5):
            return
        if not self.graph.weighable(self.x):
            self.x = self.graph.neuron(self.x)
        if len(self.x.shape) == 3:
            self.x = self.graph.node(Flatten, self.x)
        self.x = CASES["dense"].draw(self.graph, self.x, outputs=self.classes())
        if self.graph.chance(0.6):
            if self.graph.chance(0.2):
                self.recurrent_neuron(outer=False)
            else:
                self.x = self.graph.neuron(self.x, thresholded=self.graph.chance(0.5))

    def _keep_promises(self) -> None:
        for name, shape, neuron in self.promised:
            kept = self.graph.same(self.x, shape, name) if self.graph.weighable(self.x) else None
            if kept is None:
                self.graph.same(neuron, shape, name)

    def finish(self) -> Graph:
        readout = CASES["readout"].draw(self.graph, self.x)
        rule = CASES["exit"].draw(self.graph, self.x)
        return self.graph.g.finish(self.x, exit=rule, metadata={"name": "random"}, **readout)


def with_random_delay(rng: np.random.Generator, graph: Graph) -> Graph:
    """Sometimes moves a node before one it reads, and delays that edge by a step."""
    nodes = graph.nodes
    if rng.random() >= 0.25:
        return graph
    position = {node.name: index for index, node in enumerate(nodes)}
    candidates = []
    for index, node in enumerate(nodes[1:-2], start=1):
        for place, edge in enumerate(node.inputs):
            origin = nodes[position[edge.source]]
            while isinstance(origin, Flatten):
                origin = nodes[position[origin.inputs[0].source]]
            target = position[origin.name]
            others = [e for i, e in enumerate(node.inputs) if i != place]
            early = all((position[e.source] < target) if e.delay == 0 else True for e in others)
            movable = not isinstance(node, Flatten) and edge.delay == 0 and target > 0 and early
            if movable and not _stays_after(nodes, index, target):
                candidates.append((index, place, target))
    if not candidates:
        return graph
    index, place, target = candidates[int(rng.integers(len(candidates)))]
    node = nodes[index]
    edges = tuple(Edge(e.source, 1) if i == place else e for i, e in enumerate(node.inputs))
    rest = nodes[:index] + nodes[index + 1 :]
    return graph.with_(nodes=(*rest[:target], node.with_(inputs=edges), *rest[target:]))


def _stays_after(nodes: tuple[Node, ...], index: int, target: int) -> bool:
    """Whether a node between ``target`` and ``index`` reads node ``index`` (or a flatten of it) delayed."""
    seen = {nodes[index].name}
    for node in nodes[index + 1 :]:
        if isinstance(node, Flatten) and node.inputs[0].source in seen:
            seen.add(node.name)
    return any(edge.delay and edge.source in seen for node in nodes[target:index] for edge in node.inputs)


@st.composite
def graphs(draw: st.DrawFn, numbers: str = "float32", device: bool | None = None) -> tuple[Graph, np.ndarray]:
    """A graph and inputs; shrinks to few blocks, timesteps and inputs."""
    blocks = draw(st.integers(0, 5))
    timesteps = draw(st.integers(1, 7))
    inputs = draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return random_graph(rng, numbers, device=device, blocks=blocks, timesteps=timesteps, inputs=inputs)
