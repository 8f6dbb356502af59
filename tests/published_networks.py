"""Networks of published cost examples: shapes only, their weights are zero and take no memory."""

from __future__ import annotations

import math

import numpy as np

from snnrt.ir.graph import (
    Conv2d,
    Dense,
    Edge,
    Exit,
    Flatten,
    Graph,
    Input,
    Neuron,
    Node,
    Readout,
    SumPool2d,
    arithmetic_of,
)
from snnrt.results.counts import Counts
from snnrt.targets.workload import all_synapses


def zeros(*shape: int) -> np.ndarray:
    """float32 zeros of any shape in four bytes."""
    return np.broadcast_to(np.zeros((), np.float32), shape)


class Builder:
    """A chain of nodes, each reading the one before."""

    def __init__(self, shape: tuple[int, ...], encoding: str = "constant", timesteps: int = 4) -> None:
        self.nodes: list[Node] = [Input("input", (), shape, encoding=encoding)]  # type: ignore[arg-type]
        self.timesteps = timesteps

    @property
    def last(self) -> Node:
        return self.nodes[-1]

    def edge(self) -> tuple[Edge, ...]:
        return (Edge(self.last.name),)

    def conv(self, out: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> Builder:
        c, h, w = self.last.shape
        pad = kernel // 2
        shape = (out, (h + 2 * pad - kernel) // stride + 1, (w + 2 * pad - kernel) // stride + 1)
        weights = zeros(out, c // groups, kernel, kernel)
        name = f"conv{len(self.nodes)}"
        self.nodes.append(
            Conv2d(
                name,
                self.edge(),
                shape,
                weights=weights,
                stride=(stride, stride),
                padding=(pad,) * 4,
                groups=groups,
            )
        )
        return self

    def neuron(self, **parameters: object) -> Builder:
        membrane = np.float32(0.5) * np.ones((), np.float32)
        options = {"membrane": membrane, "threshold": np.ones((), np.float32)} | parameters
        self.nodes.append(Neuron(f"lif{len(self.nodes)}", self.edge(), self.last.shape, **options))  # type: ignore[arg-type]
        return self

    def pool(self, kernel: int = 2) -> Builder:
        c, h, w = self.last.shape
        size = (kernel, kernel)
        shape = (c, h // kernel, w // kernel)
        self.nodes.append(SumPool2d(f"pool{len(self.nodes)}", self.edge(), shape, kernel=size, stride=size))
        return self

    def flatten(self) -> Builder:
        self.nodes.append(Flatten(f"flatten{len(self.nodes)}", self.edge(), (math.prod(self.last.shape),)))
        return self

    def dense(self, out: int) -> Builder:
        weights = zeros(out, self.last.shape[0])
        self.nodes.append(Dense(f"dense{len(self.nodes)}", self.edge(), (out,), weights=weights))
        return self

    def graph(self, rule: str = "never", threshold: float = 0.0, numbers: str = "float32") -> Graph:
        readout = Readout("readout", self.edge(), self.last.shape)
        exit_node = Exit("exit", (Edge("readout"),), self.last.shape, rule=rule, threshold=threshold)  # type: ignore[arg-type]
        return Graph((*self.nodes, readout, exit_node), self.timesteps, arithmetic_of(numbers))  # type: ignore[arg-type]


def vgg16(timesteps: int = 8) -> Graph:
    """VGG-16 for CIFAR-10. A pooling of spikes and the convolution after it are one of stride 2 here:
    the same windows and fan-in, with spikes as inputs."""
    builder = Builder((3, 32, 32), timesteps=timesteps)
    plan = ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (256, 1),
            (512, 2), (512, 1), (512, 1), (512, 2), (512, 1), (512, 1))  # fmt: skip
    for channels, stride in plan:
        builder.conv(channels, stride=stride).neuron()
    return builder.flatten().dense(10).graph("entropy", 0.2)


def vgg9_convolutions() -> Graph:
    """The seven convolutions of SpikeSim's VGG-9 example (CIFAR-10, T = 5), its poolings after 1, 3 and 6."""
    builder = Builder((3, 32, 32), encoding="spikes", timesteps=5)
    for channels, pool in (
        (64, False),
        (64, True),
        (128, False),
        (128, True),
        (256, False),
        (256, False),
        (256, True),
    ):
        builder.conv(channels).neuron()
        if pool:
            builder.pool()
    return builder.flatten().graph()


def counts_at(graph: Graph, density: float, timesteps: np.ndarray | list[int]) -> Counts:
    """Counts of inputs that run ``timesteps`` steps with a fraction ``density`` of all spikes in each.

    Static layers count once; an analog value is never zero.
    """
    steps = np.asarray(timesteps, np.int64)
    counts = Counts.zeros(tuple(node.name for node in graph), steps.size)
    counts.timesteps[:] = steps
    for item in all_synapses(graph):
        d = 1.0 if item.peak is None else density
        runs = np.ones_like(steps) if item.static else steps
        rows = item.windows * item.inputs * d * runs
        active = item.windows * (1.0 - (1.0 - d) ** item.inputs) * runs
        counts.row_activations[:, item.position] = np.rint(rows)
        counts.synaptic_operations[:, item.position] = np.rint(rows) * item.outputs
        counts.active_windows[:, item.position] = np.rint(active)
    for position, node in enumerate(graph):
        if isinstance(node, Neuron):
            counts.neuron_updates[:, position] = math.prod(node.shape) * steps
            counts.spikes[:, position] = np.rint(math.prod(node.shape) * density * steps)
    return counts
