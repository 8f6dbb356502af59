"""Pointwise functions evaluated on other values."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.converters.common.rollup.calls import Call, Value
from snnrt.converters.common.rollup.pointwise import NotPointwise, evaluate, is_pointwise

X = np.array([-2.5, -0.5, 0.0, 0.5, 1.5, 9.0])


def call(function, *arguments, dtype=np.float32, **options):
    made = Call(function, arguments, options, "", "")
    made.outputs.append(Value(made, 0, np.zeros((1, 6), dtype)))
    return made


GIVEN = Value(None, 0, np.zeros((1, 6), np.float32))


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (call("add", GIVEN, 2.0, alpha=3), X + 6), (call("sub", 2.0, GIVEN), 2 - X),
        (call("rsub", GIVEN, 2.0), 2 - X), (call("div", GIVEN, 2.0), X / 2),
        (call("mul", GIVEN, GIVEN), X * X),
        (call("clamp", GIVEN, min=0), np.maximum(X, 0)), (call("clamp", GIVEN, None, 1.0), np.minimum(X, 1)),
        (call("hardtanh", GIVEN), np.clip(X, -1, 1)), (call("relu6", GIVEN), np.clip(X, 0, 6)),
        (call("round", GIVEN), np.rint(X)), (call("to", GIVEN, dtype=np.int32), np.trunc(X)),
        (call("ge", GIVEN, np.zeros((1,))), X >= 0),
        (call("maximum", GIVEN, np.float32(1)), np.maximum(X, 1)),
        (call("where", GIVEN, 1.0, 2.0), np.where(X, 1, 2)),
    ],
)  # fmt: skip
def test_values(made, expected):
    assert is_pointwise(made)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(evaluate(made, lambda _: X), expected)


@pytest.mark.parametrize(
    "made",
    [
        call("linear", GIVEN), call("div", GIVEN, 2.0, rounding_mode="floor"),
        call("round", GIVEN, decimals=1),
        call("relu", 1.0), call("add", GIVEN, Value(None, 0, np.zeros((1, 1)))),
    ],
)  # fmt: skip
def test_what_is_not(made):
    assert not is_pointwise(made)


@pytest.mark.parametrize(
    "made", [call("mul", GIVEN, np.ones(6)), call("max", GIVEN), call("add", GIVEN, "x")]
)
def test_arguments_that_are_no_numbers(made):
    with pytest.raises(NotPointwise):
        evaluate(made, lambda _: X)
