"""Damaged and hostile ONNX models by the thousand: does reading one crash, hang, raise, or take too much?

    python tests/damage_onnx.py --files 10000

As tests/damage_nir.py, whose options it has: bytes are damaged, and nodes, sizes and numbers of the model.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from damage_nir import DAMAGES, Kind, main
from onnx import helper, numpy_helper
from onnx_models import F, loop, model, one_step, ordinary, scan, stateless

_OPERATORS = (
    "Add", "Sub", "Mul", "Div", "MatMul", "Gemm", "Conv", "ConvTranspose",
    "MaxPool", "AveragePool", "Relu", "Clip", "Floor", "Greater", "Less", "Where",
    "Cast", "Reshape", "Expand", "Tile", "Gather", "Slice", "Split", "Concat",
    "Squeeze", "Unsqueeze", "Transpose", "Pad", "Range", "ConstantOfShape", "ScatterND", "ReduceSum",
    "Loop", "Scan", "If", "SequenceInsert", "BatchNormalization", "Softmax", "Identity", "Pow",
    "Shape", "RandomNormal", "NonZero", "Einsum", "TopK", "Resize", "CumSum", "Unknown",
)  # fmt: skip
_NUMBERS = (0, 1, -1, 2, 3, 7, 255, 2**16, 2**31 - 1, 2**31, 2**40, -(2**31), 2**62)


def convolutional() -> onnx.ModelProto:
    """Two timesteps of a convolution, a pool and neurons, and a layer behind them."""
    random, node = np.random.default_rng(1), helper.make_node
    kernel = random.normal(0.2, 0.4, (3, 1, 3, 3)).astype(np.float32)
    constants = [numpy_helper.from_array(one, name) for name, one in {
        "K": kernel, "theta": np.float32(0.6), "beta": np.float32(0.9), "zero": np.float32(0),
        "W": random.normal(0, 0.4, (5, 12)).astype(np.float32), "b": np.ones(5, np.float32),
        "shape": np.array([1, -1]), "axis": np.array([0]),
    }.items()]  # fmt: skip
    nodes, rows, before = (
        [node("Conv", ["x", "K"], ["c"], "conv", pads=[1, 1, 1, 1], kernel_shape=[3, 3])],
        [],
        "",
    )
    for step in range(3):
        membrane = f"u{step}" if before else "c"
        if before:
            nodes.append(node("Mul", ["beta", before], [f"l{step}"]))
            nodes.append(node("Add", [f"l{step}", "c"], [membrane]))
        nodes += [
            node("Sub", [membrane, "theta"], [f"d{step}"]),
            node("Greater", [f"d{step}", "zero"], [f"g{step}"]),
            node("Cast", [f"g{step}"], [f"z{step}"], to=F), node("Mul", [f"z{step}", "theta"], [f"r{step}"]),
            node("Sub", [membrane, f"r{step}"], [f"v{step}"]),
            node("MaxPool", [f"z{step}"], [f"p{step}"], kernel_shape=[2, 2], strides=[2, 2]),
            node("Reshape", [f"p{step}", "shape"], [f"f{step}"]),
            node("Gemm", [f"f{step}", "W", "b"], [f"y{step}"], transB=1),
            node("Unsqueeze", [f"y{step}", "axis"], [f"row{step}"]),
        ]  # fmt: skip
        rows.append(f"row{step}")
        before = f"v{step}"
    nodes.append(node("Concat", rows, ["all"], "all", axis=0))
    return model(nodes, {"x": (1, 1, 4, 4)}, {"all": (3, 1, 5)}, constants)


def rounded() -> onnx.ModelProto:
    """An ordinary network: a residual, pools, ReLU, a clip, and an activation of four levels."""
    random, node = np.random.default_rng(2), helper.make_node
    constants = [numpy_helper.from_array(one, name) for name, one in {
        "K": random.normal(0.2, 0.4, (3, 1, 3, 3)).astype(np.float32),
        "P": random.normal(0.2, 0.4, (3, 3, 1, 1)).astype(np.float32),
        "W": random.normal(0, 0.4, (3, 5)).astype(np.float32),
        "theta": np.float32(1.5), "levels": np.float32(4), "half": np.float32(0.5), "zero": np.float32(0),
        "one": np.float32(1), "shape": np.array([-1, 3]),
    }.items()]  # fmt: skip
    nodes = [
        node("Conv", ["x", "K"], ["c"], "conv", pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        node("Relu", ["c"], ["r"], "relu"),
        node("MaxPool", ["r"], ["m"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["m", "P"], ["p"], "point"), node("Add", ["p", "m"], ["sum"], "sum"),
        node("Div", ["sum", "theta"], ["d"]), node("Clip", ["d", "zero", "one"], ["share"]),
        node("Mul", ["share", "levels"], ["l"]), node("Add", ["l", "half"], ["h"]),
        node("Floor", ["h"], ["f"]),
        node("Div", ["f", "levels"], ["q"]), node("Mul", ["q", "theta"], ["a"], "act"),
        node("GlobalAveragePool", ["a"], ["g"]), node("Reshape", ["g", "shape"], ["v"]),
        node("MatMul", ["v", "W"], ["logits"]), node("Softmax", ["logits"], ["y"]),
    ]  # fmt: skip
    return model(nodes, {"x": (1, 1, 4, 4)}, {"y": (1, 5)}, constants)


def write_good(folder: Path) -> list[bytes]:
    """The models, undamaged."""
    makers = (one_step, loop, scan, stateless, convolutional, ordinary, rounded)
    return [one().SerializeToString() for one in makers]


def _all_nodes(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    found = []
    for node in graph.node:
        found.append(node)
        for one in node.attribute:
            if one.type == onnx.AttributeProto.GRAPH:
                found += _all_nodes(one.g)
    return found


def _part_changed(draw: np.random.Generator, made: onnx.ModelProto) -> None:
    """One node, attribute, constant or size becomes another."""
    graph, action = made.graph, int(draw.integers(8))
    nodes = _all_nodes(graph)
    node = nodes[int(draw.integers(len(nodes)))]
    names = (
        [name for one in nodes for name in one.output] + [one.name for one in graph.initializer] + ["x", ""]
    )
    number = int(draw.choice(_NUMBERS))
    if action == 0:
        node.op_type = str(draw.choice(_OPERATORS))
    elif action == 1 and node.input:
        node.input[int(draw.integers(len(node.input)))] = str(draw.choice(names))
    elif action == 2 and node.attribute:
        one = node.attribute[int(draw.integers(len(node.attribute)))]
        if one.ints:
            one.ints[int(draw.integers(len(one.ints)))] = number
        elif one.type == onnx.AttributeProto.INT:
            one.i = number
    elif action == 3 and graph.initializer:
        one = graph.initializer[int(draw.integers(len(graph.initializer)))]
        shape = tuple(int(draw.integers(1, 5)) for _ in range(int(draw.integers(4))))
        values = draw.choice([0.0, 1.0, -1.0, np.nan, np.inf, 1e38, 0.5], shape)
        if draw.integers(2):
            one.CopyFrom(numpy_helper.from_array(np.asarray(values, np.float32), one.name))
        else:
            one.CopyFrom(numpy_helper.from_array(np.full(shape, number, np.int64), one.name))
    elif action == 4 and graph.initializer:
        one = graph.initializer[int(draw.integers(len(graph.initializer)))]
        if one.dims:
            one.dims[int(draw.integers(len(one.dims)))] = number
        else:
            one.data_location = onnx.TensorProto.EXTERNAL
            entry = one.external_data.add()
            entry.key, entry.value = "location", str(draw.choice(["../x", "/etc/passwd", "x", "", "."]))
    elif action == 5:
        dims = graph.input[0].type.tensor_type.shape.dim
        if dims:
            dims[int(draw.integers(len(dims)))].dim_value = number
    elif action == 6:
        node.domain = str(draw.choice(["", "ai.onnx.ml", "com.microsoft"]))
    else:
        copied = graph.node.add()
        copied.CopyFrom(node)


def damaged(seed: int, good: list[bytes], path: Path) -> None:
    """Write to ``path`` the file of this ``seed``."""
    draw = np.random.default_rng(seed)
    one, other = (good[int(draw.integers(len(good)))] for _ in range(2))
    if draw.random() < 0.4:
        path.write_bytes(DAMAGES[int(draw.integers(len(DAMAGES)))](draw, one, other))
        return
    made = onnx.ModelProto.FromString(one)
    for _ in range(int(draw.integers(1, 4))):
        _part_changed(draw, made)
    path.write_bytes(made.SerializeToString())


ONNX = Kind(".onnx", write_good, damaged, ({}, {"spiking": True}))

if __name__ == "__main__":
    sys.exit(main(ONNX, __doc__))
