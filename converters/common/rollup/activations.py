"""Activations of ordinary networks: what they become where the network shall spike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snnrt.converters.common.rollup.arguments import argument, value_of
from snnrt.converters.common.rollup.calls import Call
from snnrt.converters.common.rollup.meaning import Meaning
from snnrt.converters.common.rollup.not_supported import NotSupported
from snnrt.converters.common.rollup.operations import Activation

if TYPE_CHECKING:
    from snnrt.converters.common.rollup.interpreter import Interpreter

_REMEDY = (
    "to make an ordinary network spike, convert it with spiking=True (--spiking) and calibrate; in a spiking "
    "network put a neuron in its place"
)


def relu(interpreter: Interpreter, call: Call) -> Meaning:
    """``relu``: max(x, 0)."""
    return _activation(interpreter, call, None)


def relu6(interpreter: Interpreter, call: Call) -> Meaning:
    """``relu6``: min(max(x, 0), 6)."""
    return _activation(interpreter, call, 6.0)


def hardtanh(interpreter: Interpreter, call: Call) -> Meaning:
    """``hardtanh`` and ``clamp`` from 0 on."""
    names = ("min_val", "max_val") if call.function == "hardtanh" else ("min", "max")
    low, high = argument(call, 1, names[0]), argument(call, 2, names[1])
    if not _is_number(low) or float(low) != 0 or not (high is None or _is_number(high)):
        raise NotSupported(f"a clamp from {low} to {high}", "clamp from 0 on, as ReLU does")
    return _activation(interpreter, call, None if high is None else float(high))


def known(interpreter: Interpreter, call: Call) -> Meaning:
    """What is known by its values (:mod:`snnrt.converters.ann.activations`)."""
    assert call.activation is not None
    value = call.values()[0] if call.values() else value_of(call)
    form = call.activation
    return _made(interpreter, call, interpreter.meaning(value), form.ceiling, form.levels)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _activation(interpreter: Interpreter, call: Call, ceiling: float | None) -> Meaning:
    if interpreter.activations is None:
        raise NotSupported("an activation that does not spike", _REMEDY)
    return _made(interpreter, call, interpreter.meaning(value_of(call)), ceiling, None)


def _made(
    interpreter: Interpreter, call: Call, meaning: Meaning, ceiling: float | None, levels: int | None
) -> Meaning:
    assert interpreter.activations is not None
    path = call.scope or "relu"
    # one module, or one function, in several places is several layers
    count = sum(one.path.split("#")[0] == path for one in interpreter.activations.values())
    operation = Activation(call.title, f"{path}#{count}", ceiling, levels)
    found = interpreter.node(call, operation, [meaning], meaning.sample)
    interpreter.activations[id(call.outputs[0])] = operation
    return found
