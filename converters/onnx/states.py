"""Inputs and outputs of a model: which is the data, and which output is the next value of which state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx

from snnrt.converters.onnx.elementwise import carries
from snnrt.converters.onnx.file import OnnxModel, as_text
from snnrt.converters.onnx.fires import find_fires
from snnrt.converters.onnx.tensors import Tensor, Trace
from snnrt.converters.onnx.tracing import Tracer
from snnrt.errors import ModelError
from snnrt.texts import printable

MAX_INPUTS = 256
MAX_INPUT_ELEMENTS = 2**25
"""Of one input: the model is run on it."""
_TIME = ("t", "time", "timesteps", "steps", "seq", "sequence", "num_steps")


@dataclass(frozen=True)
class Ports:
    """``data``: the input that is data; ``states``: the output that is the next value of each state, by
    input; ``results``: the other outputs. ``shapes`` and ``dtypes`` of the inputs."""

    data: str
    states: Mapping[str, str]
    results: tuple[str, ...]
    shapes: Mapping[str, tuple[int, ...]]
    dtypes: Mapping[str, np.dtype]

    def resting(self) -> dict[str, Tensor]:
        """The states before the first timestep, all 0."""
        return {
            name: Tensor(np.zeros(self.shapes[name], self.dtypes[name]), name=name) for name in self.states
        }


def find_ports(model: OnnxModel, example: tuple[int, ...] | None, timesteps: int) -> Ports:
    """Those of ``model``; ``example``: the shape of its data, where axes are left open. Raises ModelError."""
    inner = {as_text(one.name) for one in model.graph.initializer}
    inputs = [one for one in model.graph.input if as_text(one.name) not in inner]
    if not 1 <= len(inputs) <= MAX_INPUTS or not model.graph.output:
        raise ModelError(
            f"the model has {len(inputs)} inputs and {len(model.graph.output)} outputs; expected an input of "
            "data, the states, and an output"
        )
    shapes = {as_text(one.name): _shape(one, timesteps) for one in inputs}
    dtypes = {as_text(one.name): _dtype(one) for one in inputs}
    first = as_text(inputs[0].name)
    if example is not None:
        if len(inputs) > 1:
            # a batch of the example's size in states too
            batch = example[0]
            shapes |= {as_text(one.name): (batch, *shapes[as_text(one.name)][1:]) for one in inputs
                       if _is_open(one, 0) and shapes[as_text(one.name)]}  # fmt: skip
        shapes[first] = example
    if len(inputs) == 1:
        return Ports(first, {}, tuple(as_text(one.name) for one in model.graph.output), shapes, dtypes)
    reached = _reached(model, shapes, dtypes)
    candidates = {name: [output for output, sources in reached.items() if name in sources] for name in shapes}
    data = next((name for name, outputs in candidates.items() if not outputs), first)
    states = _paired({name: outputs for name, outputs in candidates.items() if name != data})
    alone = [name for name in shapes if name != data and name not in states]
    read = {as_text(name) for node in model.graph.node for name in node.input}
    if alone and alone[0] not in read:
        raise ModelError(
            f"input {printable(alone[0])!r}: nothing reads it; where one tensor was given for two states, "
            "dynamo=True takes both for one: export with a tensor of its own for each state"
        )
    if alone:
        raise ModelError(
            f"input {printable(alone[0])!r}: no output is its next value; expected one input of data "
            f"({printable(data)!r}), and states that come out again: export the step so that it returns them"
        )
    results = tuple(
        as_text(one.name) for one in model.graph.output if as_text(one.name) not in states.values()
    )
    return Ports(data, states, results or tuple(states.values()), shapes, dtypes)


def _reached(
    model: OnnxModel, shapes: Mapping[str, tuple[int, ...]], dtypes: Mapping[str, np.dtype]
) -> dict[str, set[str]]:
    """For each output the inputs of its shape from which a membrane goes on to it."""
    tracer, draw = Tracer(model), np.random.default_rng(0)
    given = {
        name: tracer.trace.give(draw.random(shape).astype(dtypes[name]), name=name)
        for name, shape in shapes.items()
    }
    outputs = tracer.run(given)
    found = find_fires(tracer.trace)
    names = {tensor: name for name, tensor in given.items()}
    return {
        name: {names[one] for one in _sources(tensor, tracer.trace) if one in names
               and one.shape == tensor.shape and not found.is_local(tensor)}
        for name, tensor in outputs.items()
    }  # fmt: skip


def _sources(tensor: Tensor, trace: Trace) -> set[Tensor]:
    pending, seen = [tensor], {tensor}
    while pending:
        one = pending.pop()
        for source in one.node.tensors() if one.node is not None and carries(one) else []:
            if source.varies and source not in seen:
                seen.add(source)
                pending.append(source)
    return seen


def _paired(candidates: dict[str, list[str]]) -> dict[str, str]:
    """An output for each state: where there is one choice it is taken, and else the first in order."""
    left = {name: list(outputs) for name, outputs in candidates.items()}
    found: dict[str, str] = {}
    while left:
        by_output: dict[str, list[str]] = {}
        for name, outputs in left.items():
            for one in outputs:
                by_output.setdefault(one, []).append(name)
        single = next(((name, outputs[0]) for name, outputs in left.items() if len(outputs) == 1), None)
        only = next(((names[0], one) for one, names in by_output.items() if len(names) == 1), None)
        name, output = single or only or next(
            ((name, outputs[0]) for name, outputs in left.items() if outputs), ("", "")
        )  # fmt: skip
        if not name:
            break
        found[name] = output
        del left[name]
        left = {one: [other for other in outputs if other != output] for one, outputs in left.items()}
    return found


def _is_open(value: onnx.ValueInfoProto, axis: int) -> bool:
    dims = value.type.tensor_type.shape.dim
    return axis < len(dims) and not dims[axis].dim_value


def _shape(value: onnx.ValueInfoProto, timesteps: int) -> tuple[int, ...]:
    if not value.type.HasField("tensor_type"):
        raise ModelError(f"input {printable(value.name)!r}: expected a tensor, found another type")
    shape = []
    for dim in value.type.tensor_type.shape.dim:
        size = dim.dim_value
        if size <= 0:
            # an open axis is the batch, unless its name says that it is time
            size = timesteps if as_text(dim.dim_param).lower() in _TIME else 1
        shape.append(int(size))
    total = 1
    for size in shape:
        total *= size
    if total > MAX_INPUT_ELEMENTS or len(shape) > 8:
        raise ModelError(
            f"input {printable(value.name)!r}: expected at most {MAX_INPUT_ELEMENTS} elements, found "
            f"{tuple(shape)[:8]}; export the model with a smaller batch"
        )
    return tuple(shape)


def _dtype(value: onnx.ValueInfoProto) -> np.dtype:
    kind = value.type.tensor_type.elem_type
    if kind == onnx.TensorProto.DOUBLE:
        return np.dtype(np.float64)
    if kind not in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16):
        raise ModelError(
            f"input {printable(value.name)!r}: expected floating-point numbers, found ONNX's type {kind}; "
            "export the network with float32 inputs"
        )
    return np.dtype(np.float32)
