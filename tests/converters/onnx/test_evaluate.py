"""Each operator that is evaluated here gives what ONNX's reference gives."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import helper
from onnx.reference import ReferenceEvaluator

from snnrt.converters.onnx.bounds import TooLarge
from snnrt.converters.onnx.evaluate import NotKnown, evaluate

RANDOM = np.random.default_rng(3)


def numbers(*shape: int) -> np.ndarray:
    return RANDOM.normal(0, 1, shape).astype(np.float32)


X = numbers(2, 4, 7, 6)
INT = np.int64


def str_only(value: object) -> str:
    return value if isinstance(value, str) else ""


CASES = [
    ("Conv", [X, numbers(6, 2, 3, 2)], {"group": 2, "pads": [1, 0, 2, 1], "strides": [2, 1]}),
    ("Conv", [X, numbers(5, 4, 2, 3), numbers(5)], {"dilations": [2, 1], "auto_pad": "SAME_UPPER"}),
    ("Conv", [numbers(2, 3, 9), numbers(4, 3, 3)], {"auto_pad": "SAME_LOWER", "strides": [2]}),
    ("MaxPool", [X], {"kernel_shape": [3, 2], "strides": [2, 2], "pads": [1, 0, 1, 0]}),
    ("MaxPool", [X], {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}),
    ("AveragePool", [X], {"kernel_shape": [3, 3], "strides": [2, 1], "pads": [1, 1, 1, 1]}),
    ("AveragePool", [X], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}),
    ("GlobalAveragePool", [X], {}),
    ("BatchNormalization", [X, numbers(4), numbers(4), numbers(4), np.abs(numbers(4))], {"epsilon": 1e-3}),
    ("Gemm", [numbers(3, 4), numbers(5, 4), numbers(5)], {"transB": 1, "alpha": 0.5, "beta": 2.0}),
    ("MatMul", [numbers(2, 3, 4), numbers(4, 5)], {}),
    ("Slice", [X, np.array([1, -2]), np.array([9, 2**62]), np.array([2, 3]), np.array([2, 1])], {}),
    ("Slice", [X, np.array([-1]), np.array([-(2**62)]), np.array([1]), np.array([-1])], {}),
    ("Pad", [X, np.array([0, 0, 1, 2, 0, 0, 0, 1]), np.array(0.5, np.float32)], {}),
    ("Split", [X, np.array([1, 3])], {"axis": 1}), ("Gather", [X, np.array([[1, -1]])], {"axis": 2}),
    ("Reshape", [X, np.array([0, -1])], {}), ("Squeeze", [numbers(1, 3, 1), np.array([0])], {}),
    ("Unsqueeze", [X, np.array([0, -1])], {}), ("Expand", [numbers(3, 1), np.array([2, 1, 4])], {}),
    ("Tile", [numbers(2, 3), np.array([2, 1])], {}), ("Transpose", [X], {"perm": [0, 2, 3, 1]}),
    ("Where", [X > 0, X, np.array(0, np.float32)], {}), ("Clip", [X, np.array(-0.5, np.float32)], {}),
    ("ReduceMean", [X], {"axes": [2, 3], "keepdims": 0}), ("ReduceSum", [X, np.array([1])], {}),
    ("Div", [np.array([-7, 7]), np.array([2, -2])], {}), ("Concat", [X, X], {"axis": 1}),
    ("Greater", [X, numbers(6)], {}), ("Pow", [np.abs(X), np.array(2, np.float32)], {}),
    ("Range", [np.array(1), np.array(8), np.array(3)], {}), ("Sign", [X], {}), ("Softmax", [X], {"axis": 1}),
    ("ScatterND", [numbers(3, 2), np.array([[1]]), numbers(1, 2)], {}), ("Flatten", [X], {"axis": 2}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "arrays", "attributes"), CASES, ids=str_only)
def test_as_the_reference(kind, arrays, attributes):
    names, count = [f"i{place}" for place in range(len(arrays))], 2 if kind == "Split" else 1
    node = helper.make_node(kind, names, [f"o{place}" for place in range(count)], **attributes)
    of = helper.np_dtype_to_tensor_dtype
    inputs = [helper.make_tensor_value_info(name, of(one.dtype), None) for name, one in zip(names, arrays)]
    outputs = [helper.make_tensor_value_info(name, 0, None) for name in node.output]
    graph = helper.make_graph([node], "one", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    expected = ReferenceEvaluator(model).run(None, dict(zip(names, arrays)))
    found = evaluate(kind, arrays, attributes, 17, count)
    for one, wanted in zip(found, expected):
        assert one.shape == wanted.shape
        np.testing.assert_allclose(one, wanted, rtol=2e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "arrays", "attributes"),
    [
        ("Expand", [X, np.array([2**20, 2**10, 1, 4, 7, 6])], {}),
        ("Tile", [X, np.array([2**20, 2**10, 1, 1])], {}),
        ("ConstantOfShape", [np.array([2**40])], {}),
        ("Range", [np.array(0), np.array(2**40), np.array(1)], {}),
        ("Pad", [X, np.array([0, 0, 2**30, 0, 0, 0, 0, 0])], {}),
        ("Conv", [X, numbers(4, 4, 1, 1)], {"pads": [2**20, 2**20, 0, 0]}),
        ("MaxPool", [X], {"kernel_shape": [1, 1], "pads": [2**20, 2**20, 0, 0]}),
        ("Add", [numbers(2**14, 1), numbers(1, 2**14)], {}),
        ("Gather", [numbers(2**10, 2**10), np.zeros((2**10, 2**7), INT)], {}),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_would_be_too_large_is_not_made(kind, arrays, attributes):
    with pytest.raises(TooLarge):
        evaluate(kind, arrays, attributes, 17, 1)


def test_an_operator_that_nobody_knows():
    with pytest.raises(NotKnown):
        evaluate("Nothing", [X], {}, onnx.defs.onnx_opset_version(), 1)
