"""Small ONNX models made by hand: one step, its loop, and an ordinary network."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

F, INT = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64
T, INPUTS, NEURONS = 5, 6, 4


def weights() -> np.ndarray:
    return np.random.default_rng(0).normal(0.3, 0.5, (INPUTS, NEURONS)).astype(np.float32)


def _constants(**values: float | np.ndarray) -> list[onnx.TensorProto]:
    return [numpy_helper.from_array(np.asarray(value, np.float32), name) for name, value in values.items()]


CONSTANTS = {"W": weights(), "alpha": 0.75, "theta": 1.0, "one": 1.0}


def step_nodes(x: str, v: str, spikes: str, after: str) -> list[onnx.NodeProto]:
    """A leaky neuron with a hard reset: v = α·v + x·W, fires at v ≥ θ."""
    node = helper.make_node
    return [
        node("MatMul", [x, "W"], ["current"], "fc"), node("Mul", ["alpha", v], ["leaked"], "leak"),
        node("Add", ["leaked", "current"], ["u"], "charge"),
        node("GreaterOrEqual", ["u", "theta"], ["fires"], "fire"),
        node("Cast", ["fires"], [spikes], "spikes", to=F), node("Sub", ["one", spikes], ["quiet"], "quiet"),
        node("Mul", ["quiet", "u"], [after], "reset"),
    ]  # fmt: skip


def model(
    nodes: list[onnx.NodeProto], inputs: dict[str, tuple[object, ...]],
    outputs: dict[str, tuple[object, ...]], constants: list[onnx.TensorProto], opset: int = 17,
) -> onnx.ModelProto:  # fmt: skip
    """A checked model."""
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "by_hand", [info(name, F, shape) for name, shape in inputs.items()],
        [info(name, F, shape) for name, shape in outputs.items()], constants,
    )  # fmt: skip
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(made)
    return made


def one_step() -> onnx.ModelProto:
    """One timestep; the state before the data among the inputs."""
    return model(step_nodes("x", "v", "spikes", "v_next"), {"v": ("batch", NEURONS), "x": ("batch", INPUTS)},
                 {"v_next": ("batch", NEURONS), "spikes": ("batch", NEURONS)},
                 _constants(**CONSTANTS))  # fmt: skip


def loop() -> onnx.ModelProto:
    """A Loop over the axis of time of the input; the spikes are stacked."""
    info = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Gather", ["x", "t"], ["now"], "take", axis=0),
         *step_nodes("now", "v", "spikes", "v_next"),
         helper.make_node("Identity", ["going"], ["still"], "still")],
        "body", [info("t", INT, ()), info("going", onnx.TensorProto.BOOL, ()), info("v", F, (1, NEURONS))],
        [info("still", onnx.TensorProto.BOOL, ()), info("v_next", F, (1, NEURONS)),
         info("spikes", F, (1, NEURONS))],
    )  # fmt: skip
    constants = _constants(**CONSTANTS, v0=np.zeros((1, NEURONS)))
    constants.append(numpy_helper.from_array(np.asarray(T, np.int64), "T"))
    constants.append(numpy_helper.from_array(np.asarray(True), "yes"))
    node = helper.make_node("Loop", ["T", "yes", "v0"], ["v_last", "all"], "loop", body=body)
    return model([node], {"x": (T, 1, INPUTS)}, {"all": (T, 1, NEURONS)}, constants)


def scan() -> onnx.ModelProto:
    """A Scan over the axis of time of the input; the spikes' mean is the result."""
    info = helper.make_tensor_value_info
    body = helper.make_graph(
        step_nodes("now", "v", "spikes", "v_next"), "body",
        [info("v", F, (1, NEURONS)), info("now", F, (1, INPUTS))],
        [info("v_next", F, (1, NEURONS)), info("spikes", F, (1, NEURONS))],
    )  # fmt: skip
    nodes = [
        helper.make_node("Scan", ["v0", "x"], ["v_last", "all"], "scan", body=body, num_scan_inputs=1),
        helper.make_node("ReduceMean", ["all"], ["rate"], "mean", axes=[0], keepdims=0),
    ]
    constants = _constants(**CONSTANTS, v0=np.zeros((1, NEURONS)))
    return model(nodes, {"x": (T, 1, INPUTS)}, {"rate": (1, NEURONS)}, constants)


def stateless() -> onnx.ModelProto:
    """One timestep whose state is a constant."""
    return model(step_nodes("x", "v0", "spikes", "v_next"), {"x": (1, INPUTS)}, {"spikes": (1, NEURONS)},
                 _constants(**CONSTANTS, v0=np.zeros((1, NEURONS))))  # fmt: skip


def ordinary() -> onnx.ModelProto:
    """A layer and a ReLU."""
    nodes = [
        helper.make_node("MatMul", ["x", "W"], ["h"], "fc"),
        helper.make_node("Relu", ["h"], ["y"], "relu"),
    ]
    return model(nodes, {"x": ("N", INPUTS)}, {"y": ("N", NEURONS)}, _constants(W=weights()))
