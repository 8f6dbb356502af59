"""Random valid graphs with inputs, for property-based tests: every node kind, flag and shape of parameter.

:func:`random_graph` needs only a seeded generator; :func:`graphs` wraps it for Hypothesis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from neuron_strategies import random_neuron

from snnrt.ir.graph import (
    Add,
    AvgPool2d,
    Conv2d,
    Dense,
    Edge,
    Exit,
    Flatten,
    Graph,
    Input,
    Node,
    Readout,
    Shape,
    SumPool2d,
    arithmetic_of,
)

LARGEST_VALUE = 15000
LARGEST_VECTOR = 400


@dataclass(frozen=True)
class Style:
    """What kind of graph: ``device``: only what int8 can hold; ``exact``: coarse values, so that u meets θ;
    ``extreme``: integers near their limits, so that sums saturate."""

    numbers: str
    device: bool
    exact: bool
    extreme: bool


class GraphBuilder:
    """Grows a list of nodes; knows for each which type and largest value its output has."""

    def __init__(self, rng: np.random.Generator, style: Style) -> None:
        self.rng = rng
        self.style = style
        self.nodes: list[Node] = []
        self.analog: dict[str, bool] = {}
        self.largest: dict[str, int] = {}
        self.promised: list[tuple[str, Shape]] = []
        self.names = 0

    @property
    def integer(self) -> bool:
        return self.style.numbers == "int8"

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def pick(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def name(self, kind: str) -> str:
        self.names += 1
        return f"{kind}{self.names}"

    def append(self, node: Node, analog: bool, largest: int = 0) -> Node:
        self.nodes.append(node)
        self.analog[node.name] = analog
        self.largest[node.name] = largest
        return node

    def weights(self, shape: Shape, fan_in: int) -> np.ndarray:
        if self.integer:
            top = 127 if self.style.extreme or self.chance(0.3) else 5
            return self.rng.integers(-top, top + 1, shape).astype(np.int8)
        values = self.rng.normal(0.15, 2.0, shape) / np.sqrt(fan_in)
        if self.style.exact:
            values = np.round(values * 4 + 0.2) / 4
        return (values * (self.rng.random(shape) < 0.9)).astype(np.float32)

    def bias(self, outputs: int, fan_in: int, largest: int) -> np.ndarray | None:
        if self.chance(0.4):
            return None
        if not self.integer:
            values = self.rng.normal(0, 0.2, outputs)
            return (np.round(values * 4) / 4 if self.style.exact else values).astype(np.float32)
        top = 2**30 - fan_in * 127 * largest if self.style.extreme else 6
        return self.rng.integers(-top, top + 1, outputs).astype(np.int32)

    def scale(self, size: int) -> np.ndarray | None:
        if not self.integer or self.chance(0.2):
            return None
        return np.exp(self.rng.uniform(-9, 0, size)).astype(np.float32)

    def held(self, source: Node, fan_in: int) -> Node:
        """``source``, or a neuron after it where sums of ``fan_in`` of its values could pass 2³⁰."""
        if self.integer and fan_in * 127 * self.largest[source.name] >= 2**30:
            return self.neuron(source)
        return source

    def dense(self, source: Node, outputs: int, name: str | None = None) -> Node:
        fan_in = source.shape[0]
        source = self.held(source, fan_in)
        node = Dense(
            name or self.name("dense"),
            (Edge(source.name),),
            (outputs,),
            weights=self.weights((outputs, fan_in), fan_in),
            bias=self.bias(outputs, fan_in, self.largest[source.name]),
            scale=self.scale(outputs),
        )
        return self.append(node, analog=True)

    def window(self, shape: Shape, largest_kernel: int, dilate: bool) -> tuple:
        """Kernel, stride, padding, dilation and output size that fit ``shape``."""
        kernel, stride, padding, dilation, size = [], [], [], [], []
        for axis in (1, 2):
            k, s = self.pick(1, largest_kernel), self.pick(1, 2)
            d = self.pick(1, 2) if dilate and self.chance(0.3) else 1
            small = shape[axis] <= 6
            pads = [self.pick(0, 2), self.pick(0, 2)] if small and self.chance(0.5) else [k // 2, k // 2]
            room = shape[axis] + sum(pads) - d * (k - 1) - 1
            if room < 0:
                pads[1] -= room
                room = 0
            kernel.append(k)
            stride.append(s)
            padding += pads
            dilation.append(d)
            size.append(room // s + 1)
        return tuple(kernel), tuple(stride), tuple(padding), tuple(dilation), tuple(size)

    def conv(
        self, source: Node, outputs: int | None = None, same: bool = False, name: str | None = None
    ) -> Node:
        channels = source.shape[0]
        if same:
            kernel, stride, padding, dilation, size = (3, 3), (1, 1), (1, 1, 1, 1), (1, 1), source.shape[1:]
        else:
            kernel, stride, padding, dilation, size = self.window(source.shape, 3, dilate=True)
        divisors = [g for g in range(1, channels + 1) if channels % g == 0]
        groups = int(self.rng.choice(divisors)) if self.chance(0.5) else 1
        if outputs is None:
            outputs = groups * self.pick(1, 2 if groups > 1 else 4)
        elif outputs % groups:
            groups = 1
        fan_in = channels // groups * kernel[0] * kernel[1]
        source = self.held(source, fan_in)
        node = Conv2d(
            name or self.name("conv"),
            (Edge(source.name),),
            (outputs, *size),
            weights=self.weights((outputs, channels // groups, *kernel), fan_in),
            bias=self.bias(outputs, fan_in, self.largest[source.name]),
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
            scale=self.scale(outputs),
        )
        return self.append(node, analog=True)

    def pool(self, source: Node) -> Node:
        kernel, stride, padding, _, size = self.window(source.shape, 3, dilate=False)
        largest = self.largest[source.name] * kernel[0] * kernel[1]
        if largest > LARGEST_VALUE:
            return source
        kind = SumPool2d if self.integer or self.chance(0.5) else AvgPool2d
        name = self.name("pool")
        node = kind(
            name,
            (Edge(source.name),),
            (source.shape[0], *size),
            kernel=kernel,
            stride=stride,
            padding=padding,
        )
        return self.append(node, analog=self.analog[source.name], largest=largest)

    def flatten(self, source: Node) -> Node:
        shape = (int(np.prod(source.shape)),)
        node = Flatten(self.name("flatten"), (Edge(source.name),), shape)
        return self.append(node, analog=self.analog[source.name], largest=self.largest[source.name])

    def add(self, sources: list[Node], as_current: bool | None = None) -> Node:
        analog = any(self.analog[source.name] for source in sources)
        largest = sum(self.largest[source.name] for source in sources)
        if as_current is None:
            as_current = analog or largest > LARGEST_VALUE or self.chance(0.3)
        edges = tuple(Edge(source.name) for source in sources)
        node = Add(self.name("add"), edges, sources[0].shape, as_current=as_current)
        if as_current and self.style.device:
            return self.append(node, analog=True)
        return self.append(node, analog=analog, largest=largest)

    def neuron(self, source: Node, thresholded: bool = True) -> Node:
        """A neuron, with an add before it where the source is not a current."""
        if self.integer and not self.analog[source.name]:
            source = self.add([source], as_current=True)
        node = random_neuron(self.rng, self.name("neuron"), source, self.style, thresholded)
        spiking = node.threshold is not None
        return self.append(node, analog=not spiking, largest=node.max_spikes if node.multiple else 1)

    def recurrent_neuron(self, source: Node, outer: bool) -> Node:
        """source + feedback → neuron; the feedback comes from the neuron itself, or later in the graph."""
        feedback = self.name("feedback")
        both = Add(
            self.name("add"),
            (Edge(source.name), Edge(feedback, 1)),
            source.shape,
            as_current=self.style.device,
        )
        if self.chance(0.3):
            both = both.with_(inputs=both.inputs[::-1])
        self.append(both, analog=True)
        neuron = self.neuron(both)
        if outer:
            self.promised.append((feedback, source.shape))
        else:
            self.keep_promise(feedback, source.shape, neuron)
        return neuron

    def keep_promise(self, name: str, shape: Shape, source: Node) -> None:
        """The node that an earlier delayed edge asked for."""
        if len(shape) == 3 and source.shape[1:] == shape[1:]:
            self.conv(source, outputs=shape[0], same=True, name=name)
        elif len(shape) == 1 and len(source.shape) == 1:
            self.dense(source, shape[0], name=name)
        else:
            edges = tuple(edge for node in self.nodes for edge in node.inputs if edge.source == name)
            assert len(edges) == 1
            self.nodes = [
                node.with_(inputs=tuple(edge for edge in node.inputs if edge.source != name))
                for node in self.nodes
            ]

    def finish_promises(self, source: Node) -> None:
        promised, self.promised = self.promised, []
        for name, shape in promised:
            self.keep_promise(name, shape, source)


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
    builder = GraphBuilder(rng, style)
    timesteps = builder.pick(1, 7) if timesteps is None else timesteps
    node = _random_input(builder)
    for _ in range(builder.pick(0, 5) if blocks is None else blocks):
        node = _random_block(builder, node)
    node = _random_head(builder, node)
    classes = node.shape[0]
    scale = np.exp(rng.uniform(-10, 1, classes)).astype(np.float32) if builder.integer else None
    mode = "mean" if builder.chance(0.5) else "sum"
    readout = Readout("readout", (Edge(node.name),), node.shape, mode=mode, scale=scale)
    rule = str(rng.choice(["entropy", "confidence"])) if classes > 1 and builder.chance(0.7) else "never"
    ends = (readout, Exit("exit", (Edge("readout"),), node.shape, rule=rule, threshold=float(rng.random())))
    nodes = _with_random_delay(builder, tuple(builder.nodes) + ends)
    graph = Graph(nodes, timesteps, arithmetic_of(style.numbers), {"name": "random"})
    return graph, random_input(rng, graph, inputs)


def random_input(rng: np.random.Generator, graph: Graph, inputs: int = 3) -> np.ndarray:
    """float32 inputs for ``graph``: mostly in its range, with zeros and, in int8, values beyond the peak."""
    node = graph.input
    shape = (inputs, graph.timesteps, *node.shape) if node.encoding == "spikes" else (inputs, *node.shape)
    if node.encoding == "spikes" and node.peak == 1:
        return (rng.random(shape) < rng.uniform(0, 0.7)).astype(np.float32)
    x = rng.uniform(node.low, node.high, shape) * (rng.random(shape) < 0.8)
    if graph.integer:
        x = x * rng.choice([1.0, 1.5])
    return x.astype(np.float32)


def _random_input(builder: GraphBuilder) -> Node:
    if builder.chance(0.7):
        shape: Shape = (builder.pick(1, 3), builder.pick(1, 6), builder.pick(1, 6))
    else:
        shape = (builder.pick(1, 12),)
    encoding = "spikes" if builder.chance(0.5) else "constant"
    if encoding == "spikes" and builder.chance(0.6):
        node = Input("input", (), shape, encoding=encoding)
    else:
        peak = int(builder.rng.choice([2, 127, 255, 2000]))
        low = float(builder.rng.choice([0.0, -1.0]))
        node = Input("input", (), shape, encoding=encoding, low=low, high=1.0, scale=1.0 / peak, peak=peak)
    return builder.append(node, analog=False, largest=node.peak)


def _random_block(builder: GraphBuilder, node: Node) -> Node:
    """One more layer, often with a neuron after it."""
    weighable = not (builder.style.device and builder.analog[node.name])
    image = len(node.shape) == 3
    choice = builder.rng.random()
    if choice < 0.5 and weighable:
        layer = builder.conv(node) if image else builder.dense(node, builder.pick(1, 12))
        if builder.chance(0.25):
            layer = builder.pool(layer) if image else builder.flatten(layer)
        return layer if builder.chance(0.1) else _neuron_after(builder, layer)
    if choice < 0.7 and image:
        return builder.pool(node)
    if choice < 0.85 and weighable:
        return _residual(builder, node)
    if choice < 0.92 and image and np.prod(node.shape) <= LARGEST_VECTOR:
        return builder.flatten(node)
    return builder.neuron(node, thresholded=builder.chance(0.8))


def _neuron_after(builder: GraphBuilder, layer: Node) -> Node:
    if builder.chance(0.25):
        return builder.recurrent_neuron(layer, outer=builder.chance(0.4))
    return builder.neuron(layer, thresholded=builder.chance(0.85))


def _residual(builder: GraphBuilder, node: Node) -> Node:
    """node plus one to three branches that start from it."""
    branches = [node]
    for _ in range(builder.pick(1, 3)):
        image = len(node.shape) == 3
        branch = builder.conv(node, node.shape[0], same=True) if image else builder.dense(node, node.shape[0])
        branches.append(builder.neuron(branch) if builder.chance(0.5) else branch)
    order = builder.rng.permutation(len(branches))
    total = builder.add([branches[i] for i in order])
    return builder.neuron(total) if builder.chance(0.7) else total


def _random_head(builder: GraphBuilder, node: Node) -> Node:
    """Down to a vector of classes: often dense, and a neuron, a leaky integrator or nothing."""
    builder.finish_promises(_spiking_source(builder, node))
    if len(node.shape) == 1 and len(builder.nodes) == 1 and builder.chance(0.5):
        return node
    if builder.style.device and builder.analog[node.name]:
        node = builder.neuron(node)
    if len(node.shape) == 3:
        node = builder.flatten(node)
    node = builder.dense(node, builder.pick(1, 6))
    if builder.chance(0.6):
        return _head_neuron(builder, node)
    return node


def _head_neuron(builder: GraphBuilder, node: Node) -> Node:
    if builder.chance(0.2):
        return builder.recurrent_neuron(node, outer=False)
    return builder.neuron(node, thresholded=builder.chance(0.5))


def _spiking_source(builder: GraphBuilder, node: Node) -> Node:
    """``node``, or the last node that a synapse may read."""
    if not (builder.style.device and builder.analog[node.name]):
        return node
    return next(other for other in reversed(builder.nodes) if not builder.analog[other.name])


def _with_random_delay(builder: GraphBuilder, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Sometimes moves a node before one it reads, and delays that edge by a step."""
    if not builder.chance(0.25):
        return nodes
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
        return nodes
    index, place, target = candidates[int(builder.rng.integers(len(candidates)))]
    node = nodes[index]
    edges = tuple(Edge(e.source, 1) if i == place else e for i, e in enumerate(node.inputs))
    rest = nodes[:index] + nodes[index + 1 :]
    return (*rest[:target], node.with_(inputs=edges), *rest[target:])


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
