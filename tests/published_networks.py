"""Networks of published cost examples: shapes only, their weights are zero and take no memory."""

from __future__ import annotations

import math

import numpy as np

from snnrt import GraphBuilder
from snnrt.ir.graph import Graph, Neuron, Node, arithmetic_of
from snnrt.results.counts import Counts
from snnrt.targets.workload import all_synapses


def zeros(*shape: int) -> np.ndarray:
    """float32 zeros of any shape in four bytes."""
    zero = np.zeros((), np.float32)
    # what can be written to is copied when a graph is made
    zero.setflags(write=False)
    return np.broadcast_to(zero, shape)


class Builder:
    """A chain of nodes, each reading the one before."""

    def __init__(self, shape: tuple[int, ...], encoding: str = "constant", timesteps: int = 4) -> None:
        self.builder = GraphBuilder(shape, encoding=encoding, timesteps=timesteps)
        self.last = self.builder.input
        self.count = 1

    def _append(self, kind: str, stem: str, *arguments: object, **fields: object) -> Builder:
        add = getattr(self.builder, kind)
        self.last = add(self.last, *arguments, name=f"{stem}{self.count}", **fields)
        self.count += 1
        return self

    def conv(self, out: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> Builder:
        weights = zeros(out, self.last.shape[0] // groups, kernel, kernel)
        return self._append("conv2d", "conv", weights, stride=stride, padding=kernel // 2, groups=groups)

    def neuron(self, **parameters: object) -> Builder:
        return self._append("neuron", "lif", **({"membrane": 0.5, "threshold": 1.0} | parameters))

    def pool(self, kernel: int = 2) -> Builder:
        return self._append("sum_pool2d", "pool", kernel=kernel, stride=kernel)

    def flatten(self) -> Builder:
        # a readout of it shall need no other order
        return self._append("flatten", "flatten", channels_last=True)

    def dense(self, out: int) -> Builder:
        return self._append("dense", "dense", zeros(out, self.last.shape[0]))

    def graph(self, rule: str = "never", threshold: float = 0.0, numbers: str = "float32") -> Graph:
        """What a cost depends on is the same in int8, whatever its weights would be."""
        graph = self.builder.finish(self.last, exit=(rule, threshold))
        if numbers == "int8":
            # but for how fast membranes decay, in Q15
            graph = graph.with_(nodes=tuple(map(_decaying_in_q15, graph)))
        return graph.with_(arithmetic=arithmetic_of(numbers))


def _decaying_in_q15(node: Node) -> Node:
    if not isinstance(node, Neuron):
        return node
    return node.with_(membrane=np.rint(np.asarray(node.membrane) * 2**15).astype(np.int32))


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
