"""Activations by what they compute: values alone, and recorded functions."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.converters.ann.activations import form_of, with_activations
from snnrt.converters.common.rollup.calls import Call, Recording, Value


def qcfs(levels, ceiling):
    return lambda x: ceiling * np.clip(np.floor(x * levels / ceiling + 0.5) / levels, 0, 1)


@pytest.mark.parametrize(("levels", "ceiling"), [(1, 0.5), (4, 1.0), (8, 3.7), (16, 0.013), (255, 2.0)])
def test_levels(levels, ceiling):
    found = form_of(qcfs(levels, ceiling))
    assert found.levels == levels and found.ceiling == pytest.approx(ceiling)


@pytest.mark.parametrize("ceiling", [0.01, 6.0, 300.0])
def test_ceilings(ceiling):
    found = form_of(lambda x: np.clip(x, 0, ceiling))
    assert found.ceiling == pytest.approx(ceiling) and found.levels is None
    assert form_of(lambda x: np.maximum(x, 0)) == (form_of(lambda x: (x + abs(x)) / 2))


@pytest.mark.parametrize(
    "function",
    [
        np.tanh, lambda x: np.clip(x, -1, 1), lambda x: np.where(x > 0, x, 0.01 * x), lambda x: x, np.abs,
        lambda x: np.logaddexp(x, 0), lambda x: np.clip(x / 6 + 0.5, 0, 1), lambda x: x * np.clip(x, 0, 1),
        lambda x: np.floor(np.clip(x, 0, 1) * 4) / 4, lambda x: 0 * x, lambda x: 2 * np.maximum(x, 0),
        lambda x: np.where(x > 1, 1, 0), lambda x: x * np.nan, np.exp,
    ],
)  # fmt: skip
def test_others_are_none(function):
    with np.errstate(all="ignore"):
        assert form_of(function) is None


class Made:
    """Calls one after the other, on a sample of 5."""

    def __init__(self):
        self.calls = []
        self.given = Value(None, 0, np.zeros((1, 5), np.float32))

    def call(self, function, *arguments):
        call = Call(function, arguments, {}, "act", "")
        call.outputs.append(Value(call, 0, np.zeros((1, 5), np.float32)))
        self.calls.append(call)
        return call.outputs[0]

    def found(self, *results):
        recording = with_activations(Recording((self.given,), self.calls, list(results)))
        return [(call.function, call.activation) for call in recording.calls]


def rounded(made, x, levels=4.0, ceiling=2.0):
    share = made.call("clamp", made.call("div", x, np.float32(ceiling)), 0.0, 1.0)
    steps = made.call("floor", made.call("add", made.call("mul", share, levels), 0.5))
    return made.call("mul", made.call("div", steps, levels), np.array([ceiling], np.float32))


def test_functions_that_are_one_activation_become_one_call():
    made = Made()
    x = made.call("linear", made.given)
    y = made.call("linear", rounded(made, x))
    names = made.found(made.call("linear", rounded(made, y)))
    assert [name for name, _ in names] == ["linear", "activation", "linear", "activation", "linear"]
    assert all(form.levels == 4 and form.ceiling == pytest.approx(2) for _, form in names[1::2])


def test_straight_through_gradients_and_other_forms():
    made = Made()
    x = made.call("linear", made.given)
    steps = made.call("mul", made.call("relu", x), 4.0)
    detached = made.call("detach", made.call("sub", made.call("floor", made.call("add", steps, 0.5)), steps))
    found = made.call("div", made.call("minimum", made.call("add", steps, detached), np.float32(4)), 4.0)
    assert made.found(found)[-1][1].levels == 4
    made = Made()
    zero = np.float32(0)
    found = made.call("where", made.call("gt", made.given, zero), made.given, zero)
    assert made.found(found) == [("activation", form_of(lambda x: np.maximum(x, 0)))]


def test_what_is_read_elsewhere_stays():
    made = Made()
    x = made.call("linear", made.given)
    share = made.call("clamp", x, 0.0, 1.0)
    out = made.call("div", made.call("round", made.call("mul", share, 8.0)), 8.0)
    names = [name for name, _ in made.found(made.call("cat", [share, out]))]
    assert names == ["linear", "clamp", "activation", "cat"]


def test_what_is_none_is_left():
    made = Made()
    x = made.call("linear", made.given)
    out = made.call("floor", made.call("mul", made.call("relu", x), np.ones(5, np.float32)))
    plain = made.call("add", made.call("relu", out), out)
    assert [name for name, _ in made.found(plain)] == ["linear", "relu", "mul", "floor", "relu", "add"]
