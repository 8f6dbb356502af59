"""The same network as an ONNX graph with its timesteps unrolled, for onnxruntime."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from snnrt.graph import AvgPool2d, Conv2d, Dense, Flatten, Graph, Input, Neuron, Readout


def unrolled_onnx(graph: Graph, batch: int = 1) -> bytes:
    """Serialised ONNX model: input ``x`` (batch, C, H, W) constant over time, output ``logits`` (batch, K).

    Stateless nodes on the constant input are computed once, as snnrt does, so that both do the same work.
    Hard reset to 0, fires at u ≥ θ: the neurons of :func:`networks.peer_network`.
    """
    static = graph.static_nodes()
    initialisers = []
    nodes = []

    def constant(name: str, value: np.ndarray) -> str:
        initialisers.append(numpy_helper.from_array(np.ascontiguousarray(value, np.float32), name))
        return name

    def emit(operator: str, inputs: list[str], output: str, **attributes: object) -> str:
        nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    values: dict[str, str] = {}
    membranes: dict[str, str] = {}
    logits = ""
    for step in range(graph.timesteps):
        for node in graph:
            if step and node.name in static:
                continue
            source = values.get(node.inputs[0].source, "") if node.inputs else ""
            output = f"{node.name}_{step}"
            if isinstance(node, Input):
                values[node.name] = "x"
            elif isinstance(node, Conv2d):
                weights = [f"{node.name}_w", f"{node.name}_b"]
                if step == 0:
                    constant(weights[0], node.weights)
                    constant(weights[1], node.bias)
                top, bottom, left, right = node.padding
                values[node.name] = emit(
                    "Conv", [source, *weights], output, pads=[top, left, bottom, right], strides=list(node.stride)
                )
            elif isinstance(node, AvgPool2d):
                values[node.name] = emit(
                    "AveragePool", [source], output, kernel_shape=list(node.kernel), strides=list(node.stride)
                )
            elif isinstance(node, Flatten):
                values[node.name] = emit("Flatten", [source], output)
            elif isinstance(node, Dense):
                weights = [f"{node.name}_w", f"{node.name}_b"]
                if step == 0:
                    constant(weights[0], node.weights)
                    constant(weights[1], node.bias)
                values[node.name] = emit("Gemm", [source, *weights], output, transB=1)
            elif isinstance(node, Neuron):
                values[node.name] = _neuron(node, source, step, membranes, emit, constant)
            elif isinstance(node, Readout):
                logits = source if not logits else emit("Add", [logits, source], output)
    emit("Identity", [logits], "logits")
    shape = list(graph.input.shape)
    onnx_graph = helper.make_graph(
        nodes,
        "unrolled",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, *shape])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, graph.readout.shape[0]])],
        initialisers,
    )
    model = helper.make_model(onnx_graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def _neuron(node, source, step, membranes, emit, constant) -> str:
    prefix = f"{node.name}_{step}"
    if step == 0:
        for name, value in (("decay", node.membrane), ("threshold", node.threshold), ("zero", np.zeros(()))):
            constant(f"{node.name}_{name}", value)
        u = source
    else:
        leaked = emit("Mul", [membranes[node.name], f"{node.name}_decay"], f"{prefix}_leak")
        u = emit("Add", [leaked, source], f"{prefix}_u")
    fired = emit("GreaterOrEqual", [u, f"{node.name}_threshold"], f"{prefix}_fired")
    membranes[node.name] = emit("Where", [fired, f"{node.name}_zero", u], f"{prefix}_v")
    return emit("Cast", [fired], f"{prefix}_spikes", to=TensorProto.FLOAT)
