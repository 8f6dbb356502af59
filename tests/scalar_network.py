"""docs/ir.md once more, one number at a time, to check the vectorised reference with.

Slow and plain on purpose: Python integers for int8, single np.float32 operations for float32, tensors as
dictionaries from (channel, y, x) or (index,) to a value.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from snnrt.ir.graph import Conv2d, Graph, Neuron, Node, Shape

F = np.float32
LOW, HIGH = -(2**31), 2**31 - 1


@dataclass
class Trace:
    """What happened at every step (time first) and what was counted (one entry a node)."""

    outputs: dict[str, np.ndarray] = field(default_factory=dict)
    states: dict[str, np.ndarray] = field(default_factory=dict)
    row_activations: list[int] = field(default_factory=list)
    synaptic_operations: list[int] = field(default_factory=list)
    active_windows: list[int] = field(default_factory=list)
    accumulator: list = field(default_factory=list)


def sat(x: int) -> int:
    return max(LOW, min(HIGH, x))


def decay(s: int, a: int) -> int:
    return (s * a + 2**14) // 2**15


def indices(shape: Shape) -> list[tuple[int, ...]]:
    """In stored order: channels last."""
    if len(shape) == 1:
        return [(i,) for i in range(shape[0])]
    return [(c, y, x) for y in range(shape[1]) for x in range(shape[2]) for c in range(shape[0])]


def value_of(parameter: np.ndarray, index: tuple[int, ...]) -> object:
    if parameter.ndim == 0:
        return parameter[()]
    return parameter[index] if parameter.ndim == len(index) else parameter[index[0]]


class _Scalar:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.integer = graph.integer
        self.number = int if self.integer else F
        self.shapes = {node.name: node.shape for node in graph}
        self.values = {n.name: {i: self.number(0) for i in indices(n.shape)} for n in graph}
        self.order = {n.name: indices(n.shape) for n in graph}
        self.v, self.c = {}, {}
        for node in graph:
            if isinstance(node, Neuron):
                start = np.zeros((), F) if node.initial is None else node.initial
                self.v[node.name] = {i: self.number(value_of(start, i)) for i in indices(node.shape)}
                self.c[node.name] = {i: self.number(0) for i in indices(node.shape)}
        # a flatten's elements keep their source's order, and so does all that meets them element by element
        for _ in graph:
            for node in graph:
                if node.kind == "flatten":
                    source = self.shapes[node.inputs[0].source]
                    row_major = {i: k for k, i in enumerate(np.ndindex(*source))}
                    self.order[node.name] = [(row_major[i],) for i in self.order[node.inputs[0].source]]
                elif node.kind in ("neuron", "add") and len(node.shape) == 1:
                    natural = indices(node.shape)
                    met = [node.name, *(edge.source for edge in node.inputs)]
                    order = next((self.order[name] for name in met if self.order[name] != natural), natural)
                    self.order.update(dict.fromkeys(met, order))


def run_scalar(graph: Graph, x: np.ndarray) -> Trace:
    """All timesteps of one input: x (*shape), or (T, *shape) for spikes."""
    net, trace = _Scalar(graph), Trace()
    counts = np.zeros((3, len(graph.nodes)), np.int64)
    recorded: dict[str, list] = {node.name: [] for node in graph}
    states: dict[str, list] = {name: [] for name in net.v}
    accumulator = {i: net.number(0) for i in indices(graph.readout.shape)}
    static = graph.static_nodes()
    for step in range(graph.timesteps):
        for position, node in enumerate(graph.nodes[:-2]):
            if step == 0 or node.name not in static:
                now = x[step] if graph.input.encoding == "spikes" else x
                net.values[node.name] = _execute(net, node, now, counts[:, position])
            recorded[node.name].append(_array(net.values[node.name], node.shape))
            if node.name in states:
                states[node.name].append(_array(net.v[node.name], node.shape))
        source = net.values[graph.readout.inputs[0].source]
        for i in accumulator:
            accumulator[i] = sat(accumulator[i] + source[i]) if net.integer else accumulator[i] + F(source[i])
    trace.outputs = {name: np.array(values) for name, values in recorded.items() if values}
    trace.states = {name: np.array(values) for name, values in states.items()}
    trace.row_activations, trace.synaptic_operations, trace.active_windows = counts.tolist()
    trace.accumulator = list(accumulator.values())
    return trace


def _array(values: dict, shape: Shape) -> np.ndarray:
    array = np.zeros(shape, object)
    for i, value in values.items():
        array[i] = value
    return array.astype(np.float64)


def _execute(net: _Scalar, node: Node, x: np.ndarray, counts: np.ndarray) -> dict:
    sources = [net.values[edge.source] for edge in node.inputs]
    if node.kind == "input":
        if not net.integer:
            return {i: F(x[i]) for i in indices(node.shape)}
        rounded = {i: float(np.rint(F(x[i]) / F(node.scale))) for i in indices(node.shape)}
        return {i: int(max(-node.peak, min(node.peak, value))) for i, value in rounded.items()}
    if node.kind == "dense":
        order = net.order[node.inputs[0].source]
        terms = [(j, sources[0][j]) for j in order]
        _count(counts, [value for _, value in terms], node.shape[0])
        return {
            (o,): _sum(net, node, o, [(node.weights[o, j[0]], value) for j, value in terms])
            for o in range(node.shape[0])
        }
    if node.kind == "conv2d":
        return _convolve(net, node, sources[0], counts)
    if node.kind in ("sum_pool2d", "avg_pool2d"):
        return _pool(net, node, sources[0])
    if node.kind == "flatten":
        row_major = list(np.ndindex(*net.shapes[node.inputs[0].source]))
        return {(k,): sources[0][i] for k, i in enumerate(row_major)}
    if node.kind == "add":
        total = {}
        for i in indices(node.shape):
            value = net.number(sources[0][i])
            for other in sources[1:]:
                value = sat(value + other[i]) if net.integer else value + F(other[i])
            total[i] = value
        return total
    step = _integer_step if net.integer else _float_step
    return {i: step(node, i, net.v[node.name], net.c[node.name], sources[0][i]) for i in indices(node.shape)}


def _count(counts: np.ndarray, values: list, outputs: int) -> None:
    active = sum(bool(value != 0) for value in values)
    counts += [active, active * outputs, active > 0]


def _sum(net: _Scalar, node: Node, output: int, terms: list) -> object:
    bias = 0 if node.bias is None else node.bias[output]
    if net.integer:
        return sat(int(bias) + sum(int(w) * int(value) for w, value in terms))
    total = F(bias)
    for w, value in terms:
        total = total + F(w) * F(value)
    return total


def _window(node: Node, y: int, x: int, kernel: tuple[int, int], shape: Shape) -> list:
    """(kernel_y, kernel_x, y, x) inside the input, in ascending order."""
    dilation = getattr(node, "dilation", (1, 1))
    places = []
    for ky in range(kernel[0]):
        for kx in range(kernel[1]):
            at = (
                y * node.stride[0] - node.padding[0] + ky * dilation[0],
                x * node.stride[1] - node.padding[2] + kx * dilation[1],
            )
            if 0 <= at[0] < shape[1] and 0 <= at[1] < shape[2]:
                places.append((ky, kx, *at))
    return places


def _convolve(net: _Scalar, node: Conv2d, source: dict, counts: np.ndarray) -> dict:
    shape, result = net.shapes[node.inputs[0].source], {}
    of_group, per_group = node.weights.shape[1], node.shape[0] // node.groups
    for y in range(node.shape[1]):
        for x in range(node.shape[2]):
            places = _window(node, y, x, node.weights.shape[2:], shape)
            for group in range(node.groups):
                first = group * of_group
                inputs = [source[first + c, py, px] for _, _, py, px in places for c in range(of_group)]
                _count(counts, inputs, per_group)
                for o in range(group * per_group, (group + 1) * per_group):
                    weights = [node.weights[o, c, ky, kx] for ky, kx, _, _ in places for c in range(of_group)]
                    result[o, y, x] = _sum(net, node, o, list(zip(weights, inputs)))
    return result


def _pool(net: _Scalar, node: Node, source: dict) -> dict:
    shape, result = net.shapes[node.inputs[0].source], {}
    for c, y, x in indices(node.shape):
        total = net.number(0)
        for _, _, py, px in _window(node, y, x, node.kernel, shape):
            total = sat(total + source[c, py, px]) if net.integer else total + F(source[c, py, px])
        result[c, y, x] = total / F(node.kernel[0] * node.kernel[1]) if node.kind == "avg_pool2d" else total
    return result


def _float_step(node: Neuron, index: tuple, v: dict, c: dict, x: object) -> object:
    p = {
        n: None if getattr(node, n) is None else F(value_of(getattr(node, n), index)) for n in node.PARAMETERS
    }
    i = x = F(x)
    if p["synapse"] is not None:
        old, k = c[index], p["synapse"]
        if node.synapse_order == "decay_then_add":
            i = c[index] = k * old + x
        elif node.synapse_order == "add_then_decay":
            i = c[index] = k * (old + x)
        elif node.synapse_order == "use_then_decay":
            i = old + x
            c[index] = i - k * i
        else:
            i = old
            c[index] = k * old + x
    before = v[index]
    gi = i if p["gain"] is None else p["gain"] * i
    leak = F(0) if p["leak"] is None else p["leak"]
    m = p["membrane"]
    u = {
        "decay": lambda: m * before + gi,
        "euler": lambda: before + m * ((leak - before) + gi),
        "divide": lambda: before + (gi - (before - leak)) / m,
        "divide_leak": lambda: (before - (before - leak) / m) + gi,
    }[node.integration]()
    if p["bias"] is not None:
        u = u + p["bias"]
    return _fire(node, p, index, v, before, u, F, lambda value: value)


def _integer_step(node: Neuron, index: tuple, v: dict, c: dict, x: object) -> object:
    names = node.PARAMETERS
    p = {n: None if getattr(node, n) is None else value_of(getattr(node, n), index) for n in names}
    p = {n: value if value is None or n == "scale" else int(value) for n, value in p.items()}
    i = x = int(x)
    if p["synapse"] is not None:
        old, a = c[index], p["synapse"]
        if node.synapse_order == "decay_then_add":
            i = c[index] = sat(decay(old, a) + x)
        elif node.synapse_order == "add_then_decay":
            i = c[index] = decay(sat(old + x), a)
        elif node.synapse_order == "use_then_decay":
            i = sat(old + x)
            c[index] = decay(i, a)
        else:
            i = old
            c[index] = sat(decay(old, a) + x)
    before = v[index]
    u = sat(sat(decay(before, p["membrane"]) + i) + (p["bias"] or 0))
    narrow = node.state_bits == 16

    def held(value: int) -> int:
        return max(-(2**15), min(2**15 - 1, value)) if narrow else sat(value)

    return _fire(node, p, index, v, before, u, int, held)


def _fire(
    node: Neuron, p: dict, index: tuple, v: dict, before: object, u: object, number: type, held
) -> object:
    theta, zero = p["threshold"], number(0)
    target = zero if p["reset_value"] is None else p["reset_value"]

    def reset(value: object, n: object) -> object:
        if not n > 0 or node.reset == "none":
            return value
        return (
            target
            if node.reset == "value"
            else (sat(value - n * theta) if number is int else value - n * theta)
        )

    def fires(value: object) -> object:
        return number(value > theta if node.strict else value >= theta)

    n = zero
    if theta is None:
        result = held(u)
    else:
        if node.reset_next:
            u = reset(u, fires(before))
        u = held(u)
        if node.multiple:
            if u > 0:
                n = min(u // theta if number is int else np.trunc(u / theta), number(node.max_spikes))
        else:
            n = fires(u)
        result = u if node.reset_next else held(reset(u, n))
    if p["lower_bound"] is not None and result < p["lower_bound"]:
        result = p["lower_bound"]
    v[index] = result
    return result if theta is None else n
