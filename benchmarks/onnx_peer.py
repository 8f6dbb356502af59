"""The same network as an ONNX graph with its timesteps unrolled, for onnxruntime."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from snnrt.ir.graph import (
    AvgPool2d,
    Conv2d,
    Dense,
    Exit,
    Flatten,
    Graph,
    Input,
    Neuron,
    Node,
    Pool2d,
    Readout,
    SumPool2d,
)


class _Unrolling:
    """The ONNX nodes and constants so far."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: np.ndarray | float) -> str:
        array = np.ascontiguousarray(value, np.float32)
        self.constants.setdefault(name, numpy_helper.from_array(array, name))
        return name

    def emit(self, operator: str, inputs: list[str], output: str, **attributes: object) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def synapses(self, node: Conv2d | Dense, source: str, output: str) -> str:
        inputs = [source, self.constant(f"{node.name}_weights", node.weights)]
        if node.bias is not None:
            inputs.append(self.constant(f"{node.name}_bias", node.bias))
        if isinstance(node, Dense):
            return self.emit("Gemm", inputs, output, transB=1)
        top, bottom, left, right = node.padding
        return self.emit(
            "Conv", inputs, output, pads=[top, left, bottom, right], strides=list(node.stride),
            dilations=list(node.dilation), group=node.groups,
        )  # fmt: skip

    def pool(self, node: Pool2d, source: str, output: str) -> str:
        mean = self.emit(
            "AveragePool", [source], output, kernel_shape=list(node.kernel), strides=list(node.stride)
        )
        if isinstance(node, AvgPool2d):
            return mean
        return self.emit(
            "Mul", [mean, self.constant(f"{node.name}_size", np.prod(node.kernel))], f"{output}_sum"
        )

    def neuron(self, node: Neuron, source: str, step: int) -> str:
        """One step of a LIF of decay form; membrane and spikes are called by the step's number."""
        name, before = f"{node.name}_{step}", f"{node.name}_{step - 1}"
        threshold = self.constant(f"{node.name}_threshold", node.threshold)
        u = source
        if step:
            leaked = self.emit(
                "Mul", [f"{before}_v", self.constant(f"{node.name}_decay", node.membrane)], f"{name}_leak"
            )
            u = self.emit("Add", [leaked, source], f"{name}_u")
            if node.reset_next:
                u = self.emit(
                    "Sub", [u, self.emit("Mul", [f"{before}_z", threshold], f"{name}_off")], f"{name}_r"
                )
        fired = self.emit("Greater" if node.strict else "GreaterOrEqual", [u, threshold], f"{name}_fired")
        spikes = self.emit("Cast", [fired], f"{name}_z", to=TensorProto.FLOAT)
        if node.reset_next:
            self.emit("Identity", [u], f"{name}_v")
        elif node.reset == "subtract":
            self.emit("Sub", [u, self.emit("Mul", [spikes, threshold], f"{name}_off")], f"{name}_v")
        else:
            self.emit("Where", [fired, self.constant(f"{node.name}_reset", node.reset_value), u], f"{name}_v")
        return spikes


def _check(graph: Graph) -> None:
    for node in graph:
        known = isinstance(node, (Input, Conv2d, Dense, SumPool2d, AvgPool2d, Flatten, Neuron, Readout, Exit))
        if isinstance(node, Neuron):
            odd = (node.synapse, node.gain, node.bias, node.leak, node.lower_bound, node.initial)
            known = node.integration == "decay" and not node.multiple and all(one is None for one in odd)
            known = known and (node.reset == "subtract" or (node.reset == "value" and not node.reset_next))
        if not known:
            raise ValueError(f"node '{node.name}': no ONNX form of this {node.kind} is written here")


def unrolled_onnx(graph: Graph, batch: int = 1, *, recompute: bool = False) -> bytes:
    """Serialised ONNX model: input ``x`` (batch, C, H, W) constant over time, output ``logits`` (batch, K).

    Stateless nodes on the constant input are computed once, as snnrt does, so that both do the same work;
    with ``recompute`` at every timestep, as an export of a training loop does.

    Raises ValueError for nodes that are not written here.
    """
    _check(graph)
    static = frozenset() if recompute else graph.static_nodes()
    made = _Unrolling()
    values: dict[str, str] = {}
    logits = ""

    def value(node: Node, source: str, output: str, step: int) -> str:
        if isinstance(node, (Conv2d, Dense)):
            return made.synapses(node, source, output)
        if isinstance(node, Pool2d):
            return made.pool(node, source, output)
        if isinstance(node, Neuron):
            return made.neuron(node, source, step)
        return made.emit("Flatten", [source], output)

    for step in range(graph.timesteps):
        for node in graph:
            source = values.get(node.inputs[0].source, "") if node.inputs else ""
            if isinstance(node, Input):
                values[node.name] = "x"
            elif isinstance(node, Readout):
                logits = made.emit("Add", [logits, source], f"logits_{step}") if logits else source
            elif not isinstance(node, Exit) and not (step and node.name in static):
                values[node.name] = value(node, source, f"{node.name}_{step}", step)
    made.emit("Identity", [logits], "logits")
    onnx_graph = helper.make_graph(
        made.nodes,
        "unrolled",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, *graph.input.shape])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, graph.readout.shape[0]])],
        list(made.constants.values()),
    )
    model = helper.make_model(onnx_graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def onnx_peer(
    graph: Graph, batch: int = 1, *, recompute: bool = False, threads: int = 1
) -> Callable[[np.ndarray], np.ndarray]:
    """x (batch, C, H, W) float32 → logits (batch, K), by onnxruntime on so many threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    model = unrolled_onnx(graph, batch, recompute=recompute)
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def run(x: np.ndarray) -> np.ndarray:
        return session.run(None, {"x": x})[0]

    return run
